// A tone in front of a delta-sigma converter: pure functions, tested under node against Python.

export const RATES = [500, 1000, 2000, 3750, 7500, 15000, 30000]; // samples per second
export const ORDERS = [0, 1, 2, 4]; // of the analog low-pass
const MODULATOR = 1.92e6, FIRST = 30000, CORNER = 500; // hertz
const TONE_UV = 100, BAND = [20, 450]; // microvolt RMS; hertz

// Average of n samples, as a gain; x is pi times frequency over the rate of the samples.
function averageGain(x, n) {
  const below = n * Math.sin(x);
  return Math.abs(below) < 1e-12 ? 1 : Math.abs(Math.sin(n * x) / below);
}

export function converterGain(freq, rate) {
  return averageGain((Math.PI * freq) / MODULATOR, 64) ** 5 * averageGain((Math.PI * freq) / FIRST, FIRST / rate);
}

export function lowPassGain(freq, order) {
  return order ? 1 / Math.sqrt(1 + (freq / CORNER) ** (2 * order)) : 1;
}

export function aliasOf(freq, rate) {
  const folded = freq % rate;
  return Math.min(folded, rate - folded);
}

export function aliasState({ tone_hz: tone, data_rate: rate, order }) {
  const gain = converterGain(tone, rate) * lowPassGain(tone, order), lands = aliasOf(tone, rate);
  return { tone, rate, order, gain, lands, left: TONE_UV * gain, folded: tone > rate / 2,
    inBand: lands >= BAND[0] && lands <= BAND[1], db: 20 * Math.log10(Math.max(gain, 1e-7)) };
}

export function describeAlias(s) {
  const hz = (f) => `${short(f)}\u00a0Hz`, left = `${short(s.left)}\u00a0µV`;
  if (!s.folded) return `The tone is below half the data rate: it stays at ${hz(s.tone)}, and ${left} of ${TONE_UV} are left.`;
  const where = s.inBand ? "inside the muscle's band" : "outside the muscle's band";
  const lands = s.lands < 1 ? "The samples show it as a constant" : `The samples show it at ${hz(s.lands)}, ${where}`;
  return s.left < 0.1 ? `${lands}, but with less than 0.1\u00a0µV: the filter has removed it.`
    : `${lands}: ${left} of ${TONE_UV} are left, and nothing in the samples says that they are not muscle.`;
}
