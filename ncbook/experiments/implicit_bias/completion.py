"""Products of matrices that fit some entries of a low-rank matrix, and a 2 x 2 one whose norm cannot stay small."""

from functools import reduce

import numpy as np
import torch
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.implicit_bias.arm import Arm, Result
from ncbook.experiments.implicit_bias.config import Config

_ROUNDS = 30  # of soft-thresholding at each strength
_STRENGTHS = np.geomspace(0.5, 3e-4, 40)  # of the penalty, over the largest singular value of what is observed
_NOISE = 1e-3  # of the 2 x 2 factors at the start, relative to their size


def truth(config: Config, observed: int, seed: int) -> tuple[Tensor, Tensor]:
    """A matrix [m, m] of rank `rank`, root mean square 1, and a mask [m, m] with `observed` ones."""
    chance = torch.Generator().manual_seed(seed)
    left, right = torch.randn(2, config.size, config.rank, generator=chance, dtype=torch.float64)
    matrix = left @ right.T
    mask = torch.zeros(config.size**2, dtype=torch.float64)
    mask[torch.randperm(config.size**2, generator=chance)[:observed]] = 1
    return matrix / matrix.square().mean().sqrt(), mask.reshape(config.size, config.size)


def starts(config: Config, depth: int, scale: float) -> list[Tensor]:
    """`depth` factors [S, m, m] with Gaussian entries; those of their product have the size scale / sqrt(m)."""
    factors = []
    for level in range(depth):
        drawn = [_normal(1000 * (level + 1) + seed, config.size, config.size) for seed in config.seeds]
        factors.append(scale ** (1 / depth) / config.size**0.5 * torch.stack(drawn))
    return factors


def gradients(factors: list[Tensor], slope: Tensor) -> list[Tensor]:
    """Of a loss by each factor, from its slope [S, m, m] by the product W_L ... W_1 of factors [W_1, ..., W_L].

    By W_l: (W_L ... W_{l+1})^T slope (W_{l-1} ... W_1)^T.
    """
    before, after = [], []  # products of the factors below and above each
    identity = torch.eye(slope.shape[-1], dtype=slope.dtype, device=slope.device)
    for level in range(len(factors)):
        before.append(reduce(lambda done, factor: factor @ done, factors[:level], identity))
        after.append(reduce(lambda done, factor: factor @ done, factors[level + 1 :], identity))
    return [above.mT @ slope @ below.mT for above, below in zip(after, before, strict=True)]


def product(factors: list[Tensor]) -> Tensor:
    """W_L ... W_1"""
    return reduce(lambda done, factor: factor @ done, factors)


def completion(config: Config, device: str, arm: Arm) -> Result:
    """Rows of gradient descent on the mean squared error of the observed entries; singular values of some arms."""
    pairs = [truth(config, arm.observed, seed) for seed in config.seeds]
    matrix, mask = (torch.stack(parts).to(device) for parts in zip(*pairs, strict=True))
    if arm.method == "nuclear":
        convex = torch.stack([least_nuclear_norm(m * o, o) for m, o in zip(matrix, mask, strict=True)])
        return _measured(config, arm, 0, convex, matrix, mask), {}
    depth = int(arm.method.removeprefix("depth"))
    factors = [factor.to(device) for factor in starts(config, depth, arm.scale)]
    rate, last = config.completion_rates[depth - 1], config.completion_steps
    probes = trainers.log_spaced(last, config.completion_probes)
    found: list[Rows] = []
    spectra: list[np.ndarray] = []
    for step in range(last + 1):
        whole = product(factors)
        if step in probes:
            found.append(_measured(config, arm, step, whole, matrix, mask))
            trainers.after_probe(found)
            spectra.append(torch.linalg.svdvals(whole[0]).cpu().numpy())
        for factor, slope in zip(factors, gradients(factors, mask * (whole - matrix)), strict=True):
            factor -= rate / config.size * slope
    rows = [row for seed_rows in zip(*found, strict=True) for row in seed_rows]
    return rows, {f"singular/{arm.method}/{arm.observed}/{arm.scale:g}": np.stack(spectra).astype(np.float32)}


