// Records the run that `explorables.live_collapse()` shows before the page trains: `node tools/record_collapse.mjs`.
// Its settings stand here and nowhere else; they travel with the run.

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FOLDER } from "../tests/js/scripts.mjs";
import { compiled, measured } from "./recording.mjs";

export const TARGET = new URL("live_collapse_recorded.json", FOLDER);
export const SETTINGS = {
  perClass: 50, random: false, seed: 0, width: 64, depth: 3, classes: 10, steps: 1000,
  planeClasses: [3, 5, 8], drawn: 14, growth: 1.25,
  recipe: { learningRate: 0.05, weightDecay: 0.01, momentum: 0.9, batch: 100 },
};
const LARGEST = 127; // of a byte, kept symmetric around 0
const DIGITS = 3; // of each number

/** The letters of the images, and the compiled product. */
export function parts() {
  const images = readFileSync(new URL("live_collapse_digits.txt", FOLDER), "utf-8").replaceAll("\n", "");
  return { images, compiled: compiled() };
}

/** All that is measured of a network with these settings. */
export const trained = (settings) => measured("live_collapse_engine.js", { ...settings, ...parts() });

/** What is kept of it: columns of short numbers, and the coordinates of each plane as bytes. */
export function recording(settings, found) {
  const columns = (side) => {
    const names = Object.keys(found[0][side]).filter((name) => name !== "loss");
    return Object.fromEntries(names.map((name) => [name, found.map((each) => Number(each[side][name].toPrecision(DIGITS)))]));
  };
  const coordinates = found.flatMap(({ plane: { points, means, rows } }) => [...points, ...means, ...rows]);
  const scale = Math.max(...coordinates.map(Math.abs)) / LARGEST;
  const bytes = Int8Array.from(coordinates, (value) => Math.round(value / scale));
  return {
    settings, steps: found.map(({ step }) => step), epochs: found.map(({ epoch }) => epoch),
    train: columns("train"), test: columns("test"),
    plane: { scale, int8: Buffer.from(bytes.buffer).toString("base64") },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, `${JSON.stringify(recording(SETTINGS, trained(SETTINGS)))}\n`);
}
