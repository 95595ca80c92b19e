"""Class-distance normalized variance."""

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _pairs

NORMALIZATIONS = ("half-sum", "one-sided", "sum")


def cdnv(features: Tensor, labels: Tensor, num_classes: int | None = None, normalization: str = "half-sum") -> Tensor:
    """Class-distance normalized variance, averaged over ordered pairs of classes.

    For a pair, with Var_i the mean squared distance of class i's features to their mean (division by n, not
    n - 1) and D the squared distance of the two means:

    - half-sum: (Var_i + Var_j) / (2 D), Galanti et al. (2022) and the survey's section 3.1
    - one-sided: Var_i / D, their follow-up on few-shot learning; the same as half-sum on average over pairs
    - sum: (Var_i + Var_j) / D, some published code: twice the others

    features [N, d], labels [N] -> float64 scalar; no unit, and no change under scaling, rotation or shift.
    Classes that do not occur are left out; two classes with equal means give inf (nan if both have also
    collapsed). Differentiable in `features`. Raises ValueError for arguments that do not fit.

    >>> metrics.cdnv(features, labels)  # variances 0.01, squared distances of means 12
    tensor(0.0008, dtype=torch.float64)
    """
    _checks.require_choice("normalization", normalization, NORMALIZATIONS)
    classes, _ = _classes.group(features, labels, num_classes)
    return _pairs.half_sum(_pairs.Vectors(classes.means, classes.center), classes.variances()) * (
        2 if normalization == "sum" else 1
    )


def cdnv_pairs(features: Tensor, labels: Tensor, num_classes: int | None = None) -> Tensor:
    """One-sided class-distance normalized variance of every pair: Var_i / ||mu_i - mu_j||^2.

    Returns [K', K'] float64, row i and column j in the order of the classes that occur, with nan on the
    diagonal. The half-sum of a pair (Galanti et al. 2022) is the mean of its two entries. Arguments as in `cdnv`.

    >>> metrics.cdnv_pairs(features, labels)
    tensor([[   nan, 0.0008, 0.0008],
            [0.0008,    nan, 0.0008],
            [0.0008, 0.0008,    nan]], dtype=torch.float64)
    """
    classes, _ = _classes.group(features, labels, num_classes)
    distances = torch.cdist(classes.means, classes.means, compute_mode="donot_use_mm_for_euclid_dist").square()
    distances.fill_diagonal_(float("nan"))
    return classes.variances()[:, None] / distances
