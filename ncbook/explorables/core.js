// What every explorable shares: packed arrays, theme colors, sharp canvases, a player, logarithmic axes.
// It is inlined before the explorable's own script and inside one function, so that nothing leaks into the page.

// ---- data ----

/**
 * The inverse of `pack` in _page.py: {shape, scale, int16} -> {shape, values: Float64Array, row-major}.
 * @type {(packed: Packed) => Unpacked}
 */
function unpack({ shape, scale, int16 }) {
  const bytes = Uint8Array.from(atob(int16), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer); // reads little-endian on every machine
  const values = Float64Array.from({ length: bytes.length / 2 }, (_, i) => scale * view.getInt16(2 * i, true));
  return { shape, values };
}

/**
 * Entry [i, j] of an unpacked [P, n, 2] array, as [x, y].
 * @type {(vectors: Unpacked, i: number, j: number) => Point}
 */
function pointAt({ shape, values }, i, j) {
  const at = 2 * (i * shape[1] + j);
  return [values[at], values[at + 1]];
}

/**
 * A number in words: three significant digits, and a true zero as "0".
 * @type {(value: number | null) => string}
 */
function spell(value) {
  if (value === null) return "not defined";
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1e-4 || rounded === 0 ? String(rounded) : rounded.toExponential();
}

/**
 * {shape: [S, P], values} -> S arrays of P values.
 * @type {(table: Unpacked) => Float64Array[]}
 */
function rowsOf({ shape: [rows, columns], values }) {
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/**
 * A share in whole percent.
 * @type {(share: number) => string}
 */
function wholePercent(share) {
  return `${Math.round(100 * share)} %`;
}

/**
 * The last of some values.
 * @template T
 * @param {ArrayLike<T>} values
 */
function lastOf(values) {
  return values[values.length - 1];
}

/**
 * Of an even number of values the mean of the two in the middle.
 * @type {(values: Iterable<number>) => number}
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * A generator of numbers in [0, 1) from a seed (mulberry32), the same on every visit.
 * @type {(seed: number) => () => number}
 */
function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// ---- theme and size ----

/**
 * Reads the colors that core.css defines for the theme in force: color("text"), color("faint"), ...
 * @type {(root: HTMLElement) => Color}
 */
function themeColors(root) {
  const style = getComputedStyle(root);
  return (name) => style.getPropertyValue(`--nc-${name}`).trim();
}

/**
 * Calls `redraw` when the book, JupyterLab or Colab switches its theme, and when the figure changes size.
 * @type {(root: HTMLElement, redraw: () => void) => void}
 */
function redrawOnChange(root, redraw) {
  const themes = new MutationObserver(redraw);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "theme"];
  for (const page of [document.documentElement, document.body]) themes.observe(page, { attributeFilter });
  // also fires once a hidden tab is shown; in the next frame, because new words may change the size again
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(root);
  window.addEventListener("resize", redraw); // zooming changes the pixel ratio and may leave the size alone
}

/**
 * Clears a canvas at the screen's resolution; returns its context in CSS pixels, with width and height.
 * @type {(canvas: Canvas) => { context: Context, width: number, height: number }}
 */
function freshContext(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio); // setting the size also clears
  canvas.height = Math.round(height * ratio);
  const context = /** @type {Context} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  return { context, width, height };
}

// ---- controls ----

/**
 * Finds a part of the figure by its class name without "nc-".
 * @type {(root: HTMLElement) => Part}
 */
function partsOf(root) {
  return (name) => /** @type {ReturnType<Part>} */ (root.querySelector(`.nc-${name}`));
}

/**
 * A choice shows what is new and tells a screen reader.
 * @type {(controls: HTMLElement[], show: () => void, settled: () => void) => void}
 */
function wireChoices(controls, show, settled) {
  for (const control of controls) {
    control.addEventListener("change", () => {
      show();
      settled();
    });
  }
}

/**
 * Arrow keys and Space belong to the control in focus: JupyterLab would move between cells and scroll instead.
 * @type {(root: HTMLElement) => void}
 */
function keepKeys(root) {
  for (const control of root.querySelectorAll("button, input, select")) {
    control.setAttribute("data-lm-suppress-shortcuts", "true"); // heeded on the focused element alone
  }
}

