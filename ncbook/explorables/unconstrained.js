// Left: three classes of free features in the plane, at one step. Right: a measure of collapse over all steps.
// The data are made by unconstrained.py, which documents them. Pixels are CSS pixels; y points up in the data.

/**
 * @typedef {{ steps: number[], exponent: Curve, curves: Record<string, Curve[]> }} Known
 * @typedef {Known & Record<"points" | "means" | "rows", Packed>} Method
 * @typedef {Known & Record<"points" | "means" | "rows", Unpacked>} Flow
 * @typedef {{ names: Record<string, string>, measures: Record<string, string>, classOf: number[] }} Named
 * @typedef {Named & { methods: Record<string, Method> }} Data
 * @typedef {{ name: string, flow: Flow, frame: number, measure: string }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, method, measure] = [part("slider"), part("method"), part("measure")];
  const methods = Object.fromEntries(Object.entries(data.methods).map(([name, each]) => [name, prepare(each)]));
  const now = () => {
    const flow = methods[method.value];
    return { name: data.names[method.value], flow, frame: Number(slider.value), measure: measure.value };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    drawPlane(part("plane"), data, now(), themeColors(root));
    drawCurves(part("curves"), data, now(), themeColors(root));
    describe(part, data, now());
  };
  const settled = () => {
    part("status").textContent = `${part("words").textContent} ${part("curves").getAttribute("aria-label")}`;
  };
  const choose = () => {
    const { steps } = methods[method.value];
    slider.max = String(steps.length - 1); // also moves the thumb back where there are fewer
    namePlaces(slider, steps);
    draw();
  };
  wireChoices([method, measure], choose, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  choose();
}

/** @type {(packed: Method) => Flow} */
function prepare(packed) {
  const [points, means, rows] = [packed.points, packed.means, packed.rows].map(unpack);
  return { ...packed, points, means, rows };
}

// ---- the plane ----

const REACH = 1.9; // the window goes this far from the center, where lengths are 1 in the mean

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawPlane(canvas, data, { flow, frame }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = (Math.min(width, height) - 12) / (2 * REACH);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  drawSimplex(context, place, color);
  data.classOf.forEach((c, i) => {
    context.lineWidth = 1.2;
    const paint = { fillStyle: color(`class${c}`), strokeStyle: color("back"), globalAlpha: 0.75 };
    mark(context, c, place(pointAt(flow.points, frame, i)), 4.5, paint);
  });
  for (const c of [0, 1, 2]) drawMean(context, place, flow, frame, c, color);
  for (const c of [0, 1, 2]) drawArrow(context, place([0, 0]), place(pointAt(flow.rows, frame, c)), color);
}

// ---- the curves ----

const SPREAD = "spread"; // the measure that is seen in the picture, on a linear axis
const FLOOR = 1e-6; // what is smaller is drawn here on a logarithmic axis: further down there is nothing to see

/** @type {(values: number[]) => Extent} */
function rangeOf(values) {
  const low = roundLog(Math.max(FLOOR, Math.min(...values)), true);
  return { low, high: roundLog(Math.max(...values), false), hasZero: false };
}

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawCurves(canvas, data, { flow, frame, measure }, color) {
  const { context, width, height } = freshContext(canvas);
  const all = Object.values(data.methods);
  const last = Math.max(2, ...all.flatMap(({ steps }) => steps));
  const x = logAxis({ low: 1, high: last, hasZero: true }, 58, width - 12);
  const values = all.flatMap(({ curves }) => curves[measure].flat()).flatMap((value) => value ?? []);
  const linear = measure === SPREAD;
  const y = linear ? axisFromZero(Math.max(...values), height - 46, 26) : logAxis(rangeOf(values), height - 46, 26);
  drawAxes(context, x, y, color, "step (log scale)", linear ? "" : "log scale");
  flow.curves[measure].forEach((curve, seed) => {
    const drawn = curve.map((value) => (value === null ? null : Math.max(value, y.low)));
    drawCurve(context, x, y, flow.steps, drawn, color("text"), seed ? 0.9 : 2.6, seed ? 0.5 : 1);
  });
  context.lineWidth = 2;
  const here = x.at(flow.steps[frame]);
  line(context, [here, y.from], [here, y.to], color("accent"));
  const value = flow.curves[measure][0][frame];
  const paint = { fillStyle: color("text"), strokeStyle: color("back") };
  if (value !== null) mark(context, 0, [here, y.at(Math.max(value, y.low))], 5, paint);
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { name, flow, frame, measure }) {
  const step = flow.steps[frame];
  const value = spell(flow.curves[measure][0][frame]);
  const exponent = spell(flow.exponent[frame]);
  const words =
    `Step ${step}: a point lies ${spell(flow.curves[SPREAD][0][frame])} from its class mean (root mean square; lengths are 1), ` +
    `and the means stand ${angles(flow.means, frame)} apart.`;
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  const told = { now: step, value, exponent, words, measured: data.measures[measure] };
  Object.entries(told).forEach(([slot, text]) => (part(slot).textContent = String(text)));
  part("plane").setAttribute(
    "aria-label",
    `Three classes of free features under ${name}. ${words} The classifier rows stand ${angles(flow.rows, frame)} apart.`,
  );
  part("curves").setAttribute(
    "aria-label",
    `${data.measures[measure]} under ${name} over steps: at step ${step}, ${value}; minus log of the loss ${exponent}.`,
  );
}

/**
 * The three angles between vectors 0 and 1, 1 and 2, 2 and 0, in whole degrees, in words.
 * @type {(vectors: Unpacked, frame: number) => string}
 */
function angles(vectors, frame) {
  const direction = [0, 1, 2].map((c) => Math.atan2(pointAt(vectors, frame, c)[1], pointAt(vectors, frame, c)[0]));
  const between = [0, 1, 2].map((c) => {
    const turn = Math.abs(direction[c] - direction[(c + 1) % 3]);
    return `${Math.round((360 * Math.min(turn, TURN - turn)) / TURN)}°`;
  });
  return `${between[0]}, ${between[1]} and ${between[2]}`;
}
