// One muscle, five noises, one high-pass: pure functions, tested under node against Python.

export const CORNERS = [0, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100];
export const SPEEDS = [1, 4];

// A fourth-order Butterworth high-pass run forwards and backwards: its gain at each bin of a transform of `size`.
export function gainsOf(corner, fs, size) {
  return Float64Array.from({ length: size }, (_, k) => {
    const f = (Math.min(k, size - k) * fs) / size;
    return corner === 0 ? 1 : f === 0 ? 0 : 1 / (1 + (corner / f) ** 8);
  });
}

export function transform(x) {
  const re = Float64Array.from(x), im = new Float64Array(x.length);
  fft(re, im);
  return { re, im };
}

const power = ({ re, im }, weight) => re.reduce((sum, v, k) => sum + weight(k) * (v * v + im[k] * im[k]), 0);

// Everything that one position of the sliders shows. All sums run over the whole transform (Parseval).
export function boardAt({ muscle, noise, fs, snr, corner }) {
  const size = muscle.length, m = transform(muscle), n = transform(noise), h = gainsOf(corner, fs, size);
  const own = power(m, () => 1), other = power(n, () => 1), gain = Math.sqrt(own / other) * 10 ** (-snr / 20);
  const re = new Float64Array(size), im = new Float64Array(size);
  let error = 0;
  for (let k = 0; k < size; k++) {
    re[k] = h[k] * (m.re[k] + gain * n.re[k]);
    im[k] = h[k] * (m.im[k] + gain * n.im[k]);
    error += (re[k] - m.re[k]) ** 2 + (im[k] - m.im[k]) ** 2;
  }
  const out = { re: Float64Array.from(re), im: im.map((v) => -v) }; // inverse transform by way of the forward one
  fft(out.re, out.im);
  return {
    gain, fs, snr, corner,
    wave: out.re.map((v) => v / size),
    left: power(n, (k) => h[k] ** 2) / other,
    kept: power(m, (k) => h[k] ** 2) / own,
    snrOut: 10 * Math.log10(own / error),
    density: { muscle: bands(m, fs, () => 1), noise: bands(n, fs, (k) => (gain * h[k]) ** 2) },
  };
}

// Power in 4 Hz bands up to 200 Hz, in decibels below 1; a spectrum that a small chart can show.
function bands({ re, im }, fs, weight) {
  const size = re.length, sums = new Float64Array(50);
  for (let k = 0; k <= size / 2; k++) {
    const at = Math.floor((k * fs) / size / 4);
    if (at < sums.length) sums[at] += 2 * weight(k) * (re[k] ** 2 + im[k] ** 2);
  }
  return Array.from(sums, (v, i) => [4 * i + 2, 10 * Math.log10(v / size ** 2 + 1e-12)]);
}

export function percent(share) {
  const value = 100 * share;
  return `${value >= 99.95 ? "100" : value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : "under 0.1"}\u00a0%`;
}

export function describeBoard(s, name) {
  if (s.corner === 0) return `No filter: ${name} at ${decibels(s.snr)}.`;
  const gained = s.snrOut - s.snr;
  return `A high-pass at ${s.corner}\u00a0Hz leaves ${percent(s.left)} of ${name} and ${percent(s.kept)} of the muscle. ` +
    `The SNR ${gained < 0 ? "falls" : "rises"} by ${signed(Math.abs(gained), 1)}\u00a0dB.`;
}
