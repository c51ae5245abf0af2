// The mixer as a reader sees it. Needs the functions of mixer_core.js in the same module.

const asFloats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

const MARKUP = `
  <div class="emg-mixer-controls">
    <label class="emg-mixer-slider"><span>SNR asked for</span>
      <input type="range" min="-20" max="20" step="1" autocomplete="off">
      <span class="emg-mixer-asked" aria-hidden="true"></span></label>
    <label class="emg-mixer-reading"><span>read as</span> <select autocomplete="off"></select></label>
  </div>
  <p class="emg-mixer-formula"></p>
  <canvas class="emg-mixer-time" role="img"></canvas>
  <canvas class="emg-mixer-spectrum" role="img"></canvas>
  <div class="emg-mixer-numbers"></div>
  <p class="emg-mixer-said" aria-live="polite"></p>
  <p class="emg-mixer-listen"><button type="button">Listen</button>
    <span>Optional: the mixture as sound, with the volume evened out.</span></p>`;

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "emg-mixer";
  root.setAttribute("role", "group");
  root.innerHTML = MARKUP;
  el.append(root);
  const find = (selector) => root.querySelector(selector);
  const slider = find("input"), choice = find("select"), said = find(".emg-mixer-said");
  // JupyterLab would take the arrow keys for itself.
  for (const control of root.querySelectorAll("input, select, button")) control.dataset.lmSuppressShortcuts = "true";
  for (const [key, { name }] of Object.entries(DEFINITIONS)) choice.add(new Option(name, key));

  let prepared, state, saying;
  const player = makePlayer(find(".emg-mixer-listen button"), () => sound(state.mixture, prepared.fs));
  const names = () => ({ clean: model.get("label_clean"), noise: model.get("label_noise") });

  const paint = () => drawAll(root, prepared, state, names(), model.get("units"));
  const update = () => {
    const asked = model.get("snr_db"), definition = model.get("definition");
    state = mixAt(prepared, asked, definition);
    slider.value = asked;
    choice.value = definition;
    const text = decibels(asked);
    slider.setAttribute("aria-valuetext", text);
    find(".emg-mixer-asked").textContent = text;
    find(".emg-mixer-formula").innerHTML = DEFINITIONS[definition].formula;
    find(".emg-mixer-numbers").replaceChildren(...numbers(prepared, state, names(), model.get("units")));
    root.dataset.gain = state.gain;
    root.dataset.snrDb = state.snrDb;
    root.dataset.definition = definition;
    // A screen reader hears the sentence once the slider rests, not at every step.
    clearTimeout(saying);
    saying = setTimeout(() => (said.textContent = describe(state, names())), said.textContent ? 300 : 0);
    paint();
    player.refresh();
  };
  const load = () => {
    prepared = prepare(asFloats(model.get("clean")), asFloats(model.get("noise")), model.get("fs"));
    root.setAttribute("aria-label", `Mix ${names().clean} and ${names().noise} at a chosen SNR`);
    update();
  };

  const send = (key, value) => { model.set(key, value); model.save_changes(); };
  slider.addEventListener("input", () => send("snr_db", Number(slider.value)));
  choice.addEventListener("change", () => send("definition", choice.value));
  for (const key of ["snr_db", "definition"]) model.on(`change:${key}`, update);
  for (const key of ["clean", "noise", "fs", "units", "label_clean", "label_noise"]) model.on(`change:${key}`, load);

  load();
  const resized = new ResizeObserver(paint);
  resized.observe(root);
  const themed = new MutationObserver(paint); // the book and JupyterLab name their theme on <html> and <body>
  for (const page of [document.documentElement, document.body]) {
    themed.observe(page, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "class"] });
  }
  return () => {
    clearTimeout(saying);
    resized.disconnect();
    themed.disconnect();
    player.stop();
  };
}

function numbers(prepared, state, names, units) {
  const unit = units === "arbitrary" ? "" : ` ${units}`;
  const rows = [
    ["gain of the noise", short(state.gain)],
    ["energy SNR of the mixture", `${signed(state.snrDb, 2)}\u00a0dB`],
    ["largest value of the mixture", `${short(state.measured.peak)}${unit}`],
    ["peak-to-peak / RMS", [[names.clean, prepared.clean], [names.noise, prepared.noise],
      ["mixture", state.measured]].map(([name, x]) => `${name} ${(x.peakToPeak / x.rms).toFixed(1)}`).join(", ")],
  ];
  return rows.map(([term, value]) => {
    const row = document.createElement("div");
    row.append(Object.assign(document.createElement("span"), { textContent: `${term} ` }),
      Object.assign(document.createElement("b"), { textContent: value }));
    return row;
  });
}

