"""Features, class means and classifier rows beside the simplex that fits the means best, with no projection."""

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics
from ncbook.experiments.collapse.plane import is_test, some_of_each
from ncbook.experiments.simplex.config import Config


def off_simplex(means: Tensor, weight: Tensor, features: Tensor, labels: Tensor) -> dict[str, float]:
    """How far class means, classifier rows and features are from the simplex ETF that fits the means best.

    Root mean square distances from the vertex of the own class, where the simplex has radius 1: off_means, off_rows
    (W scaled to the Frobenius norm of the simplex, sqrt(K)), off_points. means [K, d], weight [K, d], features
    [N, d], labels [N]. With d < K - 1, where no simplex fits, all is measured in K - 1 dimensions.
    """
    center, radius = _center_and_radius(means)
    vertices = _fitted_simplex((means - center) / radius)
    rows = weight.double() * len(weight) ** 0.5 / weight.double().norm()
    points = (features.double() - center) / radius
    return {
        "off_means": _rms(_padded((means - center) / radius, vertices) - vertices),
        "off_rows": _rms(_padded(rows, vertices) - vertices),
        "off_points": _rms(_padded(points, vertices) - vertices[labels]),
    }


class Picture:
    """What is drawn of one arm, at every probed step.

    Everything is moved so that the mean of the training class means is the origin, scaled so that these means have
    root mean square radius 1, and turned (mirrored, if need be) once for all steps so that the last means stand
    nearest to `metrics.simplex_etf(K, d)`; with d < K - 1 it is not turned. Rows of the classifier are scaled to the
    Frobenius norm of the centered means, which makes the sum of their squared distances K times NC3.
    """

    def __init__(self, config: Config, dataset: data.Dataset, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.dataset = dataset
        labels = [dataset.train.labels, dataset.test.labels]
        counts = (config.drawn_train, config.drawn_test)
        classes = range(dataset.num_classes)
        self.rows = [some_of_each(each, classes, n, generator) for each, n in zip(labels, counts, strict=True)]
        self.drawn = [each[rows] for each, rows in zip(labels, self.rows, strict=True)]
        self.frames: list[dict[str, Tensor]] = []
        self.last: dict[str, Tensor] = {}

    def add(self, step: int, head: torch.nn.Linear, train: Tensor, test: Tensor) -> None:
        """One frame from features train [N, d], test [M, d]."""
        means = metrics.class_means(train, self.dataset.train.labels, self.dataset.num_classes)
        center, radius = _center_and_radius(means)
        weight, bias = head.weight.double(), head.bias.double()
        scale = len(means) ** 0.5 / weight.norm()
        points = torch.cat([train[self.rows[0]], test[self.rows[1]]]).double()
        self.frames.append(
            {
                "step": torch.tensor(step),
                "points": (points - center) / radius,
                "means": (means - center) / radius,
                "classifier": scale * weight,
                "offsets": scale / radius * (weight @ center + bias),
            }
        )
        self.last = {
            "features": train,
            "feature_labels": self.dataset.train.labels,
            "weight": head.weight,
            "bias": head.bias,
        }

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Prefixed with the setting's name; P probes, n drawn points, training points before test points.

        step [P]; points [P, n, d] float16, means [P, K, d], classifier [P, K, d] and offsets [P, K]: the network's
        decision at a drawn x is argmax_k <classifier_k, x> + offset_k; labels [n], test [n]; ideal [K, d], the simplex
        of radius 1, or [0, d] where none fits; of the last step
        features [N, d], feature_labels [N], weight [K, d], bias [K], neither moved nor turned.
        """
        stacked = {key: torch.stack([frame[key] for frame in self.frames]) for key in self.frames[0]}
        turn = _turn_of(stacked["means"][-1])
        stacked |= {key: stacked[key] @ turn for key in ("points", "means", "classifier")}
        stacked["points"] = stacked["points"].half()
        stacked["labels"], stacked["test"] = torch.cat(self.drawn), is_test(self.drawn)
        size, dim = stacked["means"].shape[1:]
        stacked["ideal"] = metrics.simplex_etf(size, dim) if dim >= size - 1 else torch.empty(0, dim)
        stacked |= {key: tensor.detach() for key, tensor in self.last.items()}
        return {f"{name}/{key}": tensor.cpu().numpy() for key, tensor in stacked.items()}


def _center_and_radius(means: Tensor) -> tuple[Tensor, Tensor]:
    """mu_G [d], and the root mean square length of the centered means [K, d]."""
    center = means.mean(0)
    return center, (means - center).square().sum(1).mean().sqrt()


def _fitted_simplex(means: Tensor) -> Tensor:
    """[K, max(d, K-1)]: the simplex ETF of radius 1 nearest to centered `means` [K, d] (orthogonal Procrustes)."""
    size, dim = means.shape
    ideal = metrics.simplex_etf(size, max(dim, size - 1), means.device)
    left, _, right = torch.linalg.svd(ideal.T @ _padded(means, ideal))
    fitted: Tensor = ideal @ left @ right
    return fitted


def _turn_of(means: Tensor) -> Tensor:
    """[d, d] orthogonal: turns centered `means` [K, d] nearest to the simplex; the identity where none fits."""
    size, dim = means.shape
    if dim < size - 1:
        return torch.eye(dim, dtype=means.dtype, device=means.device)
    left, _, right = torch.linalg.svd(means.T @ metrics.simplex_etf(size, dim, means.device))
    turn: Tensor = left @ right
    return turn


def _padded(vectors: Tensor, like: Tensor) -> Tensor:
    """`vectors` with zeros appended to each up to the dimension of `like`."""
    return torch.nn.functional.pad(vectors, (0, like.shape[1] - vectors.shape[1]))


def _rms(differences: Tensor) -> float:
    return differences.square().sum(1).mean().sqrt().item()
