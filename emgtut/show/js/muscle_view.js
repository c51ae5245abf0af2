// The muscle as a reader sees it.

const MUSCLE_SLIDERS = [
  { key: "drive", name: "drive", low: 0, high: 1, steps: 50, format: (v) => v.toFixed(2) },
  { key: "velocity", name: "conduction velocity", low: 0.6, high: 1, steps: 40, format: (v) => `${Math.round(100 * v)}\u00a0%` },
  { key: "heard", name: "units in the sum", list: HEARD, format: (v) => (v ? `first ${v}` : "all") },
];

const numbersIn = (view, Kind) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeMuscle({ waveforms, units, rules, ...sliders }) {
  const flat = numbersIn(units, Float64Array), samples = numbersIn(waveforms, Float32Array);
  const count = flat.length / 2, width = samples.length / count;
  const state = muscleAt({
    units: Array.from({ length: count }, (_, i) => ({ threshold: flat[2 * i], peak: flat[2 * i + 1] })),
    waves: Array.from({ length: count }, (_, i) => samples.subarray(i * width, (i + 1) * width)), rules, ...sliders,
  });
  const { awake, perSecond, rms, mdf, kurtosis } = state;
  return { ...state, told: { awake, perSecond, rms, mdf, kurtosis } };
}

// One tick for each discharge in the last second; when all units are in the sum, of every third unit.
function drawTrains(picture, state, width) {
  const count = state.trains.length, every = count > 60 ? 3 : 1, from = 3.0;
  const area = chart(picture, width, {
    height: count > 60 ? 120 : 60, x: [0, 1], y: [0, count], yMarks: count > 60 ? [0, 40, 80, 120].filter((v) => v <= count) : [0, count],
    xMarks: ticks(0, 1, 4), xName: "time (s)", title: every > 1 ? "discharges of every third unit" : "discharges, unit by unit",
  });
  let path = "";
  for (let i = 0; i < count; i += every) {
    for (const time of state.trains[i]) {
      if (time < from || time > from + 1) continue;
      path += `M${area.toX(time - from).toFixed(1)} ${area.toY(i).toFixed(1)}V${area.toY(Math.min(i + (every > 1 ? every : 0.8), count)).toFixed(1)}`;
    }
  }
  picture.appendChild(make("path", { d: path }));
  picture.setAttribute("aria-label", `Raster of discharges in one second: ${state.awake} of ${count} units are awake.`);
}

function drawSum(picture, state, width) {
  const start = Math.round(3 * state.fs), shown = state.emg.subarray(start, start + state.fs);
  const limit = 1.1 * shown.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-4), mark = roundBelow(limit);
  const area = chart(picture, width, {
    height: 120, x: [0, 1], y: [-limit, limit], yMarks: [-mark, 0, mark], xMarks: ticks(0, 1, 4), xName: "time (s)",
    title: "their sum, the EMG (mV)",
  });
  area.line(Array.from(shown, (v, n) => [n / state.fs, v]), "emg-clean");
  picture.setAttribute("aria-label", `One second of EMG with an RMS of ${short(1000 * state.rms)} microvolts.`);
}

function drawSpectrum(picture, state, width) {
  const most = state.density.reduce((top, v) => Math.max(top, v), 1e-30), floor = -40;
  const area = chart(picture, width, {
    height: 110, x: [0, 500], y: [floor, 2], yMarks: [-40, -20, 0], xMarks: ticks(0, 500, width < 480 ? 3 : 5),
    xName: "frequency (Hz)", title: "its spectrum (dB); dashed: the median frequency",
  });
  if (state.rms > 0) {
    area.line([[state.mdf, floor], [state.mdf, 2]], "emg-third");
    const points = Array.from(state.freqs, (f, k) => [f, Math.max(floor, 10 * Math.log10(state.density[k] / most + 1e-9))]);
    area.line(points.filter(([f]) => f <= 500), "emg-clean");
  }
  picture.setAttribute("aria-label", state.rms > 0
    ? `Spectrum from 0 to 500 hertz; half of the power lies below ${Math.round(state.mdf)} hertz.`
    : "Spectrum: the muscle is silent, there is nothing to show.");
}

function render({ model, el }) {
  return build(el, model, {
    label: "A muscle, summed from its motor units",
    keys: ["waveforms", "units", "rules", "drive", "velocity", "heard"],
    specs: MUSCLE_SLIDERS,
    charts: ["trains", "sum", "spectrum"],
    compute: computeMuscle,
    draw: { trains: drawTrains, sum: drawSum, spectrum: drawSpectrum },
    numbers: (s) => [
      ["units that fire", String(s.awake)], ["discharges a second", short(s.perSecond)],
      ["RMS", `${short(1000 * s.rms)}\u00a0µV`], ["median frequency", s.rms > 0 ? `${Math.round(s.mdf)}\u00a0Hz` : "–"],
      ["excess kurtosis", s.rms > 0 ? signed(s.kurtosis, 1) : "–"],
    ],
    sentence: describeMuscle,
  });
}

export default { render };
