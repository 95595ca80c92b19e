// One or two arms of an experiment: every seed of one measure over its steps or epochs.
// The data are made by _arms.py, which documents them. Pixels are CSS pixels.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const controls = ["first", "second-arm", "measure"].map(part);
  const slider = part("slider");
  for (const arm of data.arms) {
    for (const name of Object.keys(arm.curves)) arm.curves[name] = rowsOf(unpack(arm.curves[name]));
  }
  const now = () => {
    const [first, second, measure] = controls.map((control) => control.value);
    const arms = [first, second].filter((at) => at !== "").map((at) => data.arms[at]);
    return { arms, measure, frame: Number(slider.value) };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = now();
    drawArms(part("curves"), data, state, themeColours(root));
    describe(part, data, state);
  };
  const settled = () => {
    part("status").textContent = part("curves").getAttribute("aria-label");
  };
  for (const control of controls) {
    control.addEventListener("change", () => {
      draw();
      settled();
    });
  }
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/** {shape: [S, P], values} -> S arrays of P values. */
function rowsOf({ shape: [seeds, probes], values }) {
  return Array.from({ length: seeds }, (_, seed) => values.slice(seed * probes, (seed + 1) * probes));
}

// ---- picture ----

const STYLES = [["text", []], ["second", [7, 4]]]; // colour and dashes of the first and of the second arm

function drawArms(canvas, data, { arms, measure, frame }, colour) {
  const { context, width, height } = freshContext(canvas);
  const x = linearAxis(0, data.steps.at(-1), 56, width - 14);
  const { low, high } = valueRange(data, measure);
  const y = linearAxis(low, high, height - 46, 26);
  drawGrid(context, x, y, colour, data.measures[measure], data.clock);
  for (const change of new Set(arms.map((arm) => arm.change).filter((step) => step !== null))) {
    context.setLineDash([2, 4]);
    line(context, [x.at(change), y.from], [x.at(change), y.to], colour("muted"));
  }
  arms.forEach((arm, place) => {
    const [name, dash] = STYLES[place];
    context.setLineDash(dash);
    for (const seed of arm.curves[measure]) {
      drawSeed(context, x, y, data.steps, seed, colour(name), 0.22);
      drawSeed(context, x, y, data.steps, seed.slice(0, frame + 1), colour(name), 0.9);
    }
  });
  context.setLineDash([]);
  context.lineWidth = 2;
  const here = x.at(data.steps[frame]);
  line(context, [here, y.from], [here, y.to], colour("accent"));
}

function linearAxis(low, high, from, to) {
  return { low, high, from, to, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

/** The range of one measure over all arms: a change of arm changes no axis. Logarithms go to whole powers of ten. */
function valueRange(data, measure) {
  if (!data.measures[measure].log) return { low: 0, high: 1 };
  const values = data.arms.flatMap(({ curves }) => curves[measure].flatMap((seed) => [...seed]));
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return { low: Math.floor(low), high: Math.max(Math.ceil(high), Math.floor(low) + 1) };
}

function drawGrid(context, x, y, colour, { label, log }, clock) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  const stride = log ? Math.ceil((y.high - y.low) / 8) : 0.25;
  for (let value = y.low; value <= y.high + 1e-9; value += stride) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], colour("grid"));
    write(context, log ? tickLabel(1, value) : String(value), x.from - 8, y.at(value), "right", "middle");
  }
  const step = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((each) => (60 * x.high) / each <= x.to - x.from);
  for (let value = 0; value <= x.high; value += step ?? x.high) {
    line(context, [x.at(value), y.from], [x.at(value), y.from + 5], colour("muted"));
    write(context, String(value), x.at(value), y.from + 8, "center", "top");
  }
  line(context, [x.from, y.from], [x.to, y.from], colour("muted"));
  write(context, clock === "step" ? "training step" : clock, (x.from + x.to) / 2, y.from + 27, "center", "top");
  write(context, log ? `${label} (log scale)` : label, 0, y.to - 9, "left", "bottom");
}

function drawSeed(context, x, y, steps, values, strokeStyle, globalAlpha) {
  Object.assign(context, { strokeStyle, lineWidth: 1.5, globalAlpha, lineJoin: "round" });
  context.beginPath();
  values.forEach((value, i) => context[i ? "lineTo" : "moveTo"](x.at(steps[i]), y.at(value)));
  context.stroke();
  context.globalAlpha = 1;
}

// ---- words ----

function describe(part, data, { arms, measure, frame }) {
  const step = data.steps[frame];
  const told = arms.map((arm) => `${arm.label}: ${values(arm, data, measure, frame)} ${there(arm, step)}`.trim());
  part("entry1").hidden = told.length < 2;
  told.forEach((text, place) => {
    part(`told${place}`).textContent = text;
  });
  part("now").textContent = step;
  part("slider").setAttribute("aria-valuetext", `${data.clock} ${step}`);
  const label = `${data.measures[measure].label}, ${data.clock} ${step}, median and range of the seeds.`;
  part("curves").setAttribute("aria-label", `${label} ${told.join(" ")}`);
}

/** Median and range at the chosen step, or at the arm's last one where it ended before. */
function values(arm, data, measure, frame) {
  const last = arm.curves[measure][0].length - 1;
  const at = Math.min(frame, last);
  const plain = (value) => spell(data.measures[measure].log ? 10 ** value : Math.round(value * 1e4) / 1e4);
  const sorted = arm.curves[measure].map((seed) => seed[at]).sort((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  const ended = frame > last ? `ended at ${data.clock} ${data.steps[last]} with ` : "";
  return `${ended}${plain(middle)} (${plain(sorted[0])} to ${plain(sorted.at(-1))}).`;
}

function there({ reached }, step) {
  if (!reached) return "";
  const count = reached.filter((first) => first !== null && first <= step).length;
  return `99 % test accuracy reached by ${count} of ${reached.length} seeds.`;
}
