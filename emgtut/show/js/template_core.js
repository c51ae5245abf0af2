// A template averaged from n beats of one heart over one muscle: pure functions, tested under node against Python.

export const BEAT_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

// The beat moved later by `shift` samples: straight lines between the samples, nothing beyond the ends.
export function movedBeat(shape, shift) {
  const value = (k) => (k >= 0 && k < shape.length ? shape[k] : 0);
  return Float64Array.from(shape, (_, i) => {
    const at = i - shift, left = Math.floor(at), part = at - left;
    return (1 - part) * value(left) + part * value(left + 1);
  });
}

// Everything that one position of the sliders shows. `muscle` holds one row after the other, each as long as the shape.
export function templateState({ muscle, shape, offsets, fs, n_beats: n, snr_db: asked, jitter_ms: jitter }) {
  const width = shape.length, rows = muscle.length / width;
  const gain = Math.sqrt(measure(muscle).energy / (rows * measure(shape).energy)) * 10 ** (-asked / 20);
  const hearts = Array.from({ length: n }, (_, i) =>
    movedBeat(shape, (offsets[i] * jitter * fs) / 1000).map((v) => gain * v));
  const meanHeart = new Float64Array(width), meanMuscle = new Float64Array(width);
  for (let i = 0; i < n; i++) for (let k = 0; k < width; k++) {
    meanHeart[k] += hearts[i][k] / n;
    meanMuscle[k] += muscle[i * width + k] / n;
  }
  const template = meanHeart.map((v, k) => v + meanMuscle[k]);
  let own = 0, before = 0, smeared = 0;
  for (let i = 0; i < n; i++) for (let k = 0; k < width; k++) {
    own += muscle[i * width + k] ** 2;
    before += hearts[i][k] ** 2;
    smeared += (hearts[i][k] - meanHeart[k]) ** 2;
  }
  // What is wrong after the subtraction is heart - template. Its two parts are orthogonal over the beats.
  const taken = n * measure(meanMuscle).energy;
  const first = Float64Array.from(muscle.slice(0, width));
  const cleaned = first.map((v, k) => v + hearts[0][k] - template[k]);
  const inDb = 10 * Math.log10(own / before), outDb = 10 * Math.log10(own / (smeared + taken));
  return { n, asked, jitter, fs, template, beat: hearts[0], first, cleaned, inDb, outDb, gainDb: outDb - inDb,
    lawDb: 10 * Math.log10(n), muscleLeft: Math.sqrt(taken / own), heartLeft: Math.sqrt(smeared / own) };
}

export function describeTemplate(s) {
  const beats = s.n === 1 ? "1 beat" : `${s.n} beats`;
  if (s.n === 1) {
    return "1 beat: the template is the recording itself, and taking it away leaves nothing, neither heart nor muscle. " +
      `The SNR changes by ${signed(s.gainDb, 1)}\u00a0dB, as for silence.`;
  }
  const worse = s.heartLeft > s.muscleLeft ? "the jitter of the beats" : "the muscle in the template";
  return `${beats}: after the subtraction the SNR is ${signed(s.outDb, 1)}\u00a0dB, by the law alone it would be ` +
    `${signed(s.lawDb, 1)}\u00a0dB. The larger part of the error is ${worse}.`;
}
