// Left: points of two classes and the separating lines of three methods at one step. Right: their angles to the line
// of largest margin over all steps. Everything is computed here, from the points; implicit_bias.py gives the first.

const LAST = 10000;
const FRAMES = 61;
const STEPS = [...new Set(Array.from({ length: FRAMES }, (_, i) => Math.round(LAST ** (i / (FRAMES - 1)))))];
/** @type {{ name: Method, dash: number[], ink: string }[]} */
const METHODS = [
  { name: "scaled", dash: [], ink: "class0" },
  { name: "square", dash: [8, 4], ink: "class2" },
  { name: "adam", dash: [2, 4], ink: "class1" },
];

/**
 * @typedef {"scaled" | "square" | "adam"} Method
 * @typedef {{ points: Point[], labels: number[] }} Points
 * @typedef {{ best: Point | null, logTimes: number[], paths: Record<Method, Point[]> }} Solved
 * @typedef {Points & Solved} State
 */

/** @type {(root: HTMLElement, data: { sets: Points[], reach: number }) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, set, point] = [part("slider"), part("set"), part("point")];
  const [across, up, scale] = [part("across"), part("up"), part("scale")];
  slider.max = String(STEPS.length - 1);
  namePlaces(slider, STEPS);
  /** @type {State} */
  let state;
  const load = () => {
    const { points, labels } = data.sets[Number(set.value)];
    take(points.map((each) => [...each]), labels);
  };
  /** @type {(points: Point[], labels: number[]) => void} */
  const take = (points, labels) => {
    state = { points, labels, ...solve(points, labels) };
    const [x, y] = state.points[Number(point.value)];
    [across.value, up.value] = [String(x), String(y)];
    draw();
  };
  const again = () => take(state.points, state.labels);
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const frame = Number(slider.value);
    drawPlane(part("plane"), state, frame, Number(point.value), data.reach, themeColors(root));
    drawAngles(part("curves"), state, frame, scale.value, themeColors(root));
    describe(part, state, frame);
  };
  const settled = () => {
    const labels = ["plane", "curves"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  const move = () => {
    state.points[Number(point.value)] = [Number(across.value), Number(up.value)];
    again();
  };
  wireChoices([set], load, settled);
  wireChoices([scale], draw, settled);
  point.addEventListener("change", again);
  for (const control of [across, up]) {
    control.addEventListener("input", move);
    control.addEventListener("change", settled);
  }
  wireDrag(part("plane"), data.reach, () => state.points, (nearest, place) => {
    point.value = String(nearest);
    state.points[nearest] = place;
    again();
  }, settled);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  load();
}

/**
 * Calls moved(index, [x, y]) while the reader drags the point that was nearest when the pointer went down.
 * @type {(canvas: Canvas, reach: number, points: () => Point[], moved: (i: number, to: Point) => void, settled: () => void) => void}
 */
function wireDrag(canvas, reach, points, moved, settled) {
  /** @type {number | null} */
  let held = null;
  /** @type {(event: PointerEvent) => Point} */
  const place = ({ offsetX, offsetY }) => {
    const scale = Math.min(canvas.clientWidth, canvas.clientHeight) / (2 * reach);
    /** @type {(value: number) => number} */
    const onGrid = (value) => Math.max(-reach, Math.min(reach, Math.round(20 * value) / 20));
    return [onGrid((offsetX - canvas.clientWidth / 2) / scale), onGrid((canvas.clientHeight / 2 - offsetY) / scale)];
  };
  /** @type {(from: Point) => (to: Point) => number} */
  const far = ([x, y]) => ([a, b]) => Math.hypot(a - x, b - y);
  canvas.style.touchAction = "pan-y"; // a phone still scrolls
  canvas.addEventListener("pointerdown", (event) => {
    const distances = points().map(far(place(event)));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] > 0.4) return;
    held = nearest;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held !== null) moved(held, place(event));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (held !== null) settled();
      held = null;
    });
  }
}

// ---- the descents ----

