// The slope meter as a reader sees it.

const SLOPE_SLIDERS = [
  { key: "fall", name: "fall of the velocity", low: 0, high: 40, steps: 40, format: (v) => `${signed(v, 0)}\u00a0%` },
  { key: "snr_db", name: "muscle over hum", low: -20, high: 30, steps: 25, format: (v) => `${signed(v, 0)}\u00a0dB` },
  { key: "cutoff_hz", name: "high-pass at", list: [0, 10, 20, 30, 40, 60, 80, 100],
    format: (v) => (v ? `${signed(v, 0)}\u00a0Hz` : "none") },
  { key: "seconds", name: "length", list: [10, 20, 40, 60, 120, 240], format: (v) => `${signed(v, 0)}\u00a0s` },
  { key: "seed", name: "another muscle", low: 1, high: 20, steps: 19, format: (v) => signed(v, 0) },
];

function drawSlope(picture, s, width) {
  const area = chart(picture, width, {
    height: 190, x: [0, s.seconds], y: [40, 180], yMarks: [40, 80, 120, 160],
    xMarks: ticks(0, s.seconds, width < 480 ? 3 : 6), xName: "time (s)", title: "median frequency of each second (Hz)",
  });
  s.mdf.forEach((v, i) => {
    if (v < 40 || v > 180) return;
    picture.appendChild(make("rect", { x: area.toX(i + 0.5) - 2, y: area.toY(v) - 2, width: 4, height: 4,
      class: "emg-clean" }));
  });
  const end = s.start + (s.slope * s.seconds) / 60;
  area.line([[0, s.start], [s.seconds, s.start * (1 - s.fall / 100)]], "emg-third");
  area.line([[0, s.start], [s.seconds, end]], "emg-hum");
  area.write("fitted; dashed: as the velocity falls", area.end - 4, area.top + 12, "end");
  picture.setAttribute("aria-label", `Median frequency over ${s.seconds} seconds with a line from ` +
    `${short(s.start)} to ${short(end)} hertz; in proportion to the velocity it would end at ` +
    `${short(s.start * (1 - s.fall / 100))} hertz.`);
}

function render({ model, el }) {
  return build(el, model, {
    label: "A slope meter for fatigue",
    keys: ["fall", "snr_db", "cutoff_hz", "seconds", "seed"],
    specs: SLOPE_SLIDERS,
    charts: ["slope"],
    compute: (values) => {
      const state = slopeState(values);
      return { ...state, told: { slope: state.slope, low: state.low, high: state.high } };
    },
    draw: { slope: drawSlope },
    numbers: (s) => [
      ["slope", `${signed(s.slope, 1)}\u00a0Hz/min`],
      ["95 % interval", `${signed(s.low, 1)} to ${signed(s.high, 1)}`],
      ["frequency lost", `${signed(100 * s.measured, 0)}\u00a0%`], ["velocity lost", `${signed(s.fall, 0)}\u00a0%`],
    ],
    sentence: describeSlope,
  });
}

export default { render };
