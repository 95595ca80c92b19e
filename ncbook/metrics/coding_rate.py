"""Coding rate, rate reduction and the nearest-subspace classifier (Yu et al. 2020; Chan et al. 2021)."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate

_BLOCK_ELEMENTS = 2**21  # entries of one block: 16 MiB in float64
# Above this trace, rounding of the Gram matrix in float64 is no longer small against the identity added to it.
_LARGEST_TRACE = 1e12


def coding_rate(features: Tensor, eps_sq: float) -> Tensor:
    """R = 1/2 logdet(I + d / (N eps^2) Z^T Z), in nats (Yu et al. 2020).

    features [N, d] are the rows of Z; the paper writes them as columns, of unit length. Lengths are left as they
    are here: normalize first for the paper's quantity. eps_sq is the squared distortion (the official code's
    "eps" is this square). The determinant is that of the smaller of Z^T Z and Z Z^T. Float64 scalar,
    differentiable. Raises ValueError for arguments that do not fit, a non-finite feature, an eps_sq that is not
    positive, or features so large against eps_sq that float64 cannot hold the answer.

    >>> metrics.coding_rate(features, eps_sq=0.5)
    tensor(2.1994, dtype=torch.float64)
    """
    _validate.require_features(features)
    _validate.require_finite("features", features)
    _checks.require_positive("eps_sq", eps_sq, tensor=True)
    points = features.double()
    return _rates(points[None], points.new_tensor([len(points)]), eps_sq)[0]


def class_coding_rate(features: Tensor, labels: Tensor, eps_sq: float) -> Tensor:
    """R_c = sum_j (n_j / 2N) logdet(I + d / (n_j eps^2) Z_j^T Z_j), in nats (Yu et al. 2020).

    features [N, d] rows, labels [N]; conventions, dtype and errors as in `coding_rate`, and fewer than two classes
    that occur raise ValueError. Classes that do not occur are left out. Differentiable in `features`.

    Classes whose sizes share a power of two are padded to one batch, so that padding at most doubles the
    memory under any imbalance, and the batches are cut to bounded blocks.

    >>> metrics.class_coding_rate(features, labels, eps_sq=0.5)
    tensor(1.4271, dtype=torch.float64)
    """
    _checks.require_positive("eps_sq", eps_sq, tensor=True)
    classes, _ = _classes.group(features, labels, None)
    rate = features.new_zeros((), dtype=torch.float64)
    for members, stacks in _stacks(classes):
        counts = classes.counts[members]
        rate = rate + (counts * _rates(stacks, counts, eps_sq)).sum()
    return rate / len(features)


def rate_reduction(features: Tensor, labels: Tensor, eps_sq: float) -> Tensor:
    """Rate reduction R - R_c >= 0, in nats: what MCR^2 maximizes (Yu et al. 2020).

    Arguments, conventions and errors as in `coding_rate` and `class_coding_rate`. Differentiable. At full collapse
    to a simplex of unit class means R = (K-1)/2 log(1 + d/((K-1) eps^2)) and R_c = 1/2 log(1 + d/eps^2): classes
    on orthogonal subspaces of more than one dimension reach more, so MCR^2 does not favor neural collapse.

    >>> metrics.rate_reduction(features, labels, eps_sq=0.5)
    tensor(0.7723, dtype=torch.float64)
    """
    return coding_rate(features, eps_sq) - class_coding_rate(features, labels, eps_sq)


@dataclass(frozen=True)
class NearestSubspace:
    """Classifier by the nearest of K' linear subspaces, one a class (the evaluation of Yu et al. 2020).

    present [K'] labels of the classes; bases [K', r, d] float64, orthonormal rows (zero rows where a class
    spans fewer than r dimensions). The subspaces go through the origin: no mean is subtracted.

    >>> lines = metrics.NearestSubspace.fit(features, labels, n_components=1)
    >>> lines.predict(means)
    tensor([0, 1, 2])
    """

    present: Tensor
    bases: Tensor

    @classmethod
    @torch.no_grad()
    def fit(cls, features: Tensor, labels: Tensor, n_components: int) -> "NearestSubspace":
        """The leading right singular vectors of each class's features [n_j, d], uncentered.

        Raises ValueError for features and labels that do not fit, fewer than two classes that occur, and unless
        1 <= n_components <= min(d, the size of the smallest class). Not differentiable.
        """
        classes, _ = _classes.group(features, labels, None)
        _checks.require_integer("n_components", n_components, 1)
        most = min(features.shape[1], int(classes.counts.min()))
        if n_components > most:
            raise ValueError(
                f"n_components: expected 1..{most} (dimension {features.shape[1]}, "
                f"smallest class {int(classes.counts.min())} points), got {n_components}"
            )
        bases = features.new_zeros(len(classes.present), n_components, features.shape[1], dtype=torch.float64)
        for members, stacks in _stacks(classes):
            bases[members] = _leading_directions(stacks, n_components)
        return cls(classes.present, bases)

    @torch.no_grad()
    def predict(self, features: Tensor) -> Tensor:
        """Labels [N] of the subspaces nearest to features [N, d]: argmin_j ||z - B_j^T B_j z||."""
        _validate.require_features(features)
        _validate.require_tensors(classifier=self.bases, features=features)
        _validate.require_finite("features", features)
        count, _, dim = self.bases.shape
        if features.shape[1] != dim:
            raise ValueError(f"features: expected shape [N, {dim}] as in fit, got {list(features.shape)}")
        blocks = features.split(max(1, _BLOCK_ELEMENTS // (count * dim)))
        return torch.cat([self.present[self._residuals(block.double()).argmin(1)] for block in blocks])

    def _residuals(self, points: Tensor) -> Tensor:
        """[B, K'] distances to the subspaces: subtracted before squaring, so that small ones keep their digits."""
        coefficients = torch.einsum("bd,krd->bkr", points, self.bases)  # [B, K', r]
        return (points[:, None] - torch.einsum("bkr,krd->bkd", coefficients, self.bases)).norm(dim=2)


def _stacks(classes: _classes.Classes) -> Iterator[tuple[Tensor, Tensor]]:
    """Blocks of (positions of k classes, their features padded with zero rows [k, width, d] float64)."""
    points, dim = classes.features.shape
    order, counts = classes.index.argsort(), classes.counts.long()
    starts = counts.cumsum(0) - counts
    octaves = torch.frexp(classes.counts).exponent  # sizes in one octave differ by less than a factor of two
    for octave in octaves.unique():
        members = (octaves == octave).nonzero().squeeze(1)
        place = torch.arange(int(counts[members].max()), device=counts.device)
        for part in members.split(max(1, _BLOCK_ELEMENTS // (len(place) * dim))):
            rows = order[(starts[part, None] + place).clamp(max=points - 1)]
            real = place < counts[part, None]
            yield part, classes.features[rows].double() * real[..., None]


def _rates(stacks: Tensor, counts: Tensor, eps_sq: float) -> Tensor:
    """[k]: 1/2 logdet(I + d / (n eps^2) Z^T Z) of each slice Z [width, d] with n = counts; zero rows do not matter."""
    _, width, dim = stacks.shape
    gram = stacks @ stacks.mT if width <= dim else stacks.mT @ stacks  # [k, width, width] or [k, d, d]
    gram = gram * (dim / (counts * eps_sq))[:, None, None]
    largest = gram.detach().diagonal(dim1=1, dim2=2).sum(1).max().item()
    if largest > _LARGEST_TRACE:
        raise ValueError(
            f"eps_sq: {eps_sq} is too small for features of this length: d ||z||^2 / eps_sq averages {largest:.3g}, "
            f"and float64 allows {_LARGEST_TRACE:.0e}; normalize the features"
        )
    factor = torch.linalg.cholesky(gram + torch.eye(len(gram[0]), dtype=gram.dtype, device=gram.device))
    return factor.diagonal(dim1=1, dim2=2).log().sum(1)  # logdet is twice this sum


def _leading_directions(stacks: Tensor, components: int) -> Tensor:
    """[k, r, d]: leading right singular vectors of each slice, zero where the singular value is rounding."""
    _, singular, right = torch.linalg.svd(stacks, full_matrices=False)
    cut = max(stacks.shape[1:]) * torch.finfo(singular.dtype).eps * singular[:, :1]
    # beyond its rank a class has no direction; an arbitrary one could lie along another class
    return (right * (singular > cut)[..., None])[:, :components]
