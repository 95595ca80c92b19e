/// <reference path="../../tools/page/search.d.ts" />
// Which pages answer a query, the best first. A word may be in British spelling, with a typing error, or unfinished.
// The index is Sphinx's, whose words are stems; search.js shows what is found.
"use strict";

/* exported library, understood, ranked */

// What a word counts, by where a page has it.
const WEIGHTS = { title: 10, name: 10, heading: 4, sentence: 3, text: 1 };
const WHOLE = 20; // the query is a title or a name
const COVERED = 10; // times the share of a title or a name that the query makes up; half for the heading of a section
// The page of a part introduces what its chapters tell, and pages of reference and of lists mention much.
const KINDS = { chapter: 1, part: 0.8, reference: 0.5, list: 0.2 };

/** @type {[RegExp, string][]} British endings, and what the book writes. */
const AMERICAN = [
  [/(?<=t)re(s?)$/, "er$1"],
  [/our(s|ed|ing|al|able)?$/, "or$1"],
  [/is(e[drs]?|ers?|ing|ations?)$/, "iz$1"],
  [/ys(e[ds]?|ing)$/, "yz$1"],
  [/ll(ed|ing|er)$/, "l$1"],
];

/** @typedef {{ title: string, id: string, stems: Set<string> }} Heading */
/** @typedef {Page & { stems: Set<string>, called: Set<string>[], told: Set<string>, headings: Heading[], text: Set<string> }} Read */
/** @typedef {{ pages: Read[], counts: Map<string, number>, words: Map<string, number> }} Library */
/** @typedef {{ stems: string[], shown: string }} Word one word of a query: what is looked for, and as it is spelled here */
/** @typedef {{ page: Read, score: number, sections: Heading[], everywhere: boolean }} Found */

/**
 * The number of letters that are left out, added, changed or swapped; `most + 1` where it is more than `most`.
 * @param {string} one
 * @param {string} other
 * @param {number} most
 */
function edits(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  /** @type {number[][]} */
  const rows = [Array.from({ length: other.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= one.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= other.length; j++) {
      const change = Number(one[i - 1] !== other[j - 1]);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change);
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return Math.min(rows[one.length][other.length], most + 1);
}

/**
 * The word of `counts` that was most likely meant: the nearest one, and of several the one on most pages.
 * @param {string} word
 * @param {Map<string, number>} counts
 */
function nearest(word, counts) {
  const most = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
  let [best, least] = ["", most + 1];
  for (const [other, count] of counts) {
    const far = edits(word, other, most);
    if (far < least || (far === least && best && count > (counts.get(best) ?? 0))) [best, least] = [other, far];
  }
  return best;
}

/** @param {string} word */
const americanSpellings = (word) =>
  AMERICAN.filter(([ending]) => ending.test(word)).map(([ending, here]) => word.replace(ending, here));

/**
 * Puts together what is known of every page, in the order of `pages`.
 * @param {SphinxIndex} index
 * @param {Page[]} pages
 * @param {(text: string) => string[]} wordsOf
 * @param {(word: string) => string} stem
 * @returns {Library}
 */
function library(index, pages, wordsOf, stem) {
  const stemsOf = (/** @type {string} */ text) => new Set(wordsOf(text).map(stem));
  const read = pages.map((page) => ({
    ...page, stems: stemsOf(page.title), called: page.names.map(stemsOf), told: stemsOf(page.says),
    headings: /** @type {Heading[]} */ ([]), text: /** @type {Set<string>} */ (new Set()),
  }));
  const byName = new Map(read.map((page) => [page.page, page]));
  for (const [title, places] of Object.entries(index.alltitles)) {
    for (const [file, id] of places) {
      if (id !== null) byName.get(index.docnames[file])?.headings.push({ title, id, stems: stemsOf(title) });
    }
  }
  for (const [term, files] of Object.entries(index.terms)) {
    for (const file of [files].flat()) byName.get(index.docnames[file])?.text.add(term);
  }
  return { pages: read, ...counted(read, wordsOf) };
}

/**
 * On how many pages each stem stands, and each word of titles, names, headings and sentences, as it is written.
 * @param {Read[]} pages
 * @param {(text: string) => string[]} wordsOf
 */
function counted(pages, wordsOf) {
  const [counts, words] = [new Map(), new Map()];
  const count = (/** @type {Map<string, number>} */ map, /** @type {string} */ each) => map.set(each, (map.get(each) ?? 0) + 1);
  for (const page of pages) {
    const sets = [page.stems, page.told, page.text, ...page.called, ...page.headings.map(({ stems }) => stems)];
    for (const each of new Set(sets.flatMap((set) => [...set]))) count(counts, each);
    const written = [page.title, page.says, ...page.names, ...page.headings.map(({ title }) => title)];
    for (const each of new Set(written.flatMap(wordsOf))) count(words, each);
  }
  return { counts, words };
}

/**
 * A word of a query as it is, in American spelling, as the beginning of words, or as the nearest word that there is.
 * @param {string} word
 * @param {Library} books
 * @param {(word: string) => string} stem
 * @returns {Word}
 */
function understood(word, { counts, words }, stem) {
  const spelled = [word, ...americanSpellings(word)].filter((each) => counts.has(stem(each)));
  if (spelled.length > 0) return { stems: [...new Set(spelled.map(stem))], shown: spelled[0] };
  const longer = word.length > 3 ? [...counts.keys()].filter((each) => each.startsWith(word)) : [];
  if (longer.length > 0) return { stems: longer, shown: word };
  const meant = nearest(word, words) || nearest(word, counts);
  return meant ? { stems: [words.has(meant) ? stem(meant) : meant], shown: meant } : { stems: [], shown: word };
}

/**
 * The share of `stems` that the words of the query make up, where it has every word; otherwise 0.
 * @param {Word[]} query
 * @param {Set<string>} stems
 */
function covered(query, stems) {
  const every = query.every((word) => word.stems.some((each) => stems.has(each)));
  return every ? Math.min(1, query.length / stems.size) : 0;
}

/**
 * @param {Word} word
 * @param {Read} page
 */
function weight({ stems }, page) {
  const within = (/** @type {Set<string>} */ set) => stems.some((each) => set.has(each));
  if (within(page.stems)) return WEIGHTS.title;
  if (page.called.some(within)) return WEIGHTS.name;
  if (page.headings.some((heading) => within(heading.stems))) return WEIGHTS.heading;
  if (within(page.told)) return WEIGHTS.sentence;
  return within(page.text) ? WEIGHTS.text : 0;
}

/**
 * The pages that have all words of the query, or, where none has, most of them; the best first.
 * @param {Word[]} query
 * @param {Library} books
 * @returns {Found[]}
 */
function ranked(query, { pages }) {
  const found = pages.map((page) => {
    const weights = query.map((word) => weight(word, page));
    const name = Math.max(...[page.stems, ...page.called].map((stems) => covered(query, stems)));
    const sections = page.headings.map((heading) => ({ heading, share: covered(query, heading.stems) }))
      .filter(({ share }) => share > 0).sort((one, other) => other.share - one.share);
    const about = (name === 1 ? WHOLE : 0) + COVERED * Math.max(name, (sections[0]?.share ?? 0) / 2);
    const score = KINDS[page.kind] * (weights.reduce((sum, each) => sum + each, 0) + about);
    return {
      page, score, sections: sections.map(({ heading }) => heading), words: weights.filter(Boolean).length,
      everywhere: weights.every((each) => each > WEIGHTS.text),
    };
  });
  const most = Math.max(1, ...found.map(({ words }) => words));
  return found.filter(({ words }) => words === most).sort((one, other) => other.score - one.score);
}
