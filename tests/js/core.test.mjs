import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain, randomFrom } from "./scripts.mjs";

const core = load(null, [
  "unpack", "pointAt", "pointsAt", "rowsOf", "spell", "wholePercent", "lastOf", "median", "uniform", "linearAxis",
  "logAxis", "logTicks", "labelRoom", "tickLabel", "writeBelow", "roundLog", "roundTrip", "unevenness", "drawCurve", "drawArrow", "partsOf",
]);

/** As `pack` in _page.py: little-endian 16-bit integers in base64, times a scale that makes the largest 32767. */
function pack(values, shape) {
  const scale = Math.max(...values.map(Math.abs)) / 32767 || 1;
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeInt16LE(Math.round(value / scale), 2 * i));
  return { shape, scale, int16: bytes.toString("base64") };
}

/** A context that writes down what is drawn. */
function paper() {
  const calls = [];
  const note = (name) => (...given) => calls.push([name, ...given]);
  const names = ["beginPath", "moveTo", "lineTo", "stroke", "setLineDash"];
  return { calls, ...Object.fromEntries(names.map((name) => [name, note(name)])) };
}

test("unpack is the inverse of pack, up to half a unit of its scale", () => {
  const chance = randomFrom(3);
  const values = Array.from({ length: 2 * 3 * 2 }, () => 5 * chance() - 2);
  const packed = pack(values, [2, 3, 2]);
  const { shape, values: found } = core.unpack(packed);
  assert.deepEqual(plain(shape), [2, 3, 2]);
  values.forEach((value, i) => assert.ok(Math.abs(found[i] - value) <= 0.51 * packed.scale));
});

test("unpack reads negative and extreme integers", () => {
  assert.deepEqual([...core.unpack({ shape: [3], scale: 0.5, int16: "AYD/fwAA" }).values], [-16383.5, 16383.5, 0]);
  assert.deepEqual([...core.unpack({ shape: [0], scale: 1, int16: "" }).values], []);
});

test("pointAt, pointsAt and rowsOf address a row-major array", () => {
  const cube = { shape: [2, 3, 2], values: Float64Array.from({ length: 12 }, (_, i) => i) };
  assert.deepEqual(plain(core.pointAt(cube, 1, 2)), [10, 11]);
  assert.deepEqual(plain(core.pointsAt(cube, 1, 3)), [[6, 7], [8, 9], [10, 11]]);
  assert.deepEqual([...core.rowsOf({ shape: [2, 6], values: cube.values })].map((row) => row[0]), [0, 6]);
  assert.equal(core.rowsOf({ shape: [2, 6], values: cube.values })[1].length, 6);
});

test("spell gives three digits, exponents only where they are shorter, and names what is not defined", () => {
  const told = { 0.123456: "0.123", 1234.5: "1230", 0.0001: "0.0001", 0.00001234: "1.23e-5", "-2e-7": "-2e-7", 0: "0" };
  for (const [value, words] of Object.entries(told)) assert.equal(core.spell(Number(value)), words);
  assert.equal(core.spell(null), "not defined");
});

test("medians, last values and percents", () => {
  assert.equal(core.median([5, 1, 9]), 5);
  assert.equal(core.median([4, 1, 3, 100]), 3.5);
  assert.equal(core.median(Float64Array.of(10, 9)), 9.5);
  const kept = [3, 1, 2];
  core.median(kept);
  assert.deepEqual(kept, [3, 1, 2]);
  assert.equal(core.lastOf([1, 2, 7]), 7);
  assert.equal(core.wholePercent(0.9949), "99 %");
});

test("uniform numbers are the same for a seed, in [0, 1), and even", () => {
  const [one, same, other] = [5, 5, 6].map(core.uniform);
  const drawn = Array.from({ length: 4000 }, one);
  assert.deepEqual(drawn, Array.from({ length: 4000 }, same));
  assert.notEqual(drawn[0], other());
  assert.ok(drawn.every((value) => value >= 0 && value < 1));
  assert.ok(Math.abs(drawn.reduce((sum, value) => sum + value, 0) / 4000 - 0.5) < 0.02);
  assert.ok(Math.abs(drawn.filter((value) => value < 0.25).length / 4000 - 0.25) < 0.03);
});

test("a linear axis goes from its low end to its high end", () => {
  const axis = core.linearAxis(10, 20, 300, 100);
  assert.deepEqual([10, 15, 20].map(axis.at), [300, 200, 100]);
});

test("a logarithmic axis spans its pixels, gives each decade the same room, and zero its own place", () => {
  for (const [from, to] of [[400, 40], [50, 650]]) {
    const axis = core.logAxis({ low: 0.01, high: 100, hasZero: false }, from, to);
    assert.ok(Math.abs(axis.at(0.01) - from) < 1e-9);
    assert.ok(Math.abs(axis.at(100) - to) < 1e-9);
    assert.ok(Math.abs(axis.at(1) - (from + to) / 2) < 1e-9);
    assert.ok(Math.abs(axis.decade - Math.abs(to - from) / 4) < 1e-9);
    const zero = core.logAxis({ low: 0.01, high: 100, hasZero: true }, from, to);
    const forward = Math.sign(to - from);
    assert.equal(zero.at(0), from + 9 * forward);
    assert.ok(Math.abs(zero.at(0.01) - (from + 36 * forward)) < 1e-9);
    assert.ok(Math.abs(zero.at(100) - to) < 1e-9);
    assert.ok(forward * (zero.cut - zero.at(0)) > 0 && forward * (zero.at(0.01) - zero.cut) > 0);
  }
});

