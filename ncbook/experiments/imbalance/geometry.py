"""What is measured of rows of W and class means, of free features and of networks alike."""

import math
from typing import Any

import torch
from torch import Tensor

from ncbook import metrics

_NO_LENGTH = 1e-4  # times the longest: minima reach 1e-6 where all weights of a class are zero, else at least 0.01


def measure(weight: Tensor, means: Tensor, counts: Tensor, rare: int) -> dict[str, Any]:
    """The geometry of W [K, d] and class means [K, d], both centered; the last `rare` of the classes are rare.

    A cosine is nan where one of its vectors is zero: it would be the cosine of rounding errors.
    """
    ideal, simplex = metrics.seli(counts), metrics.seli([1] * len(counts)).classifier_gram
    rows, centers = (each - each.mean(0) for each in (weight.double(), means.double()))
    frequent, few = rows[:-rare], rows[-rare:]
    size = rows.square().sum(1).mean().sqrt()
    return {
        "cos_rows_rare": _mean_cosine(rows, rare),
        "cos_means_rare": _mean_cosine(centers, rare),
        "cos_means_raw": _mean_cosine(means.double(), len(means)),
        "seli_rows": metrics.gram_distance(rows, ideal.classifier_gram),
        "etf_rows": metrics.gram_distance(rows, simplex),
        "seli_means": metrics.gram_distance(centers, ideal.feature_gram),
        "etf_means": metrics.gram_distance(centers, simplex),
        "apart_rare": (torch.pdist(few).mean() / size).item(),
        "apart_across": (torch.cdist(few, frequent).mean() / size).item(),
        "apart_frequent": (torch.pdist(frequent).mean() / size).item(),
    }


def _mean_cosine(vectors: Tensor, last: int) -> float:
    """Over all pairs of the last so many rows; nan if one of these has no length beside the longest row."""
    lengths = vectors.norm(dim=1, keepdim=True)
    unit = (vectors / lengths.where(lengths > _NO_LENGTH * lengths.max(), math.nan))[-last:]
    first, second = torch.triu_indices(last, last, 1)
    return (unit[first] * unit[second]).sum(1).mean().item()
