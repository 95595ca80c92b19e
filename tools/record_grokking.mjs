// Records the run that `explorables.grok_in_your_browser()` shows before the page trains: `node tools/record_grokking.mjs`.
// Its settings stand here and nowhere else; they travel with the run.

import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FOLDER } from "../tests/js/scripts.mjs";
import { measured } from "./recording.mjs";

export const TARGET = new URL("live_grokking_recorded.json", FOLDER);
export const SETTINGS = {
  p: 29, dim: 32, width: 64, steps: 3000, fraction: 0.6, seed: 0,
  recipe: { learningRate: 0.01, weightDecay: 1, betas: [0.9, 0.98], eps: 1e-8, warmUp: 10 },
};
const GROWTH = 1.08; // of the steps, from one moment that is kept to the next
const ENOUGH = 0.99; // memorized and grokked from this accuracy on, as in live_grokking.js
const DIGITS = 4; // of each number

/** All that is measured of a network with these settings. */
export const trained = (settings) => measured("live_grokking_engine.js", settings);

/** What is kept of it: moments evenly far apart on a logarithmic axis, the two milestones, and the end. */
export function recording(settings, found) {
  const first = (side) => found.find((each) => each[side].accuracy >= ENOUGH);
  const always = [first("train"), first("test"), found.at(-1)];
  let next = 0;
  const kept = found.filter((each) => {
    if (each.step < next && !always.includes(each)) return false;
    next = Math.max(next, GROWTH * each.step);
    return true;
  });
  return { settings, found: kept.map(shortened) };
}

/** With few digits: places in the plane, and shares, are only drawn. */
function shortened({ points, spectrum, ...rest }) {
  const numbers = JSON.stringify(rest, (_, value) => (typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value));
  const rounded = (values, decimals) => values.map((value) => Number(value.toFixed(decimals)));
  return { ...JSON.parse(numbers), spectrum: rounded(spectrum, 3), points: rounded(points, 2) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, `${JSON.stringify(recording(SETTINGS, trained(SETTINGS)))}\n`);
}
