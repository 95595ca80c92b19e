// Writes down what is drawn on each canvas since it was last cleared, in pixels of the page. Runs before the page's own
// scripts; `drawn()` hands the records out.

(() => {
  const pen = CanvasRenderingContext2D.prototype;
  const records = new WeakMap();
  const paths = new WeakMap();

  const size = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, "width");
  Object.defineProperty(HTMLCanvasElement.prototype, "width", {
    ...size,
    set(value) {
      records.set(this, []);
      size.set.call(this, value);
    },
  });

  const note = (context, item) => {
    if (!records.has(context.canvas)) records.set(context.canvas, []);
    records.get(context.canvas).push(item);
  };
  const placed = (context, x, y) => {
    const { a, b, c, d, e, f } = context.getTransform();
    return [a * x + c * y + e, b * x + d * y + f];
  };
  const before = (name, record) => {
    const own = pen[name];
    pen[name] = function (...given) {
      record(this, ...given);
      return own.apply(this, given);
    };
  };
  const pathOf = (context) => paths.get(context) ?? [];
  const add = (context, part) => paths.set(context, [...pathOf(context), part]);

  before("beginPath", (context) => paths.set(context, []));
  before("moveTo", (context, x, y) => add(context, { line: [placed(context, x, y)], closed: false }));
  before("lineTo", (context, x, y) => pathOf(context).at(-1)?.line.push(placed(context, x, y)));
  before("closePath", (context) => {
    pathOf(context).at(-1).closed = true;
  });
  before("arc", (context, x, y, radius) => {
    if (pathOf(context).at(-1)?.line?.length === 1) paths.set(context, pathOf(context).slice(0, -1));
    add(context, { circle: [...placed(context, x, y), radius] });
  });
  before("ellipse", (context, x, y, ...about) => add(context, { ellipse: [...placed(context, x, y), ...about] }));
  before("rect", (context, x, y, width, height) => add(context, { box: [...placed(context, x, y), width, height] }));

  const style = (context) => ({
    stroke: context.strokeStyle, fill: context.fillStyle, dash: context.getLineDash(), alpha: context.globalAlpha,
    width: context.lineWidth,
  });
  const origin = (context) => placed(context, 0, 0);
  before("stroke", (context) => note(context, { kind: "stroke", path: pathOf(context), at: origin(context), ...style(context) }));
  before("fill", (context) => note(context, { kind: "fill", path: pathOf(context), at: origin(context), ...style(context) }));
  before("fillRect", (context, ...box) => note(context, { kind: "rect", box, ...style(context) }));
  before("strokeRect", (context, ...box) => note(context, { kind: "frame", box, ...style(context) }));
  /** [left, top, right, bottom] of a text. */
  const inked = (context, text, x, y) => {
    const ink = context.measureText(text);
    const [left, right] = [x - ink.actualBoundingBoxLeft, x + ink.actualBoundingBoxRight];
    const [top, bottom] = [y - ink.actualBoundingBoxAscent, y + ink.actualBoundingBoxDescent];
    const corners = [[left, top], [right, top], [left, bottom], [right, bottom]].map((corner) => placed(context, ...corner));
    return [0, 1].map((i) => Math.min(...corners.map((corner) => corner[i])))
      .concat([0, 1].map((i) => Math.max(...corners.map((corner) => corner[i]))));
  };
  before("fillText", (context, text, x, y) => {
    const { textAlign: align, textBaseline: baseline } = context;
    const box = inked(context, text, x, y);
    const letters = Number(context.font.match(/([\d.]+)px/)[1]);
    note(context, { kind: "text", text, at: placed(context, x, y), box, align, baseline, letters, ...style(context) });
  });

  /** Whether an element takes room on the page and is not hidden. */
  window.seen = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && getComputedStyle(element).visibility === "visible";
  };

  /**
   * As JSON, which a test reads much faster than values handed over one by one: class name without "nc-" -> {width,
   * height, items} of every canvas, the names of the theme's colors, the values of the controls, and the texts of the
   * chosen options. A number that is not finite becomes null.
   */
  window.drawn = () => {
    const root = document.querySelector(".nc-explorable");
    const canvases = [...root.querySelectorAll("canvas")].map((canvas) => {
      const { clientWidth: width, clientHeight: height } = canvas;
      return [canvas.classList[0].slice(3), { width, height, items: records.get(canvas) ?? [] }];
    });
    const defined = (name) => getComputedStyle(root).getPropertyValue(`--nc-${name}`).trim();
    const names = "back text muted grid faint accent shade second train test class0 class1 class2 class3".split(" ").filter(defined);
    const paint = document.createElement("canvas").getContext("2d");
    const colors = names.map((name) => {
      paint.fillStyle = defined(name); // as a canvas spells it
      return [paint.fillStyle, name];
    });
    const controls = [...root.querySelectorAll("select, input")].map((control) => {
      return [control.classList[0].slice(3), control.type === "checkbox" ? control.checked : control.value];
    });
    const chosen = [...root.querySelectorAll("select")].map((select) => {
      return [select.classList[0].slice(3), select.selectedOptions[0]?.text];
    });
    const found = { canvases, colors, controls, chosen };
    return JSON.stringify(Object.fromEntries(Object.entries(found).map(([name, pairs]) => [name, Object.fromEntries(pairs)])));
  };
})();
