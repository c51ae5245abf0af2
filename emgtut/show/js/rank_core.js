// A ranking over windows of the reader's choice: pure functions over arrays, tested under node against the package.

export const RANK_MISSING = -32768; // a window that a method gave up on
export const RANK_LEVELS = [-15, -14, -12, -10, -8, -6, -5, -4, -2, 0, 5, 10, 15];
export const RANK_LEVEL = 0.95;

// Every way to draw n people out of n with replacement, how often each comes, and how likely that is.
export function allDraws(n) {
  if (n < 1) return [];
  const factorial = [1];
  for (let i = 1; i <= n; i++) factorial.push(i * factorial[i - 1]);
  const draws = [];
  const grow = (counts, left) => {
    if (counts.length === n - 1) {
      const whole = [...counts, left];
      const ways = whole.reduce((product, c) => product / factorial[c], factorial[n]);
      draws.push({ counts: whole, weight: ways / n ** n });
      return;
    }
    for (let c = 0; c <= left; c++) grow([...counts, c], left - c);
  };
  grow([], n);
  return draws;
}

// Exact percentile interval of a mean over cells, people drawn with replacement: `people` has a sum and a count each.
export function exactInterval(people, draws = allDraws(people.length)) {
  if (people.length < 2) return [NaN, NaN];
  const found = draws.map(({ counts, weight }) => {
    let total = 0, number = 0;
    counts.forEach((c, i) => { total += c * people[i].sum; number += c * people[i].count; });
    return [total / number, weight];
  }).sort((a, b) => a[0] - b[0]);
  const at = (share) => {
    let reached = 0;
    for (const [value, weight] of found) if ((reached += weight) >= share - 1e-12) return value;
    return found.at(-1)[0];
  };
  return [at((1 - RANK_LEVEL) / 2), at((1 + RANK_LEVEL) / 2)];
}

// Which windows: of one test, between two levels, with all kinds, with one kind alone, or with two and more.
export function chosenCases({ test, pick, low, high, kindCount }, { tests, levels, kinds }) {
  const [from, to] = [Math.min(low, high), Math.max(low, high)], found = [];
  for (let i = 0; i < tests.length; i++) {
    const alone = (kinds[i] & (kinds[i] - 1)) === 0;
    const fits = pick === 0 || (pick <= kindCount ? kinds[i] === 1 << (pick - 1) : !alone);
    if (tests[i] === test && levels[i] >= from && levels[i] <= to && fits) found.push(i);
  }
  return found;
}

// The macro average of one method, or of its difference to another one, with its interval over people.
export function rankRow(cases, values, against, { people, levels, kinds, step }, draws) {
  const cells = new Map();
  let scored = 0;
  for (const i of cases) {
    if (values[i] === RANK_MISSING || (against && against[i] === RANK_MISSING)) continue;
    const key = (people[i] * 256 + levels[i] + 128) * 256 + kinds[i];
    const cell = cells.get(key) || cells.set(key, { person: people[i], sum: 0, count: 0 }).get(key);
    cell.sum += step * (values[i] - (against ? against[i] : 0));
    cell.count += 1;
    scored += 1;
  }
  const byPerson = new Map();
  let total = 0;
  for (const { person, sum, count } of cells.values()) {
    const one = byPerson.get(person) || byPerson.set(person, { sum: 0, count: 0 }).get(person);
    one.sum += sum / count;
    one.count += 1;
    total += sum / count;
  }
  const some = [...byPerson.values()];
  const [low, high] = exactInterval(some, draws(some.length));
  return { mean: total / cells.size, low, high, scored, asked: cases.length };
}

const rankDraws = new Map();
function rankDrawsOf(n) {
  if (!rankDraws.has(n)) rankDraws.set(n, allDraws(n));
  return rankDraws.get(n);
}

// Every row, best first; a row that was not scored on all windows stands last and has no rank.
export function rankState(values) {
  const { names, scores, steps, better, score, against, columns } = values;
  const count = columns.tests.length, table = columns.values;
  const cases = chosenCases({ ...values, kindCount: values.kindNames.length }, columns);
  const of = (row) => table.subarray((score * names.length + row) * count, (score * names.length + row + 1) * count);
  const reference = against > 0 ? of(against - 1) : null;
  const rows = names.map((name, i) => ({ name, ...rankRow(cases, of(i), reference, { ...columns, step: steps[score] }, rankDrawsOf) }))
    .filter((row, i) => row.scored > 0 && i !== against - 1);
  const whole = rows.map((row) => row.scored).reduce((a, b) => Math.max(a, b), 0);
  rows.sort((a, b) => (b.scored === whole) - (a.scored === whole) || (better[score] ? b.mean - a.mean : a.mean - b.mean));
  return { ...values, cases: cases.length, rows, whole, scoreName: scores[score], againstName: against ? names[against - 1] : null };
}

export function describeRank(s) {
  const from = Math.min(s.low, s.high), to = Math.max(s.low, s.high);
  const where = `${s.testNames[s.test]}, ${s.pickNames[s.pick]}, ${short(from)} to ${short(to)}\u00a0dB`;
  if (!s.cases) return `${where}: this test has no such window.`;
  const what = s.againstName ? `${s.scoreName}, difference to ${s.againstName}` : s.scoreName;
  const tell = (row) => `${row.name} ${signed(row.mean, 2)} (${signed(row.low, 2)} to ${signed(row.high, 2)})`;
  const [first, second] = s.rows;
  if (!first) return `${where}: ${s.cases} windows. Nothing can be compared with ${s.againstName} here.`;
  return `${where}: ${s.cases} windows. ${what}: first ${tell(first)}${second ? `, then ${tell(second)}` : ""}.`;
}
