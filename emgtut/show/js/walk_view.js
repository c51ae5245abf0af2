// The walk back as a reader sees it.

const WALK_SLIDERS = [
  { key: "recording", name: "recorded value", low: -3, high: 3, steps: 60, format: (v) => signed(v, 1) },
  { key: "noise", name: "noise in the recording", low: 0.1, high: 3, steps: 30, log: true, format: (v) => short(v) },
  { key: "hump", name: "humps of the muscle at ±", low: 0, high: 0.98, steps: 49, format: (v) => short(v) },
  { key: "calls", name: "calls", list: WALK_CALLS, format: (v) => `${v}` },
  { key: "first", name: "first level", low: 0.01, high: 0.5, steps: 34, log: true, format: (v) => short(v) },
  { key: "last", name: "last level", list: LAST_LEVELS, format: (v) => `${v}` },
];
const RANGE = [-3, 3];

const walkFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeWalk(values) {
  const state = walkState({ ...values, starts: walkFloats(values.starts) });
  const { endMean, endSd, mean, sd, many } = state;
  return { ...state, told: { endMean, endSd, mean, sd, many } };
}

function drawWalkPaths(picture, s, width) {
  const calls = s.levels.length - 1;
  const area = chart(picture, width, {
    height: 150, x: [0, calls], y: RANGE, yMarks: [-3, 0, 3],
    xMarks: calls < 5 ? s.levels.map((_, n) => n) : ticks(0, calls, 5),
    xName: "calls made", title: "where walks go, from noise (left) to a muscle (right)",
  });
  const every = Math.ceil(s.paths.length / 31);
  s.paths.filter((_, i) => i % every === every >> 1).forEach((path) =>
    area.line(path.map((v, n) => [n, v]), path[calls] < 0 ? "emg-third" : "emg-clean"));
  picture.setAttribute("aria-label", `Walks in ${calls} calls, from a spread of one to ends between ` +
    `${signed(Math.min(...s.ends), 1)} and ${signed(Math.max(...s.ends), 1)}.`);
}

// The exact density, and in bars the density of the ends.
function drawWalkEnds(picture, s, width) {
  const bins = 48, step = (RANGE[1] - RANGE[0]) / bins, heights = new Float64Array(bins);
  for (const v of s.ends) {
    const bin = Math.floor((v - RANGE[0]) / step);
    if (bin >= 0 && bin < bins) heights[bin] += 1 / (s.ends.length * step);
  }
  const density = (x) => s.weights.reduce((sum, w, k) =>
    sum + (w * Math.exp(-((x - s.centres[k]) ** 2) / (2 * s.variance))) / Math.sqrt(2 * Math.PI * s.variance), 0);
  const grid = Array.from({ length: 241 }, (_, i) => RANGE[0] + (i * (RANGE[1] - RANGE[0])) / 240);
  const exact = grid.map(density), most = 1.1 * Math.max(...exact);
  const area = chart(picture, width, {
    height: 150, x: RANGE, y: [0, most], yMarks: ticks(0, most, 3), xMarks: [-3, -2, -1, 0, 1, 2, 3],
    xName: "clean value", title: "ends of the walks (steps) and what is exactly possible (smooth)",
  });
  const steps = Array.from(heights, (h, b) => [[RANGE[0] + b * step, h], [RANGE[0] + (b + 1) * step, h]]);
  area.line(steps.flat(), "emg-clean");
  area.line(grid.map((x, i) => [x, exact[i]]), "emg-hum");
  area.line([[s.mean, 0], [s.mean, most]], "emg-third");
  area.write("mean", area.toX(s.mean) + 4, area.top + 12);
  picture.setAttribute("aria-label", `Histogram of the ends with mean ${signed(s.endMean, 2)} and spread ` +
    `${s.endSd.toFixed(2)} over the exact density with mean ${signed(s.mean, 2)} and spread ${s.sd.toFixed(2)}.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A walk back from noise to what a muscle may have been",
    keys: ["starts", "recording", "noise", "hump", "calls", "first", "last"],
    specs: WALK_SLIDERS,
    charts: ["paths", "ends"],
    compute: computeWalk,
    draw: { paths: drawWalkPaths, ends: drawWalkEnds },
    numbers: (s) => [
      ["exact mean and spread", `${signed(s.mean, 2)} ± ${s.sd.toFixed(2)}`],
      ["of the walks", `${signed(s.endMean, 2)} ± ${s.endSd.toFixed(2)}`],
      ["mean of two against one", `${signed(s.two, 1)}\u00a0dB`],
      ["mean of many against one", `${signed(s.many, 1)}\u00a0dB`],
    ],
    sentence: describeWalk,
  });
}

export default { render };
