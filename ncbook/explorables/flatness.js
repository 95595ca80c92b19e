// Relative flatness, its bound, the loss and proposition 5.3 against the scale of the last layer, on one axis.
// The data are made by flatness.py, which documents them.

const FLOOR = 1e-6; // what is smaller is drawn here

/**
 * @typedef {{ name: string, what: string, axis: string, still: string, at: number[], curves: Curve[], start: number }} Case
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
function drawCurves(canvas, data, { at, curves, place, axis }, color) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: at[0], high: at[at.length - 1], hasZero: false }, 58, width - 14);
  const highest = Math.max(...curves.flat().map((value) => value ?? 0));
  const y = logAxis({ low: FLOOR, high: roundLog(highest, false), hasZero: false }, height - 46, 26);
  drawAxes(context, x, y, color, axis, "nats (log)");
  context.lineWidth = 2;
  line(context, [x.at(at[place]), y.from], [x.at(at[place]), y.to], color("accent"));
  curves.forEach((curve, i) => {
    context.setLineDash(data.dashes[i].split(" ").filter(Boolean).map(Number));
    drawCurve(context, x, y, at, curve.map(onAxis), color(data.colors[i]), 2.2, 1);
    context.setLineDash([]);
    const paint = { fillStyle: color(data.colors[i]), strokeStyle: color("back") };
    mark(context, i % 3, [x.at(at[place]), y.at(onAxis(curve[place]))], 5, paint);
  });
}

/**
 * A value where it is drawn; null stands for one too small to be stored.
 * @type {(value: number | null) => number}
 */
function onAxis(value) {
  return Math.max(value === null ? FLOOR : value, FLOOR);
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { name, what, at, curves, place, still }) {
  const here = spell(at[place]);
  const values = curves.map((curve) => (curve[place] === null ? "below 1e-300" : spell(curve[place])));
  values.forEach((value, i) => (part(`value${i}`).textContent = value));
  part("what").textContent = what;
  part("now").textContent = here;
  part("still-words").textContent = still;
  part("slider").setAttribute("aria-valuetext", `${what} ${here}`);
  const told = data.names.map((each, i) => `${each} ${values[i]}`).join(", ");
  part("curves").setAttribute("aria-label", `${name}, ${what} ${here}: ${told}. ${still}`);
}
