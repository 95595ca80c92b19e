// Four pictures of one seed at one step: accuracies, losses, spectrum, and the circle of a frequency.
// The data are made by circuits.py, which documents them. Pixels are CSS pixels; y points up in the data.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const [slider, seed, wave] = [part("slider"), part("seed"), part("wave")];
  const [spectrum, circles] = [unpack(data.spectrum), unpack(data.circles)];
  const now = () => {
    const [place, frame, which] = [seed, slider, wave].map((control) => Number(control.value));
    const [, waves, frames] = circles.shape;
    return {
      frame, own: data.seeds[place], frequency: data.seeds[place].circled[which],
      bars: place * data.steps.length + frame, ring: (place * waves + which) * frames + frame,
    };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const [state, colour] = [now(), themeColours(root)];
    drawCurves(part("accuracies"), data, state, colour, ["train_acc", "test_acc", "restricted_acc"], shareAxis);
    drawCurves(part("losses"), data, state, colour, ["excluded_loss", "test_loss", "restricted_loss"], lossAxis);
    drawSpectrum(part("spectrum"), spectrum, state, colour);
    drawCircle(part("circle"), data, circles, state, colour);
    describe(part, data, spectrum, circles, state);
  };
  const settled = () => {
    const labels = ["accuracies", "losses", "spectrum", "circle"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  const offer = () => {
    const options = data.seeds[Number(seed.value)].circled.map((k, place) => new Option(String(k), String(place)));
    wave.replaceChildren(...options);
  };
  offer();
  seed.addEventListener("change", offer);
  for (const control of [seed, wave]) {
    control.addEventListener("change", () => {
      draw();
      settled();
    });
  }
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- curves ----

const STYLES = [["class0", []], ["class1", [7, 5]], ["class2", [2, 4]]];

/** Vertical axes from pixel `from` (low) to `to`: shares from 0 to 1, and losses on a logarithmic scale. */
const shareAxis = (from, to) => ({
  from, to, hasZero: false, at: (value) => from + value * (to - from),
  ticks: [0, 0.5, 1].map((value) => ({ value, label: String(value) })),
});
const lossAxis = (from, to) => {
  const axis = logAxis({ low: 1e-8, high: 100, hasZero: false }, from, to);
  return { ...axis, ticks: logTicks(axis, 13).filter(({ value }) => Math.log10(value) % 2 === 0) };
};

function drawCurves(canvas, { steps }, { own, frame }, colour, columns, axis) {
  const { context, width, height } = freshContext(canvas);
  const last = steps[steps.length - 1];
  const x = { from: 50, to: width - 12, hasZero: false, at: (step) => 50 + (step / last) * (width - 62) };
  const y = axis(height - 46, 14);
  drawFrameWith(context, x, y, colour, "step");
  for (const share of [0, 0.5, 1]) {
    write(context, String(Math.round(share * last)), x.at(share * last), y.from + 8, share === 1 ? "right" : "center", "top");
  }
  columns.forEach((column, place) => {
    context.setLineDash(STYLES[place][1]);
    drawCurve(context, x, y, steps, own[column], colour(STYLES[place][0]), 2.4, 1);
    context.setLineDash([]);
  });
  context.lineWidth = 2;
  const here = x.at(steps[frame]);
  line(context, [here, y.from], [here, y.to], colour("accent"));
  columns.forEach((column, place) => {
    const paint = { fillStyle: colour(STYLES[place][0]), strokeStyle: colour("back") };
    mark(context, place, [here, y.at(own[column][frame])], 5, paint);
  });
}

function drawFrameWith(context, x, y, colour, xTitle) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  for (const { value, label } of y.ticks) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], colour("grid"));
    write(context, label, x.from - 8, y.at(value), "right", "middle");
  }
  drawFrame(context, x, y, colour);
  write(context, xTitle, (x.from + x.to) / 2, y.from + 27, "center", "top");
}

// ---- the spectrum ----

