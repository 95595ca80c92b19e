import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { plain } from "./scripts.mjs";

const text = readFileSync(new URL("../../book/webassets/front.js", import.meta.url), "utf-8");
const context = vm.createContext({ document: { querySelectorAll: () => [] } });
vm.runInContext(text, context);

test("at a recorded step the places are the recorded ones, the last included", () => {
  const states = [[0, 10], [4, 20], [5, 40]];
  states.forEach((state, step) => assert.deepEqual(plain(context.placesAt(states, step)), state));
});

test("between two steps the places lie on straight lines", () => {
  assert.deepEqual(plain(context.placesAt([[0, 10], [4, 20]], 0.25)), [1, 12.5]);
});
