/// <reference path="live_training.js" />
// A network that collapses while it is watched, and before that a recorded run of the same engine: the plane of three
// classes at one epoch, beside it the error and NC1 to NC4 over all epochs. Pixels are CSS pixels; y points up in the
// data.

/**
 * @typedef {LiveCollapseSettings} Settings
 * @typedef {Exclude<keyof LiveCollapseOutcome, "loss">} Measure
 * @typedef {Record<Measure, number>} Outcome
 * @typedef {{ step: number, epoch: number, train: Outcome, test: Outcome, plane: LiveCollapsePlane }} Found
 * @typedef {{ steps: number[], epochs: number[], plane: { scale: number, int8: string } }} Moments
 * @typedef {Moments & Record<Side, Record<Measure, number[]>>} Recording
 * @typedef {{ where: string, settings: Settings, found: Found[] }} Run
 * @typedef {{ shown: Run, earlier: Run | null }} State
 */

/** @type {(root: HTMLElement, data: { engine: string, settings: Settings, recording: Recording }) => void} */
function explore(root, { engine, settings, recording }) {
  const part = partsOf(root);
  /** @type {Run} */
  const recorded = { where: "Recorded run", settings, found: readRecording(recording, settings) };
  /** @type {State} */
  const state = { shown: recorded, earlier: null };
  const draw = () => {
    if (root.clientWidth > 0) drawAll(part, state, themeColors(root));
    describe(part, state, session);
  };
  /** @type {(shown: Run, earlier: Run | null) => void} */
  const show = (shown, earlier) => {
    Object.assign(state, { shown, earlier });
    setMoments(part("slider"), shown.found.map(({ epoch }) => epoch));
    part("told").textContent = "";
  };
  const begin = () => {
    const chosen = chosenOf(part, settings);
    show({ where: "Trained here", settings: chosen, found: [] }, isWhole(state.shown) ? state.shown : state.earlier);
    return chosen;
  };
  /** @type {(found: Found) => void} */
  const take = (found) => {
    state.shown.found.push(found);
    follow(part("slider"), state.shown.found.map(({ epoch }) => epoch));
  };
  /** @type {Session<Settings, Found>} */
  const session = new Session(root, engine, { begin, take, draw });
  const change = () => {
    if (session.training) session.stop("new");
    draw();
  };
  const reset = () => {
    session.stop("new");
    show(recorded, null);
    draw();
  };
  const settled = () => {
    part("told").textContent = momentWords(nowOf(part, state));
  };
  part("train").addEventListener("click", () => session.press());
  part("reset").addEventListener("click", reset);
  for (const name of ["decay", "width", "labels", "seed"]) part(name).addEventListener("change", change);
  wirePlayer(root, part("slider"), part("play"), draw, settled);
  redrawOnChange(root, draw);
  reset();
}

// ---- what is known of a network ----

/**
 * What the engine found, from the columns in which it is kept. `int8` holds, of each moment, the coordinates of points,
 * means and rows as bytes, in units of `scale`.
 * @type {(recording: Recording, settings: Settings) => Found[]}
 */
function readRecording({ steps, epochs, plane, train, test }, { planeClasses, drawn }) {
  const bytes = Int8Array.from(atob(plane.int8), (letter) => letter.charCodeAt(0));
  const [perPlane, perThree] = [bytes.length / steps.length, 2 * planeClasses.length];
  const ofPoints = 2 * perThree * drawn; // of two sets
  return steps.map((step, i) => {
    const own = Array.from(bytes.subarray(i * perPlane, (i + 1) * perPlane), (byte) => plane.scale * byte);
    const [means, rows] = [0, perThree].map((from) => own.slice(ofPoints + from, ofPoints + from + perThree));
    /** @type {(columns: Record<Measure, number[]>) => Outcome} */
    const at = (columns) => {
      const values = Object.entries(columns).map(([name, column]) => [name, column[i]]);
      return /** @type {Outcome} */ (Object.fromEntries(values));
    };
    return { step, epoch: epochs[i], train: at(train), test: at(test), plane: { points: own.slice(0, ofPoints), means, rows } };
  });
}

/** @type {(part: Part, settings: Settings) => Settings} */
function chosenOf(part, settings) {
  const [weightDecay, width, seed] = ["decay", "width", "seed"].map((name) => Number(part(name).value));
  return { ...settings, width, seed, random: part("labels").value === "random", recipe: { ...settings.recipe, weightDecay } };
}

/** @type {(part: Part, state: State) => Found | undefined} */
const nowOf = (part, { shown }) => shown.found[Number(part("slider").value)];

/**
 * The first measurement without a training error.
 * @type {(run: Run) => Found | undefined}
 */
const firstWithoutError = ({ found }) => found.find(({ train }) => train.error === 0);

