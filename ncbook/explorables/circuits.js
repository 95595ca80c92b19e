// Four pictures of one seed at one step: accuracies, losses, spectrum, and the circle of a frequency.
// The data are made by circuits.py, which documents them. Pixels are CSS pixels; y points up in the data.

/**
 * @typedef {"train_acc" | "test_acc" | "restricted_acc" | "excluded_loss" | "test_loss" | "restricted_loss"} Column
 * @typedef {{ seed: number, keys: number[], circled: number[] }} Known
 * @typedef {Known & Record<Column, number[]> & Record<"memorized" | "formed" | "cleanup" | "generalized", number | null>} Seed
 * @typedef {{ p: number, steps: number[], seeds: Seed[], spectrum: Packed, circles: Packed }} Data
 * @typedef {{ frame: number, own: Seed, frequency: number, bars: number, ring: number }} State
 * @typedef {Scale & Framed & { ticks: Tick[] }} Ticked
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
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
    const [state, color] = [now(), themeColors(root)];
    drawCurves(part("accuracies"), data, state, color, SHARES, shareAxis);
    drawCurves(part("losses"), data, state, color, LOSSES, lossAxis);
    drawSpectrum(part("spectrum"), spectrum, state, color);
    drawNumbers(part("circle"), pointsAt(circles, state.ring, data.p), state.frequency, color);
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
  wireChoices([seed, wave], draw, settled);
  namePlaces(slider, data.steps);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- curves ----

/** @type {Column[]} */
const SHARES = ["train_acc", "test_acc", "restricted_acc"];
/** @type {Column[]} */
const LOSSES = ["excluded_loss", "test_loss", "restricted_loss"];

/** @type {Record<string, Style>} */
const STYLES = {
  train_acc: ["train", []], test_acc: ["test", [6, 4]], restricted_acc: ["class0", [2, 4]],
  excluded_loss: ["class3", []], test_loss: ["test", [6, 4]], restricted_loss: ["class0", [2, 4]],
};

/**
 * Vertical axes from pixel `from` (low) to `to`: shares from 0 to 1, and losses on a logarithmic scale.
 * @type {(from: number, to: number) => Ticked}
 */
const shareAxis = (from, to) => ({
  ...linearAxis(0, 1, from, to), hasZero: false,
  ticks: [0, 0.5, 1].map((value) => ({ value, label: String(value) })),
});
/** @type {(from: number, to: number) => Ticked} */
const lossAxis = (from, to) => {
  const axis = logAxis({ low: 1e-8, high: 100, hasZero: false }, from, to);
  return { ...axis, ticks: logTicks(axis, 13).filter(({ value }) => Math.log10(value) % 2 === 0) };
};

/** @type {(canvas: Canvas, data: Data, state: State, color: Color, columns: Column[], axis: typeof shareAxis) => void} */
function drawCurves(canvas, { steps }, { own, frame }, color, columns, axis) {
  const { context, width, height } = freshContext(canvas);
  const last = steps[steps.length - 1];
  const x = { ...linearAxis(0, last, 50, width - 12), hasZero: false };
  const y = axis(height - 46, 14);
  drawTicks(context, x, y, y.ticks, color, "step");
  for (const share of [0, 0.5, 1]) {
    write(context, String(Math.round(share * last)), x.at(share * last), y.from + 8, share === 1 ? "right" : "center", "top");
  }
  for (const column of columns) {
    const [name, dashes] = STYLES[column];
    context.setLineDash(dashes);
    drawCurve(context, x, y, steps, own[column], color(name), 2.4, 1);
    context.setLineDash([]);
  }
  context.lineWidth = 2;
  const here = x.at(steps[frame]);
  line(context, [here, y.from], [here, y.to], color("accent"));
  columns.forEach((column, place) => {
    const paint = { fillStyle: color(STYLES[column][0]), strokeStyle: color("back") };
    mark(context, place, [here, y.at(own[column][frame])], 5, paint);
  });
}

// ---- the spectrum ----

/** @type {(canvas: Canvas, spectrum: Unpacked, state: State, color: Color) => void} */
function drawSpectrum(canvas, { shape, values }, { own, bars }, color) {
  const { context, width, height } = freshContext(canvas);
  const count = shape[2];
  const slot = (width - 62) / count;
  const x = { from: 50, to: width - 12, hasZero: false };
  const y = shareAxis(height - 46, 14);
  drawTicks(context, x, y, y.ticks, color, "frequency k (share of power)");
  for (let k = 1; k <= count; k += 1) {
    const top = y.at(values[bars * count + k - 1]);
    const left = x.from + (k - 1) * slot;
    context.fillStyle = color(own.keys.includes(k) ? "class0" : "faint");
    context.fillRect(left + 1, top, Math.max(1, slot - 2), y.from - top);
    context.fillStyle = color("muted");
    if (k === 1 || k % Math.ceil(count / 7) === 0) write(context, String(k), left + slot / 2, y.from + 8, "center", "top");
  }
}

// ---- words ----

/** @type {(part: Part, data: Data, spectrum: Unpacked, circles: Unpacked, state: State) => void} */
function describe(part, data, spectrum, circles, { own, frame, frequency, bars, ring }) {
  const step = data.steps[frame];
  const uneven = wholePercent(unevenness(pointsAt(circles, ring, data.p)));
  const held = own.keys.reduce((sum, k) => sum + spectrum.values[bars * spectrum.shape[2] + k - 1], 0);
  /** @type {(name: string, text: string) => void} */
  const label = (name, text) => part(name).setAttribute("aria-label", text);
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  part("now").textContent = String(step);
  part("uneven").textContent = uneven;
  part("phase").textContent = `Step ${step}: ${phaseAt(own, step)}.`;
  const shares = SHARES.map((name) => wholePercent(own[name][frame]));
  label("accuracies", `Seed ${own.seed}, step ${step}: ${shares[0]} of the training pairs and ${shares[1]} of the test ` +
    `pairs right; with the key frequencies alone ${shares[2]} of the test pairs.`);
  const losses = LOSSES.map((name) => spell(own[name][frame]));
  label("losses", `Excluded loss ${losses[0]}, test loss ${losses[1]}, restricted loss ${losses[2]} nats.`);
  label("spectrum", `Key frequencies ${own.keys.join(", ")} hold ${wholePercent(held)} of the embedding's power.`);
  label("circle", `In the plane of frequency ${frequency} the distances from the center vary by ${uneven}.`);
}

/**
 * The latest moment that `step` has reached, in words.
 * @type {(own: Seed, step: number) => string}
 */
function phaseAt(own, step) {
  /** @type {(moment: number | null) => boolean} */
  const reached = (moment) => moment !== null && step >= moment;
  if (reached(own.generalized)) return "grokked";
  if (reached(own.cleanup)) return "cleanup has passed its steepest point";
  if (reached(own.formed)) return "the circuit answers half of the test pairs";
  return reached(own.memorized) ? "memorized" : "still memorizing";
}
