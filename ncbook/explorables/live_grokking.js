/// <reference path="live_training.js" />
// A network that groks while it is watched. Pixels are CSS pixels; y points up in the data.

const ENOUGH = 0.99; // memorized and grokked from this accuracy on
const WORDS_EVERY = 500; // steps between two sentences for a screen reader
const PATIENCE = 1000; // steps after memorizing from which a network without weight decay is explained

/**
 * @typedef {GrokkingSettings} Settings
 * @typedef {GrokkingProbe} Found
 * @typedef {Found & { seconds: number }} Reached
 * @typedef {"memorized" | "grokked" | "stuck"} Milestone
 * @typedef {Partial<Record<Milestone, Reached>> & { latest?: Found }} Milestones
 * @typedef {Omit<Settings, "fraction" | "seed">} Given
 * @typedef {ReturnType<typeof newState>} State
 */

/** @type {(root: HTMLElement, data: { engine: string, settings: Given }) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const state = newState(data.settings, part);
  const draw = () => {
    if (root.clientWidth > 0) drawAll(part, state, themeColors(root));
    describe(part, state, session.phase);
  };
  const begin = () => {
    Object.assign(state, newState(data.settings, part));
    return state.settings;
  };
  /** @type {Session<Settings, Found>} */
  const session = new Session(root, data.engine, { begin, take: (found) => take(state, found, session.seconds), draw });
  const reset = () => {
    session.stop("new");
    begin();
    draw();
  };
  part("train").addEventListener("click", () => session.press());
  part("reset").addEventListener("click", reset);
  for (const name of ["decay", "fraction", "seed"]) part(name).addEventListener("change", reset);
  for (const name of ["decay", "fraction"]) part(name).addEventListener("input", () => showSettings(part));
  redrawOnChange(root, draw);
  draw();
}

// ---- what is known of the network ----

/**
 * found holds what the engine measured, in the order of steps.
 * @param {Given} settings
 * @param {Part} part
 * @returns {{ settings: Settings, found: Found[], milestones: Milestones }}
 */
function newState(settings, part) {
  /** @type {(name: string) => number} */
  const value = (name) => Number(part(name).value);
  const recipe = { ...settings.recipe, weightDecay: value("decay") };
  return {
    settings: { ...settings, fraction: value("fraction"), seed: value("seed"), recipe },
    found: [],
    milestones: {}, // name -> the measurement in which it was seen first, and the seconds of training until then
  };
}

/** @type {(state: State, found: Found, seconds: number) => void} */
function take(state, found, seconds) {
  state.found.push(found);
  /** @type {(name: Milestone) => void} */
  const reached = (name) => {
    state.milestones[name] ??= { ...found, seconds };
  };
  if (found.train.accuracy >= ENOUGH) reached("memorized");
  if (found.test.accuracy >= ENOUGH) reached("grokked");
  if (found.step > 0 && found.step % WORDS_EVERY === 0) state.milestones.latest = found;
  const { memorized, grokked } = state.milestones;
  const stuck = state.settings.recipe.weightDecay === 0 && !grokked && memorized;
  if (stuck && found.step >= stuck.step + PATIENCE) reached("stuck");
}

// ---- pictures ----
/** @type {[Milestone, string][]} */
const MARKS = [["memorized", "class0"], ["grokked", "class1"]];

/** @type {(part: Part, state: State, color: Color) => void} */
function drawAll(part, state, color) {
  drawAccuracy(part("accuracy"), state, color);
  drawPlane(part("plane"), state, color);
  drawSpectrum(part("spectrum"), state, color);
  drawFlatness(part("flatness"), state, color);
}

/** @type {(state: State, width: number) => LogAxis} */
function stepAxis({ settings }, width) {
  return logAxis({ low: 1, high: settings.steps, hasZero: true }, 52, width - 12);
}

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawAccuracy(canvas, state, color) {
  const { context, width, height } = freshContext(canvas);
  const x = stepAxis(state, width);
  const y = { ...linearAxis(0, 1, height - 46, 26), hasZero: false };
  drawShareAxes(context, x, y, color);
  drawMilestones(context, x, y, state, color);
  for (const [set, name, dash] of TRAIN_AND_TEST) {
    context.setLineDash(dash);
    drawFound(context, x, state.found, (found) => y.at(found[set].accuracy), color(name));
    context.setLineDash([]);
  }
}

/**
 * As `drawAxes`, with a share of 0 to 100 % on a plain axis.
 * @type {(context: Context, x: LogAxis, y: Scale & Framed, color: Color) => void}
 */
function drawShareAxes(context, x, y, color) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    line(context, [x.from, y.at(share)], [x.to, y.at(share)], color("grid"));
    write(context, `${100 * share} %`, x.from - 6, y.at(share), "right", "middle");
  }
  for (const { value, label } of logTicks(x, 30)) {
    line(context, [x.at(value), y.from], [x.at(value), y.from + 5], color("muted"));
    write(context, label, x.at(value), y.from + 8, "center", "top");
  }
  drawFrame(context, x, y, color);
  write(context, "step (log scale)", (x.from + x.to) / 2, y.from + 27, "center", "top");
}

/**
 * Vertical lines where the network had memorized and grokked; the words stand on their side of the line.
 * @type {(context: Context, x: Scale, y: Span, state: { milestones: Milestones }, color: Color) => void}
 */
function drawMilestones(context, x, y, { milestones }, color) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1.5 });
  for (const [name, hue] of MARKS) {
    const milestone = milestones[name];
    if (!milestone) continue;
    const here = x.at(milestone.step);
    line(context, [here, y.from], [here, y.to], color("accent"));
    context.fillStyle = color(hue);
    write(context, name, here + 4, y.to - 6, "right", "bottom");
  }
}

