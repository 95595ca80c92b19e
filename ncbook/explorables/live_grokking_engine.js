/// <reference path="live_engine.js" />
// The embedding perceptron on pairs (models.PairMLP), learning a + b mod p by AdamW: no page, no drawing.
//
// Rows for numbers, classes and points are filled up with zeros to a multiple of 4, which products need; the loss never
// reads them and their gradient is 0, so they stay zero.

/**
 * @typedef {"embedding" | "first" | "second" | "bias" | "hidden" | "hiddenBias" | "head"} Name
 * @typedef {Record<Name, Float64Array>} Weights
 * @typedef {{ a: Int32Array, b: Int32Array, label: Int32Array }} PairSet
 * @typedef {{ count: number } & Record<"h1" | "h2" | "logits" | "dh1" | "dh2", Float64Array>} Layers
 */

// ---- data and initial weights ----

/**
 * {train, test}: all pairs (a, b) modulo p, each set {a, b, label} in the order of a p + b. (a, b) and (b, a) fall on
 * the same side; the pairs (a, a) are drawn apart from the others, so that the sizes do not depend on the seed.
 * @type {(p: number, fraction: number, seed: number) => Record<Side, PairSet>}
 */
function splitPairs(p, fraction, seed) {
  const uniform = randomNumbers(seed, 0);
  const numbers = [...Array(p).keys()];
  const mirrored = numbers.flatMap((a) => numbers.slice(a + 1).map((b) => [a, b]));
  /** @type {Set<number>} */
  const chosen = new Set();
  for (const group of [mirrored, numbers.map((a) => [a, a])]) {
    for (const [a, b] of shuffled(group, uniform).slice(0, Math.round(fraction * group.length))) {
      chosen.add(a * p + b).add(b * p + a);
    }
  }
  const rows = [...Array(p * p).keys()];
  const [train, test] = [true, false].map((side) => rows.filter((row) => chosen.has(row) === side));
  return { train: pairSet(train, p), test: pairSet(test, p) };
}

/** @type {(rows: number[], p: number) => PairSet} */
function pairSet(rows, p) {
  const [a, b] = [rows.map((row) => Math.floor(row / p)), rows.map((row) => row % p)];
  return { a: Int32Array.from(a), b: Int32Array.from(b), label: Int32Array.from(a, (first, i) => (first + b[i]) % p) };
}

/**
 * Name -> [rows, columns, standard deviation at the start] of every weight; the names and layouts of PairMLP.
 * @type {(sizes: GrokkingSizes) => Record<Name, number[]>}
 */
function shapesOf({ p, dim, width }) {
  return {
    embedding: [p, dim, 1],
    first: [dim, width, 1 / Math.sqrt(2 * dim)],
    second: [dim, width, 1 / Math.sqrt(2 * dim)],
    bias: [1, width, 0],
    hidden: [width, width, Math.sqrt(2 / width)],
    hiddenBias: [1, width, 0],
    head: [p, width, 1 / Math.sqrt(width)],
  };
}

/** @type {(sizes: GrokkingSizes, seed: number) => Weights} */
function initialWeights(sizes, seed) {
  const uniform = randomNumbers(seed, 1);
  /** @type {(shape: number[]) => Float64Array} */
  const draw = ([rows, columns, deviation]) => normalNumbers(rows * columns, deviation, uniform);
  const drawn = Object.entries(shapesOf(sizes)).map(([name, shape]) => [name, draw(shape)]);
  return /** @type {Weights} */ (Object.fromEntries(drawn));
}

/**
 * The room that a network needs at most, with that of its products: see `Network`.
 * @type {(sizes: GrokkingSizes) => Room}
 */
function roomFor({ p, dim, width }) {
  const [rows, pairs] = [upToFour(p), p * p + 8]; // each of two sets is filled up to a multiple of 4
  const weights = Object.values(shapesOf({ p: rows, dim, width })).reduce((sum, [m, n]) => sum + m * n, 0);
  return { numbers: 4 * weights + rows * (4 * width + dim) + pairs * (4 * width + rows), longest: upToFour(p * p) };
}

// ---- the network ----

/**
 * Row i of `out` is row a[i] of one table plus row b[i] of another.
 * @type {(out: Float64Array, first: [table: Float64Array, rows: Int32Array], second: [table: Float64Array, rows: Int32Array], columns: number) => void}
 */
function addRows(out, [ofA, a], [ofB, b], columns) {
  for (let i = 0; i < a.length; i += 1) {
    for (let j = 0; j < columns; j += 1) out[i * columns + j] = ofA[a[i] * columns + j] + ofB[b[i] * columns + j];
  }
}

/**
 * Row x of `table` is the sum of the rows i of `values` with index[i] = x.
 * @type {(table: Float64Array, index: Int32Array, values: Float64Array, columns: number) => void}
 */
