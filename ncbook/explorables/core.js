// What every explorable shares: packed arrays, theme colours, sharp canvases, a player, logarithmic axes.
// It is inlined before the explorable's own script and inside one function, so that nothing leaks into the page.

// ---- data ----

/** The inverse of `pack` in _page.py: {shape, scale, int16} -> {shape, values: Float64Array, row-major}. */
function unpack({ shape, scale, int16 }) {
  const bytes = Uint8Array.from(atob(int16), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer); // reads little-endian on every machine
  const values = Float64Array.from({ length: bytes.length / 2 }, (_, i) => scale * view.getInt16(2 * i, true));
  return { shape, values };
}

/** Entry [i, j] of an unpacked [P, n, 2] array, as [x, y]. */
function pointAt({ shape, values }, i, j) {
  const at = 2 * (i * shape[1] + j);
  return [values[at], values[at + 1]];
}

/** A number in words: three significant digits, and a true zero as "0". */
function spell(value) {
  if (value === null) return "not defined";
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1e-4 || rounded === 0 ? String(rounded) : rounded.toExponential();
}

// ---- theme and size ----

/** Reads the colours that core.css defines for the theme in force: colour("text"), colour("faint"), ... */
function themeColours(root) {
  const style = getComputedStyle(root);
  return (name) => style.getPropertyValue(`--nc-${name}`).trim();
}

/** Calls `redraw` when the book, JupyterLab or Colab switches its theme, and when the figure changes size. */
function redrawOnChange(root, redraw) {
  const themes = new MutationObserver(redraw);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "theme"];
  for (const page of [document.documentElement, document.body]) themes.observe(page, { attributeFilter });
  // also fires once a hidden tab is shown; in the next frame, because new words may change the size again
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(root);
  window.addEventListener("resize", redraw); // zooming changes the pixel ratio and may leave the size alone
}

/** Clears a canvas at the screen's resolution; returns its context in CSS pixels, with width and height. */
function freshContext(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio); // setting the size also clears
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return { context, width, height };
}

// ---- controls ----

/** Arrow keys and Space belong to the control in focus: JupyterLab would move between cells and scroll instead. */
function keepKeys(root) {
  for (const control of root.querySelectorAll("button, input, select")) {
    control.setAttribute("data-lm-suppress-shortcuts", "true"); // heeded on the focused element alone
  }
}

/**
 * Joins a slider and a Play button. `show` runs at every new frame; `settled` when the reader lets go of the
 * slider or playing stops, which is when a screen reader is told. Who asked for less motion gets slow steps.
 */
function wirePlayer(root, slider, button, show, settled) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let timer = null;
  const pause = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };
  const step = () => {
    if (!root.isConnected) return pause(); // the cell ran again and this output is gone
    slider.value = Number(slider.value) + 1;
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
    timer = setInterval(step, calm.matches ? 1500 : 300);
  };
  button.addEventListener("click", () => {
    if (timer === null) return play();
    pause();
    settled();
  });
  slider.addEventListener("input", show);
  slider.addEventListener("change", settled);
}

// ---- logarithmic axes ----

// CSS pixels from the end of an axis to the place of zero, and to the lowest positive value after it.
const ZERO_PLACE = 9;
const ZERO_SLOT = 36;

/**
 * A logarithmic axis from pixel `from` (low) to pixel `to` (high). Zero has no logarithm: where `hasZero`, it
 * gets a place of its own before the logarithmic part, which then starts ZERO_SLOT pixels from the end.
 */
function logAxis({ low, high, hasZero }, from, to) {
  const forward = Math.sign(to - from);
  const start = hasZero ? from + forward * ZERO_SLOT : from;
  const decade = (to - start) / Math.log10(high / low);
  const at = (value) => (value > 0 ? start + decade * Math.log10(value / low) : from + forward * ZERO_PLACE);
  return { at, low, high, hasZero, from, to, cut: (at(0) + start) / 2, decade: Math.abs(decade) };
}

/** [{value, label}]: 1, 2, 5, 10, ...; 2 and 5 keep their label only where it has `room` CSS pixels. */
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

function tickLabel(digit, power) {
  if (power >= -3) return String(Number(`${digit}e${power}`));
  const superscript = [...String(-power)].map((numeral) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[numeral]).join("");
  return `${digit === 1 ? "" : `${digit}·`}10⁻${superscript}`;
}