// ---- pictures ----
// Ranges are the same for all settings, so that runs can be compared: what lies beyond is drawn at the edge.
/** @type {Record<Exclude<Measure, "norms">, { title: string, range: Extent }>} */
const CURVES = {
  error: { title: "error (log)", range: { low: 0.001, high: 1, hasZero: true } },
  nc1: { title: "NC1 (log)", range: { low: 1e-4, high: 1000, hasZero: false } },
  angles: { title: "NC2, angles (log)", range: { low: 0.01, high: 1, hasZero: false } },
  nc3: { title: "NC3 (log)", range: { low: 0.001, high: 10, hasZero: false } },
  nc4: { title: "NC4 (log)", range: { low: 0.001, high: 1, hasZero: true } },
};
const SHOWN = /** @type {(keyof typeof CURVES)[]} */ (Object.keys(CURVES));

/** @type {(part: Part, state: State, color: Color) => void} */
function drawAll(part, state, color) {
  const now = nowOf(part, state);
  drawPlane(part("plane"), state.shown, now, color);
  for (const measure of SHOWN) drawMeasure(part(measure), measure, state, now, color);
}

const REACH = 1.45; // the plane goes this far from the center, where class means have a root mean square radius of 1
const EDGE = 5; // pixels from the end of the plane: there stands what lies beyond

/** @type {(canvas: Canvas, run: Run, now: Found | undefined, color: Color) => void} */
function drawPlane(canvas, { settings: { planeClasses, drawn } }, now, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * REACH);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [inside(width / 2 + scale * x, width), inside(height / 2 - scale * y, height)];
  drawSimplex(context, place, color);
  if (!now) return;
  const { points, means, rows } = now.plane;
  const order = [...Array(points.length / 2).keys()]; // set by set, in each class by class
  const about = { classOf: order.map((i) => Math.floor(i / drawn) % 3), test: order.map((i) => Math.floor(i / (3 * drawn))) };
  drawPoints(context, place, oneFrame(points), about, 0, color);
  for (const c of planeClasses.keys()) drawMean(context, place, { means: oneFrame(means) }, 0, c, color);
  for (const c of planeClasses.keys()) drawArrow(context, place([0, 0]), place(pointAt(oneFrame(rows), 0, c)), color);
  planeClasses.forEach((name, c) => {
    drawName(context, place(pointAt(oneFrame(means), 0, c)), place([0, 0]), String(name), 21, color);
  });
}

/** @type {(at: number, length: number) => number} */
const inside = (at, length) => Math.min(length - EDGE, Math.max(EDGE, at));

/**
 * Coordinates x, y, x, y, ... as an array of one frame.
 * @type {(coordinates: number[]) => Unpacked}
 */
const oneFrame = (coordinates) => ({ shape: [1, coordinates.length / 2, 2], values: Float64Array.from(coordinates) });

/** @type {(canvas: Canvas, measure: keyof typeof CURVES, state: State, now: Found | undefined, color: Color) => void} */
function drawMeasure(canvas, measure, { shown, earlier }, now, color) {
  const { context, width, height } = freshContext(canvas);
  const { title, range } = CURVES[measure];
  const x = logAxis({ low: 1, high: lastEpoch(shown.settings), hasZero: true }, 52, width - 12);
  const y = logAxis(range, height - 46, 26);
  shadeWithoutError(context, x, y, firstWithoutError(shown), color);
  drawAxes(context, x, y, color, "epoch (log scale)", title);
  for (const [run, thickness, alpha] of /** @type {[Run | null, number, number][]} */ ([[earlier, 1.4, 0.4], [shown, 2.4, 1]])) {
    for (const [side, name, dash] of TRAIN_AND_TEST) {
      context.setLineDash(dash);
      const values = (run?.found ?? []).map((found) => within(range, found[side][measure]));
      drawCurve(context, x, y, (run?.found ?? []).map(({ epoch }) => epoch), values, color(name), thickness, alpha);
      context.setLineDash([]);
    }
  }
  if (now) drawMoment(context, x, y, now, (side) => within(range, now[side][measure]), color);
}

/** @type {(settings: Settings) => number} */
const lastEpoch = ({ steps, perClass, classes, recipe }) => (steps * recipe.batch) / (perClass * classes);

/** @type {(range: Extent, value: number) => number} */
function within({ low, high, hasZero }, value) {
  return value === 0 && hasZero ? 0 : Math.min(high, Math.max(low, value));
}

/**
 * Shades the epochs from the first without a training error on.
 * @type {(context: Context, x: Scale, y: Span, first: Found | undefined, color: Color) => void}
 */
function shadeWithoutError(context, x, y, first, color) {
  if (!first) return;
  context.fillStyle = color("shade");
  context.fillRect(x.at(first.epoch), y.to, x.to - x.at(first.epoch), y.from - y.to);
}

/**
 * The vertical line at the slider's epoch, and a dot where it meets each curve.
 * @type {(context: Context, x: Scale, y: Scale, now: Found, valueOf: (side: Side) => number, color: Color) => void}
 */
function drawMoment(context, x, y, { epoch }, valueOf, color) {
  context.lineWidth = 1.5;
  line(context, [x.at(epoch), y.from], [x.at(epoch), y.to], color("accent"));
  for (const [side, name] of TRAIN_AND_TEST) {
    mark(context, 0, [x.at(epoch), y.at(valueOf(side))], 4.5, { fillStyle: color(name), strokeStyle: color("back") });
  }
}

