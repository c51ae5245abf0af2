// A Butterworth high-pass, run forwards or both ways: pure functions, tested under node against Python.

export const ORDERS = [2, 4, 6, 8];

// One section for each pair of poles; an even order has no single pole.
export function sectionsOf(order, corner, fs) {
  const k = Math.tan((Math.PI * corner) / fs);
  return Array.from({ length: order / 2 }, (_, i) => {
    const damping = 2 * k * Math.sin((Math.PI * (2 * i + 1)) / (2 * order)), scale = 1 + damping + k * k;
    return { b: 1 / scale, a1: (2 * (k * k - 1)) / scale, a2: (1 - damping + k * k) / scale };
  });
}

export function highpassGain(freq, order, corner, fs) {
  const ratio = Math.tan((Math.PI * corner) / fs) / Math.tan((Math.PI * freq) / fs);
  return 1 / Math.sqrt(1 + ratio ** (2 * order));
}

// Group delay in seconds. The two zeros of a section hold everything back by one sample; its poles do the rest.
export function groupDelay(freq, sections, fs) {
  const w = (2 * Math.PI * freq) / fs;
  let samples = 0;
  for (const { a1, a2 } of sections) {
    const re = 1 + a1 * Math.cos(w) + a2 * Math.cos(2 * w), im = -a1 * Math.sin(w) - a2 * Math.sin(2 * w);
    const dre = a1 * Math.cos(w) + 2 * a2 * Math.cos(2 * w), dim = -a1 * Math.sin(w) - 2 * a2 * Math.sin(2 * w);
    samples += 1 - (dre * re + dim * im) / (re * re + im * im);
  }
  return samples / fs;
}

// Each section starts as if its first sample had always been there: a constant gives nothing.
function forwards(sections, x) {
  let y = Float64Array.from(x);
  for (const { b, a1, a2 } of sections) {
    let s1 = -b * y[0], s2 = b * y[0];
    for (let n = 0; n < y.length; n++) {
      const value = y[n];
      y[n] = b * value + s1;
      s1 = -2 * b * value - a1 * y[n] + s2;
      s2 = b * value - a2 * y[n];
    }
  }
  return y;
}

// Forwards, then backwards; the ends go on by odd reflection until the slowest pole has decayed to a ten-thousandth.
function bothWays(sections, x) {
  const slowest = Math.max(...sections.map(({ a2 }) => Math.sqrt(a2))), n = x.length;
  const pad = Math.min(Math.ceil(Math.log(1e-4) / Math.log(slowest)), n - 1);
  const long = new Float64Array(n + 2 * pad);
  long.set(x, pad);
  for (let i = 1; i <= pad; i++) {
    long[pad - i] = 2 * x[0] - x[i];
    long[pad + n - 1 + i] = 2 * x[n - 1] - x[n - 1 - i];
  }
  return forwards(sections, forwards(sections, long).reverse()).reverse().slice(pad, pad + n);
}

export function highpass(x, { order, corner, passes, fs }) {
  const sections = sectionsOf(order, corner, fs);
  return passes === 2 ? bothWays(sections, x) : forwards(sections, x);
}

function ratioDb(clean, other) {
  let own = 0, left = 0;
  for (let i = 0; i < clean.length; i++) {
    own += clean[i] ** 2;
    left += (other[i] - clean[i]) ** 2;
  }
  return 10 * Math.log10(own / left);
}

// Everything that one position of the sliders shows.
export function filterState({ clean, noise, fs, corner_hz: corner, order, passes, snr_db: asked }) {
  const settings = { order, corner, passes, fs };
  const gain = Math.sqrt(measure(clean).energy / measure(noise).energy) * 10 ** (-asked / 20);
  const noisy = Float64Array.from(clean, (v, i) => v + gain * noise[i]);
  const out = highpass(noisy, settings), alone = highpass(clean, settings);
  const outDb = ratioDb(clean, out);
  return { ...settings, asked, clean, noisy, out, outDb, gainDb: outDb - asked, ceilingDb: ratioDb(clean, alone),
    kept: measure(alone).energy / measure(clean).energy };
}

export function describeFilter(s) {
  const way = s.passes === 2 ? "both ways" : "forwards only";
  const verdict = s.gainDb > Math.max(0, -s.asked) ? "better than silence and than doing nothing"
    : s.gainDb > 0 ? "better than doing nothing, no better than silence" : "no better than doing nothing";
  return `Order ${s.order} at ${short(s.corner)}\u00a0Hz, run ${way}: the SNR changes by ${signed(s.gainDb, 1)}\u00a0dB, ` +
    `${verdict}. On the clean muscle alone this filter leaves ${signed(s.ceilingDb, 1)}\u00a0dB and ` +
    `${signed(100 * s.kept, 0)}\u00a0% of the power.`;
}