// ---------------------------------------------------------------------------------------------------- pictures

function drawAll(root, prepared, state, names, units) {
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(`--emg-${name}`).trim();
  const look = {
    ink: style.color, font: style.fontFamily, grid: colour("grid"),
    clean: colour("clean"), noise: colour("noise"), mixture: colour("mixture"),
  };
  drawTime(root.querySelector(".emg-mixer-time"), look, prepared, state, names, units);
  drawSpectrum(root.querySelector(".emg-mixer-spectrum"), look, prepared, state, names, units);
}

const LEFT = 46, RIGHT = 8, TITLE = 20, FOOT = 34;

function begin(canvas, look, height) {
  const width = canvas.clientWidth, dense = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * dense));
  canvas.height = Math.round(height * dense);
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.font = `12px ${look.font}`;
  pen.lineJoin = "round";
  return { pen, width };
}

// A panel's grid, marks and the two maps from data to pixels.
function panel({ pen, look, width, top, height, x, y, xMarks, yMarks, xName }) {
  const right = width - RIGHT, bottom = top + height;
  const toX = (v) => LEFT + ((v - x[0]) / (x[1] - x[0])) * (right - LEFT);
  const toY = (v) => bottom - ((v - y[0]) / (y[1] - y[0])) * height;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.strokeStyle = look.grid;
  pen.fillStyle = look.ink;
  const line = (...p) => { pen.beginPath(); pen.moveTo(p[0], p[1]); pen.lineTo(p[2], p[3]); pen.stroke(); };
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const mark of yMarks) {
    line(LEFT, toY(mark), right, toY(mark));
    pen.fillText(short(mark), LEFT - 6, toY(mark));
  }
  pen.textBaseline = "top";
  for (const mark of xMarks) {
    line(toX(mark), top, toX(mark), bottom);
    pen.textAlign = toX(mark) > right - 12 ? "right" : "center";
    if (xName) pen.fillText(short(mark), toX(mark), bottom + 4);
  }
  pen.textAlign = "center";
  if (xName) pen.fillText(xName, (LEFT + right) / 2, bottom + 19);
  return { toX, toY, left: LEFT, right, top, bottom };
}

// One signal over time; more samples than pixels become the lowest and highest of each pixel column.
function trace(pen, area, values, colour) {
  const columns = Math.max(1, Math.floor(area.right - area.left));
  pen.save();
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  if (values.length <= 2 * columns) {
    values.forEach((v, i) => pen.lineTo(area.toX(i), area.toY(v)));
  } else {
    for (let column = 0; column < columns; column++) {
      const from = Math.floor((column * values.length) / columns);
      const to = Math.floor(((column + 1) * values.length) / columns);
      let low = Infinity, high = -Infinity;
      for (let i = from; i < to; i++) { low = Math.min(low, values[i]); high = Math.max(high, values[i]); }
      pen.lineTo(area.left + column, area.toY(low));
      pen.lineTo(area.left + column, area.toY(high));
    }
  }
  pen.stroke();
  pen.restore();
}

function drawTime(canvas, look, prepared, state, names, units) {
  const lane = 84, height = 2 * (TITLE + lane) + FOOT;
  const { pen, width } = begin(canvas, look, height);
  const limit = 1.05 * Math.max(state.measured.peak, prepared.clean.peak);
  const last = prepared.x.length - 1, unit = units === "arbitrary" ? "arbitrary units" : units;
  const lanes = [
    [`mixture = ${names.clean} + ${short(state.gain)} × ${names.noise} (${unit})`, state.mixture, look.mixture],
    [`${names.clean} alone, same scale (${unit})`, prepared.x, look.clean],
  ];
  const mark = roundBelow(limit), yMarks = [-mark, 0, mark], xMarks = ticks(0, last / prepared.fs, width < 480 ? 4 : 8);
  lanes.forEach(([title, values, colour], place) => {
    const top = TITLE + place * (TITLE + lane);
    const area = panel({
      pen, look, width, top, height: lane, x: [0, last], y: [-limit, limit], yMarks,
      xMarks: [], xName: "",
    });
    const marks = panel({
      pen, look, width, top, height: lane, x: [0, last / prepared.fs], y: [-limit, limit], yMarks: [], xMarks,
      xName: place ? "time (s)" : "",
    });
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.fillStyle = look.ink;
    pen.fillText(title, marks.left, top - 6, marks.right - marks.left);
    trace(pen, area, values, colour);
  });
  canvas.setAttribute("aria-label",
    `Two traces over ${short((last + 1) / prepared.fs)} seconds on one scale: the mixture, which reaches ` +
    `${short(state.measured.peak)} ${unit}, and ${names.clean} alone, which reaches ` +
    `${short(prepared.clean.peak)} ${unit}.`);
}

