"""Slow definitions of the metrics, written from the equations: loops over points and classes, d x d matrices.

numpy in float64, and nothing of ncbook, so that a mistake there is not repeated here. Features are first
shifted by their overall mean, which no definition sees, so that float64 has digits to spare.
"""

import numpy as np

RANK_CUT = 1e-10  # relative to the largest eigenvalue of Sigma_B


def class_means(features, labels):
    """[K', d]: the means of the classes that occur, in ascending order of the label."""
    return np.array([features[labels == c].mean(0) for c in np.unique(labels)])


def nc1(features, labels):
    features = features - features.mean(0)
    means = class_means(features, labels)
    position = {label: k for k, label in enumerate(np.unique(labels))}
    (points, dim), classes = features.shape, len(means)
    within, between = np.zeros((dim, dim)), np.zeros((dim, dim))
    for row, label in zip(features, labels, strict=True):
        residual = row - means[position[label]]
        within += np.outer(residual, residual) / points
    for mean in means:
        offset = mean - means.mean(0)
        between += np.outer(offset, offset) / classes
    return np.trace(within @ pseudo_inverse(between, classes - 1)) / classes


def pseudo_inverse(matrix, rank):
    """Inverse of a symmetric matrix on its `rank` leading directions, those above the relative cut."""
    left, singular, right = np.linalg.svd(matrix)
    kept = [k for k in range(min(rank, len(singular))) if singular[k] > RANK_CUT * singular[0]]
    return sum(np.outer(right[k], left[:, k]) / singular[k] for k in kept)


def norms_spread(vectors):
    norms = [np.sqrt((v**2).sum()) for v in vectors]
    return np.std(norms) / np.mean(norms)


def cosines(vectors):
    size = len(vectors)
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    return np.array(
        [vectors[i] @ vectors[j] / np.linalg.norm(vectors[i]) / np.linalg.norm(vectors[j]) for i, j in pairs]
    )


def angles(vectors):
    return np.abs(cosines(vectors) + 1 / (len(vectors) - 1)).mean()


def nc3(means, weight):
    centered = means - means.mean(0)
    return ((weight / np.linalg.norm(weight) - centered / np.linalg.norm(centered)) ** 2).sum()


def nc3_etf(means, weight):
    classes = len(means)
    product = weight @ (means - means.mean(0)).T
    target = (np.eye(classes) - 1 / classes) / np.sqrt(classes - 1)
    return np.linalg.norm(product / np.linalg.norm(product) - target)


def ncc_error(features, labels, doubt=1e-5):
    """(share of points nearer to another class's mean than to their own, share of ties but for rounding)."""
    features = features - features.mean(0)
    present, means = np.unique(labels), class_means(features, labels)
    wrong = ties = 0
    for row, label in zip(features, labels, strict=True):
        distances = np.array([np.linalg.norm(row - mean) for mean in means])
        wrong += present[distances.argmin()] != label
        ties += _gap(-distances) < doubt
    return wrong / len(features), ties / len(features)


def variance_ratio(features, labels):
    features = features - features.mean(0)
    means = class_means(features, labels)
    position = {label: k for k, label in enumerate(np.unique(labels))}
    within = np.mean([((row - means[position[c]]) ** 2).sum() for row, c in zip(features, labels, strict=True)])
    return within / np.mean([((mean - means.mean(0)) ** 2).sum() for mean in means])


def nc4(features, means, labels_of_means, weight, bias=None, doubt=1e-5):
    """(share of points where the two rules differ, share where one of them is a tie but for rounding)."""
    bias = np.zeros(len(weight)) if bias is None else bias
    shift = features.mean(0)
    differ = ties = 0
    for row in features:
        logits = weight @ row + bias
        distances = np.array([np.linalg.norm((row - shift) - (mean - shift)) for mean in means])
        differ += labels_of_means[distances.argmin()] != logits.argmax()
        ties += _gap(logits) < doubt or _gap(-distances) < doubt
    return differ / len(features), ties / len(features)


def _gap(scores):
    second, best = np.sort(scores)[-2:]
    return (best - second) / np.abs(scores - scores.mean()).max()


def collapse(features, labels, weight, bias=None):
    """Every field of `metrics.Collapse`; `doubtful`, `doubtful_error`: how much rounding may change nc4, ncc_error."""
    present = np.unique(labels)
    shifted = class_means(features - features.mean(0), labels)
    centered, rows = shifted - shifted.mean(0), weight[present]
    share, doubtful = nc4(features, shifted + features.mean(0), present, weight, bias)
    error, doubtful_error = ncc_error(features, labels)
    return {
        "nc1": nc1(features, labels),
        "nc2_norms": norms_spread(centered),
        "nc2_angles": angles(centered),
        "nc2_equiangularity": np.std(cosines(centered)),
        "nc2_norms_head": norms_spread(rows),
        "nc2_angles_head": angles(rows),
        "nc2_equiangularity_head": np.std(cosines(rows)),
        "nc3": nc3(shifted, rows),
        "nc3_etf": nc3_etf(shifted, rows),
        "nc4": share,
        "cdnv": cdnv(features, labels),
        "variance_ratio": variance_ratio(features, labels),
        "ncc_error": error,
        "num_classes_present": len(present),
        "num_classes_empty": len(weight) - len(present),
        "num_classes_single": sum((labels == label).sum() == 1 for label in present),
        "doubtful": doubtful,
        "doubtful_error": doubtful_error,
    }


def cdnv(features, labels):
    features = features - features.mean(0)
    present = np.unique(labels)
    values = []
    for i in present:
        for j in present:
            if i == j:
                continue
            ours, theirs = features[labels == i], features[labels == j]
            variances = [((each - each.mean(0)) ** 2).sum(1).mean() for each in (ours, theirs)]
            values.append(sum(variances) / (2 * ((ours.mean(0) - theirs.mean(0)) ** 2).sum()))
    return np.mean(values)
