// Tables that scroll: only these are stops of the Tab key, and they fade where more of them is to be seen.
"use strict";

/** @param {HTMLElement} table */
const mark = (table) => {
  const hidden = table.scrollWidth - table.clientWidth;
  table.tabIndex = hidden > 0 ? 0 : -1;
  table.classList.toggle("nc-more-to-the-right", table.scrollLeft < hidden - 1);
};

const widths = new ResizeObserver((changes) => {
  for (const { target } of changes) mark(/** @type {HTMLElement} */ (target));
});

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".nc-table, .pst-scrollable-table-container")) {
    widths.observe(table);
    table.addEventListener("scroll", () => mark(/** @type {HTMLElement} */ (table)), { passive: true });
  }
});
