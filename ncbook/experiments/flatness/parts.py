"""The arms of the experiment: exact collapse at given strengths, and trained networks under changes of scale."""

import copy
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ncbook import data, metrics, models, trainers
from ncbook.experiments import _noisy_labels
from ncbook.experiments._addition import Addition
from ncbook.experiments.flatness import measures
from ncbook.experiments.flatness.config import Config, Noise
from ncbook.experiments.flatness.measures import Head
from ncbook.readings.flatness import ADDITION

Row = dict[str, Any]
Rows = list[Row]


@dataclass(frozen=True)
class Arm:
    """`name` is "family", "addition", or a kind of network: "trained" and "stopped" on true labels, "random" on random.

    "stopped" ends at the first epoch without a training error, the others after all epochs. "addition" are networks
    that learn modular addition, one of each seed of the config.
    """

    name: str
    seed: int = 0


def measure_arm(config: Config, device: str, arm: Arm) -> Rows:
    """All rows of one arm."""
    where = torch.device(device)
    if arm.name == "family":
        return [_on_simplex(count, strength, where) for count in config.classes for strength in config.strengths]
    if isinstance(config, Noise):
        return _added(config, device) if arm.name == ADDITION else _shaken(config, where, arm)
    model, dataset, step, probes = trained(config, where, arm, _training)
    rows = [{"part": "scale"} | _scaled(model, dataset, factor) for factor in config.scales]
    rows += [matched(config, model, dataset), *_changed(config, model, dataset, arm.seed)]
    about = _about(arm, dataset) | {"step": step}
    return [*probes, *(about | row for row in rows)]


def _about(arm: Arm, dataset: data.Dataset) -> Row:
    return {"arm": arm.name, "seed": arm.seed, "num_classes": dataset.num_classes}


# ---- exact collapse


def _on_simplex(num_classes: int, strength: float, device: torch.device) -> Row:
    """One point a class on a simplex of norm 1, w_j = lambda mu_j with lambda delta = strength."""
    corners = metrics.simplex_etf(num_classes, num_classes).double().to(device)  # [K, d]
    alignment = strength * (num_classes - 1) / num_classes  # delta = K / (K - 1)
    labels = torch.arange(num_classes, device=device)
    head = Head(corners, labels, alignment * corners, torch.zeros(num_classes, dtype=torch.float64, device=device))
    closed = metrics.collapsed_flatness(num_classes, 1.0, alignment)
    about = {"part": "family", "seed": 0, "step": 0, "num_classes": num_classes, "strength": strength}
    return about | measures.flatness(head) | {"proposition": closed.proposition.item()}


# ---- trained networks


def trained(
    config: Config,
    device: torch.device,
    arm: Arm,
    measure: Callable[[models.Classifier, data.Dataset], Rows],
    probed: Collection[int] = (0, 1),
) -> tuple[models.Classifier, data.Dataset, int, Rows]:
    """The network of an arm, the data with the labels that it was given, its steps, and what its probes measured.

    `probed`: after which epochs; a stop rule's end is always.
    """
    sizes = config.train_per_class, config.test_per_class, config.glyph_size, config.glyph_difficulty
    dataset = _noisy_labels.images(config.dataset, *sizes, arm.seed)
    model = _noisy_labels.build(config.network, dataset, config.width, arm.seed).to(device)
    if arm.name == "random":
        dataset = data.LabelNoise(1.0, arm.seed)(dataset)
    dataset = dataset.to(device)
    epoch = trainers.steps_per_epoch(len(dataset.train), config.batch_size)
    recipe = trainers.Recipe(
        steps=config.epochs * epoch, learning_rate=config.learning_rate, batch_size=config.batch_size,
        momentum=config.momentum, weight_decay=config.weight_decay,
        stop=(trainers.AfterZeroError(0),) if arm.name == "stopped" else (),
    )  # fmt: skip

    def probe(model: models.Classifier, step: int) -> Rows:
        return [_about(arm, dataset) | {"step": step} | row for row in measure(model, dataset)]

    steps = {epoch * each for each in probed}
    fitted = trainers.fit(model, dataset.train, recipe, arm.seed, probe, steps, on_step=lambda step: None)
    return model.eval(), dataset, fitted.step, [row for rows in fitted.whole() for row in rows]


def _training(model: models.Classifier, dataset: data.Dataset) -> Rows:
    return [{"part": "training"} | _scaled(model, dataset, 1.0)]


def _scaled(model: models.Classifier, dataset: data.Dataset, factor: float) -> Row:
    """All measures with the last layer times `factor`."""
    head, test = (measures.head_of(model, split).scaled(factor) for split in (dataset.train, dataset.test))
    measured = {"scale": factor} | measures.flatness(head) | measures.in_float32(head) | _shape(head)
    return measured | {
        "train_error": head.error(),
        "test_error": test.error(),
        "largest_slope_float32": measures.largest_slope(model, dataset.train, factor, torch.float32),
        "largest_slope_float64": measures.largest_slope(model, dataset.train, factor, torch.float64),
    }


def _shape(head: Head) -> dict[str, float]:
    """NC1 to NC3, and proposition 5.3 with the M and lambda of the head."""
    measured = metrics.collapse(head.features, head.labels, head.weight, head.bias)
    shape = {f"{name}_train": getattr(measured, name) for name in ("nc1", "nc2_norms", "nc2_angles", "nc3")}
    norm, alignment = measures.simplex_fit(head)
    closed = metrics.collapsed_flatness(len(head.weight), norm, alignment) if alignment > 0 else None
    return shape | {"proposition": closed.proposition.item() if closed else math.nan}


