// Relative flatness, its bound, the loss and proposition 5.3 against the scale of the last layer, on one axis.
// The data are made by flatness.py, which documents them.

// Labels of the vertical axis, about so many CSS pixels apart.
const APART = 36;

/**
 * @typedef {{ name: string, what: string, axis: string, still: string, at: number[], curves: Curve[], start: number }} Told
 * @typedef {Told & { low: number, reference: number | null }} Case
 * @typedef {{ cases: Case[], names: string[], colors: string[], dashes: string[] }} Data
 * @typedef {Case & { place: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, choice] = [part("slider"), part("case")];
  const now = () => ({ ...data.cases[Number(choice.value)], place: Number(slider.value) });
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    drawCurves(part("curves"), data, now(), themeColors(root));
    describe(part, data, now());
  };
  const settled = () => (part("status").textContent = part("curves").getAttribute("aria-label"));
  choice.addEventListener("change", () => {
    const { at, start } = data.cases[Number(choice.value)];
    slider.max = String(at.length - 1);
    slider.value = String(start);
    namePlaces(slider, at);
    draw();
    settled();
  });
  namePlaces(slider, now().at);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawCurves(canvas, data, { at, curves, place, axis, low, reference }, color) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: at[0], high: at[at.length - 1], hasZero: false }, 58, width - 14);
  const highest = Math.max(...curves.flat().map((value) => value ?? 0));
  const y = valueAxis(low, roundLog(highest, false), height - 46, 26);
  /** @type {(value: number | null) => number} */
  const shown = (value) => Math.max(value ?? low, low);
  drawAxes(context, x, y, color, axis, "nats (log)");
  context.lineWidth = 2;
  line(context, [x.at(at[place]), y.from], [x.at(at[place]), y.to], color("accent"));
  if (reference !== null) drawReference(context, x, y, reference, color);
  curves.forEach((curve, i) => {
    context.setLineDash(data.dashes[i].split(" ").filter(Boolean).map(Number));
    drawCurve(context, x, y, at, curve.map(shown), color(data.colors[i]), 2.2, 1);
    context.setLineDash([]);
    const paint = { fillStyle: color(data.colors[i]), strokeStyle: color("back") };
    mark(context, i % 3, [x.at(at[place]), y.at(shown(curve[place]))], 5, paint);
  });
}

/**
 * A logarithmic axis with labels at every so many powers of ten that they have room.
 * @type {(low: number, high: number, from: number, to: number) => LogAxis & { ticks: Tick[] }}
 */
function valueAxis(low, high, from, to) {
  const axis = logAxis({ low, high, hasZero: false }, from, to);
  const every = Math.max(1, Math.ceil(APART / axis.decade));
  const ticks = logTicks(axis, Infinity).filter(({ value, label }) => label && Math.round(Math.log10(value)) % every === 0);
  return { ...axis, ticks };
}

/** @type {(context: Context, x: LogAxis, y: LogAxis, reference: number, color: Color) => void} */
function drawReference(context, x, y, reference, color) {
  Object.assign(context, { lineWidth: 1.2, fillStyle: color("muted") });
  line(context, [x.from, y.at(reference)], [x.to, y.at(reference)], color("muted"));
  write(context, "κ of true labels, s = 1", x.to - 4, y.at(reference) - 4, "right", "bottom");
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { name, what, at, curves, place, still, reference }) {
  const here = spell(at[place]);
  const values = curves.map((curve) => (curve[place] === null ? "below 1e-300" : spell(curve[place])));
  values.forEach((value, i) => (part(`value${i}`).textContent = value));
  const told = `${still}${compared(curves[0][place], reference)}`;
  part("what").textContent = what;
  part("now").textContent = here;
  part("still-words").textContent = told;
  part("slider").setAttribute("aria-valuetext", `${what} ${here}`);
  const all = data.names.map((each, i) => `${each} ${values[i]}`).join(", ");
  part("curves").setAttribute("aria-label", `${name}, ${what} ${here}: ${all}. ${told}`);
}

/** @type {(kappa: number | null, reference: number | null) => string} */
function compared(kappa, reference) {
  if (reference === null || kappa === reference) return "";
  const flatter = (kappa ?? 0) < reference;
  return ` It is ${flatter ? "flatter" : "less flat"} than the network on true labels as trained (thin gray line).`;
}
