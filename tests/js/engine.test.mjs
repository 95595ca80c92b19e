// The network that trains in the page: its gradient is that of its loss, and its measures are what they are called.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SETTINGS, TARGET, recording, trained } from "../../tools/record_grokking.mjs";
import { load } from "./scripts.mjs";

const names = ["Network", "product", "plain", "transposed", "shapesOf", "initialWeights", "splitPairs", "softmaxLoss",
  "strongestWave", "squaredDistances", "shuffled", "randomNumbers"];
const engine = load("live_grokking_engine.js", names);
const SIZES = { p: 7, dim: 8, width: 12 };
const RECIPE = { learningRate: 0.01, weightDecay: 1, betas: [0.9, 0.98], eps: 1e-8, warmUp: 10 };

function newNetwork(recipe = RECIPE) {
  const sets = engine.splitPairs(SIZES.p, 0.6, 3);
  return new engine.Network(SIZES, engine.initialWeights(SIZES, 3), sets, recipe);
}

/** The mean loss on the training set. */
function lossOf(network) {
  network.forward("train");
  return network.crossEntropy("train").loss;
}

test("every gradient is the slope of the loss, by central differences", () => {
  const network = newNetwork();
  network.backward();
  const slopes = Object.fromEntries(Object.entries(network.slopes).map(([name, values]) => [name, values.slice()]));
  const step = 1e-6;
  for (const [name, [rows, columns]] of Object.entries(engine.shapesOf(SIZES))) {
    const values = network.weights[name];
    for (let i = 0; i < rows * columns; i += Math.ceil((rows * columns) / 25)) {
      const kept = values[i];
      const [above, below] = [1, -1].map((sign) => {
        values[i] = kept + sign * step;
        return lossOf(network);
      });
      values[i] = kept;
      const slope = (above - below) / (2 * step);
      assert.ok(Math.abs(slope - slopes[name][i]) < 1e-7 + 1e-5 * Math.abs(slope), `${name}[${i}]: ${slope}, ${slopes[name][i]}`);
    }
  }
});

test("a product is the sum over its inner index, also of transposed matrices", () => {
  const [m, n, k] = [4, 6, 3];
  const left = Float64Array.from({ length: m * k }, (_, i) => Math.sin(i));
  const right = Float64Array.from({ length: k * n }, (_, i) => Math.cos(3 * i));
  const sum = (i, j) => Array.from({ length: k }, (_, l) => left[i * k + l] * right[l * n + j]).reduce((a, b) => a + b);
  const turned = Float64Array.from({ length: m * k }, (_, at) => left[(at % m) * k + Math.floor(at / m)]);
  for (const matrix of [engine.plain(left, k), engine.transposed(turned, m)]) {
    const out = new Float64Array(m * n);
    engine.product(out, [m, n, k], matrix, engine.plain(right, n));
    out.forEach((value, at) => assert.ok(Math.abs(value - sum(Math.floor(at / n), at % n)) < 1e-12));
  }
});

test("one step of AdamW moves every weight by the rate against its slope, and decays it", () => {
  const network = newNetwork({ ...RECIPE, warmUp: 1 });
  const before = network.theta.slice();
  network.advance();
  network.slope.forEach((slope, i) => {
    if (Math.abs(slope) < 1e-4) return; // next to eps Adam's first step is smaller than the rate
    assert.ok(Math.abs(network.theta[i] - (0.99 * before[i] - 0.01 * Math.sign(slope))) < 1e-5);
  });
});

test("the warm-up makes the first of ten steps a tenth as long", () => {
  const network = newNetwork({ ...RECIPE, weightDecay: 0 });
  const before = network.theta.slice();
  network.advance();
  const moved = Math.max(...network.theta.map((value, i) => Math.abs(value - before[i])));
  assert.ok(Math.abs(moved - 0.001) < 1e-6);
});

test("cross-entropy of a point keeps its digits for a confident network", () => {
  const loss = (logits, label) => engine.softmaxLoss(logits, logits.indexOf(Math.max(...logits)), label);
  assert.ok(Math.abs(loss(Float64Array.of(1, 2, 3), 0) - (Math.log(Math.E + Math.E ** 2 + Math.E ** 3) - 1)) < 1e-12);
  const tiny = loss(Float64Array.of(0, 60), 1);
  assert.ok(Math.abs(tiny / Math.exp(-60) - 1) < 1e-9);
});

