"""Curvature of a loss in the weight of any one layer, by matrix products and never by a matrix.

A product takes a direction V shaped as the weight and returns C V, where C is the Hessian at that weight, or any
other symmetric matrix. The measures below take a product and the weight, and so know nothing of the model:

    product = hessian_product(lambda weight: cross_entropy(network(weight, inputs), labels), weight)
    layer_relative_flatness(product, weight, probes=100)

Eigenvalues and Gauss-Newton or Fisher matrices of whole networks are to be had in the package curvlinops.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate
from ncbook.metrics._twice import require_graph, twice_differentiable

Product = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class TraceEstimate:
    """A trace: value, its standard error (0 if every direction was used), and the number of products spent.

    >>> metrics.curvature_trace(lambda v: 3 * v, torch.zeros(2, 2)).value
    12.0
    """

    value: float
    standard_error: float
    products: int


def hessian_product(loss: Callable[[Tensor], Tensor], weight: Tensor) -> Product:
    """V -> H V for the Hessian H of `loss` at `weight`, by differentiating twice (Pearlmutter 1994).

    loss maps a tensor shaped as `weight` to a scalar; the graph of one evaluation is kept for as long as the
    product is. A product costs about two backward passes and runs in the dtype of `weight`. Attention by
    `scaled_dot_product_attention` is computed by its plain formula meanwhile, since torch cannot differentiate its
    fused forms twice. Raises ValueError if the loss is not a finite scalar or does not depend on the weight, and,
    from the product, for a direction that does not fit or a loss that torch cannot differentiate twice.

    >>> product = metrics.hessian_product(lambda v: v.square().sum(), torch.ones(2))
    >>> product(torch.tensor([1.0, 3.0]))
    tensor([2., 6.])
    """
    _checks.require_callable("loss", loss, "of a tensor shaped as the weight")
    point = _leaf(weight)
    with torch.enable_grad(), twice_differentiable():
        value = loss(point)
        _require_scalar(value)
        gradient = _gradient(value, point)

    def product(direction: Tensor) -> Tensor:
        _validate.require_tensors(weight=point, direction=direction)
        _validate.require_shape("direction", direction, list(point.shape))
        with twice_differentiable():
            return torch.autograd.grad(gradient, point, direction, retain_graph=True, materialize_grads=True)[0]

    return product


def layer_relative_flatness(
    product: Product, weight: Tensor, probes: int | None = None, seed: int = 0
) -> TraceEstimate:
    """Relative flatness of one layer: kappa = sum_{s, s'} <w_s, w_s'> Tr C_{s, s'} (Han et al. 2025, definition 3.2).

    Let L [k, r] satisfy L L^T = W W^T, and let V_ai [k, m] have column a of L as its column i and zeros elsewhere.
    Then sum over a and i of <V_ai, C V_ai> = sum_{i, s, s'} (L L^T)_{s s'} C_{si, s'i} = kappa: exactly r m products,
    with r = min(k, m). For Z [r, m] of independent random signs, L Z = sum_{a, i} Z_ai V_ai and E Z_ai Z_bj is 1 if
    (a, i) = (b, j) and 0 otherwise, so E <L Z, C L Z> = kappa: an unbiased estimate for each product.

    weight [k, m]; probes the number of random Z (at least 2), or None, or r m and more, for the exact sum. The
    standard error is that of the mean over probes. Not differentiable. Raises ValueError, naming the argument
    and the value, for a weight that is no matrix, a non-finite entry, or fewer than two probes.

    >>> product = metrics.hessian_product(lambda w: torch.nn.functional.cross_entropy(features @ w.T, labels), weight)
    >>> round(metrics.layer_relative_flatness(product, weight).value, 4)
    1.0138
    >>> metrics.relative_flatness(features, weight)  # the closed form of the last layer
    tensor(1.0138, dtype=torch.float64)
    """
    _require_weight(weight)
    _checks.require_callable("product", product, "of a direction shaped as the weight")
    if weight.ndim != 2:
        raise ValueError(f"weight: expected shape [k, m], got {list(weight.shape)}")
    factor = weight.detach().double()
    if len(factor) <= factor.shape[1]:
        factor = torch.linalg.qr(factor.T, mode="r").R.T  # W^T = Q R gives W W^T = R^T R
    shape = (factor.shape[1], weight.shape[1])
    return _trace(product, lambda signs: (factor @ signs).to(weight.dtype), shape, weight.device, probes, seed)


def curvature_trace(product: Product, weight: Tensor, probes: int | None = None, seed: int = 0) -> TraceEstimate:
    """Tr C by the estimate of Hutchinson (1990): the mean of <z, C z> over tensors z of random signs.

    weight of any shape with n entries; probes, errors and standard error as for `layer_relative_flatness`, with n
    products for the exact sum.

    >>> product = metrics.hessian_product(lambda v: v.square().sum(), torch.ones(2, 3))
    >>> metrics.curvature_trace(product, torch.ones(2, 3))
    TraceEstimate(value=12.0, standard_error=0.0, products=6)
    """
    _require_weight(weight)
    _checks.require_callable("product", product, "of a direction shaped as the weight")
    return _trace(product, lambda signs: signs.to(weight.dtype), weight.shape, weight.device, probes, seed)


def _trace(
    product: Product,
    lift: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    device: torch.device,
    probes: int | None,
    seed: int,
) -> TraceEstimate:
    """Trace of the quadratic form Z -> <lift(Z), C lift(Z)> on tensors Z of `shape`."""
    if probes is not None:  # a standard error needs two
        _checks.require_integer("probes", probes, 2)
    _checks.require_seed("seed", seed, least=0)
    size = math.prod(shape)
    count = size if probes is None else min(probes, size)
    directions = _units(shape) if count == size else _signs(shape, count, seed)
    values = []
    for signs in directions:
        lifted = lift(signs.to(device))
        turned = product(lifted)
        _require_product(turned, lifted)
        values.append((lifted.double() * turned.double()).sum())
    terms = torch.stack(values)  # [count]
    if count == size:
        return TraceEstimate(terms.sum().item(), 0.0, count)
    return TraceEstimate(terms.mean().item(), (terms.std() / count**0.5).item(), count)


def _units(shape: tuple[int, ...]) -> Iterator[Tensor]:
    size = math.prod(shape)
    for entry in range(size):
        unit = torch.zeros(size, dtype=torch.float64, device="cpu")
        unit[entry] = 1
        yield unit.reshape(shape)


def _signs(shape: tuple[int, ...], probes: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator("cpu").manual_seed(seed)  # the same probes on every device
    for _ in range(probes):
        yield torch.randint(0, 2, shape, generator=generator, device="cpu").double() * 2 - 1


def _require_weight(weight: Tensor) -> None:
    _validate.require_tensors(weight=weight)
    if not weight.is_floating_point() or weight.numel() == 0:
        raise ValueError(f"weight: expected floating-point entries, got {list(weight.shape)} of {weight.dtype}")
    _validate.require_finite("weight", weight)


def _require_scalar(value: object) -> None:
    """What a loss gives must be one finite number."""
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.is_floating_point():
        raise ValueError(f"loss: expected it to give one number, got {_checks.described(value)}")
    if not bool(torch.isfinite(value)):
        raise ValueError(f"loss: expected a finite number, got {value.item()}")


def _require_product(turned: object, direction: Tensor) -> None:
    """What a product gives must be shaped as the direction it took."""
    if not isinstance(turned, Tensor) or turned.shape != direction.shape or turned.is_complex():
        raise ValueError(
            f"product: expected it to give a tensor {list(direction.shape)}, got {_checks.described(turned)}"
        )


def _leaf(weight: Tensor) -> Tensor:
    _require_weight(weight)
    return weight.detach().clone().requires_grad_()


def _gradient(loss: Tensor, point: Tensor) -> Tensor:
    if loss.requires_grad:
        factor = torch.ones_like(loss).requires_grad_()  # by it even the gradient of a linear loss has a graph
        gradient = torch.autograd.grad(loss, point, factor, create_graph=True, allow_unused=True)[0]
        if gradient is not None:
            require_graph(gradient)
            return gradient
    raise ValueError("loss: does not depend on the weight")
