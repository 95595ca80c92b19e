// Ratio on training images and on new images against the size of the training set, every training stopped at the same
// step, epoch or loss. The data are made by test_collapse.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {Record<"train" | "test" | "loss" | "epoch" | "step", number[]>} Probes
 * @typedef {Probes & { seed: number, size: number, decay: number, difficulty: number, pass: number }} Arm
 * @typedef {{ seeds: number[], sizes: number[], stop: Record<string, number>, rules: Record<string, string> }} Known
 * @typedef {Known & { steps: number[], arms: Arm[] }} Data
 * @typedef {{ size: number, train: number, test: number }} Stopped
 * @typedef {ReturnType<typeof stateAt>} State
 */

const CLOCKS = { steps: "Step", epochs: "Epoch", loss: "Training loss" };

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, rule, decay, difficulty] = ["slider", "rule", "decay", "difficulty"].map(part);
  const arms = data.arms.map((arm) => ({ ...arm, step: data.steps, epoch: data.steps.map((step) => step / arm.pass) }));
  let shown = data;
  /** @type {number[]} */
  let stops = [];
  const take = () => {
    shown = { ...data, arms: arms.filter((arm) => arm.difficulty === Number(difficulty.value)) };
    stops = stopsOf(shown, rule.value, Number(decay.value));
    slider.max = String(stops.length - 1);
    namePlaces(slider, stops);
  };
  /** @type {(wanted: number) => void} */
  const moveTo = (wanted) => {
    slider.value = String(stops.reduce((best, stop, i) => (nearer(stop, stops[best], wanted) ? i : best), 0));
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = stateAt(shown, rule.value, stops[Number(slider.value)], Number(decay.value));
    const axis = rangeOf(arms.filter((arm) => arm.decay === state.decay));
    PANELS.forEach((panel) => drawPanel(part(panel.canvas), data, state, panel, axis, themeColors(root)));
    describe(part, state, difficulty.value);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  rule.addEventListener("change", () => {
    take();
    moveTo(data.stop[rule.value] ?? lastOf(stops));
  });
  for (const control of [decay, difficulty]) {
    control.addEventListener("change", () => {
      const before = stops[Number(slider.value)];
      take();
      moveTo(before);
    });
  }
  wireChoices([rule, decay, difficulty], draw, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  take();
  draw();
}

/** @type {(stop: number, best: number, wanted: number) => boolean} */
const nearer = (stop, best, wanted) => Math.abs(Math.log(stop / wanted)) < Math.abs(Math.log(best / wanted));

// ---- reading the histories ----

/**
 * The values that the slider runs over, later stops last.
 * @type {(data: Data, rule: string, decay: number) => number[]}
 */
function stopsOf(data, rule, decay) {
  const arms = data.arms.filter((arm) => arm.decay === decay);
  if (rule !== "loss") {
    const times = arms.flatMap((arm) => arm[rule === "epochs" ? "epoch" : "step"]);
    const last = rule === "epochs" ? data.stop.epochs : Infinity;
    return [...new Set(times)].filter((time) => time >= 1 && time <= last).sort((a, b) => a - b);
  }
  const lowest = Math.min(...arms.flatMap((arm) => arm.loss));
  /** @type {number[]} */
  const stops = [];
  for (let power = 0; power > -12; power -= 1) {
    for (const digit of [1, 0.3]) if (digit * 10 ** power >= lowest) stops.push(Number(`${digit}e${power}`));
  }
  return stops.length ? stops : [lowest];
}

/**
 * Where a training stands when it stops: {train, test}, or null where it never gets there.
 * @type {(arm: Arm, rule: string, value: number) => { train: number, test: number } | null}
 */
function stopped(arm, rule, value) {
  if (rule !== "loss") {
    const times = arm[rule === "epochs" ? "epoch" : "step"];
    if (lastOf(times) < value) return null;
    const i = times.findLastIndex((time) => time <= value);
    return i < 0 ? null : { train: arm.train[i], test: arm.test[i] };
  }
  const i = arm.loss.findIndex((loss) => loss <= value);
  if (i < 0) return null;
  if (i === 0) return { train: arm.train[0], test: arm.test[0] };
  const share = Math.log(arm.loss[i - 1] / value) / Math.log(arm.loss[i - 1] / arm.loss[i]); // as in read_at
  /** @type {(values: number[]) => number} */
  const at = (values) => values[i - 1] + share * (values[i] - values[i - 1]);
  return { train: at(arm.train), test: at(arm.test) };
}

/**
 * Of each seed the points that reach the stop, in the order of the sizes, and the correlations of whole seeds.
 * @param {Data} data
 * @param {string} rule
 * @param {number} value
 * @param {number} decay
 */
function stateAt(data, rule, value, decay) {
  const seeds = data.seeds.map((seed) =>
    data.arms
      .filter((arm) => arm.seed === seed && arm.decay === decay)
      .flatMap((arm) => {
        const found = stopped(arm, rule, value);
        return found ? [{ size: arm.size, ...found }] : [];
      }),
  );
  const whole = seeds.filter((points) => points.length === data.sizes.length);
  const correlations = whole.map((points) => spearman(points.map((p) => p.train), points.map((p) => p.test)));
  return { rule, value, decay, seeds, correlations, label: data.rules[rule] };
}

/**
 * Spearman's rank correlation: Pearson's, of the ranks. Equal values share their mean rank.
 * @type {(first: number[], second: number[]) => number}
 */
function spearman(first, second) {
  /** @type {(values: number[]) => number[]} */
  const rank = (values) =>
    values.map((v) => values.filter((w) => w < v).length + (values.filter((w) => w === v).length - 1) / 2);
  const [a, b] = [rank(first), rank(second)];
  const middle = (a.length - 1) / 2;
  /** @type {(x: number[], y: number[]) => number} */
  const product = (x, y) => x.reduce((sum, v, i) => sum + (v - middle) * (y[i] - middle), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

// ---- drawing and words ----

/** @type {{ canvas: string, ratio: "train" | "test", style: Style, outline: number }[]} */
const PANELS = [
  { canvas: "train", ratio: "train", style: ["train", []], outline: 0 },
  { canvas: "new", ratio: "test", style: ["test", [6, 4]], outline: 1 },
];

/**
 * One range for both ratios at every stop and difficulty, so that the slider moves points and no axis.
 * @type {(arms: Arm[]) => Extent}
 */
function rangeOf(arms) {
  const values = arms.flatMap((arm) => [...arm.train, ...arm.test]);
  return { low: roundLog(Math.min(...values), true), high: roundLog(Math.max(...values), false), hasZero: false };
}

/** @type {(canvas: Canvas, data: Data, state: State, panel: typeof PANELS[0], axis: Extent, color: Color) => void} */
function drawPanel(canvas, { sizes }, state, { ratio, style: [name, dash], outline }, axis, color) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: sizes[0] / 1.3, high: lastOf(sizes) * 1.3, hasZero: false }, 44, width - 8);
  const y = logAxis(axis, height - 46, 26);
  drawTicks(context, x, y, logTicks(y, 13), color, "training images per class, n");
  for (const size of sizes) write(context, String(size), x.at(size), y.from + 8, "center", "top");
  write(context, "ratio (log)", 0, y.to - 9, "left", "bottom");
  const seeds = state.seeds.map((points) => points.map((point) => ({ ...point, value: point[ratio] })));
  /** @type {(size: number) => number[]} */
  const all = (size) => seeds.flat().flatMap((point) => (point.size === size ? [point.value] : []));
  /** @type {Curve} */
  const middle = sizes.map((size) => (all(size).length ? median(all(size)) : null));
  context.setLineDash(dash);
  for (const points of seeds) {
    const own = sizes.map((size) => points.find((point) => point.size === size)?.value ?? null);
    drawCurve(context, x, y, sizes, own, color(name), 1, 0.5);
  }
  drawCurve(context, x, y, sizes, middle, color(name), 2.6, 1);
  context.setLineDash([]);
  const paint = { fillStyle: color(name), strokeStyle: color("back") };
  middle.forEach((value, i) => value !== null && mark(context, outline, [x.at(sizes[i]), y.at(value)], 6, paint));
}

