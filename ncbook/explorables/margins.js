// A line between two classes in the plane, moved by the reader. The data are made by margins.py, which documents them.
// The line holds the points with x cos(angle) + y sin(angle) = offset; class 1 belongs on the side of larger values.

const HALF = 3.2; // the picture shows -HALF to HALF in both directions
const REACH = 2.2; // of the square handle, from the round one
const FRESH = 1000;
const NEAR = 26; // CSS pixels within which a handle is taken

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const canvas = part("field");
  const chance = uniform(2026);
  const state = { angle: 0, offset: 0, fresh: freshPoints(data, chance) };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const shown = { ...state, line: lineOf(state), showFresh: part("show").checked };
    drawField(canvas, data, shown, themeColours(root));
    describe(part, data, shown);
  };
  const settled = () => (part("status").textContent = canvas.getAttribute("aria-label"));
  const moveTo = (angle, offset, name = "own") => {
    state.angle = wrapped(angle);
    state.offset = Math.max(-3, Math.min(3, offset));
    part("line").value = name;
    part("turn").value = Math.round((state.angle * 180) / Math.PI);
    part("shift").value = state.offset;
    draw();
  };
  const preset = () => {
    if (part("line").value !== "own") moveTo(...data.lines[part("line").value], part("line").value);
  };
  part("line").addEventListener("change", () => {
    preset();
    settled();
  });
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

/** An angle in -pi to pi. */
function wrapped(angle) {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

// ---- the line ----

/** normal, direction and foot (the point of the line next to the origin), each [x, y]. */
function lineOf({ angle, offset }) {
  const normal = [Math.cos(angle), Math.sin(angle)];
  const along = [-normal[1], normal[0]];
  const at = (t) => [offset * normal[0] + t * along[0], offset * normal[1] + t * along[1]];
  return { normal, at, height: ([x, y]) => x * normal[0] + y * normal[1] - offset };
}

/** Smallest distance of a training point to the line, negative where one is on the wrong side. */
function marginOf(line, { points, labels }) {
  return Math.min(...points.map((point, i) => (2 * labels[i] - 1) * line.height(point)));
}

function wrongOf(line, { points, labels }) {
  return points.filter((point, i) => (2 * labels[i] - 1) * line.height(point) <= 0).length;
}

/** Error on the distribution: the mean of normal tail areas, since each component is a round Gaussian. */
function exactError(line, { centers, deviation }) {
  const tails = centers.flatMap((own, c) => own.map((center) => tail(((2 * c - 1) * line.height(center)) / deviation)));
  return tails.reduce((sum, each) => sum + each, 0) / tails.length;
}

/** The chance that a standard normal number is above z; Abramowitz and Stegun 26.2.17, off by at most 7.5e-8. */
function tail(z) {
  if (z < 0) return 1 - tail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const sum = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(TURN)) * sum;
}

// ---- fresh points ----

/** {points, labels}: FRESH draws from the densities, by the generator `chance`. */
function freshPoints({ centers, deviation }, chance) {
  const points = [];
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

/** The generator mulberry32: numbers in [0, 1), the same on every visit. */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// ---- moving ----

/** Handles that can be dragged, and the arrow keys. */
function wireField(canvas, state, moveTo, settled) {
  let held = null;
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
  const keys = { ArrowLeft: [2, 0], ArrowRight: [-2, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault(); // the page would scroll
    const [degrees, shift] = keys[event.key];
    moveTo(state.angle + (degrees * Math.PI) / 180, state.offset + shift);
  });
  canvas.addEventListener("keyup", (event) => event.key in keys && settled());
}

/** A pointer's or a touch's place in the units of the data. */
function pointerAt(canvas, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  const scale = (2 * HALF) / box.width;
  return [(clientX - box.left) * scale - HALF, HALF - (clientY - box.top) * scale];
}

// ---- drawing ----

function drawField(canvas, data, { line, fresh, showFresh }, colour) {
  const { context, width, height } = freshContext(canvas);
  const scale = width / (2 * HALF);
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  drawDensities(context, data, place, scale, colour);
  if (showFresh) {
    fresh.points.forEach((point, i) => {
      const wrong = (2 * fresh.labels[i] - 1) * line.height(point) <= 0;
      const own = colour(`class${fresh.labels[i]}`);
      const paint = { fillStyle: own, strokeStyle: wrong ? colour("text") : own, lineWidth: wrong ? 1.6 : 0.1 };
      mark(context, fresh.labels[i], place(point), wrong ? 3 : 1.7, paint);
    });
  }
  data.points.forEach((point, i) => {
    context.lineWidth = 1.2;
    mark(context, data.labels[i], place(point), 5, { fillStyle: colour(`class${data.labels[i]}`), strokeStyle: colour("back") });
  });
  drawLine(context, data, line, place, colour);
  if (showFresh) return;
  data.points.forEach((point, i) => {
    if ((2 * data.labels[i] - 1) * line.height(point) > 0) return;
    context.lineWidth = 2;
    mark(context, 0, place(point), 10, { fillStyle: "transparent", strokeStyle: colour("text") });
  });
}

/** Discs of one and two standard deviations. */
function drawDensities(context, { centers, deviation }, place, scale, colour) {
  centers.forEach((own, c) => {
    for (const size of [2, 1]) {
      context.globalAlpha = 0.12;
      context.fillStyle = colour(`class${c}`);
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

/** The line with its handles, and the edges of its margin if it separates. */
function drawLine(context, data, shown, place, colour) {
  const margin = marginOf(shown, data);
  const far = 3 * HALF;
  const beside = (shift) => [-far, far].map((t) => place(shown.at(t).map((v, i) => v + shift * shown.normal[i])));
  if (margin > 0) {
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    for (const shift of [-margin, margin]) line(context, ...beside(shift), colour("muted"));
    context.setLineDash([]);
  }
  context.lineWidth = 2.4;
  line(context, ...beside(0), colour("text"));
  const paint = { fillStyle: colour("accent"), strokeStyle: colour("back"), lineWidth: 2 };
  mark(context, 0, place(shown.at(0)), 9, paint);
  mark(context, 1, place(shown.at(REACH)), 8, paint);
}

// ---- words ----

function describe(part, data, { line, fresh, angle, offset }) {
  const margin = marginOf(line, data);
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
