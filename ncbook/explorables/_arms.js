// A question sets up to three arms of an experiment: every seed of one measure over its steps or epochs.
// The data are made by _arms.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {{ label: string, change: number | null, reached?: (number | null)[] }} Known
 * @typedef {Known & { steps?: number[], curves: Record<string, Packed> }} Arm
 * @typedef {Known & { steps: number[], curves: Record<string, Float64Array[]> }} Shown
 * @typedef {{ label: string, log: boolean }} Measure
 * @typedef {{ arms: number[], measure: string, answer: string }} Question
 * @typedef {{ steps: number[], clock: string, logTime: boolean, measures: Record<string, Measure>, arms: Arm[], questions: Record<string, Question> }} Data
 * @typedef {{ arms: Shown[], measure: string, frame: number }} State
 */

/** @type {Style[]} */
const ARM_STYLES = [...PAIR, ["class0", [10, 3, 2, 3]]];

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const menus = ["first", "second-arm", "third-arm"].map(part);
  const [asked, measure, slider] = ["asked", "measure", "slider"].map(part);
  const unpacked = data.arms.map((arm) => ({ steps: data.steps, ...arm, curves: curvesOf(arm) }));
  const chosen = () => menus.map(({ value }) => value).filter((at) => at !== "").map(Number);
  const now = () => ({
    arms: chosen().map((at) => unpacked[at]), measure: measure.value, frame: Number(slider.value),
  });
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = now();
    drawArms(part("curves"), data, state, valueRange(data, unpacked, state.measure), themeColors(root));
    part("answer").textContent = data.questions[asked.value]?.answer ?? "";
    describe(part, data, state);
  };
  const settled = () => {
    const [answer, picture] = [part("answer").textContent, part("curves").getAttribute("aria-label")];
    part("status").textContent = `${answer} ${picture}`.trim();
  };
  asked.addEventListener("change", () => ask(data.questions[asked.value], menus, measure, slider));
  for (const menu of menus) {
    menu.addEventListener("change", () => {
      asked.value = questionOf(data.questions, chosen(), asked.value);
    });
  }
  wireChoices([asked, ...menus, measure], draw, settled);
  namePlaces(slider, data.steps);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/**
 * Sets the arms and the measure of a question, at the end of training.
 * @type {(question: Question, menus: HTMLSelectElement[], measure: HTMLSelectElement, slider: HTMLInputElement) => void}
 */
function ask(question, menus, measure, slider) {
  menus.forEach((menu, place) => {
    menu.value = String(question.arms[place] ?? "");
  });
  measure.value = question.measure;
  slider.value = slider.max;
  slider.dispatchEvent(new Event("input")); // ends the playing
}

/**
 * The question whose arms are chosen, the present one first; "" for arms of which none asks.
 * @type {(questions: Record<string, Question>, chosen: number[], present: string) => string}
 */
function questionOf(questions, chosen, present) {
  const fits = Object.keys(questions).filter((key) => String(questions[key].arms) === String(chosen));
  return fits.includes(present) ? present : (fits[0] ?? "");
}

// ---- picture ----

/** @type {(canvas: Canvas, data: Data, state: State, range: { low: number, high: number }, color: Color) => void} */
function drawArms(canvas, data, { arms, measure, frame }, { low, high }, color) {
  const { context, width, height } = freshContext(canvas);
  const x = timeAxis(data, 56, width - 14);
  const y = { ...linearAxis(low, high, height - 46, 26), hasZero: false };
  drawGrid(context, x, y, color, data, measure);
  for (const change of new Set(arms.map((arm) => arm.change).filter((step) => step !== null))) {
    context.setLineDash([2, 4]);
    line(context, [x.at(change), y.from], [x.at(change), y.to], color("muted"));
  }
  arms.forEach((arm, place) => {
    const [name, dash] = ARM_STYLES[place];
    context.setLineDash(dash);
    for (const seed of arm.curves[measure]) {
      drawCurve(context, x, y, arm.steps, [...seed], color(name), 1.5, 0.22);
      const past = seed.slice(0, placeAt(arm, data.steps[frame], measure) + 1);
      drawCurve(context, x, y, arm.steps, [...past], color(name), 1.5, 0.9);
    }
  });
  context.setLineDash([]);
  context.lineWidth = 2;
  const here = x.at(data.steps[frame]);
  line(context, [here, y.from], [here, y.to], color("accent"));
}

/**
 * The place of the last probe of an arm up to a step.
 * @type {(arm: Shown, step: number, measure: string) => number}
 */
function placeAt(arm, step, measure) {
  const probed = arm.steps.slice(0, arm.curves[measure][0].length);
  return probed.findLastIndex((each) => each <= step);
}

