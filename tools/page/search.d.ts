// What the search page gives to book/webassets/search.js: Sphinx's scripts and index, and the list of search_page.py.

/** One file or several, as places in `docnames`. */
type Files = number | number[];

interface SphinxIndex {
  docnames: string[];
  /** Per stem the files whose text has it. */
  terms: Record<string, Files>;
  /** Per title of a page or a section: its file, and its anchor unless it is the title of the page. */
  alltitles: Record<string, [number, string | null][]>;
}

/** A page of the book: its file without ending, its title, "1.2" or "", its sentence, other names for what it is about. */
interface Page {
  page: string;
  title: string;
  number: string;
  says: string;
  names: string[];
  kind: "chapter" | "part" | "reference" | "list";
}

declare class Stemmer {
  stemWord(word: string): string;
}
declare function splitQuery(query: string): string[];
declare const stopwords: string[];
declare const Search: {
  _index: SphinxIndex;
  query(query: string): void;
  stopPulse(): void;
  title: HTMLElement;
  status: HTMLElement;
  output: HTMLElement;
};
