// The menu of formulas, which a right click opens, is loaded when a reader asks for it first.
"use strict";

/**
 * What of MathJax is used here.
 * @typedef {{
 *   config: { options?: Record<string, unknown> },
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
  // by the mouse alone: a page has hundreds of formulas
  mathjax.config.options = { ...mathjax.config.options, menuOptions: { settings: { inTabOrder: false } } };
  await mathjax.loader.load("ui/menu");
  for (const formula of [...mathjax.startup.document.math]) formula.removeFromDocument(true);
  mathjax.startup.getComponents();
  await mathjax.typesetPromise();
}

document.addEventListener("contextmenu", async (event) => {
  const asked = event.target instanceof Element ? event.target.closest("mjx-container") : null;
  const mathjax = /** @type {{ MathJax?: MathJaxOfThePage }} */ (window).MathJax;
  if (!asked || !mathjax || document.querySelector("[class*=CtxtMenu_Attached]")) return;
  event.preventDefault();
  const formulas = () => [...document.querySelectorAll("mjx-container")];
  const place = formulas().indexOf(asked);
  const height = asked.getBoundingClientRect().top;
  await giveMenu(mathjax);
  const found = formulas()[place];
  window.scrollBy({ top: found.getBoundingClientRect().top - height, behavior: "instant" }); // it stays where it was
  const at = { clientX: event.clientX, clientY: event.clientY, view: window }; // the view knows how far it is scrolled
  found.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, ...at }));
}, true);
