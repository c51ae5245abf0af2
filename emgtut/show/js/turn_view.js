// The turned ring as a reader sees it.

const turnFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function drawTurn(picture, state, width) {
  const half = Math.floor(state.electrodes / 2), marks = [-half, -half / 2, 0, half / 2, half].map(Math.round);
  const area = chart(picture, width, {
    height: 190, x: [-half, half], y: [0, 1], yMarks: [0, 0.25, 0.5, 0.75, 1], xMarks: [...new Set(marks)], left: 52,
    xName: "places by which the ring is turned", title: "gestures named rightly; dashed: trained without turned copies",
    yText: (v) => `${signed(100 * v, 0)} %`,
  });
  area.line(state.plain.map((c) => [c.turn, c.accuracy]), "emg-third");
  area.line(state.curve.map((c) => [c.turn, c.accuracy]), "emg-clean");
  picture.appendChild(make("rect", { x: area.toX(state.turn) - 5, y: area.toY(state.here) - 5, width: 10, height: 10,
    class: "emg-hum" }));
  picture.setAttribute("aria-label", "Accuracy against the number of places by which the ring of electrodes is turned: " +
    `${signed(100 * state.straight, 0)} per cent without a turn, ${signed(100 * state.here, 0)} per cent at ` +
    `${signed(state.turn, 0)} places.`);
}

function render({ model, el }) {
  const half = Math.floor(model.get("electrodes") / 2);
  return build(el, model, {
    label: "A ring of electrodes that is turned",
    keys: ["train", "test", "train_labels", "test_labels", "electrodes", "classes", "turn", "copies"],
    specs: [
      { key: "turn", name: "turn of the ring", low: -half, high: half, steps: 2 * half, format: (v) => signed(v, 0) },
      { key: "copies", name: "copies turned by up to", list: [0, 1, 2, 3, 4], format: (v) => signed(v, 0) },
    ],
    charts: ["turn"],
    compute: (values) => {
      const [train, test] = [values.train, values.test].map(turnFloats);
      const state = turnState({ ...values, train, test, trainLabels: values.train_labels, testLabels: values.test_labels });
      return { ...state, told: { here: state.here, straight: state.straight } };
    },
    draw: { turn: drawTurn },
    numbers: (s) => [
      ["at this turn", `${signed(100 * s.here, 0)}\u00a0%`], ["not turned", `${signed(100 * s.straight, 0)}\u00a0%`],
      ["chance", `${signed(100 * s.chance, 0)}\u00a0%`],
    ],
    sentence: describeTurn,
  });
}

export default { render };
