// The selective memory as a reader sees it.

const SCAN_SLIDERS = [
  { key: "rest", name: "step Δ between marks", low: 1e-5, high: 1, steps: 25, log: true, format: (v) => short(v) },
  { key: "at_mark", name: "step Δ at a mark", low: 1e-5, high: 10, steps: 30, log: true, format: (v) => short(v) },
  { key: "read_s", name: "moment of reading", low: 0.1, high: 4, steps: 39, format: (v) => `${short(v)}\u00a0s` },
];

const scanFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeScan(values) {
  const state = scanState({ ...values, u: scanFloats(values.u), marks: scanFloats(values.marks) });
  const { held, marked, halfS } = state;
  return { ...state, told: { held, marked, halfS } };
}

function drawScanSignal(picture, s, width) {
  const end = s.u.length / s.fs, low = Math.min(...s.u), high = Math.max(...s.u), margin = 0.08 * (high - low);
  const area = chart(picture, width, {
    height: 150, x: [0, end], y: [low - margin, high + margin], yMarks: ticks(low, high, 4), xMarks: ticks(0, end, 4),
    xName: "time (s)", title: "input; thick: the memory; dashed: the moment of reading",
  });
  area.line(Array.from(s.u, (v, t) => [t / s.fs, v]), "emg-clean");
  area.line(Array.from(s.memory, (v, t) => [t / s.fs, v]), "emg-hum");
  area.line([[s.now / s.fs, low - margin], [s.now / s.fs, high + margin]], "emg-third");
  s.marks.forEach((m, t) => m && area.write("▾", area.toX(t / s.fs), area.top + 10, "middle"));
  picture.setAttribute("aria-label", `Input with ${s.marks.filter((m) => m).length} marked samples and the memory over ` +
    `it, which holds ${signed(s.held, 2)} at the moment of reading.`);
}

// The share of everything older than a moment: a staircase that shows where the memory was written.
function drawScanShares(picture, s, width) {
  const end = s.u.length / s.fs;
  const area = chart(picture, width, {
    height: 130, x: [0, end], y: [0, 105], yMarks: [0, 50, 100], xMarks: ticks(0, end, 4),
    xName: "time (s)", title: "share of the memory that was written up to here (%)",
  });
  let sum = 0;
  area.line(Array.from(s.shares, (share, t) => [t / s.fs, 100 * (sum += share)]), "emg-hum");
  area.line([[s.now / s.fs, 0], [s.now / s.fs, 105]], "emg-third");
  picture.setAttribute("aria-label", `A rising curve of what was written; ${short(Math.round(100 * s.marked))} percent of ` +
    `the memory comes from marked samples, ${short(Math.round(100 * (s.all - s.marked)))} percent from the others.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A memory of one number whose step size is chosen",
    keys: ["u", "marks", "fs", "rest", "at_mark", "read_s"],
    specs: SCAN_SLIDERS,
    charts: ["signal", "shares"],
    compute: computeScan,
    draw: { signal: drawScanSignal, shares: drawScanShares },
    numbers: (s) => [
      ["memory holds", signed(s.held, 2)],
      ["last marked value", s.last < 0 ? "none yet" : signed(s.asked, 2)],
      ["from marked samples", `${short(Math.round(100 * s.marked))}\u00a0%`],
      ["half exchanged in", spanName(s.halfS)],
    ],
    sentence: describeScan,
  });
}

export default { render };