// Where each name of a legend goes: beside the one before, or on a new row where the canvas ends.
function arrange(canvas, look, names) {
  const pen = canvas.getContext("2d"), end = canvas.clientWidth - RIGHT;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.font = `12px ${look.font}`;
  let at = LEFT, row = 0;
  return names.map((name) => {
    const wide = 32 + pen.measureText(name).width;
    if (at > LEFT && at + wide > end) { at = LEFT; row += 1; }
    const place = { at, row };
    at += wide + 18;
    return place;
  });
}

function drawSpectrum(canvas, look, prepared, state, names, units) {
  const inside = 130, { freqs } = prepared.spectra, { density } = state;
  const curves = [
    ["mixture", density.mixture, look.mixture, [], 3.2],
    [names.clean, density.clean, look.clean, [], 1.4],
    [`${short(state.gain)} × ${names.noise}`, density.noise, look.noise, [6, 3], 1.4],
  ];
  const legend = arrange(canvas, look, curves.map(([name]) => name));
  const head = TITLE * (2 + legend.at(-1).row);
  const { pen, width } = begin(canvas, look, head + inside + FOOT);
  const level = (v) => 10 * Math.log10(Math.max(v, 1e-300));
  const inner = (values) => values.subarray(1); // the mean was removed: the first bin says nothing
  const top = Math.ceil(level(Math.max(...inner(density.clean), ...inner(density.noise))) / 10) * 10 + 5;
  const y = [top - 65, top];
  const area = panel({
    pen, look, width, top: head, height: inside, x: [0, prepared.fs / 2], y,
    yMarks: ticks(...y, 4), xMarks: ticks(0, prepared.fs / 2, width < 480 ? 4 : 8), xName: "frequency (Hz)",
  });
  const square = units === "arbitrary" ? "1 unit²" : `1 ${units}²`;
  pen.fillStyle = look.ink;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(`power density (dB re ${square}/Hz)`, area.left, TITLE - 6, area.right - area.left);
  pen.save();
  curves.forEach(([name, , colour, dash, thick], place) => {
    const { at, row } = legend[place], y = TITLE * (2 + row);
    Object.assign(pen, { strokeStyle: colour, lineWidth: thick });
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(at, y - 10);
    pen.lineTo(at + 26, y - 10);
    pen.stroke();
    pen.fillText(name, at + 32, y - 6);
  });
  pen.beginPath();
  pen.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  pen.clip();
  for (const [, values, colour, dash, thick] of curves) {
    Object.assign(pen, { strokeStyle: colour, lineWidth: thick });
    pen.setLineDash(dash);
    pen.beginPath();
    inner(values).forEach((v, k) => pen.lineTo(area.toX(freqs[k + 1]), area.toY(level(v))));
    pen.stroke();
  }
  pen.restore();
  const loudest = (values) => freqs[inner(values).indexOf(Math.max(...inner(values))) + 1];
  canvas.setAttribute("aria-label",
    `Power spectra up to ${short(prepared.fs / 2)} hertz. ${names.clean} is strongest near ` +
    `${short(loudest(density.clean))} hertz, ${names.noise} near ${short(loudest(density.noise))} hertz, ` +
    `the mixture near ${short(loudest(density.mixture))} hertz.`);
}

// ------------------------------------------------------------------------------------------------------- sound

function makePlayer(button, make) {
  const Context = window.AudioContext || window.webkitAudioContext;
  let context, source;
  if (!Context) {
    button.disabled = true;
    button.textContent = "This browser plays no sound";
    return { refresh() {}, stop() {} };
  }
  const stop = () => {
    if (source) { source.onended = null; source.stop(); }
    source = undefined;
    button.textContent = "Listen";
  };
  const play = () => {
    const { samples, rate } = make();
    context ??= new Context();
    context.resume();
    stop();
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    source = Object.assign(context.createBufferSource(), { buffer, onended: stop });
    source.connect(context.destination);
    source.start();
    button.textContent = "Stop";
  };
  let soon;
  button.addEventListener("click", () => (source ? stop() : play()));
  return {
    refresh() { // while it plays, a moved slider is heard as soon as it rests
      clearTimeout(soon);
      if (source) soon = setTimeout(() => source && play(), 250);
    },
    stop,
  };
}

export default { render };
