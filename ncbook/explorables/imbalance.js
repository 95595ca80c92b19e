// Rows of W of two rare classes and a frequent one as a triangle, and the accuracy on new images, against the ratio.
// The data are made by imbalance.py, which documents them. Pixels are CSS pixels.

const WIDE = 2.3; // of the picture of the rows, in root mean square lengths of a row
const KINDS = ["frequent", "rare", "all as rare"];
const NO_IMAGES = "Free features have no images.";

/**
 * @typedef {Record<"low" | "middle" | "high", (number | null)[]>} Told
 * @typedef {{ ratios: number[], cosine: number[], rare: number[], across: number[], accuracy: Told[] }} Source
 * @typedef {{ simplex: number, sources: Source[] }} Data
 * @typedef {{ source: Source, at: number }} State
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, choice] = ["slider", "source"].map(part);
  const chosen = () => data.sources[Number(choice.value)];
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const state = { source: chosen(), at: Number(slider.value) };
    drawRows(part("rows"), data, state, themeColors(root));
    drawAccuracy(part("accuracy"), state, themeColors(root));
    describe(part, state);
  };
  const settled = () => (part("status").textContent = part("words").textContent);
  let ratios = chosen().ratios;
  /** The slider goes through the ratios of another source, from the one that is nearest to the present one. */
  const change = () => {
    const now = ratios[Number(slider.value)];
    ratios = chosen().ratios;
    slider.max = String(ratios.length - 1);
    slider.value = String(nearestPlace(ratios, now));
    namePlaces(slider, ratios);
    draw();
  };
  wireChoices([choice], change, settled);
  namePlaces(slider, ratios);
  wirePlayer(root, slider, part("play"), draw, settled);
  playOnSight(root, part("rows"), slider, part("play"));
  redrawOnChange(root, draw);
  draw();
}

// ---- drawing ----

/**
 * The corners of an isosceles triangle that stands on its base: two rare rows, then the frequent one.
 * @type {(base: number, leg: number) => Point[]}
 */
function triangle(base, leg) {
  return [[-base / 2, 0], [base / 2, 0], [0, Math.sqrt(Math.max(leg * leg - (base * base) / 4, 0))]];
}

/** @type {(canvas: Canvas, data: Data, state: State, color: Color) => void} */
function drawRows(canvas, { simplex }, { source, at }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / WIDE;
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * (y - 0.75)];
  const [equal, own] = [triangle(simplex, simplex), triangle(source.rare[at], source.across[at])];
  for (const [corners, paint, dashes] of /** @type {[Point[], string, number[]][]} */ ([
    [equal, "faint", [2, 4]],
    [own, "text", []],
  ])) {
    Object.assign(context, { strokeStyle: color(paint), lineWidth: dashes.length ? 1.3 : 2.2 });
    context.setLineDash(dashes);
    context.beginPath();
    polygon(context, corners.map(place));
    context.stroke();
  }
  context.setLineDash([]);
  own.forEach((corner, i) => {
    const kind = i === 2 ? 0 : 1;
    mark(context, kind, place(corner), 9, { fillStyle: color(`class${kind}`), strokeStyle: color("back"), lineWidth: 2 });
  });
}

/** @type {(canvas: Canvas, state: State, color: Color) => void} */
function drawAccuracy(canvas, { source, at }, color) {
  const { context, width, height } = freshContext(canvas);
  if (source.accuracy[0].middle[at] === null) {
    Object.assign(context, { font: "13px system-ui, sans-serif", fillStyle: color("muted") });
    write(context, NO_IMAGES, width / 2, height / 2, "center", "middle");
    return;
  }
  const y = { ...linearAxis(0, 1, height - 46, 14), hasZero: false };
  const x = { from: 54, to: width - 8, hasZero: false };
  const ticks = [0, 20, 40, 60, 80, 100].map((value) => ({ value: value / 100, label: `${value} %` }));
  drawTicks(context, x, y, ticks, color, "");
  source.accuracy.forEach(({ low, middle, high }, kind) => {
    const across = x.from + ((kind + 0.5) * (x.to - x.from)) / 3;
    context.fillStyle = color("muted");
    write(context, KINDS[kind], across, y.from + 8, "center", "top");
    const [least, value, most] = [low[at], middle[at], high[at]];
    if (least === null || value === null || most === null) return;
    context.lineWidth = 2;
    line(context, [across, y.at(least)], [across, y.at(most)], color(`class${kind}`));
    const paint = { fillStyle: color(`class${kind}`), strokeStyle: color("back"), lineWidth: 1 };
    mark(context, kind, [across, y.at(value)], 8, paint);
  });
}

// ---- words ----

/** @type {(part: Part, state: State) => void} */
function describe(part, { source, at }) {
  const ratio = spell(source.ratios[at]);
  part("now").textContent = ratio;
  part("slider").setAttribute("aria-valuetext", `R ${ratio}`);
  const rows = `At R = ${ratio} two rare rows have the cosine ${source.cosine[at].toFixed(2)}.`;
  const [frequent, rare, few] = source.accuracy.map(({ middle }) => middle[at]);
  /** @type {(share: number | null) => string} */
  const percent = (share) => (share === null ? "" : `${(100 * share).toFixed(1)} %`);
  const right = `Right are ${percent(frequent)} of the new images of frequent classes and ${percent(rare)} of rare ones`;
  const beside = few === null ? "." : `; with every class as rare, ${percent(few)} of the same classes.`;
  const words = rare === null ? rows : `${rows} ${right}${beside}`;
  part("words").textContent = words;
  const sides = `rare to rare ${spell(source.rare[at])}, rare to frequent ${spell(source.across[at])}`;
  part("rows").setAttribute("aria-label", `Two rare rows of W and a frequent one. ${rows} Distances: ${sides}.`);
  part("accuracy").setAttribute("aria-label", rare === null ? NO_IMAGES : words);
}
