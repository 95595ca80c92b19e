"""Networks that are trained without some classes: which classes, how they are trained, and their rows."""

from dataclasses import dataclass
from typing import Any

import torch

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.reliability import attacked, confidence, detection
from ncbook.experiments.reliability.config import Config
from ncbook.readings.reliability import ATTACK, FALLING, NONE, PIXELS, PLAIN, ROBUST, SCALING, TRAINING


@dataclass(frozen=True)
class Arm:
    """One training."""

    arm: str
    weight_decay: float
    seed: int


@dataclass(frozen=True)
class Images:
    """The trained classes, and every image of the unseen ones."""

    known: data.Dataset
    unseen: torch.Tensor


def trainings(config: Config) -> list[Arm]:
    """A plain network with each decay, the same with a falling rate, and a robust one with that and the largest."""
    kinds = [(arm, decay) for arm in (PLAIN, FALLING) for decay in config.weight_decays]
    kinds.append((ROBUST, max(config.weight_decays)))
    return [Arm(*kind, seed) for seed in config.seeds for kind in kinds]


def unseen_classes(config: Config, num_classes: int, seed: int) -> tuple[int, ...]:
    """The classes that a seed holds out: from one order of all for as many seeds in a row as have classes of their own.

    With two of ten classes the seeds 1 to 5 hold each class out once, as do 6 to 10.
    """
    turns = num_classes // config.unseen
    turn, place = divmod(seed - 1, turns)
    order = torch.randperm(num_classes, generator=torch.Generator().manual_seed(turn)).tolist()
    return tuple(order[place * config.unseen : (place + 1) * config.unseen])


def images(config: Config, seed: int) -> Images:
    """The images of a seed."""
    whole = _drawn(config, seed)
    known, unseen = data.hold_out(whole, unseen_classes(config, whole.num_classes, seed))
    return Images(known, torch.cat([unseen.train.inputs, unseen.test.inputs]))


def pixels(config: Config, seed: int) -> dict[str, Any]:
    """One row: how well unseen classes are told by their pixels, without any network."""
    found = images(config, seed)
    return _about(PIXELS, Arm(NONE, 0.0, seed), 0) | detection.of_pixels(found.known, found.unseen)


def train(config: Config, device: str, arm: Arm) -> tuple[Rows, Arrays]:
    """Train one network: a row a probed step, and at the end one a change of the images and a scale of the logits."""
    found = images(config, arm.seed)
    known, unseen = found.known.to(device), found.unseen.to(device)
    with models.seeded(arm.seed):
        model = models.build(config.network, known.input_shape, known.num_classes, config.width).to(device)
    half_of = confidence.Splitter(known.test.labels, config.draws, arm.seed)

    def probe(model: models.Classifier, step: int) -> dict[str, Any]:
        row = _about(TRAINING, arm, step) | confidence.errors(model, known)
        return row | half_of.measure(model, known) | detection.of_features(model, known, unseen)

    steps = trainers.log_spaced(config.steps, config.probes)
    fitted = trainers.fit(model, known.train, _recipe(config, arm), arm.seed, probe, steps, lambda step: None)
    rows: list[dict[str, Any]] = fitted.whole()
    model.eval()
    with torch.no_grad():
        own = attacked.rows(config, model, known, arm.seed)
        rows += [_about(ATTACK, arm, config.steps) | row for row in own]
        if arm.arm == PLAIN:
            own = half_of.scaled(model, known, config.scales)
            rows += [_about(SCALING, arm, config.steps) | row for row in own]
        return rows, _plane(config, arm, model, known)


def _drawn(config: Config, seed: int) -> data.Dataset:
    if config.dataset == "digits":
        return data.digits(config.per_class, seed)
    if config.dataset == "mnist5k":
        return data.mnist5k(config.per_class, seed, size=14)
    return data.Subset(config.per_class, seed)(data.load(config.dataset))


def _recipe(config: Config, arm: Arm) -> trainers.Recipe:
    attack = trainers.Attack(config.robust_radius, config.robust_steps) if arm.arm == ROBUST else None
    schedule = trainers.constant if arm.arm == PLAIN else trainers.Cosine(config.steps)
    return trainers.Recipe(
        config.steps, config.learning_rate, config.batch_size, momentum=config.momentum,
        weight_decay=arm.weight_decay, schedule=schedule, attack=attack,
    )  # fmt: skip


def _about(part: str, arm: Arm, step: int) -> dict[str, Any]:
    """The keys of a row; a row of changed images or scaled logits puts in its own."""
    own = {"part": part, "arm": arm.arm, "weight_decay": arm.weight_decay, "seed": arm.seed, "step": step}
    return own | {"perturbation": NONE, "radius": 0.0, "scale": 1.0}


def _plane(config: Config, arm: Arm, model: models.Classifier, known: data.Dataset) -> Arrays:
    """Arrays of the first seed: of the networks with the largest decay and a falling rate, robust or not."""
    shown = arm.seed == config.seeds[0] and arm.arm != PLAIN and arm.weight_decay == max(config.weight_decays)
    return attacked.plane(config, model, known, arm.arm) if shown else {}