// ---- words ----

/** @type {(share: number) => string} */
const percent = (share) => `${spell(100 * share)} %`;

/** @type {Record<Measure, [name: string, spelled: (value: number) => string]>} */
const NAMES = {
  error: ["Error", percent],
  nc1: ["NC1: variability within classes", spell],
  angles: ["NC2 (angles): class means off the simplex", spell],
  norms: ["NC2 (lengths): class means of unequal length", spell],
  nc3: ["NC3: classifier off the class means", spell],
  nc4: ["NC4: nearest mean disagrees", percent],
};

/** @type {(part: Part, state: State, session: Session<Settings, Found>) => void} */
function describe(part, state, session) {
  const now = nowOf(part, state);
  part("train").textContent = pressWords(session.phase, "Train it here");
  part("now").textContent = now ? String(now.epoch) : "–";
  part("slider").setAttribute("aria-valuetext", now ? `epoch ${now.epoch}` : "no epoch yet");
  const words = wordsFor(state, session);
  if (part("about").textContent !== words) part("about").textContent = words; // only what is new is read out
  for (const [measure, [name, spelled]] of Object.entries(NAMES)) {
    const [train, test] = now ? [now.train, now.test].map((each) => spelled(each[/** @type {Measure} */ (measure)])) : ["–", "–"];
    part(`train-${measure}`).textContent = train;
    part(`test-${measure}`).textContent = test;
    const moment = now ? `at epoch ${now.epoch} training ${train}, test ${test}.` : "not measured yet.";
    part(measure)?.setAttribute("aria-label", `${name}, over epochs: ${moment}`);
  }
  part("plane").setAttribute("aria-label", planeWords(state.shown, now));
}

/** @type {(run: Run, now: Found | undefined) => string} */
function planeWords({ settings: { planeClasses } }, now) {
  const title = `Classes ${planeClasses.join(", ")} in the plane of their means`;
  return now ? `${title}, epoch ${now.epoch}: NC1 is ${spell(now.train.nc1)} on the training set.` : `${title}: not trained yet.`;
}

/**
 * What is known of the run, in sentences that change only at a milestone.
 * @type {(state: State, session: Session<Settings, Found>) => string}
 */
function wordsFor({ shown, earlier }, { phase, seconds }) {
  if (phase === "failed") return "This page does not let the network train: it forbids both workers and scripts.";
  const [first, last] = [firstWithoutError(shown), shown.found.at(-1)];
  const sentences = [`${shown.where}: ${choiceWords(shown.settings)}.`];
  if (first) sentences.push(firstWords(first));
  if (last && isWhole(shown)) sentences.push(endWords(first, last));
  if (phase === "ended") sentences.push(`It took ${seconds.toFixed(1)} s.`);
  else if (phase === "paused") sentences.push("Paused.");
  else if (phase === "new" && !isWhole(shown)) sentences.push("Stopped before the end.");
  if (earlier) sentences.push(`Faint lines: the run before, ${choiceWords(earlier.settings)}.`);
  return sentences.join(" ");
}

/** @type {(settings: Settings) => string} */
function choiceWords({ recipe, width, random, seed }) {
  return `weight decay ${recipe.weightDecay}, width ${width}, ${random ? "random" : "true"} labels, seed ${seed}`;
}

/** @type {(first: Found) => string} */
function firstWords({ epoch, train, test }) {
  return (
    `At epoch ${epoch} the training error is found to be 0 for the first time; NC1 is ${spell(train.nc1)} on the training set and ` +
    `${spell(test.nc1)} on the test set, and the test error is ${percent(test.error)}.`
  );
}

/** @type {(first: Found | undefined, last: Found) => string} */
function endWords(first, last) {
  const error = `the test error is ${percent(last.test.error)}`;
  if (!first) return `At epoch ${last.epoch}, the end, the training error is still ${percent(last.train.error)}, and ${error}.`;
  const [train, test] = /** @type {Side[]} */ (["train", "test"]).map((side) => changeWords(first[side].nc1, last[side].nc1));
  return `At epoch ${last.epoch}, the end, NC1 is ${train} on the training set and ${test} on the test set, and ${error}.`;
}

/** @type {(before: number, after: number) => string} */
function changeWords(before, after) {
  return after <= before ? `${spell(before / after)} times smaller` : `${spell(after / before)} times larger`;
}

/**
 * All that is measured at a moment, for a screen reader: who looks reads it under the pictures.
 * @type {(now: Found | undefined) => string}
 */
function momentWords(now) {
  if (!now) return "";
  /** @type {(outcome: Outcome) => string} */
  const list = (outcome) => {
    const values = Object.entries(NAMES).map(([name, [title, spelled]]) => {
      return `${title.split(":")[0]} ${spelled(outcome[/** @type {Measure} */ (name)])}`;
    });
    return values.join(", ");
  };
  return `Epoch ${now.epoch}. Training set: ${list(now.train)}. Test set: ${list(now.test)}.`;
}
