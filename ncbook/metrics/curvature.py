"""Curvature of a loss in the weight of any one layer, by matrix products and never by a matrix.

A product takes a direction V shaped as the weight and returns C V, where C is the Hessian or the Gauss-Newton
matrix at that weight. The measures below take a product and the weight, and so know nothing of the model:

    product = hessian_product(lambda weight: cross_entropy(network(weight, inputs), labels), weight)
    layer_relative_flatness(product, weight, probes=100)
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from ncbook.metrics import _validate

Product = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class TraceEstimate:
    """A trace: value, its standard error (0 if every direction was used), and the number of products spent."""

    value: float
    standard_error: float
    products: int


@dataclass(frozen=True)
class TopEigenvalue:
    """The largest eigenvalue, ||C v - value v|| for its unit vector v, whether it converged, and products spent.

    Some eigenvalue of C lies within `residual` of `value`. Both are nan where no vector was found.
    """

    value: float
    residual: float
    converged: bool
    products: int


def hessian_product(loss: Callable[[Tensor], Tensor], weight: Tensor) -> Product:
    """V -> H V for the Hessian H of `loss` at `weight`, by differentiating twice.

    loss maps a tensor shaped as `weight` to a scalar; the graph of one evaluation is kept for as long as the
    product is. A product costs about two backward passes and runs in the dtype of `weight`. Raises ValueError
    if the loss is not a finite scalar or does not depend on the weight.
    """
    point = _leaf(weight)
    with torch.enable_grad():
        value = loss(point)
        if value.numel() != 1 or not bool(torch.isfinite(value)):
            raise ValueError(f"loss: expected one finite number, got {value.tolist()}")
        gradient = _gradient("loss", value, point)

    def product(direction: Tensor) -> Tensor:
        if not gradient.requires_grad:  # the loss is linear in the weight
            return torch.zeros_like(point)
        return torch.autograd.grad(gradient, point, direction, retain_graph=True, materialize_grads=True)[0]

    return product


def gauss_newton_product(
    outputs: Callable[[Tensor], Tensor], loss: Callable[[Tensor], Tensor], weight: Tensor
) -> Product:
    """V -> J^T H_out J V, with J the Jacobian of `outputs` in `weight` and H_out the Hessian of `loss` in outputs.

    The Gauss-Newton matrix is the Hessian without the curvature of the network itself: positive semi-definite
    for a convex loss, and equal to the Hessian where outputs are linear in the weight, as for the last layer.

    outputs maps a tensor shaped as `weight` to the network's outputs (logits [N, K]), loss maps those to a
    scalar. Cost, dtype and errors as for `hessian_product`.
    """
    point = _leaf(weight)
    with torch.enable_grad():
        values = outputs(point)
        _validate.require_finite("outputs", values)
        loss_product = hessian_product(loss, values)
        dual = torch.zeros_like(values, requires_grad=True)
        pulled = _gradient("outputs", values, point, dual)  # J^T dual is linear in dual: its derivative is J

    def product(direction: Tensor) -> Tensor:
        pushed = torch.autograd.grad(pulled, dual, direction, retain_graph=True)[0]
        return torch.autograd.grad(values, point, loss_product(pushed), retain_graph=True)[0]

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
    """
    _require_weight(weight)
    if weight.ndim != 2:
        raise ValueError(f"weight: expected shape [k, m], got {list(weight.shape)}")
    factor = weight.detach().double()
    if len(factor) <= factor.shape[1]:
        factor = torch.linalg.qr(factor.T, mode="r").R.T  # W^T = Q R gives W W^T = R^T R
    shape = (factor.shape[1], weight.shape[1])
    return _trace(product, lambda signs: (factor @ signs).to(weight.dtype), shape, weight.device, probes, seed)


