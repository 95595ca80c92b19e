// Three pictures of one seed at one step, and a phase diagram that answers.
// The data are made by grokking.py, which documents them. Pixels are CSS pixels; y points up in the data.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const [slider, seed] = [part("slider"), part("seed")];
  const [spectrum, circle] = [unpack(data.spectrum), unpack(data.circle)];
  const now = () => {
    const place = Number(seed.value);
    const frame = Number(slider.value);
    return { place, frame, own: data.seeds[place], at: place * data.steps.length + frame };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    drawAccuracies(part("curves"), data, now(), themeColours(root));
    drawSpectrum(part("spectrum"), spectrum, now(), themeColours(root));
    drawCircle(part("circle"), data, circle, now(), themeColours(root));
    describe(part, data, spectrum, circle, now());
    paintCells(root);
  };
  const settled = () => {
    const labels = ["curves", "spectrum", "circle"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  seed.addEventListener("change", () => {
    draw();
    settled();
  });
  wirePlayer(root, slider, part("play"), draw, settled);
  wireCells(root, part("answer"));
  redrawOnChange(root, draw);
  draw();
}

// ---- the accuracies ----

function drawAccuracies(canvas, data, { own, frame }, colour) {
  const { context, width, height } = freshContext(canvas);
  const last = data.steps[data.steps.length - 1];
  const x = logAxis({ low: 10, high: Math.max(20, last), hasZero: true }, 46, width - 12);
  const y = { at: (value) => height - 46 - value * (height - 66), from: height - 46, to: 20, hasZero: false };
  drawLinearAxes(context, x, y, colour, [0, 0.5, 1], "step (log scale)");
  for (const { value, label } of logTicks(x, 40)) write(context, label, x.at(value), y.from + 8, "center", "top");
  trace(context, x, y, data.steps, own.train_acc, colour("class0"), []);
  trace(context, x, y, data.steps, own.test_acc, colour("class1"), [7, 5]);
  context.lineWidth = 2;
  const here = x.at(data.steps[frame]);
  line(context, [here, y.from], [here, y.to], colour("accent"));
  for (const [c, values] of [own.train_acc, own.test_acc].entries()) {
    mark(context, c, [here, y.at(values[frame])], 5, { fillStyle: colour(`class${c}`), strokeStyle: colour("back") });
  }
}

/** Frame, ticks of y, and the title of x; ticks of x are the caller's. */
function drawLinearAxes(context, x, y, colour, ticks, xTitle) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  for (const value of ticks) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], colour("grid"));
    write(context, String(value), x.from - 8, y.at(value), "right", "middle");
  }
  drawFrame(context, x, y, colour);
  write(context, xTitle, (x.from + x.to) / 2, y.from + 27, "center", "top");
}

function trace(context, x, y, steps, values, strokeStyle, dashes) {
  Object.assign(context, { strokeStyle, lineWidth: 2.4, lineJoin: "round" });
  context.setLineDash(dashes);
  context.beginPath();
  values.forEach((value, i) => context[i ? "lineTo" : "moveTo"](x.at(steps[i]), y.at(value)));
  context.stroke();
  context.setLineDash([]);
}

// ---- the spectrum ----

function drawSpectrum(canvas, { shape, values }, { own, at }, colour) {
  const { context, width, height } = freshContext(canvas);
  const count = shape[2];
  const slot = (width - 58) / count;
  const x = { from: 46, to: width - 12, hasZero: false };
  const y = { at: (value) => height - 46 - value * (height - 66), from: height - 46, to: 20, hasZero: false };
  drawLinearAxes(context, x, y, colour, [0, 0.5, 1], "frequency k (share of power)");
  for (let k = 1; k <= count; k += 1) {
    const share = values[at * count + k - 1];
    const left = x.from + (k - 1) * slot;
    context.fillStyle = colour(k === own.frequency ? "accent" : "faint");
    context.fillRect(left + 1, y.at(share), Math.max(1, slot - 2), y.from - y.at(share));
    context.fillStyle = colour("muted");
    if (k === 1 || k % Math.ceil(count / 7) === 0) write(context, String(k), left + slot / 2, y.from + 8, "center", "top");
  }
}

// ---- the circle ----

