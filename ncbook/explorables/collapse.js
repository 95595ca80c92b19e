// Left: three classes in the plane of their means, at one epoch. Right: a measure of collapse over all epochs.
// The data are made by collapse.py, which documents them. Pixels are CSS pixels; y points up in the data.

/**
 * @typedef {"train" | "test"} Split
 * @typedef {Record<Split, { seeds: Curve[], median: Curve }>} Curves
 * @typedef {{ epochs: number[], classOf: number[], test: number[], seen: number[], terminal: number | null }} Known
 * @typedef {Known & { curves: Record<string, Curves> } & Record<"points" | "means" | "rows", Packed>} Network
 * @typedef {{ classes: number[], seeds: number[], measures: Record<string, string> }} Named
 * @typedef {Named & { networks: Record<string, Network> }} Data
 * @typedef {ReturnType<typeof prepare>} Prepared
 * @typedef {{ name: string, net: Prepared, frame: number, measure: string }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, network, measure] = [part("slider"), part("network"), part("measure")];
  const networks = Object.fromEntries(Object.entries(data.networks).map(([name, each]) => [name, prepare(each)]));
  const now = () => ({ name: network.value, net: networks[network.value], frame: Number(slider.value), measure: measure.value });
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = now();
    drawPlane(part("plane"), data, state, themeColors(root));
    drawCurves(part("curves"), data, state, themeColors(root));
    describe(part, data, state);
  };
  const settled = () => {
    const labels = ["plane", "curves"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  wireChoices([network, measure], draw, settled);
  namePlaces(slider, Object.values(networks)[0].epochs);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/**
 * Unpacks one network's arrays and finds the window that holds all of its epochs: no jumps while it plays.
 * @param {Network} packed
 * @returns {Omit<Network, "points" | "means" | "rows"> & Record<"points" | "means" | "rows", Unpacked> & { window: Point[] }}
 */
function prepare(packed) {
  const [points, means, rows] = [packed.points, packed.means, packed.rows].map(unpack);
  const net = { ...packed, points, means, rows };
  const all = [...net.points.values, ...net.means.values, ...net.rows.values];
  /** @type {(odd: number) => number[]} */
  const side = (odd) => all.filter((_, i) => i % 2 === odd);
  /** @type {(values: number[]) => [number, number]} */
  const range = (values) => [Math.min(...values), Math.max(...values)];
  return { ...net, window: [range(side(0)), range(side(1))] };
}

// ---- the plane ----

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawPlane(canvas, data, { net, frame }, color) {
  const { context, width, height } = freshContext(canvas);
  const place = placeIn(net.window, width, height);
  drawSimplex(context, place, color);
  drawPoints(context, place, net.points, net, frame, color);
  for (const c of data.classes.keys()) drawMean(context, place, net, frame, c, color);
  for (const c of data.classes.keys()) drawArrow(context, place([0, 0]), place(pointAt(net.rows, frame, c)), color);
  data.classes.forEach((name, c) => {
    drawName(context, place(pointAt(net.means, frame, c)), place([0, 0]), String(name), 21, color);
  });
}

/**
 * The map from data [x, y] to pixels: the same scale on both axes, the window in the middle, room for markers.
 * @type {(window: Point[], width: number, height: number) => (point: Point) => Point}
 */
function placeIn([[left, right], [bottom, top]], width, height) {
  const scale = Math.min((width - 24) / (right - left), (height - 24) / (top - bottom));
  const middle = [(left + right) / 2, (bottom + top) / 2];
  return ([x, y]) => [width / 2 + scale * (x - middle[0]), height / 2 - scale * (y - middle[1])];
}

// ---- the curves ----

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawCurves(canvas, data, { net, frame, measure }, color) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: 1, high: Math.max(2, ...net.epochs), hasZero: true }, 52, width - 12);
  const y = logAxis(valueRange(data, measure), height - 46, 26);
  shadeTerminalPhase(context, x, y, net.terminal, color);
  drawAxes(context, x, y, color, "epoch (log scale)", axisTitle(data, measure));
  const curves = net.curves[measure];
  for (const [split, name, dash] of TRAIN_AND_TEST) {
    context.setLineDash(dash);
    for (const seed of curves[split].seeds) drawCurve(context, x, y, net.epochs, seed, color(name), 0.9, 0.45);
    drawCurve(context, x, y, net.epochs, curves[split].median, color(name), 2.6, 1);
    context.setLineDash([]);
  }
  drawCursor(context, x, y, net, frame, curves, color);
}

