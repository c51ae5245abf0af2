// The reach meter as a reader sees it.

const REACH_SLIDERS = [
  { key: "blocks", name: "blocks in a stack", low: 1, high: 7, steps: 6, format: (v) => signed(v, 0) },
  { key: "growth", name: "dilation grows by", list: [1, 2, 3], format: (v) => (v === 1 ? "stays 1" : `× ${signed(v, 0)}`) },
  { key: "stacks", name: "stacks", low: 1, high: 3, steps: 2, format: (v) => signed(v, 0) },
  { key: "bpm", name: "heart rate", low: 40, high: 180, steps: 140, format: (v) => `${signed(v, 0)}/min` },
];
const REACH_SHOWN_S = 1.5;

const reachMarks = (width) => (width < 480 ? [-1, 0, 1] : [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]);

function drawReachHeart(picture, s, width) {
  const area = chart(picture, width, {
    height: 130, x: [-REACH_SHOWN_S, REACH_SHOWN_S], y: [-0.35, 1.15], yMarks: [0, 0.5, 1], xMarks: reachMarks(width),
    xName: "time (s)", title: "an ECG (R = 1); shaded: within reach of time 0",
  });
  const to = Math.min(REACH_SHOWN_S, s.reachMs / 1000), left = area.toX(-to);
  picture.appendChild(make("rect", { x: left, y: area.top, width: area.toX(to) - left, height: area.bottom - area.top,
    class: "emg-hum", "fill-opacity": 0.25 }));
  const times = Array.from({ length: 601 }, (_, i) => (i / 300 - 1) * REACH_SHOWN_S), curve = heartCurve(times, s.bpm);
  area.line(times.map((t, i) => [t, curve[i]]), "emg-clean");
  picture.setAttribute("aria-label", `An ECG at ${s.bpm} beats a minute; the network reaches ${s.reachMs} milliseconds ` +
    `to either side of a beat and ${s.neighbours ? "sees" : "does not see"} the beats beside it.`);
}

function drawReachWays(picture, s, width) {
  const most = Math.max(...s.ways), area = chart(picture, width, {
    height: 110, x: [-REACH_SHOWN_S, REACH_SHOWN_S], y: [0, 1.1], yMarks: [0, 0.5, 1], xMarks: reachMarks(width),
    xName: "time of the frame (s)", title: "how many ways lead from a frame to time 0 (most = 1)",
  });
  const shown = s.ways.map((w, i) => [((i - s.frames) * 8) / 1000, w / most]).filter(([t]) => Math.abs(t) <= REACH_SHOWN_S);
  area.line(shown, "emg-hum");
  picture.setAttribute("aria-label", `Number of ways from each frame to the middle; nineteen of twenty lie within ` +
    `${s.nearMs} milliseconds.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "Reach of a temporal convolutional network",
    keys: ["blocks", "growth", "stacks", "bpm"],
    specs: REACH_SLIDERS,
    charts: ["heart", "ways"],
    compute: (values) => {
      const state = reachState(values);
      return { ...state, told: { reach: state.reachMs, near: state.nearMs, beats: state.beats } };
    },
    draw: { heart: drawReachHeart, ways: drawReachWays },
    numbers: (s) => [
      ["dilations", s.dilations.length > 9 ? `${s.dilations.slice(0, 9).join(" ")} …` : s.dilations.join(" ")],
      ["reach to either side", `${signed(s.reachMs, 0)}\u00a0ms`], ["beat intervals seen", signed(s.beats, 1)],
      ["19 of 20 ways within", `${signed(s.nearMs, 0)}\u00a0ms`],
    ],
    sentence: describeReach,
  });
}

export default { render };
