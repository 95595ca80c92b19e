// Collapse in every layer along training: a heat map of layers and steps, and the profile of one step over depth.
// The data are made by cascade.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {{ [name: string]: string | Packed, label: string }} Arm
 * @typedef {{ steps: number[], measures: Record<string, string>, arms: Record<string, Arm> }} Data
 * @typedef {ReturnType<typeof cubeOf>} Cube
 * @typedef {{ cube: Cube, row: number, step: number, network: string, measure: string, side: string }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, arm, measure, side] = ["slider", "arm", "measure", "side"].map(part);
  /** @type {Map<string, Cube>} */
  const cubes = new Map();
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const key = `${measure.value}_${side.value}`;
    const name = `${arm.value}/${key}`;
    const cube = cubes.get(name) ?? cubeOf(/** @type {Packed} */ (data.arms[arm.value][key]));
    cubes.set(name, cube);
    const row = Number(slider.value);
    const state = {
      cube, row, step: data.steps[row],
      network: data.arms[arm.value].label, measure: data.measures[measure.value], side: side.value,
    };
    const color = themeColors(root);
    drawMap(part("map"), data.steps, state, color);
    drawProfile(part("profile"), state, color);
    describe(part, slider, state);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  wireChoices([arm, measure, side], draw, settled);
  slider.value = slider.max; // all of the training at first
  namePlaces(slider, data.steps);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- the numbers ----

/**
 * {seeds, rows, layers, at(seed, row, layer), middle(row, layer), low, high}; logarithms to base 10.
 * @param {Packed} packed
 */
function cubeOf(packed) {
  const { shape, values } = unpack(packed);
  const [seeds, rows, layers] = shape;
  /** @type {(seed: number, row: number, layer: number) => number} */
  const at = (seed, row, layer) => values[(seed * rows + row) * layers + layer];
  /** @type {(row: number, layer: number) => number} */
  const middle = (row, layer) => median(Array.from({ length: seeds }, (_, seed) => at(seed, row, layer)));
  return { seeds, rows, layers, at, middle, low: Math.min(...values), high: Math.max(...values) };
}

/**
 * Pearson's correlation of values with their places.
 * @type {(values: number[]) => number | null}
 */
function straightness(values) {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const middle = (values.length - 1) / 2;
  const sums = values.reduce(
    ([xy, xx, yy], v, i) => [xy + (i - middle) * (v - mean), xx + (i - middle) ** 2, yy + (v - mean) ** 2],
    [0, 0, 0],
  );
  return sums[2] > 0 ? sums[0] / Math.sqrt(sums[1] * sums[2]) : null;
}

// ---- drawing ----

// cividis, from its dark end to its light one: readable for the color-blind and in gray
const COLORS = [[0, 32, 77], [45, 67, 110], [93, 97, 111], [147, 138, 120], [200, 184, 102], [255, 234, 70]];

/** @type {(share: number) => string} */
function shade(share) {
  const place = Math.min(0.9999, Math.max(0, share)) * (COLORS.length - 1);
  const [from, to] = [COLORS[Math.floor(place)], COLORS[Math.floor(place) + 1]];
  const part = place - Math.floor(place);
  return `rgb(${from.map((value, i) => Math.round(value + part * (to[i] - value))).join(",")})`;
}

/** @type {(canvas: Canvas, steps: number[], state: State, color: Color) => void} */
function drawMap(canvas, steps, { cube, row }, color) {
  const { context, width, height } = freshContext(canvas);
  const [left, top, right, bottom] = [52, 26, width - 8, height - 46];
  const [across, down] = [(right - left) / cube.layers, (bottom - top) / cube.rows];
  const span = cube.high - cube.low || 1;
  for (let r = 0; r <= row; r += 1) {
    for (let l = 0; l < cube.layers; l += 1) {
      context.fillStyle = shade((cube.middle(r, l) - cube.low) / span);
      context.fillRect(left + l * across, top + r * down, across + 0.6, down + 0.6);
    }
  }
  Object.assign(context, { font: "13px system-ui, sans-serif", fillStyle: color("muted"), lineWidth: 2 });
  context.strokeStyle = color("text");
  context.strokeRect(left + 1, top + row * down, right - left - 2, down);
  const every = Math.ceil(16 / down);
  steps.forEach((step, r) => {
    if (r % every === 0) write(context, String(step), left - 6, top + (r + 0.5) * down, "right", "middle");
  });
  for (let l = 0; l < cube.layers; l += 1) {
    write(context, String(l), left + (l + 0.5) * across, bottom + 6, "center", "top");
  }
  write(context, "layer", (left + right) / 2, bottom + 25, "center", "top");
  write(context, "step", 0, top - 9, "left", "bottom");
}

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawProfile(canvas, { cube, row, side }, color) {
  const { context, width, height } = freshContext(canvas);
  const range = { low: roundLog(10 ** cube.low, true), high: roundLog(10 ** cube.high, false), hasZero: false };
  if (range.high <= range.low) range.high = 10 * range.low;
  const y = logAxis(range, height - 46, 26);
  const [left, right] = [56, width - 14];
  /** @type {(layer: number) => number} */
  const x = (layer) => left + 12 + (layer * (right - left - 24)) / (cube.layers - 1);
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  for (const { value, label } of logTicks(y, 13)) {
    line(context, [left, y.at(value)], [right, y.at(value)], color("grid"));
    write(context, label, left - 8, y.at(value), "right", "middle");
  }
  for (let l = 0; l < cube.layers; l += 1) write(context, String(l), x(l), y.from + 8, "center", "top");
  write(context, "layer", (left + right) / 2, y.from + 25, "center", "top");
  /** @type {(values: number[], style: string, lineWidth: number) => void} */
  const curve = (values, style, lineWidth) => {
    context.lineWidth = lineWidth;
    for (let l = 1; l < values.length; l += 1) {
      line(context, [x(l - 1), y.at(10 ** values[l - 1])], [x(l), y.at(10 ** values[l])], style);
    }
  };
  const layers = Array.from({ length: cube.layers }, (_, l) => l);
  for (let s = 0; s < cube.seeds; s += 1) curve(layers.map((l) => cube.at(s, row, l)), color("faint"), 1);
  const middle = layers.map((l) => cube.middle(row, l));
  curve(middle, color(side), 2.5);
  middle.forEach((value, l) => {
    mark(context, side === "test" ? 1 : 0, [x(l), y.at(10 ** value)], 4, { fillStyle: color(side), strokeStyle: color("back") });
  });
}

// ---- words ----

/** @type {(part: Part, slider: HTMLInputElement, state: State) => void} */
function describe(part, slider, { cube, row, step, network, measure, side }) {
  part("now").textContent = String(step);
  slider.setAttribute("aria-valuetext", `step ${step}`);
  const values = Array.from({ length: cube.layers }, (_, l) => cube.middle(row, l));
  const told = values.map((value) => spell(10 ** value));
  const r = straightness(values.slice(1));
  const line = r === null ? "the same in all hidden layers" : `correlation of its logarithm with the layer ${r.toFixed(3)}`;
  const images = side === "train" ? "training images" : "test images";
  const words = `${measure} on ${images}, ${network}, step ${step}: ` +
    `${told[1]} in the first hidden layer, ${told.at(-1)} in the last; ${line}.`;
  part("words").textContent = words;
  part("profile").setAttribute("aria-label", `${words} By layer from the input: ${told.join(", ")}.`);
  part("map").setAttribute("aria-label", `Heat map of ${cube.layers} layers up to step ${step}. ${words}`);
}
