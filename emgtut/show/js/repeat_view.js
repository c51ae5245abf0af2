// The grade lottery as a reader sees it.

const REPEAT_SLIDERS = [
  { key: "repetitions", name: "contractions", list: REPETITIONS, format: (v) => String(v) },
  { key: "spread_percent", name: "true spread", low: 2, high: 40, steps: 38, format: (v) => `${v}\u00a0%` },
  { key: "draw", name: "session number", low: 1, high: 100, steps: 99, format: (v) => String(v) },
];

function drawLevels(picture, state, width) {
  const n = state.levels.length, top = Math.max(1.6, 1.05 * Math.max(...state.levels));
  const area = chart(picture, width, {
    height: 90, x: [0.4, n + 0.6], y: [0, top], yMarks: [0, 0.5, 1, 1.5], xMarks: state.levels.map((_, i) => i + 1).filter(
      (i) => n <= 12 || i % 5 === 0), xName: "contraction", title: "peak RMS in this session, the true mean is 1",
  });
  const bar = Math.min(40, (0.7 * (area.end - area.left)) / (n + 0.2));
  state.levels.forEach((level, i) => picture.appendChild(make("rect", { x: area.toX(i + 1) - bar / 2, y: area.toY(level),
    width: bar, height: area.bottom - area.toY(level), class: "emg-clean" })));
  picture.setAttribute("aria-label", `${n} bars between ${short(Math.min(...state.levels))} and ${short(Math.max(...state.levels))}: ` +
    `a spread of ${short(state.cv)} per cent.`);
}

function drawHistogram(picture, state, width) {
  const last = 60, step = 2, counts = new Array(last / step).fill(0);
  for (const cv of state.cvs) counts[Math.min(counts.length - 1, Math.floor(cv / step))] += 100 / SESSIONS;
  const most = Math.max(...counts), mark = roundBelow(most);
  const area = chart(picture, width, {
    height: 130, x: [0, last], y: [0, 1.15 * most], yMarks: [0, mark], xMarks: ticks(0, last, 6), xName: "spread found (%)",
    title: "sessions (%) by spread found, and grade limits",
  });
  counts.forEach((count, i) => picture.appendChild(make("rect", { x: area.toX(i * step) + 0.5, y: area.toY(count),
    width: area.toX(step) - area.toX(0) - 1, height: area.bottom - area.toY(count), class: "emg-clean" })));
  for (const limit of [10, 20]) area.line([[limit, 0], [limit, 1.15 * most]], "emg-third");
  area.line([[state.cv, 0], [state.cv, 1.15 * most]], "emg-hum");
  picture.setAttribute("aria-label", `Histogram of the spread found in ${SESSIONS} sessions of a person whose true spread is ` +
    `${state.spread} per cent: ${GRADES.map((g, i) => `${short(100 * state.shares[i])} per cent ${g}`).join(", ")}.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "What a grade is worth after a few contractions",
    keys: ["repetitions", "spread_percent", "draw", "factors"],
    specs: REPEAT_SLIDERS,
    charts: ["levels", "histogram"],
    compute: (values) => {
      const state = repeatState(values);
      return { ...state, told: { cv: state.cv, grade: state.grade, wrong: state.wrong } };
    },
    draw: { levels: drawLevels, histogram: drawHistogram },
    numbers: (s) => [
      ["spread in this session", `${short(s.cv)}\u00a0%`], ["its 95\u00a0% interval", `${short(s.low)} to ${short(s.high)}\u00a0%`],
      ["graded", s.grade], ["sessions with another grade than deserved", `${short(100 * s.wrong)}\u00a0%`],
    ],
    sentence: describeRepeat,
  });
}

export default { render };
