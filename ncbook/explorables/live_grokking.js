// A network that groks while it is watched. The text of live_grokking_engine.js comes with the data; it runs in a
// worker, or in slices on this thread where the page may start no worker. Pixels are CSS pixels; y points up in the
// data.

const ENOUGH = 0.99; // memorised and grokked from this accuracy on
const WORDS_EVERY = 500; // steps between two sentences for a screen reader
const PATIENCE = 1000; // steps after memorising from which a network without weight decay is explained

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const state = newState(data.settings, part);
  const draw = () => {
    if (root.clientWidth > 0) drawAll(part, state, themeColours(root));
    describe(part, state);
  };
  const stop = (phase) => {
    state.training?.stop();
    state.training = null;
    setPhase(state, phase);
  };
  const heard = (found) => {
    if (!root.isConnected) return stop("new"); // the cell ran again and this output is gone
    found.forEach((each) => take(state, each));
    if (state.found.at(-1)?.step >= data.settings.steps) stop("ended");
    requestAnimationFrame(draw);
  };
  const failed = () => {
    stop("failed");
    draw();
  };
  const reset = () => {
    stop("new");
    Object.assign(state, newState(data.settings, part));
    draw();
  };
  const train = () => {
    if (state.training === null) {
      reset();
      state.training = launch(data.engine, state.settings, heard, failed);
    } else if (state.phase === "running") state.training.pause();
    else state.training.resume();
    setPhase(state, state.phase === "running" ? "paused" : "running");
    draw();
  };
  part("train").addEventListener("click", train);
  part("reset").addEventListener("click", reset);
  for (const name of ["decay", "fraction", "seed"]) part(name).addEventListener("change", reset);
  for (const name of ["decay", "fraction"]) part(name).addEventListener("input", () => showSettings(part));
  redrawOnChange(root, draw);
  draw();
}

// ---- what is known of the network ----

/** phase is new, running, paused, ended or failed; found holds what the engine measured, in the order of steps. */
function newState(settings, part) {
  const value = (name) => Number(part(name).value);
  const recipe = { ...settings.recipe, weightDecay: value("decay") };
  return {
    settings: { ...settings, fraction: value("fraction"), seed: value("seed"), recipe },
    training: null,
    phase: "new",
    found: [],
    milestones: {}, // name -> the measurement in which it was seen first, and the seconds of training until then
    seconds: 0,
    since: null,
  };
}

/** Also keeps the time: only seconds in which the network trains are counted. */
function setPhase(state, phase) {
  state.seconds = secondsOf(state);
  state.since = phase === "running" ? performance.now() : null;
  state.phase = phase;
}

function secondsOf({ seconds, since }) {
  return since === null ? seconds : seconds + (performance.now() - since) / 1000;
}

function take(state, found) {
  state.found.push(found);
  const reached = (name) => (state.milestones[name] ??= { ...found, seconds: secondsOf(state) });
  if (found.train.accuracy >= ENOUGH) reached("memorised");
  if (found.test.accuracy >= ENOUGH) reached("grokked");
  if (found.step > 0 && found.step % WORDS_EVERY === 0) state.milestones.latest = found;
  const stuck = state.settings.recipe.weightDecay === 0 && !state.milestones.grokked && state.milestones.memorised;
  if (stuck && found.step >= stuck.step + PATIENCE) reached("stuck");
}

// ---- training, in a worker or here ----

/** {pause, resume, stop} of a training that sends what it finds to `heard`; `failed` is called when none can run. */
function launch(engine, settings, heard, failed) {
  let [training, paused, stopped, spoke] = [null, false, false, false];
  const hear = (found) => {
    spoke = true;
    if (!stopped) heard(found);
  };
  const fallBack = () => {
    training?.stop();
    training = stopped ? null : trainHere(engine, settings, hear);
    if (training === null) return failed();
    if (paused) training.pause();
  };
  try {
    // a page that may start no worker says so at once or by an error before the first word
    training = trainInWorker(engine, settings, hear, () => !stopped && (spoke ? failed() : fallBack()));
  } catch {
    setTimeout(fallBack); // after the caller has what this function returns
  }
  const order = (name) => {
    paused = name === "pause";
    training?.[name]();
  };
  const stop = () => {
    stopped = true;
    training?.stop();
  };
  return { pause: () => order("pause"), resume: () => order("resume"), stop };
}

