/// <reference path="live_engine.js" />
/// <reference path="live_collapse_data.js" />
/// <reference path="live_collapse_measures.js" />
// A perceptron with batch norm on real digits of 8 x 8 pixels, trained past its last error by stochastic gradient
// descent: no page, no drawing. Each layer is linear without bias, batch norm, ReLU; the classifier has a bias.
//
// Rows for points and classes are filled up to a multiple of 4, which products need. Batch norm would make a row of
// zeros into something else, so the rows after the points are set to zero after each layer.

/**
 * @typedef {Record<"normal" | "output" | "slope" | "mean" | "inverse", Float64Array>} Layer
 */

const EPS = 1e-5; // of batch norm, as in PyTorch
/** @type {Side[]} */
const SIDES = ["train", "test"];

// ---- batch norm ----

/**
 * Mean and inverse deviation of each column of `normal`, over the points.
 * @type {(layer: Layer, points: number) => void}
 */
function measureColumns({ normal, mean, inverse }, points) {
  const columns = mean.length;
  mean.fill(0);
  inverse.fill(0);
  for (let i = 0; i < points * columns; i += columns) for (let j = 0; j < columns; j += 1) mean[j] += normal[i + j];
  for (let j = 0; j < columns; j += 1) mean[j] /= points;
  for (let i = 0; i < points * columns; i += columns) {
    for (let j = 0; j < columns; j += 1) inverse[j] += (normal[i + j] - mean[j]) ** 2;
  }
  for (let j = 0; j < columns; j += 1) inverse[j] = 1 / Math.sqrt(inverse[j] / points + EPS);
}

/**
 * `normal` becomes what its name says, and output = max(0, gain normal + shift).
 * @type {(layer: Layer, points: number, gain: Float64Array, shift: Float64Array) => void}
 */
function normalizeAndCut({ normal, output, mean, inverse }, points, gain, shift) {
  const columns = mean.length;
  for (let i = 0; i < points * columns; i += columns) {
    for (let j = 0; j < columns; j += 1) {
      const value = (normal[i + j] - mean[j]) * inverse[j];
      normal[i + j] = value;
      const sum = gain[j] * value + shift[j];
      output[i + j] = sum > 0 ? sum : 0;
    }
  }
}

/**
 * `slope`, the gradient at the layer's output, becomes that before batch norm; those of gain and shift on the way.
 * @type {(layer: Layer, points: number, gain: Float64Array, slopes: { gain: Float64Array, shift: Float64Array }) => void}
 */
function throughNorm({ normal, output, slope, inverse }, points, gain, slopes) {
  const columns = gain.length;
  for (const each of [slopes.gain, slopes.shift]) each.fill(0);
  for (let i = 0; i < points * columns; i += columns) {
    for (let j = 0; j < columns; j += 1) {
      if (output[i + j] === 0) slope[i + j] = 0;
      slopes.gain[j] += slope[i + j] * normal[i + j];
      slopes.shift[j] += slope[i + j];
    }
  }
  for (let i = 0; i < points * columns; i += columns) {
    for (let j = 0; j < columns; j += 1) {
      const common = (slopes.shift[j] + normal[i + j] * slopes.gain[j]) / points;
      slope[i + j] = gain[j] * inverse[j] * (slope[i + j] - common);
    }
  }
}

/** @type {(values: Float64Array, points: number, bias: Float64Array) => void} */
function addBias(values, points, bias) {
  for (let at = 0; at < points * bias.length; at += 1) values[at] += bias[at % bias.length];
}

/** @type {(sums: Float64Array, values: Float64Array, points: number) => void} */
function sumColumns(sums, values, points) {
  sums.fill(0);
  for (let at = 0; at < points * sums.length; at += 1) sums[at % sums.length] += values[at];
}

// ---- the network ----

/**
 * The network with its momentum and its training set. weights {name: flat array}; sets as `splitDigits` gives them;
 * settings as the page has them; arithmetic as `arithmeticFor` gives it, for this network alone.
 */
