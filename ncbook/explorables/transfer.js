// Accuracy of a linear probe for the fine classes, a bar a layer, at the chosen epoch of one or two pretrainings.
// The data are made by transfer.py, which documents them. Pixels are CSS pixels.

/**
 * @typedef {Record<"low" | "middle" | "high", number[][]> & { name: string, ratio: number[] }} Arm
 * @typedef {{ epochs: number[], layers: string[], pixels: number, arms: Arm[] }} Data
 * @typedef {{ left: number, slot: number, y: (share: number) => number }} Place
 */

/** @type {(root: HTMLElement, data: Data) => void} */
function explore(root, data) {
  const part = partsOf(root);
  const [slider, arm, other] = ["slider", "arm", "other"].map(part);
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const at = Number(slider.value);
    const shown = [arm.value, other.value].filter((value) => value !== "").map((value) => data.arms[Number(value)]);
    drawBars(part("bars"), data, shown, at, themeColors(root));
    describe(part, data, shown, at);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  wireChoices([arm, other], draw, settled);
  namePlaces(slider, data.epochs);
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

/** @type {(share: number) => string} */
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** @type {(data: Data, i: number) => string} */
const layerName = (data, i) => (i === data.layers.length - 1 ? "last" : `layer ${i + 1}`);

/** @type {(canvas: Canvas, data: Data, shown: Arm[], at: number, color: Color) => void} */
function drawBars(canvas, data, shown, at, color) {
  const { context, width, height } = freshContext(canvas);
  const [left, right, top, bottom] = [48, width - 8, 30, height - 30];
  /** @type {(share: number) => number} */
  const y = (share) => bottom - share * (bottom - top);
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: color("muted") });
  for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    line(context, [left, y(share)], [right, y(share)], color("grid"));
    write(context, `${100 * share} %`, left - 6, y(share), "right", "middle");
  }
  write(context, "fine classes right, by linear probe", 0, 16, "left", "bottom");
  const slot = (right - left) / data.layers.length;
  data.layers.forEach((_, i) => {
    context.fillStyle = color("muted");
    write(context, layerName(data, i), left + (i + 0.5) * slot, bottom + 8, "center", "top");
    shown.forEach((arm, which) => drawBar(context, arm, at, i, which, { left, slot, y }, color));
  });
  context.setLineDash([6, 4]);
  context.lineWidth = 1.5;
  line(context, [left, y(data.pixels)], [right, y(data.pixels)], color("text"));
  context.setLineDash([]);
}

/** @type {(context: Context, arm: Arm, at: number, i: number, which: number, place: Place, color: Color) => void} */
function drawBar(context, arm, at, i, which, { left, slot, y }, color) {
  const wide = Math.min(0.34 * slot, 56);
  const middle = left + (i + 0.5) * slot + (which - 0.5) * wide * 1.1;
  const [low, value, high] = [arm.low, arm.middle, arm.high].map((each) => y(each[at][i]));
  /** @type {[number, number, number, number]} */
  const box = [middle - wide / 2, value, wide, y(0) - value];
  Object.assign(context, { fillStyle: color("accent"), strokeStyle: color("second"), lineWidth: 2 });
  if (which === 0) context.fillRect(...box);
  else context.strokeRect(...box);
  context.lineWidth = 2;
  line(context, [middle, low], [middle, high], color("text"));
}

/** @type {(part: Part, data: Data, shown: Arm[], at: number) => void} */
function describe(part, data, shown, at) {
  const epoch = `epoch ${spell(data.epochs[at])}`;
  part("now").textContent = spell(data.epochs[at]);
  part("slider").setAttribute("aria-valuetext", epoch);
  const words = shown.map((arm) => `${arm.name}: ${sentence(data, arm, at)}`).join(" ");
  part("words").textContent = `At ${epoch}. ${words}`;
  const bars = shown.map((arm) => {
    const each = arm.middle[at].map((value, i) => `${layerName(data, i)} ${percent(value)}`);
    return `${arm.name}: ${each.join(", ")}.`;
  });
  part("bars").setAttribute("aria-label", `At ${epoch}. ${bars.join(" ")} Pixels ${percent(data.pixels)}.`);
}

/** @type {(data: Data, arm: Arm, at: number) => string} */
function sentence(data, arm, at) {
  const values = arm.middle[at];
  const best = values.indexOf(Math.max(...values));
  const last = values.length - 1;
  const told = best === last ? "the last layer is best" : `${layerName(data, best)} is best with ${percent(values[best])}`;
  return `the last layer gets ${percent(values[last])}, ${told}; collapse ${spell(arm.ratio[at])}.`;
}
