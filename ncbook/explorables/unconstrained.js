// Left: three classes of free features in the plane, at one step. Right: a measure of collapse over all steps.
// The data are made by unconstrained.py, which documents them. Pixels are CSS pixels; y points up in the data.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const [slider, method, measure] = [part("slider"), part("method"), part("measure")];
  const methods = Object.fromEntries(Object.entries(data.methods).map(([name, each]) => [name, prepare(each)]));
  const now = () => {
    const flow = methods[method.value];
    return { name: data.names[method.value], flow, frame: Number(slider.value), measure: measure.value };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    drawPlane(part("plane"), data, now(), themeColours(root));
    drawCurves(part("curves"), data, now(), themeColours(root));
    describe(part, data, now());
  };
  const settled = () => {
    const labels = ["plane", "curves"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  const choose = () => {
    slider.max = methods[method.value].steps.length - 1; // also moves the thumb back where there are fewer
    draw();
    settled();
  };
  method.addEventListener("change", choose);
  measure.addEventListener("change", choose);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

function prepare(packed) {
  const flow = { ...packed };
  for (const name of ["points", "means", "rows"]) flow[name] = unpack(packed[name]);
  return flow;
}

// ---- the plane ----

const REACH = 1.9; // the window goes this far from the center, where lengths are 1 in the mean

function drawPlane(canvas, data, { flow, frame }, colour) {
  const { context, width, height } = freshContext(canvas);
  const scale = (Math.min(width, height) - 12) / (2 * REACH);
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  drawSimplex(context, place, colour);
  data.classOf.forEach((c, i) => {
    context.lineWidth = 1.2;
    const paint = { fillStyle: colour(`class${c}`), strokeStyle: colour("back"), globalAlpha: 0.75 };
    mark(context, c, place(pointAt(flow.points, frame, i)), 4.5, paint);
  });
  for (const c of [0, 1, 2]) drawMean(context, place, flow, frame, c, colour);
  for (const c of [0, 1, 2]) drawRow(context, place, pointAt(flow.rows, frame, c), colour);
}

// ---- the curves ----

const FLOOR = 1e-6; // what is smaller is drawn here: further down there is nothing to see

function drawCurves(canvas, data, { flow, frame, measure }, colour) {
  const { context, width, height } = freshContext(canvas);
  const all = Object.values(data.methods);
  const last = Math.max(2, ...all.flatMap(({ steps }) => steps));
  const x = logAxis({ low: 1, high: last, hasZero: true }, 58, width - 12);
  const values = all.flatMap(({ curves }) => curves[measure].flat()).filter((value) => value !== null);
  const range = { low: roundLog(Math.max(FLOOR, Math.min(...values)), true), high: roundLog(Math.max(...values), false) };
  const y = logAxis({ ...range, hasZero: false }, height - 46, 26);
  drawAxes(context, x, y, colour, "step (log scale)", `${data.measures[measure].split(":")[0]} (log)`);
  flow.curves[measure].forEach((curve, seed) => {
    const drawn = curve.map((value) => (value === null ? null : Math.max(value, range.low)));
    drawCurve(context, x, y, flow.steps, drawn, colour("text"), seed ? 0.9 : 2.6, seed ? 0.5 : 1);
  });
  context.lineWidth = 2;
  const here = x.at(flow.steps[frame]);
  line(context, [here, y.from], [here, y.to], colour("accent"));
  const value = flow.curves[measure][0][frame];
  const paint = { fillStyle: colour("text"), strokeStyle: colour("back") };
  if (value !== null) mark(context, 0, [here, y.at(Math.max(value, range.low))], 5, paint);
}

// ---- words ----

function describe(part, data, { name, flow, frame, measure }) {
  const step = flow.steps[frame];
  const value = spell(flow.curves[measure][0][frame]);
  const exponent = spell(flow.exponent[frame]);
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  Object.entries({ now: step, value, exponent }).forEach(([slot, text]) => (part(slot).textContent = text));
  part("plane").setAttribute(
    "aria-label",
    `Three classes of free features under ${name}, step ${step}: root mean square distance of a point from its class ` +
      `mean ${distance(data, flow, frame)}, where features have length 1 in the mean. Angles between the means: ` +
      `${angles(flow.means, frame)} degrees; between the classifier rows: ${angles(flow.rows, frame)}.`,
  );
  part("curves").setAttribute(
    "aria-label",
    `${data.measures[measure]} under ${name} over steps: at step ${step}, ${value}; minus log of the loss ${exponent}.`,
  );
}

/** Root mean square distance from the points to their class's mean. */
function distance(data, flow, frame) {
  const squares = data.classOf.map((c, i) => {
    const [point, mean] = [pointAt(flow.points, frame, i), pointAt(flow.means, frame, c)];
    return (point[0] - mean[0]) ** 2 + (point[1] - mean[1]) ** 2;
  });
  const value = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  return value < 1e-4 ? "below 0.0001" : spell(value); // packed coordinates are no finer
}

/** The three angles between vectors 0 and 1, 1 and 2, 2 and 0, in whole degrees. */
function angles(vectors, frame) {
  const direction = [0, 1, 2].map((c) => Math.atan2(pointAt(vectors, frame, c)[1], pointAt(vectors, frame, c)[0]));
  const between = [0, 1, 2].map((c) => {
    const turn = Math.abs(direction[c] - direction[(c + 1) % 3]);
    return Math.round((360 * Math.min(turn, TURN - turn)) / TURN);
  });
  return between.join(", ");
}