/**
 * From 0 to the last of all times, or logarithmic, with a place for 0 where training begins there.
 * @type {(data: Data, from: number, to: number) => TickedAxis}
 */
function timeAxis({ steps, logTime }, from, to) {
  if (logTime) {
    const x = logAxis({ low: steps[0] || steps[1], high: lastOf(steps), hasZero: steps[0] === 0 }, from, to);
    return { ...x, ticks: logTicks(x, 30) };
  }
  const x = linearAxis(0, lastOf(steps), from, to);
  const strides = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  const stride = strides.find((each) => (60 * x.high) / each <= to - from) ?? x.high;
  const values = Array.from({ length: Math.floor(x.high / stride) + 1 }, (_, count) => count * stride);
  return { ...x, hasZero: false, ticks: values.map((value) => ({ value, label: String(value) })) };
}

/**
 * Every measure of one arm, as an array of values for each seed.
 * @type {(arm: Arm) => Record<string, Float64Array[]>}
 */
function curvesOf(arm) {
  return Object.fromEntries(Object.entries(arm.curves).map(([name, packed]) => [name, rowsOf(unpack(packed))]));
}

/**
 * The range of one measure over all arms: a change of arm changes no axis. Logarithms go to whole powers of ten.
 * @type {(data: Data, unpacked: Shown[], measure: string) => { low: number, high: number }}
 */
function valueRange(data, unpacked, measure) {
  if (!data.measures[measure].log) return { low: 0, high: 1 };
  const values = unpacked.flatMap(({ curves }) => curves[measure].flatMap((seed) => [...seed]));
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return { low: Math.floor(low), high: Math.max(Math.ceil(high), Math.floor(low) + 1) };
}

/** @type {(context: Context, x: TickedAxis, y: LinearAxis & Framed, color: Color, data: Data, measure: string) => void} */
function drawGrid(context, x, y, color, { measures, clock, logTime }, measure) {
  const { label, log } = measures[measure];
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  const stride = log ? Math.ceil((y.high - y.low) / 8) : 0.25;
  for (let value = y.low; value <= y.high + 1e-9; value += stride) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], color("grid"));
    write(context, log ? tickLabel(1, value) : String(value), x.from - 8, y.at(value), "right", "middle");
  }
  for (const tick of x.ticks) {
    line(context, [x.at(tick.value), y.from], [x.at(tick.value), y.from + 5], color("muted"));
    write(context, tick.label, x.at(tick.value), y.from + 8, "center", "top");
  }
  drawFrame(context, x, y, color);
  const time = `${clock === "step" ? "training step" : clock}${logTime ? " (log scale)" : ""}`;
  write(context, time, (x.from + x.to) / 2, y.from + 27, "center", "top");
  write(context, log ? `${label} (log scale)` : label, 0, y.to - 9, "left", "bottom");
}

// ---- words ----

/** @type {(part: Part, data: Data, state: State) => void} */
function describe(part, data, { arms, measure, frame }) {
  const step = data.steps[frame];
  const told = arms.map((arm) => `${arm.label}: ${values(arm, data, measure, frame)} ${there(arm, step)}`.trim());
  ARM_STYLES.forEach((_, place) => {
    part(`entry${place}`).hidden = place >= told.length;
    part(`told${place}`).textContent = told[place] ?? "";
  });
  part("now").textContent = String(step);
  part("slider").setAttribute("aria-valuetext", `${data.clock} ${step}`);
  const label = `${data.measures[measure].label}, ${data.clock} ${step}, median and range of the seeds.`;
  part("curves").setAttribute("aria-label", `${label} ${told.join(" ")}`);
}

/**
 * Median and range at the chosen step, or at the last one before it at which the arm was measured.
 * @type {(arm: Shown, data: Data, measure: string, frame: number) => string}
 */
function values(arm, data, measure, frame) {
  const step = data.steps[frame];
  const at = placeAt(arm, step, measure);
  /** @type {(value: number) => string} */
  const plain = (value) => spell(data.measures[measure].log ? 10 ** value : Math.round(value * 1e4) / 1e4);
  const sorted = arm.curves[measure].map((seed) => seed[at]).sort((a, b) => a - b);
  const ended = at === arm.curves[measure][0].length - 1 ? "ended " : "";
  const earlier = arm.steps[at] < step ? `${ended}at ${data.clock} ${arm.steps[at]} with ` : "";
  return `${earlier}${plain(median(sorted))} (${plain(sorted[0])} to ${plain(lastOf(sorted))}).`;
}

/** @type {(arm: Shown, step: number) => string} */
function there({ reached }, step) {
  if (!reached) return "";
  const count = reached.filter((first) => first !== null && first <= step).length;
  return `99 % test accuracy reached by ${count} of ${reached.length} seeds.`;
}
