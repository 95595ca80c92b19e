"""Exercises of the chapter "Transfer"."""

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _points_lost() -> float:
    """Median over the seeds of the probe's fall since zero training error, for odd or even with the strong decay."""
    table = readings.transfer.since_zero_error(experiments.transfer.load())
    rows = table[table.arm == readings.transfer.PARITY]
    return float((rows.probe_then - rows.probe_end).median())


EXERCISES = {
    "transfer/points": Exercise(
        lambda: 4 / 10,
        "a classifier sees which of the four points an image went to and nothing else: it can name one class a point",
    ),
    "transfer/useful": Exercise(
        lambda: 0.5 / (16 * 9 * (1 + 2 / 5)),
        "set 16 (K - 1) (1 + 2/n) V to one half, with K = 10 and n = 5, and solve for V",
    ),
    "transfer/lost": Exercise(
        _points_lost,
        "call readings.transfer.since_zero_error, keep the arm odd or even, and take the median over the seeds of "
        "probe_then - probe_end",
    ),
}


def _nearest_mean(shown: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """Labels [M] of the points new [M, d]: that of the nearest class mean of shown [n, d], with labels [n]."""
    names = labels.unique()
    means = torch.stack([shown[labels == name].mean(0) for name in names])
    return names[torch.cdist(new, means).argmin(1)]


def _shots(means: Tensor, names: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Five points around each row of means [K, d], with labels from names [K], and four new ones."""
    chance = torch.Generator().manual_seed(0)
    shown, new = (
        each + 0.2 * torch.randn(each.shape, generator=chance, dtype=torch.float64)
        for each in (means.repeat_interleave(5, 0), means.repeat(4, 1))
    )
    return shown, names.repeat_interleave(5), new


def _with_strays() -> tuple[Tensor, Tensor, Tensor]:
    """Of the five points of each class the first lies among those of the next class."""
    corners = 3 * metrics.simplex_etf(4, 6).double()
    shown, labels, new = _shots(corners, torch.arange(4))
    shown[::5] = corners.roll(-1, 0)
    return shown, labels, new


def _on_a_line(names: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return _shots(torch.tensor([1.0, 3.0, 9.0], dtype=torch.float64)[:, None] * torch.eye(1, 4), names)


FUNCTIONS = {
    "transfer/write-few-shot": Written(
        _nearest_mean,
        (
            Trial(
                "classes with a stray point each",
                _with_strays,
                "compare a new point with the mean of each class, not with single points",
            ),
            Trial(
                "class means of different lengths",
                lambda: _on_a_line(torch.arange(3)),
                "the nearest mean has the smallest distance; the largest scalar product favors long means",
            ),
            Trial(
                "classes that are named 3, 7 and 9",
                lambda: _on_a_line(torch.tensor([3, 7, 9])),
                "return the label of the nearest class, not its place in your list of means",
            ),
        ),
    ),
}
