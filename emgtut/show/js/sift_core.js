// Empirical mode decomposition with PyEMD's rules: pure functions, tested under node against the package.
// Windows of real-valued samples have no plateaus; a plateau would be passed over here.

export function findExtrema(x) {
  const maxima = [], minima = [];
  for (let i = 1; i < x.length - 1; i++) {
    const before = x[i] - x[i - 1], after = x[i + 1] - x[i];
    if (before > 0 && after < 0) maxima.push(i);
    if (before < 0 && after > 0) minima.push(i);
  }
  return { maxima, minima };
}

function countZeros(x) {
  let count = 0;
  for (let i = 1; i < x.length; i++) if (x[i - 1] * x[i] < 0) count += 1;
  return count;
}

// Extrema mirrored over the start: two of each kind, as [distance beyond the start, height].
function mirrored(x, maxima, minima) {
  const topFirst = maxima[0] < minima[0], near = topFirst ? maxima : minima, far = topFirst ? minima : maxima;
  const beyond = topFirst ? x[0] > x[far[0]] : x[0] < x[far[0]];
  let mirror = 0, takeNear = near.slice(0, 2), takeFar = [0, far[0]];
  if (beyond) {
    mirror = near[0];
    takeNear = near.length > 1 ? near.slice(1, 3) : near.slice();
    takeFar = far.slice(0, 2);
    if (Math.min(takeNear.at(-1), takeFar.at(-1)) < 2 * mirror) { mirror = 0; takeNear = near.slice(0, 2); }
  }
  const points = (places) => places.map((p) => [p - 2 * mirror, x[p]]);
  return topFirst ? [points(takeNear), points(takeFar)] : [points(takeFar), points(takeNear)];
}

export function envelopesOf(x, { maxima, minima }) {
  const end = x.length - 1, turned = (places) => places.map((p) => end - p).reverse();
  const left = mirrored(x, maxima, minima);
  const right = mirrored(Array.from(x).reverse(), turned(maxima), turned(minima));
  return [maxima, minima].map((inside, kind) => {
    const all = [
      ...left[kind].map(([d, h]) => [-d, h]).reverse(), ...inside.map((p) => [p, x[p]]),
      ...right[kind].map(([d, h]) => [end + d, h]),
    ];
    const points = all.filter(([p], k) => k === all.length - 1 || all[k + 1][0] !== p);
    return { points, curve: splineAt(points, x.length) };
  });
}

// The cubic spline through the points at every sample: not-a-knot ends, natural ones through three points or fewer.
function splineAt(points, n) {
  const m = points.length, dx = [], slope = [];
  for (let k = 0; k < m - 1; k++) {
    dx.push(points[k + 1][0] - points[k][0]);
    slope.push((points[k + 1][1] - points[k][1]) / dx[k]);
  }
  const low = new Array(m).fill(0), main = new Array(m).fill(0), up = new Array(m).fill(0), s = new Array(m).fill(0);
  for (let k = 1; k < m - 1; k++) {
    low[k] = dx[k]; main[k] = 2 * (dx[k - 1] + dx[k]); up[k] = dx[k - 1];
    s[k] = 3 * (dx[k] * slope[k - 1] + dx[k - 1] * slope[k]);
  }
  if (m > 3) {
    let d = dx[0] + dx[1];
    main[0] = dx[1]; up[0] = d;
    s[0] = ((dx[0] + 2 * d) * dx[1] * slope[0] + dx[0] ** 2 * slope[1]) / d;
    d = dx[m - 2] + dx[m - 3];
    main[m - 1] = dx[m - 3]; low[m - 1] = d;
    s[m - 1] = (dx[m - 2] ** 2 * slope[m - 3] + (2 * d + dx[m - 2]) * dx[m - 3] * slope[m - 2]) / d;
  } else {
    main[0] = 2 * dx[0]; up[0] = dx[0]; s[0] = 3 * slope[0] * dx[0];
    main[m - 1] = 2 * dx[m - 2]; low[m - 1] = dx[m - 2]; s[m - 1] = 3 * slope[m - 2] * dx[m - 2];
  }
  for (let k = 1; k < m; k++) {
    const factor = low[k] / main[k - 1];
    main[k] -= factor * up[k - 1];
    s[k] -= factor * s[k - 1];
  }
  s[m - 1] /= main[m - 1];
  for (let k = m - 2; k >= 0; k--) s[k] = (s[k] - up[k] * s[k + 1]) / main[k];
  const out = new Float64Array(n);
  for (let k = 0, i = 0; i < n; i++) {
    while (k < m - 2 && i >= points[k + 1][0]) k += 1;
    const t = i - points[k][0], bend = (s[k] + s[k + 1] - 2 * slope[k]) / dx[k];
    out[i] = points[k][1] + s[k] * t + ((slope[k] - s[k]) / dx[k] - bend) * t * t + (bend / dx[k]) * t ** 3;
  }
  return out;
}