def _measured(config: Config, arm: Arm, step: int, found: Tensor, matrix: Tensor, mask: Tensor) -> Rows:
    return [
        vars(arm) | {"seed": seed, "step": step} | _measure(own, true, seen)
        for seed, own, true, seen in zip(config.seeds, found, matrix, mask, strict=True)
    ]


def _measure(found: Tensor, matrix: Tensor, mask: Tensor) -> dict[str, float]:
    off, hidden = found - matrix, 1 - mask
    return {
        "residual": ((off * mask).norm() / (matrix * mask).norm()).item(),
        "unseen_error": ((off * hidden).norm() / (matrix * hidden).norm()).item(),
        "effective_rank": metrics.effective_rank(found).item(),
        "nuclear_norm": (torch.linalg.svdvals(found).sum() / torch.linalg.svdvals(matrix).sum()).item(),
    }


def least_nuclear_norm(observed: Tensor, mask: Tensor) -> Tensor:
    """The matrix of least nuclear norm that has (nearly) the `observed` entries, by soft-thresholding.

    Fill the gaps with the present guess, take `strength` off every singular value, repeat; then lower the strength.
    """
    guess, largest = torch.zeros_like(observed), torch.linalg.svdvals(observed)[0].item()
    for strength in largest * _STRENGTHS:
        for _ in range(_ROUNDS):
            left, values, right = torch.linalg.svd(observed + (1 - mask) * guess)
            guess = left @ torch.diag((values - strength).clamp(min=0)) @ right
    return guess


# ---- a matrix whose norm has to grow


def escape(config: Config, arm: Arm) -> Result:
    """Fit w_12 = w_21 = 1 and w_22 = 0 and leave w_11 free: every solution has the determinant -1.

    Factors start near the identity times `escape_scale`, one with its first axis turned over if `determinant` is
    negative. With a product of positive determinant descent cannot reach a solution at a finite w_11.
    """
    depth = int(arm.method.removeprefix("depth"))
    factors = _escape_starts(config, depth, arm.determinant)
    target = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    mask = torch.tensor([[0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    probes = trainers.log_spaced(config.escape_steps, config.completion_probes)
    found: list[Rows] = []
    for step in range(config.escape_steps + 1):
        whole = product(factors)
        if step in probes:
            found.append([
                vars(arm) | {"seed": seed, "step": step} | _escape_measure(own, target, mask)
                for seed, own in zip(config.seeds, whole, strict=True)
            ])  # fmt: skip
            trainers.after_probe(found)
        for factor, slope in zip(factors, gradients(factors, mask * (whole - target)), strict=True):
            factor -= config.escape_rate * slope
    return [row for seed_rows in zip(*found, strict=True) for row in seed_rows], {}


def _escape_starts(config: Config, depth: int, sign: int) -> list[Tensor]:
    """Factors [S, 2, 2]: multiples of the identity, one size a seed, and noise a thousand times smaller."""
    sizes = [_normal(seed, 1).exp() * config.escape_scale for seed in config.seeds]
    factors = []
    for level in range(depth):
        plain = torch.diag(torch.tensor([sign if level == 0 else 1.0, 1.0], dtype=torch.float64))
        drawn = [
            size * (plain + _NOISE * _normal(1000 * (level + 1) + seed, 2, 2))
            for size, seed in zip(sizes, config.seeds, strict=True)
        ]
        factors.append(torch.stack(drawn))
    return factors


def _normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _escape_measure(found: Tensor, target: Tensor, mask: Tensor) -> dict[str, float]:
    return {
        "square_loss": (mask * (found - target)).square().sum().item() / 2,
        "free_entry": found[0, 0].abs().item(),
        "frobenius_norm": found.norm().item(),
        "effective_rank": metrics.effective_rank(found).item(),
    }