def matched(config: Config, model: models.Classifier, dataset: data.Dataset) -> Row:
    """The same network at the factor that gives the training loss `matched_loss`."""
    head, test = (measures.head_of(model, split) for split in (dataset.train, dataset.test))
    factor = measures.scale_for_loss(head, config.matched_loss)
    row = {"part": "matched", "scale": factor, "test_error": test.error()}
    return row | (measures.flatness(head.scaled(factor)) if math.isfinite(factor) else {})


# ---- noise in features


def _shaken(config: Noise, device: torch.device, arm: Arm) -> Rows:
    """The part "noise" of one network before training, after an epoch and at the end."""
    model, dataset, step, probes = trained(config, device, arm, partial(_under_noise, config))
    if probes[-1]["step"] == step:  # a stop rule's end is probed already
        return probes
    return [*probes, *(_about(arm, dataset) | {"step": step} | row for row in _under_noise(config, model, dataset))]


def _under_noise(config: Noise, model: models.Classifier, dataset: data.Dataset) -> Rows:
    """A row a noise, with the errors."""
    head, test = (measures.head_of(model, split) for split in (dataset.train, dataset.test))
    errors = {f"{name}_error": each.error() for name, each in (("train", head), ("test", test))}
    return [{"part": "noise"} | errors | row for row in measures.under_noise(head, test, config.noises)]


def _added(config: Noise, device: str) -> Rows:
    """Networks that memorize sums first and generalize later, as one ensemble: the part "noise" of probes and seeds."""
    task = Addition()
    sets = task.sets(config.seeds, device)
    recipe = trainers.Recipe(
        steps=config.addition_steps, optimizer="adamw", betas=(0.9, 0.98), learning_rate=task.learning_rate,
        weight_decay=task.weight_decay, schedule=trainers.WarmUp(task.warm_up),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        return [
            _about(Arm(ADDITION, seed), own) | {"step": step} | row
            for seed, network, own in zip(config.seeds, ensemble.models(), sets, strict=True)
            for row in _under_noise(config, network, own)
        ]

    members = [trainers.Member(seed) for seed in config.seeds]
    steps = range(0, config.addition_steps + 1, config.addition_every)
    train = [each.train for each in sets]
    fitted = trainers.fit_ensemble(task.build, train, recipe, members, probe, steps, lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


# ---- changes that preserve the function


def _changed(config: Config, model: models.Classifier, dataset: data.Dataset, seed: int) -> Rows:
    before = measures.head_of(model, dataset.train)
    chance = torch.Generator().manual_seed(seed)
    changed = {
        "none": before,
        "layer": rescaled_neurons(model, dataset.train, torch.full((before.weight.shape[1],), config.layer_factor)),
        "rotation": rotated(before, chance),
        "shift": shifted(before, chance),
        "neurons": rescaled_neurons(model, dataset.train, _factors(before, config.neuron_range, chance)),
    }
    return [{"part": "change", "change": name, **_compared(head, before)} for name, head in changed.items()]


def _compared(head: Head, before: Head) -> dict[str, float]:
    normalized = metrics.normalize_features(head.features, head.weight)
    value = metrics.relative_flatness(normalized.features, normalized.weight, head.bias).item()
    moved = _centered(head.logits()) - _centered(before.logits())
    return measures.flatness(head) | {"normalized_relative_flatness": value, "logit_change": moved.abs().max().item()}


def _centered(logits: Tensor) -> Tensor:
    """Without what all classes of a point share, which the softmax does not see."""
    return logits - logits.mean(1, keepdim=True)


def _factors(head: Head, largest: float, chance: torch.Generator) -> Tensor:
    """[d]: evenly spread on a logarithmic scale from 1/largest to largest."""
    powers = 2 * torch.rand(head.weight.shape[1], generator=chance, dtype=torch.float64) - 1
    return largest**powers


def rescaled_neurons(model: models.Classifier, split: data.Split, factors: Tensor) -> Head:
    """Feature i times factors[i] > 0 and column i of W divided by it, in the network itself.

    The last module with weights before the ReLU carries the factors, so that it is the network's parameters that
    change.
    """
    twin = copy.deepcopy(model).double().eval()
    last = [each for each in twin.blocks.modules() if isinstance(each, nn.BatchNorm1d | nn.Linear)][-1]
    factors = factors.to(twin.head.weight)
    with torch.no_grad():
        last.weight.mul_(factors if last.weight.ndim == 1 else factors[:, None])
        last.bias.mul_(factors)
        twin.head.weight.div_(factors)
    return measures.head_of(twin, split)


def rotated(head: Head, chance: torch.Generator) -> Head:
    """Features and rows of W turned by one random orthogonal matrix."""
    dim = head.weight.shape[1]
    turn = torch.linalg.qr(torch.randn(dim, dim, generator=chance, dtype=torch.float64))[0].to(head.weight.device)
    return Head(head.features @ turn, head.labels, head.weight @ turn, head.bias)


def shifted(head: Head, chance: torch.Generator) -> Head:
    """One random vector, as long as W, added to every row of W; no softmax changes."""
    vector = torch.randn(head.weight.shape[1], generator=chance, dtype=torch.float64).to(head.weight.device)
    return Head(head.features, head.labels, head.weight + head.weight.norm() * vector / vector.norm(), head.bias)
