// The filter bench as a reader sees it.

const FILTER_SLIDERS = [
  { key: "corner_hz", name: "corner", low: 5, high: 200, steps: 48, log: true, format: (v) => `${short(v)}\u00a0Hz` },
  { key: "order", name: "order of one pass", list: ORDERS, format: (v) => `${v}` },
  { key: "passes", name: "direction", list: [1, 2], format: (v) => (v === 2 ? "both ways" : "forwards") },
  { key: "snr_db", name: "SNR of the mixture", low: -20, high: 20, steps: 40, format: (v) => `${signed(v, 0)}\u00a0dB` },
];

const FILTER_TOP = 200, FILTER_FREQS = Array.from({ length: 199 }, (_, i) => 2 + i); // Hz
const filterFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeFilter(values) {
  const state = filterState({ ...values, clean: filterFloats(values.clean), noise: filterFloats(values.noise) });
  const { gainDb, outDb, ceilingDb, kept } = state;
  return { ...state, told: { gainDb, outDb, ceilingDb, kept } };
}

function drawFilterGain(picture, s, width) {
  const area = chart(picture, width, {
    height: 100, x: [0, FILTER_TOP], y: [-60, 3], yMarks: [-60, -40, -20, 0], xMarks: ticks(0, FILTER_TOP, width < 480 ? 4 : 10),
    xName: "frequency (Hz)", title: "gain (dB)",
  });
  const points = FILTER_FREQS.map((f) => [f, 20 * s.passes * Math.log10(highpassGain(f, s.order, s.corner, s.fs))]);
  area.line(points.map(([f, level]) => [f, Math.max(-60, level)]), "emg-clean");
  picture.setAttribute("aria-label", `Gain from 0 to ${FILTER_TOP} hertz: ${s.passes === 2 ? -6 : -3} decibels at ` +
    `${short(s.corner)} hertz, falling by ${6 * s.order * s.passes} decibels for each halving below.`);
}

function drawFilterDelay(picture, s, width) {
  const sections = sectionsOf(s.order, s.corner, s.fs);
  const delays = FILTER_FREQS.map((f) => [f, s.passes === 2 ? 0 : 1000 * groupDelay(f, sections, s.fs)]);
  const most = Math.max(...delays.map(([, ms]) => ms)), top = Math.max(10, 1.1 * most);
  const area = chart(picture, width, {
    height: 80, x: [0, FILTER_TOP], y: [0, top], yMarks: ticks(0, top, 3), xMarks: ticks(0, FILTER_TOP, width < 480 ? 4 : 10),
    xName: "frequency (Hz)", title: "group delay (ms)",
  });
  area.line(delays, "emg-clean");
  picture.setAttribute("aria-label", s.passes === 2 ? "Group delay: zero at all frequencies."
    : `Group delay from 0 to ${FILTER_TOP} hertz: up to ${short(most)} milliseconds, largest near the corner.`);
}

// Where a loud contaminant meets a strong contraction: a fifth of a second around it is shown.
function busiest({ clean, noisy }, half) {
  let energy = 0, most = -1, middle = half;
  for (let i = 0; i < 2 * half; i++) energy += clean[i] ** 2;
  for (let i = half; i + half < clean.length; i++) {
    const size = energy * (noisy[i] - clean[i]) ** 2;
    if (size > most) [most, middle] = [size, i];
    energy += clean[i + half] ** 2 - clean[i - half] ** 2;
  }
  return middle;
}

function drawFilterTrace(picture, s, width) {
  const half = Math.round(0.1 * s.fs), middle = busiest(s, half);
  const from = Math.min(middle - half, s.clean.length - 2 * half), part = (x) => Array.from(x.slice(from, from + 2 * half));
  const [clean, out] = [part(s.clean), part(s.out)];
  const limit = 1.1 * Math.max(...clean.map(Math.abs), ...out.map(Math.abs)), mark = roundBelow(limit);
  const area = chart(picture, width, {
    height: 120, x: [0, 0.2], y: [-limit, limit], yMarks: [-mark, 0, mark], xMarks: ticks(0, 0.2, 4), xName: "time (s)",
    title: "a heartbeat of the mixture after the filter; dashed: the clean muscle",
  });
  area.line(out.map((v, n) => [n / s.fs, v]), "emg-hum");
  area.line(clean.map((v, n) => [n / s.fs, v]), "emg-third");
  picture.setAttribute("aria-label", `A fifth of a second of the filtered mixture over the clean muscle; over the whole ` +
    `recording they agree to ${signed(s.outDb, 1)} decibels.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A high-pass on a muscle under a heartbeat",
    keys: ["clean", "noise", "fs", "corner_hz", "order", "passes", "snr_db"],
    specs: FILTER_SLIDERS,
    charts: ["gain", "delay", "trace"],
    compute: computeFilter,
    draw: { gain: drawFilterGain, delay: drawFilterDelay, trace: drawFilterTrace },
    numbers: (s) => [
      ["SNR out", `${signed(s.outDb, 1)}\u00a0dB`], ["SNRimp", `${signed(s.gainDb, 1)}\u00a0dB`],
      ["silence would gain", `${signed(-s.asked, 1)}\u00a0dB`], ["muscle kept", `${signed(100 * s.kept, 1)}\u00a0%`],
    ],
    sentence: describeFilter,
  });
}

export default { render };