function trainInWorker(engine, settings, hear, failed) {
  const address = URL.createObjectURL(new Blob([engine, "\nserve(self);"], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = (event) => {
    event.preventDefault();
    failed();
  };
  worker.postMessage(settings);
  const order = (name) => () => worker.postMessage(name);
  return { pause: order("pause"), resume: order("resume"), stop: () => worker.terminate() };
}

/** The same on this thread, in slices short enough for the page to stay awake; null where even that is forbidden. */
function trainHere(engine, settings, hear) {
  const script = document.createElement("script"); // runs wherever the script that you read runs, unlike `eval`
  script.textContent = `document.currentScript.ncTrain = (() => {${engine}\nreturn trainInSlices;})();`;
  document.head.append(script);
  script.remove();
  const training = script.ncTrain?.(settings, 25, hear) ?? null;
  return training && { ...training, stop: training.pause };
}

// ---- pictures ----

function drawAll(part, state, colour) {
  drawAccuracy(part("accuracy"), state, colour);
  drawPlane(part("plane"), state, colour);
  drawSpectrum(part("spectrum"), state, colour);
  drawFlatness(part("flatness"), state, colour);
}

function stepAxis({ settings }, width) {
  return logAxis({ low: 1, high: settings.steps, hasZero: true }, 52, width - 12);
}

function drawAccuracy(canvas, state, colour) {
  const { context, width, height } = freshContext(canvas);
  const x = stepAxis(state, width);
  const y = { from: height - 46, to: 26, hasZero: false };
  y.at = (share) => y.from + share * (y.to - y.from);
  drawShareAxes(context, x, y, colour);
  drawMilestones(context, x, y, state, colour);
  for (const [set, name, dash] of [["test", "second", [6, 4]], ["train", "text", []]]) {
    context.setLineDash(dash);
    drawFound(context, x, state.found, (found) => y.at(found[set].accuracy), colour(name));
    context.setLineDash([]);
  }
}

/** As `drawAxes`, with a share of 0 to 100 % on a plain axis. */
function drawShareAxes(context, x, y, colour) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    line(context, [x.from, y.at(share)], [x.to, y.at(share)], colour("grid"));
    write(context, `${100 * share} %`, x.from - 6, y.at(share), "right", "middle");
  }
  for (const { value, label } of logTicks(x, 30)) {
    line(context, [x.at(value), y.from], [x.at(value), y.from + 5], colour("muted"));
    write(context, label, x.at(value), y.from + 8, "center", "top");
  }
  drawFrame(context, x, y, colour);
  write(context, "step (log scale)", (x.from + x.to) / 2, y.from + 27, "center", "top");
}

/** Vertical lines where the network had memorised and grokked; the words stand on their side of the line. */
function drawMilestones(context, x, y, { milestones }, colour) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1.5 });
  for (const [name, side, hue] of [["memorised", "right", "text"], ["grokked", "right", "second"]]) {
    if (!milestones[name]) continue;
    const here = x.at(milestones[name].step);
    line(context, [here, y.from], [here, y.to], colour("accent"));
    context.fillStyle = colour(hue);
    write(context, name, here + 4, y.to - 6, side, "bottom");
  }
}

function drawFound(context, x, found, height, strokeStyle) {
  Object.assign(context, { strokeStyle, lineWidth: 2.4, lineJoin: "round" });
  context.beginPath();
  found.forEach((each, i) => context[i ? "lineTo" : "moveTo"](x.at(each.step), height(each)));
  context.stroke();
}

const LOWEST = 1e-8; // what is smaller is drawn here: further down there is nothing to see

function drawFlatness(canvas, state, colour) {
  const { context, width, height } = freshContext(canvas);
  const x = stepAxis(state, width);
  const values = [0.1, 10, ...state.found.map(({ flatness }) => flatness)];
  const low = roundLog(Math.max(LOWEST, Math.min(...values)), true);
  const y = logAxis({ low, high: roundLog(Math.max(...values), false), hasZero: false }, height - 46, 26);
  drawAxes(context, x, y, colour, "step (log scale)", "κ (log), nats");
  drawMilestones(context, x, y, { milestones: { grokked: state.milestones.grokked } }, colour);
  drawFound(context, x, state.found, ({ flatness }) => y.at(Math.max(low, flatness)), colour("text"));
}

const REACH = 1.55; // the plane goes this far from the centre, where lengths are 1 in the mean

function drawPlane(canvas, { found, settings }, colour) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * REACH);
  Object.assign(context, { strokeStyle: colour("faint"), lineWidth: 1.2 });
  context.beginPath();
  context.arc(width / 2, height / 2, scale, 0, TURN);
  context.stroke();
  if (found.length === 0) return;
  const { points, frequency } = found.at(-1);
  const place = (x) => [width / 2 + scale * points[2 * x], height / 2 - scale * points[2 * x + 1]];
  const places = ringOrder(settings.p, frequency).map((x) => [x, ...place(x)]);
  Object.assign(context, { strokeStyle: colour("accent"), lineWidth: 1.2, globalAlpha: 0.7 });
  context.beginPath();
  polygon(context, places.map(([, ...at]) => at));
  context.stroke();
  context.globalAlpha = 1;
  for (const [x, ...at] of places) drawNumber(context, String(x), at, colour);
}

/** The numbers in the order in which a wave of this frequency goes round: each step adds 1/p of a turn. */
function ringOrder(p, frequency) {
  const order = Array(p);
  for (let x = 0; x < p; x += 1) order[(frequency * x) % p] = x;
  return order;
}

