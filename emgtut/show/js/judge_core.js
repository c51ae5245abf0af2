// A judge of SNR with a bias, a slope and an error by chance: pure functions, tested under node.

export const JUDGE_N = 200;

// True SNRs lie evenly over the range around -7.5 dB; the same in Python (emgtut.show.judge_widget).
export function judgeState({ bias_db: bias, slope, error_db: error, range_db: range, seed }) {
  const normal = normals(seed), truth = [], said = [];
  for (let i = 0; i < JUDGE_N; i++) {
    const t = range * ((i + 0.5) / JUDGE_N - 0.5);
    truth.push(t - 7.5);
    said.push(t * slope - 7.5 + bias + error * normal());
  }
  const mean = (x) => x.reduce((sum, v) => sum + v, 0) / x.length;
  const a = mean(said), b = mean(truth);
  let pp = 0, tt = 0, pt = 0, mse = 0;
  for (let i = 0; i < JUDGE_N; i++) {
    pp += (said[i] - a) ** 2 / JUDGE_N;
    tt += (truth[i] - b) ** 2 / JUDGE_N;
    pt += ((said[i] - a) * (truth[i] - b)) / JUDGE_N;
    mse += (said[i] - truth[i]) ** 2 / JUDGE_N;
  }
  // MSE in three parts that add up: offset, slope, and what no line can take away
  const fitted = pp > 0 ? (tt - pt) ** 2 / tt : tt;
  return {
    bias, slope, error, range, truth, said, mse, offset: (a - b) ** 2, tilt: fitted, scatter: Math.max(0, pp - pt ** 2 / tt),
    constant: tt, lcc: pp > 1e-12 ? pt / Math.sqrt(pp * tt) : NaN,
  };
}

export function describeJudge(s) {
  const lcc = Number.isNaN(s.lcc) ? "no correlation at all" : `a correlation of ${signed(s.lcc, 3)}`;
  const verdict = s.mse >= s.constant ? "A constant would do better." : `A constant has ${signed(s.constant, 1)}\u00a0dB².`;
  return `The judge has ${lcc} and a mean squared error of ${signed(s.mse, 2)}\u00a0dB². ${verdict}`;
}
