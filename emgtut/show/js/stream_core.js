// A band-pass fed in packets, with and without its memory: pure functions, tested under node against Python.

export const PACKETS = [1, 2, 5, 10, 20, 32, 50, 100, 200, 500, 1000];
export const MEMORIES = [0, 1, 2]; // kept from packet to packet, thrown away, guessed from each packet's first sample

// Second-order sections in transposed direct form, in place: `state` holds two numbers for each section.
export function filterPacket(sections, x, state) {
  return Float64Array.from(x, (value) => {
    sections.forEach(([b0, b1, b2, , a1, a2], i) => {
      const out = b0 * value + state[2 * i];
      state[2 * i] = b1 * value - a1 * out + state[2 * i + 1];
      state[2 * i + 1] = b2 * value - a2 * out;
      value = out;
    });
    return value;
  });
}

export function inPackets({ sections, settled }, x, size, memory) {
  const out = new Float64Array(x.length), resting = (value) => settled.map((z) => z * value);
  let state = resting(x[0]);
  for (let start = 0; start < x.length; start += size) {
    const packet = x.subarray(start, start + size);
    if (start && memory === 1) state = settled.map(() => 0);
    if (start && memory === 2) state = resting(packet[0]);
    out.set(filterPacket(sections, packet, state), start);
  }
  return out;
}

// Mean of the rectified signal over the last `length` samples; before the start there was silence.
export function envelopeOf(x, length) {
  let sum = 0;
  return Float64Array.from(x, (value, n) => {
    sum += Math.abs(value) - (n < length ? 0 : Math.abs(x[n - length]));
    return sum / length;
  });
}

const rmsOf = (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);

export function streamState(filter, muscle, { packet, memory, offset, fs }) {
  const input = Float64Array.from(muscle, (v) => v + offset);
  const whole = inPackets(filter, input, input.length, 0), filtered = inPackets(filter, input, packet, memory);
  const wrong = filtered.map((v, n) => v - whole[n]);
  return {
    input, whole, filtered, packet, memory, offset, fs,
    envelope: envelopeOf(filtered, Math.round(0.2 * fs)), trueEnvelope: envelopeOf(whole, Math.round(0.2 * fs)),
    largest: wrong.reduce((most, v) => Math.max(most, Math.abs(v)), 0), share: rmsOf(wrong) / rmsOf(whole),
    waitMs: (1000 * packet) / fs,
  };
}

export function describeStream(s) {
  const packets = `Packets of ${s.packet} sample${s.packet > 1 ? "s" : ""}`;
  if (s.largest === 0) return `${packets}: every sample equals the filter over the whole recording, bit for bit.`;
  const how = s.memory === 1 ? "the filter forgets at every packet" : "the filter guesses at every packet";
  return `${packets}: ${how}, and the error is ${short(100 * s.share)}\u00a0% of the filtered signal (RMS).`;
}
