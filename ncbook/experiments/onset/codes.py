"""Where classes can stand: a simplex, a circle, or several circles; and what each costs (Tan et al. 2026)."""

import numpy as np
import scipy
import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import metrics


def circle(num_classes: int, frequency: int = 1) -> Tensor:
    """[K, 2]: unit vectors at the angles 2 pi k c / K; a regular K-gon where k and K share no factor. float64."""
    angles = 2 * torch.pi * frequency / num_classes * torch.arange(num_classes, dtype=torch.float64)
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def simplex(num_classes: int) -> Tensor:
    """[K, K]: the simplex of unit vectors. float64."""
    return metrics.simplex_etf(num_classes, num_classes)


def nuclear_norm(weight: Tensor) -> float:
    """The sum of the singular values of W [K, d], by decomposition."""
    return float(torch.linalg.svdvals(weight).sum())


def closed_norms(num_classes: int) -> tuple[float, float]:
    """sqrt(2 K) of the circle and sqrt(K (K-1)) of the simplex, both of unit rows."""
    return float(np.sqrt(2 * num_classes)), float(np.sqrt(num_classes * (num_classes - 1)))


def code_loss(code: Tensor, temperature: float) -> float:
    """Cross-entropy (nats) of a code [K, d] whose features are its own rows, with logits divided by the temperature."""
    return F.cross_entropy(code @ code.T / temperature, torch.arange(len(code))).item()


def log_bessel(temperature: float) -> float:
    """log I_0(1 / temperature): for many classes, the cross-entropy that the circle has above the simplex."""
    return float(np.log(scipy.special.ive(0, 1 / temperature)) + 1 / temperature)


def critical_penalty(num_classes: int, temperature: float) -> float:
    """lambda_crit = log I_0(1/tau) / (sqrt(K (K-1)) - sqrt(2 K)): above it the circle is the cheaper one."""
    flat, tall = closed_norms(num_classes)
    return log_bessel(temperature) / (tall - flat)


def excess(num_classes: int, temperature: float, penalty: float) -> float:
    """Loss plus penalty times nuclear norm of the circle, minus that of the simplex; both codes written out."""
    costs = [
        code_loss(code, temperature) + penalty * nuclear_norm(code)
        for code in (circle(num_classes), simplex(num_classes))
    ]
    return costs[0] - costs[1]


def direct_penalty(num_classes: int, temperature: float) -> float:
    """The penalty at which both codes cost the same, without an approximation."""
    return float(
        scipy.optimize.brentq(lambda penalty: excess(num_classes, temperature, penalty), 0.0, 10.0, xtol=1e-12)
    )


def curves(classes: tuple[int, ...], temperature: float) -> dict[str, np.ndarray]:
    """For each K of `classes` [n]: norms of circle and simplex by decomposition, the gap of the losses and the critical

    penalty, each written out and by formula; and costs [n, 2], `excess` at 0.9 and 1.1 times the formula's penalty.
    """
    codes = [(circle(num_classes), simplex(num_classes)) for num_classes in classes]
    losses = np.array([[code_loss(code, temperature) for code in pair] for pair in codes])
    formula = np.array([critical_penalty(num_classes, temperature) for num_classes in classes])
    return {
        "codes/norms": np.array([[nuclear_norm(code) for code in pair] for pair in codes]),
        "codes/closed": np.array([closed_norms(num_classes) for num_classes in classes]),
        "codes/gap": losses[:, 0] - losses[:, 1],
        "codes/log_bessel": np.array(log_bessel(temperature)),
        "codes/direct": np.array([direct_penalty(num_classes, temperature) for num_classes in classes]),
        "codes/formula": formula,
        "codes/excess": np.array([
            [excess(num_classes, temperature, factor * penalty) for factor in (0.9, 1.1)]
            for num_classes, penalty in zip(classes, formula, strict=True)
        ]),
    }  # fmt: skip


def geometry(rows: Tensor) -> dict[str, np.ndarray]:
    """Of vectors [K, d], one a class, their mean subtracted:

    singular [min(K, d)] values over the largest; profile [K], the mean cosine of classes c and c + j; and distances
    of the Gram matrix at unit norm to that of the simplex, of the nearest single circle, and of the nearest sum of
    circles, 0 for equal and 1.41 for orthogonal ones.
    """
    centered = (rows - rows.mean(0)).double()
    singular = torch.linalg.svdvals(centered)
    gram = centered @ centered.T
    cosines = _cosines(gram)
    return {
        "singular": (singular / singular[0]).numpy(),
        "profile": _diagonals(cosines).numpy(),
        "distances": np.array([_distance(gram, code) for code in (_simplex_gram(gram), *_circle_grams(gram))]),
    }


def _cosines(gram: Tensor) -> Tensor:
    """[K, K]: cosines of the vectors with this Gram matrix."""
    norms = gram.diagonal().sqrt()
    return gram / torch.outer(norms, norms)


def _diagonals(matrix: Tensor) -> Tensor:
    """[K]: the mean over c of entry (c, c + j mod K), for each j."""
    index = torch.arange(len(matrix))
    return torch.stack([matrix[index, (index + shift) % len(matrix)].mean() for shift in range(len(matrix))])


def _simplex_gram(gram: Tensor) -> Tensor:
    return torch.eye(len(gram), dtype=gram.dtype) - 1 / len(gram)


def _circle_grams(gram: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest Gram matrices of one circle, and of a sum of circles, which is any cyclic one with a mean of 0."""
    num_classes, waves = len(gram), []
    for frequency in range(1, num_classes // 2 + 1):
        code = circle(num_classes, frequency)
        waves.append(code @ code.T)
    shares = torch.stack([(gram * wave).sum() / wave.square().sum() for wave in waves]).clamp(min=0)
    gains = shares * torch.stack([wave.norm() for wave in waves])
    return waves[int(gains.argmax())], sum(
        (share * wave for share, wave in zip(shares, waves, strict=True)), torch.zeros_like(gram)
    )


def _distance(gram: Tensor, code: Tensor) -> float:
    return float((gram / gram.norm() - code / code.norm()).norm())
