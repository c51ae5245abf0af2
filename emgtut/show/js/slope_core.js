// Median frequency of a muscle that slows down, and the line through it: pure functions, tested under node.

// Power spectrum of the shaped-Gaussian muscle, corners 60 and 120 Hz; its constant factor falls out.
const shapedPower = (f) => (f * f) / ((f * f + 3600) * (f * f + 14400) ** 2);

// Frequency that halves a power spectrum of bins 1 Hz wide from 1 Hz on, power lying evenly across a bin.
export function medianFrequency(power) {
  let all = 0, below = 0;
  for (const p of power) all += p;
  for (let i = 0; i < power.length; i++) {
    if (below + power[i] >= all / 2) return i + 1 + (all / 2 - below) / power[i] - 0.5;
    below += power[i];
  }
  return NaN;
}

// One frame a second. The power of a bin is drawn as that of Gaussian noise is; the same in Python (slope_widget).
export function medians({ fall, snr_db: snr, cutoff_hz: cutoff, seconds, seed }) {
  const normal = normals(seed), freqs = Array.from({ length: 499 }, (_, i) => i + 1);
  const all = freqs.reduce((sum, f) => sum + shapedPower(f), 0), hum = 10 ** (-snr / 10);
  const gain = freqs.map((f) => 1 / (1 + (cutoff / f) ** 8) ** 2);
  return Array.from({ length: seconds }, (_, n) => {
    const velocity = 1 - ((fall / 100) * (n + 0.5)) / seconds;
    return medianFrequency(freqs.map((f, i) => {
      const chance = (normal() ** 2 + normal() ** 2) / 2;
      return gain[i] * ((shapedPower(f / velocity) / velocity / all) * chance + (f === 50 ? hum : 0));
    }));
  });
}

// 97.5 % point of Student's t, by the expansion in powers of one over the degrees of freedom; good from 4 upwards.
export function studentPoint(df) {
  const z = 1.959963984540054, z2 = z * z;
  const terms = [(z2 + 1) / 4, (5 * z2 ** 2 + 16 * z2 + 3) / 96, (3 * z2 ** 3 + 19 * z2 ** 2 + 17 * z2 - 15) / 384,
    (79 * z2 ** 4 + 776 * z2 ** 3 + 1482 * z2 ** 2 - 1920 * z2 - 945) / 92160];
  return z * (1 + terms.reduce((sum, term, k) => sum + term / df ** (k + 1), 0));
}

// Least squares; where neighbours are alike the interval is that of fewer frames.
export function lineThrough(values) {
  const n = values.length, minute = (i) => (i + 0.5) / 60, middle = n / 120;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  let up = 0, across = 0;
  values.forEach((v, i) => { up += (minute(i) - middle) * (v - mean); across += (minute(i) - middle) ** 2; });
  const slope = up / across, start = mean - slope * middle;
  const rest = values.map((v, i) => v - start - slope * minute(i));
  const energy = rest.reduce((sum, r) => sum + r * r, 0);
  const alike = energy > 0 ? Math.max(0, rest.slice(1).reduce((sum, r, i) => sum + r * rest[i], 0) / energy) : 0;
  const own = (1 + alike) / (1 - alike);
  const half = studentPoint(Math.max(1, n / own - 2)) * Math.sqrt((energy / (n - 2) / across) * own);
  return { slope, start, low: slope - half, high: slope + half, measured: (-slope * n) / 60 / start };
}

export function slopeState(values) {
  const mdf = medians(values);
  return { ...values, mdf, ...lineThrough(mdf) };
}

export function describeSlope(s) {
  const verdict = s.high < 0 ? "the muscle tires" : s.low > 0 ? "the frequency rises" : "no fall is proved";
  return `The median frequency changes by ${signed(s.slope, 1)}\u00a0Hz a minute, with 95\u00a0% confidence between ` +
    `${signed(s.low, 1)} and ${signed(s.high, 1)}: ${verdict}. It lost ${signed(100 * s.measured, 0)}\u00a0% where the ` +
    `velocity lost ${signed(s.fall, 0)}\u00a0%.`;
}
