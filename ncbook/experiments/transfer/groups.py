"""Pretraining on super-classes, judged on the fine classes within them."""

from functools import lru_cache
from math import nan

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments.transfer import measure
from ncbook.experiments.transfer.config import Config, SuperClasses
from ncbook.experiments.transfer.probing import linear_probe, recovered
from ncbook.readings.transfer import ARMS, FINE, HALVES, INPUT, LAST, RANDOM, WEAK_HALVES, WEAKLY


def arms(config: Config) -> list[tuple[int, str]]:
    names = config.group_arms if isinstance(config, SuperClasses) else ARMS
    return [(seed, arm) for seed in config.seeds for arm in names]


def probe_epochs(config: Config) -> tuple[int, ...]:
    """Those of `SuperClasses`; else 0, and whole epochs a factor of about three apart, the last one included."""
    if isinstance(config, SuperClasses):
        return config.group_probes
    last = config.group_epochs
    return (0, *sorted({max(1, round(last / factor)) for factor in (75, 25, 10, 3, 1)}))


def trained_labels(arm: str, labels: Tensor, seed: int) -> Tensor:
    """What `arm` is trained to say of images of the fine classes `labels` [N]."""
    if arm == FINE:
        return labels
    coarse = (labels >= 5).long() if arm in (HALVES, WEAK_HALVES) else labels % 2
    if arm != RANDOM:
        return coarse
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return coarse[order.to(labels.device)]  # as many of each, on other images


def rows(config: Config, device: str, arm: tuple[int, str]) -> list[measure.Row]:
    """Train one network; a row a layer and probed epoch, and one of the pixels at the start."""
    seed, name = arm
    images = _images(config, seed).to(device)
    posed = _posed(images, name, seed)
    per_epoch = trainers.steps_per_epoch(len(posed.train), config.batch_size)
    steps = config.group_epochs * per_epoch
    recipe = trainers.Recipe(
        steps=steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        weight_decay=config.group_decays[name in WEAKLY], schedule=trainers.Cosine(steps),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip
    about = {"part": "groups", "arm": name, "num_classes": posed.num_classes, "seed": seed}

    def probe(model: models.Classifier, step: int) -> list[measure.Row]:
        rows = _measured(model, images, posed, about | {"step": step, "epoch": step / per_epoch})
        told = _centers(model, posed) if isinstance(config, SuperClasses) else {}
        return [row | told if row["layer"] == LAST else row for row in rows]

    model = measure.network(config.group_network, posed, config.width, config.depth, seed).to(device)
    return measure.fitted(
        model, posed.train, recipe, seed, probe, (epoch * per_epoch for epoch in probe_epochs(config))
    )


@lru_cache(maxsize=1)
def _images(config: Config, seed: int) -> data.Dataset:
    """Images with their fine classes; those to test on in random order, so that each half holds every class."""
    found = _drawn(config, seed)
    order = torch.randperm(len(found.test), generator=torch.Generator().manual_seed(seed))
    test = data.Split(found.test.inputs[order], found.test.labels[order])
    return data.Dataset(found.name, found.train, test, found.class_names)


def _drawn(config: Config, seed: int) -> data.Dataset:
    if config.group_data == "digits":
        return data.digits(config.group_per_class, seed)
    if config.group_data == "mnist5k":
        return data.mnist5k(config.group_per_class, seed, size=14)
    return data.load(config.group_data)


def _posed(images: data.Dataset, arm: str, seed: int) -> data.Dataset:
    """`images` with the labels that `arm` is trained on."""
    train, test = (
        data.Split(each.inputs, trained_labels(arm, each.labels, seed)) for each in (images.train, images.test)
    )
    names = images.class_names if arm == FINE else ("first", "second")
    return data.Dataset(images.name, train, test, names)


def _measured(
    model: models.Classifier, images: data.Dataset, posed: data.Dataset, about: measure.Row
) -> list[measure.Row]:
    seen, fresh = measure.layers(model, posed.train.inputs), measure.layers(model, posed.test.inputs)
    if about["step"] == 0:  # the pixels themselves, to compare with
        seen[INPUT], fresh[INPUT] = (each.inputs.flatten(1) for each in (posed.train, posed.test))
    error = measure.errors(model, (seen[LAST], posed.train.labels), (fresh[LAST], posed.test.labels))
    return [about | error | _layer(name, seen[name], fresh[name], images, posed, about) for name in seen]


def _centers(model: models.Classifier, posed: data.Dataset) -> measure.Row:
    """How the last layer tells the classes that were trained apart, beside the variance ratio."""
    seen, fresh = (measure.layers(model, split.inputs, True)[LAST] for split in (posed.train, posed.test))
    means = metrics.class_means(seen, posed.train.labels, posed.num_classes)
    error = metrics.nearest_class_center_error(fresh, posed.test.labels, means)
    return {"nc1_train": metrics.nc1(seen, posed.train.labels), "ncc_acc_test": 1 - error}


def _layer(
    name: str, seen: Tensor, fresh: Tensor, images: data.Dataset, posed: data.Dataset, about: measure.Row
) -> measure.Row:
    moved = fresh, images.test.labels
    probe, nearest = linear_probe(*moved)
    known = name in (LAST, INPUT) and about["arm"] != FINE  # where clusters are looked for
    return measure.layer_row(name, (seen, posed.train.labels), (fresh, posed.test.labels), moved) | {
        "probe_acc_target": probe,
        "ncc_acc_target": nearest,
        "cluster_acc_train": recovered(seen, posed.train.labels, images.train.labels, about["seed"]) if known else nan,
    }
