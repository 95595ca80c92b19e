// Features of attacked training images in the plane of three class means, in two networks, by the radius of the attack.
// The data are made by reliability.py, which documents them. y points up.

const REACH = 1.4; // of the window, in units of the root mean square radius of the class means
const LETTERS = ["A", "B", "C"];

/**
 * @typedef {{ arrived: number[], classOf: number[] }} Known
 * @typedef {Known & { points: Packed, means: Packed }} Stored
 * @typedef {Known & { points: Unpacked, means: Unpacked }} Net
 * @typedef {{ radii: number[], networks: Record<"plain" | "robust", Stored> }} Data
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const slider = part("slider");
  const [plain, robust] = [data.networks.plain, data.networks.robust].map(
    (stored) => ({ ...stored, points: unpack(stored.points), means: unpack(stored.means) }),
  );
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const [at, digit] = [Number(slider.value), part("digit").value];
    drawPlane(part("plain"), plain, at, digit, themeColors(root));
    drawPlane(part("robust"), robust, at, digit, themeColors(root));
    describe(part, data.radii[at], plain, robust, at);
  };
  const settled = () => (part("status").textContent = part("words").textContent);
  wireChoices([part("digit")], draw, settled);
  namePlaces(slider, data.radii);
  wirePlayer(root, slider, part("play"), draw, settled);
  playOnSight(root, part("plain"), slider, part("play"));
  redrawOnChange(root, draw);
  draw();
}

/**
 * `digit` is a letter, whose points are drawn alone, or "all".
 * @type {(canvas: Canvas, net: Net, at: number, digit: string, color: Color) => void}
 */
function drawPlane(canvas, net, at, digit, color) {
  const { context, width, height } = freshContext(canvas);
  const scale = Math.min(width, height) / (2 * REACH);
  /** @type {(point: Point) => Point} */
  const place = ([x, y]) => [width / 2 + scale * x, height / 2 - scale * y];
  drawSimplex(context, place, color);
  net.classOf.forEach((c, i) => {
    if (digit !== "all" && digit !== LETTERS[c]) return;
    const paint = { fillStyle: color(`class${c}`), strokeStyle: color("back"), globalAlpha: 0.75, lineWidth: 1.2 };
    mark(context, c, place(pointAt(net.points, at, i)), 4, paint);
  });
  LETTERS.forEach((name, c) => drawName(context, place(pointAt(net.means, 0, c)), place([0, 0]), name, 24, color));
}

/** @type {(part: Part, radius: number, plain: Net, robust: Net, at: number) => void} */
function describe(part, radius, plain, robust, at) {
  part("now").textContent = spell(radius);
  part("slider").setAttribute("aria-valuetext", `radius ${spell(radius)}`);
  const count = plain.classOf.length;
  const [first, second] = [plain.arrived[at], robust.arrived[at]];
  const attack = radius === 0 ? "Without an attack," : `Under attacks of radius ${spell(radius)},`;
  const words = `${attack} ${first} of ${count} images are taken for the digit aimed at by the one network, ${second} by the other.`;
  part("words").textContent = words;
  for (const [name, arrived] of /** @type {[string, number][]} */ ([["plain", first], ["robust", second]])) {
    part(name).setAttribute("aria-label", `Features of three digits. ${attack} ${arrived} of ${count} have arrived.`);
  }
}
