// The taps as a reader sees them.

const skipFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
const skipPercent = (v) => `${short(Math.round(100 * v))}\u00a0%`;

const SKIP_KEYS = ["skip1", "skip2", "skip3", "skip4", "middle"];
const SKIP_SLIDERS = [
  { key: "middle", name: "middle, after the mask" }, { key: "skip4", name: "fourth skip" },
  { key: "skip3", name: "third skip" }, { key: "skip2", name: "second skip" }, { key: "skip1", name: "first skip" },
].map((spec) => ({ ...spec, low: 0, high: 1, steps: 20, format: skipPercent }));
const SKIP_SHOWN_S = 0.8;

function computeSkips(values) {
  const [noisy, clean, ways, weights] = [values.noisy, values.clean, values.ways, values.weights].map(skipFloats);
  const samples = noisy.length, width = values.width;
  const given = { ways: skipWays(ways, width, samples), weights, width, samples };
  const taps = SKIP_KEYS.map((key) => values[key]);
  const estimate = decodeWith(given, taps), whole = decodeWith(given, [1, 1, 1, 1, 1]);
  const gainDb = skipGain(noisy, clean, estimate), wholeDb = skipGain(noisy, clean, whole);
  const zeroDb = skipGain(noisy, clean, new Float32Array(samples));
  return { noisy, clean, estimate, fs: values.fs, taps, gainDb, wholeDb, zeroDb, told: { gainDb, wholeDb } };
}

function drawSkipTrace(picture, s, width, { made, title, told }) {
  const shown = Math.min(made.length, Math.round(SKIP_SHOWN_S * s.fs)), span = shown / s.fs;
  const most = 1.1 * Math.max(...Array.from(made.slice(0, shown), Math.abs), ...Array.from(s.clean.slice(0, shown), Math.abs));
  const mark = Number((most / 2).toPrecision(1));
  const area = chart(picture, width, {
    height: 120, x: [0, span], y: [-most, most], yMarks: [-mark, 0, mark], xMarks: ticks(0, span, width < 480 ? 3 : 5),
    xName: "time (s)", title,
  });
  area.line(Array.from(made.slice(0, shown), (v, i) => [i / s.fs, v]), "emg-hum");
  area.line(Array.from(s.clean.slice(0, shown), (v, i) => [i / s.fs, v]), "emg-third");
  picture.setAttribute("aria-label", told);
}

const drawSkipNoisy = (picture, s, width) => drawSkipTrace(picture, s, width, {
  made: s.noisy, title: "noisy window; dashed: clean", told: "The noisy window over the clean one.",
});

const drawSkipEstimate = (picture, s, width) => drawSkipTrace(picture, s, width, {
  made: s.estimate, title: "estimate with these taps; dashed: clean",
  told: `The estimate over the clean window; the gain in SNR is ${signed(s.gainDb, 1)} decibels.`,
});

function render({ model, el }) {
  return build(el, model, {
    label: "Taps on the middle and the skips of a small TrustEMG-Net",
    keys: ["noisy", "clean", "ways", "weights", "width", "fs", ...SKIP_KEYS],
    specs: SKIP_SLIDERS,
    charts: ["noisy", "estimate"],
    compute: computeSkips,
    draw: { noisy: drawSkipNoisy, estimate: drawSkipEstimate },
    numbers: (s) => [
      ["SNRimp now", `${signed(s.gainDb, 1)}\u00a0dB`], ["all ways open", `${signed(s.wholeDb, 1)}\u00a0dB`],
      ["silence would have", `${signed(s.zeroDb, 1)}\u00a0dB`],
    ],
    sentence: describeSkips,
  });
}

export default { render };