function sumRows(table, index, values, columns) {
  table.fill(0);
  for (let i = 0; i < index.length; i += 1) {
    for (let j = 0; j < columns; j += 1) table[index[i] * columns + j] += values[i * columns + j];
  }
}

/**
 * values [n, columns] = max(0, values + bias), in place.
 * @type {(values: Float64Array, bias: Float64Array) => void}
 */
function addBiasAndCut(values, bias) {
  const columns = bias.length;
  for (let i = 0; i < values.length; i += columns) {
    for (let j = 0; j < columns; j += 1) {
      const sum = values[i + j] + bias[j];
      values[i + j] = sum > 0 ? sum : 0; // faster than Math.max, which also orders -0 and NaN
    }
  }
}

/**
 * Passes a gradient back through the ReLU that gave `outputs`, in place, and adds its sum over points to `bias`.
 * @type {(gradient: Float64Array, outputs: Float64Array, bias: Float64Array) => void}
 */
function throughReLU(gradient, outputs, bias) {
  const columns = bias.length;
  for (let i = 0; i < outputs.length; i += columns) {
    for (let j = 0; j < columns; j += 1) {
      if (outputs[i + j] > 0) bias[j] += gradient[i + j];
      else gradient[i + j] = 0;
    }
  }
}

// ---- the network ----

/**
 * One network in training. sizes {p, dim, width}, dim and width multiples of 4; weights as `initialWeights` gives them;
 * sets {train, test} as `splitPairs` does; recipe {learningRate, weightDecay, betas, eps, warmUp}; arithmetic as
 * `arithmeticFor` gives it, for this network alone.
 */
class Network {
  /**
   * @param {GrokkingSizes} sizes
   * @param {Weights} weights
   * @param {Record<Side, PairSet>} sets
   * @param {GrokkingRecipe} recipe
   * @param {Arithmetic} arithmetic
   */
  constructor(sizes, weights, sets, recipe, arithmetic = PLAIN) {
    this.sizes = sizes;
    this.sets = sets;
    this.recipe = recipe;
    this.name = arithmetic.name;
    this.product = arithmetic.product;
    this.numbers = arithmetic.numbers;
    this.step = 0;
    this.rows = upToFour(sizes.p);
    /** @type {Shapes} */
    const shapes = Object.entries(shapesOf({ ...sizes, p: this.rows }));
    const total = shapes.reduce((sum, [, [rows, columns]]) => sum + rows * columns, 0);
    this.theta = this.numbers(total);
    this.slope = this.numbers(total);
    this.mean = this.numbers(total);
    this.square = this.numbers(total);
    this.weights = /** @type {Weights} */ (views(this.theta, shapes));
    this.slopes = /** @type {Weights} */ (views(this.slope, shapes));
    for (const [name, values] of Object.entries(weights)) this.weights[/** @type {Name} */ (name)].set(values);
    this.tables = [1, 2, 3, 4].map(() => this.numbers(this.rows * sizes.width)); // of a, of b, their gradients
    this.spare = this.numbers(this.rows * sizes.dim);
    this.layers = { train: this.newLayers(sets.train), test: this.newLayers(sets.test) };
  }

  /** @type {(set: PairSet) => Layers} */
  newLayers({ label }) {
    const count = upToFour(label.length);
    /** @type {(columns: number) => Float64Array} */
    const rows = (columns) => this.numbers(count * columns);
    const { width } = this.sizes;
    return { count, h1: rows(width), h2: rows(width), logits: rows(this.rows), dh1: rows(width), dh2: rows(width) };
  }

  /**
   * h1 = relu(E[a] A + E[b] B + b1), h2 = relu(h1 C + b2), logits = V h2 of the pairs in a set.
   * @type {(name: Side) => Layers}
   */
  forward(name) {
    const { sizes: { dim, width }, rows, weights, tables: [ofA, ofB], layers: { [name]: layer } } = this;
    const { a, b } = this.sets[name];
    this.product(ofA, [rows, width, dim], plain(weights.embedding, dim), plain(weights.first, width));
    this.product(ofB, [rows, width, dim], plain(weights.embedding, dim), plain(weights.second, width));
    addRows(layer.h1, [ofA, a], [ofB, b], width);
    addBiasAndCut(layer.h1, weights.bias);
    this.product(layer.h2, [layer.count, width, width], plain(layer.h1, width), transposed(weights.hidden, width));
    addBiasAndCut(layer.h2, weights.hiddenBias);
    this.product(layer.logits, [layer.count, rows, width], plain(layer.h2, width), transposed(weights.head, width));
    return layer;
  }

