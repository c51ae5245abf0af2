// A thousand sessions of repeated contractions and the grade each would get: tested under node against Python.

export const REPETITIONS = [3, 4, 5, 6, 8, 10, 12, 15, 20, 30];
export const SESSIONS = 1000;
export const GRADES = ["excellent", "acceptable", "poor"];

// Mulberry32: 32 bits of state, uniform numbers between 0 and 1.
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Levels of one session: log-normal with mean one and the coefficient of variation asked for.
export function sessionLevels(next, repetitions, spread) {
  const sigma = Math.sqrt(Math.log(1 + spread * spread));
  return Array.from({ length: repetitions }, () => {
    const z = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return Math.exp(sigma * z - (sigma * sigma) / 2);
  });
}

export function cvPercent(levels) {
  const mean = levels.reduce((a, b) => a + b, 0) / levels.length;
  const square = levels.reduce((a, b) => a + (b - mean) ** 2, 0) / (levels.length - 1);
  return (100 * Math.sqrt(square)) / mean;
}

export const gradeOf = (cv) => GRADES[cv < 10 ? 0 : cv <= 20 ? 1 : 2];

export function repeatState({ repetitions, spread_percent: spread, draw, factors }) {
  const next = uniforms(6), cvs = new Float64Array(SESSIONS);
  let levels = [];
  for (let k = 0; k < SESSIONS; k++) {
    const session = sessionLevels(next, repetitions, spread / 100);
    cvs[k] = cvPercent(session);
    if (k === draw - 1) levels = session;
  }
  const deserved = gradeOf(spread), cv = cvs[draw - 1], place = REPETITIONS.indexOf(repetitions);
  const shares = GRADES.map((grade) => cvs.filter((v) => gradeOf(v) === grade).length / SESSIONS);
  return { repetitions, spread, draw, cvs, levels, cv, grade: gradeOf(cv), deserved, shares,
    low: cv * factors[place][0], high: cv * factors[place][1], wrong: 1 - shares[GRADES.indexOf(deserved)] };
}

export function describeRepeat(s) {
  const reached = GRADES.filter((grade) => grade === gradeOf(s.low) || grade === gradeOf(s.high) || grade === s.grade);
  return `This session is graded ${s.grade} (${short(s.cv)}\u00a0%); its interval, ${short(s.low)} to ${short(s.high)}\u00a0%, ` +
    `reaches ${gradeOf(s.low) === gradeOf(s.high) ? "no other grade" : reached.length < 3 ? reached.join(" and ") : "all three grades"}. ` +
    `The person deserves “${s.deserved}” and would miss it in ${short(100 * s.wrong)}\u00a0% of sessions.`;
}
