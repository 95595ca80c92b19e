"""The heads of the arms: how many features each reads, and the rows of those that are not trained."""

import torch
from torch import Tensor

from ncbook import metrics
from ncbook.readings.fixed_head import (
    ALIKE,
    CIRCLE,
    CORNERED,
    EQUAL,
    LEARNED,
    LEARNED_2,
    LEARNED_K,
    MAPPED,
    RANDOM,
    RANDOM_K,
    SIMPLEX,
    TURNED,
)

CLASSES = 10  # of every data set here
_ALL = (LEARNED, TURNED, RANDOM)  # read every feature of the network
_READ = {
    SIMPLEX: 10, ALIKE: 10, EQUAL: 10, LEARNED_K: 10, RANDOM_K: 10, CORNERED: 9, MAPPED: 9, LEARNED_2: 2, CIRCLE: 2,
}  # fmt: skip
AFTER_A_MAP = (MAPPED, LEARNED_2, CIRCLE)  # a linear map makes the features, which then have either sign
TRAINED = (LEARNED, LEARNED_K, LEARNED_2)
_PAIRS = ((0, 1), (2, 3))  # classes whose rows are nearly equal
_COSINES = {ALIKE: 0.98, EQUAL: 0.9999}  # of the two rows of a pair


def features_read(arm: str, width: int) -> int:
    """d: the features that the head of an arm reads."""
    return width if arm in _ALL else _READ[arm]


def rows(arm: str, dim: int, seed: int) -> Tensor:
    """[K, d] float64 with rows of root mean square length 1. `seed` draws what is random."""
    chance = torch.Generator().manual_seed(seed)
    if arm == SIMPLEX:
        return metrics.simplex_on_axes(CLASSES, dim)
    if arm in (CORNERED, MAPPED):
        return metrics.simplex_etf(CLASSES, dim)
    if arm == TURNED:
        return turned(dim, chance)
    if arm in _COSINES:
        return pairs_alike(metrics.simplex_on_axes(CLASSES, dim), _COSINES[arm])
    if arm == CIRCLE:
        return metrics.softmax_code(CLASSES, dim).frame
    drawn = torch.randn(CLASSES, dim, generator=chance, dtype=torch.float64)
    return drawn * CLASSES**0.5 / drawn.norm()


def turned(dim: int, chance: torch.Generator) -> Tensor:
    """The simplex in a random subspace, so that every feature is read."""
    drawn = torch.randn(dim, CLASSES - 1, generator=chance, dtype=torch.float64)
    return metrics.simplex_etf(CLASSES, CLASSES - 1) @ torch.linalg.qr(drawn).Q.T


def pairs_alike(frame: Tensor, cosine: float) -> Tensor:
    """`frame` [K, d] of unit rows, with the two rows of each of two pairs turned towards each other to that cosine."""
    changed = frame.clone()
    for first, second in _PAIRS:
        middle, apart = frame[first] + frame[second], frame[first] - frame[second]
        along = middle / middle.norm() * ((1 + cosine) / 2) ** 0.5
        across = apart / apart.norm() * ((1 - cosine) / 2) ** 0.5
        changed[first], changed[second] = along + across, along - across
    return changed
