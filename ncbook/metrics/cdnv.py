"""Class-distance normalized variance."""

import torch
from torch import Tensor

from ncbook.metrics import _classes


def cdnv(features: Tensor, labels: Tensor, num_classes: int | None = None) -> Tensor:
    """Class-distance normalized variance, averaged over pairs of classes (Galanti et al. 2022).

    Mean over i != j of (Var_i + Var_j) / (2 ||mu_i - mu_j||^2), where Var_i is the mean squared distance
    of class i's features to their mean (division by n, not n - 1).

    features [N, d], labels [N] -> float64 scalar; no unit, and no change under scaling, rotation or shift.
    Classes that do not occur are left out; two classes with equal means give inf (nan if both have also
    collapsed). Differentiable in `features`. Raises ValueError for arguments that do not fit.
    """
    classes, _ = _classes.group(features, labels, num_classes)
    variances = -classes.rounding.square().sum(1)
    for index, residuals in classes.residuals():
        # in float64: float32 cannot hold the squares of numbers above 1e19 or below 1e-22
        squares = torch.linalg.vector_norm(residuals, dim=1, dtype=torch.float64).square()
        variances = variances + classes.scatter(squares, index) / classes.counts
    first, second = torch.triu_indices(len(variances), len(variances), offset=1, device=variances.device)
    # pdist subtracts before it squares: near means keep their digits
    squared_distances = torch.nn.functional.pdist(classes.means).square()
    return ((variances[first] + variances[second]) / (2 * squared_distances)).mean()
