"""Coding rates of four arrangements of classes on the unit sphere."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ncbook import metrics
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.corrupted_labels.config import Config
from ncbook.readings.corrupted_labels import ARRANGEMENTS, FRAME, SIMPLEX, SPHERE, SUBSPACES


def simplex_rate(classes: int, dim: int, eps_sq: float) -> float:
    """R = (K-1)/2 log(1 + d / ((K-1) eps^2)), in nats, of classes collapsed to a simplex of unit means."""
    return (classes - 1) / 2 * math.log1p(dim / ((classes - 1) * eps_sq))


def frame_rate(classes: int, dim: int, eps_sq: float) -> float:
    """R = K/2 log(1 + d / (K eps^2)), in nats, of classes collapsed to orthogonal unit means."""
    return classes / 2 * math.log1p(dim / (classes * eps_sq))


def point_rate(dim: int, eps_sq: float) -> float:
    """R_c = 1/2 log(1 + d / eps^2), in nats, of classes that are each one unit vector."""
    return math.log1p(dim / eps_sq) / 2


def subspace_rates(classes: int, own: int, dim: int, eps_sq: float) -> tuple[float, float]:
    """R and R_c, in nats, of classes that fill orthogonal subspaces of `own` dimensions evenly."""
    whole = classes * own / 2 * math.log1p(dim / (classes * own * eps_sq))
    return whole, own / 2 * math.log1p(dim / (own * eps_sq))


def arranged(name: str, classes: int, per_class: int, dim: int, seed: int) -> tuple[Tensor, Tensor]:
    """features [K n, d] float64 of length 1 and labels [K n].

    Subspaces have the largest dimension for which all of them fit, d // K; within one, and on the sphere, directions
    are random, drawn by `seed`.
    """
    labels = torch.arange(classes).repeat_interleave(per_class)
    chance = torch.Generator().manual_seed(seed)
    makers: dict[str, Callable[[], Tensor]] = {
        SIMPLEX: lambda: metrics.simplex_etf(classes, dim).double()[labels],
        FRAME: lambda: torch.eye(dim, dtype=torch.float64)[labels],
        SUBSPACES: lambda: _in_subspaces(labels, dim // classes, dim, chance),
        SPHERE: lambda: torch.randn(len(labels), dim, generator=chance, dtype=torch.float64),
    }
    features = makers[name]()
    return features / features.norm(dim=1, keepdim=True), labels


def _in_subspaces(labels: Tensor, own: int, dim: int, chance: torch.Generator) -> Tensor:
    """Class k has normal entries in the coordinates k own to (k+1) own - 1 and zeros elsewhere."""
    found = torch.zeros(len(labels), dim, dtype=torch.float64)
    columns = labels[:, None] * own + torch.arange(own)
    return found.scatter(1, columns, torch.randn(len(labels), own, generator=chance, dtype=torch.float64))


def measure(config: Config, seed: int) -> Rows:
    """A row an arrangement and size: the numbers of points at `rate_dim` dimensions, then the other dimensions."""
    sizes = [(count, config.rate_dim) for count in config.points]
    sizes += [(config.points[0], dim) for dim in config.dims if dim != config.rate_dim]
    return [_row(config, name, count, dim, seed) for count, dim in sizes for name in ARRANGEMENTS]


def _row(config: Config, name: str, per_class: int, dim: int, seed: int) -> Row:
    features, labels = arranged(name, config.classes, per_class, dim, seed)
    whole = metrics.coding_rate(features, config.eps_sq).item()
    parts = metrics.class_coding_rate(features, labels, config.eps_sq).item()
    return {
        "part": "rates", "arm": name, "label_noise": 0.0, "seed": seed, "step": 0, "epoch": 0, "coding_rate": whole,
        "class_coding_rate": parts, "rate_reduction": whole - parts, "dim": dim, "per_class": per_class,
    } | _closed(config, name, dim)  # fmt: skip


def _closed(config: Config, name: str, dim: int) -> dict[str, float]:
    """Closed forms; those of the subspaces are reached as the number of points grows. None for random directions."""
    about = config.classes, dim, config.eps_sq
    if name == SPHERE:
        return {}
    if name == SUBSPACES:
        whole, parts = subspace_rates(config.classes, dim // config.classes, dim, config.eps_sq)
    else:
        whole = {SIMPLEX: simplex_rate, FRAME: frame_rate}[name](*about)
        parts = point_rate(dim, config.eps_sq)
    return {"coding_rate_closed": whole, "class_coding_rate_closed": parts}
