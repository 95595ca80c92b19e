"""The measures of `collapse` for data that comes in batches, on one worker or on several."""

from copy import deepcopy

import torch
from torch import Tensor

from ncbook.metrics import _classes, _options, _validate
from ncbook.metrics._second_pass import SecondPass
from ncbook.metrics.collapse import Collapse, decisions_of, of_sums


class CollapseMeter:
    """Streaming `collapse` (Papyan et al. 2020): two passes over the same batches, the numbers of the whole tensor.

    The first pass sums counts and class means, the second what lies around them; the state is [K, d], whatever
    the number of points. Several workers: each makes the first pass over its share, one meter merges the others
    and starts the second pass, each worker continues with a `copy()` of it, and their second passes are merged.
    Everything lies on the device of the first batch. Not differentiable.

    >>> meter = metrics.CollapseMeter(num_classes=3, dim=2)
    >>> batches = [(features[:6], labels[:6]), (features[6:], labels[6:])]
    >>> for batch in batches:
    ...     meter.update(*batch)
    >>> meter.start_second_pass()
    >>> for h, y in batches:
    ...     meter.update(h, y, logits=h @ weight.T)
    >>> round(meter.compute(weight).nc1, 4)
    0.0017
    """

    def __init__(self, num_classes: int, dim: int) -> None:
        _validate.require_sizes(num_classes, dim)
        self.num_classes, self.dim = num_classes, dim
        self._counts: Tensor | None = None  # [K], once the first batch has told the device
        self._sums: Tensor | None = None  # [K, d] float64
        self._working: torch.dtype | None = None
        self._second: SecondPass | None = None
        self._decided = True

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor, logits: Tensor | None = None) -> None:
        """Take in a batch: features [B, d], labels [B], and in the second pass the network's logits [B, K].

        Without logits NC4 stays nan. Raises ValueError as `collapse` does, and for a precision that changes
        between float64 and others from one batch to the next.
        """
        labels = self._checked(features, labels)
        decisions = None if logits is None else decisions_of(logits, features, self.num_classes)
        if self._second is None:
            self._take_batch(features, labels)
            return
        self._decided = self._decided and decisions is not None
        for rows in self._second.blocks(features):
            index = self._second.means.position[labels[rows]]
            self._second.add(features[rows], index, None if decisions is None else decisions[rows])

    def start_second_pass(self) -> None:
        """Fix the class means; from now on `update` expects the same batches again, in any order."""
        if self._second is not None:
            raise ValueError("start_second_pass: the second pass has already been started")
        if self._counts is None or self._sums is None or self._working is None:
            raise ValueError("start_second_pass: the first pass has seen no batch")
        self._second = SecondPass(_classes.Means.of(self._counts, self._sums, self._working))
        self._sums = None  # they have become the means

    def copy(self) -> "CollapseMeter":
        """A meter of its own in the same state, for another worker."""
        return deepcopy(self)

    def merge(self, other: "CollapseMeter") -> None:
        """Take in what another worker's meter has seen in the same pass, on the same device.

        Raises ValueError if the two are in different passes, or in a second pass with different class means.
        """
        _options.require_instance("other", other, CollapseMeter)
        if (other.num_classes, other.dim) != (self.num_classes, self.dim):
            raise ValueError(f"other: measures {other.num_classes} classes in {other.dim} dimensions, not the same")
        if (self._second is None) != (other._second is None):
            raise ValueError("other: is not in the same pass as this meter")
        if self._second is None or other._second is None:
            if other._counts is not None and other._sums is not None:
                self._set_working(other._working)
                self._take_in(other._counts, other._sums)
            return
        if not torch.equal(self._second.means.means, other._second.means.means):
            raise ValueError("other: has other class means; start both second passes from copies of one meter")
        self._second.merge(other._second)
        self._decided = self._decided and other._decided

    @torch.no_grad()
    def compute(self, weight: Tensor | None = None) -> Collapse:
        """The measures; those of the classifier are nan without `weight` [K, d].

        Raises ValueError if the second pass has not seen exactly as many points of each class as the first, or other
        features: a network with dropout or batch norm in training mode gives other ones each time.
        """
        if self._second is None:
            raise ValueError("compute: the second pass has not been made")
        seen, expected = self._second.counts, self._second.means.counts
        if not torch.equal(seen, expected):
            raise ValueError(
                f"compute: the second pass saw {int(seen.sum())} points, the first {int(expected.sum())}; "
                "both must see the same batches"
            )
        self._second.require_same_features()
        if weight is not None:
            _validate.require_tensors(meter=seen, weight=weight)
            _validate.require_head(weight, None, self.num_classes, self.dim)
        return of_sums(self._second, weight, self._decided)

    def _checked(self, features: Tensor, labels: Tensor) -> Tensor:
        labels = _validate.require_batch(features, labels, self.num_classes, self.dim)
        self._set_working(_classes.working_dtype(features))
        return labels

    def _set_working(self, working: torch.dtype | None) -> None:
        if self._working not in (None, working):
            raise ValueError(f"features: earlier batches were computed in {self._working}, this one needs {working}")
        self._working = working

    def _take_batch(self, features: Tensor, labels: Tensor) -> None:
        """Add to the sums in place: they may be the largest matrix there is."""
        if not bool(torch.isfinite(features.sum(dtype=torch.float64))):  # before anything of the batch is added
            _validate.require_finite("features", features)
        if self._counts is None or self._sums is None:
            self._counts = labels.new_zeros(self.num_classes)
            self._sums = features.new_zeros(self.num_classes, self.dim, dtype=torch.float64)
        self._counts += torch.bincount(labels, minlength=self.num_classes)
        _classes.add_sums(self._sums, features, labels)

    def _take_in(self, counts: Tensor, sums: Tensor) -> None:
        self._counts = counts.clone() if self._counts is None else self._counts + counts
        self._sums = sums.clone() if self._sums is None else self._sums.add_(sums)
