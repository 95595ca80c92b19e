// The network that collapses in the page, its measures, and the recorded run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SETTINGS, TARGET, parts, recording, trained } from "../../tools/record_collapse.mjs";
import { load, plain } from "./scripts.mjs";

const names = ["newNetwork", "eigen", "splitDigits", "readImages", "planeOf", "trainInSlices"];
const engine = load("live_collapse_engine.js", names);
const SMALL = { ...SETTINGS, ...parts(), compiled: "", width: 8, steps: 40 };
const close = (found, wanted, off) => assert.ok(Math.abs(found - wanted) <= off, `${found} is not ${wanted}`);

test("every gradient is the slope of the loss, by central differences, also with rows of padding", () => {
  for (const batch of [100, 30]) {
    const network = engine.newNetwork({ ...SMALL, recipe: { ...SETTINGS.recipe, batch } });
    const picked = network.nextBatch();
    network.backward(picked);
    const slopes = network.slope.slice();
    const lossOf = () => network.backward(picked).loss;
    const step = 1e-5;
    for (let i = 0; i < slopes.length; i += 41) {
      const kept = network.theta[i];
      const [above, below] = [1, -1].map((sign) => {
        network.theta[i] = kept + sign * step;
        return lossOf();
      });
      network.theta[i] = kept;
      close(slopes[i], (above - below) / (2 * step), 1e-6 + 1e-4 * Math.abs(slopes[i]));
    }
  }
});

test("a step adds the gradient and the decay to what is left of the last step, at a rate that falls to 0", () => {
  const network = engine.newNetwork(SMALL);
  const { learningRate, weightDecay, momentum } = SMALL.recipe;
  let velocity = network.theta.map(() => 0);
  for (let step = 0; step < SMALL.steps; step += 1) {
    const before = network.theta.slice();
    network.advance();
    const rate = learningRate * Math.cos((Math.PI * step) / (2 * SMALL.steps)) ** 2;
    velocity = velocity.map((value, i) => momentum * value + network.slope[i] + weightDecay * before[i]);
    network.theta.forEach((value, i) => close(value, before[i] - rate * velocity[i], 1e-12));
  }
});

test("each epoch goes through the training set once, in another order", () => {
  const network = engine.newNetwork(SMALL);
  const epochs = [0, 1].map(() => {
    const rows = [];
    for (let i = 0; i < network.perEpoch; i += 1) {
      rows.push(...network.nextBatch());
      network.step += 1;
    }
    return rows;
  });
  assert.notDeepEqual(epochs[0], epochs[1]);
  for (const rows of epochs) assert.deepEqual(rows.sort((a, b) => a - b), Array.from({ length: 500 }, (_, i) => i));
});

test("a split holds as many images of each class, standardized, and random labels are the same ones shuffled", () => {
  const images = engine.readImages(parts().images);
  const [straight, mixed, other] = [[false, 2], [true, 2], [false, 3]].map(([random, seed]) => {
    return engine.splitDigits(images, 10, { perClass: 50, random, seed });
  });
  for (const { train, test: rest } of [straight, mixed]) {
    const counts = [train, rest].map(({ label }) => Array.from({ length: 10 }, (_, c) => label.filter((each) => each === c).length));
    assert.deepEqual(counts, [Array(10).fill(50), Array(10).fill(30)]);
  }
  const { inputs } = straight.train;
  close(inputs.reduce((sum, value) => sum + value, 0) / inputs.length, 0, 1e-12);
  close(inputs.reduce((sum, value) => sum + value * value, 0) / inputs.length, 1, 1e-12);
  assert.deepEqual(plain(mixed.train.inputs), plain(inputs));
  assert.deepEqual(plain(mixed.test), plain(straight.test));
  assert.notDeepEqual(plain(other.train.inputs), plain(inputs));
  const agree = mixed.train.label.filter((label, i) => label === straight.train.label[i]).length;
  assert.ok(agree < 100, `${agree} of 500 labels are the true ones`);
});

