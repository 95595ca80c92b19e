/// <reference path="live_engine.js" />
// What is measured of a network that collapses: NC1 to NC4 as metrics.collapse defines them, and the plane of three
// classes as metrics.simplex_coordinates lays it. Features are rows of a flat array, float64.

/**
 * Means of `classes` classes, less the mean of the means, in `centered` [rows, columns]; `middle` [columns] is that
 * mean, `lengths` [classes] the squared lengths of the class means themselves, `counts` [classes] the points of each.
 * @typedef {{ centered: Float64Array, middle: Float64Array, lengths: Float64Array, counts: Float64Array }} Means
 */

// ---- class means ----

/**
 * Fills `means` from the features [points, columns] with these labels.
 * @type {(means: Means, features: Float64Array, label: Int32Array) => void}
 */
function measureMeans({ centered, middle, lengths, counts }, features, label) {
  const columns = middle.length;
  for (const each of [centered, middle, lengths, counts]) each.fill(0);
  label.forEach((c, i) => {
    counts[c] += 1;
    for (let j = 0; j < columns; j += 1) centered[c * columns + j] += features[i * columns + j];
  });
  counts.forEach((count, c) => {
    const own = centered.subarray(c * columns, (c + 1) * columns);
    for (let j = 0; j < columns; j += 1) middle[j] += (own[j] /= count) / counts.length;
    lengths[c] = squaredNorm(own);
  });
  for (let at = 0; at < counts.length * columns; at += 1) centered[at] -= middle[at % columns];
}

/**
 * [classes, classes]: products of the centered means with each other.
 * @type {(means: Means) => Float64Array}
 */
function gramOf({ centered, middle: { length: columns }, counts: { length: classes } }) {
  return Float64Array.from({ length: classes * classes }, (_, at) => {
    const [a, b] = [Math.floor(at / classes) * columns, (at % classes) * columns];
    let sum = 0;
    for (let j = 0; j < columns; j += 1) sum += centered[a + j] * centered[b + j];
    return sum;
  });
}

// ---- NC1 to NC4 ----

const RANK_CUT = 1e-10; // eigenvalues below this share of the largest are rounding, as in metrics

/**
 * NC1 = tr(Sigma_W Sigma_B^+) / K, from `scores` [points, rows]: the products of the features with the centered means.
 * Along the eigenvector v of their Gram matrix with eigenvalue e, both covariances are read off the scores: the sum
 * over v of mean (v . (score - its class's mean))^2 / e^2.
 * @type {(scores: Float64Array, rows: number, label: Int32Array, means: Means, gram: Float64Array) => number}
 */
function variability(scores, rows, label, { counts }, gram) {
  const classes = counts.length;
  const within = scoreCovariance(scores, rows, label, counts);
  const { values, vectors } = eigen(gram, classes);
  const floor = RANK_CUT * Math.max(...values);
  return values.reduce((sum, value, e) => {
    const vector = vectors.subarray(e * classes, (e + 1) * classes);
    return value > floor ? sum + quadratic(within, vector) / value ** 2 : sum;
  }, 0);
}

/**
 * [classes, classes]: covariance of the scores around the mean of each point's class, over all points.
 * @type {(scores: Float64Array, rows: number, label: Int32Array, counts: Float64Array) => Float64Array}
 */
function scoreCovariance(scores, rows, label, counts) {
  const classes = counts.length;
  const centers = new Float64Array(classes * classes);
  label.forEach((own, i) => {
    for (let c = 0; c < classes; c += 1) centers[own * classes + c] += scores[i * rows + c] / counts[own];
  });
  const covariance = new Float64Array(classes * classes);
  const off = new Float64Array(classes);
  label.forEach((own, i) => {
    for (let c = 0; c < classes; c += 1) off[c] = scores[i * rows + c] - centers[own * classes + c];
    for (let at = 0; at < covariance.length; at += 1) {
      covariance[at] += (off[Math.floor(at / classes)] * off[at % classes]) / label.length;
    }
  });
  return covariance;
}

/** @type {(matrix: Float64Array, vector: Float64Array) => number} */
function quadratic(matrix, vector) {
  const n = vector.length;
  return matrix.reduce((sum, value, at) => sum + value * vector[Math.floor(at / n)] * vector[at % n], 0);
}

/**
 * NC2 of the centered means: `norms`, std / mean of their lengths, and `angles`, mean |cos + 1/(K-1)| over pairs.
 * @type {(gram: Float64Array, classes: number) => { norms: number, angles: number }}
 */
function simplexGaps(gram, classes) {
  const lengths = Array.from({ length: classes }, (_, c) => Math.sqrt(gram[c * classes + c]));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / classes;
  const variance = lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / classes;
  let off = 0;
  for (let a = 0; a < classes; a += 1) {
    for (let b = 0; b < a; b += 1) {
      off += Math.abs(gram[a * classes + b] / (lengths[a] * lengths[b]) + 1 / (classes - 1));
    }
  }
  return { norms: Math.sqrt(variance) / mean, angles: off / ((classes * (classes - 1)) / 2) };
}

/**
 * NC3: squared distance between the classifier and the centered means, both [classes, columns] scaled to length 1.
 * @type {(head: Float64Array, centered: Float64Array) => number}
 */
function dualityGap(head, centered) {
  const [ofHead, ofMeans] = [head, centered].map((each) => Math.sqrt(squaredNorm(each)));
  return head.reduce((sum, value, at) => sum + (value / ofHead - centered[at] / ofMeans) ** 2, 0);
}

/**
 * NC4: share of points whose largest logit is not that of the nearest of these means, from the products of the
 * features with the centered means. Both tables are [points, rows].
 * @type {(logits: Float64Array, scores: Float64Array, rows: number, points: number, means: Means) => number}
 */
