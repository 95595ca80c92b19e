"""The meter of one layer on one split, with the rule of the training set's class means beside it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ncbook.metrics._classes import LARGE, Means, blocks
from ncbook.metrics._measured import MeasuredLayer
from ncbook.metrics._pairs import Vectors
from ncbook.metrics._validate import NotFinite
from ncbook.metrics.collapse import Collapse
from ncbook.metrics.meter import CollapseMeter

# Bytes of what a meter keeps for each class and dimension: the last are the columns of the nearest mean, which follows
# from the directions unless these are too few.
_MEANS, _ROUNDED, _DIRECTIONS, _NEAREST = 8, 4, 4, 4


def held(num_classes: int, dim: int) -> int:
    """The most bytes that a layer takes: its meter, and the training set's means, with which splits are compared."""
    numbers = num_classes * dim
    rounded, train = (0, _ROUNDED) if numbers > LARGE else (_ROUNDED, _MEANS)
    return numbers * (_MEANS + rounded + _DIRECTIONS + _NEAREST + train)


@contextmanager
def located(where: str) -> Iterator[None]:
    """ValueErrors of this block say where: in which split, or in which layer."""
    try:
        yield
    except NotFinite as error:
        raise NotFinite(f"{where}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


class TrainMeans:
    """The nearest of the training set's class means, by Euclidean distance in float64.

    Beyond `LARGE` numbers the means are kept in the precision of the features, from which they are a rounding apart.
    """

    def __init__(self, found: Means) -> None:
        means = found.means if found.means.numel() <= LARGE else found.rounded_block()
        self._present, self._center = found.present, found.center
        self._means = Vectors(means, self._center)
        self._offsets = self._means.squares() / 2  # [K']

    def nearest(self, features: Tensor) -> Tensor:
        """[B] labels; a tie goes to the lower one. The means are read once a batch, since there may be many of them."""
        shifted = features.double() - self._center
        scores = shifted.new_empty(len(features), len(self._present))
        for classes in blocks(self._means.rows):
            scores[:, classes] = shifted @ self._means.block(classes).T - self._offsets[classes]
        return self._present[scores.argmax(1)]


class LayerMeter:
    """Two passes over one layer on one split, as `CollapseMeter` makes them."""

    def __init__(self, layer: str, num_classes: int, dim: int, train: TrainMeans | None) -> None:
        self.layer, self._train, self._compared = layer, train, train is not None
        self._meter = CollapseMeter(num_classes, dim)
        self._second, self._decided = False, True
        self._points = self._mismatches = self._errors = 0

    def update(self, features: Tensor, labels: Tensor, logits: Tensor | None) -> None:
        """Take in a batch: features [B, d], labels [B], logits [B, K] or None, on any device."""
        device = features.device if features.device.type != "mps" else torch.device("cpu")  # which has float64
        features, labels = features.to(device), labels.to(device)
        logits = None if logits is None else logits.to(device)
        with located(f"layer {self.layer!r}"):
            self._meter.update(features, labels, logits if self._second else None)
        if not self._second:
            self._points += len(features)
            self._compare(features, labels, logits)

    def start_second_pass(self) -> None:
        """Fix the class means. Those of the training set have been asked, while the meter held least."""
        self._second, self._train = True, None
        with located(f"layer {self.layer!r}"):
            self._meter.start_second_pass()

    def means(self) -> TrainMeans:
        """The class means, for another split; the meter has done its work and is empty."""
        means = self._meter._second.means  # type: ignore[union-attr]
        self._meter.reset()
        return TrainMeans(means)

    def measured(self, split: str, weight: Tensor | None) -> MeasuredLayer:
        """The measures; those of the classifier are nan without `weight` [K, d]."""
        with located(f"layer {self.layer!r}"):
            found = self._collapse(weight)
        beside = [math.nan, math.nan]
        if split == "train":
            beside = [found.nc4, found.ncc_error]
        elif self._compared:
            beside = [self._mismatches / self._points if self._decided else math.nan, self._errors / self._points]
        return MeasuredLayer(split, self.layer, self._meter.dim, self._points, found, *beside)

    def _collapse(self, weight: Tensor | None) -> Collapse:
        try:
            return self._meter.compute(weight)
        except NotFinite:
            raise
        except ValueError as error:
            raise ValueError(
                f"{error}. The model was in evaluation mode: what changed is the batches, by random augmentation or, "
                "with limit=, by an order that is shuffled"
            ) from error

    def _compare(self, features: Tensor, labels: Tensor, logits: Tensor | None) -> None:
        if self._train is None:
            return
        self._decided = self._decided and logits is not None
        nearest = self._train.nearest(features)
        self._errors += int((nearest != labels).sum())
        if logits is not None:
            self._mismatches += int((nearest != logits.argmax(1)).sum())
