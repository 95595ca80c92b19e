"""Three classes in the plane of their training means."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics
from ncbook.experiments.collapse.config import Config


class Plane:
    """What is drawn of one network, at every probed epoch.

    Gives, prefixed with the network's name: epoch [P]; labels [n] and test [n] (False for training points);
    points [P, n, 2]; means [P, 3, 2] and classifier [P, 3, 2], the rows of the head projected on the same plane
    and scaled to the size of the means; seen [P], the share of the within-class variance of these training
    points that lies in the plane.
    """

    def __init__(self, config: Config, dataset: data.Dataset, seed: int) -> None:
        self.classes = torch.tensor(config.plane_classes)
        self.train_labels = dataset.train.labels
        generator = torch.Generator().manual_seed(seed)
        splits = (dataset.train, dataset.test)
        labels = [split.labels for split in splits]
        self.rows = [some_of_each(each, config.plane_classes, config.plane_points, generator) for each in labels]
        drawn = [each[rows] for each, rows in zip(labels, self.rows, strict=True)]
        self.labels, self.test = torch.cat(drawn), is_test(drawn)
        self.frames: list[dict[str, Tensor]] = []

    def add(self, epoch: int, weight: Tensor, train: Tensor, test: Tensor) -> None:
        """Project the features of one epoch: train [N, d], test [M, d], weight [K, d]."""
        means = metrics.class_means(train, self.train_labels, len(weight))[self.classes]  # [3, d]
        points = torch.cat([train[self.rows[0]], test[self.rows[1]]]).double()  # [n, d]
        spread, rows = _centered(means), _centered(weight[self.classes])
        rows = means.mean(0) + rows * (spread.norm() / rows.norm())
        flat_means, flat_points, flat_rows = metrics.simplex_coordinates(means, points, rows)
        count = len(self.rows[0])  # training points come first
        own = (self.labels[:count, None] == self.classes.to(weight.device)).long().argmax(1)  # index among the three
        whole = (points[:count] - means[own]).square().sum() / (spread.square().sum() / len(spread))
        inside = (flat_points[:count] - flat_means[own]).square().sum()
        self.frames.append(
            {
                "epoch": torch.tensor(epoch),
                "points": flat_points,
                "means": flat_means,
                "classifier": flat_rows,
                "seen": inside / whole,
            }
        )

    def arrays(self, network: str) -> dict[str, np.ndarray]:
        """The frames as arrays [P, ...]; coordinates in float32."""
        stacked = {name: torch.stack([frame[name] for frame in self.frames]) for name in self.frames[0]}
        stacked = {name: t.float() if t.is_floating_point() else t for name, t in stacked.items()}
        stacked |= {"labels": self.labels, "test": self.test}
        return {f"{network}/{name}": tensor.cpu().numpy() for name, tensor in stacked.items()}


def some_of_each(labels: Tensor, classes: Iterable[int], count: int, generator: torch.Generator) -> Tensor:
    """Indices of up to `count` random points of each class, class after class; labels [N]."""
    order = torch.randperm(len(labels), generator=generator).to(labels.device)
    shuffled = labels[order]
    return torch.cat([order[shuffled == wanted][:count] for wanted in classes])


def is_test(drawn: list[Tensor]) -> Tensor:
    """[n]: for the labels drawn from the training set and from the test set, which are of the test set."""
    return torch.cat([torch.full_like(each, index) for index, each in enumerate(drawn)]).bool()


def _centered(vectors: Tensor) -> Tensor:
    return vectors - vectors.mean(0)