/** @type {(a: Point, b: Point) => number} */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1];
/** @type {(w: Point) => Point} */
const unit = (w) => [w[0] / Math.hypot(...w), w[1] / Math.hypot(...w)];
/** @type {(value: number) => number} */
const softplus = (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
/** @type {(a: number, b: number) => number} */
const logAdd = (a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

/**
 * The largest-margin direction, and for each method w at each of STEPS; `logTimes` are those of the logistic one.
 * @type {(points: Point[], labels: number[]) => Solved}
 */
function solve(points, labels) {
  /** @type {Point[]} */
  const signed = points.map(([x, y], i) => [labels[i] * x, labels[i] * y]);
  const best = maxMargin(signed);
  const { weights, logTimes } = logistic(signed);
  return { best, logTimes, paths: { scaled: weights, square: square(signed), adam: adam(signed) } };
}

/**
 * The unit vector of largest margin, or null where no line through the center separates the points.
 * @type {(signed: Point[]) => Point | null}
 */
function maxMargin(signed) {
  const candidates = signed.filter((z) => Math.hypot(...z) > 0).map(unit);
  for (const [i, a] of signed.entries()) {
    for (const b of signed.slice(i + 1)) {
      /** @type {Point} */
      const normal = [b[1] - a[1], a[0] - b[0]]; // both points get the same margin
      if (Math.hypot(...normal) > 0) candidates.push(unit(normal), unit([-normal[0], -normal[1]]));
    }
  }
  /** @type {(w: Point) => number} */
  const margin = (w) => Math.min(...signed.map((z) => dot(w, z)));
  const best = candidates.reduce((a, b) => (margin(b) > margin(a) ? b : a));
  return margin(best) > 1e-9 ? best : null;
}

/**
 * log of log(1 + e^-m), right also where that underflows.
 * @type {(m: number) => number}
 */
const logTerm = (m) => (m > 40 ? -m : Math.log(softplus(-m)));

/**
 * Gradient descent in steps rate / loss, with everything in logarithms: the loss itself soon underflows.
 * @type {(signed: Point[]) => { weights: Point[], logTimes: number[] }}
 */
function logistic(signed) {
  const rate = 1 / Math.max(...signed.map((z) => dot(z, z)));
  /** @type {Point} */
  let w = [0, 0];
  let logTime = -Infinity;
  /** @type {Point[]} */
  const weights = [];
  /** @type {number[]} */
  const logTimes = [];
  for (let step = 1; step <= LAST; step += 1) {
    const margins = signed.map((z) => dot(w, z));
    const logLoss = margins.map(logTerm).reduce(logAdd, -1e300) - Math.log(signed.length);
    const shares = margins.map((m) => Math.exp(-softplus(m) - logLoss) / signed.length);
    w = advance(w, signed, shares, rate);
    logTime = step === 1 ? Math.log(rate) - logLoss : logAdd(logTime, Math.log(rate) - logLoss);
    if (!STEPS.includes(step)) continue;
    weights.push(w);
    logTimes.push(logTime);
  }
  return { weights, logTimes };
}

/**
 * w plus rate times the sum of shares_i z_i.
 * @type {(w: Point, signed: Point[], shares: number[], rate: number) => Point}
 */
function advance(w, signed, shares, rate) {
  /** @type {(axis: 0 | 1) => number} */
  const along = (axis) => w[axis] + rate * signed.reduce((sum, z, i) => sum + shares[i] * z[axis], 0);
  return [along(0), along(1)];
}

/**
 * Gradient descent on the mean of (1 - margin)^2 / 2.
 * @type {(signed: Point[]) => Point[]}
 */
function square(signed) {
  const rate = 1 / signed.reduce((sum, z) => sum + dot(z, z), 0);
  return walk((w) => advance(w, signed, signed.map((z) => 1 - dot(w, z)), rate));
}

/**
 * Adam with its usual settings and a learning rate of 0.01 on the mean logistic loss.
 * @type {(signed: Point[]) => Point[]}
 */
function adam(signed) {
  let [first, second] = [[0, 0], [0, 0]];
  return walk((w, step) => {
    const shares = signed.map((z) => Math.exp(-softplus(dot(w, z))) / signed.length);
    const slope = advance([0, 0], signed, shares, -1);
    first = first.map((value, axis) => 0.9 * value + 0.1 * slope[axis]);
    second = second.map((value, axis) => 0.999 * value + 0.001 * slope[axis] ** 2);
    /** @type {(axis: 0 | 1) => number} */
    const along = (axis) => {
      const [mean, size] = [first[axis] / (1 - 0.9 ** step), second[axis] / (1 - 0.999 ** step)];
      return w[axis] - (0.01 * mean) / (Math.sqrt(size) + 1e-8);
    };
    return [along(0), along(1)];
  });
}

/**
 * The weights at each of STEPS, from 0 on.
 * @type {(advanceOne: (w: Point, step: number) => Point) => Point[]}
 */
function walk(advanceOne) {
  /** @type {Point} */
  let w = [0, 0];
  /** @type {Point[]} */
  const kept = [];
  for (let step = 1; step <= LAST; step += 1) {
    w = advanceOne(w, step);
    if (STEPS.includes(step)) kept.push(w);
  }
  return kept;
}

/**
 * Degrees between w and the direction of largest margin; null where there is none.
 * @type {(best: Point | null, w: Point) => number | null}
 */
function degrees(best, w) {
  if (best === null) return null;
  const cross = best[0] * w[1] - best[1] * w[0];
  return (360 / TURN) * Math.abs(Math.atan2(cross, dot(best, w)));
}

// ---- pictures ----

/** @type {(canvas: Canvas, state: State, frame: number, chosen: number, reach: number, color: Color) => void} */
function drawPlane(canvas, state, frame, chosen, reach, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * reach);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  /** @type {(w: Point, sign: number) => Point} */
  const end = (w, sign) => {
    const [x, y] = unit([-w[1], w[0]]);
    return place([2 * sign * reach * x, 2 * sign * reach * y]);
  };
  if (state.best !== null) {
    context.lineWidth = 9;
    line(context, end(state.best, -1), end(state.best, 1), color("faint"));
  }
  for (const { name, dash, ink } of METHODS) {
    context.setLineDash(dash);
    context.lineWidth = 2.5;
    line(context, end(state.paths[name][frame], -1), end(state.paths[name][frame], 1), color(ink));
  }
  context.setLineDash([]);
  state.points.forEach((point, i) => {
    const c = state.labels[i] > 0 ? 0 : 1;
    context.lineWidth = i === chosen ? 3 : 1.2;
    const strokeStyle = color(i === chosen ? "text" : "back");
    mark(context, c, place(point), i === chosen ? 7.5 : 6, { fillStyle: color(`class${c}`), strokeStyle });
  });
}

const FLOOR = 0.001; // degrees; a logarithmic axis shows nothing finer

/** @type {(canvas: Canvas, state: State, frame: number, scale: string, color: Color) => void} */
function drawAngles(canvas, state, frame, scale, color) {
  const { context, width, height } = freshContext(canvas);
  const angles = METHODS.map(({ name }) => state.paths[name].map((w) => degrees(state.best, w)));
  const x = logAxis({ low: 1, high: LAST, hasZero: false }, 58, width - 24);
  const y = scale === "log" ? logDegrees(height) : linearDegrees(angles, height);
  drawAxes(context, x, y, color, "step (log scale)", scale === "log" ? "degrees (log)" : "degrees");
  METHODS.forEach(({ dash, ink }, i) => {
    context.setLineDash(dash);
    const drawn = angles[i].map((value) => value && Math.max(value, y.low));
    drawCurve(context, x, y, STEPS, drawn, color(ink), 2.4, 1);
    context.setLineDash([]);
    const here = drawn[frame];
    const paint = { fillStyle: color(ink), strokeStyle: color("back") };
    if (here !== null) mark(context, 0, [x.at(STEPS[frame]), y.at(here)], 5, paint);
  });
  context.lineWidth = 1.5;
  line(context, [x.at(STEPS[frame]), y.from], [x.at(STEPS[frame]), y.to], color("faint"));
}

/** @type {(height: number) => LogAxis} */
const logDegrees = (height) => logAxis({ low: FLOOR, high: 200, hasZero: false }, height - 46, 26);

/**
 * From 0 to beyond the largest angle of any method at any step.
 * @type {(angles: Curve[], height: number) => LinearAxis & TickedAxis}
 */
function linearDegrees(angles, height) {
  const highest = Math.max(1, ...angles.flat().flatMap((value) => value ?? []));
  return axisFromZero(highest, height - 46, 26);
}

// ---- words ----

/** @type {(part: Part, solved: Solved, frame: number) => void} */
function describe(part, { best, paths, logTimes }, frame) {
  const step = STEPS[frame];
  const log = logTimes[frame]; // below 0 a product with it says nothing yet
  const time = (log / Math.LN10).toFixed(1);
  const off = Object.fromEntries(METHODS.map(({ name }) => [name, spell(degrees(best, paths[name][frame]))]));
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("now").textContent = String(step);
  for (const { name } of METHODS) part(`angle-${name}`).textContent = best === null ? off[name] : `${off[name]}°`;
  part("time").textContent = time;
  part("product").textContent =
    best === null ? "not defined" : log > 0 ? spell(distance(best, paths.scaled[frame]) * log) : "from t = 1 on";
  const words = `logistic ${off.scaled}, square loss ${off.square}, Adam ${off.adam}`;
  part("plane").setAttribute(
    "aria-label",
    best === null
      ? `Step ${step}: no line through the center separates the two classes, so that no margin is largest.`
      : `Step ${step}: degrees between each line and that of largest margin: ${words}.`,
  );
  part("curves").setAttribute("aria-label", `Angles in degrees at step ${step}: ${words}. Time of the flow: ten to the ${time}.`);
}

/** @type {(best: Point, w: Point) => number} */
function distance(best, w) {
  const own = unit(w);
  return Math.hypot(own[0] - best[0], own[1] - best[1]);
}
