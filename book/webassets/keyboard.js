// Tables that scroll: only these are stops of the Tab key, and they fade where more of them is to be seen.
"use strict";

/** @param {HTMLElement} table */
const mark = (table) => {
  const hidden = table.scrollWidth - table.clientWidth;
  table.tabIndex = hidden > 0 ? 0 : -1;
  table.classList.toggle("nc-more-to-the-right", table.scrollLeft < hidden - 1);
};

const SCROLLS = ".nc-table, .pst-scrollable-table-container";

// Of the box, and of what is in it, which grows when its formulas are set.
const widths = new ResizeObserver((changes) => {
  for (const { target } of changes) mark(/** @type {HTMLElement} */ (target.closest(SCROLLS)));
});

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(SCROLLS)) {
    for (const part of [table, ...table.children]) widths.observe(part);
    table.addEventListener("scroll", () => mark(/** @type {HTMLElement} */ (table)), { passive: true });
  }
});
