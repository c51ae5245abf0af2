// What a turned-down noisy signal scores: pure functions, tested under node against Python.

// Power of one bin of a 512-sample Hann spectrogram for a white signal of unit power: sum(w^2) / sum(w)^2.
export const HANN_BIN = (() => {
  let sum = 0, squares = 0;
  for (let i = 0; i < 512; i++) {
    const w = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 511);
    sum += w; squares += w * w;
  }
  return squares / (sum * sum);
})();

export function scoreAt(gain, snrDb) {
  const noise = 10 ** (-snrDb / 10), error = (1 - gain) ** 2 + gain * gain * noise;
  const out = -10 * Math.log10(error);
  return { out, imp: out - snrDb, prd: 100 * Math.sqrt(error) };
}

// Flat spectra: every bin differs by the same number of decibels, and a constant is added to both.
export function distanceDb(gain, snrDb, levelVolt, eps) {
  const clean = HANN_BIN * levelVolt * levelVolt;
  const estimate = clean * gain * gain * (1 + 10 ** (-snrDb / 10));
  return Math.abs(10 * Math.log10((clean + eps) / (estimate + eps)));
}

export function scoreState({ snr_db: snrDb, gain, level_uv: levelUv }) {
  const volt = levelUv * 1e-6, relative = 1e-10 * HANN_BIN * volt * volt;
  return {
    snrDb, gain, levelUv, ...scoreAt(gain, snrDb), best: 1 / (1 + 10 ** (-snrDb / 10)),
    lsd: distanceDb(gain, snrDb, volt, relative), lsdVolt: distanceDb(gain, snrDb, volt, 1e-10),
  };
}

export function describeScore(s) {
  const what = s.gain === 0 ? "Silence" : s.gain === 1 ? "The input itself" : `The input times ${short(s.gain)}`;
  return `${what} improves the SNR by ${signed(s.imp, 1)}\u00a0dB, has a PRD of ${signed(s.prd, 1)}\u00a0% and a ` +
    `log-spectral distance of ${signed(s.lsd, 1)}\u00a0dB; with 1e-10\u00a0V² added it is ${signed(s.lsdVolt, 2)}\u00a0dB.`;
}
