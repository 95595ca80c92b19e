// Features, class means and classifier rows of one network at one step, in as many dimensions as they have: a plane,
// or a space that can be turned. The data are made by simplex.py, which documents them. y and z point up.

OUTLINES.push((context, r) => polygon(context, [[0, -1.25 * r], [1.25 * r, 0], [0, 1.25 * r], [-1.25 * r, 0]]));

const RADIUS = 1.55; // of the window, in units of the root mean square radius of the class means

/**
 * @typedef {Record<"steps" | "classes" | "classOf" | "test", number[]>} Known
 * @typedef {Known & { ideal: number[][], values: Curve[][] }} Network
 * @typedef {Network & Record<"points" | "means" | "rows", Packed>} Stored
 * @typedef {Network & Record<"points" | "means" | "rows", Unpacked>} Net
 * @typedef {{ measures: string[], networks: Record<string, Stored> }} Data
 * @typedef {(vector: number[]) => [right: number, up: number, depth: number]} View
 * @typedef {{ at: Point, depth: number }} Placed
 * @typedef {{ depth: number, paint: () => void }} Piece
 * @typedef {{ net: Net, frame: number, split: string }} State
 * @typedef {{ context: Context, net: Net, frame: number, place: (vector: number[]) => Placed, color: Color }} Scene
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [canvas, slider, network] = [part("space"), part("slider"), part("network")];
  const networks = Object.fromEntries(Object.entries(data.networks).map(([name, each]) => [name, unpacked(each)]));
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = { net: networks[network.value], frame: Number(slider.value), split: part("split").value };
    const inSpace = state.net.means.shape[2] === 3;
    namePlaces(slider, state.net.steps);
    part("view").style.display = inSpace ? "" : "none";
    canvas.classList.toggle("nc-turns", inSpace);
    drawScene(canvas, { ...state, view: inSpace ? viewOf(part) : flatView }, themeColors(root));
    describe(part, data, state);
  };
  const settled = () => (part("status").textContent = canvas.getAttribute("aria-label"));
  wireChoices([network, part("split")], draw, settled);
  for (const angle of ["turn", "tilt"]) part(angle).addEventListener("input", draw);
  wireTurning(canvas, part, draw);
  wirePlayer(root, slider, part("play"), draw, settled);
  playOnSight(root, canvas, slider, part("play"));
  redrawOnChange(root, draw);
  draw();
}

/** @type {(packed: Stored) => Net} */
function unpacked(packed) {
  const [points, means, rows] = [packed.points, packed.means, packed.rows].map(unpack);
  return { ...packed, points, means, rows };
}

/**
 * Vector i of one frame of an unpacked [P, n, d] array.
 * @type {(vectors: Unpacked, frame: number, i: number) => number[]}
 */
function vectorAt({ shape, values }, frame, i) {
  const start = (frame * shape[1] + i) * shape[2];
  return [...values.slice(start, start + shape[2])];
}

// ---- turning ----

/**
 * The map from a vector in space to [right, up, towards the reader], as the sliders Turn and Tilt say.
 * @type {(part: Part) => View}
 */
function viewOf(part) {
  const [turn, tilt] = ["turn", "tilt"].map((name) => (Number(part(name).value) * Math.PI) / 180);
  const [c, s, up, deep] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  return ([x, y, z]) => {
    const away = s * x + c * y;
    return [c * x - s * y, up * z + deep * away, deep * z - up * away];
  };
}

/** @type {View} */
const flatView = ([x, y]) => [x, y, 0];

/**
 * Dragging and the arrow keys move the sliders Turn and Tilt, which hold the angles.
 * @type {(canvas: Canvas, part: Part, draw: () => void) => void}
 */
function wireTurning(canvas, part, draw) {
  /** @type {(turn: number, tilt: number) => void} */
  const move = (turn, tilt) => {
    const full = Number(part("turn").value) + turn;
    part("turn").value = String(((((full + 180) % 360) + 360) % 360) - 180);
    part("tilt").value = String(Number(part("tilt").value) + tilt);
    draw();
  };
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(0.5 * event.movementX, 0.5 * event.movementY);
  });
  /** @type {Record<string, [number, number]>} */
  const keys = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault(); // the page would scroll
    move(...keys[event.key]);
  });
}

// ---- drawing ----

/**
 * Everything in the order of its depth, the farthest first.
 * @type {(canvas: Canvas, state: State & { view: View }, color: Color) => void}
 */