/** @type {(context: Context, x: Scale, found: Found[], height: (found: Found) => number, strokeStyle: string) => void} */
function drawFound(context, x, found, height, strokeStyle) {
  Object.assign(context, { strokeStyle, lineWidth: 2.4, lineJoin: "round" });
  context.beginPath();
  found.forEach((each, i) => context[i ? "lineTo" : "moveTo"](x.at(each.step), height(each)));
  context.stroke();
}

const LOWEST = 1e-8; // what is smaller is drawn here: further down there is nothing to see

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawFlatness(canvas, state, color) {
  const { context, width, height } = freshContext(canvas);
  const x = stepAxis(state, width);
  const values = [0.1, 10, ...state.found.map(({ flatness }) => flatness)];
  const low = roundLog(Math.max(LOWEST, Math.min(...values)), true);
  const y = logAxis({ low, high: roundLog(Math.max(...values), false), hasZero: false }, height - 46, 26);
  drawAxes(context, x, y, color, "step (log scale)", "κ (log), nats");
  drawMilestones(context, x, y, { milestones: { grokked: state.milestones.grokked } }, color);
  drawFound(context, x, state.found, ({ flatness }) => y.at(Math.max(low, flatness)), color("text"));
}

const REACH = 1.55; // the plane goes this far from the center, where lengths are 1 in the mean

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawPlane(canvas, { found, settings }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * REACH);
  Object.assign(context, { strokeStyle: color("faint"), lineWidth: 1.2 });
  context.beginPath();
  context.arc(width / 2, height / 2, scale, 0, TURN);
  context.stroke();
  if (found.length === 0) return;
  const { points, frequency } = lastOf(found);
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

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawSpectrum(canvas, { found, settings }, color) {
  const { context, width, height } = freshContext(canvas);
  /** @type {number[]} */
  const spectrum = found.at(-1)?.spectrum ?? Array((settings.p - 1) / 2).fill(0);
  const [slot, floor] = [width / spectrum.length, height - 18];
  const unit = (floor - 4) / Math.max(0.25, ...spectrum);
  Object.assign(context, { font: "12px system-ui, sans-serif", lineWidth: 1 });
  spectrum.forEach((share, i) => {
    context.fillStyle = color(share === Math.max(...spectrum) ? "accent" : "faint");
    context.fillRect((i + 0.2) * slot, floor - unit * share, 0.6 * slot, unit * share);
    context.fillStyle = color("muted");
    write(context, String(i + 1), (i + 0.5) * slot, floor + 4, "center", "top");
  });
  line(context, [0, floor], [width, floor], color("muted"));
}

// ---- words ----

/** @type {(part: Part, state: State, phase: Phase) => void} */
function describe(part, state, phase) {
  showSettings(part);
  part("train").textContent = pressWords(phase, "Train");
  const words = wordsFor(state, phase);
  if (part("words").textContent !== words) part("words").textContent = words; // only what is new is read out
  const now = state.found.at(-1);
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
  step: ({ step }) => String(step),
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
 * What is known, in sentences that change only at a milestone.
 * @type {(state: State, phase: Phase) => string}
 */
function wordsFor({ milestones, settings, found }, phase) {
  if (phase === "failed") return "This page does not let the network train: it forbids both workers and scripts.";
  if (found.length === 0) return phase === "running" ? "Training." : "Not trained yet. Press Train.";
  const { memorized, grokked, latest, stuck } = milestones;
  const sentences = [memorized ? memorizedWords(memorized) : "The network is learning the training pairs."];
  if (grokked) sentences.push(grokkedWords(grokked, memorized));
  else if (stuck) sentences.push(stuckWords(stuck));
  if (latest && !grokked) sentences.push(`At step ${latest.step}: test accuracy ${percent(latest.test.accuracy)}.`);
  if (phase === "paused") sentences.push("Paused.");
  if (phase === "ended") sentences.push(endWords(settings, grokked));
  return sentences.join(" ");
}

/** @type {(found: Found) => string} */
function memorizedWords({ step, train, test }) {
  return (
    `Memorized at step ${step}: ${percent(train.accuracy)} of the training pairs are right, ` +
    `and ${percent(test.accuracy)} of the test pairs.`
  );
}

/** @type {(found: Reached, memorized: Found | undefined) => string} */
function grokkedWords({ step, test, seconds }, memorized) {
  const delay = memorized && memorized.step > 0 ? `, ${spell(step / memorized.step)} times as late as memorized` : "";
  return (
    `Grokked at step ${step}${delay} (after ${seconds.toFixed(1)} s): ${percent(test.accuracy)} of the pairs that ` +
    `it never saw are right.`
  );
}

/** @type {(found: Found) => string} */
function stuckWords({ train, norm }) {
  return (
    `It will not grok: weight decay is 0. The training loss is down to ${spell(train.loss)} nats, so the pairs ` +
    `learnt by heart leave almost nothing to gain, and nothing shrinks the weights (norm ${spell(norm)}). Weight ` +
    `decay is what makes the large weights of a table cost more than the small ones of the rule. Choose a weight ` +
    `decay above 0 and train again.`
  );
}

/** @type {(settings: Settings, grokked: Found | undefined) => string} */
function endWords({ steps, recipe, fraction }, grokked) {
  if (grokked) return `Ended after ${steps} steps.`;
  if (recipe.weightDecay === 0) return `Ended after ${steps} steps without grokking.`;
  return (
    `Ended after ${steps} steps without grokking, at weight decay ${recipe.weightDecay} and training share ` +
    `${fraction}: try more pairs, another weight decay, or another seed.`
  );
}
