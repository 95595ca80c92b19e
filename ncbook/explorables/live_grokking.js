/// <reference path="live_training.js" />
// A network that groks while it is watched, and before that a recorded run of the same engine: accuracy and relative
// flatness over all steps, the embedding at one of them. Pixels are CSS pixels; y points up in the data.

const ENOUGH = 0.99; // memorized and grokked from this accuracy on
const WORDS_EVERY = 500; // steps between two sentences for a screen reader
const PATIENCE = 1000; // steps after memorizing from which a network without weight decay is explained

/**
 * @typedef {GrokkingSettings} Settings
 * @typedef {GrokkingProbe} Found
 * @typedef {"memorized" | "grokked" | "stuck"} Milestone
 * @typedef {Partial<Record<Milestone | "latest", Found>>} Milestones
 * @typedef {{ where: string, settings: Settings, found: Found[], milestones: Milestones }} Run
 * @typedef {{ shown: Run, earlier: Run | null }} State
 */

/** @type {(root: HTMLElement, data: { engine: string, settings: Settings, recorded: Found[] }) => void} */
function explore(root, { engine, settings, recorded }) {
  const part = partsOf(root);
  const finished = newRun("Recorded run", settings);
  for (const found of recorded) take(finished, found);
  /** @type {State} */
  const state = { shown: finished, earlier: null };
  const draw = () => {
    if (root.clientWidth > 0) drawAll(part, state, themeColors(root));
    describe(part, state, session);
  };
  /** @type {(shown: Run, earlier: Run | null) => void} */
  const show = (shown, earlier) => {
    Object.assign(state, { shown, earlier });
    setMoments(part("slider"), stepsOf(shown));
    part("told").textContent = "";
  };
  const begin = () => {
    const chosen = chosenOf(part, settings);
    show(newRun("Trained here", chosen), isWhole(state.shown) ? state.shown : state.earlier);
    return chosen;
  };
  /** @type {(found: Found) => void} */
  const hear = (found) => {
    take(state.shown, found);
    follow(part("slider"), stepsOf(state.shown));
  };
  /** @type {Session<Settings, Found>} */
  const session = new Session(root, engine, { begin, take: hear, draw });
  const change = () => {
    if (session.training) session.stop("new");
    draw();
  };
  const reset = () => {
    session.stop("new");
    show(finished, null);
    draw();
  };
  const settled = () => {
    part("told").textContent = momentWords(nowOf(part, state));
  };
  part("train").addEventListener("click", () => session.press());
  part("reset").addEventListener("click", reset);
  for (const name of ["decay", "fraction", "seed"]) part(name).addEventListener("change", change);
  for (const name of ["decay", "fraction"]) part(name).addEventListener("input", () => showSettings(part));
  wirePlayer(root, part("slider"), part("play"), draw, settled);
  redrawOnChange(root, draw);
  reset();
}

// ---- what is known of a network ----

/**
 * found holds what the engine measured, in the order of steps; milestones, by their names, the measurement in which
 * each was seen first.
 * @type {(where: string, settings: Settings) => Run}
 */
const newRun = (where, settings) => ({ where, settings, found: [], milestones: {} });

/** @type {(run: Run) => number[]} */
const stepsOf = ({ found }) => found.map(({ step }) => step);

/** @type {(part: Part, settings: Settings) => Settings} */
function chosenOf(part, settings) {
  const [weightDecay, fraction, seed] = ["decay", "fraction", "seed"].map((name) => Number(part(name).value));
  return { ...settings, fraction, seed, recipe: { ...settings.recipe, weightDecay } };
}

/** @type {(part: Part, state: State) => Found | undefined} */
const nowOf = (part, { shown }) => shown.found[Number(part("slider").value)];

/** @type {(run: Run, found: Found) => void} */
function take({ settings, found: all, milestones }, found) {
  all.push(found);
  if (found.train.accuracy >= ENOUGH) milestones.memorized ??= found;
  if (found.test.accuracy >= ENOUGH) milestones.grokked ??= found;
  if (found.step > 0 && found.step % WORDS_EVERY === 0) milestones.latest = found;
  const { memorized, grokked } = milestones;
  const stuck = settings.recipe.weightDecay === 0 && !grokked && memorized;
  if (stuck && found.step >= stuck.step + PATIENCE) milestones.stuck ??= found;
}

// ---- pictures ----
/** @type {[Milestone, string][]} */
const MARKS = [["memorized", "train"], ["grokked", "test"]];

