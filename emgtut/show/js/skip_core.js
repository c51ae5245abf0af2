// The decoder of TrustEMG-Net: pure functions, tested under node against the package.
// A tensor is { rows, n, data }: channel after channel.

const KERNEL = 8;

export function skipLengths(n) {
  const lengths = [];
  for (let k = 0; k < 5; k++) lengths.push(n = Math.floor((n - KERNEL) / 2) + 1);
  return lengths;
}

// Transposed convolution with stride 2: every input value adds a copy of the kernel, two samples further on.
function lengthen(x, weights, biases, rows, rectify) {
  const n = 2 * (x.n - 1) + KERNEL, data = new Float32Array(rows * n);
  for (let o = 0; o < rows; o++) {
    const out = data.subarray(o * n, (o + 1) * n).fill(biases[o]);
    for (let i = 0; i < x.rows; i++) {
      const from = i * x.n, w = (i * rows + o) * KERNEL;
      for (let t = 0; t < x.n; t++) {
        const v = x.data[from + t];
        if (v !== 0) for (let k = 0; k < KERNEL; k++) out[2 * t + k] += v * weights[w + k];
      }
    }
    if (rectify) for (let t = 0; t < n; t++) if (out[t] < 0) out[t] = 0;
  }
  return { rows, n, data };
}

// Plain convolution with four zeros at both ends: one sample longer than what went in.
function merge(x, weights, biases, rows) {
  const n = x.n + 1, data = new Float32Array(rows * n), padded = new Float32Array(x.n + KERNEL);
  for (let o = 0; o < rows; o++) data.fill(biases[o], o * n, (o + 1) * n);
  for (let i = 0; i < x.rows; i++) {
    padded.fill(0).set(x.data.subarray(i * x.n, (i + 1) * x.n), 4);
    for (let o = 0; o < rows; o++) {
      const w = (o * x.rows + i) * KERNEL, to = o * n;
      for (let t = 0; t < n; t++) {
        let sum = 0;
        for (let k = 0; k < KERNEL; k++) sum += padded[t + k] * weights[w + k];
        data[to + t] += sum;
      }
    }
  }
  for (let j = 0; j < data.length; j++) if (data[j] < 0) data[j] = 0;
  return { rows, n, data };
}

// Bring x to the length of the skip (zeros at both ends, or a cut) and lay the skip beside it.
function beside(x, skip, gain) {
  const left = Math.floor((skip.n - x.n) / 2), data = new Float32Array((x.rows + skip.rows) * skip.n);
  for (let i = 0; i < x.rows; i++) {
    for (let t = 0; t < skip.n; t++) {
      const from = t - left;
      if (from >= 0 && from < x.n) data[i * skip.n + t] = x.data[i * x.n + from];
    }
  }
  data.set(skip.data.map((v) => gain * v), x.rows * skip.n);
  return { rows: x.rows + skip.rows, n: skip.n, data };
}

// Cut the bytes of the page into the four skips and the middle.
export function skipWays(values, width, samples) {
  const lengths = skipLengths(samples);
  let at = 0;
  return lengths.map((n, k) => {
    const rows = width * 2 ** k, data = values.subarray(at, at + rows * n);
    at += rows * n;
    return { rows, n, data };
  });
}

// taps: gain of skip 1, 2, 3, 4 and of the middle.
export function decodeWith({ ways, weights, width, samples }, taps) {
  let at = 0;
  const take = (count) => weights.subarray(at, (at += count));
  let x = { ...ways[4], data: ways[4].data.map((v) => taps[4] * v) };
  for (let k = 3; k >= 0; k--) {
    const rows = width * 2 ** k;
    x = lengthen(x, take(x.rows * rows * KERNEL), take(rows), rows, true);
    x = beside(x, ways[k], taps[k]);
    x = merge(x, take(x.rows * rows * KERNEL), take(rows), rows);
  }
  return lengthen(x, take(width * KERNEL), take(1), 1, false).data.subarray(0, samples);
}

export function skipGain(noisy, clean, estimate) {
  let before = 0, after = 0;
  for (let i = 0; i < clean.length; i++) {
    before += (noisy[i] - clean[i]) ** 2;
    after += (estimate[i] - clean[i]) ** 2;
  }
  return 10 * Math.log10(before / after);
}

export function describeSkips({ gainDb, wholeDb }) {
  const lost = wholeDb - gainDb;
  if (Math.abs(lost) < 0.05) return `The network gains ${signed(gainDb, 1)}\u00a0dB on this window.`;
  return `The network gains ${signed(gainDb, 1)}\u00a0dB now, ${signed(Math.abs(lost), 1)}\u00a0dB ` +
    `${lost > 0 ? "less" : "more"} than with all ways open.`;
}
