// A line between two classes in the plane, moved by the reader. The data are made by margins.py, which documents them.
// The line holds the points with x cos(angle) + y sin(angle) = offset; class 1 belongs on the side of larger values.

const HALF = 3.2; // the picture shows -HALF to HALF in both directions
const REACH = 2.2; // of the square handle, from the round one
const FRESH = 1000;
const NEAR = 26; // CSS pixels within which a handle is taken

/**
 * @typedef {{ points: Point[], labels: number[] }} Points
 * @typedef {{ centers: Point[][], deviation: number }} Densities
 * @typedef {Points & Densities & { lines: Record<string, Point>, best: number }} Data
 * @typedef {ReturnType<typeof lineOf>} Line
 * @typedef {{ angle: number, offset: number, fresh: Points }} State
 * @typedef {State & { line: Line, showFresh: boolean }} Shown
 * @typedef {(angle: number, offset: number, name?: string) => void} MoveTo
 * @typedef {{ clientX: number, clientY: number }} Place
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const canvas = part("field");
  const chance = uniform(2026);
  const state = { angle: 0, offset: 0, fresh: freshPoints(data, chance) };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const shown = { ...state, line: lineOf(state), showFresh: part("show").checked };
    drawField(canvas, data, shown, themeColors(root));
    describe(part, data, shown);
  };
  const settled = () => (part("status").textContent = canvas.getAttribute("aria-label"));
  /** @type {MoveTo} */
  const moveTo = (angle, offset, name = "own") => {
    state.angle = wrapped(angle);
    state.offset = Math.max(-3, Math.min(3, offset));
    part("line").value = name;
    part("turn").value = String(Math.round((state.angle * 180) / Math.PI));
    part("shift").value = String(state.offset);
    draw();
  };
  const preset = () => {
    if (part("line").value !== "own") moveTo(...data.lines[part("line").value], part("line").value);
  };
  wireChoices([part("line")], preset, settled);
  part("turn").addEventListener("input", () => moveTo((Number(part("turn").value) * Math.PI) / 180, state.offset));
  part("shift").addEventListener("input", () => moveTo(state.angle, Number(part("shift").value)));
  for (const slider of ["turn", "shift"]) part(slider).addEventListener("change", settled);
  part("show").addEventListener("change", draw);
  part("again").addEventListener("click", () => {
    state.fresh = freshPoints(data, chance);
    draw();
    settled();
  });
  wireField(canvas, state, moveTo, settled);
  redrawOnChange(root, draw);
  preset();
}

/**
 * An angle in -pi to pi.
 * @type {(angle: number) => number}
 */
function wrapped(angle) {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

// ---- the line ----

/**
 * normal, direction and foot (the point of the line next to the origin), each [x, y].
 * @param {{ angle: number, offset: number }} state
 */
function lineOf({ angle, offset }) {
  /** @type {Point} */
  const normal = [Math.cos(angle), Math.sin(angle)];
  const along = [-normal[1], normal[0]];
  /** @type {(t: number) => Point} */
  const at = (t) => [offset * normal[0] + t * along[0], offset * normal[1] + t * along[1]];
  /** @type {(point: Point) => number} */
  const height = ([x, y]) => x * normal[0] + y * normal[1] - offset;
  return { normal, at, height };
}

/**
 * Smallest distance of a training point to the line, negative where one is on the wrong side.
 * @type {(line: Line, of: Points) => number}
 */
function marginOf(line, { points, labels }) {
  return Math.min(...points.map((point, i) => (2 * labels[i] - 1) * line.height(point)));
}

/** @type {(line: Line, of: Points) => number} */
function wrongOf(line, { points, labels }) {
  return points.filter((point, i) => (2 * labels[i] - 1) * line.height(point) <= 0).length;
}

/**
 * Error on the distribution: the mean of normal tail areas, since each component is a round Gaussian.
 * @type {(line: Line, of: Densities) => number}
 */
function exactError(line, { centers, deviation }) {
  const tails = centers.flatMap((own, c) => own.map((center) => tail(((2 * c - 1) * line.height(center)) / deviation)));
  return tails.reduce((sum, each) => sum + each, 0) / tails.length;
}

/**
 * The chance that a standard normal number is above z; Abramowitz and Stegun 26.2.17, off by at most 7.5e-8.
 * @type {(z: number) => number}
 */
function tail(z) {
  if (z < 0) return 1 - tail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const sum = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(TURN)) * sum;
}

