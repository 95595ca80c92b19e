// What Chromium does on a page before it is printed. printer.py calls these functions.

/**
 * The part of MathJax that is used here.
 * @typedef {{ math: string, typesetRoot: HTMLElement }} Formula
 * @typedef {{ promise: Promise<void>, document: { math: Iterable<Formula> } }} Startup
 */

/** @type {() => Startup | undefined} */
function formulas() {
  return /** @type {any} */ (window).MathJax?.startup;
}

/** Waits for formulas, fonts, pictures, and for what the scripts of the page draw. */
async function ready() {
  await formulas()?.promise;
  await document.fonts.ready;
  const pictures = [...document.images].filter((picture) => picture.loading !== "lazy"); // which would never come
  await Promise.all(pictures.map((picture) => picture.decode()));
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}

/**
 * The HTML of each explorable, with pictures in place of what a script draws, and with nothing to press.
 * @type {() => string[]}
 */
function stills() {
  return [...document.querySelectorAll("article .nc-explorable")].map((figure) => {
    const drawn = [...figure.querySelectorAll("canvas")].map(pictureOf);
    const chosen = [...figure.querySelectorAll("select")].map((select) => select.selectedOptions[0].text);
    const copy = /** @type {HTMLElement} */ (figure.cloneNode(true));
    copy.querySelectorAll("canvas").forEach((canvas, i) => canvas.replaceWith(drawn[i]));
    copy.querySelectorAll("select").forEach((select, i) => select.replaceWith(chosen[i]));
    copy.querySelectorAll("button, input, script, details.nc-more, [hidden]").forEach((part) => part.remove());
    return copy.outerHTML;
  });
}

/** @type {(canvas: HTMLCanvasElement) => HTMLImageElement} */
function pictureOf(canvas) {
  const picture = new Image();
  picture.src = canvas.toDataURL("image/png");
  picture.alt = canvas.getAttribute("aria-label") ?? "";
  picture.className = canvas.className;
  picture.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  return picture;
}

/** A formula is one picture, told by its TeX: the PDF would otherwise name each of its letters as a part of the text. */
function nameFormulas() {
  for (const { math, typesetRoot } of formulas()?.document.math ?? []) {
    typesetRoot.querySelector("mjx-assistive-mml")?.remove();
    typesetRoot.setAttribute("role", "img");
    typesetRoot.setAttribute("aria-label", math);
  }
}

/** Makes formulas and tables that are wider than the page as small as it takes. */
function fit() {
  for (const part of document.querySelectorAll(".nc-table, .ledger-table, div.math")) {
    const share = part.clientWidth / part.scrollWidth;
    if (share < 1) /** @type {HTMLElement} */ (part).style.setProperty("zoom", String(share));
  }
}

/** @type {() => string[]} the words of all headings */
function headings() {
  const found = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]);
  return found.map((heading) => (heading.textContent ?? "").replaceAll(/\s+/g, " ").trim());
}

/**
 * Writes the number of a page where there is room for it.
 * @type {(pages: Record<string, number>) => void}
 */
function number(pages) {
  for (const room of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-page-of]"))) {
    room.textContent = String(pages[room.dataset.pageOf ?? ""]);
  }
}
