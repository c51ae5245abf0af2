// The network as a reader sees it.

const FCN_SHOWN_S = 0.6;

const fcnFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

function computeFcn(values) {
  const [weights, clean, noises] = [values.weights, values.clean, values.noises].map(fcnFloats);
  const noise = noises.subarray(values.kind * clean.length, (values.kind + 1) * clean.length);
  const state = fcnState({ ...values, weights, clean, noise });
  const { outDb, gainDb, kept } = state;
  return { ...state, fs: values.fs, name: values.names[values.kind], told: { outDb, gainDb, kept } };
}

// Two curves: thick what is looked at, dashed the true muscle.
function drawFcnTrace(picture, s, width, { seen, title, told }) {
  const shown = Math.min(seen.length, Math.round(FCN_SHOWN_S * s.fs));
  const [a, b] = [seen, s.clean].map((x) => Array.from(x.subarray(0, shown)));
  const limit = 1.1 * Math.max(...[...a, ...b].map(Math.abs)), mark = roundBelow(limit), span = (shown - 1) / s.fs;
  const area = chart(picture, width, {
    height: 130, x: [0, span], y: [-limit, limit], yMarks: [-mark, 0, mark], xMarks: ticks(0, span, width < 480 ? 3 : 6),
    xName: "time (s)", title,
  });
  const points = (x) => x.map((v, i) => [i / s.fs, v]);
  area.line(points(a), "emg-clean");
  area.line(points(b), "emg-third");
  picture.setAttribute("aria-label", told);
}

function render({ model, el }) {
  const names = model.get("names");
  return build(el, model, {
    label: "The fully convolutional network on a mixture of your choice",
    keys: ["layers", "weights", "clean", "noises", "names", "fs", "kind", "snr_db", "level_db"],
    specs: [
      { key: "kind", name: "noise", list: names.map((_, i) => i), format: (v) => names[v] },
      { key: "snr_db", name: "SNR of the mixture", low: -30, high: 30, steps: 60, format: (v) => `${signed(v, 0)}\u00a0dB` },
      { key: "level_db", name: "level handed over", list: FCN_LEVELS, format: (v) => `${signed(v, 0)}\u00a0dB` },
    ],
    charts: ["input", "output"],
    compute: computeFcn,
    draw: {
      input: (picture, s, width) => drawFcnTrace(picture, s, width, {
        seen: s.noisy, title: "what goes in; dashed: the muscle alone",
        told: `The mixture of muscle and ${s.name} at ${signed(s.asked, 0)} decibels, over the muscle alone.`,
      }),
      output: (picture, s, width) => drawFcnTrace(picture, s, width, {
        seen: s.estimate, title: "what comes out; dashed: the muscle alone",
        told: `The estimate of the network over the muscle alone; they agree to ${signed(s.outDb, 1)} decibels.`,
      }),
    },
    numbers: (s) => [
      ["SNR out", `${signed(s.outDb, 1)}\u00a0dB`], ["SNRimp", `${signed(s.gainDb, 1)}\u00a0dB`],
      ["silence would gain", `${signed(-s.asked, 1)}\u00a0dB`],
      ["muscle in the estimate", `${signed(100 * s.kept, 0)}\u00a0%`],
    ],
    sentence: describeFcn,
  });
}

export default { render };