// ---- fresh points ----

/**
 * {points, labels}: FRESH draws from the densities, by the generator `chance`.
 * @type {(of: Densities, chance: () => number) => Points}
 */
function freshPoints({ centers, deviation }, chance) {
  /** @type {Point[]} */
  const points = [];
  /** @type {number[]} */
  const labels = [];
  for (let i = 0; i < FRESH; i += 1) {
    const label = chance() < 0.5 ? 0 : 1;
    const center = centers[label][Math.floor(chance() * centers[label].length)];
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - chance()));
    const angle = TURN * chance();
    points.push([center[0] + radius * Math.cos(angle), center[1] + radius * Math.sin(angle)]);
    labels.push(label);
  }
  return { points, labels };
}

// ---- moving ----

/**
 * Handles that can be dragged, and the arrow keys.
 * @type {(canvas: Canvas, state: State, moveTo: MoveTo, settled: () => void) => void}
 */
function wireField(canvas, state, moveTo, settled) {
  /** @type {"shift" | "turn" | null} */
  let held = null;
  /** @type {(event: Place) => typeof held} */
  const grab = (event) => {
    const at = pointerAt(canvas, event);
    const line = lineOf(state);
    const pixels = canvas.clientWidth / (2 * HALF);
    const [shift, turn] = [line.at(0), line.at(REACH)].map((spot) => pixels * Math.hypot(spot[0] - at[0], spot[1] - at[1]));
    return Math.min(shift, turn) > NEAR ? null : shift < turn ? "shift" : "turn";
  };
  canvas.addEventListener("touchstart", (event) => {
    if (grab(event.touches[0]) !== null) event.preventDefault(); // else the page would scroll
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    held = grab(event);
    if (held !== null) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const [x, y] = pointerAt(canvas, event);
    if (held === "shift") return moveTo(state.angle, x * Math.cos(state.angle) + y * Math.sin(state.angle));
    const reach = Math.sqrt(Math.max(x * x + y * y - state.offset ** 2, 0.01)); // from the foot, where the pointer is
    moveTo(Math.atan2(y, x) - Math.atan2(reach, state.offset), state.offset);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (held !== null) settled();
      held = null;
    });
  }
  /** @type {Record<string, [number, number]>} */
  const keys = { ArrowLeft: [2, 0], ArrowRight: [-2, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault(); // the page would scroll
    const [degrees, shift] = keys[event.key];
    moveTo(state.angle + (degrees * Math.PI) / 180, state.offset + shift);
  });
  canvas.addEventListener("keyup", (event) => {
    if (event.key in keys) settled();
  });
}

/**
 * A pointer's or a touch's place in the units of the data.
 * @type {(canvas: Canvas, event: Place) => Point}
 */
function pointerAt(canvas, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  const scale = (2 * HALF) / box.width;
  return [(clientX - box.left) * scale - HALF, HALF - (clientY - box.top) * scale];
}

// ---- drawing ----

