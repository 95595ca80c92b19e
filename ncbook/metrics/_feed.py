"""Batches as a network and its meters need them: on the device, in the precision, and up to a limit."""

import math
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ncbook.metrics import _batches
from ncbook.metrics._hooks import Reader, logits_of
from ncbook.metrics._layer_meter import located
from ncbook.metrics._pooling import Pooling

PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Batch:
    """After a forward pass: features by layer, each [B, d], the labels as given, and what the network gave."""

    features: dict[str, Tensor]
    labels: Tensor
    output: Any


@dataclass(frozen=True)
class Feed:
    """Where the batches of every split come from, and how a network is fed with them."""

    splits: dict[str, Iterable[Any]]
    unpack: _batches.Unpack
    device: torch.device
    pooling: Pooling
    precision: str | None
    limit: int | None

    def first(self) -> tuple[Any, Any]:
        """(inputs, labels) of the first batch of the first split; ValueError for a split without any."""
        name, split = next(iter(self.splits.items()))
        with located(f"split {name!r}"):
            for pair in _batches.Pairs(split, self.unpack):
                return pair
            raise ValueError("batches: there are none; expected at least one")

    def run(self, reader: Reader, network: nn.Module, inputs: Any, labels: Any) -> Batch:
        """One forward pass; ValueError for labels of another kind than the pooling needs."""
        labels = _batches.checked_labels(labels, self.pooling)
        if self.pooling == "each":
            _batches.require_shifted(inputs, labels)
        with self._autocast():
            output = reader.run(network, _batches.moved(inputs, self.device))
        return Batch(reader.features, labels, output)

    def batches(self, split: str, reader: Reader, network: nn.Module, num_classes: int) -> Iterator[Any]:
        """(features by layer, labels [B], logits [B, K] or None) of one pass over the split, while the reader reads."""
        left = math.inf if self.limit is None else self.limit
        for inputs, labels in _batches.Pairs(self.splits[split], self.unpack):
            batch = self.run(reader, network, inputs, labels)
            for name, problem in reader.problems.items():
                raise ValueError(f"layer {name!r}: {problem}")
            points = self._points(batch, num_classes, left)
            left -= len(points[1])
            yield points
            if left <= 0:
                return

    def has_logits(self, output: Any, num_classes: int) -> bool:
        """Whether the network's output can be read as logits of the classes."""
        logits = logits_of(output)
        return logits is not None and logits.ndim == self._places + 1 and logits.shape[-1] == num_classes

    def count_classes(self) -> int:
        """K from the labels, 1 + the largest one, in a pass of their own over all splits."""
        largest = 1
        for split in self.splits.values():
            for _, labels in _batches.Pairs(split, self.unpack):
                largest = max(largest, int(_batches.checked_labels(labels, self.pooling).max()))
        return largest + 1

    def passes(self, points: int) -> int | None:
        """How many batches one pass over all splits has, from the points of a batch; None if that cannot be told."""
        most = math.inf if self.limit is None else math.ceil(self.limit / max(1, points))
        try:
            return sum(int(min(len(split), most)) for split in self.splits.values())  # type: ignore[arg-type, misc]
        except TypeError:
            return None

    @property
    def _places(self) -> int:
        """Dimensions of the labels: points, or points and tokens."""
        return 2 if self.pooling == "each" else 1

    def _points(self, batch: Batch, num_classes: int, left: float) -> tuple[dict[str, Tensor], Tensor, Tensor | None]:
        """The points that have a label, `left` of them at most."""
        logits = logits_of(batch.output) if self.has_logits(batch.output, num_classes) else None
        labels = batch.labels.flatten()
        if logits is not None:
            logits = logits.flatten(0, self._places - 1)
        kept = (labels != _batches.IGNORED).nonzero().squeeze(1)[: int(min(left, labels.numel()))]
        if len(kept) == len(labels):
            return batch.features, labels, logits
        features = {name: each[kept.to(each.device)] for name, each in batch.features.items()}
        return features, labels[kept], None if logits is None else logits[kept.to(logits.device)]

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=PRECISIONS[self.precision])
