// Reach of a stack of dilated convolutions: pure functions, tested under node against Python (reach_widget).

const FRAME_MS = 8, KERNEL_MS = 32;
const WAVES = [[-0.17, 0.12, 0.025], [-0.03, -0.12, 0.009], [0, 1, 0.011], [0.03, -0.2, 0.01], [0.27, 0.3, 0.05]];

export function dilationsOf({ blocks, growth, stacks }) {
  return Array.from({ length: blocks * stacks }, (_, k) => growth ** (k % blocks));
}

// Share of all ways from the input to the middle frame: a block goes straight on or through one of three taps.
export function waysThrough(dilations) {
  let ways = [1];
  for (const d of dilations) {
    const next = new Array(ways.length + 2 * d).fill(0);
    ways.forEach((w, i) => { next[i] += w / 4; next[i + d] += w / 2; next[i + 2 * d] += w / 4; });
    ways = next;
  }
  return ways;
}

export function reachState(values) {
  const dilations = dilationsOf(values), ways = waysThrough(dilations), frames = (ways.length - 1) / 2;
  let near = 0, held = ways[frames];
  while (held < 0.95 - 1e-9) held += 2 * ways[frames + ++near];
  const reachMs = FRAME_MS * frames + KERNEL_MS - 1, nearMs = FRAME_MS * near + KERNEL_MS - 1;
  const beats = (2 * reachMs * values.bpm) / 60000;
  return { ...values, dilations, ways, frames, reachMs, nearMs, beats, neighbours: reachMs * values.bpm >= 60000 };
}

export function heartCurve(times, bpm) {
  const beat = 60 / bpm, last = Math.ceil(Math.max(...times.map(Math.abs)) / beat) + 1;
  return times.map((t) => {
    let sum = 0;
    for (let n = -last; n <= last; n++) {
      for (const [middle, height, width] of WAVES) {
        const at = n * beat + (Math.abs(middle) > 0.1 ? middle * Math.min(1, Math.sqrt(beat)) : middle);
        sum += height * Math.exp(-0.5 * ((t - at) / width) ** 2);
      }
    }
    return sum;
  });
}

export function describeReach(s) {
  const word = s.neighbours ? "reaches both beats beside it" : "does not reach the beats beside it";
  return `It reaches ${signed(s.reachMs, 0)}\u00a0ms to either side, ${signed(s.beats, 1)} intervals between beats in all. ` +
    `Who looks at a beat ${word}. Nineteen of twenty ways stay within ${signed(s.nearMs, 0)}\u00a0ms.`;
}
