// Accuracy of a nearest-neighbour classifier on features that hold no class: pure functions, tested under node.

// Mulberry32, a small seeded generator; the same in Python (emgtut.show.leak_widget).
export function uniforms(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function normals(seed) {
  const next = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

// Patients come in three classes by turns; every window is its patient's mean plus a deviation of its own.
export function makePatients({ patients, windows, features, spread, seed }) {
  const normal = normals(seed), rows = [];
  for (let p = 0; p < patients; p++) {
    const mean = Array.from({ length: features }, () => spread * normal());
    for (let w = 0; w < windows; w++) {
      rows.push({ patient: p, label: p % 3, x: mean.map((m) => m + normal()) });
    }
  }
  return rows;
}

// Each window is classified by its nearest neighbour among all others, and among those of other patients.
export function leakOf(values) {
  const rows = makePatients(values);
  let any = 0, other = 0;
  for (let i = 0; i < rows.length; i++) {
    let best = Infinity, bestOther = Infinity, label = -1, labelOther = -1;
    for (let j = 0; j < rows.length; j++) {
      if (j === i) continue;
      let d = 0;
      for (let k = 0; k < rows[i].x.length; k++) d += (rows[i].x[k] - rows[j].x[k]) ** 2;
      if (d < best) [best, label] = [d, rows[j].label];
      if (rows[j].patient !== rows[i].patient && d < bestOther) [bestOther, labelOther] = [d, rows[j].label];
    }
    any += label === rows[i].label;
    other += labelOther === rows[i].label;
  }
  return { shuffled: any / rows.length, apart: other / rows.length };
}

export const SPREADS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3];

export function leakState(values) {
  const curve = SPREADS.map((spread) => ({ spread, ...leakOf({ ...values, windows: 8, spread }) }));
  return { ...values, curve, ...leakOf({ ...values, windows: 8 }) };
}

export function describeLeak(s) {
  return `With ${s.patients} patients, ${s.features} feature${s.features === 1 ? "" : "s"} and a spread of ${short(s.spread)} between patients, ` +
    `windows in any order give ${signed(100 * s.shuffled, 0)}\u00a0% and patients kept apart give ` +
    `${signed(100 * s.apart, 0)}\u00a0%. Chance is 33\u00a0%.`;
}