function drawNumber(context, text, at, colour) {
  Object.assign(context, { font: "bold 12px system-ui, sans-serif", lineWidth: 4, lineJoin: "round" });
  Object.assign(context, { textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { strokeStyle: colour("back"), fillStyle: colour("text") });
  context.strokeText(text, ...at);
  context.fillText(text, ...at);
}

function drawSpectrum(canvas, { found, settings }, colour) {
  const { context, width, height } = freshContext(canvas);
  const spectrum = found.at(-1)?.spectrum ?? Array((settings.p - 1) / 2).fill(0);
  const [slot, floor] = [width / spectrum.length, height - 18];
  const unit = (floor - 4) / Math.max(0.25, ...spectrum);
  Object.assign(context, { font: "12px system-ui, sans-serif", lineWidth: 1 });
  spectrum.forEach((share, i) => {
    context.fillStyle = colour(share === Math.max(...spectrum) ? "accent" : "faint");
    context.fillRect((i + 0.2) * slot, floor - unit * share, 0.6 * slot, unit * share);
    context.fillStyle = colour("muted");
    write(context, String(i + 1), (i + 0.5) * slot, floor + 4, "center", "top");
  });
  line(context, [0, floor], [width, floor], colour("muted"));
}

// ---- words ----

function describe(part, state) {
  showSettings(part);
  part("train").textContent = state.phase === "running" ? "Pause" : state.phase === "paused" ? "Continue" : "Train";
  const words = wordsFor(state);
  if (part("words").textContent !== words) part("words").textContent = words; // only what is new is read out
  const now = state.found.at(-1);
  showNumbers(part, now);
  namePictures(part, now);
}

function showSettings(part) {
  part("decay-now").textContent = part("decay").value;
  part("fraction-now").textContent = part("fraction").value;
}

const percent = (share) => `${Math.floor(100 * share)} %`; // never 100 % with a pair wrong

const NUMBERS = {
  "train-accuracy": ({ train }) => percent(train.accuracy),
  "test-accuracy": ({ test }) => percent(test.accuracy),
  step: ({ step }) => step,
  frequency: ({ frequency }) => frequency,
  share: ({ spectrum }) => percent(Math.max(...spectrum)),
  kappa: ({ flatness }) => spell(flatness),
  loss: ({ train }) => spell(train.loss),
  norm: ({ norm }) => spell(norm),
};

function showNumbers(part, now) {
  for (const [name, value] of Object.entries(NUMBERS)) part(name).textContent = now ? value(now) : "–";
}

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

function namePictures(part, now) {
  for (const [name, [title, value]] of Object.entries(PICTURES)) {
    const label = now ? `${title}; at step ${now.step}: ${value(now)}.` : `${title}: not trained yet.`;
    part(name).setAttribute("aria-label", label);
  }
}

/** What is known, in sentences that change only at a milestone. */
function wordsFor({ phase, milestones, settings, found }) {
  if (phase === "failed") return "This page does not let the network train: it forbids both workers and scripts.";
  if (found.length === 0) return phase === "running" ? "Training." : "Not trained yet. Press Train.";
  const { memorised, grokked, latest, stuck } = milestones;
  const sentences = [memorised ? memorisedWords(memorised) : "The network is learning the training pairs."];
  if (grokked) sentences.push(grokkedWords(grokked, memorised));
  else if (stuck) sentences.push(stuckWords(stuck));
  if (latest && !grokked) sentences.push(`At step ${latest.step}: test accuracy ${percent(latest.test.accuracy)}.`);
  if (phase === "paused") sentences.push("Paused.");
  if (phase === "ended") sentences.push(endWords(settings, grokked));
  return sentences.join(" ");
}

function memorisedWords({ step, train, test }) {
  return (
    `Memorised at step ${step}: ${percent(train.accuracy)} of the training pairs are right, ` +
    `and ${percent(test.accuracy)} of the test pairs.`
  );
}

function grokkedWords({ step, test, seconds }, memorised) {
  const delay = memorised && memorised.step > 0 ? `, ${spell(step / memorised.step)} times as late as memorised` : "";
  return (
    `Grokked at step ${step}${delay} (after ${seconds.toFixed(1)} s): ${percent(test.accuracy)} of the pairs that ` +
    `it never saw are right.`
  );
}

function stuckWords({ train, norm }) {
  return (
    `It will not grok: weight decay is 0. The training loss is down to ${spell(train.loss)} nats, so the pairs ` +
    `learnt by heart leave almost nothing to gain, and nothing shrinks the weights (norm ${spell(norm)}). Weight ` +
    `decay is what makes the large weights of a table cost more than the small ones of the rule. Choose a weight ` +
    `decay above 0 and train again.`
  );
}

function endWords({ steps, recipe, fraction }, grokked) {
  if (grokked) return `Ended after ${steps} steps.`;
  if (recipe.weightDecay === 0) return `Ended after ${steps} steps without grokking.`;
  return (
    `Ended after ${steps} steps without grokking, at weight decay ${recipe.weightDecay} and training share ` +
    `${fraction}: try more pairs, another weight decay, or another seed.`
  );
}
