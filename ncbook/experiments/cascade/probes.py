"""What can be read off each layer by a linear map, and how many dimensions its features use."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models


class WithInputs:
    """A classifier whose layer 0 is its input, for `metrics.layerwise`."""

    def __init__(self, model: models.Classifier) -> None:
        self.model, self.head = model, model.head

    def layers(self, inputs: Tensor) -> dict[str, Tensor]:
        """[N, ...] -> "inputs", then the output of every hidden layer, each [N, d_l]."""
        return {"inputs": inputs.flatten(1)} | self.model.layers(inputs)


Rows = Iterator[dict[str, Any]]


def probe_rows(model: models.Classifier, seen: data.Dataset, other: data.Dataset, ridge: float) -> Rows:
    """A row a layer: `probe_acc_seen` and `probe_acc_other`, test accuracies of linear probes for the classes trained
    on and for others; `effective_rank`, of the centered features of the images trained on."""
    layered = WithInputs(model)
    pairs = [[layered.layers(split.inputs) for split in (each.train, each.test)] for each in (seen, other)]
    for level, name in enumerate(pairs[0][0]):
        scores = [
            probe_accuracy(train[name], each.train.labels, test[name], each.test.labels, ridge)
            for each, (train, test) in zip((seen, other), pairs, strict=True)
        ]
        features = pairs[0][0][name].double()
        rank = metrics.effective_rank(features - features.mean(0)).item()
        yield {"layer": level, "probe_acc_seen": scores[0], "probe_acc_other": scores[1], "effective_rank": rank}


def probe_accuracy(train: Tensor, labels: Tensor, test: Tensor, truth: Tensor, ridge: float) -> float:
    """Share of test points [M, d] that a linear classifier, fitted to train [N, d] by ridge regression, gets right.

    Minimizes ||X A - Y||^2 + N ridge s ||A||^2 with centered features X, centered one-hot labels Y and s their mean
    squared length, so that scaling the features changes nothing.
    """
    train, test = train.double(), test.double()
    center, targets = train.mean(0), F.one_hot(labels).double()
    centered = train - center
    size = centered.square().sum() * ridge
    gram = centered.T @ centered + size * torch.eye(train.shape[1], dtype=train.dtype, device=train.device)
    weight = torch.linalg.solve(gram, centered.T @ (targets - targets.mean(0)))
    scores = (test - center) @ weight + targets.mean(0)
    return (scores.argmax(1) == truth).double().mean().item()