const PLAYED_IN = 9000; // milliseconds at most from the first place of a slider to its last

/**
 * Joins a slider and a Play button. `show` runs at every new frame; `settled` when the reader lets go of the
 * slider or playing stops, which is when a screen reader is told. Who asked for less motion gets slow steps.
 * @type {(root: HTMLElement, slider: HTMLInputElement, button: HTMLElement, show: () => void, settled: () => void) => void}
 */
function wirePlayer(root, slider, button, show, settled) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {number | undefined} */
  let timer;
  const pause = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "Play";
  };
  const step = () => {
    if (!root.isConnected) return pause(); // the cell ran again and this output is gone
    slider.value = String(Number(slider.value) + 1);
    show();
    if (slider.value === slider.max) {
      pause();
      settled();
    }
  };
  const play = () => {
    if (slider.value === slider.max) {
      slider.value = slider.min;
      show();
    }
    button.textContent = "Pause";
    timer = setInterval(step, calm.matches ? 1500 : Math.min(300, PLAYED_IN / (Number(slider.max) - Number(slider.min))));
  };
  button.addEventListener("click", () => {
    if (timer === undefined) return play();
    pause();
    settled();
  });
  slider.addEventListener("input", () => {
    pause(); // who takes the slider, or follows a link that sets it, wants to stay there
    show();
  });
  slider.addEventListener("change", settled);
}

/**
 * Presses Play when most of the picture first comes into view, unless the reader has taken the figure in hand before.
 * Who asked for less motion sees the end at once.
 * @type {(root: HTMLElement, canvas: Canvas, slider: HTMLInputElement, button: HTMLElement) => void}
 */
function playOnSight(root, canvas, slider, button) {
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
    slider.value = slider.max;
    return;
  }
  const sight = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    sight.disconnect();
    button.click();
  }, { threshold: 0.6 });
  sight.observe(canvas);
  for (const touch of ["pointerdown", "keydown", "input"]) root.addEventListener(touch, () => sight.disconnect());
}

// ---- links of the prose ----

/**
 * Says which value each place of a slider stands for, such as the step of each frame: links name the value.
 * @type {(slider: HTMLElement, values: ArrayLike<number>) => void}
 */
function namePlaces(slider, values) {
  slider.dataset.values = Array.from(values).join(" ");
}

/**
 * Follows links of the page such as <a href="#nc-collapse:network=mlp&epoch=48">: sets the controls of the figure by
 * their names, from left to right, and leads the reader to it. Where a name stands twice, the first figure answers.
 * @type {(root: HTMLElement, name: string) => void}
 */
function wireLinks(root, name) {
  const start = `#nc-${name}:`;
  /** @type {(event: MouseEvent) => void} */
  const follow = (event) => {
    if (!root.isConnected) return document.removeEventListener("click", follow, true); // the cell ran again
    const link = /** @type {Element} */ (event.target).closest(`a[href^="${start}"]`);
    if (link === null) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // JupyterLab would look for a heading of this name
    const wanted = new URLSearchParams(/** @type {string} */ (link.getAttribute("href")).slice(start.length));
    lead(root, lastOf([...wanted].map(([control, value]) => setControl(root, control, value))));
  };
  document.addEventListener("click", follow, true);
}

/**
 * Sets a control as a reader would, and returns it. An Error names a control or a value that the figure lacks.
 * @type {(root: HTMLElement, name: string, value: string) => HTMLInputElement | HTMLSelectElement}
 */
function setControl(root, name, value) {
  const control = /** @type {HTMLInputElement | HTMLSelectElement | null} */ (root.querySelector(`[name="${name}"]`));
  if (control === null) throw new Error(`This figure has no control named ${name}.`);
  const place = placeOf(control, value);
  if (place === undefined) throw new Error(`The control ${name} has no value ${value}.`);
  if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = place === "on";
  else control.value = place;
  for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
  const fold = control.closest("details");
  if (fold !== null) fold.open = true;
  return control;
}

/**
 * What to write into a control for a value: the choice of these words, else of this value, the place of a slider that
 * stands for the nearest value, or the value itself; undefined outside of what the control offers.
 * @type {(control: HTMLInputElement | HTMLSelectElement, value: string) => string | undefined}
 */
