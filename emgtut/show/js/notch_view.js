// The notch tuner as a reader sees it.

const NOTCH_SLIDERS = [
  { key: "quality", name: "quality Q", low: 0.25, high: 50, steps: 46, log: true, format: short },
  { key: "off_percent", name: "tuned off by", low: -5, high: 5, steps: 100, format: (v) => `${signed(v, 1)}\u00a0%` },
];

function drawResponse(picture, state, width) {
  const [low, high] = [20, 100], freqs = Array.from({ length: 641 }, (_, i) => low + (i * (high - low)) / 640);
  const area = chart(picture, width, {
    height: 150, x: [low, high], y: [-60, 3], yMarks: [-60, -40, -20, 0], xMarks: ticks(low, high, width < 480 ? 4 : 8),
    xName: "frequency (Hz)", title: "gain of the notch (dB)",
  });
  const level = (f) => 20 * Math.log10(Math.max(1e-7, notchGain(f, state.centre, state.quality)));
  const points = freqs.concat(state.centre, state.mains).sort((a, b) => a - b).map((f) => [f, level(f)]);
  area.line([[state.mains, -60], [state.mains, 3]], "emg-third");
  area.line(points, "emg-clean");
  const y = Math.max(-60, level(state.mains));
  picture.appendChild(make("rect", { x: area.toX(state.mains) - 5, y: area.toY(y) - 5, width: 10, height: 10,
    class: "emg-hum" }));
  area.write(`mains: ${signed(-state.removedDb, 1)} dB`, area.toX(state.mains) + 10, Math.min(area.bottom - 4, area.toY(y) + 4));
  picture.setAttribute("aria-label", `Gain of the notch from ${low} to ${high} hertz: a dip at ` +
    `${short(state.centre)} hertz, ${short(state.width)} hertz wide, that is ${short(state.removedDb)} decibels deep at the mains.`);
}

function drawSwitched(picture, state, width) {
  const fs = 4000, count = 2400, out = switchedOn(state, fs, count);
  const area = chart(picture, width, {
    height: 90, x: [0, count / fs], y: [-1.05, 1.05], yMarks: [-1, 0, 1], xMarks: ticks(0, count / fs, width < 480 ? 3 : 6),
    xName: "time (s)", title: "what is left when hum of amplitude 1 is switched on",
  });
  area.line(Array.from(out, (v, i) => [i / fs, v]), "emg-hum");
  picture.setAttribute("aria-label", `Hum after the notch over ${count / fs} seconds: it falls with a time constant of ` +
    `${short(1000 * state.tau)} milliseconds to ${short(100 * state.left)} per cent.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A notch beside the mains",
    keys: ["quality", "off_percent", "mains_hz"],
    specs: NOTCH_SLIDERS,
    charts: ["response", "switched"],
    compute: (values) => {
      const state = notchState(values);
      return { ...state, told: { removedDb: state.removedDb, lost: state.lost, tau: state.tau } };
    },
    draw: { response: drawResponse, switched: drawSwitched },
    numbers: (s) => [
      ["hum removed", s.removedDb >= 140 ? "all of it" : `${signed(s.removedDb, 1)}\u00a0dB`],
      ["muscle removed", `${signed(100 * s.lost, 1)}\u00a0%`],
      ["width at −3 dB", `${short(s.width)}\u00a0Hz`], ["time constant", `${short(1000 * s.tau)}\u00a0ms`],
    ],
    sentence: describeNotch,
  });
}

export default { render };
