/// <reference path="live_engine.js" />
// What the network that collapses in the page starts from: digits, split and standardized, and its initial weights.

/** @typedef {{ inputs: Float64Array, label: Int32Array }} DigitSet */

const PIXELS = 64;
const BESIDE = 1000; // what is drawn beside the split and the weights takes the numbers of a seed that no page offers

// ---- images ----

/**
 * Images [n, 64] of ten classes, 0 to 16 each, from letters "A" to "Q" that go pixel by pixel, in each through all
 * images. As many of each class, class after class.
 * @type {(letters: string) => Float64Array}
 */
function readImages(letters) {
  const count = letters.length / PIXELS;
  return Float64Array.from({ length: letters.length }, (_, at) => {
    return letters.charCodeAt((at % PIXELS) * count + Math.floor(at / PIXELS)) - 65;
  });
}

/**
 * {train, test}: of each class `perClass` images drawn to train, and the others. Inputs are standardized by one mean
 * and one deviation over all training pixels. With `random` labels, those of the training images are shuffled; the
 * split and the order of batches do not depend on that.
 * @type {(images: Float64Array, classes: number, about: { perClass: number, random: boolean, seed: number }) => Record<Side, DigitSet>}
 */
function splitDigits(images, classes, { perClass, random, seed }) {
  const each = images.length / PIXELS / classes;
  const uniform = randomNumbers(seed, 0);
  /** @type {(c: number) => number[]} */
  const rowsOf = (c) => shuffled(Array.from({ length: each }, (_, i) => c * each + i), uniform);
  const orders = Array.from({ length: classes }, (_, c) => rowsOf(c));
  const sides = [orders.flatMap((rows) => rows.slice(0, perClass)), orders.flatMap((rows) => rows.slice(perClass))];
  const [train, test] = sides.map((rows) => {
    return { inputs: pick(images, rows), label: Int32Array.from(rows, (row) => Math.floor(row / each)) };
  });
  standardize(train.inputs, test.inputs);
  if (random) train.label = Int32Array.from(shuffled([...train.label], randomNumbers(BESIDE + seed, 1)));
  return { train, test };
}

/** @type {(images: Float64Array, rows: number[]) => Float64Array} */
function pick(images, rows) {
  const picked = new Float64Array(rows.length * PIXELS);
  rows.forEach((row, i) => picked.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS));
  return picked;
}

/**
 * Both sets less the mean of the first, over its deviation.
 * @type {(first: Float64Array, second: Float64Array) => void}
 */
function standardize(first, second) {
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  const deviation = Math.sqrt(first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / first.length);
  for (const each of [first, second]) each.forEach((value, at) => (each[at] = (value - mean) / deviation));
}

// ---- weights ----

/**
 * [name, [rows, columns]] of every weight.
 * @type {(sizes: LiveCollapseSizes) => Shapes}
 */
function shapesOf({ width, depth, classes }) {
  const layers = Array.from({ length: depth }, (_, l) => [
    [`linear${l}`, [width, l ? width : PIXELS]], [`gain${l}`, [1, width]], [`shift${l}`, [1, width]],
  ]);
  return /** @type {Shapes} */ ([...layers.flat(), ["head", [classes, width]], ["bias", [1, classes]]]);
}

/**
 * Variance 2 / inputs in the layers, 1 / inputs in the classifier; gains are 1, shifts and biases 0.
 * @type {(sizes: LiveCollapseSizes, seed: number) => Record<string, Float64Array>}
 */
function initialWeights(sizes, seed) {
  const uniform = randomNumbers(seed, 1);
  const drawn = shapesOf(sizes).map(([name, [rows, columns]]) => {
    if (rows === 1) return [name, new Float64Array(columns).fill(Number(name.startsWith("gain")))];
    return [name, normalNumbers(rows * columns, Math.sqrt((name === "head" ? 1 : 2) / columns), uniform)];
  });
  return Object.fromEntries(drawn);
}
