"""Train collapse, weak and strong test collapse (Hui et al. 2022), as numbers that a finite sample can give."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import metrics

_ROUNDS = 20  # of the search for the nearest K points


@dataclass(frozen=True)
class Spreads:
    """Mean squared distances of features, each divided by Tr Sigma_B; 0 means collapse, and no number has a unit.

    train  training points to the training mean of their class; Sigma_B of the training means
    test   test points to the *test* mean of their class, the points that suit strong test collapse best
    shift  test mean to training mean of a class, averaged over classes
    weak   test points to the nearest of K points, wherever these may lie; at most `test`

    In the last three Sigma_B is that of the test means.
    """

    train: float
    test: float
    shift: float
    weak: float

    @property
    def test_train_means(self) -> float:
        """Test points to the *training* mean of their class: exactly `test` + `shift` for classes of equal size."""
        return self.test + self.shift


def spreads(train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor, num_classes: int) -> Spreads:
    """Of training features [N, d] and test features [M, d] with labels [N] and [M]; test classes of equal size."""
    own = metrics.class_means(test, test_labels, num_classes).double()  # [K, d]
    seen = metrics.class_means(train, train_labels, num_classes).double()
    between = (own - own.mean(0)).square().sum() / num_classes
    return Spreads(
        train=metrics.variance_ratio(train, train_labels).item(),
        test=metrics.variance_ratio(test, test_labels).item(),
        shift=((own - seen).square().sum() / num_classes / between).item(),
        weak=(_to_nearest(test.double(), own) / between).item(),
    )


def _to_nearest(features: Tensor, centers: Tensor) -> Tensor:
    """Mean squared distance of features [N, d] to the nearest of K points, which start at `centers` [K, d].

    Lloyd's algorithm finds a local minimum, so this is at least the smallest such distance of all.
    """
    for _ in range(_ROUNDS):
        nearest = torch.cdist(features, centers).argmin(1)
        sums = torch.zeros_like(centers).index_add_(0, nearest, features)
        counts = nearest.bincount(minlength=len(centers))[:, None]
        centers = torch.where(counts > 0, sums / counts.clamp(min=1), centers)
    return torch.cdist(features, centers, compute_mode="donot_use_mm_for_euclid_dist").min(1).values.square().mean()
