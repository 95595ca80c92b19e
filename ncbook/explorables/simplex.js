// Features, class means and classifier rows of one network at one step, in as many dimensions as they have: a plane,
// or a space that can be turned. The data are made by simplex.py, which documents them. y and z point up.

OUTLINES.push((context, r) => polygon(context, [[0, -1.25 * r], [1.25 * r, 0], [0, 1.25 * r], [-1.25 * r, 0]]));

const RADIUS = 1.55; // of the window, in units of the root mean square radius of the class means

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const [canvas, slider, network] = [part("space"), part("slider"), part("network")];
  const networks = Object.fromEntries(Object.entries(data.networks).map(([name, each]) => [name, unpacked(each)]));
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = { net: networks[network.value], frame: Number(slider.value), split: part("split").value };
    const inSpace = state.net.means.shape[2] === 3;
    part("view").style.display = inSpace ? "" : "none";
    canvas.classList.toggle("nc-turns", inSpace);
    drawScene(canvas, { ...state, view: inSpace ? viewOf(part) : flatView }, themeColours(root));
    describe(part, data, state);
  };
  const settled = () => (part("status").textContent = canvas.getAttribute("aria-label"));
  for (const choice of [network, part("split")]) {
    choice.addEventListener("change", () => {
      draw();
      settled();
    });
  }
  for (const angle of ["turn", "tilt"]) part(angle).addEventListener("input", draw);
  wireTurning(canvas, part, draw);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

function unpacked(packed) {
  const net = { ...packed };
  for (const name of ["points", "means", "rows"]) net[name] = unpack(packed[name]);
  return net;
}

/** Vector i of one frame of an unpacked [P, n, d] array. */
function vectorAt({ shape, values }, frame, i) {
  const start = (frame * shape[1] + i) * shape[2];
  return values.slice(start, start + shape[2]);
}

// ---- turning ----

/** The map from a vector in space to [right, up, towards the reader], as the sliders Turn and Tilt say. */
function viewOf(part) {
  const [turn, tilt] = ["turn", "tilt"].map((name) => (Number(part(name).value) * Math.PI) / 180);
  const [c, s, up, deep] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  return ([x, y, z]) => {
    const away = s * x + c * y;
    return [c * x - s * y, up * z + deep * away, deep * z - up * away];
  };
}

const flatView = ([x, y]) => [x, y, 0];

/** Dragging and the arrow keys move the sliders Turn and Tilt, which hold the angles. */
function wireTurning(canvas, part, draw) {
  const move = (turn, tilt) => {
    const full = Number(part("turn").value) + turn;
    part("turn").value = ((((full + 180) % 360) + 360) % 360) - 180;
    part("tilt").value = Number(part("tilt").value) + tilt;
    draw();
  };
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(0.5 * event.movementX, 0.5 * event.movementY);
  });
  const keys = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault(); // the page would scroll
    move(...keys[event.key]);
  });
}

// ---- drawing ----

/** Everything in the order of its depth, the farthest first. */
function drawScene(canvas, { net, frame, split, view }, colour) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * RADIUS);
  const place = (vector) => {
    const [x, y, depth] = view(vector);
    return { at: [width / 2 + scale * x, height / 2 - scale * y], depth };
  };
  const scene = { context, net, frame, place, colour };
  const pieces = [...edges(scene), ...pointPieces(scene, split), ...classPieces(scene)];
  pieces.sort((a, b) => a.depth - b.depth).forEach(({ paint }) => paint());
  net.classes.forEach((name, c) => writeName(scene, c, name));
}

