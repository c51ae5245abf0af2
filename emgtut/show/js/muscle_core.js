// A muscle as the sum of its motor units: pure functions, tested under node against Python.

export const HEARD = [1, 3, 10, 30, 0]; // units in the sum, from the first recruited; 0 stands for all
const SECONDS = 4.096, SHORTEST = 0.1; // 8192 samples at 2 kHz; no interval is shorter than this part of the mean one

export function rateOf({ threshold, peak }, drive, rules) {
  const above = drive * rules.fullExcitation - threshold;
  return above < 0 ? 0 : Math.min(rules.minRate + rules.rateGain * above, peak);
}

// A small generator of numbers from 0 to 1 (mulberry32). One seed for each unit: moving a slider only changes the pace.
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Discharge times in seconds: Gaussian intervals around the mean one; the first begins at a random phase.
export function dischargesOf(rate, cv, seed, seconds) {
  const times = [], next = random(seed);
  if (rate === 0) return times;
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const interval = () => Math.max(1 + cv * gaussian(), SHORTEST) / rate;
  for (let time = next() * interval(); time < seconds; time += interval()) times.push(time);
  return times;
}

// A slower wave takes longer to pass: the potential stretched about its discharge, by cubic interpolation.
export function stretched(wave, lead, velocity) {
  const size = Math.ceil((wave.length - lead) / velocity) + Math.ceil(lead / velocity);
  const at = (i) => (i < 0 || i >= wave.length ? 0 : wave[i]), early = Math.ceil(lead / velocity);
  return {
    lead: early,
    wave: Float64Array.from({ length: size }, (_, j) => {
      const place = (j - early) * velocity + lead, i = Math.floor(place), u = place - i;
      const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
      return b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)));
    }),
  };
}

// Frequency that halves the power; the power of a bin lies evenly across its width.
export function medianOf(freqs, density) {
  const half = density.reduce((sum, v) => sum + v, 0) / 2;
  let below = 0, k = 0;
  while (below + density[k] < half) below += density[k++];
  return half > 0 ? freqs[k] + (freqs[1] - freqs[0]) * ((half - below) / density[k] - 0.5) : NaN;
}

// Everything that one position of the sliders shows.
export function muscleAt({ units, waves, rules, drive, velocity, heard }) {
  const { fs } = rules, size = Math.round(SECONDS * fs), margin = 4 * waves[0].length;
  const sum = new Float64Array(size + 2 * margin), trains = [];
  units.slice(0, heard || units.length).forEach((unit, i) => {
    const times = dischargesOf(rateOf(unit, drive, rules), rules.cv, i + 1, SECONDS);
    trains.push(times);
    if (!times.length) return;
    const { lead, wave } = stretched(waves[i], rules.lead, velocity);
    for (const time of times) {
      const start = Math.min(Math.round(time * fs), size - 1) - lead + margin;
      for (let k = 0; k < wave.length; k++) sum[start + k] += wave[k];
    }
  });
  const emg = sum.slice(margin, margin + size), mean = emg.reduce((total, v) => total + v, 0) / size;
  let second = 0, fourth = 0;
  for (const v of emg) { second += (v - mean) ** 2 / size; fourth += (v - mean) ** 4 / size; }
  const { freqs, clean: density } = welch(emg, emg, fs);
  return {
    drive, velocity, heard, fs, trains, emg, freqs, density, rms: Math.sqrt(second),
    kurtosis: fourth / second ** 2 - 3, mdf: medianOf(freqs, density), // NaN when the muscle is silent
    awake: trains.filter((times) => times.length).length,
    perSecond: trains.reduce((total, times) => total + times.length, 0) / SECONDS,
  };
}

export function describeMuscle(s) {
  if (s.rms === 0) return "The muscle is silent: no unit of the sum fires at this drive.";
  const look = s.kurtosis > 1 ? "Single potentials stand out" : "Potentials overlap into something that looks like noise";
  return `${s.awake} unit${s.awake > 1 ? "s" : ""} in the sum, ${short(s.perSecond)} discharges a second, ` +
    `RMS ${short(1000 * s.rms)}\u00a0µV, median frequency ${Math.round(s.mdf)}\u00a0Hz. ` +
    `${look} (excess kurtosis ${signed(s.kurtosis, 1)}).`;
}
