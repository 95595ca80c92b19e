/// <reference path="search_ranking.js" />
// The search page of the book: Sphinx gives the field and the index, search_ranking.js the order, and this script the
// list, with the number, the sentence and the sections of each page. It needs no server.
"use strict";

/* global library, understood, ranked, Search, Stemmer, splitQuery, stopwords */

const SECTIONS_SHOWN = 3;
const EXCERPTS = 10; // results whose text is fetched for the lines that have the words
const EXCERPT = 240; // letters
const PROSE = "article p:not(.cell p, figure p, :has(.math))";

/**
 * An element with children.
 * @param {string} name
 * @param {(Node | string)[]} children
 * @param {Record<string, string>} attributes
 */
function element(name, children, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** @param {Found} found */
function listItem({ page, sections }) {
  const href = `${page.page}.html`;
  const title = page.number ? `${page.number} ${page.title}` : page.title;
  const links = sections.slice(0, SECTIONS_SHOWN).flatMap((each) =>
    [", ", element("a", [each.title], { href: `${href}#${each.id}` })]);
  return element("li", [
    element("a", [title], { href }), element("p", [page.says], { class: "context" }),
    ...(links.length > 0 ? [element("p", ["Sections: ", ...links.slice(1)], { class: "context" })] : []),
  ]);
}

/**
 * What stands around the first of the words, in whole words.
 * @param {string} text
 * @param {string[]} words in small letters
 */
function excerpt(text, words) {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0);
  const start = Math.max(0, Math.min(...places) - EXCERPT / 2);
  const cut = text.slice(start, start + EXCERPT);
  const whole = start > 0 ? cut.replace(/^\S*\s/, "… ") : cut;
  return start + EXCERPT < text.length ? whole.replace(/\s\S*$/, " …") : whole;
}

/**
 * Adds the lines of the page that have the most words, where a server gives the page; from a disk a browser does not.
 * Only prose is looked at, and no formula, which nothing sets here.
 * @param {HTMLElement} item
 * @param {Found} found
 * @param {string[]} words
 */
async function addExcerpt(item, { page }, words) {
  const answer = await fetch(`${page.page}.html`);
  const sheet = new DOMParser().parseFromString(await answer.text(), "text/html");
  const texts = [...sheet.querySelectorAll(PROSE)].map((each) => each.textContent ?? "");
  const counts = texts.map((text) => words.filter((word) => text.toLowerCase().includes(word)).length);
  const most = Math.max(0, ...counts);
  if (most > 0) item.append(element("p", [excerpt(texts[counts.indexOf(most)], words)], { class: "context" }));
}

/** @param {Page[]} pages */
function answerQueries(pages) {
  const stemmer = new Stemmer();
  const stem = (/** @type {string} */ word) => stemmer.stemWord(word);
  const wordsOf = (/** @type {string} */ text) => splitQuery(text.toLowerCase()).filter((word) => !stopwords.includes(word));
  Search.query = (query) => {
    const books = library(Search._index, pages, wordsOf, stem);
    const words = wordsOf(query).map((word) => understood(word, books, stem));
    show(words.length > 0 ? ranked(words, books) : [], words.map(({ shown }) => shown));
  };
}

/**
 * @param {Found[]} found
 * @param {string[]} words of the query, as they are spelled here
 */
function show(found, words) {
  Search.stopPulse();
  Search.title.textContent = "Search results";
  Search.status.setAttribute("role", "status");
  Search.status.classList.add("mt-3");
  const count = `${found.length} ${found.length > 1 ? "pages" : "page"}`;
  Search.status.textContent = found.length > 0 ? `${count} for “${words.join(" ")}”` : "No page has these words.";
  localStorage.setItem("sphinx_highlight_terms", words.join(" ")); // the page that is opened then marks them
  const items = found.map(listItem);
  Search.output.append(...items);
  if (location.protocol === "file:") return;
  found.slice(0, EXCERPTS).forEach((each, i) => !each.everywhere && addExcerpt(items[i], each, words));
}

const listed = document.getElementById("book-pages");
if (listed) answerQueries(JSON.parse(listed.textContent ?? ""));
