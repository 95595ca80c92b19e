// What Chromium does on a page before it is printed.

/** Waits for formulas, fonts, pictures, and for what the scripts of the page draw. */
async function ready() {
  if (window.MathJax?.startup) await window.MathJax.startup.promise;
  await document.fonts.ready;
  const pictures = [...document.images].filter((picture) => picture.loading !== "lazy"); // which would never come
  await Promise.all(pictures.map((picture) => picture.decode()));
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}

/** @type {() => string[]} the HTML of each explorable, with pictures in place of what a script draws */
function stills() {
  return [...document.querySelectorAll("article .nc-explorable")].map((figure) => {
    const drawn = [...figure.querySelectorAll("canvas")].map(pictureOf);
    const chosen = [...figure.querySelectorAll("select")].map((select) => select.selectedOptions[0].textContent);
    const copy = figure.cloneNode(true);
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

/** Makes formulas and tables that are wider than the page as small as it takes. */
function fit() {
  for (const part of document.querySelectorAll(".nc-table, .ledger-table, div.math")) {
    const share = part.clientWidth / part.scrollWidth;
    if (share < 1) part.style.zoom = share;
  }
}

/** @type {(pages: Object<string, number>) => void} writes the number of a page where there is room for it */
function number(pages) {
  for (const room of document.querySelectorAll("[data-page-of]")) {
    room.textContent = pages[room.dataset.pageOf];
  }
}