function drawCircle(canvas, { p }, circle, { own, at }, colour) {
  const { context, width, height } = freshContext(canvas);
  const reach = largest(circle, at, p);
  const scale = (Math.min(width, height) - 44) / (2 * reach);
  const place = (x) => {
    const [across, up] = number(circle, at, p, x);
    return [width / 2 + scale * across, height / 2 - scale * up];
  };
  Object.assign(context, { strokeStyle: colour("faint"), lineWidth: 1.2, font: "13px system-ui, sans-serif" });
  context.beginPath();
  polygon(context, roundTrip(p, own.frequency).map(place));
  context.stroke();
  for (let x = 0; x < p; x += 1) {
    mark(context, 0, place(x), 4, { fillStyle: colour("class0"), strokeStyle: colour("back") });
    context.fillStyle = colour("text");
    if (p <= 40) write(context, String(x), place(x)[0] + 6, place(x)[1] - 5, "left", "bottom");
  }
}

/** Coordinates of the embedding of x at frame `at`. */
function number({ values }, at, p, x) {
  return [values[2 * (at * p + x)], values[2 * (at * p + x) + 1]];
}

function largest(circle, at, p) {
  const lengths = Array.from({ length: p }, (_, x) => Math.hypot(...number(circle, at, p, x)));
  return Math.max(...lengths) || 1;
}

/** The numbers in the order of their angle on the circle of frequency k: x k = 0, 1, 2, ... modulo p. */
function roundTrip(p, k) {
  const place = Array.from({ length: p }, (_, x) => (x * k) % p);
  return place.map((_, x) => x).sort((a, b) => place[a] - place[b]);
}

// ---- the phase diagram ----

/** Darker means later; cells that did not grok stay empty. */
function paintCells(root) {
  const colour = themeColours(root);
  for (const cell of root.querySelectorAll(".nc-cell")) {
    const dark = cell.dataset.dark === "" ? 0 : 100 * Number(cell.dataset.dark) ** 3;
    Object.assign(cell.style, {
      minWidth: "2.3em", width: "100%", padding: "2px", fontSize: "13px", color: colour("text"), border: `1px solid ${colour("grid")}`,
      background: `color-mix(in srgb, ${colour("accent")} ${Math.round(0.5 * dark)}%, ${colour("back")})`,
    });
  }
}

/** One stop of the Tab key for the whole table; arrow keys move inside it. */
function wireCells(root, answer) {
  const rows = [...root.querySelectorAll(".nc-phase tbody tr")].map((row) => [...row.querySelectorAll(".nc-cell")]);
  const reach = (cell) => rows.flat().forEach((each) => (each.tabIndex = each === cell ? 0 : -1));
  const tell = (cell) => (answer.textContent = cell.getAttribute("aria-label"));
  reach(rows[0][0]);
  rows.forEach((cells, row) => {
    cells.forEach((cell, column) => {
      cell.addEventListener("mouseenter", () => tell(cell));
      cell.addEventListener("click", () => tell(cell));
      cell.addEventListener("focus", () => {
        reach(cell);
        tell(cell);
      });
      cell.addEventListener("keydown", (event) => {
        const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
        if (!(event.key in moves)) return;
        const [down, right] = moves[event.key];
        rows[row + down]?.[column + right]?.focus();
        event.preventDefault();
      });
    });
  });
}

// ---- words ----

function describe(part, data, spectrum, circle, { own, frame, at }) {
  const step = data.steps[frame];
  const [gini, share] = [spell(own.fourier_gini[frame]), spell(spectrum.values[at * spectrum.shape[2] + own.frequency - 1])];
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  Object.entries({ now: step, gini, frequency: own.frequency }).forEach(([slot, text]) => (part(slot).textContent = text));
  part("curves").setAttribute(
    "aria-label",
    `Seed ${own.seed}, step ${step}: ${percent(own.train_acc[frame])} of the training pairs and ` +
      `${percent(own.test_acc[frame])} of the test pairs right.`,
  );
  part("spectrum").setAttribute(
    "aria-label",
    `Frequency ${own.frequency} holds ${percent(Number(share))} of the embedding's power; Gini coefficient ${gini}.`,
  );
  part("circle").setAttribute(
    "aria-label",
    `The ${data.p} numbers in a plane: their distances from the centre vary by ${percent(unevenness(circle, at, data.p))}.`,
  );
}

/** Standard deviation of the distances from the centre, as a share of their mean. */
function unevenness(circle, at, p) {
  const lengths = Array.from({ length: p }, (_, x) => Math.hypot(...number(circle, at, p, x)));
  const mean = lengths.reduce((sum, each) => sum + each, 0) / p || 1;
  return Math.sqrt(lengths.reduce((sum, each) => sum + (each - mean) ** 2, 0) / p) / mean;
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}
