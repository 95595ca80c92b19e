// Left: points of two classes and the separating lines of three methods at one step. Right: their angles to the line
// of largest margin over all steps. Everything is computed here, from the points; implicit_bias.py gives the first.

const LAST = 10000;
const FRAMES = 61;
const STEPS = [...new Set(Array.from({ length: FRAMES }, (_, i) => Math.round(LAST ** (i / (FRAMES - 1)))))];
const METHODS = [
  { name: "logistic", dash: [], ink: "accent" },
  { name: "square", dash: [8, 4], ink: "class2" },
  { name: "adam", dash: [2, 4], ink: "class1" },
];

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const [slider, set, point] = [part("slider"), part("set"), part("point")];
  const [across, up] = [part("across"), part("up")];
  slider.max = STEPS.length - 1;
  let state = null;
  const load = () => {
    const { points, labels } = data.sets[Number(set.value)];
    state = { points: points.map((each) => [...each]), labels };
    recompute();
  };
  const recompute = () => {
    Object.assign(state, solve(state.points, state.labels));
    const [x, y] = state.points[Number(point.value)];
    [across.value, up.value] = [x, y];
    draw();
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const frame = Number(slider.value);
    drawPlane(part("plane"), state, frame, Number(point.value), data.reach, themeColours(root));
    drawAngles(part("curves"), state, frame, themeColours(root));
    describe(part, state, frame);
  };
  const settled = () => {
    const labels = ["plane", "curves"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  const move = () => {
    state.points[Number(point.value)] = [Number(across.value), Number(up.value)];
    recompute();
  };
  set.addEventListener("change", () => (load(), settled()));
  point.addEventListener("change", recompute);
  for (const control of [across, up]) {
    control.addEventListener("input", move);
    control.addEventListener("change", settled);
  }
  wireDrag(part("plane"), data.reach, () => state.points, (nearest, place) => {
    point.value = nearest;
    state.points[nearest] = place;
    recompute();
  }, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  load();
}

/** Calls moved(index, [x, y]) while the reader drags the point that was nearest when the pointer went down. */
function wireDrag(canvas, reach, points, moved, settled) {
  let held = null;
  const place = ({ offsetX, offsetY }) => {
    const scale = Math.min(canvas.clientWidth, canvas.clientHeight) / (2 * reach);
    const at = [(offsetX - canvas.clientWidth / 2) / scale, (canvas.clientHeight / 2 - offsetY) / scale];
    return at.map((value) => Math.max(-reach, Math.min(reach, Math.round(20 * value) / 20)));
  };
  const far = ([x, y]) => ([a, b]) => Math.hypot(a - x, b - y);
  canvas.style.touchAction = "pan-y"; // a phone still scrolls
  canvas.addEventListener("pointerdown", (event) => {
    const distances = points().map(far(place(event)));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] > 0.4) return;
    held = nearest;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => held !== null && moved(held, place(event)));
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (held !== null) settled();
      held = null;
    });
  }
}

// ---- the descents ----

