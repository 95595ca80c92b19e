// Accuracies, and the share of training pairs without a gradient, over the steps of one way to train.
// The data are made by numerics.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {{ seeds: Curve[], median: Curve }} Curves
 * @typedef {Record<"steps" | "norm" | "moved", number[]> & Record<"train_acc" | "test_acc" | "zero", Curves>} Measured
 * @typedef {Measured & { name: string }} Case
 * @typedef {{ cases: Case[], last: number }} Data
 * @typedef {{ own: Case, at: number }} State
 * @typedef {{ curves: Curves, style: Style, outline: number }} Drawn
 */

const SHARES = [0, 0.5, 1].map((value) => ({ value, label: wholePercent(value) }));
const MARGIN = 0.04; // of the axis, so that curves at 0 and at 1 do not lie on its ends

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, choice] = [part("slider"), part("case")];
  const now = () => ({ own: data.cases[Number(choice.value)], at: Number(slider.value) });
  let { steps } = now().own;
  const take = () => {
    const wanted = steps[Number(slider.value)];
    ({ steps } = now().own);
    slider.max = String(steps.length - 1);
    slider.value = String(nearestPlace(steps, wanted)); // the step stays where another training has it too
    namePlaces(slider, steps);
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const [state, color] = [now(), themeColors(root)];
    const { train_acc: train, test_acc: test, zero } = state.own;
    const accuracies = TRAIN_AND_TEST.map(([set, name, dashes], i) => drawn(set === "train" ? train : test, name, dashes, 1 - i));
    drawPanel(part("right"), data, state, accuracies, color);
    drawPanel(part("zero"), data, state, [drawn(zero, "text", [], 2)], color);
    describe(part, state);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  choice.addEventListener("change", take);
  wireChoices([choice], draw, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  take();
  draw();
}

/** @type {(curves: Curves, name: string, dashes: number[], outline: number) => Drawn} */
function drawn(curves, name, dashes, outline) {
  return { curves, style: [name, dashes], outline };
}

/** @type {(canvas: Canvas, data: Data, state: State, all: Drawn[], color: Color) => void} */
function drawPanel(canvas, { last }, { own, at }, all, color) {
  const { context, width, height } = freshContext(canvas);
  const x = { ...linearAxis(0, last, 52, width - 18), hasZero: false };
  const y = { ...linearAxis(-MARGIN, 1 + MARGIN, height - 46, 12), hasZero: false };
  drawTicks(context, x, y, SHARES, color, "training step");
  const apart = roundLog(last / 4, false);
  for (let step = 0; step <= last; step += apart) write(context, String(step), x.at(step), y.from + 8, "center", "top");
  context.lineWidth = 2;
  line(context, [x.at(own.steps[at]), y.from], [x.at(own.steps[at]), y.to], color("accent"));
  for (const { curves, style: [name, dashes], outline } of all) {
    context.setLineDash(dashes);
    for (const curve of curves.seeds) drawCurve(context, x, y, own.steps, curve, color(name), 1, 0.45);
    drawCurve(context, x, y, own.steps, curves.median, color(name), 2.8, 1);
    context.setLineDash([]);
    const value = curves.median[at];
    const paint = { fillStyle: color(name), strokeStyle: color("back") };
    if (value !== null) mark(context, outline, [x.at(own.steps[at]), y.at(value)], 5, paint);
  }
}

// ---- words ----

/** @type {(part: Part, state: State) => void} */
function describe(part, { own, at }) {
  const step = own.steps[at];
  const [train, test, zero] = [own.train_acc, own.test_acc, own.zero].map(({ median: middle }) => share(middle[at]));
  const still = zero === "" ? "The gradient does not vanish" : `${zero} of the training pairs have no gradient`;
  const change = own.moved[at] === 0 ? "No weight has changed" : `The largest change of a weight is ${spell(own.moved[at])}`;
  const last = step === lastOf(own.steps) ? ", where this training was ended" : "";
  const words = `Step ${step}${last}: ${test} of the test pairs are right. ${still}. ${change}, and the norm of W is ${spell(own.norm[at])}.`;
  part("now").textContent = String(step);
  part("words").textContent = words;
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("right").setAttribute("aria-label", `${own.name}, step ${step}: ${train} of the training pairs and ${test} of the test pairs are right.`);
  part("zero").setAttribute("aria-label", `${own.name}, step ${step}: ${still}.`);
}

/**
 * In whole percent, or no words where it is not defined.
 * @type {(value: number | null) => string}
 */
function share(value) {
  return value === null ? "" : wholePercent(value);
}
