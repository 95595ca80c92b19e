// Left: test and training error over the number of features. Right: the norm of the solution. One slider moves both.
// The data are made by double_descent.py, which documents them.

/**
 * @typedef {"train_error" | "test_error" | "norm"} Column
 * @typedef {{ seeds: number[][], median: number[] }} Curves
 * @typedef {Record<"points" | "ridges" | "factors" | "noises", number[]> & { seeds: number }} Settings
 * @typedef {Settings & { curves: Record<Column, Curves[][][]> }} Data
 * @typedef {{ n: number, ridge: number, at: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, points, ridge] = [part("slider"), part("points"), part("ridge")];
  const now = () => ({ n: Number(points.value), ridge: Number(ridge.value), at: Number(slider.value) });
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const [state, color] = [now(), themeColors(root)];
    drawPanel(part("errors"), data, state, ["train_error", "test_error"], "error (log)", color);
    drawPanel(part("norms"), data, state, ["norm"], "norm (log)", color);
    describe(part, data, state);
  };
  const settled = () => {
    const labels = ["errors", "norms"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  wireChoices([points, ridge], draw, settled);
  namePlaces(slider, data.factors);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/**
 * The curves of one column for the chosen n and ridge, one a label noise.
 * @type {(data: Data, state: State, column: Column) => Curves[]}
 */
function chosen(data, { n, ridge }, column) {
  return data.curves[column][n].map((byRidge) => byRidge[ridge]);
}

/** @type {(canvas: Canvas, data: Data, state: State, columns: Column[], yTitle: string, color: Color) => void} */
function drawPanel(canvas, data, state, columns, yTitle, color) {
  const { context, width, height } = freshContext(canvas);
  const [low, high] = [data.factors[0], lastOf(data.factors)];
  const x = logAxis({ low, high, hasZero: false }, 52, width - 14);
  const y = logAxis(valueRange(data, columns), height - 46, 26);
  drawAxes(context, x, y, color, "features per point, d/N (log)", yTitle);
  drawThreshold(context, x, y, color);
  for (const column of columns) {
    const faint = column === "train_error";
    chosen(data, state, column).forEach((curve, noise) => drawCurves(context, x, y, data, curve, noise, faint, color));
  }
  drawCursor(context, x, y, data, state, columns, color);
}

/**
 * The range of these columns over everything that can be chosen, so that a choice changes no axis.
 * @type {(data: Data, columns: Column[]) => Extent}
 */
function valueRange(data, columns) {
  const curves = columns.flatMap((column) => data.curves[column].flat(2));
  const values = curves.flatMap(({ seeds }) => seeds.flat());
  const positive = values.filter((value) => value > 0);
  const low = roundLog(Math.min(...positive), true);
  return { low, high: roundLog(Math.max(2 * low, ...positive), false), hasZero: values.includes(0) };
}

/**
 * The vertical line d = N.
 * @type {(context: Context, x: LogAxis, y: LogAxis, color: Color) => void}
 */
function drawThreshold(context, x, y, color) {
  context.lineWidth = 1.2;
  context.setLineDash([2, 4]);
  line(context, [x.at(1), y.from], [x.at(1), y.to], color("faint"));
  context.setLineDash([]);
  Object.assign(context, { font: "13px system-ui, sans-serif", fillStyle: color("muted") });
  write(context, "d = N", x.at(1), y.to - 9, "center", "bottom");
}

/**
 * The median, and unless `faint` each seed: solid without label noise, dashed with it.
 * @type {(context: Context, x: LogAxis, y: LogAxis, data: Data, of: Curves, noise: number, faint: boolean, color: Color) => void}
 */
function drawCurves(context, x, y, data, { seeds, median }, noise, faint, color) {
  context.setLineDash(noise ? [6, 4] : []);
  /** @type {(values: number[], lineWidth: number, alpha: number) => void} */
  const stroke = (values, lineWidth, alpha) =>
    drawCurve(context, x, y, data.factors, values, color(`class${noise}`), lineWidth, alpha);
  if (!faint) for (const seed of seeds) stroke(seed, 0.9, 0.4);
  stroke(median, faint ? 1.6 : 2.8, faint ? 0.6 : 1);
  context.setLineDash([]);
}

/**
 * The vertical line at the slider's d, and a marker of the noise's own shape where it meets each median.
 * @type {(context: Context, x: LogAxis, y: LogAxis, data: Data, state: State, columns: Column[], color: Color) => void}
 */
function drawCursor(context, x, y, data, state, columns, color) {
  const here = x.at(data.factors[state.at]);
  context.lineWidth = 2;
  line(context, [here, y.from], [here, y.to], color("accent"));
  for (const column of columns) {
    chosen(data, state, column).forEach(({ median }, noise) => {
      const radius = column === "train_error" ? 4 : 6;
      const paint = { fillStyle: color(`class${noise}`), strokeStyle: color("back") };
      mark(context, noise, [here, y.at(median[state.at])], radius, paint);
    });
  }
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, state) {
  const n = data.points[state.n];
  const features = Math.round(data.factors[state.at] * n);
  /** @type {(column: Column, noise: number) => string} */
  const value = (column, noise) => spell(chosen(data, state, column)[noise].median[state.at]);
  part("slider").setAttribute("aria-valuetext", `${features} features`);
  part("now").textContent = String(features);
  data.noises.forEach((_, noise) => {
    part(`test${noise}`).textContent = value("test_error", noise);
    part(`train${noise}`).textContent = value("train_error", noise);
    part(`norm${noise}`).textContent = value("norm", noise);
  });
  const where = `${features} features, ${n} points, ridge ${data.ridges[state.ridge]}, median of ${data.seeds} seeds`;
  const errors = data.noises.map(
    (noise, i) => `label noise ${noise}: test error ${value("test_error", i)}, training ${value("train_error", i)}`,
  );
  const norms = data.noises.map((noise, i) => `label noise ${noise}: ${value("norm", i)}`);
  part("errors").setAttribute("aria-label", `Errors at ${where}. ${errors.join("; ")}.`);
  part("norms").setAttribute("aria-label", `Norm of the solution at ${where}. ${norms.join("; ")}.`);
}
