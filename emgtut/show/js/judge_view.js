// The judge of SNR as a reader sees it.

const JUDGE_SLIDERS = [
  { key: "bias_db", name: "bias", low: -6, high: 6, steps: 24, format: (v) => `${signed(v, 1)}\u00a0dB` },
  { key: "slope", name: "slope", low: 0, high: 1.5, steps: 30, format: (v) => signed(v, 2) },
  { key: "error_db", name: "error by chance", low: 0, high: 6, steps: 24, format: (v) => `${signed(v, 2)}\u00a0dB` },
  { key: "range_db", name: "range of true SNRs", low: 5, high: 40, steps: 7, format: (v) => `${signed(v, 0)}\u00a0dB` },
  { key: "seed", name: "another draw", low: 1, high: 20, steps: 19, format: (v) => signed(v, 0) },
];

function drawJudge(picture, s, width) {
  const low = -32, high = 18;
  const area = chart(picture, width, {
    height: 230, x: [low, high], y: [low, high], yMarks: [-30, -20, -10, 0, 10], xMarks: [-30, -20, -10, 0, 10],
    xName: "true SNR (dB)", title: "predicted SNR (dB); line: what would be right",
  });
  area.line([[low, low], [high, high]], "emg-hum");
  s.truth.forEach((t, i) => {
    if (s.said[i] < low || s.said[i] > high) return;
    picture.appendChild(make("rect", { x: area.toX(t) - 1.5, y: area.toY(s.said[i]) - 1.5, width: 3, height: 3,
      class: "emg-clean" }));
  });
  picture.setAttribute("aria-label", `Predicted against true SNR of ${s.truth.length} windows: a cloud around a line of ` +
    `slope ${signed(s.slope, 2)}, ${signed(s.bias, 1)} decibels from the diagonal in the middle.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A judge of SNR with faults of your choice",
    keys: ["bias_db", "slope", "error_db", "range_db", "seed"],
    specs: JUDGE_SLIDERS,
    charts: ["judge"],
    compute: (values) => {
      const state = judgeState(values);
      return { ...state, told: { mse: state.mse, lcc: state.lcc } };
    },
    draw: { judge: drawJudge },
    numbers: (s) => [
      ["correlation (LCC)", Number.isNaN(s.lcc) ? "none" : signed(s.lcc, 3)], ["MSE", `${signed(s.mse, 2)}\u00a0dB²`],
      ["of it offset", `${signed(s.offset, 2)}\u00a0dB²`], ["of it slope", `${signed(s.tilt, 2)}\u00a0dB²`],
      ["of it scatter", `${signed(s.scatter, 2)}\u00a0dB²`], ["a constant has", `${signed(s.constant, 1)}\u00a0dB²`],
    ],
    sentence: describeJudge,
  });
}

export default { render };
