// The menu of formulas, which a right click opens, is loaded when a reader asks for it first.
"use strict";

/**
 * What of MathJax is used here.
 * @typedef {{
 *   loader: { load: (part: string) => Promise<void> },
 *   startup: { document: { math: Iterable<{ removeFromDocument: (restore: boolean) => void }> }, getComponents: () => void },
 *   typesetPromise: () => Promise<void>,
 * }} MathJaxOfThePage
 */

/**
 * Sets all formulas once more, now with a menu.
 * @param {MathJaxOfThePage} mathjax
 */
async function giveMenu(mathjax) {
  await mathjax.loader.load("ui/menu");
  for (const formula of [...mathjax.startup.document.math]) formula.removeFromDocument(true);
  mathjax.startup.getComponents();
  await mathjax.typesetPromise();
  for (const formula of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("mjx-container"))) {
    formula.tabIndex = -1; // by the mouse alone: a page has hundreds of formulas
  }
}

document.addEventListener("contextmenu", async (event) => {
  const asked = event.target instanceof Element ? event.target.closest("mjx-container") : null;
  const mathjax = /** @type {{ MathJax?: MathJaxOfThePage }} */ (window).MathJax;
  if (!asked || !mathjax || document.querySelector("[class*=CtxtMenu_Attached]")) return;
  event.preventDefault();
  const place = [...document.querySelectorAll("mjx-container")].indexOf(asked);
  await giveMenu(mathjax);
  const again = new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: event.clientX, clientY: event.clientY });
  document.querySelectorAll("mjx-container")[place].dispatchEvent(again);
}, true);
