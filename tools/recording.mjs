// What the programs share that record the runs which figures show before their page trains.

import { readFileSync } from "node:fs";
import { FOLDER, load } from "../tests/js/scripts.mjs";

/** The compiled product of matrices, as a page gets it. */
export const compiled = () => readFileSync(new URL("live_product.wasm", FOLDER)).toString("base64");

/** All that an engine measures of a network with these settings. */
export function measured(engine, settings) {
  const network = load(engine, ["newNetwork"]).newNetwork({ ...settings, compiled: compiled() });
  const found = [network.measure()];
  while (network.step < settings.steps) {
    network.advance();
    if (network.isDue()) found.push(network.measure());
  }
  return found;
}
