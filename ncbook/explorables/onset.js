// Leads of measures over the test accuracy under a rule that the reader chooses: a dot a seed, a row a measure.
// The data are made by onset.py, which documents them. Pixels are CSS pixels.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const controls = ["end", "share", "scale"].map(part);
  data.curves = data.curves.map((packed) => rowsOf(unpack(packed)));
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const [end, share, scale] = controls.map((control) => control.value);
    const rule = { after: end === "" ? null : Number(end), share: Number(share), log: scale === "log" };
    const leads = data.measures.map((_, at) => data.seeds.map((_, seed) => leadOf(data, at, seed, rule)));
    drawLeads(part("leads"), data, leads, themeColours(root));
    const told = summary(data, leads);
    part("told").textContent = told;
    part("leads").setAttribute("aria-label", `A dot a seed. ${told}`);
  };
  for (const control of controls) {
    control.addEventListener("change", () => {
      draw();
      part("status").textContent = part("told").textContent;
    });
  }
  redrawOnChange(root, draw);
  draw();
}

/** {shape: [S, P], values} -> S arrays of P values. */
function rowsOf({ shape: [seeds, probes], values }) {
  return Array.from({ length: seeds }, (_, seed) => values.slice(seed * probes, (seed + 1) * probes));
}

// ---- the rule ----

/** Steps by which a measure crosses before the test accuracy is half-way; null for one that does not cross. */
function leadOf(data, measure, seed, { after, share, log }) {
  const { log: positive } = data.measures[measure];
  const from = data.steps.findIndex((step) => step >= data.memorized[seed]);
  const stored = data.curves[measure][seed].slice(from);
  const change = Math.abs(stored.at(-1) - stored[0]);
  if (change < data.least[positive ? 0 : 1]) return null;
  const values = positive && !log ? stored.map(Math.exp) : stored;
  const steps = data.steps.slice(from);
  const end = after === null ? middle(values.slice(-data.last)) : before(steps, values, data.generalized[seed] + after);
  const place = values.findIndex((value) => (value - values[0]) / (end - values[0]) >= share);
  return place < 0 ? null : data.onset[seed] - steps[place];
}

/** The value at the last probe that is not after `step`. */
function before(steps, values, step) {
  return values[steps.findLastIndex((each) => each <= step)];
}

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

// ---- picture ----

function drawLeads(canvas, data, leads, colour) {
  const { context, width, height } = freshContext(canvas);
  const left = Math.min(170, 0.42 * width);
  const seen = leads.flat().filter((lead) => lead !== null);
  const reach = Math.max(200, ...seen.map(Math.abs)) * 1.06;
  const x = (lead) => left + 10 + ((lead + reach) / (2 * reach)) * (width - left - 24);
  const row = (at) => 14 + ((at + 0.5) * (height - 64)) / leads.length;
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  drawScale(context, x, reach, height, width - left, colour);
  leads.forEach((own, at) => {
    const { label, kind } = data.measures[at];
    Object.assign(context, { fillStyle: colour("text"), lineWidth: 1, globalAlpha: 1 });
    write(context, fitted(context, label, left - 4), 0, row(at), "left", "middle");
    drawDots(context, own, kind, x, row(at), colour);
  });
}

function drawDots(context, own, kind, x, y, colour) {
  const seen = own.filter((lead) => lead !== null);
  seen.forEach((lead, seed) => {
    const paint = { fillStyle: colour(`class${kind}`), strokeStyle: colour("back"), globalAlpha: 0.85, lineWidth: 1 };
    mark(context, kind, [x(lead), y + 4 * ((seed % 3) - 1)], 4.5, paint);
  });
  if (!seen.length) return;
  context.lineWidth = 2.5;
  line(context, [x(middle(seen)), y - 12], [x(middle(seen)), y + 12], colour("text"));
}

function drawScale(context, x, reach, height, room, colour) {
  const bottom = height - 46;
  const step = [50, 100, 200, 500, 1000, 2000].find((each) => (reach / each) * 100 <= room) ?? 2000;
  for (let lead = -step * Math.floor(reach / step); lead <= reach; lead += step) {
    line(context, [x(lead), 8], [x(lead), bottom], colour("grid"));
    write(context, String(lead).replace("-", "−"), x(lead), bottom + 6, "center", "top");
  }
  context.lineWidth = 2;
  line(context, [x(0), 8], [x(0), bottom], colour("accent"));
  write(context, "steps before generalization", x(0), bottom + 25, "center", "top");
}

/** The label, cut where it is wider than the room. */
function fitted(context, label, room) {
  let text = label;
  while (context.measureText(text).width > room && text.length > 3) text = `${text.slice(0, -2)}…`;
  return text;
}

// ---- words ----

/** "Median steps before generalization: NC1 -120 (before in 0 of 12 seeds), ..." */
function summary(data, leads) {
  const told = leads.map((own, at) => {
    const seen = own.filter((lead) => lead !== null);
    if (!seen.length) return `${data.measures[at].label} hardly changes`;
    const first = seen.filter((lead) => lead > 0).length;
    return `${data.measures[at].label} ${Math.round(middle(seen))} (before in ${first} of ${own.length})`;
  });
  return `Median steps before generalization: ${told.join("; ")}.`.replaceAll(" -", " −");
}
