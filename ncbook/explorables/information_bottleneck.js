// The information plane of a small network. The data are made by information_bottleneck.py, which documents them.

const BIT = Math.log(2); // what there is to know of the label, in nats

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const shown = () => ({
    activation: part("activation").value,
    estimator: part("estimator").value,
    frame: Number(part("frame").value),
  });
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const now = shown();
    part("now").textContent = data.steps[now.frame];
    drawPlane(part("picture"), data, now, themeColours(root));
    const words = inWords(data, now);
    part("picture").setAttribute("aria-label", words);
    part("reading").textContent = words;
    part("frame").setAttribute("aria-valuetext", `step ${data.steps[now.frame]}`);
  };
  const settled = () => (part("status").textContent = inWords(data, shown()));
  for (const name of ["activation", "estimator"]) {
    part(name).addEventListener("change", () => {
      draw();
      settled();
    });
  }
  wirePlayer(root, part("frame"), part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- words ----

/** What the picture shows now. */
function inWords({ steps, error, planes, names }, { activation, estimator, frame }) {
  const { input, label } = planes[activation][estimator];
  const places = input.map((own, i) => `layer ${i + 1} ${fixed(own[frame])} and ${fixed(label[i][frame])}`);
  const about = `${names[activation]}, ${names[estimator]}, step ${steps[frame]}, test error ${spell(error[activation][frame])} %.`;
  return `${about} I(X; T) and I(Y; T) in nats: ${places.join("; ")}. ${sinceTop(input[input.length - 1], frame)}`;
}

/** How far the last layer stands below its highest value so far. */
function sinceTop(values, frame) {
  const top = Math.max(...values.slice(0, frame + 1));
  return `I(X; T) of the last layer is ${fixed(top - values[frame])} below its highest value so far.`;
}

function fixed(value) {
  return (Math.abs(value) < 0.005 ? 0 : value).toFixed(2);
}

// ---- the picture ----

function drawPlane(canvas, data, now, colour) {
  const { context, width, height } = freshContext(canvas);
  const x = scale(0, 1.04 * data.cap, 44, width - 12);
  const y = scale(0, 1.12 * BIT, height - 44, 24);
  drawGrid(context, x, y, data, colour);
  const { input, label } = data.planes[now.activation][now.estimator];
  const trail = (own, i) => own.slice(0, now.frame + 1).map((value, k) => [x.at(value), y.at(label[i][k])]);
  const trails = input.map(trail);
  trails.forEach((points, i) => drawTrail(context, points, colour(tone(i))));
  trails.forEach((points, i) => drawLayer(context, points[points.length - 1], i, colour));
}

/** A linear axis from pixel `from` to pixel `to`. */
function scale(low, high, from, to) {
  return { low, high, from, to, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

function drawGrid(context, x, y, { cap }, colour) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  for (let tick = 0; tick <= 0.75; tick += 0.2) {
    line(context, [x.from, y.at(tick)], [x.to, y.at(tick)], colour("grid"));
    write(context, tick.toFixed(1), x.from - 8, y.at(tick), "right", "middle");
  }
  for (let tick = 0; tick <= x.high; tick += 1) {
    line(context, [x.at(tick), y.from], [x.at(tick), y.from + 5], colour("muted"));
    write(context, String(tick), x.at(tick), y.from + 8, "center", "top");
  }
  context.setLineDash([2, 4]);
  line(context, [x.from, y.at(BIT)], [x.to, y.at(BIT)], colour("faint"));
  line(context, [x.at(cap), y.from], [x.at(cap), y.to], colour("faint"));
  context.setLineDash([]);
  line(context, [x.from, y.from], [x.to, y.from], colour("muted"));
  line(context, [x.from, y.from], [x.from, y.to], colour("muted"));
  write(context, "I(X; T), nats", (x.from + x.to) / 2, y.from + 27, "center", "top");
  write(context, "I(Y; T), nats", 0, y.to - 9, "left", "bottom");
}

function tone(i) {
  return ["muted", "class2", "second", "class1", "class0"][i % 5];
}

function drawTrail(context, points, strokeStyle) {
  Object.assign(context, { strokeStyle, lineWidth: 1.6, globalAlpha: 0.8 });
  context.beginPath();
  points.forEach((point, k) => context[k ? "lineTo" : "moveTo"](...point));
  context.stroke();
  context.globalAlpha = 1;
}

/** A disc with the layer's number. */
function drawLayer(context, place, i, colour) {
  context.lineWidth = 2.4;
  mark(context, 0, place, 10, { fillStyle: colour("back"), strokeStyle: colour(tone(i)) });
  Object.assign(context, { fillStyle: colour("text"), font: "600 13px system-ui, sans-serif" });
  write(context, String(i + 1), place[0], place[1] + 0.5, "center", "middle");
}