/** @type {(canvas: Canvas, data: Data, shown: Shown, color: Color) => void} */
function drawField(canvas, data, { line, fresh, showFresh }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = width / (2 * HALF);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  drawDensities(context, data, place, scale, color);
  if (showFresh) {
    fresh.points.forEach((point, i) => {
      const wrong = (2 * fresh.labels[i] - 1) * line.height(point) <= 0;
      const own = color(`class${fresh.labels[i]}`);
      const paint = { fillStyle: own, strokeStyle: wrong ? color("text") : own, lineWidth: wrong ? 1.6 : 0.1 };
      mark(context, fresh.labels[i], place(point), wrong ? 3 : 1.7, paint);
    });
  }
  data.points.forEach((point, i) => {
    context.lineWidth = 1.2;
    mark(context, data.labels[i], place(point), 5, { fillStyle: color(`class${data.labels[i]}`), strokeStyle: color("back") });
  });
  drawLine(context, data, line, place, color);
  if (showFresh) return;
  data.points.forEach((point, i) => {
    if ((2 * data.labels[i] - 1) * line.height(point) > 0) return;
    context.lineWidth = 2;
    mark(context, 0, place(point), 10, { fillStyle: "transparent", strokeStyle: color("text") });
  });
}

/**
 * Discs of one and two standard deviations.
 * @type {(context: Context, of: Densities, place: (point: Point) => Point, scale: number, color: Color) => void}
 */
function drawDensities(context, { centers, deviation }, place, scale, color) {
  centers.forEach((own, c) => {
    for (const size of [2, 1]) {
      context.globalAlpha = 0.12;
      context.fillStyle = color(`class${c}`);
      context.beginPath();
      for (const center of own) {
        const [x, y] = place(center);
        context.moveTo(x + size * deviation * scale, y);
        context.arc(x, y, size * deviation * scale, 0, TURN);
      }
      context.fill();
    }
    context.globalAlpha = 1;
  });
}

/**
 * The line with its handles, and the edges of its margin if it separates.
 * @type {(context: Context, data: Data, shown: Line, place: (point: Point) => Point, color: Color) => void}
 */
function drawLine(context, data, shown, place, color) {
  const margin = marginOf(shown, data);
  const far = 3 * HALF;
  /** @type {(t: number, shift: number) => Point} */
  const beside = (t, shift) => {
    const [[x, y], [right, up]] = [shown.at(t), shown.normal];
    return place([x + shift * right, y + shift * up]);
  };
  if (margin > 0) {
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    for (const shift of [-margin, margin]) line(context, beside(-far, shift), beside(far, shift), color("muted"));
    context.setLineDash([]);
  }
  context.lineWidth = 2.4;
  line(context, beside(-far, 0), beside(far, 0), color("text"));
  const paint = { fillStyle: color("accent"), strokeStyle: color("back"), lineWidth: 2 };
  mark(context, 0, place(shown.at(0)), 9, paint);
  mark(context, 1, place(shown.at(REACH)), 8, paint);
}

// ---- words ----

/** @type {(part: Part, data: Data, shown: Shown) => void} */
function describe(part, data, { line, fresh, angle, offset }) {
  const margin = marginOf(line, data);
  /** @type {(share: number) => string} */
  const percent = (share) => `${spell(100 * share)} %`;
  const texts = {
    margin: spell(margin),
    share: margin > 0 ? percent(margin / data.best) : "none",
    training: `${wrongOf(line, data)} of ${data.points.length}`,
    exact: percent(exactError(line, data)),
    fresh: `${wrongOf(line, fresh)} of ${FRESH}`,
  };
  for (const [name, text] of Object.entries(texts)) part(name).textContent = text;
  const turn = Math.round((angle * 180) / Math.PI);
  part("turn").setAttribute("aria-valuetext", `${turn} degrees`);
  part("shift").setAttribute("aria-valuetext", spell(offset));
  part("field").setAttribute(
    "aria-label",
    `Two classes of points in the plane and a line, turned by ${turn} degrees, shifted by ${spell(offset)}. ` +
      `Margin ${texts.margin}; training points on the wrong side ${texts.training}; ` +
      `error on the distribution ${texts.exact}; fresh points on the wrong side ${texts.fresh}.`,
  );
}
