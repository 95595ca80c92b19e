// The tables of the reproduction ledger: a click on the head of a column sorts, words and a verdict filter.
// Without this script they are plain tables.
"use strict";

const FIRST_NUMBER = /-?\d+(\.\d+)?(e[+-]?\d+)?/;

/**
 * Text before numbers, numbers by size; "23 of 24" by the share.
 * @param {string} text
 * @returns {number | string}
 */
function sortingKey(text) {
  const share = /([\d.]+) of (\d+) seeds/.exec(text);
  if (share) return Number(share[1]) / Number(share[2]);
  const number = FIRST_NUMBER.exec(text);
  return number && text.startsWith(number[0]) ? Number(number[0]) : text.toLowerCase();
}

/**
 * @param {number | string} one
 * @param {number | string} other
 */
function compare(one, other) {
  if (typeof one === typeof other) return one < other ? -1 : Number(one > other);
  return typeof one === "string" ? -1 : 1;
}

/**
 * @param {HTMLTableElement} table
 * @param {number} column
 * @param {boolean} descending
 */
function sortRows(table, column, descending) {
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => ({ row, key: sortingKey((row.cells[column].textContent ?? "").trim()) }));
  keyed.sort((one, other) => compare(one.key, other.key) * (descending ? -1 : 1));
  body.append(...keyed.map(({ row }) => row));
}

/** @param {HTMLTableElement} table */
function makeSortable(table) {
  const heads = [...table.tHead?.rows[0].cells ?? []];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => {
      const descending = head.ariaSort === "ascending";
      heads.forEach((each) => (each.ariaSort = null));
      head.ariaSort = descending ? "descending" : "ascending";
      sortRows(table, column, descending);
    });
    head.append(button);
  });
}

/**
 * @param {HTMLElement} around
 * @param {HTMLTableElement} table
 */
function makeFilterable(around, table) {
  const label = document.createElement("label");
  const field = document.createElement("input");
  const count = document.createElement("output");
  field.type = "search";
  field.placeholder = "words, such as: fails";
  label.append("Show claims with ", field);
  const rows = [...table.tBodies[0].rows];
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = (row.textContent ?? "").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    count.value = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  };
  field.addEventListener("input", show);
  show();
  const bar = document.createElement("p");
  bar.className = "ledger-filter";
  bar.append(label, " ", count);
  around.prepend(bar);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const around of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".ledger-table"))) {
    const table = around.querySelector("table");
    if (!table?.tHead) continue;
    makeSortable(table);
    makeFilterable(around, table);
  }
});