def curvature_trace(product: Product, weight: Tensor, probes: int | None = None, seed: int = 0) -> TraceEstimate:
    """Tr C by Hutchinson's estimate: the mean of <z, C z> over tensors z of random signs.

    weight of any shape with n entries; probes, errors and standard error as for `layer_relative_flatness`, with n
    products for the exact sum.
    """
    _require_weight(weight)
    return _trace(product, lambda signs: signs.to(weight.dtype), weight.shape, weight.device, probes, seed)


def top_eigenvalue(
    product: Product, weight: Tensor, tol: float = 1e-5, max_restarts: int = 100, seed: int = 0
) -> TopEigenvalue:
    """Largest (most positive) eigenvalue of C by scipy's restarted Lanczos method, started at random.

    Converged means that the residual, computed afresh at the end, is at most `tol` times |value|; a product in
    float32 carries about 1e-6 of its own rounding. weight of any shape with at least two entries. Not
    differentiable. Raises ValueError for a smaller weight, a non-finite entry, or products that are not finite.
    """
    _require_weight(weight)
    if weight.numel() < 2:
        raise ValueError(f"weight: expected at least two entries, got shape {list(weight.shape)}")
    multiply = _CountedProduct(product, weight)
    start = np.random.default_rng(seed).standard_normal(weight.numel())
    if not multiply(start).any():  # a matrix of zeros, which ARPACK refuses
        return TopEigenvalue(0.0, 0.0, True, multiply.count)
    operator = LinearOperator((len(start), len(start)), matvec=multiply, dtype=np.float64)
    try:
        # half the tolerance leaves room for rounding in the residual that is checked below
        values, vectors = eigsh(operator, k=1, which="LA", v0=start, tol=tol / 2, maxiter=max_restarts)
    except ArpackNoConvergence:
        return TopEigenvalue(math.nan, math.nan, False, multiply.count)
    value, vector = float(values[0]), vectors[:, 0]
    residual = float(np.linalg.norm(multiply(vector) - value * vector))
    return TopEigenvalue(value, residual, residual <= tol * abs(value), multiply.count)


class _CountedProduct:
    """The product as a function of flat float64 arrays, for scipy."""

    def __init__(self, product: Product, weight: Tensor) -> None:
        self.product, self.weight, self.count = product, weight, 0

    def __call__(self, flat: np.ndarray) -> np.ndarray:
        self.count += 1
        direction = torch.as_tensor(flat, dtype=self.weight.dtype, device=self.weight.device)
        result = self.product(direction.reshape(self.weight.shape)).detach()
        _validate.require_finite("product", result)
        return result.double().flatten().cpu().numpy()


def _trace(
    product: Product,
    lift: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    device: torch.device,
    probes: int | None,
    seed: int,
) -> TraceEstimate:
    """Trace of the quadratic form Z -> <lift(Z), C lift(Z)> on tensors Z of `shape`."""
    if probes is not None and probes < 2:
        raise ValueError(f"probes: a standard error needs at least 2, got {probes}")
    size = math.prod(shape)
    count = size if probes is None else min(probes, size)
    directions = _units(shape) if count == size else _signs(shape, count, seed)
    values = []
    for signs in directions:
        lifted = lift(signs.to(device))
        values.append((lifted.double() * product(lifted).double()).sum())
    terms = torch.stack(values)
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
    if not weight.is_floating_point() or weight.numel() == 0:
        raise ValueError(f"weight: expected floating-point entries, got {list(weight.shape)} of {weight.dtype}")
    _validate.require_finite("weight", weight)


def _leaf(weight: Tensor) -> Tensor:
    _require_weight(weight)
    return weight.detach().clone().requires_grad_()


def _gradient(name: str, value: Tensor, point: Tensor, dual: Tensor | None = None) -> Tensor:
    if value.requires_grad:
        gradient = torch.autograd.grad(value, point, dual, create_graph=True, allow_unused=True)[0]
        if gradient is not None:
            return gradient
    raise ValueError(f"{name}: does not depend on the weight")
