// Accuracy of a linear probe for the fine classes, a bar a layer, at the chosen epoch of one or two pretrainings.
// The data are made by transfer.py, which documents them. Pixels are CSS pixels.

function explore(root, data) {
  const part = (name) => root.querySelector(`.nc-${name}`);
  const [slider, arm, other] = ["slider", "arm", "other"].map(part);
  const draw = () => {
    if (root.clientWidth === 0) return; // hidden, for example in a tab that is not open
    const at = Number(slider.value);
    const shown = [data.arms[arm.value], other.value === "" ? null : data.arms[other.value]].filter(Boolean);
    drawBars(part("bars"), data, shown, at, themeColours(root));
    describe(part, data, shown, at);
  };
  const settled = () => {
    part("status").textContent = part("words").textContent;
  };
  for (const control of [arm, other]) {
    control.addEventListener("change", () => {
      draw();
      settled();
    });
  }
  wirePlayer(root, slider, part("play"), draw, settled);
  redrawOnChange(root, draw);
  draw();
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

const layerName = (data, i) => (i === data.layers.length - 1 ? "last" : `layer ${i + 1}`);

function drawBars(canvas, data, shown, at, colour) {
  const { context, width, height } = freshContext(canvas);
  const [left, right, top, bottom] = [48, width - 8, 30, height - 30];
  const y = (share) => bottom - share * (bottom - top);
  Object.assign(context, { font: "13px system-ui, sans-serif", lineWidth: 1, fillStyle: colour("muted") });
  for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    line(context, [left, y(share)], [right, y(share)], colour("grid"));
    write(context, `${100 * share} %`, left - 6, y(share), "right", "middle");
  }
  write(context, "fine classes right, by linear probe", 0, 16, "left", "bottom");
  const slot = (right - left) / data.layers.length;
  data.layers.forEach((_, i) => {
    context.fillStyle = colour("muted");
    write(context, layerName(data, i), left + (i + 0.5) * slot, bottom + 8, "center", "top");
    shown.forEach((arm, which) => drawBar(context, arm, at, i, which, { left, slot, y }, colour));
  });
  context.setLineDash([6, 4]);
  context.lineWidth = 1.5;
  line(context, [left, y(data.pixels)], [right, y(data.pixels)], colour("text"));
  context.setLineDash([]);
}

function drawBar(context, arm, at, i, which, { left, slot, y }, colour) {
  const wide = Math.min(0.34 * slot, 56);
  const middle = left + (i + 0.5) * slot + (which - 0.5) * wide * 1.1;
  const [low, value, high] = [arm.low, arm.middle, arm.high].map((each) => y(each[at][i]));
  const box = [middle - wide / 2, value, wide, y(0) - value];
  Object.assign(context, { fillStyle: colour("accent"), strokeStyle: colour("second"), lineWidth: 2 });
  if (which === 0) context.fillRect(...box);
  else context.strokeRect(...box);
  context.lineWidth = 2;
  line(context, [middle, low], [middle, high], colour("text"));
}

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

function sentence(data, arm, at) {
  const values = arm.middle[at];
  const best = values.indexOf(Math.max(...values));
  const last = values.length - 1;
  const told = best === last ? "the last layer is best" : `${layerName(data, best)} is best with ${percent(values[best])}`;
  return `the last layer gets ${percent(values[last])}, ${told}; collapse ${spell(arm.ratio[at])}.`;
}