/** @type {(part: Part, state: State, difficulty: string) => void} */
function describe(part, { rule, value, decay, seeds, correlations, label }, difficulty) {
  const clock = CLOCKS[/** @type {keyof typeof CLOCKS} */ (rule)];
  const stop = `${clock} ${spell(value)}`;
  part("clock").textContent = clock;
  part("now").textContent = spell(value);
  part("slider").setAttribute("aria-valuetext", stop);
  const words = `${stop}: ${verdict(correlations)}`;
  part("words").textContent = words;
  const setting = `Stopped at ${label}, weight decay ${decay}, difficulty ${difficulty}.`;
  for (const { canvas, ratio } of PANELS) {
    part(canvas).setAttribute("aria-label", `${words} ${setting} ${ends(seeds, ratio)}`);
  }
}

const TOGETHER = "sizes with a lower ratio on their training images have a lower one on new images, too";
const AGAINST = "sizes with a lower ratio on their training images have a higher one on new images";
const UNCLEAR = "the two ratios show no clear common order over the sizes";

/** @type {(correlations: number[]) => string} */
function verdict(correlations) {
  if (!correlations.length) return "no seed has reached this stop with every size, so there is no correlation.";
  const middle = median(correlations);
  const clear = middle > 0 ? TOGETHER : AGAINST;
  const [low, high] = [Math.min(...correlations), Math.max(...correlations)].map(spell);
  const told = `rank correlation ${spell(middle)}; ${correlations.length} seeds, ${low} to ${high}`;
  return `${Math.abs(middle) < 0.5 ? UNCLEAR : clear} (${told}).`;
}

/**
 * The ratio of the first seed that has any, by size.
 * @type {(seeds: Stopped[][], ratio: "train" | "test") => string}
 */
function ends(seeds, ratio) {
  const points = seeds.find((each) => each.length) ?? [];
  return points.map((point) => `n ${point.size}: ${spell(point[ratio])}.`).join(" ");
}
