"""The measures of `collapse` for data that passes once, on one worker or on several."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup

from ncbook import _checks
from ncbook.metrics import _state, _validate, _workers
from ncbook.metrics._moments import Moments
from ncbook.metrics.collapse import Collapse


class OnePassMeter:
    """Streaming `collapse` in one pass, by the updates of Welford (1962) and of Chan, Golub and LeVeque (1983).

    Keeps counts [K], means [K, d] and the pooled scatter around them, a [d, d] matrix, all in float64: prefer
    `CollapseMeter` where the data can be read twice. NC4 and the nearest-class-center error need the final
    class means for every point, cannot be known in one pass, and are nan. Not differentiable.

    Several workers: each updates a meter with its share, then `sync` on all makes each the meter of all points.

    >>> meter = metrics.OnePassMeter(num_classes=3, dim=2)
    >>> meter.update(features[:6], labels[:6])
    >>> meter.update(features[6:], labels[6:])
    >>> round(meter.compute(weight).nc1, 4)
    0.0017
    """

    def __init__(self, num_classes: int, dim: int, device: torch.device | str | None = None) -> None:
        _validate.require_sizes(num_classes, dim)
        if device is not None:
            _checks.require_device("device", device)
        self.num_classes, self.dim = num_classes, dim
        self._moments = Moments.of_none(num_classes, dim, device)
        self._synced = False

    def reset(self) -> None:
        """As new, for the next epoch; the device stays."""
        self._moments = Moments.of_none(self.num_classes, self.dim, self._moments.counts.device)
        self._synced = False

    def to(self, device: torch.device | str) -> "OnePassMeter":
        """Move all that has been summed to `device`, where the next batches must lie; returns the meter."""
        if device is not None:
            _checks.require_device("device", device)
        _state.move(self, torch.device(device))
        return self

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor) -> None:
        """Take in a batch: features [B, d], labels [B]. Raises ValueError as `collapse` does, and after `sync`."""
        labels = _validate.require_batch(features, labels, self.num_classes, self.dim)
        _state.require_open(self._synced, "update")
        _state.require_device(features, self._moments.counts.device)
        self._moments = self._moments.plus(Moments.of(features, labels, self.num_classes))

    def copy(self) -> "OnePassMeter":
        """A meter of its own in the same state."""
        return deepcopy(self)

    def merge(self, other: "OnePassMeter") -> None:
        """Take in what another worker's meter has seen, on the same device."""
        _checks.require_instance("other", other, OnePassMeter, "a OnePassMeter")
        if (other.num_classes, other.dim) != (self.num_classes, self.dim):
            raise ValueError(f"other: measures {other.num_classes} classes in {other.dim} dimensions, not the same")
        _state.require_open(self._synced or other._synced, "merge")
        self._moments = self._moments.plus(other._moments)

    @torch.no_grad()
    def sync(self, group: ProcessGroup | None = None) -> None:
        """Bring in the points of all workers of a torch.distributed group: update..., sync(), compute().

        All workers call it, those without any batch too. Two sums are sent, of the means and of the scatter around
        the common ones, [d, d]. A second call changes nothing, and `update` is refused until `reset`, so that nothing
        counts twice: for a value in between, sync a `copy()`. Without a group, or in one of a single worker, nothing
        happens. Raises ValueError on all workers alike if their meters do not fit together.
        """
        if not _workers.several(group):
            return
        sizes = {"num_classes": self.num_classes, "dim": self.dim}
        _workers.agreed(sizes | {"calls of sync since the last reset": int(self._synced)}, group)
        if self._synced:
            return
        own = self._moments
        counts, sums = _workers.total([own.counts, own.counts[:, None] * own.means], group)
        shifted = own.around(sums / counts.clamp(min=1)[:, None])
        squares, scatter = _workers.total([shifted.squares, shifted.scatter], group)
        self._moments = Moments(counts, shifted.means, squares, scatter)
        self._synced = True

    @torch.no_grad()
    def compute(self, weight: Tensor | None = None) -> Collapse:
        """The measures; those of the classifier are nan without `weight` [K, d]."""
        if weight is not None:
            _validate.require_tensors(meter=self._moments.counts, weight=weight)
            _validate.require_head(weight, None, self.num_classes, self.dim)
        return self._moments.measures(weight)

    def state_dict(self) -> dict[str, Any]:
        """All that has been seen, as tensors and numbers, which `torch.load` reads with `weights_only=True`."""
        sizes = {"num_classes": self.num_classes, "dim": self.dim, "synced": int(self._synced)}
        return sizes | asdict(self._moments)  # which copies the tensors

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned, on this meter's device.

        Raises ValueError for a state of another number of classes or dimensions, or of another kind of meter.
        """
        own = vars(self._moments)
        _state.require_fitting(state, ["synced", *own], self.num_classes, self.dim)
        self._moments = Moments(**_state.read(state, own))
        self._synced = bool(state["synced"])
