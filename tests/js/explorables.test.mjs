// The geometry and the statistics that the explorables compute in the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain, randomFrom } from "./scripts.mjs";

const close = (found, wanted, off = 1e-9) => assert.ok(Math.abs(found - wanted) <= off, `${found} is not ${wanted}`);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("bound: terms follow from the points by their definitions", () => {
  const { scene } = load("bound.js", ["scene"]);
  const { classes, centers, means, a, value, first, factor, second, third, bound } = plain(scene(12, 4, 0.3, 5));
  const distance = ([x, y], [u, v]) => Math.hypot(x - u, y - v);
  classes.forEach((points, c) => {
    assert.equal(points.length, 12);
    [0, 1].forEach((axis) => close(means[c][axis], mean(points.map((point) => point[axis]))));
  });
  const spread = classes.map((points, c) => mean(points.map((point) => distance(point, means[c]) ** 2)));
  const apart = distance(...means) ** 2;
  close(a, (distance(means[0], centers[0]) + distance(means[1], centers[1])) / 4);
  close(value, 4 / 32);
  close(first, (spread[0] + spread[1]) / (2 * apart));
  close(factor, (1 + a) ** 2 - 1);
  close(second, factor * first);
  close(third, ((1 + a) ** 2 * spread.reduce((sum, s) => sum + Math.abs(2 - s), 0)) / (2 * apart));
  close(bound, first + second + third);
  assert.ok(bound >= value);
});

test("bound: drawing points together moves no mean, and a larger set holds the smaller one", () => {
  const { scene, gaussians } = load("bound.js", ["scene", "gaussians"]);
  const [loose, tight] = [0, 1].map((drawn) => plain(scene(20, 3, drawn, 2)));
  loose.means.flat().forEach((value, i) => close(tight.means.flat()[i], value));
  close(tight.first, 0, 1e-24);
  assert.deepEqual(plain(gaussians(40, [1, 2], 9)).slice(0, 6), plain(gaussians(6, [1, 2], 9)));
});

test("corrupted labels: rates are half the log of the ratio of volumes", () => {
  const { ratesOf, ellipses, inside, grid } = load("corrupted_labels.js", ["ratesOf", "ellipses", "inside", "grid"]);
  for (const state of [{ angle: 90, spread: 0, radius: 0.2 }, { angle: 30, spread: 0.2, radius: 0.4 }]) {
    const { whole, parts } = ratesOf(state);
    const [first, second, all] = plain(ellipses(state));
    close(Math.exp(parts), (first.half[0] * first.half[1]) / state.radius ** 2, 1e-9 * Math.exp(parts));
    close(Math.exp(whole), (all.half[0] * all.half[1]) / state.radius ** 2, 1e-9 * Math.exp(whole));
    close(second.turn, -first.turn);
    close((2 * second.turn * 180) / Math.PI, state.angle);
    const edge = (share) => [share * first.half[0] * Math.cos(first.turn), share * first.half[0] * Math.sin(first.turn)];
    assert.deepEqual([0.99, 1.01].map((share) => inside(edge(share), first)), [true, false]);
  }
  const spots = plain(grid(0.3));
  const nearest = Math.min(...spots.slice(1).map(([x, y]) => Math.hypot(x - spots[0][0], y - spots[0][1])));
  close((Math.sqrt(3) / 2) * nearest ** 2, Math.PI * 0.3 ** 2); // the area of a cell is that of a ball
});

test("margins: distances, errors and the tail of the normal distribution", () => {
  const names = ["lineOf", "marginOf", "wrongOf", "exactError", "tail", "wrapped", "freshPoints", "uniform"];
  const { lineOf, marginOf, wrongOf, exactError, tail, wrapped, freshPoints, uniform } = load("margins.js", names);
  const line = lineOf({ angle: 0, offset: 1 }); // x = 1
  const set = { points: [[0, 5], [3, -1], [1.5, 0]], labels: [0, 1, 1] };
  close(marginOf(line, set), 0.5);
  assert.equal(wrongOf(line, set), 0);
  close(marginOf(line, { ...set, labels: [1, 1, 1] }), -1);
  assert.equal(wrongOf(line, { ...set, labels: [1, 1, 0] }), 2);
  close(line.height(line.at(7)), 0);
  const known = { 0: 0.5, 1: 0.15865525393145707, 2.5: 0.006209665325776132, "-1.5": 0.9331927987311419 };
  for (const [z, area] of Object.entries(known)) close(tail(Number(z)), area, 1e-7);
  const densities = { centers: [[[0, 0]], [[2, 0]]], deviation: 0.5 };
  close(exactError(line, densities), tail(2));
  close(wrapped(Math.PI + 1), 1 - Math.PI);
  const fresh = freshPoints(densities, uniform(1));
  close(wrongOf(line, fresh) / 1000, tail(2), 0.02);
});

