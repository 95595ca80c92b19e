"""What a second pass over the data sums up, once the class means are known.

The whole-tensor functions, the streaming meter and the layerwise measures all feed blocks of rows to the same
object, and so give the same numbers.
"""

import torch
from torch import Tensor

from ncbook.metrics._classes import Means, own_precision, squared_norms

# Directions in which class means differ by less than this share of the largest difference (as a ratio of
# eigenvalues of Sigma_B) are rounding noise: inverting them would put noise of size 1/eps into NC1.
_RANK_CUT = 1e-10


class SecondPass:
    """Sums over the residuals of all rows.

    Directions are the r <= K'-1 eigenvectors of Sigma_B; the network's rule, if a head is given, adds its columns
    to the same matrix product. The nearest-mean rule is computed from the projections on those directions, where
    they hold all that tells the means apart.
    """

    SUMS = ("counts", "projected", "squares", "mismatches", "errors")  # attributes that workers add up

    def __init__(self, means: Means, weight: Tensor | None = None, bias: Tensor | None = None) -> None:
        self.means = means
        self.axes, self.eigenvalues = between_class_axes(means)
        working = means.rounded.dtype
        centers, center_offsets = nearest_mean_rule(means)
        self.centers: Tensor | None = None  # [r, K']: the rule on the projections, where that is exact
        if spanned(means.centered, self.axes):
            self.centers, centers = (centers @ self.axes.T).to(working).T, centers[:0]
        head, head_offsets = (centers[:0], None) if weight is None else network_rule(means, weight, bias)
        self.widths = [len(self.axes), len(centers), len(head)]
        self.columns = torch.cat([self.axes, centers, head]).to(working).T  # [d, r + K' + K]
        self.center_offsets = center_offsets.to(working)  # [K', K']
        self.head_offsets = None if head_offsets is None else head_offsets.to(working)  # [K', K]
        self.counts = torch.zeros_like(means.counts)
        self.projected = means.means.new_zeros(len(self.axes))
        self.squares = torch.zeros_like(means.counts)
        self.mismatches = self.counts.new_zeros((), dtype=torch.int64)
        self.errors = torch.zeros_like(self.mismatches)

    def add(self, features: Tensor, index: Tensor, decisions: Tensor | None = None) -> None:
        """Take in features [B, d] and the places [B] of their classes; decisions [B] where no head was given."""
        with own_precision(features):
            self._add(features, index, decisions)

    def _add(self, features: Tensor, index: Tensor, decisions: Tensor | None) -> None:
        residuals = self.means.residuals_of(features, index)
        projected, scores, logits = (residuals @ self.columns).split(self.widths, dim=1)
        if self.centers is not None:
            scores = projected @ self.centers
        nearest = (scores + self.center_offsets[index]).argmax(1)
        if self.head_offsets is not None:
            decisions = (logits + self.head_offsets[index]).argmax(1)
        self.projected += projected.double().square().sum(0)
        self.squares += self.means.scatter(squared_norms(residuals), index)
        self.counts += self.means.scatter(torch.ones_like(index), index)
        self.errors += (nearest != index).sum()
        if decisions is not None:
            self.mismatches += (self.means.present[nearest] != decisions).sum()

    def merge(self, other: "SecondPass") -> None:
        """Take in what another worker has summed over other rows with the same means."""
        for name in self.SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def points(self) -> float:
        return self.counts.sum().item()

    def trace(self) -> float:
        """tr(Sigma_W Sigma_B^+)."""
        shifts = (self.means.rounding @ self.axes.T).square()  # residuals were taken from the rounded means
        along = (self.projected - self.counts @ shifts).clamp(min=0) / self.counts.sum()
        return trace_of_ratio(along, self.eigenvalues, self.variances())

    def variances(self) -> Tensor:
        """[K'] float64: mean squared distance of each class to its mean."""
        return (self.squares / self.counts - self.means.rounding.square().sum(1)).clamp(min=0)


def between_class_axes(means: Means) -> tuple[Tensor, Tensor]:
    """Eigenvectors [r, d] and eigenvalues [r] above rounding of Sigma_B = M^T M / K, from the K x K Gram matrix."""
    # a difference between means below float64's rounding of the means themselves is no difference
    noise = (8 * torch.finfo(torch.float64).eps * means.means.norm()).square()
    values, vectors = torch.linalg.eigh(means.centered @ means.centered.T)  # ascending
    values, vectors = values[1:], vectors[:, 1:]  # centering leaves rank K-1 at most
    kept = (values > _RANK_CUT * values[-1]) & (values > noise)
    values, vectors = values[kept], vectors[:, kept]
    return (vectors.T @ means.centered) / values.sqrt()[:, None], values / len(means.centered)


def spanned(centered: Tensor, axes: Tensor) -> bool:
    """Whether the axes hold all that tells the centered means [K', d] apart, as they do unless the rank was cut."""
    beside = (centered - (centered @ axes.T) @ axes).norm(dim=1).max()
    return bool(beside <= 1e-7 * torch.nn.functional.pdist(centered).min())


def trace_of_ratio(along: Tensor, eigenvalues: Tensor, variances: Tensor) -> float:
    """tr(Sigma_W Sigma_B^+) from the variances [r] of all points along the eigenvectors of Sigma_B and eigenvalues [r].

    inf if all class means coincide (r = 0) and features do not, by their variances [K']; nan if both do.
    """
    if len(along) == 0:
        return float("inf") if bool((variances > 0).any()) else float("nan")
    return (along / eigenvalues).sum().item()


def nearest_mean_rule(means: Means) -> tuple[Tensor, Tensor]:
    """A head [K', d] and offsets [K', K'] in float64: for h = rounded mean of class o + r, the entries of
    `head @ r + offsets[o]` are ordered as minus the squared distances of h to the class means.

    Both are divided by the size of the means, so that float32 can hold the products at any scale.
    """
    origins = means.rounded.double() - means.means.mean(0)
    size = means.centered.norm().clamp(min=torch.finfo(torch.float64).tiny)
    scores = (origins @ means.centered.T - means.centered.square().sum(1) / 2) / size
    return means.centered / size, _from_best(scores)


def network_rule(means: Means, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """The same for the logits of a linear head, weight [K, d] and bias [K]."""
    weight = weight.double()
    center = means.means.mean(0)
    scores = (means.rounded.double() - center) @ weight.T + weight @ center
    return weight, _from_best(scores if bias is None else scores + bias.double())


def _from_best(scores: Tensor) -> Tensor:
    """Constants that all classes share say nothing about the best one, and would cost digits in float32."""
    return scores - scores.max(dim=1, keepdim=True).values