test("relative flatness is the mean of |h|^2 times the softmax spread of the head's rows", () => {
  const network = newNetwork();
  const { h2 } = network.forward("train");
  network.crossEntropy("train");
  const found = network.relativeFlatness();
  const [{ p, width }, head, count] = [SIZES, network.weights.head, network.sets.train.label.length];
  let wanted = 0;
  for (let i = 0; i < count; i += 1) {
    const h = h2.subarray(i * width, (i + 1) * width);
    const row = (c) => head.subarray(c * width, (c + 1) * width);
    const scores = Array.from({ length: p }, (_, c) => Math.exp(row(c).reduce((sum, v, j) => sum + v * h[j], 0)));
    const total = scores.reduce((a, b) => a + b);
    const share = scores.map((score) => score / total);
    const middle = Array.from({ length: width }, (_, j) => share.reduce((sum, s, c) => sum + s * row(c)[j], 0));
    const spread = share.reduce((sum, s, c) => sum + s * row(c).reduce((all, v, j) => all + (v - middle[j]) ** 2, 0), 0);
    wanted += (h.reduce((sum, v) => sum + v * v, 0) * spread) / count;
  }
  assert.ok(Math.abs(found / wanted - 1) < 1e-9, `${found}, ${wanted}`);
});

test("a pure wave is found at its frequency, as a circle of radius 1", () => {
  const [p, dim, k] = [11, 8, 4];
  const embedding = Float64Array.from({ length: p * dim }, (_, at) => {
    const [x, i] = [Math.floor(at / dim), at % dim];
    const angle = (2 * Math.PI * k * x) / p;
    return i === 0 ? 3 * Math.cos(angle) : i === 1 ? 3 * Math.sin(angle) : 0.5; // and a constant part, which is left out
  });
  const { frequency, spectrum, points } = engine.strongestWave(embedding, p, dim);
  assert.equal(frequency, k);
  assert.equal(spectrum.length, 5);
  assert.ok(spectrum[k - 1] > 1 - 1e-9);
  for (let x = 0; x < p; x += 1) assert.ok(Math.abs(Math.hypot(points[2 * x], points[2 * x + 1]) - 1) < 1e-9);
});

test("a split holds each unordered pair on one side, and labels are sums", () => {
  const { train, test: rest } = engine.splitPairs(7, 0.5, 1);
  const keys = ({ a, b }) => Array.from(a, (x, i) => `${Math.min(x, b[i])},${Math.max(x, b[i])}`);
  assert.equal(train.label.length + rest.label.length, 49);
  assert.ok(keys(train).every((key) => !keys(rest).includes(key)));
  train.label.forEach((label, i) => assert.equal(label, (train.a[i] + train.b[i]) % 7));
});

test("shuffling keeps every item, and the two streams of a seed differ", () => {
  const order = engine.shuffled([1, 2, 3, 4, 5], engine.randomNumbers(4, 0));
  assert.deepEqual([...order].sort(), [1, 2, 3, 4, 5]);
  assert.notEqual(engine.randomNumbers(4, 0)(), engine.randomNumbers(4, 1)());
});

test("the start of the recorded run is made again by the engine, from the settings that travel with it", () => {
  const kept = JSON.parse(readFileSync(TARGET, "utf-8"));
  assert.deepEqual(kept.settings, SETTINGS);
  const made = recording(SETTINGS, trained({ ...SETTINGS, steps: 100 })).found; // the browser's test trains to the end
  assert.ok(made.length > 15);
  made.forEach((each, i) => alike(each, kept.found[i]));
});

/** Numbers that agree to the digits that are kept, in objects of one form. */
function alike(made, kept) {
  if (typeof kept === "number") return assert.ok(Math.abs(made - kept) <= 0.011 * Math.max(1, Math.abs(kept)), `${made} is not ${kept}`);
  assert.deepEqual(Object.keys(made), Object.keys(kept));
  for (const [name, value] of Object.entries(kept)) alike(made[name], value);
}
