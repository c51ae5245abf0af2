// What the live figures of the front end share: a row of sliders, and line charts in SVG. Needs mixer_core.js before it.

const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// A slider has whole positions; its value runs along a straight or a logarithmic scale, or through a list.
export function valueAt(spec, position) {
  if (spec.list) return spec.list[position];
  const share = position / spec.steps;
  const value = spec.log ? spec.low * (spec.high / spec.low) ** share : spec.low + (spec.high - spec.low) * share;
  return spec.log ? Number(value.toPrecision(2)) : Number(value.toFixed(3));
}

export function positionOf(spec, value) {
  const last = spec.list ? spec.list.length - 1 : spec.steps;
  let best = 0;
  for (let p = 0; p <= last; p++) {
    if (Math.abs(valueAt(spec, p) - value) < Math.abs(valueAt(spec, best) - value)) best = p;
  }
  return best;
}

// The frame of both figures: sliders, charts, numbers, and a sentence that a screen reader hears.
function build(el, model, { label, keys, specs, charts, compute, draw, numbers, sentence }) {
  const root = Object.assign(document.createElement("div"), { className: "emg-front" });
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", label);
  el.append(root);
  const add = (parent, tag, className) =>
    parent.appendChild(Object.assign(document.createElement(tag), { className }));
  const controls = add(root, "div", "emg-front-controls");
  const sliders = specs.map((spec) => {
    const row = add(controls, "label", "emg-front-slider");
    add(row, "span", "").textContent = spec.name;
    const input = add(row, "input", "");
    const last = spec.list ? spec.list.length - 1 : spec.steps;
    Object.assign(input, { type: "range", min: 0, max: last, step: 1, autocomplete: "off" });
    input.dataset.key = spec.key;
    input.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys for itself
    const shown = add(row, "span", "emg-front-value");
    shown.setAttribute("aria-hidden", "true");
    input.addEventListener("input", () => {
      model.set(spec.key, valueAt(spec, Number(input.value)));
      model.save_changes();
    });
    return { spec, input, shown };
  });
  const pictures = charts.map((name) => {
    const picture = root.appendChild(make("svg", { class: `emg-front-chart emg-front-${name}`, role: "img" }));
    return [name, picture];
  });
  const table = add(root, "div", "emg-front-numbers");
  const said = add(root, "p", "emg-front-said");
  said.setAttribute("aria-live", "polite");

  let state, saying;
  const paint = () => {
    const width = Math.max(240, root.clientWidth - 20);
    for (const [name, picture] of pictures) {
      picture.replaceChildren();
      draw[name](picture, state, width);
    }
  };
  const update = () => {
    state = compute(Object.fromEntries(keys.map((key) => [key, model.get(key)])));
    for (const { spec, input, shown } of sliders) {
      const value = model.get(spec.key), text = spec.format(value);
      input.value = positionOf(spec, value);
      input.setAttribute("aria-valuetext", text);
      shown.textContent = text;
    }
    table.replaceChildren(...numbers(state).map(([term, value]) => {
      const row = document.createElement("div");
      add(row, "span", "").textContent = `${term} `;
      add(row, "b", "").textContent = value;
      return row;
    }));
    for (const [key, value] of Object.entries(state.told)) root.dataset[key] = value;
    clearTimeout(saying);
    saying = setTimeout(() => (said.textContent = sentence(state)), said.textContent ? 300 : 0);
    paint();
  };
  for (const { spec } of sliders) model.on(`change:${spec.key}`, update);
  update();
  const resized = new ResizeObserver(paint);
  resized.observe(root);
  return () => { clearTimeout(saying); resized.disconnect(); };
}

// Axes, grid and marks; gives back the two maps from data to pixels and a way to draw lines and words.
function chart(picture, width, { height, x, y, xMarks, yMarks, xName, title, yText = short, left = 48 }) {
  const top = 24, foot = 36, right = 10, bottom = top + height, end = width - right;
  picture.setAttribute("viewBox", `0 0 ${width} ${bottom + foot}`);
  picture.setAttribute("width", width);
  picture.setAttribute("height", bottom + foot);
  const toX = (v) => left + ((v - x[0]) / (x[1] - x[0])) * (end - left);
  const toY = (v) => bottom - ((v - y[0]) / (y[1] - y[0])) * height;
  const write = (text, px, py, anchor = "start", cls = "") =>
    picture.appendChild(make("text", { x: px, y: py, "text-anchor": anchor, class: cls }, text));
  const line = (points, cls) => {
    const inside = points.map(([a, b]) => `${toX(a).toFixed(1)},${Math.min(bottom, Math.max(top, toY(b))).toFixed(1)}`);
    picture.appendChild(make("polyline", { points: inside.join(" "), class: `emg-line ${cls}` }));
  };
  write(title, left, 14, "start", "emg-title");
  for (const mark of yMarks) {
    line([[x[0], mark], [x[1], mark]], "emg-grid");
    write(yText(mark), left - 6, toY(mark) + 4, "end");
  }
  for (const mark of xMarks) {
    line([[mark, y[0]], [mark, y[1]]], "emg-grid");
    write(short(mark), toX(mark), bottom + 15, toX(mark) > end - 12 ? "end" : "middle");
  }
  write(xName, (left + end) / 2, bottom + 31, "middle");
  return { toX, toY, write, line, left, end, top, bottom };
}
