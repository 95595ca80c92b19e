"""Networks trained by cross-entropy and by rate reduction on labels of which some are wrong."""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.corrupted_labels.config import Config
from ncbook.readings.corrupted_labels import (
    AT_THE_TOP,
    CE,
    DECAYED,
    EVERYWHERE,
    FITTED,
    LONGER,
    MCR2,
    RATIOS,
    SMOOTHED,
    TRAINING,
    by_rates,
)

_BATCH = 2000  # images in one forward pass while measuring
_COLUMN = {"head": "{}_acc", "ncc": "unit_ncc_acc_{}", "subspace": "subspace_acc_{}"}  # accuracies of a split


@dataclass(frozen=True)
class Arm:
    """One training, and the part of the history that it belongs to."""

    arm: str
    label_noise: float
    seed: int
    part: str = TRAINING


@dataclass(frozen=True)
class Points:
    """What the measures look at: training, validation (both NoisySplit) and test images."""

    train: data.NoisySplit
    validation: data.NoisySplit
    test: data.Split


def trainings(config: Config) -> list[Arm]:
    """Every arm at every noise, the remedies at the highest, and what the parts "ratios" and "fitted" add."""
    top = max(config.noises)
    kinds = [(arm, noise, TRAINING) for noise in config.noises for arm in EVERYWHERE]
    kinds += [(arm, top, TRAINING) for arm in AT_THE_TOP]
    kinds += [(arm, noise, RATIOS) for noise in config.other_noises for arm in (CE, MCR2)] + [(CE, top, FITTED)]
    return [Arm(arm, noise, seed, part) for seed in config.seeds for arm, noise, part in kinds]


def train(config: Config, device: str, arm: Arm) -> tuple[Rows, list[float]]:
    """Train one network: its rows, and its test accuracies at the end by subspaces of each of `ranks` dimensions."""
    dataset = _images(config, arm.seed)
    points = labeled(config, dataset, arm, device)
    model = build(config, dataset, arm.seed).to(device)
    recipe = recipe_of(config, arm.arm) if arm.part != FITTED else fitting(config)
    epoch = trainers.steps_per_epoch(len(points.train), recipe.batch_size)
    wanted = [epochs * epoch for epochs in probe_epochs(config, arm.part, recipe.steps // epoch)]
    probe = partial(_probe, config, arm, points, epoch)
    fitted = trainers.fit(model, points.train, recipe, arm.seed, probe, wanted, on_step=lambda step: None)
    return fitted.whole(), by_rank(config, points, model)


def probe_epochs(config: Config, part: str, last: int) -> list[int]:
    """Evenly spaced on a logarithmic axis; in the part "fitted" also every tenth of the training, in its long end."""
    tenths = [last * tenth // 10 for tenth in range(1, 11)] if part == FITTED else []
    return sorted({*trainers.log_spaced(last, config.probes)[1:], *tenths} - {0})


def build(config: Config, dataset: data.Dataset, seed: int) -> models.Classifier:
    """The untrained network of one seed with features of `dim` dimensions; the same weights on every device."""
    with models.seeded(seed):
        model = models.build(config.network, dataset.input_shape, dataset.num_classes, config.width)
        return models.reduce_features(model, config.dim)


@lru_cache(maxsize=1)
def _images(config: Config, seed: int) -> data.Dataset:
    """Read, or drawn, once for networks that follow each other."""
    shape = config.test_per_class, config.glyph_size, config.glyph_difficulty
    return _noisy_labels.images(config.dataset, config.train_per_class, *shape, seed)


def labeled(config: Config, dataset: data.Dataset, arm: Arm, device: str) -> Points:
    """Corrupt the labels of the training images, then hold `held_out` of them out, drawn by the seed."""
    noisy = cast(data.NoisySplit, data.LabelNoise(arm.label_noise, arm.seed)(dataset).train)
    order = torch.randperm(len(noisy), generator=torch.Generator().manual_seed(arm.seed))
    held, kept = order[: config.held_out], order[config.held_out :]
    train, validation = (
        data.NoisySplit(noisy.inputs[own], noisy.labels[own], noisy.true_labels[own]).to(device) for own in (kept, held)
    )
    return Points(train, validation, dataset.test.to(device))


def recipe_of(config: Config, arm: str) -> trainers.Recipe:
    """SGD with half a cosine; all arms but the first and its remedies have the schedule of rate reduction."""
    common = arm in (CE, SMOOTHED, DECAYED)
    batch = config.batch_size if common else config.large_batch
    epochs = config.epochs if common else config.long_epochs * (config.longer if arm == LONGER else 1)
    steps = epochs * trainers.steps_per_epoch(_kept(config), batch)
    loss = trainers.RateReduction(config.eps_sq) if by_rates(arm) else trainers.CrossEntropy(
        smoothing=config.smoothing if arm == SMOOTHED else 0.0
    )  # fmt: skip
    return trainers.Recipe(
        steps=steps, learning_rate=config.learning_rate if common else config.small_rate, batch_size=batch,
        momentum=config.momentum, weight_decay=config.strong_decay if arm == DECAYED else config.weight_decay,
        schedule=trainers.Cosine(steps), loss=loss,
    )  # fmt: skip


def fitting(config: Config) -> trainers.Recipe:
    """Cross-entropy for so long that all labels are fitted early: the part "fitted"."""
    steps = config.fit_epochs * trainers.steps_per_epoch(_kept(config), config.fit_batch)
    return trainers.Recipe(
        steps=steps, learning_rate=config.fit_rate, batch_size=config.fit_batch, momentum=config.momentum,
        weight_decay=config.fit_decay, schedule=trainers.Cosine(steps), loss=trainers.CrossEntropy(),
    )  # fmt: skip


def _kept(config: Config) -> int:
    """Training images that are left once the validation images are held out."""
    return len(_images(config, config.seeds[0]).train) - config.held_out


def _features(model: models.Classifier, inputs: Tensor) -> Tensor:
    """[N, d] float64, as the network gives them."""
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)]).double()


