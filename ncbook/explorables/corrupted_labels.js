// Coding rates of two classes in the plane, by counting balls. The presets come from corrupted_labels.py.
// The second moments of a class have the eigenvalues 1 - spread along its line and spread across it; the lines stand
// at plus and minus half the angle. An ellipse with the half-axes sqrt(2 eigenvalue + radius^2) holds exp(R) balls.

const HALF = 1.75; // the picture shows -HALF to HALF in both directions

/** @type {("angle" | "spread" | "radius")[]} */
const SLIDERS = ["angle", "spread", "radius"];

/**
 * @typedef {{ angle: number, spread: number, radius: number }} State
 * @typedef {(angle: number, spread: number, radius: number, name?: string) => void} MoveTo
 * @typedef {{ half: Point, turn: number }} Ellipse
 */

/** @type {(root: HTMLElement, data: { presets: Record<string, [number, number, number]> }) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const canvas = part("field");
  const state = { angle: 90, spread: 0, radius: 0.2 };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    drawField(canvas, state, themeColors(root));
    describe(part, state);
  };
  const settled = () => (part("status").textContent = canvas.getAttribute("aria-label"));
  /** @type {MoveTo} */
  const moveTo = (angle, spread, radius, name = "own") => {
    state.angle = Math.max(0, Math.min(90, angle));
    state.spread = Math.max(0, Math.min(0.5, Number(spread.toFixed(2))));
    state.radius = radius;
    part("preset").value = name;
    for (const slider of SLIDERS) part(slider).value = String(state[slider]);
    draw();
  };
  const preset = () => moveTo(...data.presets[part("preset").value], part("preset").value);
  wireChoices([part("preset")], preset, settled);
  for (const slider of SLIDERS) {
    /** @type {(name: string) => number} */
    const read = (name) => Number(part(name).value);
    part(slider).addEventListener("input", () => moveTo(read("angle"), read("spread"), read("radius")));
    part(slider).addEventListener("change", settled);
  }
  wireKeys(canvas, state, moveTo, settled);
  redrawOnChange(root, draw);
  preset();
}

/**
 * The arrow keys on the picture.
 * @type {(canvas: Canvas, state: State, moveTo: MoveTo, settled: () => void) => void}
 */
function wireKeys(canvas, state, moveTo, settled) {
  /** @type {Record<string, [number, number]>} */
  const keys = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, 0.02], ArrowDown: [0, -0.02] };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault(); // the page would scroll
    const [turn, spread] = keys[event.key];
    moveTo(state.angle + turn, state.spread + spread, state.radius);
  });
  canvas.addEventListener("keyup", (event) => {
    if (event.key in keys) settled();
  });
}

// ---- rates ----

/**
 * Eigenvalues of the second moments: those of the whole, the larger along the x axis, and those of a class.
 * @type {(state: { angle: number, spread: number }) => Record<"whole" | "parts", Point>}
 */
function eigenvalues({ angle, spread }) {
  const lean = (1 - 2 * spread) * Math.cos((angle * Math.PI) / 180);
  return { whole: [(1 + lean) / 2, (1 - lean) / 2], parts: [1 - spread, spread] };
}

/**
 * R in nats: half the sum of log(1 + 2 eigenvalue / radius^2).
 * @type {(values: number[], radius: number) => number}
 */
function rate(values, radius) {
  return values.reduce((sum, value) => sum + Math.log1p((2 * value) / radius ** 2) / 2, 0);
}

/** @type {(state: State) => { whole: number, parts: number }} */
function ratesOf(state) {
  const { whole, parts } = eigenvalues(state);
  return { whole: rate(whole, state.radius), parts: rate(parts, state.radius) };
}

// ---- drawing ----

/**
 * The three ellipses as {half: [along, across], turn}, the classes first.
 * @type {(state: State) => Ellipse[]}
 */
function ellipses(state) {
  const { whole, parts } = eigenvalues(state);
  /** @type {(values: Point) => Point} */
  const half = (values) => /** @type {Point} */ (values.map((value) => Math.sqrt(2 * value + state.radius ** 2)));
  const turn = (state.angle * Math.PI) / 360;
  return [{ half: half(parts), turn: -turn }, { half: half(parts), turn }, { half: half(whole), turn: 0 }];
}

