"""A bound for test collapse: every term of it, on glyphs, whose population can be sampled at will.

Networks are trained on few and on many images a class. For each, and for every pair of classes, the CDNV of the
training set, that of the population, and the terms that join them (equation 9 of the survey, after Galanti et al.
2022); what could be said of them without the population; and the error of the nearest-center rule beside its bounds.
"""

from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Row, Rows, Sample
from ncbook.experiments._noisy_labels import build
from ncbook.experiments._sweep import sweep
from ncbook.experiments.bound import certificates, terms
from ncbook.experiments.bound.claims import CLAIMS
from ncbook.experiments.bound.config import Config

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]

_BATCH = 2000  # images in one forward pass while measuring


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train a network for each seed and size, and measure it; `readings.bound.rows` says what its parts are.

    arrays: gaussian/..., see `terms.gaussian_curves`.
    """
    arms = [(seed, size) for seed in config.seeds for size in config.sizes]
    found = [row for own in sweep(partial(_measured, config, device), arms) for row in own]
    arrays = {name: curve.numpy() for name, curve in terms.gaussian_curves(config.gaussian_dims).items()}
    return found, arrays


@lru_cache(maxsize=1)
def _images(config: Config, device: str, seed: int) -> data.Dataset:
    """The largest training set; as test split the two halves of the population, then as many fresh images again."""
    largest = max(config.sizes)
    return data.glyphs(
        train_per_class=largest, test_per_class=2 * config.population_per_class + largest, size=config.glyph_size,
        difficulty=config.difficulty, seed=seed,
    ).to(device)  # fmt: skip


def _measured(config: Config, device: str, arm: tuple[int, int]) -> Rows:
    """Train one network; all its rows."""
    seed, size = arm
    dataset = _images(config, device, seed)
    train = _beginning(dataset.train, size, dataset.num_classes)
    population = _beginning(dataset.test, 2 * config.population_per_class, dataset.num_classes)
    model = build(config.network, dataset, config.width, seed).to(device)
    about = {"seed": seed, "per_class": size}

    def probe(model: models.Classifier, step: int) -> Row:
        own, others = _features(model, train), _features(model, population)
        error = _error(model.head(own), train.labels)
        sides = ((own, train.labels), (others, population.labels))
        found = terms.mean_terms(*(terms.by_class(*side, dataset.num_classes) for side in sides))
        return about | {"part": "time", "step": step, "train_error": error} | found

    probed = trainers.log_spaced(config.steps, config.probes)
    fitted = trainers.fit(model, train, _recipe(config), seed, probe, probed, on_step=lambda step: None)
    with torch.no_grad():
        final = [
            about | {"step": fitted.step} | row for row in _final_rows(config, model.eval(), train, dataset, about)
        ]
    return [*fitted.whole(), *final]


def _beginning(split: data.Split, per_class: int, num_classes: int) -> data.Split:
    """Labels run 0, 1, ..., K-1, 0, ...: a beginning is balanced."""
    return data.Split(split.inputs[: per_class * num_classes], split.labels[: per_class * num_classes])


def _recipe(config: Config) -> trainers.Recipe:
    return trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        weight_decay=config.weight_decay, schedule=trainers.Cosine(config.steps),
    )  # fmt: skip


class _Seen:
    """Features of one network by class: of its training set, of the population and its halves, and of fresh images."""

    def __init__(self, config: Config, size: int, own: Tensor, labels: Tensor, rest: Tensor, others: Tensor) -> None:
        self.num_classes = int(labels.max()) + 1
        half = config.population_per_class * self.num_classes
        ends = (0, half, 2 * half, 2 * half + size * self.num_classes)
        self.train = terms.by_class(own, labels, self.num_classes)
        self.labels, self.features = others[: 2 * half], rest[: 2 * half].double()
        self.population = terms.by_class(self.features, self.labels, self.num_classes)
        self.first, self.second, self.fresh = (
            terms.by_class(rest[start:end], others[start:end], self.num_classes) for start, end in pairwise(ends)
        )


def _final_rows(
    config: Config, model: models.Classifier, train: data.Split, dataset: data.Dataset, about: dict[str, int]
) -> Iterator[dict[str, Any]]:
    rest = dataset.test
    own, others = _features(model, train), _features(model, rest)
    seen = _Seen(config, about["per_class"], own, train.labels, others, rest.labels)
    errors = {
        "train_error": _error(model.head(own), train.labels),
        "test_error": _error(model.head(others[: len(seen.labels)]), seen.labels),
        "norm_scale": certificates.norm_scale(model, rest.inputs[: len(seen.labels)], about["per_class"]),
    }
    yield {"part": "network"} | errors | _network_row(seen)
    yield from ({"part": "pair"} | row for row in _pair_rows(config, seen, about["seed"]))
    if about["per_class"] == config.fixed_size:
        yield from ({"part": "fixed"} | row for row in _fixed_rows(config, seen, about["seed"]))


def _network_row(seen: _Seen) -> dict[str, float]:
    """The nearest-center rule and its bounds, and the concentration terms."""
    moments = [[terms.mean_and_variance(f) for f in side] for side in (seen.train, seen.population)]
    (means, variances), (centers, spreads) = (map(torch.stack, zip(*side, strict=True)) for side in moments)
    squares = [[f.square().sum(1).mean() for f in side] for side in (seen.train, seen.population)]
    size, gaps = len(seen.train[0]), (torch.stack(squares[0]) - torch.stack(squares[1])).abs()
    found = {
        "shift": (means - centers).norm(dim=1).mean(),
        "shift_if_fresh": (spreads / size).sqrt().mean(),
        "shift_by_train": (variances / size).sqrt().mean(),
        "square": gaps.mean(),
        "length": torch.pdist(means).square().mean().sqrt(),
        "largest_norm": seen.features.norm(dim=1).max(),
        "ncc_error_bound": metrics.ncc_error_bound(seen.features, seen.labels),
        "directional_ncc_error_bound": metrics.directional_ncc_error_bound(seen.features, seen.labels),
    }
    return {name: value.item() for name, value in found.items()} | {
        "ncc_error_test": terms.nearest_center_error(seen.population, centers),
        "ncc_error_test_train_means": terms.nearest_center_error(seen.population, means),
    }


def _pair_rows(config: Config, seen: _Seen, seed: int) -> list[dict[str, float]]:
    pairs = terms.pair_terms(seen.train, seen.population)
    halves = [terms.pair_terms(seen.train, half) for half in (seen.first, seen.second)]
    largest = max(f.norm(dim=1).max().item() for f in (*seen.train, *seen.population))
    extra = {
        "half_bound": [row["cdnv_bound"] for row in halves[0]],
        "half_cdnv": [row["cdnv_test"] for row in halves[1]],
        "hoeffding": certificates.hoeffding(seen.train, largest, config.failure),
        "bootstrap_train": certificates.bootstrap(seen.train, config.draws, config.failure, seed),
        "bootstrap_fresh": certificates.bootstrap(seen.fresh, config.draws, config.failure, seed),
    }
    return [row | {name: values[index] for name, values in extra.items()} for index, row in enumerate(pairs)]


def _fixed_rows(config: Config, seen: _Seen, seed: int) -> list[dict[str, float]]:
    """Means over classes of the two concentration terms of independent points, at every size."""
    chance = torch.Generator().manual_seed(seed)
    found = [metrics.concentration(f, config.sizes, chance, config.repeats) for f in seen.population]
    shifts = np.mean([each.mean_deviations for each in found], axis=0)
    squares = np.mean([each.square_deviations for each in found], axis=0)
    sizes = zip(config.sizes, shifts, squares, strict=True)
    return [{"per_class": size, "shift": shift, "square": square} for size, shift, square in sizes]


def _error(scores: Tensor, labels: Tensor) -> float:
    return (scores.argmax(1) != labels).double().mean().item()


def _features(model: models.Classifier, split: data.Split) -> Tensor:
    return torch.cat([model.features(batch) for batch in split.inputs.split(_BATCH)])


EXPERIMENT = Experiment(
    "bound",
    "A bound for test collapse",
    1,
    Config,
    train,
    keys=("per_class", "seed"),
    claims=CLAIMS,
    sample=Sample(probes=4),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
