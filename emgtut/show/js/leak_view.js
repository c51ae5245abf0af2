// The leak meter as a reader sees it.

const LEAK_SLIDERS = [
  { key: "spread", name: "spread between patients", low: 0, high: 3, steps: 12, format: (v) => signed(v, 2) },
  { key: "features", name: "number of features", list: [1, 2, 5, 10, 20, 40], format: (v) => signed(v, 0) },
  { key: "patients", name: "number of patients", list: [6, 9, 15, 24, 36], format: (v) => signed(v, 0) },
  { key: "seed", name: "another draw", low: 1, high: 20, steps: 19, format: (v) => signed(v, 0) },
];

function drawLeak(picture, state, width) {
  const area = chart(picture, width, {
    height: 190, x: [0, 3], y: [0, 1], yMarks: [0, 1 / 3, 2 / 3, 1], xMarks: [0, 1, 2, 3], left: 52,
    xName: "spread between patients over spread within", title: "accuracy of the nearest neighbour",
    yText: (v) => `${signed(100 * v, 0)} %`,
  });
  area.line(state.curve.map((c) => [c.spread, c.shuffled]), "emg-hum");
  area.line(state.curve.map((c) => [c.spread, c.apart]), "emg-clean");
  const mark = (value, cls) => picture.appendChild(make("rect", { x: area.toX(state.spread) - 5,
    y: area.toY(value) - 5, width: 10, height: 10, class: cls }));
  mark(state.shuffled, "emg-hum");
  mark(state.apart, "emg-clean");
  area.write("windows shuffled", area.end - 4, area.toY(0.86), "end");
  area.write("patients apart", area.end - 4, area.toY(0.08), "end");
  picture.setAttribute("aria-label", "Accuracy against the spread between patients. Shuffled windows rise from chance " +
    `to ${signed(100 * state.curve.at(-1).shuffled, 0)} per cent; patients kept apart stay near one third.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A leak meter",
    keys: ["spread", "features", "patients", "seed"],
    specs: LEAK_SLIDERS,
    charts: ["leak"],
    compute: (values) => {
      const state = leakState(values);
      return { ...state, told: { shuffled: state.shuffled, apart: state.apart } };
    },
    draw: { leak: drawLeak },
    numbers: (s) => [
      ["windows shuffled", `${signed(100 * s.shuffled, 0)}\u00a0%`],
      ["patients apart", `${signed(100 * s.apart, 0)}\u00a0%`], ["chance", "33\u00a0%"],
    ],
    sentence: describeLeak,
  });
}

export default { render };