function placeOf(control, value) {
  if (control instanceof HTMLSelectElement) {
    const options = [...control.options];
    return (options.find(({ text }) => text === value) ?? options.find((option) => option.value === value))?.value;
  }
  if (control.type === "checkbox") return ["on", "off"].find((each) => each === value);
  const named = control.dataset.values?.split(" ").map(Number);
  const [low, high] = named ? [Math.min(...named), Math.max(...named)] : [control.min, control.max].map(Number);
  const wanted = Number(value);
  if (value === "" || !(wanted >= low && wanted <= high)) return undefined;
  return named ? String(nearestPlace(named, wanted)) : value;
}

/** @type {(values: number[], wanted: number) => number} */
function nearestPlace(values, wanted) {
  const off = values.map((value) => Math.abs(value - wanted));
  return off.indexOf(Math.min(...off));
}

/**
 * Brings the whole figure into view, where it fits, with the control in focus: the arrow keys go on from there.
 * @type {(root: HTMLElement, control: HTMLElement) => void}
 */
function lead(root, control) {
  control.focus({ preventScroll: true });
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  root.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  // What is drawn on the way may move the figure, and then the way ends beside it. Readers who scroll on are left alone,
  // and five seconds later all are. Parts of a page that scroll, as in JupyterLab, are heard by capturing.
  const over = new AbortController();
  const end = () => over.abort();
  const heard = { capture: true, signal: over.signal };
  for (const moved of ["wheel", "touchmove", "keydown", "pointerdown"]) window.addEventListener(moved, end, heard);
  window.addEventListener("scrollend", () => { end(); root.scrollIntoView({ block: "nearest" }); }, heard);
  setTimeout(end, 5000);
}

// ---- axes ----

/**
 * A linear axis from pixel `from` (low) to pixel `to` (high).
 * @type {(low: number, high: number, from: number, to: number) => LinearAxis}
 */
function linearAxis(low, high, from, to) {
  return { low, high, from, to, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

/**
 * A linear axis from 0 to the next round number, in five steps, from pixel `from` to pixel `to`.
 * @type {(highest: number, from: number, to: number) => LinearAxis & TickedAxis}
 */
function axisFromZero(highest, from, to) {
  const high = roundLog(highest, false);
  const ticks = [0, 1, 2, 3, 4, 5].map((step) => ({ value: (step / 5) * high, label: spell((step / 5) * high) }));
  return { ...linearAxis(0, high, from, to), hasZero: false, ticks };
}

// CSS pixels from the end of an axis to the place of zero, and to the lowest positive value after it.
const ZERO_PLACE = 9;
const ZERO_SLOT = 36;

/**
 * A logarithmic axis from pixel `from` (low) to pixel `to` (high). Zero has no logarithm: where `hasZero`, it
 * gets a place of its own before the logarithmic part, which then starts ZERO_SLOT pixels from the end.
 * @type {(range: Extent, from: number, to: number) => LogAxis}
 */
function logAxis({ low, high, hasZero }, from, to) {
  const forward = Math.sign(to - from);
  const start = hasZero ? from + forward * ZERO_SLOT : from;
  const decade = (to - start) / Math.log10(high / low);
  /** @type {(value: number) => number} */
  const at = (value) => (value > 0 ? start + decade * Math.log10(value / low) : from + forward * ZERO_PLACE);
  return { at, low, high, hasZero, from, to, cut: (at(0) + start) / 2, decade: Math.abs(decade) };
}

/**
 * [{value, label}]: 1, 2, 5, 10, ...; 2 and 5 keep their label only where it has `room` CSS pixels.
 * @type {(axis: Extent & { decade: number }, room: number) => Tick[]}
 */
function logTicks({ low, high, hasZero, decade }, room) {
  const ticks = hasZero ? [{ value: 0, label: "0" }] : [];
  const crowded = decade * Math.log10(2) < room;
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value < low * 0.999 || value > high * 1.001) continue;
      ticks.push({ value, label: crowded && digit !== 1 ? "" : tickLabel(digit, power) });
    }
  }
  return ticks;
}

/**
 * The CSS pixels from the middle of a label below an axis to that of the next, which are as long as the longest.
 * @type {(range: Extent) => number}
 */
