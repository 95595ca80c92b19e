// Two arms of the experiment against each other: one measure of collapse over all epochs, every seed and the median.
// The data are made by settings.py, which documents them. Pixels are CSS pixels.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const controls = ["first", "second-arm", "measure", "images"].map(part);
  const slider = part("slider");
  const now = () => {
    const [first, second, measure, images] = controls.map((control) => control.value);
    const arms = [data.arms[first], data.arms[second]].map((arm) => ({ ...arm, curve: arm.curves[measure][images] }));
    return { arms, measure, images, frame: Number(slider.value) };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = now();
    drawComparison(part("curves"), data, state, themeColours(root));
    describe(part, data, state);
  };
  const settled = () => {
    part("status").textContent = part("curves").getAttribute("aria-label");
  };
  for (const control of controls) {
    control.addEventListener("change", () => {
      draw();
      settled();
    });
  }
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

const STYLES = [["text", []], ["second", [7, 4]]]; // colour and dashes of the first and of the second arm

function drawComparison(canvas, data, { arms, measure, frame }, colour) {
  const { context, width, height } = freshContext(canvas);
  const x = logAxis({ low: 1, high: Math.max(2, data.epochs.at(-1)), hasZero: true }, 56, width - 12);
  const y = logAxis(valueRange(data, measure), height - 46, 26);
  drawAxes(context, x, y, colour, "epoch (log scale)", `${data.measures[measure].split(":")[0]} (log)`);
  const here = x.at(data.epochs[frame]);
  context.lineWidth = 2;
  line(context, [here, y.from], [here, y.to], colour("accent"));
  arms.forEach(({ curve }, place) => {
    const [name, dash] = STYLES[place];
    context.setLineDash(dash);
    for (const seed of curve.seeds) drawCurve(context, x, y, data.epochs, seed, colour(name), 1, 0.5);
    drawCurve(context, x, y, data.epochs, curve.median, colour(name), 2.6, 1);
    context.setLineDash([]);
    const value = curve.median[frame];
    const paint = { fillStyle: colour(name), strokeStyle: colour("back") };
    if (value !== null) mark(context, place, [here, y.at(value)], 6, paint);
  });
}

/** The range of one measure over all arms, both image sets and all seeds: a change of arm changes no axis. */
function valueRange(data, measure) {
  const values = data.arms.flatMap(({ curves }) => Object.values(curves[measure]).flatMap(({ seeds }) => seeds.flat()));
  const positive = values.filter((value) => value !== null && value > 0);
  const low = roundLog(Math.min(1, ...positive), true);
  return { low, high: roundLog(Math.max(2 * low, ...positive), false), hasZero: values.includes(0) };
}

// ---- words ----

function describe(part, data, { arms, measure, images, frame }) {
  const epoch = data.epochs[frame];
  const told = arms.map((arm, place) => {
    const text = `${spell(arm.curve.median[frame])} (${range(arm.curve.seeds.map((seed) => seed[frame]))})`;
    part(`name${place}`).textContent = arm.label;
    part(`value${place}`).textContent = text;
    part(`zero${place}`).textContent = terminal(arm, data.seeds.length);
    return `${arm.label}: ${text}. ${terminal(arm, data.seeds.length)}`;
  });
  part("now").textContent = epoch;
  part("slider").setAttribute("aria-valuetext", `epoch ${epoch}`);
  const set = images === "train" ? "training" : "test";
  const what = `${data.measures[measure]}, ${set} images, epoch ${epoch}, median and range of the seeds.`;
  part("curves").setAttribute("aria-label", `${what} ${told.join(" ")}`);
}

function range(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? `${spell(Math.min(...known))} to ${spell(Math.max(...known))}` : "no seed";
}

function terminal({ zero }, seeds) {
  if (!zero.length) return "No training error of 0 at any probed epoch.";
  const when = zero.at(0) === zero.at(-1) ? `epoch ${zero[0]}` : `epochs ${zero[0]} to ${zero.at(-1)}`;
  return `Training error first 0 at ${when} (${zero.length} of ${seeds} seeds).`;
}
