// The template as a reader sees it.

const TEMPLATE_SLIDERS = [
  { key: "n_beats", name: "number of beats", list: BEAT_COUNTS, format: (v) => `${v}` },
  { key: "snr_db", name: "SNR in the beats", low: -20, high: 10, steps: 30, format: (v) => `${signed(v, 0)}\u00a0dB` },
  { key: "jitter_ms", name: "jitter of the beats", low: 0, high: 8, steps: 16, format: (v) => `${short(v)}\u00a0ms` },
];

const templateFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeTemplate(values) {
  const [muscle, shape, offsets] = [values.muscle, values.shape, values.offsets].map(templateFloats);
  const state = templateState({ ...values, muscle, shape, offsets });
  const { gainDb, outDb, lawDb, muscleLeft, heartLeft } = state;
  return { ...state, told: { gainDb, outDb, lawDb, muscleLeft, heartLeft } };
}

// Two curves over one beat: solid what the method makes, dashed what is true.
function drawBeat(picture, s, width, { made, real, title, told }) {
  const span = s.template.length / s.fs, most = Math.max(...made.map(Math.abs), ...real.map(Math.abs));
  const limit = 1.1 * most, mark = roundBelow(limit);
  const area = chart(picture, width, {
    height: 120, x: [0, span], y: [-limit, limit], yMarks: [-mark, 0, mark], xMarks: ticks(0, span, 4),
    xName: "time in the beat (s)", title,
  });
  area.line(Array.from(made, (v, k) => [k / s.fs, v]), "emg-hum");
  area.line(Array.from(real, (v, k) => [k / s.fs, v]), "emg-third");
  picture.setAttribute("aria-label", told);
}

const drawTemplate = (picture, s, width) => drawBeat(picture, s, width, {
  made: s.template, real: s.beat, title: "template; dashed: the first heartbeat alone",
  told: `Template of ${s.n} beats over the true heartbeat. The muscle left in it has ` +
    `${short(Math.round(100 * s.muscleLeft))} percent of the muscle’s own size.`,
});

const drawLeftover = (picture, s, width) => drawBeat(picture, s, width, {
  made: s.cleaned, real: s.first, title: "first beat after the subtraction; dashed: the muscle alone",
  told: s.n === 1 ? "After the subtraction nothing is left." :
    `What is left after the subtraction, over the true muscle; they agree to ${signed(s.outDb, 1)} decibels.`,
});

function render({ model, el }) {
  return build(el, model, {
    label: "A template made of few or many heartbeats",
    keys: ["muscle", "shape", "offsets", "fs", "n_beats", "snr_db", "jitter_ms"],
    specs: TEMPLATE_SLIDERS,
    charts: ["template", "leftover"],
    compute: computeTemplate,
    draw: { template: drawTemplate, leftover: drawLeftover },
    numbers: (s) => [
      ["SNR out", `${signed(s.outDb, 1)}\u00a0dB`], ["SNRimp", `${signed(s.gainDb, 1)}\u00a0dB`],
      ["law 10 log n", `${signed(s.lawDb, 1)}\u00a0dB`],
      ["muscle in the template", `${short(Math.round(100 * s.muscleLeft))}\u00a0%`],
      ["heart left by jitter", `${short(Math.round(100 * s.heartLeft))}\u00a0%`],
    ],
    sentence: describeTemplate,
  });
}

export default { render };