class Network {
  /**
   * @param {LiveCollapseSettings} settings
   * @param {Record<string, Float64Array>} weights
   * @param {Record<Side, DigitSet>} sets
   * @param {Arithmetic} arithmetic
   */
  constructor(settings, weights, sets, arithmetic = PLAIN) {
    this.settings = settings;
    this.sets = sets;
    this.name = arithmetic.name;
    this.product = arithmetic.product;
    this.step = 0;
    this.nextEpoch = 0;
    this.perEpoch = Math.floor(sets.train.label.length / settings.recipe.batch);
    this.uniform = randomNumbers(BESIDE + settings.seed, 0);
    /** @type {number[]} */
    this.order = [];
    this.rows = upToFour(settings.classes);
    this.numbers = arithmetic.numbers; // takes all the room that `roomFor` counts
    const shapes = shapesOf({ ...settings, classes: this.rows });
    const total = shapes.reduce((sum, [, [m, n]]) => sum + m * n, 0);
    this.theta = this.numbers(total);
    this.slope = this.numbers(total);
    this.velocity = this.numbers(total);
    this.weights = views(this.theta, shapes);
    this.slopes = views(this.slope, shapes);
    for (const [name, values] of Object.entries(weights)) this.weights[name].set(values);
    const most = mostPoints(sets);
    this.inputs = this.numbers(most * PIXELS);
    this.layers = Array.from({ length: settings.depth }, () => this.newLayer(most));
    this.logits = this.numbers(most * this.rows);
    this.scores = this.numbers(most * this.rows);
    this.means = { train: this.newMeans(), test: this.newMeans() };
  }

  /** @type {(most: number) => Layer} */
  newLayer(most) {
    const { width } = this.settings;
    const [normal, output, slope] = [0, 1, 2].map(() => this.numbers(most * width));
    return { normal, output, slope, mean: new Float64Array(width), inverse: new Float64Array(width) };
  }

  /** @type {() => Means} */
  newMeans() {
    const { width, classes } = this.settings;
    const [lengths, counts] = [new Float64Array(classes), new Float64Array(classes)];
    return { centered: this.numbers(this.rows * width), middle: new Float64Array(width), lengths, counts };
  }

  /** @returns {number} */
  get epoch() {
    return this.step / this.perEpoch;
  }

  /**
   * Copies rows of a set to the inputs. Gives how many they are, and how many with those of zeros after them.
   * @type {(side: Side, picked: number[]) => { points: number, count: number }}
   */
  load(side, picked) {
    this.inputs.set(pick(this.sets[side].inputs, picked));
    const size = { points: picked.length, count: upToFour(picked.length) };
    this.inputs.fill(0, size.points * PIXELS, size.count * PIXELS);
    return size;
  }

  /**
   * Features [count, width] of the loaded rows, and their logits. Batch norm takes the statistics of these points, or
   * with `kept` those of the last points that it saw.
   * @type {(size: { points: number, count: number }, kept?: boolean) => Float64Array}
   */
  forward({ points, count }, kept = false) {
    const { settings: { width }, weights, rows } = this;
    let [from, columns] = [this.inputs, PIXELS];
    this.layers.forEach((layer, l) => {
      this.product(layer.normal, [count, width, columns], plain(from, columns), transposed(weights[`linear${l}`], columns));
      if (!kept) measureColumns(layer, points);
      normalizeAndCut(layer, points, weights[`gain${l}`], weights[`shift${l}`]);
      layer.output.fill(0, points * width, count * width);
      [from, columns] = [layer.output, width];
    });
    this.product(this.logits, [count, rows, width], plain(from, width), transposed(weights.head, width));
    addBias(this.logits, points, weights.bias);
    return from;
  }

