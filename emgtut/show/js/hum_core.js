// From mains current to hum at the amplifier: pure functions, tested under node against Python.

export const LOOP_GAINS = [0, 1, 3, 10, 30, 100, 300, 1000];

// All values in SI units. The two ways into the difference, taken in phase: the worst case.
export function humOf({ current, ground, second, delta, farad, cmrr, loop, mains }) {
  const common = (current * ground) / (1 + loop);
  const reactance = 1 / (2 * Math.PI * mains * farad);
  const skin = (common * reactance * delta) / (Math.hypot(second + delta, reactance) * Math.hypot(second, reactance));
  const amplifier = common * 10 ** (-cmrr / 20);
  return { common, skin, amplifier, total: skin + amplifier, turn: reactance * 10 ** (-cmrr / 20) };
}

export function voltText(volt) {
  const [factor, unit] = volt >= 1e-3 ? [1e3, "mV"] : volt >= 0.9995e-6 ? [1e6, "µV"] : [1e9, "nV"];
  return `${short(volt * factor)}\u00a0${unit}`;
}

export function ohmText(ohm) {
  return ohm >= 1e6 ? `${short(ohm / 1e6)}\u00a0MΩ` : ohm >= 1e3 ? `${short(ohm / 1e3)}\u00a0kΩ` : `${short(ohm)}\u00a0Ω`;
}

export function describeHum({ skin, amplifier, total, turn }, muscle) {
  const share = (100 * total) / muscle;
  const who = skin > amplifier ? "It is the skin" : "It is the amplifier";
  return `${who}: ${voltText(skin)} come through unequal electrodes, ${voltText(amplifier)} through the amplifier. ` +
    `They would be equal at an imbalance of ${ohmText(turn)}. ` +
    `The hum is ${short(share)}\u00a0% of a muscle of ${voltText(muscle)}.`;
}
