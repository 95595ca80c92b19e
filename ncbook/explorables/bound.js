// Two Gaussian classes in the plane (left) and the two sides of the bound for test collapse (right).
// Nothing is read but the sizes that the slider offers: the points are drawn here, from a seed.

const VARIANCE = 2; // of an isotropic Gaussian in the plane with standard deviation 1: E ||x - mean||^2

/** @typedef {ReturnType<typeof scene>} Scene */

/** @type {(root: HTMLElement, data: { sizes: number[] }) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const sliders = ["size", "distance", "drawn"].map((name) => part(name));
  let seed = 1;
  const now = () => {
    const [size, distance, drawn] = sliders.map((slider) => Number(slider.value));
    return scene(data.sizes[size], distance, drawn / 100, seed);
  };
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const shown = now();
    drawPlane(part("plane"), shown, themeColors(root));
    drawBars(part("bars"), shown, themeColors(root));
    describe(part, shown);
  };
  const settled = () => (part("status").textContent = part("bars").getAttribute("aria-label"));
  for (const slider of sliders) {
    slider.addEventListener("input", draw);
    slider.addEventListener("change", settled);
  }
  part("again").addEventListener("click", () => {
    seed += 1;
    draw();
    settled();
  });
  namePlaces(part("size"), data.sizes);
  redrawOnChange(root, draw);
  draw();
}

// ---- points and terms ----

/**
 * Points of both classes, their means, and every term of the bound.
 * @param {number} count
 * @param {number} distance
 * @param {number} drawn
 * @param {number} seed
 */
function scene(count, distance, drawn, seed) {
  /** @type {Point[]} */
  const centers = [[-distance / 2, 0], [distance / 2, 0]];
  const classes = centers.map((center, c) => pulled(gaussians(count, center, 2 * seed + c), drawn));
  const means = classes.map(meanOf);
  const shift = means.map((mean, c) => distanceOf(mean, centers[c]));
  const spread = classes.map((points, c) => average(points.map((point) => distanceOf(point, means[c]) ** 2)));
  const apart = distanceOf(means[0], means[1]);
  const a = (shift[0] + shift[1]) / distance;
  const gaps = Math.abs(VARIANCE - spread[0]) + Math.abs(VARIANCE - spread[1]);
  const terms = {
    value: (2 * VARIANCE) / (2 * distance ** 2),
    first: (spread[0] + spread[1]) / (2 * apart ** 2),
    factor: 2 * a + a * a,
    third: ((1 + a) ** 2 * gaps) / (2 * apart ** 2),
  };
  const bound = (1 + terms.factor) * terms.first + terms.third;
  return { count, distance, drawn, centers, classes, means, a, ...terms, second: terms.factor * terms.first, bound };
}

/**
 * `count` points [x, y] of standard deviation 1 around a center; a larger count begins with the same points.
 * @type {(count: number, center: Point, seed: number) => Point[]}
 */
function gaussians(count, [x, y], seed) {
  const chance = uniform(seed * 0x9e3779b9);
  return Array.from({ length: count }, () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - chance())), TURN * chance()];
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

/**
 * The points, each moved the share `drawn` of its way to their mean.
 * @type {(points: Point[], drawn: number) => Point[]}
 */
function pulled(points, drawn) {
  const mean = meanOf(points);
  return points.map(([x, y]) => [mean[0] + (1 - drawn) * (x - mean[0]), mean[1] + (1 - drawn) * (y - mean[1])]);
}

/** @type {(points: Point[]) => Point} */
function meanOf(points) {
  return [average(points.map(([x]) => x)), average(points.map(([, y]) => y))];
}

/** @type {(values: number[]) => number} */
function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @type {(a: Point, b: Point) => number} */
function distanceOf([x, y], [u, v]) {
  return Math.hypot(x - u, y - v);
}

// ---- pictures ----

/** @type {(canvas: Canvas, scene: Scene, color: Color) => void} */
function drawPlane(canvas, { distance, centers, classes, means }, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width / (distance + 6), height / 6.4);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  centers.forEach((center, c) => [1, 2].forEach((radius) => ring(context, place(center), radius * scale, color(`class${c}`))));
  classes.forEach((points, c) => {
    const paint = { fillStyle: color(`class${c}`), strokeStyle: color("back"), globalAlpha: points.length > 60 ? 0.5 : 0.85 };
    points.forEach((point) => mark(context, c, place(point), 3.5, paint));
  });
  centers.forEach((center, c) => {
    context.lineWidth = 2.4;
    line(context, place(center), place(means[c]), color("text"));
    mark(context, c, place(means[c]), 7, { fillStyle: color(`class${c}`), strokeStyle: color("text"), lineWidth: 2 });
    cross(context, place(center), color("text"));
  });
}

