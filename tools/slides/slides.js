// Starts a deck: sets its formulas, makes what a slide shows as large as the stage allows, and leaves an explorable the
// keys that are pressed in it.
"use strict";

const [WIDTH, HEIGHT] = [1920, 1080];
const WORDS = { largest: 52, smallest: 24 }; // pixels
const TABLE = { largest: 40, smallest: 20 };
const UNBROKEN = { largest: 40, smallest: 30 }; // a table whose cells have one line each
const BESIDE = 1.15; // times as large a figure has to become for its message to move to its side
const EXPLORABLE = { largest: 2.2, smallest: 1.55 }; // times its size on a page, where its smallest letters have 13 pixels
const LOWEST = 0.4; // times the height that a drawing has on a page

/**
 * What is used here of reveal.js.
 * @typedef {{ initialize: (options: object) => Promise<void>, on: (name: string, act: () => void) => void, getCurrentSlide: () => HTMLElement,
 *   getScale: () => number, next: () => void, prev: () => void }} Deck
 */

/** How much the explorable on the stage is enlarged. */
let enlarged = 1;

/** @type {(body: HTMLElement) => boolean} */
function overflows(body) {
  return body.scrollHeight > body.clientHeight || body.scrollWidth > body.clientWidth;
}

/**
 * The largest letters with which the body of a slide stays within the stage. False if it does with none.
 * @type {(body: HTMLElement, size: { largest: number, smallest: number }) => boolean}
 */
function fitWords(body, { largest, smallest }) {
  for (let size = largest; size >= smallest; size -= 2) {
    body.style.fontSize = `${size}px`;
    if (!overflows(body)) return true;
  }
  return false;
}

/**
 * Lines of cells are broken only where the letters would become small.
 * @type {(table: HTMLElement, body: HTMLElement) => void}
 */
function fitTable(table, body) {
  const whole = !table.classList.contains("answers");
  table.classList.toggle("unbroken", whole);
  if (whole && fitWords(body, UNBROKEN)) return;
  table.classList.remove("unbroken");
  fitWords(body, TABLE);
}

/**
 * The message stands above a figure, and beside one that is high, if that makes it larger.
 * @type {(slide: HTMLElement, image: HTMLImageElement) => void}
 */
function fitFigure(slide, image) {
  const scale = () => Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  const above = scale();
  slide.classList.add("beside");
  if (scale() < BESIDE * above) slide.classList.remove("beside");
}

/**
 * Lays an explorable out as on a page that is so much narrower than the stage, and enlarges it. True if it
 * fits, and nothing in it has to be scrolled.
 * @type {(figure: HTMLElement, body: HTMLElement, scale: number) => boolean}
 */
function enlarge(figure, body, scale) {
  enlarged = scale;
  figure.style.width = `${body.clientWidth / scale}px`;
  figure.style.transform = `scale(${scale})`;
  figure.style.marginBottom = `${(scale - 1) * figure.offsetHeight}px`;
  const parts = [...figure.querySelectorAll("div, p:not(.nc-status), table")]; // a status is heard, and has no width
  return figure.offsetHeight * scale <= body.clientHeight && parts.every((part) => part.scrollWidth <= part.clientWidth + 1);
}

/**
 * The largest form of an explorable that fits; where none does its drawings become lower.
 * @type {(figure: HTMLElement, body: HTMLElement) => void}
 */
function fitExplorable(figure, body) {
  for (const grid of /** @type {NodeListOf<HTMLElement>} */ (figure.querySelectorAll(".nc-panels"))) {
    grid.style.gridTemplateColumns = `repeat(${grid.children.length}, minmax(min-content, 1fr))`; // a stage is wide
  }
  const drawings = [...figure.querySelectorAll("canvas")];
  const heights = drawings.map((drawing) => drawing.clientHeight);
  for (let share = 1; share >= LOWEST; share -= 0.05) {
    if (share < 1) drawings.forEach((drawing, i) => (drawing.style.height = `${share * heights[i]}px`));
    for (let scale = EXPLORABLE.largest; scale >= EXPLORABLE.smallest; scale -= 0.05) {
      if (enlarge(figure, body, scale)) return;
    }
  }
}

/** @type {(slide: HTMLElement) => void} */
function fit(slide) {
  const body = /** @type {HTMLElement} */ (slide.querySelector(".slide-body"));
  const figure = /** @type {HTMLElement | null} */ (body.querySelector(".nc-explorable"));
  const table = /** @type {HTMLElement | null} */ (body.querySelector(".nc-table"));
  const image = body.querySelector("img");
  if (figure) fitExplorable(figure, body);
  else if (table) fitTable(table, body);
  else if (image) fitFigure(slide, image);
  else fitWords(body, WORDS);
  window.dispatchEvent(new Event("resize")); // drawings are made anew, as fine as they are seen
}

/** Drawings take this for the pixels of the screen that one of CSS has; on the stage they are enlarged beside. */
function sharpen(/** @type {Deck} */ deck) {
  const own = /** @type {() => number} */ (Object.getOwnPropertyDescriptor(window, "devicePixelRatio")?.get);
  Object.defineProperty(window, "devicePixelRatio", { get: () => own.call(window) * enlarged * deck.getScale() });
}

/** @type {(event: KeyboardEvent) => HTMLElement | null} the explorable in which a key is pressed */
function explorableOf({ target }) {
  return target instanceof Element ? target.closest(".nc-explorable") : null;
}

/**
 * In an explorable all keys are its own, but those of a presenter's remote control, and Escape, which leaves it.
 * @type {(deck: Deck, event: KeyboardEvent) => void}
 */
function leave(deck, event) {
  if (!explorableOf(event)) return;
  if (event.key === "Escape") /** @type {HTMLElement} */ (document.activeElement).blur();
  else if (event.key === "PageDown") deck.next();
  else if (event.key === "PageUp") deck.prev();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

async function start() {
  const { MathJax, Reveal, RevealNotes } = /** @type {any} */ (window);
  await MathJax.startup.promise;
  await document.fonts.ready;
  /** @type {Deck} */
  const deck = Reveal;
  document.addEventListener("keydown", (event) => leave(deck, event), { capture: true });
  await deck.initialize({
    plugins: [RevealNotes], width: WIDTH, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 4, center: false, display: "flex",
    hash: true, transition: "none", slideNumber: "c/t", controlsTutorial: false,
    keyboardCondition: (/** @type {KeyboardEvent} */ event) => !explorableOf(event),
  });
  sharpen(deck);
  const done = new Set();
  const show = () => {
    const slide = deck.getCurrentSlide();
    if (!done.has(slide)) fit(slide);
    done.add(slide);
  };
  deck.on("slidechanged", show);
  show();
  document.documentElement.dataset.slides = "ready";
}

window.addEventListener("load", start);
