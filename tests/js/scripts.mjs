// Loads the scripts of explorables as a page does, one after the other into one function, and hands out what they declare.

import { readFileSync } from "node:fs";
import vm from "node:vm";

export const FOLDER = new URL("../../ncbook/explorables/", import.meta.url);

/** The text of a script after those that it names in `/// <reference path="..." />`, each once, as _page.py gives it. */
export function withReferences(script, texts = new Map()) {
  const text = readFileSync(new URL(script, FOLDER), "utf-8");
  for (const [, needed] of text.matchAll(/^\/\/\/ <reference path="([\w.]+)" \/>$/gm)) {
    if (!texts.has(needed)) withReferences(needed, texts);
  }
  return [...texts.set(script, text).values()].join("\n");
}

/** What `names` mean after the scripts, core.js first, have run; `given` are globals that a browser has. */
export function load(script, names, given = {}) {
  const texts = new Map();
  for (const each of ["core.js", script]) if (each !== null) withReferences(each, texts);
  const context = vm.createContext({ atob, performance, setTimeout, clearTimeout, WebAssembly, ...given });
  return vm.runInContext(`(() => { "use strict"; ${[...texts.values()].join("\n")}\nreturn { ${names.join(", ")} }; })()`, context);
}

/** The contents of an array that another context made. */
export const plain = (value) => JSON.parse(JSON.stringify(value));

/** A generator of numbers in [0, 1), for made-up data. */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}