test("labels change neither the initial weights nor the order of the batches", () => {
  const [straight, mixed] = [false, true].map((random) => engine.newNetwork({ ...SMALL, random }));
  assert.deepEqual(plain(straight.theta), plain(mixed.theta));
  assert.deepEqual(straight.nextBatch(), mixed.nextBatch());
});

test("eigenvectors are orthonormal and give the matrix back, also where it has no full rank", () => {
  const n = 5;
  const factor = Array.from({ length: 3 * n }, (_, i) => Math.sin(i * i)); // rank 3
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return [0, 1, 2].reduce((sum, l) => sum + factor[l * n + i] * factor[l * n + j], 0);
  });
  const { values, vectors } = engine.eigen(matrix, n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      const sum = (of) => values.reduce((all, value, e) => all + of(value, vectors[e * n + i], vectors[e * n + j]), 0);
      close(sum((value, x, y) => value * x * y), matrix[i * n + j], 1e-12);
      close(sum((_, x, y) => x * y), Number(i === j), 1e-12);
    }
  }
  assert.equal(values.filter((value) => value > 1e-10).length, 3);
});

test("measurements are due at the start, at the ends of epochs ever further apart, and at the end", () => {
  const network = engine.newNetwork({ ...SMALL, steps: 500 });
  const epochs = [network.measure().epoch];
  while (network.step < 500) {
    network.step += 1;
    if (network.isDue()) epochs.push(network.measure().epoch);
  }
  assert.deepEqual(epochs.slice(0, 5), [0, 1, 2, 3, 4]);
  assert.equal(epochs.at(-1), 100);
  const gaps = epochs.slice(1, -1).map((epoch, i) => epoch - epochs[i]);
  assert.ok(gaps.every((gap, i) => gap >= 1 && (i === 0 || gap >= gaps[i - 1] - 1)));
  assert.ok(Math.max(...gaps) > 10);
});

test("a slice of training ends with the step or the measurement in which its time is over", () => {
  let clock = 0;
  const [step, probe, budget] = [3, 20, 10]; // milliseconds on a clock of the test's own
  const waiting = [];
  const sliced = load("live_engine.js", ["trainInSlices"], {
    performance: { now: () => clock }, setTimeout: (run) => waiting.push(run), clearTimeout: () => waiting.splice(0),
  });
  const newNetwork = () => ({
    step: 0,
    advance() {
      this.step += 1;
      clock += step;
    },
    isDue() {
      return this.step % 4 === 0;
    },
    measure() {
      clock += probe;
      return this.step;
    },
  });
  const found = [];
  const training = sliced.trainInSlices(newNetwork, { steps: 30 }, budget, (news) => found.push(...news));
  assert.equal(clock, 0, "nothing is computed before the first slice");
  training.pause();
  assert.equal(waiting.length, 0);
  training.resume();
  while (waiting.length > 0) {
    const before = clock;
    waiting.shift()();
    assert.ok(clock - before < budget + step + probe, `a slice took ${clock - before} ms`);
  }
  assert.deepEqual(found, [0, 4, 8, 12, 16, 20, 24, 28]);
});

test("the recorded run is made again by the engine, from the settings that travel with it", () => {
  const kept = JSON.parse(readFileSync(TARGET, "utf-8"));
  assert.deepEqual(kept.settings, SETTINGS);
  const made = plain(recording(SETTINGS, trained(SETTINGS)));
  assert.deepEqual([made.steps, made.epochs], [kept.steps, kept.epochs]);
  for (const side of ["train", "test"]) {
    for (const [name, column] of Object.entries(kept[side])) {
      column.forEach((value, i) => close(made[side][name][i], value, 6e-4 * Math.abs(value))); // it keeps four digits
    }
  }
  close(made.plane.scale, kept.plane.scale, 1e-6);
  const [first, second] = [made, kept].map(({ plane }) => new Int8Array(Buffer.from(plane.int8, "base64")));
  assert.equal(first.length, second.length);
  first.forEach((value, i) => close(value, second[i], 1));
});
