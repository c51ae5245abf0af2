// A fully convolutional network, layer by layer: pure functions, tested under node against PyTorch.

export const FCN_LEVELS = [-60, -40, -20, -10, -6, -3, 0, 3, 6, 10, 20, 40];

// One layer over x, which holds one channel after the other. A convolution reads kernel-long pieces; a transposed one
// writes them.
export function runLayer(x, length, { inputs, outputs, kernel, stride, transposed, elu }, weight, bias) {
  const out = transposed ? (length - 1) * stride + kernel : Math.floor((length - kernel) / stride) + 1;
  const y = new Float32Array(outputs * out);
  for (let o = 0; o < outputs; o++) {
    const to = o * out;
    y.fill(bias[o], to, to + out);
    for (let i = 0; i < inputs; i++) {
      const from = i * length;
      for (let k = 0; k < kernel; k++) {
        const w = transposed ? weight[(i * outputs + o) * kernel + k] : weight[(o * inputs + i) * kernel + k];
        if (transposed) for (let j = 0; j < length; j++) y[to + j * stride + k] += w * x[from + j];
        else for (let j = 0; j < out; j++) y[to + j] += w * x[from + j * stride + k];
      }
    }
  }
  if (elu) for (let n = 0; n < y.length; n++) if (y[n] < 0) y[n] = Math.expm1(y[n]);
  return y;
}

export function runFcn(window, layers, weights) {
  let x = window, length = window.length, at = 0;
  for (const layer of layers) {
    const size = layer.inputs * layer.outputs * layer.kernel;
    x = runLayer(x, length, layer, weights.subarray(at, at + size), weights.subarray(at + size, at + size + layer.outputs));
    at += size + layer.outputs;
    length = x.length / layer.outputs;
  }
  return x.subarray(0, window.length);
}

// Everything that one position of the sliders shows.
export function fcnState({ layers, weights, clean, noise, snr_db: asked, level_db: level }) {
  const n = clean.length, energy = measure(clean).energy;
  const gain = Math.sqrt(energy / measure(noise).energy) * 10 ** (-asked / 20);
  const noisy = Float64Array.from(clean, (v, i) => v + gain * noise[i]);
  const mean = noisy.reduce((sum, v) => sum + v, 0) / n;
  const deviation = Math.sqrt(noisy.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n);
  const factor = 10 ** (level / 20) / deviation;
  const done = runFcn(Float32Array.from(noisy, (v) => (v - mean) * factor), layers, weights);
  const estimate = Float64Array.from(done, (v) => v / factor);
  let wrong = 0, along = 0;
  for (let i = 0; i < n; i++) {
    wrong += (estimate[i] - clean[i]) ** 2;
    along += estimate[i] * clean[i];
  }
  const outDb = 10 * Math.log10(energy / wrong);
  return { asked, level, clean, noisy, estimate, outDb, gainDb: outDb - asked, kept: along / energy };
}

export function describeFcn(s) {
  const verdict = s.gainDb < 0 ? "so the network does harm here" : s.gainDb <= -s.asked ? "no more than silence would gain" :
    "more than silence would gain";
  return `${s.name} at ${signed(s.asked, 0)}\u00a0dB, handed over at a level of ${signed(s.level, 0)}\u00a0dB: the SNR changes by ` +
    `${signed(s.gainDb, 1)}\u00a0dB, ${verdict}.`;
}
