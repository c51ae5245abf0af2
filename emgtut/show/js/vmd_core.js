// Variational mode decomposition with vmdpy's stopping rule: pure functions, tested under node against Python.

export const VMD_ROUNDS = 499;

// The positive half of a mirrored spectrum in unit RMS; `rms` says in which unit the program would see it.
export function decompose({ re, im, samples, modes, alpha, rms, tol = 1e-7 }) {
  const bins = re.length, limit = ((tol - Number.EPSILON) * samples) / (rms * rms);
  const restRe = Float64Array.from(re), restIm = Float64Array.from(im);
  const ur = [], ui = [];
  for (let k = 0; k < modes; k++) { ur.push(new Float64Array(bins)); ui.push(new Float64Array(bins)); }
  const centres = [Array.from({ length: modes }, (_, k) => (0.5 / modes) * k)];
  let rounds = 0, change = Infinity;
  while (change > limit && rounds < VMD_ROUNDS) {
    change = 0;
    const now = centres[rounds], next = [];
    for (let k = 0; k < modes; k++) {
      let power = 0, moment = 0;
      for (let b = 0; b < bins; b++) {
        const freq = b / samples, away = freq - now[k], gain = 1 / (1 + alpha * away * away);
        const fullRe = restRe[b] + ur[k][b], fullIm = restIm[b] + ui[k][b];
        const p = fullRe * gain, q = fullIm * gain;
        const d = p - ur[k][b], e = q - ui[k][b];
        change += d * d + e * e;
        restRe[b] = fullRe - p; restIm[b] = fullIm - q;
        ur[k][b] = p; ui[k][b] = q;
        power += p * p + q * q; moment += freq * (p * p + q * q);
      }
      next.push(power > 0 ? moment / power : now[k]);
    }
    centres.push(next);
    rounds += 1;
  }
  return { rounds, centres };
}

// Gain of each mode once all have come to rest; what is left out of 1 is the rest.
export function gainsAt(freq, centres, alpha) {
  const weights = centres.map((c) => 1 / (alpha * Math.max((freq - c) ** 2, 1e-18)));
  const all = 1 + weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / all);
}

export function voltName(volt) {
  const [factor, unit] = volt >= 0.9995 ? [1, "V"] : volt >= 0.9995e-3 ? [1e3, "mV"] : [1e6, "µV"];
  return `${short(volt * factor)}\u00a0${unit}`;
}

export function describeVmd({ rounds, centres, fs, rms }) {
  const first = centres[0], last = centres[rounds];
  const moved = Math.max(...last.map((c, k) => Math.abs(c - first[k]))) * fs;
  const stop = rounds >= VMD_ROUNDS ? "The limit of rounds stops it" : `It stops after ${rounds} rounds`;
  return `${stop} at an RMS of ${voltName(rms)}. The centre that went furthest has moved by ${short(moved)}\u00a0Hz.`;
}
