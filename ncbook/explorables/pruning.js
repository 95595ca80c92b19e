// Which training points a rule keeps, digit by digit, and the test accuracy after training on with them.
// The data are made by pruning.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {{ accuracy: number[], stopped: number, all: number }} Found
 * @typedef {{ points: number[], classes: number, labels: number[], order: number[], margins: Packed }} Given
 * @typedef {Given & { rules: { by: string, balanced: boolean }[], found: Found[][] }} Data
 * @typedef {{ rule: number, drop: number, at: number, isKept: boolean[] }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, rule, drop] = ["slider", "rule", "drop"].map(part);
  const margins = rowsOf(unpack(data.margins));
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const chosen = { rule: Number(rule.value), drop: Number(drop.value), at: Number(slider.value) };
    const state = { ...chosen, isKept: keptPoints(data, margins[chosen.drop], chosen) };
    drawCloud(part("cloud"), data, margins, state, themeColors(root));
    drawAccuracy(part("curves"), data, state, themeColors(root));
    describe(part, data, state);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  wireChoices([rule, drop], draw, settled);
  namePlaces(slider, data.points);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- the rules ----

/**
 * Of each point, whether it is kept: those that come first, among all points or among those of their class.
 * @type {(data: Data, margins: Float64Array, chosen: { rule: number, at: number }) => boolean[]}
 */
function keptPoints(data, margins, { rule, at }) {
  const { by, balanced } = data.rules[rule];
  const scores = by === "random" ? data.order : [...margins].map((margin) => (by === "largest" ? -margin : margin));
  const ranked = [...scores.keys()].sort((a, b) => scores[a] - scores[b] || a - b);
  const room = balanced ? data.points[at] / data.classes : data.points[at];
  const taken = new Array(balanced ? data.classes : 1).fill(0);
  const isKept = new Array(scores.length).fill(false);
  for (const i of ranked) {
    const group = balanced ? data.labels[i] : 0;
    if (taken[group] < room) isKept[i] = true;
    taken[group] += 1;
  }
  return isKept;
}

// ---- drawing ----

/** @type {(canvas: Canvas, data: Data, margins: Float64Array[], state: State, color: Color) => void} */
function drawCloud(canvas, data, margins, { drop, isKept }, color) {
  const { context, width, height } = freshContext(canvas);
  const all = margins.flatMap((each) => [...each]);
  const y = { ...linearAxis(Math.min(...all), Math.max(...all), height - 52, 12), hasZero: false };
  const slot = (width - 52) / data.classes;
  const x = { from: 44, to: width - 8, hasZero: false };
  const between = [-0.1, 0, 0.1, 0.2, 0.3, 0.4].filter((value) => y.low <= value && value <= y.high);
  const ticks = between.map((value) => ({ value, label: spell(value).replace("-", "−") }));
  drawTicks(context, x, y, ticks, color, "digit");
  const seen = new Array(data.classes).fill(0);
  /** @type {Point[]} */
  const places = data.labels.map((label, i) => {
    const aside = 0.15 + 0.7 * ((seen[label] * 0.618034) % 1); // spread evenly, whatever the number
    seen[label] += 1;
    return [x.from + (label + aside) * slot, y.at(margins[drop][i])];
  });
  for (const wanted of [false, true]) {
    places.forEach((place, i) => {
      if (isKept[i] === wanted) drawPoint(context, place, wanted, color);
    });
  }
  Object.assign(context, { font: "13px system-ui, sans-serif", fillStyle: color("muted") });
  seen.forEach((_, label) => write(context, String(label), x.from + (label + 0.5) * slot, y.from + 8, "center", "top"));
}

/** @type {(context: Context, place: Point, kept: boolean, color: Color) => void} */
function drawPoint(context, place, kept, color) {
  const paint = kept
    ? { fillStyle: color("class0"), strokeStyle: color("back"), lineWidth: 1 }
    : { fillStyle: "transparent", strokeStyle: color("faint"), lineWidth: 1 };
  mark(context, 0, place, kept ? 4.5 : 1.8, paint);
}

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawAccuracy(canvas, data, { rule, drop, at }, color) {
  const { context, width, height } = freshContext(canvas);
  const { accuracy, stopped, all } = data.found[drop][rule];
  const range = { low: Math.min(...data.points), high: Math.max(...data.points), hasZero: false };
  const x = logAxis(range, 44, width - 14);
  const ticks = [0, 20, 40, 60, 80, 100].map((value) => ({ value, label: String(value) }));
  const y = { ...linearAxis(0, 100, height - 46, 26), hasZero: false, ticks };
  drawAxes(context, x, y, color, "training points kept (log)", "%");
  /** @type {[number, string, number[]][]} */
  const levels = [[all, "class1", [7, 4]], [stopped, "class0", [10, 3, 2, 3]]];
  for (const [level, name, dashes] of levels) {
    context.setLineDash(dashes);
    context.lineWidth = 1.8;
    line(context, [x.from, y.at(level)], [x.to, y.at(level)], color(name));
  }
  context.setLineDash([]);
  drawCurve(context, x, y, data.points, accuracy, color("text"), 2.4, 1);
  const paint = { fillStyle: color("text"), strokeStyle: color("back"), lineWidth: 1 };
  mark(context, 0, [x.at(data.points[at]), y.at(accuracy[at])], 6, paint);
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { rule, drop, at, isKept }) {
  const { accuracy, stopped, all } = data.found[drop][rule];
  const left = new Set(data.labels.filter((_, i) => isKept[i])).size;
  const points = `${data.points[at]} of ${data.labels.length} points`;
  part("now").textContent = String(data.points[at]);
  part("slider").setAttribute("aria-valuetext", `${data.points[at]} points`);
  /** @type {(value: number) => string} */
  const percent = (value) => `${value.toFixed(1)} %`;
  const kept = `${points} are kept, of ${left} of the ${data.classes} digits.`;
  const ends = `After training on with them the test accuracy is ${percent(accuracy[at])}`;
  const words = `${kept} ${ends}; with all points ${percent(all)}, stopped at the drop ${percent(stopped)}.`;
  part("words").textContent = words;
  part("cloud").setAttribute("aria-label", `Margins of the training points, digit by digit. ${kept}`);
  const curve = data.points.map((count, i) => `${count} points ${percent(accuracy[i])}`).join(", ");
  part("curves").setAttribute("aria-label", `${words} By number of points: ${curve}.`);
}
