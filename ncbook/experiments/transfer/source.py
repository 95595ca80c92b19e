"""Pretraining on m source classes of glyphs, judged on ten classes that no network has seen."""

from functools import lru_cache
from math import nan

import numpy as np

from ncbook import data, models, trainers
from ncbook.experiments.transfer import measure
from ncbook.experiments.transfer.config import Config
from ncbook.experiments.transfer.probing import few_shot
from ncbook.readings.transfer import INPUT, LAST, PER_CLASS, TOTAL


def arms(config: Config) -> list[tuple[int, str, int]]:
    """(seed, protocol, m): where both protocols are the same training, it is made once, as "per class"."""
    counts = {PER_CLASS: config.source_counts, TOTAL: [n for n in config.source_counts if _size(config, TOTAL, n)]}
    return [(seed, protocol, n) for seed in config.seeds for protocol, chosen in counts.items() for n in chosen]


def _size(config: Config, protocol: str, count: int) -> int:
    """Training images of a class, 0 where "total" would repeat "per class"."""
    if protocol == PER_CLASS:
        return config.per_class
    each = config.total // count
    return 0 if each == config.per_class else each


def probe_steps(config: Config) -> tuple[int, ...]:
    """Parts of the training, closer together where the last training errors are."""
    return tuple(sorted({config.source_steps * part // 32 for part in (0, 1, 2, 4, 6, 8, 12, 16, 24, 32)}))


def rows(config: Config, device: str, arm: tuple[int, str, int]) -> list[measure.Row]:
    """Train one network; a row a probed step of the last layer, and of every layer at the end."""
    seed, protocol, count = arm
    dataset = _dataset(config, seed, protocol, count).to(device)
    target = _target(config, seed).to(device)
    steps = config.source_steps
    recipe = trainers.Recipe(
        steps=steps, learning_rate=config.learning_rate, batch_size=min(config.source_batch, len(dataset.train)),
        weight_decay=config.source_decay, schedule=trainers.Cosine(steps), loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip
    about = {"part": "source", "arm": protocol, "num_classes": count, "seed": seed}
    per_epoch = trainers.steps_per_epoch(len(dataset.train), recipe.batch_size or 1)

    def probe(model: models.Classifier, step: int) -> list[measure.Row]:
        now = about | {"step": step, "epoch": step / per_epoch}
        return _measured(config, model, dataset, target, now, every=step == steps)

    model = measure.network(config.source_network, dataset, config.width, config.depth, seed).to(device)
    return measure.fitted(model, dataset.train, recipe, seed, probe, probe_steps(config))


def split_classes(config: Config, seed: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(source, target): glyph classes in random order; fewer source classes are the first of more."""
    order = np.random.default_rng(seed).permutation(len(data.GLYPH_CLASSES)).tolist()
    return tuple(order[config.target_classes :]), tuple(order[: config.target_classes])


def _dataset(config: Config, seed: int, protocol: str, count: int) -> data.Dataset:
    classes = split_classes(config, seed)[0][:count]
    return data.glyphs(
        classes, _size(config, protocol, count), config.test_per_class, config.glyph_size,
        difficulty=config.glyph_difficulty, seed=seed,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _target(config: Config, seed: int) -> data.Split:
    """Images of the target classes, the same for every network of a seed."""
    drawn = data.glyphs(
        split_classes(config, seed)[1], 1, config.target_per_class, config.glyph_size,
        difficulty=config.glyph_difficulty, seed=seed,
    )  # fmt: skip
    return drawn.test


def _measured(
    config: Config, model: models.Classifier, dataset: data.Dataset, target: data.Split, about: measure.Row, every: bool
) -> list[measure.Row]:
    train, test = dataset.train, dataset.test
    seen = measure.layers(model, train.inputs, not every)
    fresh = measure.layers(model, test.inputs, not every)
    moved = measure.layers(model, target.inputs, not every)
    if about["step"] == 0:  # the pixels themselves, to compare with
        for each, split in ((seen, train), (fresh, test), (moved, target)):
            each[INPUT] = split.inputs.flatten(1)
    error = measure.errors(model, (seen[LAST], train.labels), (fresh[LAST], test.labels))
    rows = []
    for name in seen:
        parts = (seen[name], train.labels), (fresh[name], test.labels), (moved[name], target.labels)
        probe, nearest = few_shot(*parts[2], config.shots, config.trials, config.penalty, about["seed"])
        row = {"probe_acc_target": probe, "ncc_acc_target": nearest, "cluster_acc_train": nan}
        rows.append(about | error | measure.layer_row(name, *parts) | row)
    return rows
