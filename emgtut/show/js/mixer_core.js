// The arithmetic of the mixer: pure functions over arrays of numbers, tested under node against Python.

export const DEFINITIONS = {
  energy: {
    name: "energy ratio (this course)",
    formula: "SNR = 10 log<sub>10</sub>(<i>E</i><sub>clean</sub> / <i>E</i><sub>noise</sub>)",
    gain: (s) => Math.sqrt(s.clean.energy / s.noise.energy) * 10 ** (-s.asked / 20),
  },
  rms: {
    name: "RMS ratio with 10 log",
    formula: "SNR = 10 log<sub>10</sub>(RMS<sub>clean</sub> / RMS<sub>noise</sub>)",
    gain: (s) => Math.sqrt(s.clean.energy / s.noise.energy) * 10 ** (-s.asked / 10),
  },
  peak: {
    name: "peak-to-peak ratio",
    formula: "SNR = 20 log<sub>10</sub>(peak-to-peak<sub>clean</sub> / peak-to-peak<sub>noise</sub>)",
    gain: (s) => (s.clean.peakToPeak / s.noise.peakToPeak) * 10 ** (-s.asked / 20),
  },
};

export function measure(x) {
  let energy = 0, low = Infinity, high = -Infinity;
  for (const v of x) {
    energy += v * v;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const peak = Math.max(-low, high), rms = Math.sqrt(energy / x.length);
  return { energy, rms, peak, peakToPeak: high - low, crest: peak / rms };
}

// In-place radix-2 transform; the length is a power of two.
export function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1, step = (-2 * Math.PI) / size;
    for (let k = 0; k < half; k++) {
      const c = Math.cos(step * k), s = Math.sin(step * k);
      for (let a = k; a < n; a += size) {
        const b = a + half;
        const tr = c * re[b] - s * im[b], ti = c * im[b] + s * re[b];
        re[b] = re[a] - tr; im[b] = im[a] - ti;
        re[a] += tr; im[a] += ti;
      }
    }
  }
}

// Welch spectra of both signals and their real cross spectrum: Hann segments of about half a second, half overlapped,
// the mean of each removed. One complex transform carries the clean signal as its real part, the noise as imaginary.
export function welch(clean, noise, fs) {
  let size = 2;
  while (size * 2 <= Math.min(fs, clean.length)) size *= 2;
  const bins = size / 2 + 1, hop = size / 2;
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const scale = fs * window.reduce((sum, w) => sum + w * w, 0);
  const [xx, nn, xn] = [0, 1, 2].map(() => new Float64Array(bins));
  let segments = 0;
  for (let start = 0; start + size <= clean.length; start += hop, segments++) {
    const [re, im] = [clean, noise].map((x) => {
      const part = Float64Array.from(x.subarray(start, start + size));
      const mean = part.reduce((sum, v) => sum + v, 0) / size;
      return part.map((v, i) => (v - mean) * window[i]);
    });
    fft(re, im);
    for (let k = 0; k < bins; k++) {
      const m = (size - k) % size;
      const xr = (re[k] + re[m]) / 2, xi = (im[k] - im[m]) / 2;
      const nr = (im[k] + im[m]) / 2, ni = (re[m] - re[k]) / 2;
      xx[k] += xr * xr + xi * xi;
      nn[k] += nr * nr + ni * ni;
      xn[k] += xr * nr + xi * ni;
    }
  }
  for (let k = 0; k < bins; k++) {
    const density = (k === 0 || k === bins - 1 ? 1 : 2) / (scale * segments);
    xx[k] *= density; nn[k] *= density; xn[k] *= density;
  }
  return { freqs: Float64Array.from({ length: bins }, (_, k) => (k * fs) / size), clean: xx, noise: nn, cross: xn };
}

// What does not change with the slider.
export function prepare(clean, noise, fs) {
  return { fs, x: clean, n: noise, clean: measure(clean), noise: measure(noise), spectra: welch(clean, noise, fs) };
}

// Everything that one position of the slider shows.
export function mixAt(prepared, asked, definition) {
  const { x, n, clean, noise, spectra } = prepared;
  const gain = DEFINITIONS[definition].gain({ asked, clean, noise });
  const mixture = Float64Array.from(x, (v, i) => v + gain * n[i]);
  let left = 0; // energy of what was really added, measured on the mixture
  for (let i = 0; i < x.length; i++) left += (mixture[i] - x[i]) ** 2;
  return {
    asked, definition, gain, mixture,
    snrDb: 10 * Math.log10(clean.energy / left),
    measured: measure(mixture),
    density: {
      clean: spectra.clean,
      noise: spectra.noise.map((v) => gain * gain * v),
      mixture: spectra.clean.map((v, k) => v + gain * gain * spectra.noise[k] + 2 * gain * spectra.cross[k]),
    },
  };
}

// The mixture as sound: brought to at least 8 kHz by straight lines, loudness evened out, ends faded.
export function sound(mixture, fs) {
  const factor = Math.max(1, Math.ceil(8000 / fs)), rate = fs * factor;
  const { rms, peak } = measure(mixture);
  const level = Math.min(0.15 / rms, 0.9 / peak), fade = Math.round(0.02 * rate);
  const samples = new Float32Array((mixture.length - 1) * factor + 1);
  for (let i = 0; i < samples.length; i++) {
    const at = Math.floor(i / factor), between = (i % factor) / factor;
    const value = mixture[at] + (between ? between * (mixture[at + 1] - mixture[at]) : 0);
    samples[i] = level * value * Math.min(1, i / fade, (samples.length - 1 - i) / fade);
  }
  return { samples, rate };
}

export function signed(value, digits) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

export function short(value) {
  return Number(value.toPrecision(3)).toString().replace("-", "−").replace("e", " × 10^");
}

export function decibels(value) {
  return `${signed(value, Number.isInteger(value) ? 0 : 1)}\u00a0dB`;
}

export function describe(state, names) {
  const off = state.snrDb - state.asked;
  const told = `${decibels(state.asked)} read as ${DEFINITIONS[state.definition].name.replace(" (this course)", "")}: ` +
    `${names.noise} is multiplied by ${short(state.gain)}, and the energy SNR of the mixture is ` +
    `${signed(state.snrDb, 2)}\u00a0dB`;
  if (Math.abs(off) < 0.005) return `${told}, as asked.`;
  return `${told}: ${signed(Math.abs(off), 2)}\u00a0dB ${off < 0 ? "noisier" : "cleaner"} than the number says.`;
}

// Round positions for the marks of an axis, about `wanted` of them.
export function ticks(low, high, wanted) {
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// The largest round amplitude inside a panel that reaches from -limit to limit.
export function roundBelow(limit) {
  const power = 10 ** Math.floor(Math.log10(limit));
  return Number((power * [5, 2, 1].find((m) => m * power <= limit)).toPrecision(12));
}
