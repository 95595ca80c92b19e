// What the networks that train in the page share: random numbers, matrix products, the loss, and training by and by.
//
// This text and that of a network run in a worker or in the page itself. All numbers are float64, so that what they
// compute can be compared with PyTorch. Matrices are flat arrays, row after row, with as many rows as products need.

// ---- random numbers ----

/**
 * Uniform numbers in [0, 1), the generator mulberry32 (T. Ettinger, public domain): 32 bits of state, period 2^32.
 * Each seed has two streams, 0 for the split and 1 for the initial weights, so that neither changes the other.
 * @type {(seed: number, stream: number) => () => number}
 */
function randomNumbers(seed, stream) {
  let state = Math.imul(2 * seed + stream + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `count` numbers from N(0, deviation^2), by the method of Box and Muller.
 * @type {(count: number, deviation: number, uniform: () => number) => Float64Array}
 */
function normalNumbers(count, deviation, uniform) {
  return Float64Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return deviation * radius * Math.cos(2 * Math.PI * uniform());
  });
}

/**
 * The items in a random order (Fisher and Yates).
 * @template T
 * @param {T[]} items
 * @param {() => number} uniform
 */
function shuffled(items, uniform) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// ---- matrix products ----

/**
 * out [m, n] = left [m, k] right [k, n], with m a multiple of 4 and n of 2. A matrix is [values, row step, column
 * step], so that a transposed one is the same values with the steps exchanged. Eight sums run at once and stay in
 * registers: that is what makes it fast, and why it is written out.
 * @type {(out: Float64Array, sizes: [m: number, n: number, k: number], left: Matrix, right: Matrix) => void}
 */
function product(out, [m, n, k], [left, leftRow, leftColumn], [right, rightRow, rightColumn]) {
  for (let i = 0; i < m; i += 4) {
    for (let j = 0; j < n; j += 2) {
      let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0;
      let at = i * leftRow, from = j * rightColumn;
      for (let l = 0; l < k; l += 1) {
        const y0 = right[from];
        const y1 = right[from + rightColumn];
        let x = left[at];
        s00 += x * y0;
        s01 += x * y1;
        x = left[at + leftRow];
        s10 += x * y0;
        s11 += x * y1;
        x = left[at + 2 * leftRow];
        s20 += x * y0;
        s21 += x * y1;
        x = left[at + 3 * leftRow];
        s30 += x * y0;
        s31 += x * y1;
        at += leftColumn;
        from += rightRow;
      }
      const to = i * n + j;
      out[to] = s00;
      out[to + 1] = s01;
      out[to + n] = s10;
      out[to + n + 1] = s11;
      out[to + 2 * n] = s20;
      out[to + 2 * n + 1] = s21;
      out[to + 3 * n] = s30;
      out[to + 3 * n + 1] = s31;
    }
  }
}

/**
 * How a network multiplies matrices, and gets room for numbers: by the function above, which runs everywhere.
 * @type {Arithmetic}
 */
const PLAIN = { name: "plain", product, numbers: (count) => new Float64Array(count) };

/**
 * The same by live_product.c, compiled for WebAssembly and given in base64: the same sums in the same order, several
 * times as fast, with n a multiple of 4 too. All numbers of a network lie in its memory, which has `room`. Where a page
 * forbids it, or a browser lacks its vector instructions, this gives PLAIN.
 * @type {(room: Room, compiled: string) => Arithmetic}
 */
function arithmeticFor(room, compiled) {
  try {
    const code = Uint8Array.from(atob(compiled), (letter) => letter.charCodeAt(0));
    const bytes = START + 8 * (room.numbers + 4 * room.longest);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    return vectorized(new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }), memory, room.longest);
  } catch {
    return PLAIN;
  }
}

const START = 65536; // bytes at the start of the memory that are left to the compiler

/** @type {(instance: WebAssembly.Instance, memory: WebAssembly.Memory, longest: number) => Arithmetic} */
function vectorized({ exports }, memory, longest) {
  const multiply = /** @type {(...numbers: number[]) => void} */ (exports.product);
  let end = START;
  /** @type {(count: number) => Float64Array} */
  const numbers = (count) => {
    const values = new Float64Array(memory.buffer, end, count);
    end += 8 * count;
    return values;
  };
  const panel = numbers(4 * longest).byteOffset;
  /** @type {Product} */
  const fast = (out, [m, n, k], [left, leftRow, leftColumn], [right, rightRow, rightColumn]) => {
    const [to, from, by] = [out, left, right].map(({ byteOffset }) => byteOffset);
    multiply(to, m, n, k, from, leftRow, leftColumn, by, rightRow, rightColumn, panel);
  };
  return { name: "WebAssembly", product: fast, numbers };
}

