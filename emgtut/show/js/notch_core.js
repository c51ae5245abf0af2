// A mains notch that is tuned beside the mains: pure functions, tested under node against Python.

export function notchGain(freq, centre, quality) {
  const off = centre * centre - freq * freq;
  return Math.abs(off) / Math.hypot(off, (freq * centre) / quality);
}

// Power spectrum of the shaped-Gaussian muscle, corners 60 and 120 Hz.
const musclePower = (f) => (f * f) / ((f * f + 3600) * (f * f + 14400) ** 2);

export function notchState({ quality, off_percent: off, mains_hz: mains }) {
  const centre = mains * (1 + off / 100);
  let kept = 0, all = 0;
  for (let f = 20.25; f < 500; f += 0.5) {
    all += musclePower(f);
    kept += musclePower(f) * notchGain(f, centre, quality) ** 2;
  }
  const left = notchGain(mains, centre, quality);
  return { centre, quality, mains, left, removedDb: Math.min(140, -20 * Math.log10(left)), width: centre / quality,
    tau: quality / (Math.PI * centre), lost: 1 - kept / all };
}

// What comes out when hum of amplitude one is switched on: bilinear transform of the circuit, sample by sample.
export function switchedOn({ centre, quality, mains }, fs, count) {
  const w = 2 * Math.PI * centre, c = 2 * fs;
  const scale = c * c + (c * w) / quality + w * w;
  const b0 = (c * c + w * w) / scale, b1 = (2 * (w * w - c * c)) / scale;
  const a2 = (c * c - (c * w) / quality + w * w) / scale;
  const out = new Float64Array(count);
  let x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (let n = 0; n < count; n++) {
    const x = Math.sin((2 * Math.PI * mains * n) / fs);
    out[n] = b0 * x + b1 * x1 + b0 * x2 - b1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, out[n]];
  }
  return out;
}

export function describeNotch(s) {
  const depth = s.removedDb >= 140 ? "all of the hum" : `${signed(s.removedDb, 1)}\u00a0dB of the hum`;
  return `A notch of Q ${short(s.quality)} at ${signed(s.centre, 2)}\u00a0Hz removes ${depth} at ${s.mains}\u00a0Hz ` +
    `and ${signed(100 * s.lost, 1)}\u00a0% of the muscle's power; it takes ${short(1000 * s.tau)}\u00a0ms to forget.`;
}
