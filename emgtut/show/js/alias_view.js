// The alias probe as a reader sees it.

const ALIAS_SLIDERS = [
  { key: "tone_hz", name: "tone from outside", low: 50, high: 8000, steps: 159, format: (v) => `${v}\u00a0Hz` },
  { key: "data_rate", name: "data rate", list: RATES, format: (v) => `${v}\u00a0/s` },
  { key: "order", name: "analog low-pass", list: ORDERS, format: (v) => (v ? `order ${v}` : "none") },
];

function drawGain(picture, state, width) {
  const top = 8000, floor = -80, freqs = Array.from({ length: 801 }, (_, i) => (i * top) / 800);
  const area = chart(picture, width, {
    height: 150, x: [0, top / 1000], y: [floor, 3], yMarks: [-80, -60, -40, -20, 0], xMarks: ticks(0, top / 1000, width < 480 ? 4 : 8),
    xName: "frequency (kHz)", title: `gain (dB); at the tone: ${signed(state.db, 1)} dB`,
  });
  const level = (gain) => Math.max(floor, 20 * Math.log10(Math.max(1e-7, gain)));
  const at = area.toX(state.tone / 1000), y = area.toY(Math.max(floor, state.db));
  area.line([[state.lands / 1000, floor], [state.lands / 1000, 3]], "emg-third");
  area.line(freqs.map((f) => [f / 1000, level(converterGain(f, state.rate) * lowPassGain(f, state.order))]), "emg-clean");
  picture.appendChild(make("rect", { x: at - 5, y: y - 5, width: 10, height: 10, class: "emg-hum" }));
  picture.setAttribute("aria-label", `Gain from 0 to 8 kilohertz: the tone of ${state.tone} hertz meets ` +
    `${short(state.db)} decibels and lands at ${short(state.lands)} hertz.`);
}

function drawSamples(picture, state, width) {
  const seconds = 0.04, peak = 100 * Math.SQRT2, mark = 100;
  const wave = (gain, t) => peak * gain * Math.sin(2 * Math.PI * state.tone * t + 0.7);
  const area = chart(picture, width, {
    height: 100, x: [0, 1000 * seconds], y: [-1.05 * peak, 1.05 * peak], yMarks: [-mark, 0, mark],
    xMarks: ticks(0, 1000 * seconds, 4), xName: "time (ms)", title: "samples of the tone, joined (µV at the electrode)",
  });
  const count = Math.floor(seconds * state.rate);
  area.line(Array.from({ length: count + 1 }, (_, n) => [(1000 * n) / state.rate, wave(state.gain, n / state.rate)]), "emg-hum");
  picture.setAttribute("aria-label", `Forty milliseconds of samples: an oscillation of ${short(state.left)} microvolts RMS ` +
    `at ${short(state.lands)} hertz.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A tone in front of the converter",
    keys: ["tone_hz", "data_rate", "order"],
    specs: ALIAS_SLIDERS,
    charts: ["gain", "samples"],
    compute: (values) => {
      const state = aliasState(values);
      return { ...state, told: { lands: state.lands, left: state.left, db: state.db } };
    },
    draw: { gain: drawGain, samples: drawSamples },
    numbers: (s) => [
      ["the samples show it at", `${short(s.lands)}\u00a0Hz`], ["gain", `${signed(s.db, 1)}\u00a0dB`],
      ["left of 100\u00a0µV", `${short(s.left)}\u00a0µV`], ["in 20–450\u00a0Hz", s.inBand ? "yes" : "no"],
    ],
    sentence: describeAlias,
  });
}

export default { render };