function drawSpectrum(canvas, { shape, values }, { own, bars }, colour) {
  const { context, width, height } = freshContext(canvas);
  const count = shape[2];
  const slot = (width - 62) / count;
  const x = { from: 50, to: width - 12, hasZero: false };
  const y = shareAxis(height - 46, 14);
  drawFrameWith(context, x, y, colour, "frequency k (share of power)");
  for (let k = 1; k <= count; k += 1) {
    const top = y.at(values[bars * count + k - 1]);
    const left = x.from + (k - 1) * slot;
    context.fillStyle = colour(own.keys.includes(k) ? "accent" : "faint");
    context.fillRect(left + 1, top, Math.max(1, slot - 2), y.from - top);
    context.fillStyle = colour("muted");
    if (k === 1 || k % Math.ceil(count / 7) === 0) write(context, String(k), left + slot / 2, y.from + 8, "center", "top");
  }
}

// ---- the circle ----

function drawCircle(canvas, { p }, circles, { ring, frequency }, colour) {
  const { context, width, height } = freshContext(canvas);
  const points = numbers(circles, ring, p);
  const reach = Math.max(...points.map((point) => Math.hypot(...point))) || 1;
  const scale = (Math.min(width, height) - 44) / (2 * reach);
  const places = points.map(([across, up]) => [width / 2 + scale * across, height / 2 - scale * up]);
  Object.assign(context, { strokeStyle: colour("faint"), lineWidth: 1.2, font: "13px system-ui, sans-serif" });
  context.beginPath();
  polygon(context, roundTrip(p, frequency).map((x) => places[x]));
  context.stroke();
  places.forEach((place, x) => {
    mark(context, 0, place, 4, { fillStyle: colour("class0"), strokeStyle: colour("back") });
    context.fillStyle = colour("text");
    if (p <= 40) write(context, String(x), place[0] + 6, place[1] - 5, "left", "bottom");
  });
}

/** The p points of one ring. */
function numbers({ values }, ring, p) {
  return Array.from({ length: p }, (_, x) => [values[2 * (ring * p + x)], values[2 * (ring * p + x) + 1]]);
}

/** The numbers in the order of their angle on the circle of frequency k. */
function roundTrip(p, k) {
  return Array.from({ length: p }, (_, x) => x).sort((a, b) => ((a * k) % p) - ((b * k) % p));
}

/** Standard deviation of the distances from the centre, as a share of their mean. */
function unevenness(points) {
  const lengths = points.map((point) => Math.hypot(...point));
  const mean = lengths.reduce((sum, each) => sum + each, 0) / lengths.length || 1;
  return Math.sqrt(lengths.reduce((sum, each) => sum + (each - mean) ** 2, 0) / lengths.length) / mean;
}

// ---- words ----

function describe(part, data, spectrum, circles, { own, frame, frequency, bars, ring }) {
  const step = data.steps[frame];
  const uneven = percent(unevenness(numbers(circles, ring, data.p)));
  const held = own.keys.reduce((sum, k) => sum + spectrum.values[bars * spectrum.shape[2] + k - 1], 0);
  const label = (name, text) => part(name).setAttribute("aria-label", text);
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("now").textContent = step;
  part("uneven").textContent = uneven;
  part("phase").textContent = `Step ${step}: ${phaseAt(own, step)}.`;
  const shares = ["train_acc", "test_acc", "restricted_acc"].map((name) => percent(own[name][frame]));
  label("accuracies", `Seed ${own.seed}, step ${step}: ${shares[0]} of the training pairs and ${shares[1]} of the test ` +
    `pairs right; with the key frequencies alone ${shares[2]} of the test pairs.`);
  const losses = ["excluded_loss", "test_loss", "restricted_loss"].map((name) => spell(own[name][frame]));
  label("losses", `Excluded loss ${losses[0]}, test loss ${losses[1]}, restricted loss ${losses[2]} nats.`);
  label("spectrum", `Key frequencies ${own.keys.join(", ")} hold ${percent(held)} of the embedding's power.`);
  label("circle", `In the plane of frequency ${frequency} the distances from the centre vary by ${uneven}.`);
}

/** The latest moment that `step` has reached, in words. */
function phaseAt(own, step) {
  const reached = (moment) => moment !== null && step >= moment;
  if (reached(own.generalized)) return "grokked";
  if (reached(own.cleanup)) return "cleanup has passed its steepest point";
  if (reached(own.formed)) return "the circuit answers half of the test pairs";
  return reached(own.memorized) ? "memorized" : "still memorizing";
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}
