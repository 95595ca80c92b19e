"""Relative flatness of a classifier's last layer, in closed form.

For a loss L that depends on the weight W [K, d] with rows w_s, Petzka et al. (2021) measure the sharpness of L
relative to the size of W; in the trace form of Han et al. (2025, definition 3.2)
    kappa = sum_{s, s'} <w_s, w_s'> Tr(d^2 L / dw_s dw_s').
Small is flat. `curvature` holds the same measure for any layer, by Hessian products.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate

# 1 MiB in float64: a block of features stays in the processor's cache while it is read a second time
_BLOCK_ELEMENTS = 2**17


def relative_flatness(
    features: Tensor, weight: Tensor, bias: Tensor | None = None, temperature: float = 1.0
) -> Tensor:  # []
    """Exact relative flatness of a softmax head under cross-entropy: mean of ||phi||^2 Var_{j~p}(w_j).

    The Hessian of cross-entropy in W is the mean of (diag p - p p^T) kron phi phi^T, whatever the labels, so
    definition 3.2 of Han et al. (2025) becomes, with p = softmax(W phi + b),
        kappa = E ||phi||^2 (sum_j p_j ||w_j||^2 - ||sum_j p_j w_j||^2) = E ||phi||^2 sum_{j<l} p_j p_l ||w_j - w_l||^2.
    The last form is the one computed: it subtracts nothing small from anything large, so that a confident
    network keeps its digits. It does not change when one vector is added to all rows of W, when phi is rotated
    together with W, or under (c phi, W / c); scaling single features changes it: see `normalize_features`.

    features [N, d], weight [K, d], bias [K] or None, any float dtype -> float64 scalar in units of the loss.
    Differentiable in all three. `temperature` divides the logits inside the softmax and nothing else; the
    Hessian of cross-entropy at temperature t carries a further factor 1 / t^2, which is left out, as in the
    regularizer of Han et al. Needs memory for one K x K matrix and, unless a gradient is asked for, one block of
    rows. Raises ValueError, naming the argument and the value, for a non-finite entry, shapes that do not fit,
    K < 2 or a temperature that is not positive.

    >>> metrics.relative_flatness(features, weight)
    tensor(1.0138, dtype=torch.float64)
    """
    return relative_flatness_per_sample(features, weight, bias, temperature).mean()


def relative_flatness_per_sample(
    features: Tensor, weight: Tensor, bias: Tensor | None = None, temperature: float = 1.0
) -> Tensor:  # [N]
    """[N] float64: the terms whose mean is `relative_flatness` (Han et al. 2025), with its arguments and errors.

    >>> metrics.relative_flatness_per_sample(features, weight)[:4]
    tensor([0.9825, 1.0357, 1.0184, 1.0184], dtype=torch.float64)
    """
    _require_head(features, weight, bias, temperature)
    return _over_pairs_of_classes(_squared_distances(weight.double()), features, weight, bias, temperature)


def relative_flatness_bound(
    features: Tensor, weight: Tensor, bias: Tensor | None = None, temperature: float = 1.0
) -> Tensor:  # []
    """Upper bound on `relative_flatness`: mean of ||W||_F^2 (1 - ||p||^2) ||phi||^2.

    This is ||W||_F^2 times the trace of the Hessian (Han et al. 2025, lemma A.2; Walter et al. 2024) and the
    quantity that the experiments of Han et al. compute under the name relative flatness. Unlike the exact value
    it changes when one vector is added to all rows of W, which changes no prediction. On the simplex it is K - 1
    times the exact value. 1 - ||p||^2 is computed as the sum of p_j p_l over j != l, without cancellation.
    Arguments, result and errors as for `relative_flatness`.

    >>> metrics.relative_flatness_bound(features, weight)
    tensor(2.0275, dtype=torch.float64)
    """
    return relative_flatness_bound_per_sample(features, weight, bias, temperature).mean()


def relative_flatness_bound_per_sample(
    features: Tensor, weight: Tensor, bias: Tensor | None = None, temperature: float = 1.0
) -> Tensor:  # [N]
    """[N] float64: the terms whose mean is `relative_flatness_bound`, with its arguments and errors.

    Divided by ||phi||^2 and at temperature 2 their mean is the regularizer of Han et al. (2025, appendix C): its
    logits use phi as it is, its factor ||phi||^2 is 1, and it cannot exceed ||W||_F^2 (1 - 1/K).

    >>> metrics.relative_flatness_bound_per_sample(features, weight)[:4]
    tensor([1.9651, 2.0713, 2.0369, 2.0369], dtype=torch.float64)
    """
    _require_head(features, weight, bias, temperature)
    unequal = 2 * (1 - torch.eye(len(weight), dtype=torch.float64, device=weight.device))
    uncertainty = _over_pairs_of_classes(unequal, features, weight, bias, temperature)
    return weight.double().square().sum() * uncertainty


def relative_flatness_mse(features: Tensor, weight: Tensor) -> Tensor:  # []
    """Exact relative flatness of a linear head under squared error: 2 ||W||_F^2 mean ||phi||^2.

    The loss is the mean over points of ||W phi + b - y||^2, without a factor 1/2 and summed over the K >= 1
    outputs (torch's mse_loss also divides by K: divide the result by K). Each row of W then has the Hessian
    2 mean(phi phi^T) and rows do not interact: at fixed features kappa is a ridge penalty, and confidence plays
    no part (Petzka et al. 2021). Adding one vector to all rows of W does change it.

    features [N, d], weight [K, d] -> float64 scalar in units of the loss. Differentiable. Raises ValueError,
    naming the argument and the value, for a non-finite entry or shapes that do not fit.

    >>> metrics.relative_flatness_mse(features, weight)
    tensor(24.0600, dtype=torch.float64)
    """
    _require_linear_map(features, weight)
    mean_square = torch.cat([block.double().square().sum(1) for block in _blocks(features, weight)]).mean()
    return 2 * weight.double().square().sum() * mean_square


@dataclass(frozen=True)
class NormalizedFeatures:
    """Features of unit variance and the weight that undoes the division; see `normalize_features`.

    features [N, d]; weight [K, d]; scale [d] what each feature was divided by; constant [d] bool, the features
    that do not vary and were left as they are.

    >>> divided = metrics.normalize_features(features, weight)
    >>> divided.features.std(0, correction=0)
    tensor([1., 1.], dtype=torch.float64)
    """

    features: Tensor
    weight: Tensor
    scale: Tensor
    constant: Tensor


def normalize_features(features: Tensor, weight: Tensor) -> NormalizedFeatures:
    """Divide each feature by its standard deviation and multiply its column of W by it: the logits stay.

    Removes from relative flatness its dependence on the scale of single neurons (Petzka et al. 2021, released
    code: np.std, division by N). Dividing phi_i is dividing the incoming weights and bias of neuron i where its
    activation is positively homogeneous, as ReLU is. A feature that does not vary keeps scale 1 and is
    marked in `constant`.

    features [N, d], weight [K, d] -> `NormalizedFeatures` in float64 if an argument is, else in float32.
    Differentiable. Raises ValueError, naming the argument and the value, for a non-finite entry or shapes that do
    not fit.

    >>> divided = metrics.normalize_features(features, weight)
    >>> torch.allclose(divided.features @ divided.weight.T, features @ weight.T)
    True
    """
    _require_linear_map(features, weight)
    columns = [block.double() for block in features.split(max(1, _BLOCK_ELEMENTS // len(features)), dim=1)]
    # measured from the first row, equal numbers deviate by exactly 0 and a large offset costs no digits
    deviation = torch.cat([(column - column[0]).std(0, correction=0) for column in columns])
    constant = deviation == 0
    working = torch.promote_types(torch.promote_types(features.dtype, weight.dtype), torch.float32)
    scale = torch.where(constant, 1.0, deviation)
    return NormalizedFeatures((features / scale).to(working), (weight * scale).to(working), scale.to(working), constant)


@dataclass(frozen=True)
class CollapsedFlatness:
    """Relative flatness under exact neural collapse, each a float64 tensor shaped as `alignment`.

    Attributes:
        exact: `relative_flatness`
        bound: `relative_flatness_bound`, (K - 1) times the exact value
        proposition: the right-hand side of proposition 5.3 of Han et al. (2025), above both
        cross_entropy: the loss at the same point

    >>> flatness = metrics.collapsed_flatness(num_classes=3, norm=1.0, alignment=4.0)
    >>> flatness.bound / flatness.exact
    tensor(2., dtype=torch.float64)
    """

    exact: Tensor
    bound: Tensor
    proposition: Tensor
    cross_entropy: Tensor


def collapsed_flatness(num_classes: int, norm: float, alignment: float | Tensor) -> CollapsedFlatness:
    """Relative flatness when features are a simplex of norm M around zero and w_j = lambda mu_j.

    With delta = M^2 K / (K - 1) and e = exp(-lambda delta), p_y = 1 / (1 + (K - 1) e), and
        1 - ||p||^2 = (K - 1) e (2 + (K - 2) e) / (1 + (K - 1) e)^2,
        exact       = lambda^2 M^4 K / (K - 1) (1 - ||p||^2),
        bound       = lambda^2 M^4 K (1 - ||p||^2),
        proposition = lambda^2 M^4 K^3 e / (1 + (K - 1) e)^2   (Han et al. 2025, section 5 and appendix A).
    Collapse is exact at every lambda, yet each rises before it falls: what flattens is confidence.

    num_classes K >= 2, norm M > 0, alignment lambda > 0 a number or a tensor. Differentiable in `alignment`.
    Raises ValueError naming the argument and the value otherwise.

    >>> metrics.collapsed_flatness(num_classes=3, norm=1.0, alignment=torch.tensor([1.0, 4.0, 16.0])).exact
    tensor([7.1146e-01, 2.3591e-01, 5.7986e-08], dtype=torch.float64)
    """
    _checks.require_integer("num_classes", num_classes, 2)
    _checks.require_positive("norm", norm, tensor=True)
    alignment = _validate.as_numbers("alignment", alignment)
    wrong = alignment[~((alignment > 0) & torch.isfinite(alignment))]
    if len(wrong) > 0:
        raise ValueError(f"alignment: expected positive numbers, got {wrong[0].item()}")
    others = num_classes - 1
    odds = torch.exp(-alignment * norm**2 * num_classes / others)
    total = (1 + others * odds).square()
    uncertainty = others * odds * (2 + (num_classes - 2) * odds) / total
    bound = alignment**2 * norm**4 * num_classes * uncertainty
    proposition = alignment**2 * norm**4 * num_classes**3 * odds / total
    return CollapsedFlatness(bound / others, bound, proposition, torch.log1p(others * odds))


def relative_flatness_generalization_bound(
    flatness: float | Tensor, num_points: int, dim: int, failure_probability: float, c1: float, c2: float
) -> float | Tensor:
    """The form of the bound of Petzka et al. (2021): N^(-2 / (4 + d)) (kappa / (2 d) + C1 + C2 / sqrt(Delta)).

    With probability 1 - Delta the generalization gap stays below it, up to higher orders, at a local minimum,
    if labels are locally constant in feature space and the density of the features is smooth. C1 and C2 depend
    on that density and are arguments: this shows how the bound scales and is no certificate.
    Raises ValueError for a flatness or constant below 0, num_points or dim below 1, or Delta outside (0, 1).

    >>> constants = {"failure_probability": 0.05, "c1": 0.0, "c2": 1.0}
    >>> round(metrics.relative_flatness_generalization_bound(2.0, num_points=1000, dim=2, **constants), 3)
    0.497
    """
    smallest = _validate.as_numbers("flatness", flatness).min()
    _checks.require_not_negative("flatness", smallest, tensor=True)
    _checks.require_not_negative("c1", c1, tensor=True)
    _checks.require_not_negative("c2", c2, tensor=True)
    _checks.require_integer("num_points", num_points, 1)
    _checks.require_integer("dim", dim, 1)
    _checks.require_share("failure_probability", failure_probability, tensor=True)
    return num_points ** (-2 / (4 + dim)) * (flatness / (2 * dim) + c1 + c2 / failure_probability**0.5)


def _over_pairs_of_classes(
    table: Tensor, features: Tensor, weight: Tensor, bias: Tensor | None, temperature: float
) -> Tensor:
    """[N] float64: ||phi||^2 sum_{j<l} p_j p_l table[j, l], for a symmetric table [K, K] with diagonal 0."""
    head = weight.double().T / temperature
    offset = 0.0 if bias is None else bias.double() / temperature
    values = []
    for block in _blocks(features, weight):
        block = block.double()
        p = torch.softmax(block @ head + offset, dim=1)
        values.append(block.square().sum(1) * ((p @ table) * p).sum(1) / 2)
    result = torch.cat(values)
    if not bool(torch.isfinite(result).all()):
        _validate.require_finite("features", features)
    return result


def _squared_distances(rows: Tensor) -> Tensor:
    """[K, K]: ||w_j - w_l||^2, from the Gram matrix of rows around their mean: K^2 d as one product."""
    rows = rows - rows.mean(0)
    gram = rows @ rows.T
    squares = gram.diagonal()
    return (squares[:, None] + squares - 2 * gram).clamp(min=0)


def _blocks(features: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    return features.split(max(1, _BLOCK_ELEMENTS // max(weight.shape)))


def _require_linear_map(features: Tensor, weight: Tensor) -> None:
    num_rows = _validate.require_weight(weight, features)
    _validate.require_finite("features", features)
    _validate.require_head(weight, None, num_rows, features.shape[1])


def _require_head(features: Tensor, weight: Tensor, bias: Tensor | None, temperature: float) -> None:
    """All but that features are finite, which is seen from the result without another pass over them."""
    num_classes = _validate.require_weight(weight, features, least=2)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
    _checks.require_positive("temperature", temperature, tensor=True)
