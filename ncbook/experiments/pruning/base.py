"""The trainings on all points, which give the networks at each drop and their margins."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.margins.training import relative_margins
from ncbook.experiments.pruning.config import Config
from ncbook.experiments.pruning.kept import kept, overlap
from ncbook.readings.pruning import (
    BASE,
    FIRST,
    LARGEST,
    LARGEST_BALANCED,
    PAIR,
    SMALLEST,
    SMALLEST_BALANCED,
    TWIN,
    kept_points,
)

_OTHER = 1_000_000  # what the second network of a seed draws its weights and batches from: the seed and this
_NONE = {"course": "", "dropped": -1}  # what stands in columns of words and of whole numbers where nothing is dropped
_COMPARED = (SMALLEST, SMALLEST_BALANCED, LARGEST, LARGEST_BALANCED)


@dataclass
class Trained:
    """One network on its way: rows of the history; margins [N] and networks by epoch, the untrained one as epoch 0."""

    rows: Rows = ()
    margins: dict[int, Tensor] = field(default_factory=dict)
    networks: dict[int, models.Classifier] = field(default_factory=dict)


@lru_cache(maxsize=16)
def images(config: Config, seed: int) -> data.Dataset:
    """The data set of one seed, read once in each process."""
    if config.dataset == "digits":
        return data.digits(config.per_class, seed)
    return data.mnist5k(config.per_class, seed, size=14, full=config.dataset == "mnist")


def train(config: Config, device: str, arm: tuple[int, str]) -> Trained:
    """Train one network of a seed on all points; only of the first one its states at the drops are kept."""
    seed, name = arm
    dataset = images(config, seed).to(device)
    own = seed if name == FIRST else seed + _OTHER
    model = _noisy_labels.build(config.network, dataset, config.width, own).to(device)
    per_epoch = trainers.steps_per_epoch(len(dataset.train), config.batch_size)
    found = Trained()

    def probe(model: models.Classifier, step: int) -> Row:
        epoch = step // per_epoch
        row, found.margins[epoch] = measure(model, dataset)
        if name == FIRST and epoch in (0, *config.drops):
            found.networks[epoch] = copy.deepcopy(model)
        return {**_NONE, "part": BASE, "arm": name, "seed": seed, "epoch": epoch, "step": step, **row}

    probed = [epoch * per_epoch for epoch in probed_epochs(config)]
    recipe = recipe_of(config, per_epoch)
    found.rows = trainers.fit(model, dataset.train, recipe, own, probe, probed, lambda step: None).whole()
    return found


def probed_epochs(config: Config) -> list[int]:
    """Log-spaced, and the drops."""
    return sorted({*trainers.log_spaced(config.epochs, config.probes), *config.drops})


def recipe_of(config: Config, per_epoch: int) -> trainers.Recipe:
    steps, held = config.epochs * per_epoch, int(config.held * config.epochs) * per_epoch
    return trainers.Recipe(
        steps=steps, learning_rate=config.learning_rate, batch_size=config.batch_size, momentum=config.momentum,
        weight_decay=config.weight_decay, schedule=trainers.Cosine(steps, start=held),
    )  # fmt: skip


def measure(model: models.Classifier, dataset: data.Dataset) -> tuple[Row, Tensor]:
    """The columns of one probe, and the relative margins [N] of the training points."""
    features, labels = model.features(dataset.train.inputs), dataset.train.labels
    margins = relative_margins(features, labels, model.head)
    return {
        "train_error": _noisy_labels.error(model.head(features), labels),
        "test_error": _noisy_labels.error(model(dataset.test.inputs), dataset.test.labels),
        "nc1_train": float(metrics.nc1(features, labels)),
        "smallest": margins.min().item(),
        "spread": (margins.std(correction=0) / margins.mean()).item(),
        "between_classes": between_classes(margins, labels),
    }, margins


def between_classes(values: Tensor, labels: Tensor) -> float:
    """The share of the variance of values [N] that lies between the classes of labels [N]."""
    means = torch.stack([values[labels == label].mean() for label in range(int(labels.max()) + 1)])
    return (means[labels].var(correction=0) / values.var(correction=0)).item()


def compare(config: Config, seed: int, first: Mapping[int, Tensor], second: Mapping[int, Tensor]) -> Rows:
    """Rows of the part pair: margins [N] of the same points by two networks, at each epoch."""
    labels = images(config, seed).train.labels
    rows = []
    for epoch, margins in first.items():
        pair = margins.cpu(), second[epoch].cpu()
        alike = rank_correlations(*pair, labels)
        for rule in _COMPARED:
            for share in config.shares:
                count = kept_points(len(labels), share)
                sets = (kept(rule, each, labels, count, seed) for each in pair)
                about = {"part": PAIR, "arm": rule, "share": share, "seed": seed, "epoch": epoch}
                rows.append({**about, "overlap": overlap(*sets), **alike})
    return rows


def rank_correlations(first: Tensor, second: Tensor, labels: Tensor) -> Row:
    """Spearman's, of first [N] and second [N]: of all points, and the mean of those within each class."""
    table = pd.DataFrame({"first": first, "second": second})
    within = [own["first"].corr(own["second"], method="spearman") for _, own in table.groupby(labels.numpy())]
    return {
        "rank_correlation": table["first"].corr(table["second"], method="spearman"),
        "rank_correlation_within": sum(within) / len(within),
    }


def both(config: Config) -> list[tuple[int, str]]:
    """The trainings on all points: two networks for each seed."""
    return [(seed, name) for seed in config.seeds for name in (FIRST, TWIN)]
