// The score board as a reader sees it.

const SCORE_SLIDERS = [
  { key: "snr_db", name: "SNR of the input", low: -20, high: 20, steps: 40, format: (v) => `${signed(v, 0)}\u00a0dB` },
  { key: "gain", name: "gain", low: 0, high: 1, steps: 50, format: (v) => short(v) },
  { key: "level_uv", name: "clean level", low: 1, high: 1e6, steps: 24, log: true, format: (v) => `${short(v)}\u00a0µV` },
];

function drawCurve(picture, state, width, { key, y, yMarks, title, word }) {
  const area = chart(picture, width, {
    height: 120, x: [0, 1], y, yMarks, xMarks: [0, 0.2, 0.4, 0.6, 0.8, 1],
    xName: "gain (0 is silence, 1 is the input)", title,
  });
  const curve = Array.from({ length: 201 }, (_, i) => [i / 200, scoreAt(i / 200, state.snrDb)[key]]);
  area.line([[state.best, y[0]], [state.best, y[1]]], "emg-third");
  area.line(curve, "emg-clean");
  const at = Math.min(y[1], Math.max(y[0], state[key]));
  picture.appendChild(make("rect", { x: area.toX(state.gain) - 5, y: area.toY(at) - 5, width: 10, height: 10,
    class: "emg-hum" }));
  picture.setAttribute("aria-label", `${word} against gain at ${short(state.snrDb)} decibels of input: now ` +
    `${short(state[key])}; the best gain is ${short(state.best)}.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "What a turned-down noisy signal scores",
    keys: ["snr_db", "gain", "level_uv"],
    specs: SCORE_SLIDERS,
    charts: ["imp", "prd"],
    compute: (values) => {
      const state = scoreState(values);
      return { ...state, told: { imp: state.imp, prd: state.prd, lsdVolt: state.lsdVolt } };
    },
    draw: {
      imp: (p, s, w) => drawCurve(p, s, w, { key: "imp", y: [-20, 25], yMarks: [-20, -10, 0, 10, 20],
        title: "SNR improvement (dB)", word: "SNR improvement" }),
      prd: (p, s, w) => {
        const top = Math.max(150, 1.05 * scoreAt(1, s.snrDb).prd);
        drawCurve(p, s, w, { key: "prd", y: [0, top], yMarks: ticks(0, top, 4),
          title: "PRD (%); dashed: the best gain", word: "PRD" });
      },
    },
    numbers: (s) => [
      ["SNR improvement", `${signed(s.imp, 1)}\u00a0dB`], ["PRD", `${signed(s.prd, 1)}\u00a0%`],
      ["LSD, floor relative", `${signed(s.lsd, 1)}\u00a0dB`], ["LSD, 1e-10 V² added", `${signed(s.lsdVolt, 2)}\u00a0dB`],
    ],
    sentence: describeScore,
  });
}

export default { render };