  /**
   * {loss, accuracy} of a set after `forward`: mean cross-entropy in nats. Logits become softmax minus one-hot.
   * @type {(name: Side) => GrokkingOutcome}
   */
  crossEntropy(name) {
    const { sizes: { p }, rows, sets: { [name]: { label } }, layers: { [name]: { logits } } } = this;
    let [loss, right] = [0, 0];
    for (let i = 0; i < label.length; i += 1) {
      const of = logits.subarray(i * rows, i * rows + p);
      const top = largestAt(of);
      loss += softmaxLoss(of, top, label[i]);
      right += Number(top === label[i]);
    }
    return { loss: loss / label.length, accuracy: right / label.length };
  }

  /**
   * The gradient of the mean loss on the training set, into `slopes`; {loss, accuracy} of the same weights.
   * @type {() => GrokkingOutcome}
   */
  backward() {
    const { sizes: { width }, rows, weights, slopes, sets: { train: { label } } } = this;
    const layer = this.forward("train");
    const outcome = this.crossEntropy("train");
    const { count, h1, h2, logits, dh1, dh2 } = layer;
    divideAndPad(logits, rows, this.sizes.p, label.length);
    this.slope.fill(0);
    this.product(slopes.head, [rows, width, count], transposed(logits, rows), plain(h2, width));
    this.product(dh2, [count, width, rows], plain(logits, rows), plain(weights.head, width));
    throughReLU(dh2, h2, slopes.hiddenBias);
    this.product(slopes.hidden, [width, width, count], transposed(dh2, width), plain(h1, width));
    this.product(dh1, [count, width, width], plain(dh2, width), plain(weights.hidden, width));
    throughReLU(dh1, h1, slopes.bias);
    this.backwardEmbedding(dh1);
    return outcome;
  }

  /**
   * From the gradient at h1 to those of the embedding and the two matrices after it.
   * @type {(dh1: Float64Array) => void}
   */
  backwardEmbedding(dh1) {
    const { sizes: { dim, width }, rows, weights, slopes, spare, tables: [, , ofA, ofB] } = this;
    const { a, b } = this.sets.train;
    sumRows(ofA, a, dh1, width);
    sumRows(ofB, b, dh1, width);
    this.product(slopes.first, [dim, width, rows], transposed(weights.embedding, dim), plain(ofA, width));
    this.product(slopes.second, [dim, width, rows], transposed(weights.embedding, dim), plain(ofB, width));
    this.product(slopes.embedding, [rows, dim, width], plain(ofA, width), transposed(weights.first, width));
    this.product(spare, [rows, dim, width], plain(ofB, width), transposed(weights.second, width));
    for (let i = 0; i < spare.length; i += 1) slopes.embedding[i] += spare[i];
  }

  /**
   * One step of AdamW on all training pairs; {loss, accuracy} before it.
   * @type {() => GrokkingOutcome}
   */
  advance() {
    const outcome = this.backward();
    const { theta, slope, mean, square } = this;
    const { learningRate, weightDecay, betas: [beta1, beta2], eps, warmUp } = this.recipe;
    this.step += 1;
    const rate = learningRate * Math.min(1, this.step / warmUp);
    const [size, root] = [rate / (1 - beta1 ** this.step), Math.sqrt(1 - beta2 ** this.step)];
    const kept = 1 - rate * weightDecay;
    for (let i = 0; i < theta.length; i += 1) {
      mean[i] += (1 - beta1) * (slope[i] - mean[i]);
      square[i] = beta2 * square[i] + (1 - beta2) * slope[i] * slope[i];
      theta[i] = theta[i] * kept - (size * mean[i]) / (Math.sqrt(square[i]) / root + eps);
    }
    return outcome;
  }

  /**
   * Whether the page measures at this step.
   * @type {() => boolean}
   */
  isDue() {
    return this.step < 10 || this.step % 10 === 0;
  }

  /**
   * What the page draws, at the present weights.
   * @type {() => GrokkingProbe}
   */
  measure() {
    const { sizes: { p, dim }, weights: { embedding }, theta } = this;
    this.forward("test");
    const test = this.crossEntropy("test");
    this.forward("train");
    const train = this.crossEntropy("train");
    const flatness = this.relativeFlatness();
    const norm = Math.sqrt(squaredNorm(theta));
    return { step: this.step, train, test, flatness, norm, ...strongestWave(embedding, p, dim) };
  }

  /**
   * Relative flatness of the head on the training pairs, exact: the mean of |h2|^2 sum_{j<l} p_j p_l |v_j - v_l|^2
   * (metrics.relative_flatness). Called after `crossEntropy`, which left softmax minus one-hot.
   * @type {() => number}
   */
  relativeFlatness() {
    const { sizes: { p, width }, rows, weights: { head }, layers: { train: { h2, logits } }, sets: { train } } = this;
    const distances = squaredDistances(head, p, width);
    let sum = 0;
    train.label.forEach((label, i) => {
      const share = logits.subarray(i * rows, i * rows + p);
      share[label] += 1;
      let spread = 0;
      for (let j = 0; j < p; j += 1) {
        for (let l = 0; l < j; l += 1) spread += share[j] * share[l] * distances[j * p + l];
      }
      share[label] -= 1;
      sum += squaredNorm(h2.subarray(i * width, (i + 1) * width)) * spread;
    });
    return sum / train.label.length;
  }
}