/**
 * What stands before the explanation in the name of a measure: "NC1: ..." and "Error (...)".
 * @type {(data: Data, measure: string) => string}
 */
function axisTitle(data, measure) {
  return `${data.measures[measure].split(/[:(]/)[0].trim()} (log)`;
}

/**
 * The range of one measure over all networks and seeds, so that a change of network changes no axis.
 * @type {(data: Data, measure: string) => Extent}
 */
function valueRange(data, measure) {
  const splits = Object.values(data.networks).flatMap((net) => Object.values(net.curves[measure]));
  const values = splits.flatMap(({ seeds }) => seeds.flat()).filter((value) => value !== null);
  const positive = values.filter((value) => value > 0);
  const low = roundLog(Math.min(1, ...positive), true);
  return { low, high: roundLog(Math.max(2 * low, ...positive), false), hasZero: values.includes(0) };
}

/**
 * Shades the epochs from `terminal` on; null where training error was never 0.
 * @type {(context: Context, x: Scale, y: Span, terminal: number | null, color: Color) => void}
 */
function shadeTerminalPhase(context, x, y, terminal, color) {
  if (terminal === null) return;
  const start = x.at(terminal);
  context.fillStyle = color("shade");
  context.fillRect(start, y.to, x.to - start, y.from - y.to);
  context.lineWidth = 1.5;
  line(context, [start, y.from], [start, y.to - 20], color("accent"));
  Object.assign(context, { font: "13px system-ui, sans-serif", fillStyle: color("accent") });
  const fits = x.to - start > 110;
  if (fits) write(context, "terminal phase →", start + 5, y.to - 9, "left", "bottom");
  else write(context, "terminal phase", x.to, y.to - 9, "right", "bottom");
}

/**
 * The vertical line at the slider's epoch, and a dot where it meets each median.
 * @type {(context: Context, x: Scale, y: Scale, net: Prepared, frame: number, curves: Curves, color: Color) => void}
 */
function drawCursor(context, x, y, net, frame, curves, color) {
  const here = x.at(net.epochs[frame]);
  context.lineWidth = 2;
  line(context, [here, y.from], [here, y.to], color("accent"));
  for (const [split, name] of TRAIN_AND_TEST) {
    const value = curves[split].median[frame];
    if (value === null) continue;
    mark(context, 0, [here, y.at(value)], 5, { fillStyle: color(name), strokeStyle: color("back") });
  }
}

// ---- words ----

/** @type {Split[]} */
const SPLITS = ["train", "test"];

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { name, net, frame, measure }) {
  const epoch = net.epochs[frame];
  const [train, test] = SPLITS.map((split) => spell(net.curves[measure][split].median[frame]));
  const share = `${(100 * net.seen[frame]).toFixed(1)}%`;
  part("slider").setAttribute("aria-valuetext", `epoch ${epoch}`);
  Object.entries({ now: epoch, train, test, share }).forEach(([slot, text]) => (part(slot).textContent = String(text)));
  part("terminal").textContent = terminalPhase(net);
  part("plane").setAttribute(
    "aria-label",
    `Classes ${data.classes.join(", ")} of ${name} in the plane of their means, epoch ${epoch}: root mean square ` +
      `distance of a point from its class mean ${distance(net, frame, 0)} (training) and ` +
      `${distance(net, frame, 1)} (test), where the means have radius 1. The plane shows ${share} of the ` +
      `within-class variance.`,
  );
  part("curves").setAttribute(
    "aria-label",
    `${data.measures[measure]} of ${name} over epochs, median of ${data.seeds.length} seeds: at epoch ` +
      `${epoch}, training ${train}, test ${test}. ${terminalPhase(net)}`,
  );
}

/** @type {(net: Prepared) => string} */
function terminalPhase(net) {
  if (net.terminal === null) return "No terminal phase: training error is 0 at no probed epoch.";
  return `Terminal phase: from epoch ${net.terminal}, the first with training error 0 (median of the seeds).`;
}

/**
 * Root mean square distance in the plane from training (test = 0) or test points to their class's mean.
 * @type {(net: Prepared, frame: number, test: number) => string}
 */
function distance(net, frame, test) {
  const chosen = [...net.classOf.keys()].filter((i) => net.test[i] === test);
  const squares = chosen.map((i) => {
    const [point, mean] = [pointAt(net.points, frame, i), pointAt(net.means, frame, net.classOf[i])];
    return (point[0] - mean[0]) ** 2 + (point[1] - mean[1]) ** 2;
  });
  return spell(Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length));
}