/** @type {(point: Point, ellipse: Ellipse) => boolean} */
function inside([x, y], { half, turn }) {
  const along = x * Math.cos(turn) + y * Math.sin(turn);
  const across = y * Math.cos(turn) - x * Math.sin(turn);
  return (along / half[0]) ** 2 + (across / half[1]) ** 2 <= 1;
}

/**
 * Places of a hexagonal grid whose cells have the area of a ball.
 * @type {(radius: number) => Point[]}
 */
function grid(radius) {
  const step = radius * Math.sqrt((2 * Math.PI) / Math.sqrt(3));
  const rows = Math.ceil(HALF / (step * Math.sqrt(0.75)));
  const columns = Math.ceil(HALF / step) + 1;
  /** @type {Point[]} */
  const places = [];
  for (let row = -rows; row <= rows; row += 1) {
    for (let column = -columns; column <= columns; column += 1) {
      places.push([step * (column + Math.abs(row % 2) / 2), step * Math.sqrt(0.75) * row]);
    }
  }
  return places;
}

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawField(canvas, state, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = width / (2 * HALF);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  const bodies = ellipses(state);
  for (const spot of grid(state.radius)) {
    if (!inside(spot, bodies[2]) && !inside(spot, bodies[0]) && !inside(spot, bodies[1])) continue;
    drawBall(context, place(spot), scale * state.radius, bodies.slice(0, 2).map((body) => inside(spot, body)), color);
  }
  bodies.forEach((body, which) => drawEllipse(context, place([0, 0]), scale, body, which === 2, color));
}

/**
 * A ball: filled in the color of its class, with a square mark in class 1, and empty where it is in neither.
 * @type {(context: Context, center: Point, radius: number, within: boolean[], color: Color) => void}
 */
function drawBall(context, center, radius, [first, second], color) {
  context.beginPath();
  context.arc(...center, radius, 0, TURN);
  context.globalAlpha = first || second ? 0.55 : 0.12;
  context.fillStyle = color(first ? "class0" : second ? "class1" : "faint");
  context.fill();
  context.globalAlpha = 1;
  Object.assign(context, { strokeStyle: color("faint"), lineWidth: 1 });
  context.stroke();
  if (second) mark(context, 1, center, 3, { fillStyle: color("class1"), strokeStyle: color("text"), lineWidth: 0.8 });
}

/** @type {(context: Context, center: Point, scale: number, ellipse: Ellipse, dashed: boolean, color: Color) => void} */
function drawEllipse(context, center, scale, { half, turn }, dashed, color) {
  context.setLineDash(dashed ? [5, 4] : []);
  Object.assign(context, { strokeStyle: color("text"), lineWidth: 1.6 });
  context.beginPath();
  context.ellipse(...center, scale * half[0], scale * half[1], -turn, 0, TURN);
  context.stroke();
  context.setLineDash([]);
}

// ---- words ----

/** @type {(part: Part, state: State) => void} */
function describe(part, state) {
  const { whole, parts } = ratesOf(state);
  const found = { whole, parts, reduction: Math.abs(whole - parts) < 1e-12 ? 0 : whole - parts };
  for (const [name, nats] of Object.entries(found)) {
    part(name).textContent = nats.toFixed(2);
    part(`${name}-balls`).textContent = `${name === "reduction" ? "× " : ""}${spell(Math.exp(nats))}`;
  }
  const words = { angle: `${Math.round(state.angle)}°`, spread: spell(state.spread), radius: spell(state.radius) };
  for (const [name, text] of Object.entries(words)) {
    part(`${name}-now`).textContent = text;
    part(name).setAttribute("aria-valuetext", name === "angle" ? `${Math.round(state.angle)} degrees` : text);
  }
  part("field").setAttribute(
    "aria-label",
    `Two classes around lines at an angle of ${Math.round(state.angle)} degrees, spread ${words.spread}, ` +
      `balls of radius ${words.radius}. The whole needs ${spell(Math.exp(whole))} balls, a class ` +
      `${spell(Math.exp(parts))}; rate reduction ${found.reduction.toFixed(2)} nats.`,
  );
}
