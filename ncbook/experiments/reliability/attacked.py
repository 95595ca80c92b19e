"""What attacks and noise of the same size do to decisions and to the geometry of the features."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments.reliability.config import Config
from ncbook.readings.reliability import HIT, NOISE, NONE

_SHOWN = 3  # classes in the plane


def rows(config: Config, model: models.Classifier, known: data.Dataset, seed: int) -> list[dict[str, Any]]:
    """A row for clean images, and one for each radius and change."""
    chance = torch.Generator(known.train.labels.device).manual_seed(seed)
    clean = _row(model, known, known)
    found = [clean | {"perturbation": NONE, "radius": 0.0}]
    for radius in config.radii:
        attack = trainers.Attack(radius, config.attack_steps)
        changes = {
            HIT: [attack(model, split) for split in (known.train, known.test)],
            NOISE: [_noisy(split, radius, chance) for split in (known.train, known.test)],
        }
        for change, (train, test) in changes.items():
            changed = replace(known, train=train, test=test)
            found.append(_row(model, known, changed) | {"perturbation": change, "radius": radius})
    return found


def _noisy(split: data.Split, radius: float, chance: torch.Generator) -> data.Split:
    """Every entry moved by the whole radius, up or down by chance: as far as an attack can go."""
    signs = torch.randint(2, split.inputs.shape, generator=chance, device=split.inputs.device)
    return data.Split(split.inputs + radius * (2 * signs - 1), split.labels)


def _row(model: models.Classifier, known: data.Dataset, changed: data.Dataset) -> dict[str, Any]:
    """Columns of changed images, by the means of the clean training features."""
    labels, classes = known.train.labels, known.num_classes
    means = metrics.class_means(model.features(known.train.inputs), labels, classes)
    points = model.features(changed.train.inputs)
    decided = model.head(points).argmax(1)
    wrong_test = model(changed.test.inputs).argmax(1) != changed.test.labels
    return {
        "hit_error_train": (decided != labels).double().mean().item(),
        "hit_error_test": wrong_test.double().mean().item(),
        "nc1_hit": metrics.nc1(points, labels),
        "means_cosine": _alignment(means, metrics.class_means(points, labels, classes)),
    } | geometry(points, labels, decided, means)


def geometry(points: Tensor, labels: Tensor, decided: Tensor, means: Tensor) -> dict[str, float]:
    """Where the features [N, d] lie that are decided wrongly, and NC1 by decision; nan where there is none.

    to_corner: distance to the mean of the decided class, over the distance of that mean from the mean of their own
    class, median over the points. at_nearest: how often the decided class has the nearest mean.
    """
    distances = torch.cdist(points.double(), means)
    wrong = decided != labels
    to_decided = distances.gather(1, decided[:, None]).squeeze(1)
    shares = (to_decided / (means[labels] - means[decided]).norm(dim=1))[wrong]
    nearest = (distances.argmin(1) == decided)[wrong].double()
    several = len(decided.unique()) > 1
    return {
        "to_corner": shares.median().item() if len(shares) else float("nan"),
        "at_nearest": nearest.mean().item() if len(nearest) else float("nan"),
        "nc1_decided": metrics.nc1(points, decided, len(means)) if several else float("nan"),
    }


def _alignment(means: Tensor, others: Tensor) -> float:
    """Cosine of two sets of class means [K, d], each centered, as vectors of K d numbers."""
    first, second = (each - each.mean(0) for each in (means, others))
    return ((first * second).sum() / (first.norm() * second.norm())).item()


def plane(config: Config, model: models.Classifier, known: data.Dataset, arm: str) -> dict[str, np.ndarray]:
    """Three classes in the plane of their means, each attacked toward the next: points [R + 1, n, 2] and more.

    The first of the R + 1 radii is 0. arrived [R + 1, n]: whether the network decides for the class aimed at.
    """
    labels = known.train.labels
    means = metrics.class_means(model.features(known.train.inputs), labels, known.num_classes)[:_SHOWN]
    rows = torch.cat([(labels == c).nonzero().squeeze(1)[: config.plane_points] for c in range(_SHOWN)])
    own = labels[rows]
    aimed = data.Split(known.train.inputs[rows], (own + 1) % _SHOWN)
    attacks = [trainers.Attack(radius, config.attack_steps, toward=True) for radius in config.plane_radii]
    inputs = [aimed.inputs, *(attack(model, aimed).inputs for attack in attacks)]
    features = torch.stack([model.features(each) for each in inputs])  # [R + 1, n, d]
    flat, points = metrics.simplex_coordinates(means, features.flatten(0, 1).double())
    found = {
        "points": points.unflatten(0, features.shape[:2]).float(),
        "means": flat.float(),
        "arrived": model.head(features).argmax(2) == aimed.labels,
        "labels": own,
    }
    return {f"{arm}/{name}": value.cpu().numpy() for name, value in found.items()}
