// What a network is trained for, and how well its layers tell the fine classes apart, epoch by epoch.
// The data are made by transfer.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {Record<"low" | "middle" | "high", number[][]>} Layers
 * @typedef {Record<"probe" | "ncc", Layers> & { name: string, ratio: number[], trained: Record<Side, number[]> }} Arm
 * @typedef {{ epochs: number[], layers: string[], pixels: Record<string, number>, arms: Arm[] }} Data
 * @typedef {{ arm: Arm, reader: "probe" | "ncc", told: Layers, at: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, arm, reader] = ["slider", "arm", "reader"].map(part);
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const chosen = data.arms[Number(arm.value)];
    const by = /** @type {"probe" | "ncc"} */ (reader.value);
    const state = { arm: chosen, reader: by, told: chosen[by], at: Number(slider.value) };
    drawCurves(part("curves"), data, state, themeColors(root));
    drawLayers(part("layers"), data, state, themeColors(root));
    describe(part, data, state);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  wireChoices([arm, reader], draw, settled);
  namePlaces(slider, data.epochs);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/** @type {(share: number) => string} */
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** @type {(data: Data, i: number) => string} */
const layerName = (data, i) => (i === data.layers.length - 1 ? "last" : `layer ${i + 1}`);

// ---- axes ----

/**
 * A range that holds all values, with ends on the ticks, which stand as close as at most six of them can.
 * @type {(values: number[]) => { low: number, high: number, ticks: Tick[] }}
 */
function shares(values) {
  // six digits, for 100 times 0.55 is more than 55
  const [lowest, highest] = [Math.min(...values), Math.max(...values)].map((value) => Number((100 * value).toPrecision(6)));
  /** @type {(step: number) => [number, number]} */
  const ends = (step) => [Math.floor(lowest / step), Math.ceil(highest / step)];
  const step = [1, 2, 5, 10].find((each) => ends(each)[1] - ends(each)[0] <= 5) ?? 20;
  const [first, last] = ends(step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return {
    low: (first * step) / 100,
    high: (last * step) / 100,
    ticks: ticks.map((value) => ({ value: value / 100, label: `${value} %` })),
  };
}

/**
 * A vertical axis that stays as it is while time goes on, and an even row of places with names under it.
 * @type {(canvas: Canvas, values: number[], names: string[], title: string, color: Color) => { context: Context, x: Scale, y: Scale }}
 */
function plane(canvas, values, names, title, color) {
  const { context, width, height } = freshContext(canvas);
  const { low, high, ticks } = shares(values);
  const y = { ...linearAxis(low, high, height - 46, 12), hasZero: false };
  const slot = (width - 62) / names.length;
  /** @type {(i: number) => number} */
  const at = (i) => 54 + (i + 0.5) * slot;
  const x = { from: 54, to: width - 8, hasZero: false, at };
  drawTicks(context, x, y, ticks, color, title);
  names.forEach((name, i) => write(context, name, x.at(i), y.from + 8, "center", "top"));
  return { context, x, y };
}

// ---- drawing ----

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawCurves(canvas, data, { arm, told, at }, color) {
  const digits = told.middle.map(lastOf);
  const { train, test } = arm.trained;
  const names = data.epochs.map(spell);
  const { context, x, y } = plane(canvas, [...digits, ...train, ...test], names, "epoch", color);
  const curves = TRAIN_AND_TEST.map(([side, name, dashes], i) => ({ values: arm.trained[side], name, dashes, shape: 1 - i }));
  for (const { values, name, dashes, shape } of [...curves, { values: digits, name: "text", dashes: [], shape: 2 }]) {
    const seen = values.slice(0, at + 1);
    context.setLineDash(dashes);
    drawCurve(context, x, y, [...seen.keys()], seen, color(name), 2.4, 1);
    context.setLineDash([]);
    seen.forEach((value, i) => dot(context, shape, [x.at(i), y.at(value)], color(name), color("back")));
  }
}

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawLayers(canvas, data, { told, reader, at }, color) {
  const [low, middle, high] = [told.low[at], told.middle[at], told.high[at]];
  const all = [...told.low.flat(), ...told.high.flat(), data.pixels[reader]];
  const { context, x, y } = plane(canvas, all, data.layers.map((_, i) => layerName(data, i)), "", color);
  const level = y.at(data.pixels[reader]);
  context.setLineDash([7, 4]);
  context.lineWidth = 1.8;
  line(context, [x.from, level], [x.to, level], color("class1"));
  context.setLineDash([]);
  drawCurve(context, x, y, [...middle.keys()], middle, color("text"), 2.4, 1);
  middle.forEach((value, i) => {
    context.lineWidth = 2;
    line(context, [x.at(i), y.at(low[i])], [x.at(i), y.at(high[i])], color("text"));
    dot(context, 2, [x.at(i), y.at(value)], color("text"), color("back"));
  });
}

/** @type {(context: Context, shape: number, place: Point, fillStyle: string, strokeStyle: string) => void} */
function dot(context, shape, place, fillStyle, strokeStyle) {
  mark(context, shape, place, 5, { fillStyle, strokeStyle, lineWidth: 1 });
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { arm, told, at }) {
  const epoch = `epoch ${spell(data.epochs[at])}`;
  part("now").textContent = spell(data.epochs[at]);
  part("slider").setAttribute("aria-valuetext", epoch);
  const [train, test] = [arm.trained.train[at], arm.trained.test[at]].map(percent);
  const task = `trained on "${arm.name}", the network is right on ${train} of its training images and ${test} of new ones`;
  const digits = `its last layer tells ${percent(lastOf(told.middle[at]))} of the digits`;
  const words = `At ${epoch}, ${task}; ${digits}. Collapse ${spell(arm.ratio[at])}.`;
  part("words").textContent = words;
  const each = told.middle[at].map((value, i) => `${layerName(data, i)} ${percent(value)}`);
  part("layers").setAttribute("aria-label", `Digits told at ${epoch}: ${each.join(", ")}.`);
  const before = told.middle.slice(0, at + 1).map((layers, i) => `epoch ${spell(data.epochs[i])} ${percent(lastOf(layers))}`);
  part("curves").setAttribute("aria-label", `${words} Digits told by the last layer so far: ${before.join(", ")}.`);
}