/** @type {(context: Context, place: Point, radius: number, strokeStyle: string) => void} */
function ring(context, [x, y], radius, strokeStyle) {
  Object.assign(context, { strokeStyle, lineWidth: 1.4 });
  context.setLineDash([4, 4]);
  context.beginPath();
  context.arc(x, y, radius, 0, TURN);
  context.stroke();
  context.setLineDash([]);
}

/** @type {(context: Context, place: Point, strokeStyle: string) => void} */
function cross(context, [x, y], strokeStyle) {
  context.lineWidth = 2.4;
  line(context, [x - 6, y - 6], [x + 6, y + 6], strokeStyle);
  line(context, [x - 6, y + 6], [x + 6, y - 6], strokeStyle);
}

/**
 * Two bars from one baseline: the true value, and the bound stacked from its three parts.
 * @type {(canvas: Canvas, scene: Scene, color: Color) => void}
 */
function drawBars(canvas, { value, first, second, third, bound }, color) {
  const { context, width, height } = freshContext(canvas);
  const [floor, top] = [height - 30, 30];
  const unit = (floor - top) / bound;
  const wide = Math.min(110, width / 4);
  Object.assign(context, { font: "14px system-ui, sans-serif" });
  bar(context, width * 0.28, wide, floor, unit, [[value, color("test")]]);
  /** @type {[number, string][]} */
  const parts = [[first, color("train")], [second, color("class0")], [third, color("class3")]];
  bar(context, width * 0.72, wide, floor, unit, parts);
  context.fillStyle = color("text");
  /** @type {[number, number, string][]} */
  const words = [[0.28, value, "true value"], [0.72, bound, "bound"]];
  words.forEach(([at, height, name]) => {
    write(context, spell(height), width * at, floor - unit * height - 6, "center", "bottom");
    write(context, name, width * at, floor + 8, "center", "top");
  });
  context.lineWidth = 1;
  line(context, [8, floor], [width - 8, floor], color("muted"));
  context.setLineDash([4, 4]);
  line(context, [8, floor - unit * value], [width - 8, floor - unit * value], color("test"));
  context.setLineDash([]);
}

/** @type {(context: Context, middle: number, wide: number, floor: number, unit: number, parts: [number, string][]) => void} */
function bar(context, middle, wide, floor, unit, parts) {
  let from = floor;
  for (const [height, fillStyle] of parts) {
    Object.assign(context, { fillStyle });
    context.fillRect(middle - wide / 2, from - unit * height, wide, unit * height);
    from -= unit * height;
  }
}

// ---- words ----

/** @type {(part: Part, shown: Scene) => void} */
function describe(part, shown) {
  const { count, distance, drawn, a, factor, value, first, second, third, bound } = shown;
  const words = { a, factor, value, first, second, third, ratio: bound / value };
  Object.entries(words).forEach(([slot, each]) => (part(slot).textContent = told(each)));
  const percent = Math.round(100 * drawn);
  const settings = { size: count, distance, drawn: percent };
  Object.entries(settings).forEach(([slot, text]) => (part(`${slot}-now`).textContent = String(text)));
  part("size").setAttribute("aria-valuetext", `${count} points a class`);
  part("distance").setAttribute("aria-valuetext", `distance ${distance} standard deviations`);
  part("drawn").setAttribute("aria-valuetext", `training points drawn together by ${percent} percent`);
  part("plane").setAttribute(
    "aria-label",
    `Two Gaussian classes at distance ${distance}, ${count} training points each, drawn together by ${percent} percent. ` +
      `Training means are off by ${spell(a * distance)} in sum.`,
  );
  part("bars").setAttribute(
    "aria-label",
    `CDNV of the population ${spell(value)}. Bound ${spell(bound)}: training CDNV ${told(first)}, plus A times that ` +
      `${told(second)}, plus B ${spell(third)}. The bound is ${spell(bound / value)} times the true value.`,
  );
}

/**
 * A number in words; what is only the rounding of a mean over equal points is zero.
 * @type {(value: number) => string}
 */
function told(value) {
  return spell(value < 1e-12 ? 0 : value);
}
