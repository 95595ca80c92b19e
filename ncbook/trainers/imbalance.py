"""Losses for classes of unequal size. Like those of `losses`, they run under `torch.func.vmap`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook._checks import as_tuple, require, require_number, require_positive
from ncbook.trainers.outputs import Outputs, precise, require_outputs


@dataclass(frozen=True)
class Reweighted:
    """Cross-entropy in nats in which every class weighs as much: a point of class c counts N / (K n_c) times.

    class_counts: n_c > 0, the training points of each class, N in all. The weights have mean 1 over the training set;
    a batch is averaged over its points, so that its gradient is unbiased.

    >>> trainers.Reweighted((2, 1))(outputs)
    tensor(0.1694)
    """

    class_counts: tuple[float, ...]

    def __post_init__(self) -> None:
        _require_counts(self.class_counts)

    def __call__(self, outputs: Outputs) -> Tensor:
        logits = _logits(self.class_counts, outputs)
        shares = _shares(self.class_counts, logits)
        losses = F.cross_entropy(logits, outputs.labels, reduction="none")
        return outputs.mean(losses / (len(shares) * shares)[outputs.labels])


@dataclass(frozen=True)
class LogitAdjusted:
    """Cross-entropy in nats of z_c + strength log(n_c / N) in place of the logits z_c (Menon et al. 2021).

    class_counts: n_c > 0, the training points of each class, N in all. Training supplies the frequencies, so that z
    need not; new points are decided by z alone. With strength 0 it is cross-entropy.

    >>> trainers.LogitAdjusted((2, 1))(outputs)
    tensor(0.1924)
    """

    class_counts: tuple[float, ...]
    strength: float = 1.0

    def __post_init__(self) -> None:
        _require_counts(self.class_counts)
        require_number("strength", self.strength, "a finite number", lambda value: abs(value) < float("inf"))

    def __call__(self, outputs: Outputs) -> Tensor:
        logits = _logits(self.class_counts, outputs)
        adjusted = logits + self.strength * _shares(self.class_counts, logits).log()
        return outputs.mean(F.cross_entropy(adjusted, outputs.labels, reduction="none"))


def _require_counts(counts: Sequence[float]) -> None:
    expected = "the number of training points of each of at least two classes"
    for count in as_tuple("class_counts", counts, expected):
        require_positive("class_counts", count)
    require("class_counts", counts, len(counts) >= 2, expected)


def _logits(counts: Sequence[float], outputs: Outputs) -> Tensor:
    """In float32 or better, once they are known to have a column for each class."""
    require_outputs(outputs)
    columns = outputs.logits.shape[1]
    require("class_counts", counts, len(counts) == columns, f"one for each of {columns} classes")
    return precise(outputs.logits)


def _shares(counts: Sequence[float], logits: Tensor) -> Tensor:
    """[K]: n_c / N."""
    return _kept_shares(tuple(counts), logits.dtype, logits.device)


@lru_cache(maxsize=64)
def _kept_shares(counts: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Made once: a GPU that captures a step takes nothing from the CPU."""
    numbers = torch.tensor(counts, dtype=torch.float64)
    return (numbers / numbers.sum()).to(device, dtype)