/**
 * Divides [points, p] of a larger matrix by `points`, and sets what lies outside to zero.
 * @type {(values: Float64Array, columns: number, p: number, points: number) => void}
 */
function divideAndPad(values, columns, p, points) {
  for (let i = 0; i < points; i += 1) {
    for (let c = i * columns; c < i * columns + p; c += 1) values[c] /= points;
    values.fill(0, i * columns + p, (i + 1) * columns);
  }
  values.fill(0, points * columns);
}

/**
 * [count, count]: squared distances between the first `count` rows of a matrix; entry [j, l] only for l < j.
 * @type {(matrix: Float64Array, count: number, columns: number) => Float64Array}
 */
function squaredDistances(matrix, count, columns) {
  const distances = new Float64Array(count * count);
  for (let j = 0; j < count; j += 1) {
    for (let l = 0; l < j; l += 1) {
      let sum = 0;
      for (let i = 0; i < columns; i += 1) sum += (matrix[j * columns + i] - matrix[l * columns + i]) ** 2;
      distances[j * count + l] = sum;
    }
  }
  return distances;
}

// ---- the embedding as waves ----

/**
 * Power of each frequency in an embedding [p, dim], and the plane of the strongest. The parts of frequency k are
 * c_k = sum_x E[x] cos(2 pi k x / p) and s_k with the sine; `spectrum` holds |c_k|^2 + |s_k|^2, k = 1, 2, ..., as
 * shares of the variance. `points` [p, 2] are the rows of E, less their mean, on c_k and on what of s_k is orthogonal
 * to it: a clean wave is a circle of radius about 1 there, because the root mean square length is set to 1.
 * @type {(embedding: Float64Array, p: number, dim: number) => Pick<GrokkingProbe, "frequency" | "spectrum" | "points">}
 */
function strongestWave(embedding, p, dim) {
  const waves = Array.from({ length: Math.floor((p - 1) / 2) }, (_, i) => waveParts(embedding, p, dim, i + 1));
  const powers = waves.map(([cosine, sine]) => squaredNorm(cosine) + squaredNorm(sine));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const best = largestAt(powers);
  const spectrum = powers.map((power) => power / total);
  return { frequency: best + 1, spectrum, points: onPlane(embedding, p, dim, waves[best]) };
}

/** @type {(embedding: Float64Array, p: number, dim: number, frequency: number) => Float64Array[]} */
function waveParts(embedding, p, dim, frequency) {
  return [Math.cos, Math.sin].map((wave) => {
    const part = new Float64Array(dim);
    for (let x = 0; x < p; x += 1) {
      const height = wave((2 * Math.PI * ((frequency * x) % p)) / p);
      for (let i = 0; i < dim; i += 1) part[i] += height * embedding[x * dim + i];
    }
    return part;
  });
}

/** @type {(embedding: Float64Array, p: number, dim: number, waves: Float64Array[]) => number[]} */
function onPlane(embedding, p, dim, [cosine, sine]) {
  /** @type {(one: Float64Array, other: Float64Array) => number} */
  const dot = (one, other) => one.reduce((sum, value, i) => sum + value * other[i], 0);
  /** @type {(vector: Float64Array) => Float64Array} */
  const unit = (vector) => vector.map((value) => value / Math.sqrt(squaredNorm(vector)));
  const across = unit(cosine);
  const overlap = dot(sine, across);
  const up = unit(sine.map((value, i) => value - overlap * across[i]));
  const points = Float64Array.from({ length: 2 * p }, (_, at) => {
    const x = at >> 1;
    return dot(embedding.subarray(x * dim, (x + 1) * dim), at % 2 ? up : across);
  });
  const middle = [0, 1].map((odd) => points.reduce((sum, value, at) => sum + (at % 2 === odd ? value / p : 0), 0));
  const centered = points.map((value, at) => value - middle[at % 2]);
  const radius = Math.sqrt(squaredNorm(centered) / p);
  return Array.from(centered, (value) => value / radius);
}

/**
 * A network by the settings of the page: {p, dim, width, fraction, seed, recipe, compiled}.
 * @type {(settings: GrokkingSettings) => Network}
 */
function newNetwork({ fraction, seed, recipe, compiled, ...sizes }) {
  const arithmetic = arithmeticFor(roomFor(sizes), compiled);
  return new Network(sizes, initialWeights(sizes, seed), splitPairs(sizes.p, fraction, seed), recipe, arithmetic);
}
