// Three pictures of one seed at one step, and a phase diagram that answers.
// The data are made by grokking.py, which documents them. Pixels are CSS pixels; y points up in the data.

/**
 * @typedef {{ seed: number, frequency: number } & Record<"train_acc" | "test_acc" | "fourier_gini", number[]>} Seed
 * @typedef {{ p: number, steps: number[], seeds: Seed[], spectrum: Packed, circle: Packed }} Data
 * @typedef {{ frame: number, own: Seed, at: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, seed] = [part("slider"), part("seed")];
  const [spectrum, circle] = [unpack(data.spectrum), unpack(data.circle)];
  const now = () => {
    const place = Number(seed.value);
    const frame = Number(slider.value);
    return { place, frame, own: data.seeds[place], at: place * data.steps.length + frame };
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    drawAccuracies(part("curves"), data, now(), themeColors(root));
    drawSpectrum(part("spectrum"), spectrum, now(), themeColors(root));
    drawNumbers(part("circle"), pointsAt(circle, now().at, data.p), now().own.frequency, themeColors(root));
    describe(part, data, spectrum, circle, now());
    paintCells(root);
  };
  const settled = () => {
    const labels = ["curves", "spectrum", "circle"].map((name) => part(name).getAttribute("aria-label"));
    part("status").textContent = labels.join(" ");
  };
  wireChoices([seed], draw, settled);
  namePlaces(slider, data.steps);
  wirePlayer(root, slider, part("play"), draw, settled);
  wireCells(root, part("answer"));
  redrawOnChange(root, draw);
  draw();
}

// ---- the accuracies ----

const SHARES = [0, 0.5, 1].map((value) => ({ value, label: String(value) }));

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawAccuracies(canvas, data, { own, frame }, color) {
  const { context, width, height } = freshContext(canvas);
  const last = data.steps[data.steps.length - 1];
  const x = logAxis({ low: 10, high: Math.max(20, last), hasZero: true }, 46, width - 12);
  const y = { ...linearAxis(0, 1, height - 46, 20), hasZero: false };
  drawTicks(context, x, y, SHARES, color, "step (log scale)");
  for (const { value, label } of logTicks(x, 40)) write(context, label, x.at(value), y.from + 8, "center", "top");
  for (const [set, name, dash] of TRAIN_AND_TEST) {
    context.setLineDash(dash);
    drawCurve(context, x, y, data.steps, own[`${set}_acc`], color(name), 2.4, 1);
    context.setLineDash([]);
  }
  context.lineWidth = 2;
  const here = x.at(data.steps[frame]);
  line(context, [here, y.from], [here, y.to], color("accent"));
  for (const [outline, set] of /** @type {const} */ (["train", "test"]).entries()) {
    mark(context, outline, [here, y.at(own[`${set}_acc`][frame])], 5, { fillStyle: color(set), strokeStyle: color("back") });
  }
}

// ---- the spectrum ----

/** @type {(canvas: Canvas, spectrum: Unpacked, state: State, color: Color) => void} */
function drawSpectrum(canvas, { shape, values }, { own, at }, color) {
  const { context, width, height } = freshContext(canvas);
  const count = shape[2];
  const slot = (width - 58) / count;
  const x = { from: 46, to: width - 12, hasZero: false };
  const y = { ...linearAxis(0, 1, height - 46, 20), hasZero: false };
  drawTicks(context, x, y, SHARES, color, "frequency k (share of power)");
  for (let k = 1; k <= count; k += 1) {
    const share = values[at * count + k - 1];
    const left = x.from + (k - 1) * slot;
    context.fillStyle = color(k === own.frequency ? "class0" : "faint");
    context.fillRect(left + 1, y.at(share), Math.max(1, slot - 2), y.from - y.at(share));
    context.fillStyle = color("muted");
    if (k === 1 || k % Math.ceil(count / 7) === 0) write(context, String(k), left + slot / 2, y.from + 8, "center", "top");
  }
}

// ---- the phase diagram ----

/**
 * The cells of the table, or of one of its rows.
 * @type {(root: Element) => HTMLElement[]}
 */
function cellsOf(root) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".nc-cell"))];
}

/**
 * Darker means later; cells that did not grok stay empty.
 * @type {(root: HTMLElement) => void}
 */
function paintCells(root) {
  const color = themeColors(root);
  for (const cell of cellsOf(root)) {
    const dark = cell.dataset.dark === "" ? 0 : 100 * Number(cell.dataset.dark) ** 3;
    Object.assign(cell.style, {
      minWidth: "2.3em", width: "100%", padding: "2px", fontSize: "13px", color: color("text"), border: `1px solid ${color("grid")}`,
      background: `color-mix(in srgb, ${color("accent")} ${Math.round(0.5 * dark)}%, ${color("back")})`,
    });
  }
}

/**
 * One stop of the Tab key for the whole table; arrow keys move inside it.
 * @type {(root: HTMLElement, answer: HTMLElement) => void}
 */
function wireCells(root, answer) {
  const rows = [...root.querySelectorAll(".nc-phase tbody tr")].map(cellsOf);
  /** @type {(cell: HTMLElement) => void} */
  const reach = (cell) => rows.flat().forEach((each) => (each.tabIndex = each === cell ? 0 : -1));
  /** @type {(cell: HTMLElement) => unknown} */
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
        /** @type {Record<string, Point>} */
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

/** @type {(part: Part, data: Data, spectrum: Unpacked, circle: Unpacked, state: State) => void} */
function describe(part, data, spectrum, circle, { own, frame, at }) {
  const step = data.steps[frame];
  const [gini, share] = [spell(own.fourier_gini[frame]), spell(spectrum.values[at * spectrum.shape[2] + own.frequency - 1])];
  part("slider").setAttribute("aria-valuetext", `step ${step}`);
  Object.entries({ now: step, gini, frequency: own.frequency }).forEach(([slot, text]) => (part(slot).textContent = String(text)));
  part("curves").setAttribute(
    "aria-label",
    `Seed ${own.seed}, step ${step}: ${wholePercent(own.train_acc[frame])} of the training pairs and ` +
      `${wholePercent(own.test_acc[frame])} of the test pairs right.`,
  );
  part("spectrum").setAttribute(
    "aria-label",
    `Frequency ${own.frequency} holds ${wholePercent(Number(share))} of the embedding's power; Gini coefficient ${gini}.`,
  );
  part("circle").setAttribute(
    "aria-label",
    `The ${data.p} numbers in a plane: their distances from the center vary by ${wholePercent(unevenness(pointsAt(circle, at, data.p)))}.`,
  );
}
