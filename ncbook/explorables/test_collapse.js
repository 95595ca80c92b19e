// Ratio on new images against ratio on training images, every training stopped at the same loss, epoch or step.
// The data are made by test_collapse.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {Record<"train" | "test" | "loss" | "epoch" | "step", number[]>} Probes
 * @typedef {Probes & { seed: number, size: number, decay: number, difficulty: number, pass: number }} Arm
 * @typedef {{ seeds: number[], sizes: number[], stop: Record<string, number>, rules: Record<string, string> }} Known
 * @typedef {Known & { steps: number[], arms: Arm[] }} Data
 * @typedef {{ size: number, train: number, test: number }} Stopped
 * @typedef {ReturnType<typeof stateAt>} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, rule, decay, difficulty] = ["slider", "rule", "decay", "difficulty"].map(part);
  const arms = data.arms.map((arm) => ({ ...arm, step: data.steps, epoch: data.steps.map((step) => step / arm.pass) }));
  let shown = data;
  /** @type {number[]} */
  let stops = [];
  const restart = () => {
    shown = { ...data, arms: arms.filter((arm) => arm.difficulty === Number(difficulty.value)) };
    stops = stopsOf(shown, rule.value, Number(decay.value));
    slider.max = String(stops.length - 1);
    const wanted = data.stop[rule.value] ?? lastOf(stops);
    slider.value = String(stops.reduce((best, stop, i) => (nearer(stop, stops[best], wanted) ? i : best), 0));
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = stateAt(shown, rule.value, stops[Number(slider.value)], Number(decay.value));
    drawScatter(part("scatter"), shown, state, themeColors(root));
    describe(part, state, difficulty.value);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  const choose = () => {
    restart();
    draw();
  };
  wireChoices([rule, decay, difficulty], choose, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  restart();
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

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawScatter(canvas, data, { seeds }, color) {
  const { context, width, height } = freshContext(canvas);
  /** @type {(name: "train" | "test") => Extent} */
  const range = (name) => {
    const shown = seeds.flat().map((point) => point[name]);
    const values = shown.length ? shown : data.arms.flatMap((arm) => arm[name]);
    const low = roundLog(Math.min(...values), true);
    return { low, high: roundLog(Math.max(2 * low, ...values), false), hasZero: false };
  };
  const x = logAxis(range("train"), 56, width - 16);
  const y = logAxis(range("test"), height - 46, 26);
  drawAxes(context, x, y, color, "ratio on train (log scale)", "ratio on new images (log)");
  for (const points of seeds) {
    context.lineWidth = 1;
    for (let i = 1; i < points.length; i += 1) {
      const [from, to] = [points[i - 1], points[i]];
      line(context, [x.at(from.train), y.at(from.test)], [x.at(to.train), y.at(to.test)], color("faint"));
    }
  }
  Object.assign(context, { font: "600 13px system-ui, sans-serif", lineWidth: 4 });
  for (const { size, train, test } of seeds.flat()) {
    context.strokeStyle = color("back"); // a halo, so that numbers on lines can be read
    Object.assign(context, { textAlign: "center", textBaseline: "middle", fillStyle: color("accent") });
    context.strokeText(String(size), x.at(train), y.at(test));
    context.fillText(String(size), x.at(train), y.at(test));
  }
}

/** @type {(part: Part, state: State, difficulty: string) => void} */
function describe(part, { rule, value, decay, seeds, correlations, label }, difficulty) {
  const stop = rule === "loss" ? `loss ${spell(value)}` : `${rule} ${spell(value)}`;
  part("now").textContent = spell(value);
  part("slider").setAttribute("aria-valuetext", stop);
  const count = seeds.flat().length;
  const reached = `${count} training${count === 1 ? " gets" : "s get"} there`;
  const setting = `weight decay ${decay}, difficulty ${difficulty}`;
  const words = `Stopped at ${label}, ${stop}, ${setting}: ${reached}. ${verdict(correlations)}`;
  part("words").textContent = words;
  part("scatter").setAttribute("aria-label", `${words} ${ends(seeds)}`);
}

/** @type {(correlations: number[]) => string} */
function verdict(correlations) {
  if (!correlations.length) return "No seed has every size, so there is no correlation.";
  const middle = median(correlations);
  const size = Math.abs(middle) >= 0.5 ? (middle > 0 ? "go together" : "go against each other") : "show no clear order";
  const span = `${correlations.length} seeds, ${spell(Math.min(...correlations))} to ${spell(Math.max(...correlations))}`;
  return `Over the sizes the two ratios ${size}: rank correlation ${spell(middle)} (${span}).`;
}

/** @type {(seeds: Stopped[][]) => string} */
function ends(seeds) {
  const points = seeds.find((each) => each.length) ?? [];
  return points.map(({ size, train, test }) => `n ${size}: train ${spell(train)}, new ${spell(test)}.`).join(" ");
}