const dot = (a, b) => a[0] * b[0] + a[1] * b[1];
const unit = (w) => w.map((value) => value / Math.hypot(...w));
const softplus = (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
const logAdd = (a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

/** The largest-margin direction, and for each method w at each of STEPS; `logTimes` are those of the logistic one. */
function solve(points, labels) {
  const signed = points.map((point, i) => point.map((value) => labels[i] * value));
  const best = maxMargin(signed);
  const { weights, logTimes } = logistic(signed);
  return { best, logTimes, paths: { logistic: weights, square: square(signed), adam: adam(signed) } };
}

/** The unit vector of largest margin, or null where no line through the centre separates the points. */
function maxMargin(signed) {
  const candidates = signed.filter((z) => Math.hypot(...z) > 0).map(unit);
  for (const [i, a] of signed.entries()) {
    for (const b of signed.slice(i + 1)) {
      const normal = [b[1] - a[1], a[0] - b[0]]; // both points get the same margin
      if (Math.hypot(...normal) > 0) candidates.push(unit(normal), unit(normal).map((value) => -value));
    }
  }
  const margin = (w) => Math.min(...signed.map((z) => dot(w, z)));
  const best = candidates.reduce((a, b) => (margin(b) > margin(a) ? b : a));
  return margin(best) > 1e-9 ? best : null;
}

/** log of log(1 + e^-m), right also where that underflows. */
const logTerm = (m) => (m > 40 ? -m : Math.log(softplus(-m)));

/** Gradient descent in steps rate / loss, with everything in logarithms: the loss itself soon underflows. */
function logistic(signed) {
  const rate = 1 / Math.max(...signed.map((z) => dot(z, z)));
  let [w, logTime] = [[0, 0], -Infinity];
  const [weights, logTimes] = [[], []];
  for (let step = 1; step <= LAST; step += 1) {
    const margins = signed.map((z) => dot(w, z));
    const logLoss = margins.map(logTerm).reduce(logAdd, -1e300) - Math.log(signed.length);
    const shares = margins.map((m) => Math.exp(-softplus(m) - logLoss) / signed.length);
    w = advance(w, signed, shares, rate);
    logTime = step === 1 ? Math.log(rate) - logLoss : logAdd(logTime, Math.log(rate) - logLoss);
    if (STEPS.includes(step)) [weights.push(w), logTimes.push(logTime)];
  }
  return { weights, logTimes };
}

/** w plus rate times the sum of shares_i z_i. */
function advance(w, signed, shares, rate) {
  return [0, 1].map((axis) => w[axis] + rate * signed.reduce((sum, z, i) => sum + shares[i] * z[axis], 0));
}

/** Gradient descent on the mean of (1 - margin)^2 / 2. */
function square(signed) {
  const rate = 1 / signed.reduce((sum, z) => sum + dot(z, z), 0);
  return walk((w) => advance(w, signed, signed.map((z) => 1 - dot(w, z)), rate));
}

/** Adam with its usual settings and a learning rate of 0.01 on the mean logistic loss. */
function adam(signed) {
  let [first, second] = [[0, 0], [0, 0]];
  return walk((w, step) => {
    const shares = signed.map((z) => Math.exp(-softplus(dot(w, z))) / signed.length);
    const slope = advance([0, 0], signed, shares, -1);
    first = first.map((value, axis) => 0.9 * value + 0.1 * slope[axis]);
    second = second.map((value, axis) => 0.999 * value + 0.001 * slope[axis] ** 2);
    return w.map((value, axis) => {
      const [mean, size] = [first[axis] / (1 - 0.9 ** step), second[axis] / (1 - 0.999 ** step)];
      return value - (0.01 * mean) / (Math.sqrt(size) + 1e-8);
    });
  });
}

/** The weights at each of STEPS, from 0 on. */
function walk(advanceOne) {
  let w = [0, 0];
  const kept = [];
  for (let step = 1; step <= LAST; step += 1) {
    w = advanceOne(w, step);
    if (STEPS.includes(step)) kept.push(w);
  }
  return kept;
}

/** Degrees between w and the direction of largest margin; null where there is none. */
function degrees(best, w) {
  if (best === null) return null;
  const cross = best[0] * w[1] - best[1] * w[0];
  return (360 / TURN) * Math.abs(Math.atan2(cross, dot(best, w)));
}

// ---- pictures ----

function drawPlane(canvas, state, frame, chosen, reach, colour) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * reach);
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  const across = (w) => [-1, 1].map((sign) => place(unit([-w[1], w[0]]).map((value) => 2 * sign * reach * value)));
  if (state.best !== null) {
    context.lineWidth = 9;
    line(context, ...across(state.best), colour("faint"));
  }
  for (const { name, dash, ink } of METHODS) {
    context.setLineDash(dash);
    context.lineWidth = 2.5;
    line(context, ...across(state.paths[name][frame]), colour(ink));
  }
  context.setLineDash([]);
  state.points.forEach((point, i) => {
    const c = state.labels[i] > 0 ? 0 : 1;
    context.lineWidth = i === chosen ? 3 : 1.2;
    const strokeStyle = colour(i === chosen ? "text" : "back");
    mark(context, c, place(point), i === chosen ? 7.5 : 6, { fillStyle: colour(`class${c}`), strokeStyle });
  });
}

const FLOOR = 0.001; // degrees; nothing finer is drawn

function drawAngles(canvas, state, frame, colour) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: 1, high: LAST, hasZero: false }, 58, width - 24);
  const y = logAxis({ low: FLOOR, high: 200, hasZero: false }, height - 46, 26);
  drawAxes(context, x, y, colour, "step (log scale)", "degrees (log)");
  for (const { name, dash, ink } of METHODS) {
    const angles = state.paths[name].map((w) => degrees(state.best, w));
    context.setLineDash(dash);
    const drawn = angles.map((value) => value && Math.max(value, FLOOR));
    drawCurve(context, x, y, STEPS, drawn, colour(ink), 2.4, 1);
    context.setLineDash([]);
    const here = [x.at(STEPS[frame]), drawn[frame] && y.at(drawn[frame])];
    if (here[1]) mark(context, 0, here, 5, { fillStyle: colour(ink), strokeStyle: colour("back") });
  }
  context.lineWidth = 1.5;
  line(context, [x.at(STEPS[frame]), y.from], [x.at(STEPS[frame]), y.to], colour("faint"));
}

// ---- words ----

function describe(part, { best, paths, logTimes }, frame) {
  const step = STEPS[frame];
  const log = logTimes[frame]; // below 0 a product with it says nothing yet
  const time = (log / Math.LN10).toFixed(1);
  const off = Object.fromEntries(METHODS.map(({ name }) => [name, spell(degrees(best, paths[name][frame]))]));
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("now").textContent = step;
  part("time").textContent = time;
  part("product").textContent =
    best === null ? "not defined" : log > 0 ? spell(distance(best, paths.logistic[frame]) * log) : "from t = 1 on";
  const words = `logistic ${off.logistic}, square loss ${off.square}, Adam ${off.adam}`;
  part("plane").setAttribute(
    "aria-label",
    best === null
      ? `Step ${step}: no line through the centre separates the two classes, so that no margin is largest.`
      : `Step ${step}: degrees between each line and that of largest margin: ${words}.`,
  );
  part("curves").setAttribute("aria-label", `Angles in degrees at step ${step}: ${words}. Time of the flow: ten to the ${time}.`);
}

function distance(best, w) {
  const own = unit(w);
  return Math.hypot(own[0] - best[0], own[1] - best[1]);
}