test("implicit bias: the largest margin is found, and each descent goes where it must", () => {
  const names = ["solve", "maxMargin", "degrees", "softplus", "logAdd", "STEPS"];
  const { solve, maxMargin, degrees, softplus, logAdd, STEPS } = load("implicit_bias.js", names);
  const points = [[2, 0.5], [1, 1], [-1.5, -1], [-2, 0.2]];
  const signed = points.map((point, i) => point.map((value) => (i < 2 ? value : -value)));
  const margin = ([x, y]) => Math.min(...signed.map(([u, v]) => x * u + y * v));
  const turns = Array.from({ length: 36000 }, (_, i) => [Math.cos(i / 5729.6), Math.sin(i / 5729.6)]);
  const best = maxMargin(signed);
  close(margin(best), Math.max(...turns.map(margin)), 1e-3);
  assert.equal(maxMargin([[1, 0], [-1, 0.1], [0, -1]]), null);
  close(degrees([1, 0], [0, 3]), 90);
  assert.equal(degrees(null, [1, 0]), null);
  close(softplus(1.2), Math.log1p(Math.exp(1.2)));
  close(softplus(-800), 0);
  close(logAdd(1, 2), Math.log(Math.E + Math.E ** 2));
  const { paths, logTimes } = solve(points, [1, 1, -1, -1]);
  for (const path of Object.values(paths)) assert.equal(path.length, STEPS.length);
  const off = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, degrees(best, path.at(-1))]));
  assert.ok(off.scaled < 1, String(off.scaled));
  assert.ok(logTimes.every((time, i) => i === 0 || time > logTimes[i - 1]));
  const squares = paths.square.at(-1); // least squares with targets 1: the gradient is zero
  [0, 1].forEach((axis) => close(mean(signed.map((z) => (1 - z[0] * squares[0] - z[1] * squares[1]) * z[axis])), 0));
});

test("onset: a lead is counted from the crossing to the onset, under each rule", () => {
  const { leadOf, before } = load("onset.js", ["leadOf", "before"]);
  const data = {
    steps: [0, 10, 20, 30, 40, 50], memorized: [10], generalized: [30], onset: [40], last: 2, least: [0.1, 0.1],
    measures: [{ log: true }, { log: false }],
  };
  const curve = Float64Array.of(5, 0, -1, -2, -4, -4); // logarithms, 0 at memorization
  const rule = { after: null, share: 0.5, log: true };
  assert.equal(leadOf(data, curve, 0, 0, rule), 10); // -2 at step 30
  assert.equal(leadOf(data, curve, 0, 0, { ...rule, log: false }), 20); // e^-1 has fallen more than half of the way
  assert.equal(leadOf(data, curve, 0, 0, { ...rule, share: 0.25 }), 20);
  assert.equal(leadOf(data, curve, 0, 0, { ...rule, after: 0 }), 20); // half of the way to -2
  assert.equal(leadOf(data, Float64Array.of(1, 1, 1, 1, 1, 1.05), 1, 0, rule), null);
  assert.equal(before([0, 10, 20], [7, 8, 9], 19), 8);
});

test("test collapse: where a training stops, and Spearman's correlation", () => {
  const { stopped, stopsOf, spearman } = load("test_collapse.js", ["stopped", "stopsOf", "spearman"]);
  const arm = { decay: 0, epoch: [0, 1, 2], step: [0, 10, 20], loss: [1, 0.1, 0.001], train: [4, 2, 1], test: [8, 6, 5] };
  assert.deepEqual(plain(stopped(arm, "epochs", 1)), { train: 2, test: 6 });
  assert.deepEqual(plain(stopped(arm, "steps", 19)), { train: 2, test: 6 });
  assert.equal(stopped(arm, "steps", 21), null);
  const halfway = stopped(arm, "loss", 0.01); // half of the way from 0.1 to 0.001 in the logarithm
  close(halfway.train, 1.5);
  close(halfway.test, 5.5);
  assert.equal(stopped(arm, "loss", 1e-4), null);
  assert.deepEqual(plain(stopsOf({ arms: [arm], stop: { epochs: 1 } }, "epochs", 0)), [1]);
  assert.deepEqual(plain(stopsOf({ arms: [arm] }, "loss", 0)), [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001]);
  close(spearman([1, 2, 3, 4], [10, 20, 30, 25]), 0.8);
  close(spearman([1, 2, 2, 4], [3, 1, 1, 0]), -1);
});

test("cascade: straightness is Pearson's correlation with the layer", () => {
  const { straightness, shade } = load("cascade.js", ["straightness", "shade"]);
  close(straightness([1, 3, 5, 7]), 1);
  close(straightness([3, 1, 2]), -0.5);
  assert.equal(straightness([2, 2, 2]), null);
  assert.deepEqual([0, 1].map(shade), ["rgb(0,32,77)", "rgb(255,234,70)"]);
});