function drawScene(canvas, { net, frame, split, view }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * RADIUS);
  /** @type {(vector: number[]) => Placed} */
  const place = (vector) => {
    const [x, y, depth] = view(vector);
    return { at: [width / 2 + scale * x, height / 2 - scale * y], depth };
  };
  const scene = { context, net, frame, place, color };
  const pieces = [...edges(scene), ...pointPieces(scene, split), ...classPieces(scene)];
  pieces.sort((a, b) => a.depth - b.depth).forEach(({ paint }) => paint());
  net.classes.forEach((name, c) => {
    const mean = vectorAt(net.means, frame, c);
    drawName(context, place(mean).at, place(mean.map(() => 0)).at, String(name), 22, color);
  });
}

/**
 * The wire frame of the simplex, or where none fits, the circle of its radius.
 * @type {(scene: Scene) => Piece[]}
 */
function edges({ context, net, place, color }) {
  /** @type {(paint: () => void) => () => void} */
  const wire = (paint) => () => {
    Object.assign(context, { lineWidth: 1.3, strokeStyle: color("faint") });
    context.setLineDash([2, 4]);
    paint();
    context.setLineDash([]);
  };
  if (net.ideal.length === 0) {
    const [center, side] = [place([0, 0]).at, place([1, 0]).at];
    const ring = () => {
      context.beginPath();
      context.arc(...center, side[0] - center[0], 0, TURN);
      context.stroke();
    };
    return [{ depth: -RADIUS, paint: wire(ring) }];
  }
  const corners = net.ideal.map(place);
  return corners.flatMap((a, i) =>
    corners.slice(0, i).map((b) => ({
      depth: (a.depth + b.depth) / 2,
      paint: wire(() => line(context, a.at, b.at, color("faint"))),
    })),
  );
}

/**
 * Training points filled, test points hollow; those farther away are fainter.
 * @type {(scene: Scene, split: string) => Piece[]}
 */
function pointPieces({ context, net, frame, place, color }, split) {
  const shown = [...net.classOf.keys()].filter((i) => split === "both" || (split === "test") === (net.test[i] === 1));
  return shown.map((i) => {
    const { at, depth } = place(vectorAt(net.points, frame, i));
    const own = color(`class${net.classOf[i]}`);
    const [fillStyle, strokeStyle] = net.test[i] ? ["transparent", own] : [own, color("back")];
    const globalAlpha = 0.8 + 0.2 * Math.max(-1, Math.min(1, depth));
    const paint = () => {
      context.lineWidth = 1.2;
      mark(context, net.classOf[i], at, 3.8, { fillStyle, strokeStyle, globalAlpha });
    };
    return { depth, paint };
  });
}

/**
 * A class mean as a stick with a marker, and its classifier row as a dashed arrow just in front of it.
 * @type {(scene: Scene) => Piece[]}
 */
function classPieces({ context, net, frame, place, color }) {
  const origin = place(net.means.shape[2] === 3 ? [0, 0, 0] : [0, 0]).at;
  return net.classes.flatMap((_, c) => {
    const mean = place(vectorAt(net.means, frame, c));
    const row = place(vectorAt(net.rows, frame, c));
    const stick = () => {
      context.lineWidth = 6;
      line(context, origin, mean.at, color(`class${c}`));
      context.lineWidth = 2;
      mark(context, c, mean.at, 9, { fillStyle: color(`class${c}`), strokeStyle: color("text") });
    };
    return [
      { depth: mean.depth / 2, paint: stick },
      { depth: Math.max(row.depth, mean.depth) / 2 + 1e-6, paint: () => drawArrow(context, origin, row.at, color) },
    ];
  });
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { net, frame, split }) {
  const step = net.steps[frame];
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("now").textContent = String(step);
  const cells = part("values").querySelectorAll("tbody tr");
  net.values.forEach((pair, m) => {
    pair.forEach((values, s) => (cells[m].children[s + 1].textContent = spell(values[frame])));
  });
  const numbers = data.measures.map((name, m) => `${name} ${spell(net.values[m][0][frame])}`).join("; ");
  const shown = split === "both" ? "training and test" : split;
  part("space").setAttribute(
    "aria-label",
    `Features of classes ${net.classes.join(", ")} in ${net.means.shape[2]} dimensions with their means and the ` +
      `rows of the classifier, step ${step}, ${shown} points. On the training set: ${numbers}.`,
  );
}