/** @type {(part: Part, state: State, color: Color) => void} */
function drawAll(part, state, color) {
  const now = nowOf(part, state);
  drawAccuracy(part("accuracy"), state, now, color);
  drawSpectrum(part("spectrum"), state.shown, now, color);
  drawPlane(part("plane"), state.shown, now, color);
  drawFlatness(part("flatness"), state, now, color);
}

/** @type {(run: Run, width: number) => LogAxis} */
function stepAxis({ settings }, width) {
  return logAxis({ low: 1, high: settings.steps, hasZero: true }, 52, width - 12);
}

const SHARES = [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, label: `${100 * value} %` }));

/** @type {(canvas: Canvas, state: State, now: Found | undefined, color: Color) => void} */
function drawAccuracy(canvas, { shown, earlier }, now, color) {
  const { context, width, height } = freshContext(canvas);
  const x = stepAxis(shown, width);
  const y = { ...linearAxis(0, 1, height - 46, 26), hasZero: false, ticks: SHARES };
  drawAxes(context, x, y, color, "step (log scale)", "right answers");
  drawMilestones(context, x, y, shown.milestones, MARKS, color);
  for (const [set, name, dash] of TRAIN_AND_TEST) {
    context.setLineDash(dash);
    drawBoth(context, x, y, earlier, shown, (found) => found[set].accuracy, color(name));
    context.setLineDash([]);
  }
  if (!now) return;
  drawNow(context, x, y, now, color);
  for (const [set, name] of TRAIN_AND_TEST) drawDot(context, [x.at(now.step), y.at(now[set].accuracy)], color(name), color);
}

/**
 * Vertical lines where the network had memorized and grokked; the words stand on their side of the line.
 * @type {(context: Context, x: Scale, y: Span, milestones: Milestones, marks: typeof MARKS, color: Color) => void}
 */
function drawMilestones(context, x, y, milestones, marks, color) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1.5 });
  for (const [name, hue] of marks) {
    const milestone = milestones[name];
    if (!milestone) continue;
    const here = x.at(milestone.step);
    context.setLineDash([2, 3]);
    line(context, [here, y.from], [here, y.to], color("faint"));
    context.setLineDash([]);
    context.fillStyle = color(hue);
    write(context, name, here + 4, y.to - 6, "right", "bottom");
  }
}

/**
 * One value over the steps of the network shown, and faintly of the one before.
 * @type {(context: Context, x: Scale, y: Scale, earlier: Run | null, shown: Run, valueOf: (found: Found) => number, strokeStyle: string) => void}
 */
function drawBoth(context, x, y, earlier, shown, valueOf, strokeStyle) {
  if (earlier) drawCurve(context, x, y, stepsOf(earlier), earlier.found.map(valueOf), strokeStyle, 1.4, 0.4);
  drawCurve(context, x, y, stepsOf(shown), shown.found.map(valueOf), strokeStyle, 2.4, 1);
}

/**
 * The vertical line at the slider's step.
 * @type {(context: Context, x: Scale, y: Span, now: Found, color: Color) => void}
 */
function drawNow(context, x, y, { step }, color) {
  context.lineWidth = 1.5;
  line(context, [x.at(step), y.from], [x.at(step), y.to], color("accent"));
}

/** @type {(context: Context, at: Point, fillStyle: string, color: Color) => void} */
function drawDot(context, at, fillStyle, color) {
  mark(context, 0, at, 4.5, { fillStyle, strokeStyle: color("back") });
}

const KAPPAS = { low: 1e-6, high: 1000, hasZero: false }; // the same for all settings: what lies beyond is drawn at the edge

/** @type {(canvas: Canvas, state: State, now: Found | undefined, color: Color) => void} */
function drawFlatness(canvas, { shown, earlier }, now, color) {
  const { context, width, height } = freshContext(canvas);
  const [x, y] = [stepAxis(shown, width), logAxis(KAPPAS, height - 46, 26)];
  /** @type {(found: Found) => number} */
  const within = ({ flatness }) => Math.min(KAPPAS.high, Math.max(KAPPAS.low, flatness));
  drawAxes(context, x, y, color, "step (log scale)", "κ (log), nats");
  drawMilestones(context, x, y, shown.milestones, MARKS.slice(1), color);
  drawBoth(context, x, y, earlier, shown, within, color("text"));
  if (!now) return;
  drawNow(context, x, y, now, color);
  drawDot(context, [x.at(now.step), y.at(within(now))], color("text"), color);
}