test("simplex: a view is a rotation", () => {
  const { viewOf, vectorAt } = load("simplex.js", ["viewOf", "vectorAt"]);
  const view = viewOf((name) => ({ value: { turn: "37", tilt: "-22" }[name] }));
  const images = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((axis) => plain(view(axis)));
  images.forEach((a, i) => images.forEach((b, j) => close(a[0] * b[0] + a[1] * b[1] + a[2] * b[2], Number(i === j))));
  assert.deepEqual(plain(viewOf(() => ({ value: "0" }))([1, 2, 3])), [1, 3, -2]);
  assert.deepEqual(plain(vectorAt({ shape: [2, 2, 3], values: Float64Array.from({ length: 12 }, (_, i) => i) }, 1, 0)), [6, 7, 8]);
});

test("unconstrained and collapse: distances and angles in the plane", () => {
  const { angles } = load("unconstrained.js", ["angles"]);
  const corners = [0, 1, 2].flatMap((c) => [Math.cos((2 * Math.PI * c) / 3), Math.sin((2 * Math.PI * c) / 3)]);
  assert.equal(angles({ shape: [1, 3, 2], values: Float64Array.from(corners) }, 0), "120°, 120° and 120°");
  const { distance, placeIn } = load("collapse.js", ["distance", "placeIn"]);
  const net = {
    classOf: [0, 0, 1], test: [0, 1, 0],
    points: { shape: [1, 3, 2], values: Float64Array.of(3, 4, 1, 0, 1, 1) },
    means: { shape: [1, 3, 2], values: Float64Array.of(0, 0, 1, 1, 0, 0) },
  };
  assert.equal(distance(net, 0, 0), "3.54"); // sqrt((25 + 0) / 2)
  assert.equal(distance(net, 0, 1), "1");
  const place = placeIn([[-1, 1], [-2, 2]], 224, 424);
  assert.deepEqual(plain(place([0, 0])), [112, 212]);
  assert.deepEqual(plain(place([1, 2])), [212, 12]);
});

test("information bottleneck, transfer and interventions: numbers in words", () => {
  const { sinceTop, fixed } = load("information_bottleneck.js", ["sinceTop", "fixed"]);
  assert.deepEqual([-0.004, 0.004, 0.126].map(fixed), ["0.00", "0.00", "0.13"]);
  assert.match(sinceTop([1, 3, 2.5, 9], 2), /is 0\.50 below its highest value so far/);
  const { values, there } = load("_arms.js", ["values", "there"]);
  const data = { steps: [0, 10, 20], clock: "step", measures: { m: { log: true }, n: { log: false } } };
  const arm = { steps: data.steps, curves: { m: [[0, 1], [1, 2], [2, 3]], n: [[0.5, 0.25], [0.5, 0.75], [0.5, 1]] } };
  assert.equal(values(arm, data, "m", 1), "100 (10 to 1000).");
  assert.equal(values(arm, data, "n", 2), "ended at step 10 with 0.75 (0.25 to 1).");
  const own = { steps: [0, 15, 20], curves: { n: [[0.5, 0.25, 1]] } }; // not probed at step 10
  assert.deepEqual([0, 1, 2].map((frame) => values(own, data, "n", frame)), [
    "0.5 (0.5 to 0.5).", "at step 0 with 0.5 (0.5 to 0.5).", "1 (1 to 1).",
  ]);
  assert.equal(there({ reached: [5, null, 20] }, 10), "99 % test accuracy reached by 1 of 3 seeds.");
  const { questionOf } = load("_arms.js", ["questionOf"]);
  const questions = { one: { arms: [0, 2] }, two: { arms: [0, 2] }, three: { arms: [1] } };
  assert.deepEqual([[0, 2], [1], [2, 0]].map((arms) => questionOf(questions, arms, "two")), ["two", "three", ""]);
  assert.equal(questionOf(questions, [0, 2], "three"), "one");
});

test("transfer: an axis holds its values between round ends, on at most six ticks", () => {
  const { shares } = load("transfer.js", ["shares"]);
  for (const [values, low, high, labels] of [
    [[0.401, 1, 0.9], 0.4, 1, ["40 %", "60 %", "80 %", "100 %"]],
    [[0.812, 0.956], 0.8, 1, ["80 %", "85 %", "90 %", "95 %", "100 %"]],
    [[0.5, 0.5], 0.5, 0.5, ["50 %"]],
  ]) {
    const found = plain(shares(values));
    assert.deepEqual([found.low, found.high, found.ticks.map(({ label }) => label)], [low, high, labels]);
  }
});

test("settings: ranges leave out what is not defined", () => {
  const { range, terminal } = load("settings.js", ["range", "terminal"]);
  assert.equal(range([null, 2, 0.5]), "0.5 to 2");
  assert.equal(range([null]), "no seed");
  assert.equal(terminal({ zero: [3, 3] }, 4), "Training error first 0 at epoch 3 (2 of 4 seeds).");
  assert.equal(terminal({ zero: [3, 9] }, 2), "Training error first 0 at epochs 3 to 9 (2 of 2 seeds).");
});

test("random data of these tests are not all alike", () => {
  const chance = randomFrom(1);
  assert.equal(new Set(Array.from({ length: 50 }, chance)).size, 50);
});
