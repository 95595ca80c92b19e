import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = new URL("../../book/webassets/search_ranking.js", import.meta.url);
const { edits, nearest, library, understood, ranked } = vm.runInContext(
  `${readFileSync(SCRIPT, "utf-8")}\n({ edits, nearest, library, understood, ranked })`, vm.createContext({}));

// A stand-in for Sphinx's stemmer, and its words.
const stem = (word) => word.replace(/(ing|ed|es?|s)$/, "");
const wordsOf = (text) => text.toLowerCase().split(/[^\w]+/).filter((word) => word && !["the", "of", "a", "and"].includes(word));

const PAGES = [
  { page: "welcome", kind: "chapter", title: "Neural collapse, and more", number: "", says: "A book.", names: [] },
  { page: "one/part", kind: "part", title: "Neural collapse", number: "1", says: "What collapse is.", names: [] },
  { page: "one/watching", kind: "chapter", title: "Watching a network collapse", number: "1.1", says: "Four numbers.", names: ["neural collapse"] },
  { page: "one/simplex", kind: "chapter", title: "Four properties", number: "1.2", says: "A shape.", names: ["nearest class center"] },
  { page: "two/grokking", kind: "chapter", title: "Grokking", number: "2.1", says: "Learned late.", names: [] },
  { page: "two/digits", kind: "chapter", title: "Grokking on digits", number: "2.2", says: "Images.", names: [] },
  { page: "ledger", kind: "list", title: "The ledger", number: "", says: "All claims.", names: [] },
];
const INDEX = {
  docnames: PAGES.map(({ page }) => page),
  terms: { grokk: [4, 5, 6], constructor: 3, clock: 5, shap: [3, 6], generalization: 4 },
  alltitles: { Grokking: [[4, null], [6, "grokking"]], "A clock for grokking": [[4, "a-clock"]] },
};
const books = library(INDEX, PAGES, wordsOf, stem);
const asked = (query) => wordsOf(query).map((word) => understood(word, books, stem));
const pagesFor = (query) => [...ranked(asked(query), books)].map(({ page }) => page.page);

test("edits counts letters that are left out, added, changed or swapped, up to a limit", () => {
  const far = {
    "collapse colapse": 1, "gradient gradiant": 1, "information infromation": 1, // codespell:ignore
    "a a": 0, "ab ba": 1, "cat dog": 3, "class classes": 2,
  };
  for (const [pair, expected] of Object.entries(far)) {
    const [one, other] = pair.split(" ");
    assert.equal(edits(one, other, 3), expected, pair);
    assert.equal(edits(other, one, 3), expected, pair);
  }
  assert.equal(edits("collapse", "grokking", 2), 3);
  assert.equal(edits("a", "abcdefgh", 2), 3);
});

test("the nearest word is that with the fewest errors, then that on most pages; short words are left alone", () => {
  const counts = new Map([["clock", 1], ["block", 3], ["cat", 9], ["classifier", 1]]);
  assert.equal(nearest("clok", counts), "clock");
  assert.equal(nearest("xlock", counts), "block");
  assert.equal(nearest("car", counts), "");
  assert.equal(nearest("clasifyer", counts), "classifier"); // two errors in a long word
  assert.equal(nearest("clkoc", counts), ""); // two in a short one
});

test("a word is understood as it is, in British spelling, unfinished, or with an error", () => {
  const shown = { grokking: "grokking", centre: "center", generalisation: "generalization", groking: "grokking", unknown: "unknown" }; // codespell:ignore
  for (const [word, expected] of Object.entries(shown)) assert.equal(understood(word, books, stem).shown, expected);
  assert.deepEqual([...understood("generalis", books, stem).stems], []);
  assert.deepEqual([...understood("generali", books, stem).stems], ["generalization"]);
  assert.deepEqual([...understood("xyzzy", books, stem).stems], []);
});

test("the page of the name comes first, a chapter before the part that holds it, and reference last", () => {
  assert.deepEqual(pagesFor("neural colapse").slice(0, 3), ["one/watching", "one/part", "welcome"]); // codespell:ignore
  assert.deepEqual(pagesFor("grokking"), ["two/grokking", "two/digits", "ledger"]);
  assert.deepEqual(pagesFor("nearest class centre"), ["one/simplex"]); // codespell:ignore
  assert.deepEqual(pagesFor("ledger"), ["ledger"]);
});

test("a page needs every word, unless no page has them all", () => {
  assert.deepEqual(pagesFor("grokking clock"), ["two/grokking", "two/digits"]);
  assert.deepEqual(pagesFor("grokking xyzzy"), pagesFor("grokking"));
  assert.deepEqual(pagesFor("xyzzy"), []);
});

test("a section that has the words is shown with its page, and text alone is told apart", () => {
  const [first] = ranked(asked("clock"), books);
  assert.deepEqual([...first.sections].map(({ id }) => id), ["a-clock"]);
  assert.ok(first.everywhere);
  assert.deepEqual([...ranked(asked("shapes"), books)].map(({ page, everywhere }) => [page.page, everywhere]),
    [["one/simplex", true], ["ledger", false]]);
});

test("words that every object has are words like others", () => {
  assert.deepEqual(pagesFor("constructor"), ["one/simplex"]);
  assert.deepEqual(pagesFor("toString"), []);
});
