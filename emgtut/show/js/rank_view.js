// The ranking as a reader sees it.

function rankBytes(view, type) {
  const { buffer, byteOffset, byteLength } = view;
  return new type(buffer.slice(byteOffset, byteOffset + byteLength));
}

function drawRank(picture, s, width) {
  const step = 19, left = Math.min(190, 0.42 * width), top = 24, height = step * Math.max(1, s.rows.length);
  const right = 62, bottom = top + height, end = width - right;
  picture.setAttribute("viewBox", `0 0 ${width} ${bottom + 36}`);
  picture.setAttribute("width", width);
  picture.setAttribute("height", bottom + 36);
  const write = (text, x, y, anchor = "start", cls = "") =>
    picture.appendChild(make("text", { x, y, "text-anchor": anchor, class: cls }, text));
  const unit = s.units[s.score], what = s.againstName ? `${s.scoreName}, difference to ${s.againstName}` : s.scoreName;
  write(`${what} (${unit})`, 4, 14, "start", "emg-title");
  const told = s.rows.map((row) => `${row.name} ${signed(row.mean, 2)}`).join(", ");
  picture.setAttribute("aria-label", `Ranking by ${what}: ${told || "no window was scored"}.`);
  if (!s.rows.length) return;
  const ends = s.rows.flatMap((row) => [row.mean, row.low, row.high]).filter(Number.isFinite);
  let low = Math.min(0, ...ends), high = Math.max(0, ...ends);
  const margin = 0.04 * (high - low || 1);
  [low, high] = [low - margin, high + margin];
  const toX = (v) => left + ((v - low) / (high - low)) * (end - left);
  const line = (x1, y1, x2, y2, cls) =>
    picture.appendChild(make("polyline", { points: `${x1},${y1} ${x2},${y2}`, class: `emg-line ${cls}` }));
  for (const mark of ticks(low, high, width < 480 ? 3 : 6)) {
    line(toX(mark), top, toX(mark), bottom, "emg-grid");
    write(short(mark), toX(mark), bottom + 15, "middle");
  }
  line(toX(0), top, toX(0), bottom, "emg-clean");
  write(s.better[s.score] ? "more is better" : "less is better", (left + end) / 2, bottom + 31, "middle");
  let rank = 0;
  s.rows.forEach((row, i) => {
    const y = top + step * i + step / 2, whole = row.scored === s.whole;
    write(`${whole ? `${(rank += 1)} ` : ""}${row.name}`, 4, y + 4);
    if (Number.isFinite(row.low)) line(toX(row.low), y, toX(row.high), y, "emg-hum");
    picture.appendChild(make("rect", { x: toX(row.mean) - 4, y: y - 4, width: 8, height: 8, class: whole ? "emg-hum" : "emg-third" }));
    write(signed(row.mean, 2), width - 4, y + 4, "end");
  });
}

function render({ model, el }) {
  const get = (key) => model.get(key);
  const columns = {
    tests: rankBytes(get("tests"), Uint8Array), people: rankBytes(get("people"), Uint8Array),
    levels: rankBytes(get("levels"), Int8Array), kinds: rankBytes(get("kinds"), Uint8Array),
    values: rankBytes(get("values"), Int16Array),
  };
  const pickNames = ["all kinds", ...get("kind_names").map((name) => `${name} alone`), "two and more"];
  const spaced = (name) => name.replaceAll("_", " ");
  const indices = (list) => list.map((_, i) => i);
  const level = (key, name) => ({ key, name, list: RANK_LEVELS, format: (v) => `${signed(v, 0)}\u00a0dB` });
  return build(el, model, {
    label: "A ranking of your own, computed from the score of every window",
    keys: ["names", "scores", "units", "steps", "better", "test", "score", "against", "pick", "low", "high"],
    specs: [
      { key: "test", name: "test", list: indices(get("test_names")), format: (v) => get("test_names")[v] },
      { key: "score", name: "score", list: indices(get("scores")), format: (v) => get("scores")[v] },
      { key: "pick", name: "contaminants", list: indices(pickNames), format: (v) => pickNames[v] },
      { key: "against", name: "compared with", list: indices(["", ...get("names")]),
        format: (v) => (v ? spaced(get("names")[v - 1]) : "nothing") },
      level("low", "lowest input SNR"),
      level("high", "highest input SNR"),
    ],
    charts: ["rank"],
    compute: (values) => {
      const state = rankState({ ...values, columns, pickNames, testNames: get("test_names"), kindNames: get("kind_names") });
      const first = state.rows[0] || { name: "", mean: NaN, low: NaN, high: NaN };
      return { ...state, told: { windows: state.cases, first: first.name, mean: first.mean, from: first.low, to: first.high } };
    },
    draw: { rank: drawRank },
    numbers: (s) => [
      ["windows", `${s.cases}`], ["methods", `${s.rows.length}`],
      ["not scored on all", `${s.rows.filter((row) => row.scored < s.whole).length}`],
    ],
    sentence: describeRank,
  });
}

export default { render };
