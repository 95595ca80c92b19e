"""The measures of `collapse` for data that comes in batches, on one worker or on several."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup

from ncbook import _checks
from ncbook.metrics import _classes, _state, _validate, _workers
from ncbook.metrics._second_pass import SecondPass
from ncbook.metrics.collapse import Collapse, decisions_of, of_sums

_PRECISIONS = {"": None, "float32": torch.float32, "float64": torch.float64}  # "": no batch has been seen


class CollapseMeter:
    """Streaming `collapse` (Papyan et al. 2020): two passes over the same batches, the numbers of the whole tensor.

    The first pass sums counts and class means, the second what lies around them; the state is [K, d], whatever
    the number of points. Everything lies on the device of the first batch. Not differentiable.

    Several workers of torch.distributed, each with its share of the batches, call on their own meters update...,
    `sync()`, `start_second_pass()`, update..., `sync()`, `compute()`. Without torch.distributed, one meter merges the
    others and starts the second pass, each worker continues with a `copy()` of it, and those are merged.

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
        self.reset()

    def reset(self) -> None:
        """As new, for the next epoch, on whatever device its first batch lies."""
        self._device: torch.device | None = None  # until the first batch, or `to`, has told
        self._counts: Tensor | None = None  # [K]
        self._sums: Tensor | None = None  # [K, d] float64
        self._working: torch.dtype | None = None
        self._second: SecondPass | None = None
        self._decided = True
        self._synced = False

    def to(self, device: torch.device | str) -> "CollapseMeter":
        """Move all that has been summed to `device`, where the next batches must lie; returns the meter."""
        if device is not None:
            _checks.require_device("device", device)
        self._device = torch.empty(0, device=device).device  # with its number, as those of tensors have one
        _state.move(self, self._device)
        return self

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor, logits: Tensor | None = None) -> None:
        """Take in a batch: features [B, d], labels [B], and in the second pass the network's logits [B, K].

        Without logits NC4 stays nan. Raises ValueError as `collapse` does, for a device or a precision that changes
        (between float64 and others) from one batch to the next, and after `sync` in the same pass.
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
        self._second = SecondPass(_classes.Means.of(self._counts, self._sums, self._working), watch=True)
        self._sums = None  # they have become the means
        self._synced = False

    def copy(self) -> "CollapseMeter":
        """A meter of its own in the same state, for another worker."""
        return deepcopy(self)

    def merge(self, other: "CollapseMeter") -> None:
        """Take in what another worker's meter has seen in the same pass, on the same device.

        Raises ValueError if the two are in different passes, or in a second pass with different class means, or
        if one holds the points of all workers since `sync`.
        """
        _checks.require_instance("other", other, CollapseMeter, "a CollapseMeter")
        if (other.num_classes, other.dim) != (self.num_classes, self.dim):
            raise ValueError(f"other: measures {other.num_classes} classes in {other.dim} dimensions, not the same")
        _state.require_open(self._synced or other._synced, "merge")
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
    def sync(self, group: ProcessGroup | None = None) -> None:
        """Bring in the points of all workers of a torch.distributed group, at the end of each pass.

        All workers call it, those without any batch too. Sent are sums: [K] and [K, d] in the first pass, a few
        vectors in the second. A second call in a pass changes nothing, and `update` is refused until the next pass or
        `reset`, so that nothing counts twice: for a value in between, sync a `copy()`. Without a group, or in one of
        a single worker, nothing happens. Raises ValueError on all workers alike if their meters do not fit together:
        in sizes, pass, precision, or class means, as without the `sync` of the first pass.
        """
        if not _workers.several(group):
            return
        bits = _workers.agreed(self._identity(), group)["bits of precision"]
        if self._synced or bits is None:  # None: nobody has seen a batch
            return
        self._working = torch.float64 if bits == 64 else torch.float32
        own = {"undecided": torch.tensor(int(not self._decided), device="cpu")} | self._sums_of_pass()
        sums = dict(zip(own, _workers.total(list(own.values()), group), strict=True))
        self._decided = not bool(sums.pop("undecided"))
        self._set_sums(sums)
        if self._second is not None:
            self._second.coarseness = _workers.largest(self._second.coarseness, group)
        self._synced = True

    def _identity(self) -> dict[str, int | None]:
        """In what the meters of all workers have to agree."""
        second = self._second
        return {
            "num_classes": self.num_classes,
            "dim": self.dim,
            "pass": 1 if second is None else 2,
            "calls of sync in this pass": int(self._synced),
            "bits of precision": None if self._working is None else torch.finfo(self._working).bits,
            "the class means, of which sync() before start_second_pass() makes one set (here as fingerprints)": (
                None if second is None else _workers.fingerprint(second.means.means)
            ),
            "number of directions in which class means differ": None if second is None else len(second.axes),
        }

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

    def state_dict(self) -> dict[str, Any]:
        """All that has been seen, in either pass, as tensors, numbers and strings.

        `torch.load` reads it with `weights_only=True`. Its largest tensor is [K, d]: what a second pass derives from
        the class means is derived again when it is loaded.
        """
        state: dict[str, Any] = {
            "num_classes": self.num_classes,
            "dim": self.dim,
            "precision": next(name for name, dtype in _PRECISIONS.items() if dtype == self._working),
            "pass": 1 if self._second is None else 2,
            "decided": int(self._decided),
            "synced": int(self._synced),
        }
        sums = self._sums_of_pass()
        if self._second is not None:
            state["coarseness"] = self._second.coarseness
            sums |= {"first_counts": self._counts_or_zeros(), "means": self._second.means.means}
        return state | {name: value.clone() for name, value in sums.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned, on the device that `to` has named, or else that of the state.

        Raises ValueError for a state of another number of classes or dimensions, or of another kind of meter.
        """
        names = ["precision", "pass", "decided", "synced", "first_counts"]
        second = isinstance(state, Mapping) and state.get("pass") == 2
        names += ["means", "coarseness"] if second else []
        _state.require_fitting(state, names, self.num_classes, self.dim)
        loaded = CollapseMeter(self.num_classes, self.dim)
        loaded._device = self._device or state["first_counts"].device
        loaded._working = _PRECISIONS[state["precision"]]
        if state["pass"] == 2:
            loaded._second = loaded._second_of(state)
        if loaded._working is not None:
            loaded._set_sums(_state.read(state, loaded._sums_of_pass()))
        loaded._decided, loaded._synced = bool(state["decided"]), bool(state["synced"])
        vars(self).update(vars(loaded))

    def _second_of(self, state: Mapping[str, Any]) -> SecondPass:
        """The second pass with the class means of a state, to the bit, before its first batch."""
        self._counts = _state.read(state, {"first_counts": self._counts_or_zeros()})["first_counts"]
        occurs = self._counts > 0
        means = self._counts.new_zeros(self.num_classes, self.dim, dtype=torch.float64)
        means[occurs] = _state.read(state, {"means": means[occurs]})["means"]
        assert self._working is not None
        divided_by_one = _classes.Means.of(occurs.long(), means, self._working)
        second = SecondPass(replace(divided_by_one, counts=self._counts[occurs].double()), watch=True)
        second.coarseness = state["coarseness"]
        return second

    def _counts_or_zeros(self) -> Tensor:
        if self._counts is not None:
            return self._counts
        return torch.zeros(self.num_classes, dtype=torch.int64, device=self._device or "cpu")

    def _sums_of_pass(self) -> dict[str, Tensor]:
        """What the pass that is under way sums up, by names of which `_set_sums` knows where they belong."""
        if self._second is None:
            counts, sums = self._counts_or_zeros(), self._sums
            if sums is None:
                sums = counts.new_zeros(self.num_classes, self.dim, dtype=torch.float64)
            return {"first_counts": counts, "first_sums": sums}
        return {f"second_{name}": getattr(self._second, name) for name in SecondPass.SUMS}

    def _set_sums(self, sums: Mapping[str, Tensor]) -> None:
        if self._second is None:
            self._device = sums["first_counts"].device
            self._counts, self._sums = sums["first_counts"], sums["first_sums"]
            return
        for name in SecondPass.SUMS:
            setattr(self._second, name, sums[f"second_{name}"])

    def _checked(self, features: Tensor, labels: Tensor) -> Tensor:
        labels = _validate.require_batch(features, labels, self.num_classes, self.dim)
        _state.require_open(self._synced, "update")
        _state.require_device(features, self._device)
        self._set_working(_classes.working_dtype(features))
        return labels

    def _set_working(self, working: torch.dtype | None) -> None:
        if self._working not in (None, working):
            raise ValueError(f"features: earlier batches were computed in {self._working}, this one needs {working}")
        self._working = working

    def _take_batch(self, features: Tensor, labels: Tensor) -> None:
        """Add to the sums in place: they may be the largest matrix there is."""
        total = features.sum(dtype=_classes.working_dtype(features))  # in float64 it would copy them
        if not bool(torch.isfinite(total)):  # before anything of the batch is added
            _validate.require_finite("features", features)
        if self._counts is None or self._sums is None:
            self._device = features.device
            self._counts = labels.new_zeros(self.num_classes)
            self._sums = features.new_zeros(self.num_classes, self.dim, dtype=torch.float64)
        self._counts += torch.bincount(labels, minlength=self.num_classes)
        _classes.add_sums(self._sums, features, labels)

    def _take_in(self, counts: Tensor, sums: Tensor) -> None:
        self._device = counts.device
        self._counts = counts.clone() if self._counts is None else self._counts + counts
        self._sums = sums.clone() if self._sums is None else self._sums.add_(sums)