  /**
   * Mean cross-entropy in nats and share of wrong decisions, after `forward`. Logits become the gradient of the loss.
   * @type {(label: number[] | Int32Array, size: { points: number, count: number }) => { loss: number, error: number }}
   */
  crossEntropy(label, { points, count }) {
    const { logits, rows, settings: { classes } } = this;
    let [loss, wrong] = [0, 0];
    for (let i = 0; i < points; i += 1) {
      const own = logits.subarray(i * rows, i * rows + classes);
      const top = largestAt(own);
      loss += softmaxLoss(own, top, label[i]);
      wrong += Number(top !== label[i]);
      own.forEach((value, c) => (own[c] = value / points));
      logits.fill(0, i * rows + classes, (i + 1) * rows);
    }
    logits.fill(0, points * rows, count * rows);
    return { loss: loss / points, error: wrong / points };
  }

  /**
   * The gradient of the mean loss on these rows of the training set, into `slopes`; {loss, error} of the same weights.
   * @type {(picked: number[]) => { loss: number, error: number }}
   */
  backward(picked) {
    const { settings: { width, depth }, weights, slopes, layers, rows, logits, sets: { train } } = this;
    const size = this.load("train", picked);
    const features = this.forward(size);
    const outcome = this.crossEntropy(picked.map((row) => train.label[row]), size);
    this.product(slopes.head, [rows, width, size.count], transposed(logits, rows), plain(features, width));
    sumColumns(slopes.bias, logits, size.points);
    this.product(layers[depth - 1].slope, [size.count, width, rows], plain(logits, rows), plain(weights.head, width));
    for (let l = depth - 1; l >= 0; l -= 1) this.backwardLayer(l, size);
    return outcome;
  }

  /**
   * From the gradient at the output of layer l to those of its weights and at the output of the layer before.
   * @type {(l: number, size: { points: number, count: number }) => void}
   */
  backwardLayer(l, { points, count }) {
    const { settings: { width }, weights, slopes, layers } = this;
    const { slope } = layers[l];
    throughNorm(layers[l], points, weights[`gain${l}`], { gain: slopes[`gain${l}`], shift: slopes[`shift${l}`] });
    slope.fill(0, points * width, count * width);
    const [from, columns] = l ? [layers[l - 1].output, width] : [this.inputs, PIXELS];
    this.product(slopes[`linear${l}`], [width, columns, count], transposed(slope, width), plain(from, columns));
    if (l) this.product(layers[l - 1].slope, [count, width, width], plain(slope, width), plain(weights[`linear${l}`], width));
  }

  /**
   * The rows of the next batch; each epoch goes through the training set in a new order.
   * @type {() => number[]}
   */
  nextBatch() {
    const { step, perEpoch, settings: { recipe: { batch } } } = this;
    const place = step % perEpoch;
    if (place === 0) this.order = shuffled([...this.sets.train.label.keys()], this.uniform);
    return this.order.slice(place * batch, (place + 1) * batch);
  }

  /**
   * One step of descent with momentum and weight decay, at a rate that falls along a cosine; {loss, error} before it.
   * @type {() => { loss: number, error: number }}
   */
  advance() {
    const outcome = this.backward(this.nextBatch());
    const { theta, slope, velocity, settings: { steps, recipe: { learningRate, weightDecay, momentum } } } = this;
    const rate = (learningRate * (1 + Math.cos((Math.PI * this.step) / steps))) / 2;
    for (let i = 0; i < theta.length; i += 1) {
      velocity[i] = momentum * velocity[i] + slope[i] + weightDecay * theta[i];
      theta[i] -= rate * velocity[i];
    }
    this.step += 1;
    return outcome;
  }

  /**
   * Whether the page measures at this step: at the ends of epochs that are ever further apart, and at the end.
   * @type {() => boolean}
   */
  isDue() {
    const { epoch, step, settings: { steps } } = this;
    return step === steps || (Number.isInteger(epoch) && epoch >= this.nextEpoch);
  }

