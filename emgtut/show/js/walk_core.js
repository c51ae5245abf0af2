// A walk back from noise where the best guess is known exactly: pure functions, tested under node against Python.

export const WALK_CALLS = [1, 2, 3, 4, 6, 8, 12, 20, 35, 50];
export const LAST_LEVELS = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999];

// Before recording: two humps at ±hump, of unit variance together. After it: two Gaussians again.
export function posterior({ recording, noise, hump }) {
  const spread = 1 - hump * hump, total = spread + noise * noise;
  const centres = [-hump, hump].map((m) => (m * noise * noise + recording * spread) / total);
  const odds = [-hump, hump].map((m) => Math.exp(-((recording - m) ** 2) / (2 * total)));
  const weights = odds.map((w) => w / (odds[0] + odds[1]));
  const variance = (spread * noise * noise) / total;
  const mean = weights[0] * centres[0] + weights[1] * centres[1];
  const whole = variance + weights[0] * weights[1] * (centres[1] - centres[0]) ** 2;
  return { centres, weights, variance, mean, sd: Math.sqrt(whole) };
}

// Mean of all clean values that may lie under x at this level.
export function bestGuess(x, level, { centres, weights, variance }) {
  const wide = level * level * variance + 1 - level * level;
  const logs = centres.map((a, k) => Math.log(weights[k]) - (x - level * a) ** 2 / (2 * wide));
  const most = Math.max(...logs), odds = logs.map((l) => Math.exp(l - most));
  const guess = (k) => centres[k] + ((level * variance) / wide) * (x - level * centres[k]);
  return (odds[0] * guess(0) + odds[1] * guess(1)) / (odds[0] + odds[1]);
}

// From `first` up to `last` in equal ratios of signal to noise, then the clean end.
export function walkLevels(calls, first, last) {
  const [low, high] = [first, last].map((v) => Math.log(v / Math.sqrt(1 - v * v)));
  const levels = Array.from({ length: calls }, (_, i) => {
    const ratio = Math.exp(calls === 1 ? low : low + ((high - low) * i) / (calls - 1));
    return ratio / Math.sqrt(1 + ratio * ratio);
  });
  return [...levels, 1];
}

// First order (DDIM): all values that each start passes, last the clean one.
export function walkBack(starts, levels, given) {
  return Array.from(starts, (start) => {
    const path = [start];
    for (let n = 0; n + 1 < levels.length; n++) {
      const x = path[n], v = levels[n], next = levels[n + 1], clean = bestGuess(x, v, given);
      const epsilon = (x - v * clean) / Math.sqrt(1 - v * v);
      path.push(next * clean + Math.sqrt(1 - next * next) * epsilon);
    }
    return path;
  });
}

// Squared error that the mean of K walks has on average, when the truth is drawn from what is possible.
export function walkState({ starts, recording, noise, hump, calls, first, last }) {
  const given = posterior({ recording, noise, hump }), levels = walkLevels(calls, first, last);
  const paths = walkBack(starts, levels, given), ends = paths.map((path) => path[calls]);
  const mean = ends.reduce((sum, v) => sum + v, 0) / ends.length;
  const variance = ends.reduce((sum, v) => sum + (v - mean) ** 2, 0) / ends.length;
  const error = (k) => given.sd ** 2 + (mean - given.mean) ** 2 + variance / k;
  const gain = (k) => 10 * Math.log10(error(1) / error(k));
  return { ...given, levels, paths, ends, endMean: mean, endSd: Math.sqrt(variance),
    two: gain(2), many: gain(Infinity) };
}

export function describeWalk({ mean, sd, endMean, endSd, levels, many }) {
  const calls = levels.length - 1;
  return `After ${calls} ${calls === 1 ? "call" : "calls"} the walks end at ${signed(endMean, 2)} with a spread of ` +
    `${endSd.toFixed(2)}; exact are ${signed(mean, 2)} and ${sd.toFixed(2)}. The mean of many walks is ` +
    `${signed(many, 1)}\u00a0dB better than one walk.`;
}