function mismatch(logits, scores, rows, points, { lengths }) {
  const closeness = new Float64Array(lengths.length); // minus the squared distance, less what all classes share
  let different = 0;
  for (let i = 0; i < points; i += 1) {
    for (let c = 0; c < lengths.length; c += 1) closeness[c] = 2 * scores[i * rows + c] - lengths[c];
    const decided = largestAt(logits.subarray(i * rows, i * rows + lengths.length));
    different += Number(decided !== largestAt(closeness));
  }
  return different / points;
}

// ---- eigenvectors ----

/**
 * Eigenvalues [n] and eigenvectors, in rows [n, n], of a symmetric matrix, by Jacobi's rotations.
 * @type {(matrix: Float64Array, n: number) => { values: Float64Array, vectors: Float64Array }}
 */
function eigen(matrix, n) {
  const rest = matrix.slice();
  const vectors = Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0));
  const enough = 1e-30 * squaredNorm(matrix);
  for (let sweep = 0; sweep < 30 && offDiagonal(rest, n) > enough; sweep += 1) {
    for (let p = 1; p < n; p += 1) {
      for (let q = 0; q < p; q += 1) rotate(rest, vectors, n, p, q);
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => rest[i * (n + 1)]), vectors };
}

/** @type {(matrix: Float64Array, n: number) => number} */
function offDiagonal(matrix, n) {
  return matrix.reduce((sum, value, at) => (at % (n + 1) === 0 ? sum : sum + value * value), 0);
}

/**
 * The rotation of directions p and q that makes entry [p, q] of `rest` 0.
 * @type {(rest: Float64Array, vectors: Float64Array, n: number, p: number, q: number) => void}
 */
function rotate(rest, vectors, n, p, q) {
  const entry = rest[p * n + q];
  if (entry === 0) return;
  const slope = (rest[q * n + q] - rest[p * n + p]) / (2 * entry);
  const tangent = (slope >= 0 ? 1 : -1) / (Math.abs(slope) + Math.hypot(slope, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  /** @type {(values: Float64Array, first: number, second: number) => void} */
  const turn = (values, first, second) => {
    const [x, y] = [values[first], values[second]];
    values[first] = cosine * x - sine * y;
    values[second] = sine * x + cosine * y;
  };
  for (let k = 0; k < n; k += 1) turn(rest, k * n + p, k * n + q);
  for (let k = 0; k < n; k += 1) turn(rest, p * n + k, q * n + k);
  for (let k = 0; k < n; k += 1) turn(vectors, p * n + k, q * n + k);
}

// ---- the plane of three classes ----

/** @type {(one: Float64Array, other: Float64Array) => number} */
const dot = (one, other) => one.reduce((sum, value, j) => sum + value * other[j], 0);
/** @type {(vector: Float64Array) => Float64Array} */
const unit = (vector) => vector.map((value) => value / Math.sqrt(squaredNorm(vector)));
/** @type {(x: number, one: Float64Array, y: number, other: Float64Array) => Float64Array} */
const mix = (x, one, y, other) => one.map((value, j) => x * value + y * other[j]);

/**
 * Three vectors less their mean, and that mean.
 * @type {(three: Float64Array[]) => { center: Float64Array, off: Float64Array[] }}
 */
function centeredThree(three) {
  const center = three[0].map((value, j) => (value + three[1][j] + three[2][j]) / 3);
  return { center, off: three.map((each) => mix(1, each, -1, center)) };
}

/**
 * Root mean square length of three vectors.
 * @type {(three: Float64Array[]) => number}
 */
const radiusOf = (three) => Math.sqrt(three.reduce((sum, each) => sum + squaredNorm(each), 0) / 3);

/**
 * The map of a vector to the plane of three class means, [x, y]: their centroid at the origin, their root mean square
 * radius 1, turned so that they come as near as they can to the corners of a triangle at 0, 120 and 240 degrees.
 * @type {(means: Float64Array[]) => (vector: Float64Array) => Point}
 */
function planeOf(means) {
  const { center, off } = centeredThree(means);
  const size = radiusOf(off);
  const first = unit(off[0]);
  const second = unit(mix(1, off[1], -dot(off[1], first), first));
  const [along, across] = off.reduce(([x, y], each, c) => {
    const [u, v, angle] = [dot(each, first), dot(each, second), (2 * Math.PI * c) / 3];
    return [x + u * Math.cos(angle) + v * Math.sin(angle), y + v * Math.cos(angle) - u * Math.sin(angle)];
  }, [0, 0]);
  const [cosine, sine] = [along, across].map((part) => part / Math.hypot(along, across));
  const [right, up] = [mix(cosine, first, sine, second), mix(-sine, first, cosine, second)];
  return (vector) => {
    const away = mix(1, vector, -1, center);
    return [dot(away, right) / size, dot(away, up) / size];
  };
}

/**
 * What is drawn of three classes: points in the order in which they are given, the means, and the classifier's rows,
 * which are centered and scaled to the size of the means; each as x, y, x, y, ...
 * @type {(means: Float64Array[], rows: Float64Array[], points: Float64Array[]) => LiveCollapsePlane}
 */
function pictureOf(means, rows, points) {
  const place = planeOf(means);
  const { center, off } = centeredThree(means);
  const arrows = centeredThree(rows).off;
  const scale = radiusOf(off) / radiusOf(arrows);
  const tips = arrows.map((arrow) => mix(1, center, scale, arrow));
  return { points: points.flatMap(place), means: means.flatMap(place), rows: tips.flatMap(place) };
}