def directions(features: Tensor) -> Tensor:
    """Rows scaled to length 1."""
    return torch.nn.functional.normalize(features, dim=1)


def _probe(config: Config, arm: Arm, points: Points, epoch: int, model: models.Classifier, step: int) -> Row:
    splits = {"train": points.train, "validation": points.validation, "test": points.test}
    raw = {name: _features(model, split.inputs) for name, split in splits.items()}
    unit = {name: directions(features) for name, features in raw.items()}
    decided = decisions(config, model, raw, unit, points.train.labels)
    row = {**vars(arm), "step": step, "epoch": step // epoch}
    shares = {
        (kind, name): _share(found == splits[name].labels)
        for (kind, name), found in decided.items()
        if kind != "head" or not by_rates(arm.arm)  # rate reduction leaves the head untrained
    }
    row |= {_COLUMN[kind].format(name): share for (kind, name), share in shares.items()}
    own = decided["subspace" if by_rates(arm.arm) else "head", "train"]
    sizes = {"dim": 0, "per_class": 0}  # of arrangements
    return (
        row | memorized(own, points.train) | spreads(unit, points) | _rates(config, unit["train"], points.train) | sizes
    )


def decisions(
    config: Config, model: models.Classifier, raw: dict[str, Tensor], unit: dict[str, Tensor], labels: Tensor
) -> dict[tuple[str, str], Tensor]:
    """(classifier, split) -> labels [N]; class means and subspaces are those of the training images."""
    means = metrics.class_means(unit["train"], labels)
    nearest = metrics.NearestSubspace.fit(unit["train"], labels, config.components)
    found = {}
    for name in raw:
        found["head", name] = model.head(raw[name].to(model.head.weight)).argmax(1)
        found["ncc", name] = torch.cdist(unit[name], means).argmin(1)
        found["subspace", name] = nearest.predict(unit[name])
    return found


def memorized(decided: Tensor, train: data.NoisySplit) -> dict[str, float]:
    """Of the training images with a wrong label, the shares put into the class of that label and into the true one."""
    wrong = train.wrong
    return {
        "wrong_acc_given": _share(decided[wrong] == train.labels[wrong]),
        "wrong_acc_true": _share(decided[wrong] == train.true_labels[wrong]),
    }


def spreads(unit: dict[str, Tensor], points: Points) -> dict[str, float]:
    """Variance ratios of the training images by label, of those rightly and wrongly labeled by class, and of test."""
    train, wrong = unit["train"], points.train.wrong
    found = {
        "unit_variance_ratio_train": metrics.variance_ratio(train, points.train.labels).item(),
        "unit_variance_ratio_right": metrics.variance_ratio(train[~wrong], points.train.labels[~wrong]).item(),
        "unit_variance_ratio_test": metrics.variance_ratio(unit["test"], points.test.labels).item(),
    }
    if wrong.any():
        found["unit_variance_ratio_wrong"] = metrics.variance_ratio(
            train[wrong], points.train.true_labels[wrong]
        ).item()
    return found


def _rates(config: Config, train: Tensor, split: data.NoisySplit) -> dict[str, float]:
    classes = [train[split.labels == label] for label in split.labels.unique()]
    whole = metrics.coding_rate(train, config.eps_sq).item()
    parts = metrics.class_coding_rate(train, split.labels, config.eps_sq).item()
    return {
        "class_rank": float(np.mean([dimensions(own) for own in classes])),
        "rank": dimensions(train),
        "coding_rate": whole, "class_coding_rate": parts, "rate_reduction": whole - parts,
    }  # fmt: skip


def dimensions(features: Tensor) -> float:
    """exp of the entropy of the eigenvalues of the second moments of features [N, d]: how many directions they fill."""
    return metrics.effective_rank(features.T @ features).item()


@torch.no_grad()
def by_rank(config: Config, points: Points, model: models.Classifier) -> list[float]:
    """[ranks]: test accuracy by the nearest subspace of each of `ranks` dimensions."""
    model.eval()
    train, test = (directions(_features(model, split.inputs)) for split in (points.train, points.test))
    full = metrics.NearestSubspace.fit(train, points.train.labels, max(config.ranks))
    found = [metrics.NearestSubspace(full.present, full.bases[:, :rank]).predict(test) for rank in config.ranks]
    return [_share(decided == points.test.labels) for decided in found]


def _share(right: Tensor) -> float:
    """Share of true entries; nan of none."""
    return right.double().mean().item()
