// Sifting as a reader sees it.

const siftFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

const SIFT_SLIDERS = [
  { key: "rms_volt", name: "RMS the program sees", low: 1e-6, high: 1, steps: 24, log: true, format: emdVolt },
  { key: "n_sifts", name: "sifts drawn", list: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], format: (v) => short(v) },
];
const SIFT_SHOWN_S = 0.15;

function computeSift(values) {
  const unit = Array.from(siftFloats(values.samples)), volt = values.rms_volt, fs = values.fs;
  const found = allModes(unit.map((v) => v * volt));
  let now = Float64Array.from(unit), step = siftOnce(now), drawn = 0;
  for (; drawn < values.n_sifts && step; drawn++) { now = step.next; step = siftOnce(now); }
  const level = (row) => Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / row.length) / volt;
  return { ...found, now, step, drawn, volt, fs, unit, levels: found.rows.map(level),
    told: { rows: found.rows.length, modes: found.sifts.length } };
}

function drawSiftStep(picture, { now, step, drawn, fs }, width) {
  const shown = Math.min(now.length, Math.round(SIFT_SHOWN_S * fs));
  const top = Math.max(...now.slice(0, shown).map(Math.abs), ...(step ? [...step.upper.curve.slice(0, shown)] : [])) * 1.05;
  const area = chart(picture, width, {
    height: 150, x: [0, (1000 * (shown - 1)) / fs], y: [-top, top], yMarks: [-2, 0, 2].filter((v) => Math.abs(v) < top),
    xMarks: ticks(0, (1000 * shown) / fs, width < 480 ? 3 : 6), xName: "time (ms)",
    title: `after ${drawn} sifts, with both envelopes and their mean`,
  });
  const points = (y) => Array.from(y.slice(0, shown), (v, i) => [(1000 * i) / fs, v]);
  if (step) {
    area.line(points(step.upper.curve), "emg-third");
    area.line(points(step.lower.curve), "emg-third");
    area.line(points(step.upper.curve.map((v, i) => 0.5 * (v + step.lower.curve[i]))), "emg-hum");
  }
  area.line(points(now), "emg-clean");
  const wander = step ? Math.max(...points(step.upper.curve.map((v, i) => 0.5 * (v + step.lower.curve[i]))).map(([, v]) => Math.abs(v))) : 0;
  picture.setAttribute("aria-label", `The trace after ${drawn} sifts between its two envelopes. Their mean strays up to ${short(Number(wander.toFixed(2)))} from zero.`);
}

// Rows below one another, each at the scale of the signal.
function drawSiftRows(picture, { rows, sifts, fs, volt, levels }, width) {
  const shown = Math.min(rows[0].length, Math.round(2 * SIFT_SHOWN_S * fs)), gap = 4, end = gap * rows.length;
  const area = chart(picture, width, {
    height: Math.max(60, 34 * rows.length), x: [0, (1000 * (shown - 1)) / fs], y: [-end + gap / 2, gap / 2],
    yMarks: rows.map((_, k) => -gap * k), yText: (v) => (-v / gap < sifts.length ? `${-v / gap + 1}` : "rest"),
    xMarks: ticks(0, (1000 * shown) / fs, width < 480 ? 3 : 6), xName: "time (ms)", title: "all that the program returns",
  });
  rows.forEach((row, k) =>
    area.line(Array.from(row.slice(0, shown), (v, i) => [(1000 * i) / fs, v / volt - gap * k]), k % 2 ? "emg-hum" : "emg-clean"));
  picture.setAttribute("aria-label", `${rows.length} rows with RMS ${levels.map((v) => short(Number(v.toFixed(2)))).join(", ")} of the signal’s.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "Sifting, and the unit of the signal",
    keys: ["samples", "fs", "rms_volt", "n_sifts"],
    specs: SIFT_SLIDERS,
    charts: ["step", "rows"],
    compute: computeSift,
    draw: { step: drawSiftStep, rows: drawSiftRows },
    numbers: (s) => [
      ["modes", short(s.sifts.length)],
      ["sifts for each", s.sifts.join(", ")],
      ["RMS of mode 1, of the signal’s", `${short(Math.round(100 * s.levels[0]))}\u00a0%`],
    ],
    sentence: describeSift,
  });
}

export default { render };