/** The wire frame of the simplex, or where none fits, the circle of its radius. */
function edges({ context, net, place, colour }) {
  const wire = (paint) => () => {
    Object.assign(context, { lineWidth: 1.3, strokeStyle: colour("faint") });
    context.setLineDash([2, 4]);
    paint();
    context.setLineDash([]);
  };
  if (net.ideal.length === 0) {
    const [centre, side] = [place([0, 0]).at, place([1, 0]).at];
    const ring = () => {
      context.beginPath();
      context.arc(...centre, side[0] - centre[0], 0, TURN);
      context.stroke();
    };
    return [{ depth: -RADIUS, paint: wire(ring) }];
  }
  const corners = net.ideal.map(place);
  return corners.flatMap((a, i) =>
    corners.slice(0, i).map((b) => ({
      depth: (a.depth + b.depth) / 2,
      paint: wire(() => line(context, a.at, b.at, colour("faint"))),
    })),
  );
}

/** Training points filled, test points hollow; those farther away are fainter. */
function pointPieces({ context, net, frame, place, colour }, split) {
  const shown = [...net.classOf.keys()].filter((i) => split === "both" || (split === "test") === (net.test[i] === 1));
  return shown.map((i) => {
    const { at, depth } = place(vectorAt(net.points, frame, i));
    const own = colour(`class${net.classOf[i]}`);
    const [fillStyle, strokeStyle] = net.test[i] ? ["transparent", own] : [own, colour("back")];
    const globalAlpha = 0.8 + 0.2 * Math.max(-1, Math.min(1, depth));
    const paint = () => {
      context.lineWidth = 1.2;
      mark(context, net.classOf[i], at, 3.8, { fillStyle, strokeStyle, globalAlpha });
    };
    return { depth, paint };
  });
}

/** A class mean as a stick with a marker, and its classifier row as a dashed arrow just in front of it. */
function classPieces({ context, net, frame, place, colour }) {
  const origin = place(net.means.shape[2] === 3 ? [0, 0, 0] : [0, 0]).at;
  return net.classes.flatMap((_, c) => {
    const mean = place(vectorAt(net.means, frame, c));
    const row = place(vectorAt(net.rows, frame, c));
    const stick = () => {
      context.lineWidth = 6;
      line(context, origin, mean.at, colour(`class${c}`));
      context.lineWidth = 2;
      mark(context, c, mean.at, 9, { fillStyle: colour(`class${c}`), strokeStyle: colour("text") });
    };
    return [
      { depth: mean.depth / 2, paint: stick },
      { depth: Math.max(row.depth, mean.depth) / 2 + 1e-6, paint: () => arrow(context, origin, row.at, colour) },
    ];
  });
}

/** A dashed arrow with a halo, to be told from the stick that it ends up on. */
function arrow(context, start, tip, colour) {
  const angle = Math.atan2(tip[1] - start[1], tip[0] - start[0]);
  const length = Math.min(9, 0.6 * Math.hypot(tip[0] - start[0], tip[1] - start[1])); // short arrow, short barbs
  const barb = (turn) => [tip[0] - length * Math.cos(angle + turn), tip[1] - length * Math.sin(angle + turn)];
  for (const [lineWidth, name] of [[3.6, "back"], [1.8, "text"]]) {
    context.lineWidth = lineWidth;
    context.setLineDash([6, 4]);
    line(context, start, tip, colour(name));
    context.setLineDash([]);
    for (const turn of [0.45, -0.45]) line(context, barb(turn), tip, colour(name));
  }
}

/** The name of a class beside its mean, on the side that faces away from the origin. */
function writeName({ context, net, frame, place, colour }, c, name) {
  const mean = vectorAt(net.means, frame, c);
  const [tip, origin] = [place(mean).at, place(mean.map(() => 0)).at];
  const away = Math.atan2(tip[1] - origin[1], tip[0] - origin[0]);
  const at = [tip[0] + 22 * Math.cos(away), tip[1] + 22 * Math.sin(away)];
  Object.assign(context, { font: "bold 16px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { lineWidth: 5, lineJoin: "round", strokeStyle: colour("back"), fillStyle: colour("text") });
  context.strokeText(name, ...at);
  context.fillText(name, ...at);
}

// ---- words ----

function describe(part, data, { net, frame, split }) {
  const step = net.steps[frame];
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("now").textContent = step;
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
