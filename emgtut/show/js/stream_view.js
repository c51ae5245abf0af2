// The packet filter as a reader sees it.

const STREAM_SLIDERS = [
  { key: "packet", name: "samples in a packet", list: PACKETS, format: (v) => String(v) },
  { key: "memory", name: "filter state", list: MEMORIES, format: (v) => ["kept", "zeroed", "guessed"][v] },
  { key: "offset", name: "offset of the input", low: 0, high: 2, steps: 40, format: (v) => `${signed(v, 2)}\u00a0mV` },
];

function computeStream(values) {
  const floats = (view, Kind) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const numbers = Array.from(floats(values.sos, Float64Array));
  const sections = Array.from({ length: numbers.length / 8 }, (_, i) => numbers.slice(8 * i, 8 * i + 6));
  const settled = sections.flatMap((_, i) => numbers.slice(8 * i + 6, 8 * i + 8));
  const state = streamState({ sections, settled }, floats(values.muscle, Float32Array), values);
  return { ...state, told: { largest: state.largest, share: state.share, packet: state.packet } };
}

// Lowest and highest value of each pixel column: what a line over all samples would show.
function outline(values, fs, columns) {
  if (values.length <= 2 * columns) return Array.from(values, (v, n) => [n / fs, v]);
  const points = [];
  for (let column = 0; column < columns; column++) {
    const part = values.subarray(Math.floor((column * values.length) / columns),
      Math.floor(((column + 1) * values.length) / columns));
    const at = ((column + 0.5) * values.length) / columns / fs;
    points.push([at, Math.min(...part)], [at, Math.max(...part)]);
  }
  return points;
}

function lane(picture, state, width, { height, y, yMarks, title, curves, label }) {
  const seconds = state.input.length / state.fs;
  const area = chart(picture, width, {
    height, x: [0, seconds], y, yMarks, xMarks: ticks(0, seconds, width < 480 ? 4 : 8), xName: "time (s)", title,
  });
  for (const [values, cls] of curves) area.line(outline(values, state.fs, Math.round(area.end - area.left)), cls);
  picture.setAttribute("aria-label", label);
}

const largestOf = (x) => x.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

function drawFiltered(picture, state, width) {
  const limit = 1.05 * Math.max(largestOf(state.filtered), largestOf(state.whole)), mark = roundBelow(limit);
  lane(picture, state, width, {
    height: 130, y: [-limit, limit], yMarks: [-mark, 0, mark], title: "after the band-pass: packets, and whole on top (mV)",
    curves: [[state.filtered, "emg-hum"], [state.whole, "emg-clean"]],
    label: `Two traces after the band-pass: packet by packet it reaches ${short(largestOf(state.filtered))} millivolts, ` +
      `as a whole ${short(largestOf(state.whole))}.`,
  });
}

function drawEnvelope(picture, state, width) {
  const limit = 1.05 * Math.max(largestOf(state.envelope), largestOf(state.trueEnvelope)), mark = roundBelow(limit);
  lane(picture, state, width, {
    height: 100, y: [0, limit], yMarks: [0, mark], title: "envelope over 200 ms: packets, and whole on top (mV)",
    curves: [[state.envelope, "emg-hum"], [state.trueEnvelope, "emg-clean"]],
    label: `Two envelopes: packet by packet it reaches ${short(largestOf(state.envelope))} millivolts, ` +
      `as a whole ${short(largestOf(state.trueEnvelope))}.`,
  });
}

function render({ model, el }) {
  return build(el, model, {
    label: "A band-pass fed in packets",
    keys: ["sos", "muscle", "fs", "packet", "memory", "offset"],
    specs: STREAM_SLIDERS,
    charts: ["filtered", "envelope"],
    compute: computeStream,
    draw: { filtered: drawFiltered, envelope: drawEnvelope },
    numbers: (s) => [
      ["largest error", s.largest === 0 ? "exactly 0" : `${short(s.largest)}\u00a0mV`],
      ["error / signal (RMS)", s.largest === 0 ? "exactly 0" : `${short(100 * s.share)}\u00a0%`],
      ["a packet makes you wait", `${short(s.waitMs)}\u00a0ms`],
    ],
    sentence: describeStream,
  });
}

export default { render };