test("ticks are 0, 1, 2, 5, 10 ... within the range, and labels give way where there is no room", () => {
  const axis = core.logAxis({ low: 0.5, high: 20, hasZero: true }, 0, 400);
  assert.deepEqual([...core.logTicks(axis, 10)].map(({ value }) => value), [0, 0.5, 1, 2, 5, 10, 20]);
  assert.deepEqual([...core.logTicks(axis, 10)].map(({ label }) => label), ["0", "0.5", "1", "2", "5", "10", "20"]);
  assert.deepEqual([...core.logTicks(axis, 1000)].map(({ label }) => label), ["0", "", "1", "", "", "10", ""]);
  assert.deepEqual([[1, -3], [5, -4], [1, -12], [2, 3]].map((pair) => core.tickLabel(...pair)), ["0.001", "5·10⁻⁴", "10⁻¹²", "2000"]);
});

test("labels that are long need more room", () => {
  assert.deepEqual([[1, 200], [1, 10000], [1e-3, 1]].map(([low, high]) => core.labelRoom({ low, high })), [30, 45, 45]);
});

test("a title that is wider than its axis ends where the drawing ends", () => {
  const written = [];
  const fillText = (text, x) => written.push([text, x]);
  const context = { canvas: { clientWidth: 200 }, measureText: (text) => ({ width: 10 * text.length }), fillText };
  for (const title of ["step", "words of the axis"]) core.writeBelow(context, title, { from: 50, to: 190 }, { from: 100 });
  assert.deepEqual(written, [["step", 120], ["words of the axis", 115]]);
});

test("roundLog rounds to 1, 2 or 5 times a power of ten, outwards, and leaves such numbers alone", () => {
  assert.deepEqual([0.013, 3, 7, 99].map((value) => core.roundLog(value, false)), [0.02, 5, 10, 100]);
  assert.deepEqual([0.013, 3, 7, 99].map((value) => core.roundLog(value, true)), [0.01, 2, 5, 50]);
  for (const value of [0.001, 0.2, 5, 1000]) {
    assert.deepEqual([true, false].map((below) => core.roundLog(value, below)), [value, value]);
  }
});

test("a round trip visits every number once, and neighbors differ by one step of the wave", () => {
  for (const [p, k] of [[29, 1], [29, 12], [31, 7]]) {
    const order = plain(core.roundTrip(p, k));
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: p }, (_, x) => x));
    order.forEach((x, i) => assert.equal((x * k) % p, i));
  }
});

test("a circle is even, and a spread of radii is found", () => {
  const circle = (radii) => radii.map((r, i) => [r * Math.cos(i), r * Math.sin(i)]);
  assert.ok(core.unevenness(circle([2, 2, 2, 2])) < 1e-12);
  assert.ok(Math.abs(core.unevenness(circle([1, 3, 1, 3])) - 0.5) < 1e-12);
});

test("a curve has a gap where a value is not defined", () => {
  const context = paper();
  const [x, y] = [core.linearAxis(0, 4, 0, 40), core.linearAxis(0, 1, 10, 0)];
  core.drawCurve(context, x, y, [0, 1, 2, 3, 4], [0, 1, null, 0.5, 0], "red", 2, 0.5);
  const moves = context.calls.filter(([name]) => name.endsWith("To"));
  assert.deepEqual(moves, [["moveTo", 0, 10], ["lineTo", 10, 0], ["moveTo", 30, 5], ["lineTo", 40, 10]]);
});

test("an arrow runs from its start to its tip, with barbs that end there", () => {
  const context = paper();
  core.drawArrow(context, [0, 0], [30, 40], (name) => name);
  const ends = context.calls.filter(([name]) => name === "lineTo").map(([, ...at]) => at);
  assert.equal(ends.length, 6);
  ends.forEach((at) => assert.deepEqual(at, [30, 40]));
  const starts = context.calls.filter(([name]) => name === "moveTo").map(([, ...at]) => at);
  assert.deepEqual(starts[0], [0, 0]);
  starts.filter((at) => at[0] !== 0).forEach(([x, y]) => assert.ok(Math.abs(Math.hypot(30 - x, 40 - y) - 9) < 1e-9));
});

test("parts are found by their names", () => {
  const asked = [];
  core.partsOf({ querySelector: (name) => asked.push(name) })("slider");
  assert.deepEqual(asked, [".nc-slider"]);
});

test("an axis from zero ends at a round number and has six ticks on it", () => {
  const { axisFromZero } = load(null, ["axisFromZero"]);
  const axis = axisFromZero(16.2, 300, 100);
  assert.deepEqual(plain(axis.ticks), [0, 4, 8, 12, 16, 20].map((value) => ({ value, label: String(value) })));
  assert.deepEqual([0, 10, 20].map(axis.at), [300, 200, 100]);
});

test("a link names a choice by its words or value, a slider by what its places stand for", () => {
  class HTMLSelectElement {}
  const { placeOf } = load(null, ["placeOf"], { HTMLSelectElement });
  const options = ["1", "2", "none"].map((text, place) => ({ text, value: String(place) }));
  const choice = Object.assign(new HTMLSelectElement(), { options });
  assert.deepEqual(["1", "none", "0", "3"].map((value) => placeOf(choice, value)), ["0", "2", "0", undefined]);
  const steps = { type: "range", min: "0", max: "3", dataset: { values: "0 1 10 100" } };
  assert.deepEqual(["10", "40", "100", "101", "", "x"].map((value) => placeOf(steps, value)), ["2", "2", "3", undefined, undefined, undefined]);
  const plainSlider = { type: "range", min: "-3", max: "3", dataset: {} };
  assert.deepEqual(["-2.5", "3.1"].map((value) => placeOf(plainSlider, value)), ["-2.5", undefined]);
  assert.deepEqual(["on", "off", "1"].map((value) => placeOf({ type: "checkbox", dataset: {} }, value)), ["on", "off", undefined]);
});
