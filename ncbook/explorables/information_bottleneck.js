// The information plane of a small network. The data are made by information_bottleneck.py, which documents them.

const BIT = Math.log(2); // what there is to know of the label, in nats

/**
 * @typedef {Record<"input" | "label", number[][]>} Layers
 * @typedef {{ steps: number[], cap: number, error: Record<string, number[]>, names: Record<string, string> }} Known
 * @typedef {Known & { planes: Record<string, Record<string, Layers>> }} Data
 * @typedef {{ activation: string, estimator: string, frame: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const shown = () => ({
    activation: part("activation").value,
    estimator: part("estimator").value,
    frame: Number(part("frame").value),
  });
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const now = shown();
    part("now").textContent = String(data.steps[now.frame]);
    drawPlane(part("picture"), data, now, themeColors(root));
    const words = inWords(data, now);
    part("picture").setAttribute("aria-label", words);
    part("reading").textContent = words;
    part("frame").setAttribute("aria-valuetext", `step ${data.steps[now.frame]}`);
  };
  const settled = () => {
    part("status").textContent = inWords(data, shown());
  };
  wireChoices([part("activation"), part("estimator")], draw, settled);
  namePlaces(part("frame"), data.steps);
  wirePlayer(root, part("frame"), part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- words ----

/**
 * What the picture shows now.
 * @type {(data: Data, state: State) => string}
 */
function inWords({ steps, error, planes, names }, { activation, estimator, frame }) {
  const { input, label } = planes[activation][estimator];
  const places = input.map((own, i) => `layer ${i + 1} ${fixed(own[frame])} and ${fixed(label[i][frame])}`);
  const about = `${names[activation]}, ${names[estimator]}, step ${steps[frame]}, test error ${spell(error[activation][frame])} %.`;
  return `${about} MI(X; T) and MI(Y; T) in nats: ${places.join("; ")}. ${sinceTop(lastOf(input), frame)}`;
}

/**
 * How far the last layer stands below its highest value so far.
 * @type {(values: number[], frame: number) => string}
 */
function sinceTop(values, frame) {
  const top = Math.max(...values.slice(0, frame + 1));
  return `MI(X; T) of the last layer is ${fixed(top - values[frame])} below its highest value so far.`;
}

/** @type {(value: number) => string} */
function fixed(value) {
  return (Math.abs(value) < 0.005 ? 0 : value).toFixed(2);
}

// ---- the picture ----

/** @type {(canvas: Canvas, data: Data, now: State, color: Color) => void} */
function drawPlane(canvas, data, now, color) {
  const { context, width, height } = freshContext(canvas);
  const x = linearAxis(0, 1.04 * data.cap, 44, width - 12);
  const y = linearAxis(0, 1.12 * BIT, height - 44, 24);
  drawGrid(context, x, y, data, color);
  const { input, label } = data.planes[now.activation][now.estimator];
  /** @type {(own: number[], i: number) => Point[]} */
  const trail = (own, i) => own.slice(0, now.frame + 1).map((value, k) => [x.at(value), y.at(label[i][k])]);
  const trails = input.map(trail);
  trails.forEach((points, i) => drawTrail(context, points, color(tone(i))));
  trails.forEach((points, i) => drawLayer(context, lastOf(points), i, color));
}

/** @type {(context: Context, x: LinearAxis, y: LinearAxis, data: Data, color: Color) => void} */
function drawGrid(context, x, y, { cap }, color) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  for (let tick = 0; tick <= 0.75; tick += 0.2) {
    line(context, [x.from, y.at(tick)], [x.to, y.at(tick)], color("grid"));
    write(context, tick.toFixed(1), x.from - 8, y.at(tick), "right", "middle");
  }
  for (let tick = 0; tick <= x.high; tick += 1) {
    line(context, [x.at(tick), y.from], [x.at(tick), y.from + 5], color("muted"));
    write(context, String(tick), x.at(tick), y.from + 8, "center", "top");
  }
  context.setLineDash([2, 4]);
  line(context, [x.from, y.at(BIT)], [x.to, y.at(BIT)], color("faint"));
  line(context, [x.at(cap), y.from], [x.at(cap), y.to], color("faint"));
  context.setLineDash([]);
  line(context, [x.from, y.from], [x.to, y.from], color("muted"));
  line(context, [x.from, y.from], [x.from, y.to], color("muted"));
  write(context, "MI(X; T), nats", (x.from + x.to) / 2, y.from + 27, "center", "top");
  write(context, "MI(Y; T), nats", 0, y.to - 9, "left", "bottom");
}

/** @type {(i: number) => string} */
function tone(i) {
  return ["muted", "class2", "class3", "class1", "class0"][i % 5];
}

/** @type {(context: Context, points: Point[], strokeStyle: string) => void} */
function drawTrail(context, points, strokeStyle) {
  Object.assign(context, { strokeStyle, lineWidth: 1.6, globalAlpha: 0.8 });
  context.beginPath();
  points.forEach((point, k) => context[k ? "lineTo" : "moveTo"](...point));
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * A disc with the layer's number.
 * @type {(context: Context, place: Point, i: number, color: Color) => void}
 */
function drawLayer(context, place, i, color) {
  context.lineWidth = 2.4;
  mark(context, 0, place, 10, { fillStyle: color("back"), strokeStyle: color(tone(i)) });
  Object.assign(context, { fillStyle: color("text"), font: "600 13px system-ui, sans-serif" });
  write(context, String(i + 1), place[0], place[1] + 0.5, "center", "middle");
}
