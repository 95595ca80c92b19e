// The recipe against one change of it, or any two arms of the experiment against each other: one measure of collapse
// over all epochs, every seed and the median.
// The data are made by settings.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {{ seeds: Curve[], median: Curve }} Curves
 * @typedef {{ label: string, zero: number[], curves: Record<string, Record<string, Curves>> }} Arm
 * @typedef {{ epochs: number[], seeds: number[], measures: Record<string, string>, arms: Arm[] }} Data
 * @typedef {ReturnType<typeof shownOf>} Shown
 * @typedef {{ arms: Shown[], measure: string, images: string, frame: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const controls = ["first", "second-arm", "measure", "images"].map(part);
  const slider = part("slider");
  const now = () => {
    const [first, second, measure, images] = controls.map((control) => control.value);
    const arms = [first, second].map((at) => shownOf(data.arms[Number(at)], measure, images));
    return { arms, measure, images, frame: Number(slider.value) };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = now();
    drawComparison(part("curves"), data, state, themeColors(root));
    describe(part, data, state);
  };
  const settled = () => {
    part("status").textContent = part("curves").getAttribute("aria-label");
  };
  const [first, second, change] = ["first", "second-arm", "change"].map(part);
  change.addEventListener("change", () => ([first.value, second.value] = ["0", change.value]));
  for (const arm of [first, second]) {
    arm.addEventListener("change", () => {
      const changed = [...change.options].some(({ value }) => value === second.value);
      change.value = first.value === "0" && changed ? second.value : "own";
    });
  }
  wireChoices([change, ...controls], draw, settled);
  namePlaces(slider, data.epochs);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawComparison(canvas, data, { arms, measure, frame }, color) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: 1, high: Math.max(2, ...data.epochs), hasZero: true }, 56, width - 12);
  const y = logAxis(valueRange(data, measure), height - 46, 26);
  drawAxes(context, x, y, color, "epoch (log scale)", `${data.measures[measure]} (log)`);
  const here = x.at(data.epochs[frame]);
  context.lineWidth = 2;
  line(context, [here, y.from], [here, y.to], color("accent"));
  arms.forEach(({ curve }, place) => {
    const [name, dash] = PAIR[place];
    context.setLineDash(dash);
    for (const seed of curve.seeds) drawCurve(context, x, y, data.epochs, seed, color(name), 1, 0.5);
    drawCurve(context, x, y, data.epochs, curve.median, color(name), 2.6, 1);
    context.setLineDash([]);
    const value = curve.median[frame];
    const paint = { fillStyle: color(name), strokeStyle: color("back") };
    if (value !== null) mark(context, place, [here, y.at(value)], 6, paint);
  });
}

/**
 * An arm with the curves of one measure on one set of images.
 * @param {Arm} arm
 * @param {string} measure
 * @param {string} images
 */
function shownOf(arm, measure, images) {
  return { ...arm, curve: arm.curves[measure][images] };
}

/**
 * The range of one measure over all arms, both image sets and all seeds: a change of arm changes no axis.
 * @type {(data: Data, measure: string) => Extent}
 */
function valueRange(data, measure) {
  const values = data.arms.flatMap(({ curves }) => Object.values(curves[measure]).flatMap(({ seeds }) => seeds.flat()));
  const positive = values.flatMap((value) => (value !== null && value > 0 ? [value] : []));
  const low = roundLog(Math.min(1, ...positive), true);
  return { low, high: roundLog(Math.max(2 * low, ...positive), false), hasZero: values.includes(0) };
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { arms, measure, images, frame }) {
  const epoch = data.epochs[frame];
  const told = arms.map((arm, place) => {
    const text = `${spell(arm.curve.median[frame])} (${range(arm.curve.seeds.map((seed) => seed[frame]))})`;
    part(`name${place}`).textContent = arm.label;
    part(`value${place}`).textContent = text;
    part(`zero${place}`).textContent = terminal(arm, data.seeds.length);
    return `${arm.label}: ${text}. ${terminal(arm, data.seeds.length)}`;
  });
  part("now").textContent = String(epoch);
  part("slider").setAttribute("aria-valuetext", `epoch ${epoch}`);
  const set = images === "train" ? "training" : "test";
  const what = `${data.measures[measure]}, ${set} images, epoch ${epoch}, median and range of the seeds.`;
  part("curves").setAttribute("aria-label", `${what} ${told.join(" ")}`);
}

/** @type {(values: Curve) => string} */
function range(values) {
  const known = values.flatMap((value) => value ?? []);
  return known.length ? `${spell(Math.min(...known))} to ${spell(Math.max(...known))}` : "no seed";
}

/** @type {(arm: Arm, seeds: number) => string} */
function terminal({ zero }, seeds) {
  if (!zero.length) return "No training error of 0 at any probed epoch.";
  const when = zero[0] === lastOf(zero) ? `epoch ${zero[0]}` : `epochs ${zero[0]} to ${lastOf(zero)}`;
  return `Training error first 0 at ${when} (${zero.length} of ${seeds} seeds).`;
}
