"""What can be read off each layer by a linear map, and how many dimensions its features use."""

from collections.abc import Iterator

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


def probe_rows(model: models.Classifier, seen: data.Dataset, other: data.Dataset, ridge: float) -> Iterator[dict]:
    """A row a layer: `probe_seen` and `probe_other`, test accuracies of linear probes for the classes trained on and
    for others; `rank`, the effective rank of the centred features of the images trained on."""
    layered = WithInputs(model)
    pairs = [[layered.layers(split.inputs) for split in (each.train, each.test)] for each in (seen, other)]
    for level, name in enumerate(pairs[0][0]):
        scores = [
            probe_accuracy(train[name], each.train.labels, test[name], each.test.labels, ridge)
            for each, (train, test) in zip((seen, other), pairs, strict=True)
        ]
        features = pairs[0][0][name].double()
        rank = metrics.effective_rank(features - features.mean(0)).item()
        yield {"layer": level, "probe_seen": scores[0], "probe_other": scores[1], "rank": rank}


def probe_accuracy(train: Tensor, labels: Tensor, test: Tensor, truth: Tensor, ridge: float) -> float:
    """Share of test points [M, d] that a linear classifier, fitted to train [N, d] by ridge regression, gets right.

    Minimises ||X A - Y||^2 + N ridge s ||A||^2 with centred features X, centred one-hot labels Y and s their mean
    squared length, so that scaling the features changes nothing.
    """
    train, test = train.double(), test.double()
    centre, targets = train.mean(0), F.one_hot(labels).double()
    centred = train - centre
    size = centred.square().sum() * ridge
    gram = centred.T @ centred + size * torch.eye(train.shape[1], dtype=train.dtype, device=train.device)
    weight = torch.linalg.solve(gram, centred.T @ (targets - targets.mean(0)))
    scores = (test - centre) @ weight + targets.mean(0)
    return (scores.argmax(1) == truth).double().mean().item()
