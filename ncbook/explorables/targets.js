// Features of one network in their first and third principal component, and shares of the variance, by weight decay.
// The data are made by targets.py, which documents them. Pixels are CSS pixels.

const KINDS = ["training", "new", "targets"];

/**
 * @typedef {Record<"low" | "middle" | "high", number[]>} Told
 * @typedef {{ decays: number[], reach: Point, positive: number[][], shares: Told[][] }} Known
 * @typedef {Known & { points: Packed[] }} Data
 * @typedef {{ at: number, set: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, choice] = ["slider", "source"].map(part);
  const points = data.points.map(unpack);
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = { at: Number(slider.value), set: choice.selectedIndex };
    drawFeatures(part("features"), data, points[state.set], state, themeColors(root));
    drawShares(part("shares"), data, state, themeColors(root));
    describe(part, data, state);
  };
  const settled = () => (part("status").textContent = part("words").textContent);
  namePlaces(slider, data.decays);
  wireChoices([choice], draw, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  playOnSight(root, part("features"), slider, part("play"));
  redrawOnChange(root, draw);
  draw();
}

// ---- drawing ----

/** @type {(canvas: Canvas, data: Known, points: Unpacked, state: State, color: Color) => void} */
function drawFeatures(canvas, { reach, positive }, points, { at, set }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width / (2 * reach[0]), height / (2 * reach[1]));
  context.lineWidth = 1;
  line(context, [0, height / 2], [width, height / 2], color("grid"));
  positive[set].forEach((kind, i) => {
    const [x, y] = pointAt(points, at, i);
    const place = /** @type {Point} */ ([width / 2 + scale * x, height / 2 - scale * y]);
    mark(context, kind, place, 3.4, { fillStyle: color(`class${kind}`), strokeStyle: color("back"), lineWidth: 0.8 });
  });
}

/** @type {(canvas: Canvas, data: Known, state: State, color: Color) => void} */
function drawShares(canvas, { shares }, { at, set }, color) {
  const { context, width, height } = freshContext(canvas);
  const [least, most] = [shares.flat().flatMap(({ middle }) => middle), shares.flat().flatMap(({ high }) => high)];
  const range = { low: roundLog(Math.min(...least), true), high: roundLog(Math.max(...most), false), hasZero: false };
  const y = logAxis(range, height - 46, 14);
  const x = { from: 54, to: width - 8, hasZero: false };
  drawTicks(context, x, y, logTicks(y, 13), color, "");
  shares[set].forEach(({ low, middle, high }, kind) => {
    const across = x.from + ((kind + 0.5) * (x.to - x.from)) / KINDS.length;
    context.fillStyle = color("muted");
    write(context, KINDS[kind], across, y.from + 8, "center", "top");
    context.lineWidth = 2;
    line(context, [across, y.at(Math.max(low[at], range.low))], [across, y.at(high[at])], color(`class${kind}`));
    const paint = { fillStyle: color(`class${kind}`), strokeStyle: color("back"), lineWidth: 1 };
    mark(context, kind, [across, y.at(middle[at])], 8, paint);
  });
}

// ---- words ----

/** @type {(part: Part, data: Known, state: State) => void} */
function describe(part, { decays, shares }, { at, set }) {
  const decay = spell(decays[at]);
  part("now").textContent = decay;
  part("slider").setAttribute("aria-valuetext", `weight decay ${decay}`);
  const [train, test, left] = shares[set].map(({ middle }) => spell(middle[at]));
  const outside = `At weight decay ${decay}, ${train} of the variance of the features is outside of two dimensions`;
  const words = `${outside}, of new points ${test}. Of the targets of new points ${left} is not predicted.`;
  part("words").textContent = words;
  part("features").setAttribute("aria-label", `Features in their first and third component. ${outside}.`);
  part("shares").setAttribute("aria-label", words);
}