export function siftOnce(x) {
  const places = findExtrema(x);
  if (places.maxima.length + places.minima.length <= 2) return null;
  const [upper, lower] = envelopesOf(x, places);
  const next = Float64Array.from(x, (v, i) => v - 0.5 * (upper.curve[i] + lower.curve[i]));
  return { upper, lower, next };
}

// PyEMD's three tests for the last sift; the first compares with a number that has a unit.
function isMode(next, x, upper, lower) {
  if (upper.points.some(([, h]) => h < 0) || lower.points.some(([, h]) => h > 0)) return false;
  let energy = 0, old = 0, fresh = 0, relative = 0;
  for (let i = 0; i < x.length; i++) {
    const change = next[i] - x[i];
    energy += change * change; old += x[i] * x[i]; fresh += next[i] * next[i];
    relative += (change / next[i]) ** 2;
  }
  if (fresh < 1e-10) return false;
  return energy / (Math.max(...x) - Math.min(...x)) < 0.001 || relative < 0.2 || energy / old < 0.2;
}

function siftMode(x) {
  let mode = Float64Array.from(x), places = findExtrema(mode), sifts = 0;
  const count = () => places.maxima.length + places.minima.length;
  for (; sifts < 999; ) {
    const step = siftOnce(mode);
    if (!step) return { mode, extrema: count(), trend: true, sifts };
    places = findExtrema(step.next);
    const done = Math.abs(count() - countZeros(step.next)) < 2 && isMode(step.next, mode, step.upper, step.lower);
    mode = step.next;
    sifts += 1;
    if (done) break;
  }
  return { mode, extrema: count(), trend: false, sifts };
}

// All modes of x, and as last row what is left unless that is nothing.
export function allModes(x) {
  const rows = [], sifts = [], total = new Float64Array(x.length);
  for (;;) {
    const found = siftMode(x.map((v, i) => v - total[i]));
    rows.push(found.mode); sifts.push(found.sifts);
    let low = Infinity, high = -Infinity, sum = 0;
    for (let i = 0; i < x.length; i++) {
      total[i] += found.mode[i];
      const left = x[i] - total[i];
      low = Math.min(low, left); high = Math.max(high, left); sum += Math.abs(left);
    }
    if (found.trend || high - low < 0.001 || sum < 0.005) {
      if (found.extrema <= 2) { rows.pop(); sifts.pop(); }
      break;
    }
  }
  const rest = Float64Array.from(x, (v, i) => v - rows.reduce((all, row) => all + row[i], 0));
  if (rest.some((v) => Math.abs(v) > 1e-8)) rows.push(rest);
  return { rows, sifts };
}

export function emdVolt(volt) {
  const [factor, unit] = volt >= 0.9995 ? [1, "V"] : volt >= 0.9995e-3 ? [1e3, "mV"] : [1e6, "µV"];
  return `${short(volt * factor)}\u00a0${unit}`;
}

export function describeSift({ rows, sifts, volt }) {
  const modes = sifts.length;
  return `At an RMS of ${emdVolt(volt)} the program finds ${modes} ${modes === 1 ? "mode" : "modes"}` +
    `${rows.length > modes ? " and a rest" : ""}. The first takes ${sifts[0] ?? 0} ${sifts[0] === 1 ? "sift" : "sifts"}.`;
}
