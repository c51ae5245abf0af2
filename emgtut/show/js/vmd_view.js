// The decomposition as a reader sees it.

const vmdFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

const VMD_SLIDERS = [
  { key: "rms_volt", name: "RMS the program sees", low: 1e-6, high: 1, steps: 24, log: true, format: voltName },
  { key: "n_modes", name: "number of modes K", list: [2, 3, 4, 5, 6, 7, 8], format: (v) => short(v) },
  { key: "alpha", name: "narrowness α", low: 100, high: 10000, steps: 20, log: true, format: (v) => short(v) },
];

function computeVmd(values) {
  const re = vmdFloats(values.real), im = vmdFloats(values.imag), samples = 2 * re.length;
  const found = decompose({ re, im, samples, modes: values.n_modes, alpha: values.alpha, rms: values.rms_volt });
  const power = Array.from(re, (v, b) => v * v + im[b] * im[b]);
  const last = found.centres[found.rounds];
  return { ...found, power, samples, last, fs: values.fs, rms: values.rms_volt, alpha: values.alpha,
    told: { rounds: found.rounds, centres: last.map((c) => c * values.fs).join(" ") } };
}

// Where the power is (drawn as a filled outline, smoothed), and which share of it each mode would take.
function drawVmdGains(picture, state, width) {
  const { fs, last, alpha, power, samples } = state, top = fs / 2;
  const area = chart(picture, width, {
    height: 130, x: [0, top], y: [0, 1.05], yMarks: [0, 0.5, 1], xMarks: ticks(0, top, width < 480 ? 3 : 6),
    xName: "frequency (Hz)", title: "gain of each mode, filter by filter; thick: the signal’s spectrum",
  });
  const reach = 12, smooth = power.map((_, b) => {
    const part = power.slice(Math.max(0, b - reach), b + reach + 1);
    return Math.sqrt(part.reduce((sum, v) => sum + v, 0) / part.length);
  });
  const most = Math.max(...smooth);
  area.line(smooth.map((v, b) => [(b / samples) * fs, v / most]), "emg-hum");
  const freqs = Array.from({ length: 201 }, (_, i) => i / 400);
  last.forEach((_, k) => area.line(freqs.map((f) => [f * fs, gainsAt(f, last, alpha)[k]]), k % 2 ? "emg-third" : "emg-clean"));
  picture.setAttribute("aria-label", `Gains of ${last.length} modes against frequency, with peaks at ` +
    `${last.map((c) => short(Math.round(c * fs))).join(", ")} hertz.`);
}

function drawVmdTravel(picture, state, width) {
  const { centres, rounds, fs } = state, end = Math.max(4, rounds);
  const area = chart(picture, width, {
    height: 130, x: [0, end], y: [0, fs / 2], yMarks: ticks(0, fs / 2, 4), xMarks: ticks(0, end, width < 480 ? 3 : 6),
    xName: "round", title: "where each centre goes (Hz)",
  });
  centres[0].forEach((_, k) =>
    area.line(centres.map((row, n) => [n, row[k] * fs]), k % 2 ? "emg-third" : "emg-clean"));
  picture.setAttribute("aria-label", `Centre frequencies over ${rounds} rounds, from ` +
    `${centres[0].map((c) => short(Math.round(c * fs))).join(", ")} to ` +
    `${centres[rounds].map((c) => short(Math.round(c * fs))).join(", ")} hertz.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "Variational mode decomposition and its stopping rule",
    keys: ["real", "imag", "fs", "rms_volt", "n_modes", "alpha"],
    specs: VMD_SLIDERS,
    charts: ["gains", "travel"],
    compute: computeVmd,
    draw: { gains: drawVmdGains, travel: drawVmdTravel },
    numbers: (s) => [
      ["rounds", short(s.rounds)],
      ["centres (Hz)", s.last.map((c) => short(Math.round(c * s.fs))).join(", ")],
      ["half passes at ±", `${short(Math.round(s.fs / Math.sqrt(s.alpha)))}\u00a0Hz`],
    ],
    sentence: describeVmd,
  });
}

export default { render };
