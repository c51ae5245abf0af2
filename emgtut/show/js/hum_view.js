// The hum meter as a reader sees it.

const asFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

const HUM_SLIDERS = [
  { key: "delta_ohm", name: "imbalance ΔZ", low: 10, high: 1e5, steps: 40, log: true, format: ohmText },
  { key: "picofarad", name: "cable and input", low: 5, high: 1000, steps: 46, log: true,
    format: (v) => `${short(v)}\u00a0pF` },
  { key: "cmrr_db", name: "CMRR of the amplifier", low: 60, high: 130, steps: 70, format: (v) => `${short(v)}\u00a0dB` },
  { key: "loop_gain", name: "loop gain, driven", list: LOOP_GAINS, format: (v) => (v ? short(v) : "0 (passive)") },
];

function computeHum(values) {
  const hum = humOf({
    current: values.current_a, ground: values.ground_ohm, second: values.second_ohm, delta: values.delta_ohm,
    farad: values.picofarad * 1e-12, cmrr: values.cmrr_db, loop: values.loop_gain, mains: values.mains_hz,
  });
  const muscle = asFloats(values.muscle);
  const rms = Math.sqrt(muscle.reduce((sum, v) => sum + v * v, 0) / muscle.length);
  const wave = Array.from(muscle, (_, i) =>
    Math.SQRT2 * hum.total * Math.sin((2 * Math.PI * values.mains_hz * i) / values.fs));
  return { ...hum, muscle, wave, rms, fs: values.fs, mains: values.mains_hz,
    told: { common: hum.common, skin: hum.skin, amplifier: hum.amplifier } };
}

function drawHumTrace(picture, state, width) {
  const { muscle, wave, fs, rms } = state;
  const limit = Math.max(4 * rms, ...wave.map(Math.abs)) * 1e6, mark = roundBelow(limit);
  const area = chart(picture, width, {
    height: 130, x: [0, muscle.length / fs], y: [-limit, limit], yMarks: [-mark, 0, mark],
    xMarks: ticks(0, muscle.length / fs, width < 480 ? 3 : 6), xName: "time (s)",
    title: "muscle and hum at the amplifier's input (µV)",
  });
  const points = (values) => Array.from(values, (v, i) => [i / fs, v * 1e6]);
  area.line(points(muscle), "emg-clean");
  area.line(points(wave), "emg-hum");
  picture.setAttribute("aria-label", `Two traces of ${short(muscle.length / fs)} seconds: a muscle of ` +
    `${voltText(rms)} RMS, and ${voltText(state.total)} of hum at ${state.mains} hertz.`);
}

// Bars on a logarithmic axis: two ways in, and the muscle to compare with.
function drawHumBars(picture, state, width) {
  const rows = [["skin", state.skin, "emg-hum"], ["amplifier", state.amplifier, "emg-third"],
    ["muscle", state.rms, "emg-clean"]];
  const area = chart(picture, width, {
    height: 84, x: [-9, -3], y: [0, 3], yMarks: [], xMarks: [], xName: "RMS at the input", left: 78,
    title: "what the hum is made of",
  });
  for (let power = -9; power <= -3; power++) {
    area.line([[power, 0], [power, 3]], "emg-grid");
    if (width < 480 && power % 2 === 0) continue;
    area.write(voltText(10 ** power), area.toX(power), area.bottom + 15, power === -3 ? "end" : "middle");
  }
  rows.forEach(([name, value, cls], i) => {
    const to = Math.min(-3, Math.max(-9, Math.log10(value)));
    picture.appendChild(make("rect", { x: area.left, y: area.top + 28 * i + 4, width: area.toX(to) - area.left,
      height: 18, class: cls }));
    area.write(name, area.left - 6, area.top + 28 * i + 18, "end");
  });
  picture.setAttribute("aria-label", `Bars: ${rows.map(([name, value]) => `${name} ${voltText(value)}`).join(", ")}.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "Hum from mains current, electrodes and amplifier",
    keys: ["current_a", "ground_ohm", "second_ohm", "delta_ohm", "picofarad", "cmrr_db", "loop_gain", "mains_hz", "fs",
      "muscle"],
    specs: HUM_SLIDERS,
    charts: ["trace", "bars"],
    compute: computeHum,
    draw: { trace: drawHumTrace, bars: drawHumBars },
    numbers: (s) => [
      ["common mode of the body", voltText(s.common)], ["through the skin", voltText(s.skin)],
      ["through the amplifier", voltText(s.amplifier)], ["hum / muscle", `${short((100 * s.total) / s.rms)}\u00a0%`],
    ],
    sentence: (s) => describeHum(s, s.rms),
  });
}

export default { render };
