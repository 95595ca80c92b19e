"""A torchmetrics metric, for loops that collect their measures so.

>>> import torch
>>> from ncbook import metrics
>>> from ncbook.integrations.torchmetrics import NeuralCollapse
>>> head = torch.nn.Linear(2, 3)
>>> batches = [(metrics.simplex_etf(3, 2) + shift, torch.arange(3)) for shift in (-0.1, 0.1)]
>>> metric = NeuralCollapse(num_classes=3, dim=2, weight=head)
>>> for features, labels in batches:
...     metric.update(features, labels)
>>> sorted(metric.compute())[:3]
['cdnv', 'nc1', 'nc2_angles']
"""

from dataclasses import asdict, fields
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ncbook.integrations import _optional
from ncbook.metrics import Collapse, _state, _validate
from ncbook.metrics._moments import Moments

__all__ = ["NeuralCollapse"]

_Metric: Any = _optional.first(("torchmetrics",), extra="torchmetrics").Metric
_TWO_PASSES = ("nc4", "ncc_error")
_NAMES_OF_HEAD = ("nc2_norms_head", "nc2_angles_head", "nc2_equiangularity_head", "nc3", "nc3_etf")
_NAMES = tuple(each.name for each in fields(Collapse) if each.name not in _TWO_PASSES + _NAMES_OF_HEAD)


class NeuralCollapse(_Metric):
    """`metrics.collapse` (Papyan et al. 2020) in one pass, as a metric whose `compute` returns a dict of numbers.

    Its names are those of `metrics.Collapse`; the head's (nc2_norms_head, nc2_angles_head, nc2_equiangularity_head, nc3
    and nc3_etf) are there with `weight`, which is the head's [K, d] or the head itself. The weight is read whenever
    `compute` is called, and clones of the metric read the same. nc4 and ncc_error are left out, as they cannot be known
    in one pass: `metrics.CollapseMeter` makes two.

    The state is that of `metrics.OnePassMeter` in one tensor of d^2 + K d + 2 K numbers. It stays float64 whatever the
    precision of the network, merges without losing digits, and is what workers send each other. As long as fewer than
    two classes have been seen, which may be so in a batch that `forward` measures, all are nan. Not differentiable.
    Raises ValueError as `metrics.collapse` does. Other arguments are those of `torchmetrics.Metric`.

    >>> metric.reset()
    >>> metric.update(metrics.simplex_etf(3, 2), torch.arange(3))
    >>> metric.compute()["nc1"].item()
    0.0
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    plot_lower_bound = 0.0
    moments: Tensor

    def __init__(self, num_classes: int, dim: int, weight: Tensor | nn.Module | None = None, **options: Any) -> None:
        super().__init__(**options)
        _validate.require_sizes(num_classes, dim)
        self.num_classes, self.dim = num_classes, dim
        self._weight = None if weight is None else _Weight(weight)
        if self._weight is not None:
            _validate.require_head(self._weight.read(), None, num_classes, dim)
        merged = partial(_merged, num_classes=num_classes, dim=dim)
        self.add_state("moments", Moments.of_none(num_classes, dim).vector(), dist_reduce_fx=merged)

    def update(self, features: Tensor, labels: Tensor) -> None:
        """Take in a batch: features [B, d], labels [B]."""
        labels = _validate.require_batch(features, labels, self.num_classes, self.dim)
        _state.require_device(features, self.moments.device)
        self.moments = self._moments().plus(Moments.of(features, labels, self.num_classes)).vector()

    @torch.no_grad()
    def compute(self) -> dict[str, Tensor]:
        """Each measure as a float64 tensor []."""
        names = _NAMES if self._weight is None else _NAMES + _NAMES_OF_HEAD
        moments = self._moments()
        if (moments.counts > 0).sum() < 2:
            return {name: self.moments.new_full((), torch.nan) for name in names}
        weight = None if self._weight is None else self._weight.read().to(self.moments.device)
        if weight is not None:
            _validate.require_head(weight, None, self.num_classes, self.dim)
        measured = asdict(moments.measures(weight))
        return {name: self.moments.new_tensor(measured[name]) for name in names}

    def plot(self, val: Any = None, ax: Any = None) -> Any:
        """Draw what `compute` returns now, or what it returned before; returns a figure and its axes."""
        return self._plot(val, ax)

    def _moments(self) -> Moments:
        return Moments.of_vector(self.moments, self.num_classes, self.dim)

    def _apply(self, fn: Any, exclude_state: Any = ()) -> nn.Module:
        """Moves the state with the network, but leaves it in float64."""
        moved = super()._apply(fn, exclude_state=(*exclude_state, "moments"))
        self._defaults["moments"] = self._defaults["moments"].to(self.device)
        self.moments = self.moments.to(self.device)
        return moved


class _Weight:
    """The weight of a head, shared with clones of the metric; a copy of a network with its metric has its own head."""

    def __init__(self, source: Tensor | nn.Module) -> None:
        self.source = source

    def read(self) -> Tensor:
        weight = self.source if isinstance(self.source, Tensor) else self.source.weight
        assert isinstance(weight, Tensor)
        return weight.detach()

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Weight":
        return _Weight(memo.get(id(self.source), self.source))


def _merged(states: Tensor, num_classes: int, dim: int) -> Tensor:
    """One state of several [workers, ...]."""
    first, *others = (Moments.of_vector(state, num_classes, dim) for state in states)
    for other in others:
        first = first.plus(other)
    return first.vector()