function labelRoom({ low, high }) {
  return Math.max(30, ...[low, high].map((value) => 9 * tickLabel(5, Math.floor(Math.log10(value))).length));
}

/** @type {(digit: number, power: number) => string} */
function tickLabel(digit, power) {
  if (power >= -3) return String(Number(`${digit}e${power}`));
  const superscript = [...String(-power)].map((numeral) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(numeral)]).join("");
  return `${digit === 1 ? "" : `${digit}·`}10⁻${superscript}`;
}

/**
 * The smallest 1, 2 or 5 times a power of ten that is at least `value`, or with `below` the largest at most it.
 * @type {(value: number, below: boolean) => number}
 */
function roundLog(value, below) {
  const power = Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`));
  const found = below ? steps.findLast((step) => step <= value * 1.001) : steps.find((step) => step >= value * 0.999);
  return /** @type {number} */ (found); // a value lies between its power of ten and the next
}

/**
 * Grid, ticks, labels and titles of the plot that the axes x and y span; y may bring ticks of its own.
 * @type {(context: Context, x: LogAxis, y: LogAxis | TickedAxis, color: Color, xTitle: string, yTitle: string) => void}
 */
function drawAxes(context, x, y, color, xTitle, yTitle) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  for (const { value, label } of "ticks" in y ? y.ticks : logTicks(y, 13)) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], color("grid"));
    write(context, label, x.from - 8, y.at(value), "right", "middle");
  }
  for (const { value, label } of logTicks(x, labelRoom(x))) {
    line(context, [x.at(value), y.from], [x.at(value), y.from + 5], color("muted"));
    write(context, label, x.at(value), y.from + 8, "center", "top");
  }
  drawFrame(context, x, y, color);
  writeBelow(context, xTitle, x, y);
  write(context, yTitle, 0, y.to - 9, "left", "bottom");
}

/**
 * Grid, labels of y and frame of a plot whose vertical axis has the given ticks, and the title of x.
 * @type {(context: Context, x: Framed, y: Framed & Scale, ticks: Tick[], color: Color, xTitle: string) => void}
 */
function drawTicks(context, x, y, ticks, color, xTitle) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  for (const { value, label } of ticks) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], color("grid"));
    write(context, label, x.from - 8, y.at(value), "right", "middle");
  }
  drawFrame(context, x, y, color);
  writeBelow(context, xTitle, x, y);
}

/**
 * The title of x, in the middle below it; one that is wider than the axis ends at the edge of the drawing.
 * @type {(context: Context, title: string, x: Framed, y: Framed) => void}
 */
function writeBelow(context, title, x, y) {
  const farthest = context.canvas.clientWidth - context.measureText(title).width / 2;
  write(context, title, Math.min((x.from + x.to) / 2, farthest), y.from + 27, "center", "top");
}

/**
 * The two axis lines, each cut by two strokes between zero's place and the logarithmic part.
 * @type {(context: Context, x: Framed, y: Framed, color: Color) => void}
 */
function drawFrame(context, x, y, color) {
  /** @type {(start: Point, end: Point) => void} */
  const stroke = (start, end) => line(context, start, end, color("muted"));
  stroke([x.from, y.from], [x.to, y.from]);
  stroke([x.from, y.from], [x.from, y.to]);
  for (const shift of [-2, 2]) {
    if (x.hasZero && x.cut) stroke([x.cut + shift - 2, y.from + 5], [x.cut + shift + 2, y.from - 5]);
    if (y.hasZero && y.cut) stroke([x.from - 5, y.cut + shift + 2], [x.from + 5, y.cut + shift - 2]);
  }
}

// ---- strokes and marks ----

// color and dashes of the first and of the second of two things that are compared
/** @type {Style[]} */
const PAIR = [["text", []], ["class1", [7, 4]]];

/**
 * The training and the test set, in every explorable as in every figure; the last is drawn on top.
 * @type {["test" | "train", string, number[]][]}
 */
const TRAIN_AND_TEST = [["test", "test", [6, 4]], ["train", "train", []]];

const TURN = 2 * Math.PI;
// one outline a class, of radius about r around the origin: circle, square, triangle
/** @type {((context: Context, radius: number) => void)[]} */
const OUTLINES = [
  (context, r) => context.arc(0, 0, r, 0, TURN),
  (context, r) => context.rect(-0.9 * r, -0.9 * r, 1.8 * r, 1.8 * r),
  (context, r) => polygon(context, [[0, -1.2 * r], [1.15 * r, 0.8 * r], [-1.15 * r, 0.8 * r]]),
];

/**
 * The outline of class c at a place in pixels; `paint` sets the context's fillStyle, strokeStyle, ... for it.
 * @type {(context: Context, c: number, place: Point, radius: number, paint: Paint) => void}
 */
function mark(context, c, [x, y], radius, paint) {
  context.save();
  Object.assign(context, paint);
  context.translate(x, y);
  context.beginPath();
  OUTLINES[c](context, radius);
  context.fill();
  context.stroke();
  context.restore();
}

/**
 * Adds a closed polygon to the path.
 * @type {(context: Context, corners: Point[]) => void}
 */
function polygon(context, corners) {
  corners.forEach((corner, i) => (i ? context.lineTo(...corner) : context.moveTo(...corner)));
  context.closePath();
}

/** @type {(context: Context, start: Point, end: Point, strokeStyle: string) => void} */
function line(context, start, end, strokeStyle) {
  context.strokeStyle = strokeStyle;
  context.beginPath();
  context.moveTo(...start);
  context.lineTo(...end);
  context.stroke();
}

/** @type {(context: Context, text: string, x: number, y: number, textAlign: CanvasTextAlign, textBaseline: CanvasTextBaseline) => void} */
function write(context, text, x, y, textAlign, textBaseline) {
  Object.assign(context, { textAlign, textBaseline });
  context.fillText(text, x, y);
}

/**
 * A line through values at steps; null, a value that is not defined, leaves a gap.
 * @type {(context: Context, x: Scale, y: Scale, steps: number[], values: Curve, strokeStyle: string, lineWidth: number, globalAlpha: number) => void}
 */
function drawCurve(context, x, y, steps, values, strokeStyle, lineWidth, globalAlpha) {
  Object.assign(context, { strokeStyle, lineWidth, globalAlpha, lineJoin: "round" });
  context.beginPath();
  /** @type {"moveTo" | "lineTo"} */
  let pen = "moveTo";
  values.forEach((value, i) => {
    if (value !== null) context[pen](x.at(steps[i]), y.at(value));
    pen = value === null ? "moveTo" : "lineTo";
  });
  context.stroke();
  context.globalAlpha = 1;
}

// ---- three classes in a plane ----

/**
 * The simplex equiangular tight frame of three classes in the plane: an equilateral triangle of radius 1.
 * @type {(context: Context, place: (point: Point) => Point, color: Color) => void}
 */
function drawSimplex(context, place, color) {
  const corners = [0, 1, 2].map((c) => place([Math.cos((TURN * c) / 3), Math.sin((TURN * c) / 3)]));
  Object.assign(context, { strokeStyle: color("faint"), lineWidth: 1.2 });
  context.setLineDash([2, 4]);
  context.beginPath();
  polygon(context, corners);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Test points hollow, then training points filled; each class has its own outline and its own color. classOf is a
 * point's place among the three classes, and test is 1 for a test point.
 * @type {(context: Context, place: (point: Point) => Point, points: Unpacked, about: Record<"classOf" | "test", number[]>, frame: number, color: Color) => void}
 */
function drawPoints(context, place, points, { classOf, test }, frame, color) {
  for (const hollow of [1, 0]) {
    classOf.forEach((c, i) => {
      if (test[i] !== hollow) return;
      context.lineWidth = 1.2;
      mark(context, c, place(pointAt(points, frame, i)), 3.6, {
        fillStyle: hollow ? "transparent" : color(`class${c}`),
        strokeStyle: hollow ? color(`class${c}`) : color("back"),
        globalAlpha: hollow ? 0.9 : 0.75,
      });
    });
  }
}

/**
 * A class mean: a big marker at the end of a stick from the origin.
 * @type {(context: Context, place: (point: Point) => Point, shown: { means: Unpacked }, frame: number, c: number, color: Color) => void}
 */
function drawMean(context, place, shown, frame, c, color) {
  const tip = place(pointAt(shown.means, frame, c));
  context.lineWidth = 6;
  line(context, place([0, 0]), tip, color(`class${c}`));
  context.lineWidth = 2;
  mark(context, c, tip, 9, { fillStyle: color(`class${c}`), strokeStyle: color("text") });
}

/**
 * A dashed arrow with a halo, for a row of the classifier: to be told from the stick that it ends up on.
 * @type {(context: Context, start: Point, tip: Point, color: Color) => void}
 */
function drawArrow(context, start, tip, color) {
  const angle = Math.atan2(tip[1] - start[1], tip[0] - start[0]);
  const length = Math.min(9, 0.6 * Math.hypot(tip[0] - start[0], tip[1] - start[1])); // short arrow, short barbs
  /** @type {(turn: number) => Point} */
  const barb = (turn) => [tip[0] - length * Math.cos(angle + turn), tip[1] - length * Math.sin(angle + turn)];
  for (const [lineWidth, name] of /** @type {[number, string][]} */ ([[3.6, "back"], [1.8, "text"]])) {
    context.lineWidth = lineWidth;
    context.setLineDash([6, 4]);
    line(context, start, tip, color(name));
    context.setLineDash([]);
    for (const turn of [0.45, -0.45]) line(context, barb(turn), tip, color(name));
  }
}

/**
 * The name of a class beside its mean, `room` pixels away on the side that faces away from the center.
 * @type {(context: Context, tip: Point, center: Point, name: string, room: number, color: Color) => void}
 */
function drawName(context, tip, center, name, room, color) {
  const away = Math.atan2(tip[1] - center[1], tip[0] - center[0]);
  /** @type {Point} */
  const at = [tip[0] + room * Math.cos(away), tip[1] + room * Math.sin(away)];
  Object.assign(context, { font: "bold 16px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { lineWidth: 5, lineJoin: "round", strokeStyle: color("back"), fillStyle: color("text") });
  context.strokeText(name, ...at);
  context.fillText(name, ...at);
}

// ---- numbers on a circle ----

/**
 * The points of frame `at` of an unpacked [P, p, 2] array.
 * @type {(vectors: Unpacked, at: number, p: number) => Point[]}
 */
function pointsAt(unpacked, at, p) {
  return Array.from({ length: p }, (_, x) => pointAt({ ...unpacked, shape: [0, p, 2] }, at, x));
}

/**
 * The numbers in the order of their angle on the circle of frequency k: x k = 0, 1, 2, ... modulo p.
 * @type {(p: number, k: number) => number[]}
 */
function roundTrip(p, k) {
  return Array.from({ length: p }, (_, x) => x).sort((a, b) => ((a * k) % p) - ((b * k) % p));
}

/**
 * Standard deviation of the distances from the center, as a share of their mean.
 * @type {(points: Point[]) => number}
 */
function unevenness(points) {
  const lengths = points.map((point) => Math.hypot(...point));
  const mean = lengths.reduce((sum, each) => sum + each, 0) / lengths.length || 1;
  return Math.sqrt(lengths.reduce((sum, each) => sum + (each - mean) ** 2, 0) / lengths.length) / mean;
}

/**
 * The numbers 0, 1, ... as points that fill the canvas; a line joins those that are neighbors at frequency k.
 * @type {(canvas: Canvas, points: Point[], k: number, color: Color) => void}
 */
function drawNumbers(canvas, points, k, color) {
  const { context, width, height } = freshContext(canvas);
  const reach = Math.max(...points.map((point) => Math.hypot(...point))) || 1;
  const scale = (Math.min(width, height) - 44) / (2 * reach);
  /** @type {Point[]} */
  const places = points.map(([across, up]) => [width / 2 + scale * across, height / 2 - scale * up]);
  Object.assign(context, { strokeStyle: color("faint"), lineWidth: 1.2, font: "13px system-ui, sans-serif" });
  context.beginPath();
  polygon(context, roundTrip(points.length, k).map((x) => places[x]));
  context.stroke();
  places.forEach((place, x) => {
    mark(context, 0, place, 4, { fillStyle: color("class0"), strokeStyle: color("back") });
    context.fillStyle = color("text");
    if (points.length <= 40) write(context, String(x), place[0] + 6, place[1] - 5, "left", "bottom");
  });
}
