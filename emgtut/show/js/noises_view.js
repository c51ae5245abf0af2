// The noise board as a reader sees and hears it.

const floatsOf = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeBoard(values) {
  const size = floatsOf(values.muscle).length, all = floatsOf(values.noises);
  const name = values.names[values.which];
  const state = boardAt({
    muscle: floatsOf(values.muscle), noise: all.subarray(values.which * size, (values.which + 1) * size),
    fs: values.fs, snr: values.snr_db, corner: values.corner_hz,
  });
  return { ...state, muscle: floatsOf(values.muscle), name, speed: values.speed,
    told: { left: state.left, kept: state.kept, out: state.snrOut, noise: name } };
}

function drawBoardTrace(picture, state, width) {
  const { muscle, wave, fs } = state, shown = Math.min(wave.length, 2 * fs);
  const limit = Math.max(4, ...wave.subarray(0, shown).map(Math.abs)), mark = roundBelow(limit);
  const area = chart(picture, width, {
    height: 140, x: [0, shown / fs], y: [-limit, limit], yMarks: [-mark, 0, mark],
    xMarks: ticks(0, shown / fs, width < 480 ? 3 : 6), xName: "time (s)", title: "after the filter, and the clean muscle (RMS = 1)",
  });
  const points = (values) => Array.from(values.subarray(0, shown), (v, i) => [i / fs, v]);
  area.line(points(wave), "emg-hum");
  area.line(points(muscle), "emg-clean");
  picture.setAttribute("aria-label", `Two traces of ${short(shown / fs)} seconds: the clean muscle, and the muscle with ` +
    `${state.name} after the filter, at an SNR of ${decibels(Number(state.snrOut.toFixed(1)))}.`);
}

function drawBoardSpectrum(picture, state, width) {
  const { muscle, noise } = state.density;
  const top = Math.max(...muscle.map(([, v]) => v), ...noise.map(([, v]) => v)) + 3, low = top - 60;
  const area = chart(picture, width, {
    height: 140, x: [0, 200], y: [low, top], yMarks: ticks(low, top, 3), xMarks: [0, 50, 100, 150, 200],
    xName: "frequency (Hz)", title: "power in 4 Hz bands (dB): muscle, and what is left of the noise",
    yText: (v) => signed(v, 0),
  });
  area.line(muscle, "emg-clean");
  area.line(noise.map(([f, v]) => [f, Math.max(v, low)]), "emg-hum");
  picture.setAttribute("aria-label", `Spectra up to 200 hertz. ${percent(state.left)} of the power of ${state.name} ` +
    `and ${percent(state.kept)} of the power of the muscle come through the filter.`);
}

function render({ model, el }) {
  const names = model.get("names");
  let state;
  const stopBuild = build(el, model, {
    label: "A muscle, one of five noises, and a high-pass filter",
    keys: ["which", "snr_db", "corner_hz", "speed", "fs", "muscle", "noises", "names"],
    specs: [
      { key: "which", name: "noise", list: names.map((_, i) => i), format: (v) => names[v] },
      { key: "snr_db", name: "SNR", low: -20, high: 20, steps: 40, format: decibels },
      { key: "corner_hz", name: "high-pass corner", list: CORNERS, format: (v) => (v ? `${v}\u00a0Hz` : "off") },
      { key: "speed", name: "playing speed", list: SPEEDS, format: (v) => `× ${v}` },
    ],
    charts: ["trace", "spectrum"],
    compute: (values) => (state = computeBoard(values)),
    draw: { trace: drawBoardTrace, spectrum: drawBoardSpectrum },
    numbers: (s) => [
      ["noise left", percent(s.left)], ["muscle kept", percent(s.kept)],
      ["SNR in", decibels(s.snr)], ["SNR out", decibels(Number(s.snrOut.toFixed(1)))],
    ],
    sentence: (s) => describeBoard(s, s.name),
  });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Listen" });
  button.className = "emg-front-listen";
  el.querySelector(".emg-front").append(button);
  const Context = window.AudioContext || window.webkitAudioContext;
  let context, source;
  const stop = () => {
    if (source) { source.onended = null; source.stop(); }
    source = undefined;
    button.textContent = "Listen";
  };
  if (!Context) Object.assign(button, { disabled: true, textContent: "This browser plays no sound" });
  button.addEventListener("click", () => {
    if (source) return stop();
    const { samples, rate } = sound(state.wave, state.fs * state.speed);
    context ??= new Context();
    context.resume();
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    source = Object.assign(context.createBufferSource(), { buffer, onended: stop });
    source.connect(context.destination);
    source.start();
    button.textContent = "Stop";
  });
  for (const key of ["which", "snr_db", "corner_hz", "speed"]) model.on(`change:${key}`, stop);
  return () => { stop(); stopBuild(); };
}

export default { render };
