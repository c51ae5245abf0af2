// A linear discriminant that meets a ring of electrodes after it was turned: pure functions, tested under node.

export const TURN_SHRINK = 0.1; // share of an even diagonal in the covariance, as in emgtut.show.turn_widget

export function turnedRow(row, places) {
  const n = row.length;
  return row.map((_, i) => row[(((i - places) % n) + n) % n]);
}

// Every row as it is, and turned by up to `copies` places to either side.
export function withCopies(rows, labels, copies) {
  const x = [], y = [];
  for (let k = -copies; k <= copies; k++) {
    rows.forEach((row, i) => { x.push(turnedRow(row, k)); y.push(labels[i]); });
  }
  return { x, y };
}

// Solve A W = B for a symmetric positive definite A, by Cholesky.
export function solve(a, b) {
  const n = a.length, low = a.map((row) => row.map(() => 0));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j];
      for (let k = 0; k < j; k++) sum -= low[i][k] * low[j][k];
      low[i][j] = i === j ? Math.sqrt(sum) : sum / low[j][j];
    }
  }
  return b.map((column) => {
    const z = column.slice();
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) z[i] -= low[i][k] * z[k];
      z[i] /= low[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) z[i] -= low[k][i] * z[k];
      z[i] /= low[i][i];
    }
    return z;
  });
}

export function fitTurn(rows, labels, classes) {
  const n = rows[0].length;
  const counts = Array(classes).fill(0), means = Array.from({ length: classes }, () => Array(n).fill(0));
  rows.forEach((row, i) => { counts[labels[i]]++; row.forEach((v, j) => (means[labels[i]][j] += v)); });
  means.forEach((mean, c) => mean.forEach((_, j) => (mean[j] /= counts[c])));
  const spread = Array.from({ length: n }, () => Array(n).fill(0));
  rows.forEach((row, i) => {
    const off = row.map((v, j) => v - means[labels[i]][j]);
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) spread[j][k] += (off[j] * off[k]) / rows.length;
  });
  let level = 0;
  for (let j = 0; j < n; j++) level += spread[j][j] / n;
  const shrunk = spread.map((row, j) =>
    row.map((v, k) => (1 - TURN_SHRINK) * v + (j === k ? TURN_SHRINK * level : 0)));
  const weights = solve(shrunk, means);
  const offsets = weights.map((w, c) => -0.5 * w.reduce((sum, v, j) => sum + v * means[c][j], 0));
  return { weights, offsets };
}

export function accuracyTurned(model, rows, labels, places) {
  let right = 0;
  rows.forEach((row, i) => {
    const x = turnedRow(row, places);
    let best = -Infinity, said = -1;
    model.weights.forEach((w, c) => {
      const score = model.offsets[c] + w.reduce((sum, v, j) => sum + v * x[j], 0);
      if (score > best) [best, said] = [score, c];
    });
    right += said === labels[i];
  });
  return right / rows.length;
}

export function turnState({ train, trainLabels, test, testLabels, electrodes, classes, turn, copies }) {
  const rowsOf = (flat) =>
    Array.from({ length: flat.length / electrodes }, (_, i) => Array.from(flat.slice(i * electrodes, (i + 1) * electrodes)));
  const known = rowsOf(train), asked = rowsOf(test), half = Math.floor(electrodes / 2);
  const curveOf = (many) => {
    const { x, y } = withCopies(known, trainLabels, many);
    const model = fitTurn(x, y, classes);
    return Array.from({ length: 2 * half + 1 }, (_, i) => ({
      turn: i - half, accuracy: accuracyTurned(model, asked, testLabels, i - half),
    }));
  };
  const plain = curveOf(0), curve = copies === 0 ? plain : curveOf(copies);
  return { turn, copies, electrodes, classes, plain, curve,
    here: curve[turn + half].accuracy, straight: curve[half].accuracy, chance: 1 / classes };
}

export function describeTurn(s) {
  const copies = s.copies === 0 ? "without turned copies in training"
    : `with copies turned by up to ${s.copies} place${s.copies === 1 ? "" : "s"} in training`;
  return `The ring of ${s.electrodes} electrodes is turned by ${signed(s.turn, 0)} place${Math.abs(s.turn) === 1 ? "" : "s"}. ` +
    `The discriminant, trained ${copies}, names ${signed(100 * s.here, 0)}\u00a0% of the gestures, and ` +
    `${signed(100 * s.straight, 0)}\u00a0% where nothing is turned. Chance is ${signed(100 * s.chance, 0)}\u00a0%.`;
}