const REACH = 1.55; // the plane goes this far from the center, where lengths are 1 in the mean

/** @type {(canvas: Canvas, run: Run, now: Found | undefined, color: Color) => void} */
function drawPlane(canvas, { settings }, now, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * REACH);
  Object.assign(context, { strokeStyle: color("faint"), lineWidth: 1.2 });
  context.beginPath();
  context.arc(width / 2, height / 2, scale, 0, TURN);
  context.stroke();
  if (!now) return;
  const { points, frequency } = now;
  /** @type {(x: number) => Point} */
  const place = (x) => [width / 2 + scale * points[2 * x], height / 2 - scale * points[2 * x + 1]];
  const order = roundTrip(settings.p, frequency);
  Object.assign(context, { strokeStyle: color("accent"), lineWidth: 1.2, globalAlpha: 0.7 });
  context.beginPath();
  polygon(context, order.map(place));
  context.stroke();
  context.globalAlpha = 1;
  for (const x of order) drawNumber(context, String(x), place(x), color);
}

/** @type {(context: Context, text: string, at: Point, color: Color) => void} */
function drawNumber(context, text, at, color) {
  Object.assign(context, { font: "bold 12px system-ui, sans-serif", lineWidth: 4, lineJoin: "round" });
  Object.assign(context, { textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { strokeStyle: color("back"), fillStyle: color("text") });
  context.strokeText(text, ...at);
  context.fillText(text, ...at);
}

const QUARTERS = [0, 0.25, 0.5].map((value) => ({ value, label: `${100 * value} %` }));

/**
 * A bar a frequency, on an axis up to a half, or to the whole where some frequency had more.
 * @type {(canvas: Canvas, run: Run, now: Found | undefined, color: Color) => void}
 */
function drawSpectrum(canvas, { found, settings }, now, color) {
  const { context, width, height } = freshContext(canvas);
  const half = found.every(({ spectrum }) => Math.max(...spectrum) <= 0.5);
  const x = { from: 52, to: width - 12, hasZero: false };
  const y = { ...linearAxis(0, half ? 0.5 : 1, height - 46, 26), hasZero: false };
  drawTicks(context, x, y, half ? QUARTERS : SHARES, color, "frequency k");
  const count = (settings.p - 1) / 2;
  const slot = (x.to - x.from) / count;
  for (let k = 1; k <= count; k += 1) {
    const left = x.from + (k - 1) * slot;
    context.fillStyle = color("muted");
    if (slot > 20 || k % 2) write(context, String(k), left + slot / 2, y.from + 8, "center", "top");
    if (!now) continue;
    context.fillStyle = color(k === now.frequency ? "class0" : "faint");
    context.fillRect(left + 0.2 * slot, y.at(now.spectrum[k - 1]), 0.6 * slot, y.from - y.at(now.spectrum[k - 1]));
  }
}

// ---- words ----

/** @type {(part: Part, state: State, session: Session<Settings, Found>) => void} */
function describe(part, state, session) {
  showSettings(part);
  part("train").textContent = pressWords(session.phase, "Train it here");
  const now = nowOf(part, state);
  part("now").textContent = now ? String(now.step) : "–";
  part("slider").setAttribute("aria-valuetext", now ? `step ${now.step}` : "no step yet");
  const words = wordsFor(state, session);
  if (part("about").textContent !== words) part("about").textContent = words; // only what is new is read out
  showNumbers(part, now);
  namePictures(part, now);
}

/** @type {(part: Part) => void} */
function showSettings(part) {
  part("decay-now").textContent = part("decay").value;
  part("fraction-now").textContent = part("fraction").value;
}

/** @type {(share: number) => string} */
const percent = (share) => `${Math.floor(100 * share)} %`; // never 100 % with a pair wrong

/** @type {Record<string, (now: Found) => string>} */
const NUMBERS = {
  "train-accuracy": ({ train }) => percent(train.accuracy),
  "test-accuracy": ({ test }) => percent(test.accuracy),
  frequency: ({ frequency }) => String(frequency),
  share: ({ spectrum }) => percent(Math.max(...spectrum)),
  kappa: ({ flatness }) => spell(flatness),
  loss: ({ train }) => spell(train.loss),
  norm: ({ norm }) => spell(norm),
};

/** @type {(part: Part, now: Found | undefined) => void} */
function showNumbers(part, now) {
  for (const [name, value] of Object.entries(NUMBERS)) part(name).textContent = now ? value(now) : "–";
}

/** @type {Record<string, [title: string, value: (now: Found) => string]>} */
const PICTURES = {
  accuracy: ["Accuracy over steps", ({ train, test }) => {
    return `training ${percent(train.accuracy)}, test ${percent(test.accuracy)}`;
  }],
  plane: ["The numbers on the embedding's strongest wave", ({ frequency }) => `frequency ${frequency}`],
  spectrum: ["Share of each frequency in the embedding's variance", ({ frequency, spectrum }) => {
    return `frequency ${frequency} has ${percent(Math.max(...spectrum))}`;
  }],
  flatness: ["Relative flatness over steps", ({ flatness }) => spell(flatness)],
};

/** @type {(part: Part, now: Found | undefined) => void} */
function namePictures(part, now) {
  for (const [name, [title, value]] of Object.entries(PICTURES)) {
    const label = now ? `${title}; at step ${now.step}: ${value(now)}.` : `${title}: not trained yet.`;
    part(name).setAttribute("aria-label", label);
  }
}

/**
 * All that is measured at a moment, for a screen reader: who looks reads it under the pictures.
 * @type {(now: Found | undefined) => string}
 */
function momentWords(now) {
  if (!now) return "";
  return `Step ${now.step}. ${Object.values(PICTURES).map(([title, value]) => `${title}: ${value(now)}.`).join(" ")}`;
}

/**
 * What is known, in sentences that change only at a milestone.
 * @type {(state: State, session: Session<Settings, Found>) => string}
 */
function wordsFor({ shown, earlier }, { phase, seconds }) {
  if (phase === "failed") return "This page does not let the network train: it forbids both workers and scripts.";
  const { memorized, grokked, latest, stuck } = shown.milestones;
  const sentences = [`${shown.where}: ${choiceWords(shown.settings)}.`];
  if (memorized) sentences.push(memorizedWords(memorized));
  if (grokked) sentences.push(grokkedWords(grokked, memorized));
  else if (stuck) sentences.push(stuckWords(stuck));
  else if (latest) sentences.push(`At step ${latest.step}: test accuracy ${percent(latest.test.accuracy)}.`);
  if (isWhole(shown) && !grokked) sentences.push(endWords(shown.settings));
  if (phase === "ended") sentences.push(`It took ${seconds.toFixed(1)} s.`);
  else if (phase === "paused") sentences.push("Paused.");
  else if (phase === "new" && !isWhole(shown)) sentences.push("Stopped before the end.");
  if (earlier) sentences.push(`Faint lines: the run before, ${choiceWords(earlier.settings)}.`);
  return sentences.join(" ");
}

/** @type {(settings: Settings) => string} */
function choiceWords({ recipe, fraction, seed }) {
  return `weight decay ${recipe.weightDecay}, training share ${fraction}, seed ${seed}`;
}

/** @type {(found: Found) => string} */
function memorizedWords({ step, train, test }) {
  return (
    `Memorized at step ${step}: ${percent(train.accuracy)} of the training pairs are right, ` +
    `and ${percent(test.accuracy)} of the test pairs.`
  );
}

/** @type {(found: Found, memorized: Found | undefined) => string} */
function grokkedWords({ step, test }, memorized) {
  const delay = memorized && memorized.step > 0 ? `, ${spell(step / memorized.step)} times as late` : "";
  return `Grokked at step ${step}${delay}: ${percent(test.accuracy)} of the pairs that it never saw are right.`;
}

/** @type {(found: Found) => string} */
function stuckWords({ train, norm }) {
  return (
    `It has not grokked, and weight decay is 0: at a training loss of ${spell(train.loss)} nats, training pairs leave ` +
    `almost nothing to gain, and nothing shrinks the weights (norm ${spell(norm)}). Choose a weight decay above 0 and ` +
    `train again.`
  );
}

/** @type {(settings: Settings) => string} */
function endWords({ steps, recipe, fraction }) {
  if (recipe.weightDecay === 0) return `Ended after ${steps} steps without grokking.`;
  return (
    `Ended after ${steps} steps without grokking, at weight decay ${recipe.weightDecay} and training share ` +
    `${fraction}: try more pairs, another weight decay, or another seed.`
  );
}
