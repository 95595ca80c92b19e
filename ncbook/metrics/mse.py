"""Decomposition of the square loss into its collapse terms (Han, Papyan and Donoho 2022)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate
from ncbook.metrics.variability import rank_tolerance, residual_factor


@dataclass(frozen=True)
class SquareLossDecomposition:
    """Three terms, none negative, that add up to the regularized square loss.

    Attributes:
        nc1: variability of the features as the least-squares classifier sees it, and the decay of its norm
        nc2_nc3: error of the least-squares classifier at the class means: how far they are from a separable frame
        perp: what the actual classifier loses to the least-squares one
        weight ([K, d] float64): W_LS of the least-squares classifier
        bias ([K] float64, or None): b_LS of the same

    >>> parts = metrics.square_loss_decomposition(features, labels, weight)
    >>> abs(parts.nc1 + parts.nc2_nc3 + parts.perp - parts.total) < 1e-9
    True
    """

    nc1: float
    nc2_nc3: float
    perp: float
    weight: Tensor
    bias: Tensor | None

    @property
    def total(self) -> float:
        """The regularized square loss."""
        return self.nc1 + self.nc2_nc3 + self.perp


@torch.no_grad()
def square_loss_decomposition(
    features: Tensor, labels: Tensor, weight: Tensor, bias: Tensor | None = None, decay: float = 0.0
) -> SquareLossDecomposition:
    """Split L = (1/2N) sum_i ||W h_i + b - e_{y_i}||^2 + (decay/2)(||W||^2 + ||b||^2) into L_NC1 + L_NC2/3 + L_perp.

    With (W_LS, b_LS) the minimizer of L for these features, Sigma_W the within-class covariance, pi_c = n_c/N,
    D = (W - W_LS, b - b_LS) and A = E[(h,1)(h,1)^T] + decay I:
        L_NC1   = tr(W_LS Sigma_W W_LS^T)/2 + (decay/2)(||W_LS||^2 + ||b_LS||^2)
        L_NC2/3 = sum_c pi_c ||W_LS mu_c + b_LS - e_c||^2 / 2
        L_perp  = tr(D A D^T)/2
    Han, Papyan and Donoho (2022) have equal classes, pi_c = 1/K; under imbalance every point weighs alike here, also
    in the means, so that the sum stays the loss. `decay` is the lambda of L as it is written above. An optimizer's
    weight decay wd, which adds (wd/2)||theta||^2 to the training loss, is decay = wd for the mean of
    ||error||^2 / 2, decay = wd/2 for the mean of ||error||^2 (which is then 2 L), and decay = K wd/2 for the mean
    over all N K entries (2 L / K). The bias decays as the weight does; with `bias=None` W_LS has none either.

    features [N, d], labels [N] in 0..K-1, weight [K, d], bias [K] or None -> floats, in the square of the targets'
    unit. A class that does not occur keeps its row of W, whose target is 0 at every point. With decay 0, of the many
    W_LS of features that do not span their space the least one is taken; the loss does not depend on it.
    All directions of feature space enter W_LS: one singular value decomposition of [min(N, d) + K, d + 1], no
    covariance is formed. Not differentiable. Raises ValueError, naming the argument, for shapes that do not fit, labels
    out of range, a non-finite entry, fewer than two classes that occur, or a negative decay.

    >>> parts = metrics.square_loss_decomposition(features, labels, weight, decay=1e-3)
    >>> round(parts.nc1, 4), round(parts.nc2_nc3, 4), round(parts.perp, 4)
    (0.001, 0.1667, 1.3413)
    """
    _checks.require_not_negative("decay", decay, tensor=True)
    num_rows = _validate.require_weight(weight, features, least=2)
    classes, num_classes = _classes.group(features, labels, num_rows)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
    inputs, targets = _sufficient_rows(classes, num_classes, bias is not None)
    head = weight.double() if bias is None else torch.cat([weight, bias[:, None]], dim=1).double()
    best = _ridge(inputs, targets, decay)
    errors = (inputs @ best - targets).square().sum(1)
    difference = head.T - best
    present, dim = len(classes.present), features.shape[1]
    return SquareLossDecomposition(
        (errors[:-present].sum() + decay * best.square().sum()).item() / 2,
        errors[-present:].sum().item() / 2,
        ((inputs @ difference).square().sum() + decay * difference.square().sum()).item() / 2,
        best[:dim].T.contiguous(),
        None if bias is None else best[dim],
    )


def _sufficient_rows(classes: _classes.Classes, num_classes: int, bias: bool) -> tuple[Tensor, Tensor]:
    """Few rows X, T with ||X V - T||^2 the mean over points of ||V^T (h, 1) - e_y||^2 for every V.

    First the residuals, condensed to min(N, d) rows, with target 0 and no share in the bias; then the class means.
    """
    points = len(classes.index)
    within = residual_factor(classes) / points**0.5
    weights = (classes.counts / points).sqrt()[:, None]
    inputs = torch.cat([within, weights * classes.means])
    targets = inputs.new_zeros(len(inputs), num_classes)
    places = torch.arange(len(within), len(inputs), device=inputs.device)
    targets[places, classes.present] = weights[:, 0]
    if bias:
        ones = torch.cat([within.new_zeros(len(within), 1), weights])
        inputs = torch.cat([inputs, ones], dim=1)
    return inputs, targets


def _ridge(inputs: Tensor, targets: Tensor, decay: float) -> Tensor:
    """argmin_V ||X V - T||^2 + decay ||V||^2, the one of least norm, without squaring the condition of X."""
    left, singular, right = torch.linalg.svd(inputs, full_matrices=False)
    kept = singular > rank_tolerance(inputs)
    left, singular, right = left[:, kept], singular[kept], right[kept]
    return right.T @ ((singular / (singular.square() + decay))[:, None] * (left.T @ targets))