/** The smallest 1, 2 or 5 times a power of ten that is at least `value`, or with `below` the largest at most it. */
function roundLog(value, below) {
  const power = Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`));
  return below ? steps.findLast((step) => step <= value * 1.001) : steps.find((step) => step >= value * 0.999);
}

/** Grid, ticks, labels and titles of the plot that the axes x and y span. */
function drawAxes(context, x, y, colour, xTitle, yTitle) {
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  for (const { value, label } of logTicks(y, 13)) {
    line(context, [x.from, y.at(value)], [x.to, y.at(value)], colour("grid"));
    write(context, label, x.from - 8, y.at(value), "right", "middle");
  }
  for (const { value, label } of logTicks(x, 30)) {
    line(context, [x.at(value), y.from], [x.at(value), y.from + 5], colour("muted"));
    write(context, label, x.at(value), y.from + 8, "center", "top");
  }
  drawFrame(context, x, y, colour);
  write(context, xTitle, (x.from + x.to) / 2, y.from + 27, "center", "top");
  write(context, yTitle, 0, y.to - 9, "left", "bottom");
}

/** The two axis lines, each cut by two strokes between zero's place and the logarithmic part. */
function drawFrame(context, x, y, colour) {
  const stroke = (start, end) => line(context, start, end, colour("muted"));
  stroke([x.from, y.from], [x.to, y.from]);
  stroke([x.from, y.from], [x.from, y.to]);
  for (const shift of [-2, 2]) {
    if (x.hasZero) stroke([x.cut + shift - 2, y.from + 5], [x.cut + shift + 2, y.from - 5]);
    if (y.hasZero) stroke([x.from - 5, y.cut + shift + 2], [x.from + 5, y.cut + shift - 2]);
  }
}

// ---- strokes and marks ----

const TURN = 2 * Math.PI;
// one outline a class, of radius about r around the origin: circle, square, triangle
const OUTLINES = [
  (context, r) => context.arc(0, 0, r, 0, TURN),
  (context, r) => context.rect(-0.9 * r, -0.9 * r, 1.8 * r, 1.8 * r),
  (context, r) => polygon(context, [[0, -1.2 * r], [1.15 * r, 0.8 * r], [-1.15 * r, 0.8 * r]]),
];

/** The outline of class c at a place in pixels; `paint` sets the context's fillStyle, strokeStyle, ... for it. */
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

/** Adds a closed polygon to the path. */
function polygon(context, corners) {
  corners.forEach((corner, i) => (i ? context.lineTo(...corner) : context.moveTo(...corner)));
  context.closePath();
}

function line(context, start, end, strokeStyle) {
  context.strokeStyle = strokeStyle;
  context.beginPath();
  context.moveTo(...start);
  context.lineTo(...end);
  context.stroke();
}

function write(context, text, x, y, textAlign, textBaseline) {
  Object.assign(context, { textAlign, textBaseline });
  context.fillText(text, x, y);
}

/** A line through values at steps; null, a value that is not defined, leaves a gap. */
function drawCurve(context, x, y, steps, values, strokeStyle, lineWidth, globalAlpha) {
  Object.assign(context, { strokeStyle, lineWidth, globalAlpha, lineJoin: "round" });
  context.beginPath();
  let pen = "moveTo";
  values.forEach((value, i) => {
    if (value !== null) context[pen](x.at(steps[i]), y.at(value));
    pen = value === null ? "moveTo" : "lineTo";
  });
  context.stroke();
  context.globalAlpha = 1;
}

// ---- three classes in a plane ----

/** The simplex equiangular tight frame of three classes in the plane: an equilateral triangle of radius 1. */
function drawSimplex(context, place, colour) {
  const corners = [0, 1, 2].map((c) => place([Math.cos((TURN * c) / 3), Math.sin((TURN * c) / 3)]));
  Object.assign(context, { strokeStyle: colour("faint"), lineWidth: 1.2 });
  context.setLineDash([2, 4]);
  context.beginPath();
  polygon(context, corners);
  context.stroke();
  context.setLineDash([]);
}

/** A class mean: a big marker at the end of a stick from the origin. */
function drawMean(context, place, shown, frame, c, colour) {
  const tip = place(pointAt(shown.means, frame, c));
  context.lineWidth = 6;
  line(context, place([0, 0]), tip, colour(`class${c}`));
  context.lineWidth = 2;
  mark(context, c, tip, 9, { fillStyle: colour(`class${c}`), strokeStyle: colour("text") });
}

/** A row of the classifier: a dashed arrow with a halo, to be told from the stick that it ends up on. */
function drawRow(context, place, row, colour) {
  const [start, tip] = [place([0, 0]), place(row)];
  const angle = Math.atan2(tip[1] - start[1], tip[0] - start[0]);
  const length = Math.min(9, 0.6 * Math.hypot(tip[0] - start[0], tip[1] - start[1])); // short arrow, short barbs
  const barb = (turn) => [tip[0] - length * Math.cos(angle + turn), tip[1] - length * Math.sin(angle + turn)];
  for (const [lineWidth, name] of [[3.6, "back"], [1.8, "text"]]) {
    context.lineWidth = lineWidth;
    context.setLineDash([6, 4]);
    line(context, start, tip, colour(name));
    context.setLineDash([]);
    for (const turn of [0.45, -0.45]) line(context, barb(turn), tip, colour(name));
  }
}
