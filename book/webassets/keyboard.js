// The stops of the Tab key: no formula is one, and a table only where it scrolls.
"use strict";

const ofPage = /** @type {any} */ (window);
ofPage.MathJax ??= {}; // a page without formulas does not load it
ofPage.MathJax.startup = {
  pageReady: () => ofPage.MathJax.startup.defaultPageReady().then(passByFormulas),
};

/** MathJax makes each formula a stop, for its menu; by mouse the menu still opens. */
function passByFormulas() {
  for (const formula of document.querySelectorAll("mjx-container[tabindex]")) formula.removeAttribute("tabindex");
}

const widths = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    /** @type {HTMLElement} */ (target).tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  }
});

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".nc-table")) widths.observe(table);
});