  /**
   * What the page draws, at the present weights. Batch norm takes the statistics of the training set for both sets.
   * @type {() => LiveCollapseProbe}
   */
  measure() {
    const { epoch, step, settings: { classes, width, planeClasses, drawn, growth } } = this;
    /** @type {Float64Array[]} */
    const points = [];
    const [train, test] = SIDES.map((side) => {
      const { label } = this.sets[side];
      const size = this.load(side, [...label.keys()]);
      const features = this.forward(size, side === "test");
      for (const c of planeClasses) points.push(...firstOf(c, drawn, label).map((i) => vectorOf(features, i, width)));
      return { ...this.collapse(side, features, size.count), ...this.crossEntropy(label, size) };
    });
    this.nextEpoch = Math.max(epoch + 1, Math.floor(growth * epoch));
    const own = this.weights.head.subarray(0, classes * width);
    const means = planeClasses.map((c) => mix(1, vectorOf(this.means.train.centered, c, width), 1, this.means.train.middle));
    return { step, epoch, train, test, plane: pictureOf(means, planeClasses.map((c) => vectorOf(own, c, width)), points) };
  }

  /**
   * NC1 to NC4 of a set, after `forward`; the training set first. NC4 compares with the means of the training set.
   * @type {(side: Side, features: Float64Array, count: number) => Omit<LiveCollapseOutcome, "loss" | "error">}
   */
  collapse(side, features, count) {
    const { settings: { width, classes }, rows, scores, logits, weights: { head } } = this;
    const [{ label }, means] = [this.sets[side], this.means[side]];
    measureMeans(means, features, label);
    const gram = gramOf(means);
    this.scoreBy(means, features, count);
    const nc1 = variability(scores, rows, label, means, gram);
    this.scoreBy(this.means.train, features, count);
    const nc4 = mismatch(logits, scores, rows, label.length, this.means.train);
    const [own, centered] = [head, means.centered].map((each) => each.subarray(0, classes * width));
    return { nc1, ...simplexGaps(gram, classes), nc3: dualityGap(own, centered), nc4 };
  }

  /**
   * Into `scores` [count, rows]: products of the features with centered means.
   * @type {(means: Means, features: Float64Array, count: number) => void}
   */
  scoreBy({ centered }, features, count) {
    const { rows, settings: { width } } = this;
    this.product(this.scores, [count, rows, width], plain(features, width), transposed(centered, width));
  }
}

/** @type {(sets: Record<Side, DigitSet>) => number} */
const mostPoints = ({ train, test }) => upToFour(Math.max(train.label.length, test.label.length));
/** @type {(matrix: Float64Array, i: number, columns: number) => Float64Array} */
const vectorOf = (matrix, i, columns) => matrix.slice(i * columns, (i + 1) * columns);

/**
 * The first `count` places of a class among the labels.
 * @type {(c: number, count: number, label: Int32Array) => number[]}
 */
function firstOf(c, count, label) {
  return [...label.keys()].filter((i) => label[i] === c).slice(0, count);
}

/**
 * The room that a network takes, with that of its products: see `Network`.
 * @type {(sizes: LiveCollapseSizes, most: number) => Room}
 */
function roomFor({ width, depth, classes }, most) {
  const rows = upToFour(classes);
  const weights = shapesOf({ width, depth, classes: rows }).reduce((sum, [, [m, n]]) => sum + m * n, 0);
  return { numbers: 3 * weights + most * (PIXELS + 3 * depth * width + 2 * rows) + 2 * rows * width, longest: most };
}

/**
 * A network by the settings of the page.
 * @type {(settings: LiveCollapseSettings) => Network}
 */
function newNetwork(settings) {
  const sets = splitDigits(readImages(settings.images), settings.classes, settings);
  const arithmetic = arithmeticFor(roomFor(settings, mostPoints(sets)), settings.compiled);
  return new Network(settings, initialWeights(settings, settings.seed), sets, arithmetic);
}
