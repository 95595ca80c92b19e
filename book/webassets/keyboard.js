// The stops of the Tab key: a table is one only where it scrolls.
"use strict";

const widths = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    /** @type {HTMLElement} */ (target).tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  }
});

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".nc-table")) widths.observe(table);
});
