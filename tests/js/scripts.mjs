// Loads the scripts of explorables as a page does, one after the other into one function, and hands out what they declare.

import { readFileSync } from "node:fs";
import vm from "node:vm";

const FOLDER = new URL("../../ncbook/explorables/", import.meta.url);

/** What `names` mean after the scripts, core.js first, have run; `given` are globals that a browser has. */
export function load(script, names, given = {}) {
  const scripts = [...new Set(script === null ? ["core.js"] : ["core.js", script])];
  const source = scripts.map((name) => readFileSync(new URL(name, FOLDER), "utf-8")).join("\n");
  const context = vm.createContext({ atob, performance, setTimeout, clearTimeout, WebAssembly, ...given });
  return vm.runInContext(`(() => { "use strict"; ${source}\nreturn { ${names.join(", ")} }; })()`, context);
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
