// Leads of measures over the test accuracy under a rule that the reader chooses: a dot a seed, a row a measure.
// The data are made by onset.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {{ label: string, kind: number, log: boolean }} Measure
 * @typedef {Record<"steps" | "seeds" | "memorized" | "generalized" | "onset" | "least", number[]>} Known
 * @typedef {Known & { measures: Measure[], curves: Packed[], last: number }} Data
 * @typedef {{ after: number | null, share: number, log: boolean }} Rule
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const controls = ["end", "share", "scale"].map(part);
  const curves = data.curves.map((packed) => rowsOf(unpack(packed)));
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const [end, share, scale] = controls.map((control) => control.value);
    const rule = { after: end === "" ? null : Number(end), share: Number(share), log: scale === "log" };
    const leads = data.measures.map((_, at) => data.seeds.map((__, seed) => leadOf(data, curves[at][seed], at, seed, rule)));
    drawLeads(part("leads"), data, leads, themeColors(root));
    const told = summary(data, leads);
    part("told").textContent = told;
    part("leads").setAttribute("aria-label", `A dot a seed. ${told}`);
  };
  const settled = () => {
    part("status").textContent = part("told").textContent;
  };
  wireChoices(controls, draw, settled);
  redrawOnChange(root, draw);
  draw();
}

// ---- the rule ----

/**
 * Steps by which a measure crosses before the test accuracy is half-way; null for one that does not cross.
 * @type {(data: Data, curve: Float64Array, measure: number, seed: number, rule: Rule) => number | null}
 */
function leadOf(data, curve, measure, seed, { after, share, log }) {
  const { log: positive } = data.measures[measure];
  const from = data.steps.findIndex((step) => step >= data.memorized[seed]);
  const stored = curve.slice(from);
  const change = Math.abs(lastOf(stored) - stored[0]);
  if (change < data.least[positive ? 0 : 1]) return null;
  const values = positive && !log ? stored.map(Math.exp) : stored;
  const steps = data.steps.slice(from);
  const end = after === null ? median(values.slice(-data.last)) : before(steps, values, data.generalized[seed] + after);
  const place = values.findIndex((value) => (value - values[0]) / (end - values[0]) >= share);
  return place < 0 ? null : data.onset[seed] - steps[place];
}

/**
 * The value at the last probe that is not after `step`.
 * @type {(steps: number[], values: Float64Array, step: number) => number}
 */
function before(steps, values, step) {
  return values[steps.findLastIndex((each) => each <= step)];
}

/**
 * The leads of the seeds that cross.
 * @type {(leads: Curve) => number[]}
 */
function known(leads) {
  return leads.flatMap((lead) => lead ?? []);
}

// ---- picture ----

const LABELS = 150; // pixels for the names of the measures, of which none is longer

/** @type {(canvas: Canvas, data: Data, leads: Curve[], color: Color) => void} */
function drawLeads(canvas, data, leads, color) {
  const { context, width, height } = freshContext(canvas);
  const left = LABELS;
  const seen = leads.flatMap(known);
  const reach = Math.max(200, ...seen.map(Math.abs)) * 1.06;
  /** @type {(lead: number) => number} */
  const x = (lead) => left + 10 + ((lead + reach) / (2 * reach)) * (width - left - 24);
  /** @type {(at: number) => number} */
  const row = (at) => 14 + ((at + 0.5) * (height - 64)) / leads.length;
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  drawScale(context, x, reach, height, width - left, color);
  leads.forEach((own, at) => {
    const { label, kind } = data.measures[at];
    Object.assign(context, { fillStyle: color("text"), lineWidth: 1, globalAlpha: 1 });
    write(context, label, 0, row(at), "left", "middle");
    drawDots(context, own, kind, x, row(at), color);
  });
}

/** @type {(context: Context, own: Curve, kind: number, x: (lead: number) => number, y: number, color: Color) => void} */
function drawDots(context, own, kind, x, y, color) {
  const seen = known(own);
  seen.forEach((lead, seed) => {
    const paint = { fillStyle: color(`class${kind}`), strokeStyle: color("back"), globalAlpha: 0.85, lineWidth: 1 };
    mark(context, kind, [x(lead), y + 4 * ((seed % 3) - 1)], 4.5, paint);
  });
  if (!seen.length) return;
  context.lineWidth = 2.5;
  line(context, [x(median(seen)), y - 12], [x(median(seen)), y + 12], color("text"));
}

/** @type {(context: Context, x: (lead: number) => number, reach: number, height: number, room: number, color: Color) => void} */
function drawScale(context, x, reach, height, room, color) {
  const bottom = height - 46;
  const step = [50, 100, 200, 500, 1000, 2000].find((each) => (reach / each) * 100 <= room) ?? 2000;
  for (let lead = -step * Math.floor(reach / step); lead <= reach; lead += step) {
    line(context, [x(lead), 8], [x(lead), bottom], color("grid"));
    write(context, String(lead).replace("-", "−"), x(lead), bottom + 6, "center", "top");
  }
  context.lineWidth = 2;
  line(context, [x(0), 8], [x(0), bottom], color("accent"));
  write(context, "steps before generalization", x(0), bottom + 25, "center", "top");
}

// ---- words ----

/**
 * "Median steps before generalization: NC1 -120 (before in 0 of 12 seeds), ..."
 * @type {(data: Data, leads: Curve[]) => string}
 */
function summary(data, leads) {
  const told = leads.map((own, at) => {
    const seen = known(own);
    if (!seen.length) return `${data.measures[at].label} hardly changes`;
    const first = seen.filter((lead) => lead > 0).length;
    return `${data.measures[at].label} ${Math.round(median(seen))} (before in ${first} of ${own.length})`;
  });
  return `Median steps before generalization: ${told.join("; ")}.`.replaceAll(" -", " −");
}
