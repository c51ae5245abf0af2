// One number of memory with two step sizes: pure functions, tested under node against the package's scan.

// Walk through the input once; `steps` says for each sample how much of the memory is exchanged there.
export function walkOnce(u, steps) {
  let h = 0;
  return Float64Array.from(u, (v, t) => {
    const fade = Math.exp(-steps[t]);
    return (h = fade * h + (1 - fade) * v);
  });
}

// How much each sample up to `now` counts in the memory at that moment.
export function shareOfEach(steps, now) {
  const shares = new Float64Array(now + 1);
  let kept = 1;
  for (let t = now; t >= 0; t--) {
    const fade = Math.exp(-steps[t]);
    shares[t] = (1 - fade) * kept;
    kept *= fade;
  }
  return shares;
}

// Everything that one position of the sliders shows.
export function scanState({ u, marks, fs, rest, at_mark: atMark, read_s: readAt }) {
  const steps = Float64Array.from(marks, (m) => (m ? atMark : rest));
  const now = Math.min(u.length - 1, Math.round(readAt * fs));
  const memory = walkOnce(u, steps), shares = shareOfEach(steps, now);
  let marked = 0, all = 0, last = -1;
  for (let t = 0; t <= now; t++) {
    all += shares[t];
    if (marks[t]) { marked += shares[t]; last = t; }
  }
  return { u, marks, fs, now, memory, shares, marked, all, last, rest, atMark, halfS: Math.LN2 / rest / fs,
    held: memory[now], asked: last < 0 ? NaN : u[last] };
}

export function spanName(seconds) {
  if (seconds < 0.9995) return `${short(1000 * seconds)}\u00a0ms`;
  return seconds < 600 ? `${short(seconds)}\u00a0s` : `${short(Math.round(seconds / 60))}\u00a0min`;
}

export function describeScan(s) {
  const told = `Between marks half of the memory is exchanged in ${spanName(s.halfS)}. At the moment of reading ` +
    `${short(Math.round(100 * s.marked))}\u00a0% of it comes from marked samples. It holds ${signed(s.held, 2)}`;
  return s.last < 0 ? `${told}, before the first mark.` : `${told}; the last marked value was ${signed(s.asked, 2)}.`;
}