/** @type {(values: Float64Array, columns: number) => Matrix} */
const plain = (values, columns) => [values, columns, 1];
/** @type {(values: Float64Array, columns: number) => Matrix} */
const transposed = (values, columns) => [values, 1, columns];
/** @type {(count: number) => number} */
const upToFour = (count) => 4 * Math.ceil(count / 4);

// ---- weights, loss and lengths ----

/**
 * Name -> its part of `values`, for the [name, [rows, columns]] in `shapes`.
 * @type {(values: Float64Array, shapes: Shapes) => Record<string, Float64Array>}
 */
function views(values, shapes) {
  let start = 0;
  /** @type {(count: number) => Float64Array} */
  const take = (count) => values.subarray(start, (start += count));
  const parts = shapes.map(([name, [rows, columns]]) => [name, take(rows * columns)]);
  return Object.fromEntries(parts);
}

/** @type {(values: ArrayLike<number>) => number} */
function largestAt(values) {
  let top = 0;
  for (let c = 1; c < values.length; c += 1) if (values[c] > values[top]) top = c;
  return top;
}

/**
 * Cross-entropy of one point; turns its logits into softmax minus one-hot. Whoever is right takes the loss and the
 * gradient from the other classes alone: 1 - p_y would lose the digits of a confident network.
 * @type {(logits: Float64Array, top: number, label: number) => number}
 */
function softmaxLoss(logits, top, label) {
  const [highest, own] = [logits[top], logits[label]];
  let others = 0;
  for (let c = 0; c < logits.length; c += 1) {
    logits[c] = Math.exp(logits[c] - highest);
    if (c !== label) others += logits[c];
  }
  const total = others + logits[label];
  for (let c = 0; c < logits.length; c += 1) logits[c] /= total;
  logits[label] = -others / total;
  return top === label ? Math.log1p(others) : Math.log(total) - (own - highest);
}

/** @type {(values: Float64Array) => number} */
function squaredNorm(values) {
  return values.reduce((sum, value) => sum + value * value, 0);
}

// ---- training by and by ----

/**
 * Trains in slices of about `milliseconds`, with a rest after each in which the page or a message is heard. `report`
 * gets what was measured in a slice: at the start, and wherever the network says that a measurement is due. A slice
 * ends with the step or the measurement in which its time is over. Gives {pause, resume}; ends after `settings.steps`.
 * @template {{ steps: number }} Settings
 * @template Found
 * @param {(settings: Settings) => LiveNetwork<Found>} newNetwork
 * @param {Settings} settings
 * @param {number} milliseconds
 * @param {(found: Found[]) => void} report
 * @returns {Slices}
 */
function trainInSlices(newNetwork, settings, milliseconds, report) {
  /** @type {LiveNetwork<Found> | null} */
  let network = null;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  const slice = () => {
    const end = performance.now() + milliseconds;
    const found = network === null ? [(network = newNetwork(settings)).measure()] : [];
    while (network.step < settings.steps && performance.now() < end) {
      network.advance();
      if (network.isDue()) found.push(network.measure());
    }
    timer = network.step < settings.steps ? setTimeout(slice, 0) : null;
    report(found);
  };
  const pause = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const resume = () => {
    timer ??= setTimeout(slice, 0);
  };
  resume();
  return { pause, resume };
}

/**
 * What a worker does: a message with settings starts it, then "pause" and "resume"; it posts its reports.
 * @template {{ steps: number }} Settings
 * @template Found
 * @param {Pick<Worker, "onmessage" | "postMessage">} scope
 * @param {(settings: Settings) => LiveNetwork<Found>} newNetwork
 */
function serve(scope, newNetwork) {
  /** @type {Slices | null} */
  let training = null;
  scope.onmessage = ({ data }) => {
    if (data === "pause") training?.pause();
    else if (data === "resume") training?.resume();
    else training = trainInSlices(newNetwork, data, 60, (found) => scope.postMessage(found));
  };
}
