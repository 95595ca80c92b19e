"""Networks on images of which half of the classes are rare: which images, which remedy, and what is measured."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.imbalance import geometry
from ncbook.experiments.imbalance.config import Config
from ncbook.readings.imbalance import (
    ADJUSTED,
    FEW,
    FIXED,
    HEAD,
    NEAREST,
    NETWORK,
    OVERSAMPLED,
    PLAIN,
    POOL,
    REMEDIES,
    REWEIGHTED,
    SHIFTED,
)
from ncbook.trainers.outputs import Term


@dataclass(frozen=True)
class Arm:
    """One training: `arm` is the remedy, or that there is none."""

    arm: str
    ratio: float
    weight_decay: float
    seed: int


def trainings(config: Config) -> list[Arm]:
    """The plain network and few images of every class at every ratio, and each remedy at one; with every decay."""
    kinds = [(PLAIN, ratio) for ratio in config.ratios]
    kinds += [(FEW, ratio) for ratio in config.ratios if ratio > 1]
    kinds += [(remedy, config.remedy_ratio) for remedy in REMEDIES]
    return [Arm(*kind, decay, seed) for seed in config.seeds for decay in config.weight_decays for kind in kinds]


def train(config: Config, device: str, arm: Arm) -> Rows:
    """Train one network: a row a probed step."""
    whole = images(config, arm.seed).to(device)
    dataset = thinned(config, whole, arm).to(device)
    counts = dataset.train.labels.bincount(minlength=config.classes)
    model = build(config, whole, arm).to(device)
    recipe = recipe_of(config, arm, plain_counts(config, whole, arm), len(dataset.train))
    about = {"part": NETWORK, "arm": arm.arm, "ratio": arm.ratio, "weight_decay": arm.weight_decay}

    def probe(model: models.Classifier, step: int) -> dict[str, Any]:
        found = measure(model, dataset, whole.train, counts, config.rare)
        return about | {"feature_decay": 0.0, "seed": arm.seed, "step": step} | found

    steps = trainers.log_spaced(config.steps, config.probes)
    return trainers.fit(model, dataset.train, recipe, arm.seed, probe, steps, lambda step: None).whole()


@lru_cache(maxsize=2)
def images(config: Config, seed: int) -> data.Dataset:
    """All training images, `per_class` of each class, numbered so that the last `rare` classes are the rare ones."""
    return renumbered(drawn(config, seed), rare_last(config, seed))


def drawn(config: Config, seed: int) -> data.Dataset:
    """The images of a seed, every class as large as the frequent ones."""
    if config.dataset == "digits":
        return data.digits(config.per_class, seed)
    if config.dataset == "mnist5k":
        return data.mnist5k(config.per_class, seed, size=14)
    return data.Subset(config.per_class, seed)(data.load(config.dataset))


def rare_last(config: Config, seed: int) -> tuple[int, ...]:
    """The classes in a new order. Two seeds in a row, the first of them odd, have its halves the other way round."""
    order = torch.randperm(config.classes, generator=torch.Generator().manual_seed((seed + 1) // 2)).tolist()
    return tuple(order if seed % 2 else order[config.rare :] + order[: config.rare])


def renumbered(dataset: data.Dataset, order: tuple[int, ...]) -> data.Dataset:
    """Class order[c] becomes class c."""
    names = tuple(dataset.class_names[old] for old in order)
    return data.SuperClasses(tuple(order.index(old) for old in range(len(order))), names)(dataset)


def thinned(config: Config, whole: data.Dataset, arm: Arm) -> data.Dataset:
    """What the network is trained on. The images of a rare class are the same with every remedy."""
    if arm.arm == FEW:
        return data.Subset(round(config.per_class / arm.ratio), arm.seed)(whole)
    uneven = data.StepImbalance(arm.ratio, config.rare, arm.seed)(whole)
    return data.Oversampling(arm.seed)(uneven) if arm.arm == OVERSAMPLED else uneven


def plain_counts(config: Config, whole: data.Dataset, arm: Arm) -> tuple[int, ...]:
    """Images of each class without a remedy."""
    plain = thinned(config, whole, replace(arm, arm=PLAIN))
    return tuple(plain.train.labels.bincount(minlength=config.classes).tolist())


def build(config: Config, whole: data.Dataset, arm: Arm) -> models.Classifier:
    """The untrained network, without a bias in its head; of one seed all arms have the same features."""
    with models.seeded(arm.seed):
        model = models.build(config.network, whole.input_shape, config.classes, config.width)
        dim = model.head.in_features
        head = nn.Linear(dim, config.classes, bias=False)
        turn = torch.linalg.qr(torch.randn(dim, config.classes - 1)).Q  # [d, K-1] orthonormal
    if arm.arm == FIXED:  # turned: along the axes no feature, which are all positive, could point to the last corner
        corners = metrics.simplex_etf(config.classes, config.classes - 1).float()
        head = models.FixedHead(corners @ turn.T)
    return models.replace_head(model, head)


def recipe_of(config: Config, arm: Arm, counts: tuple[int, ...], points: int) -> trainers.Recipe:
    """The same for all arms but for the loss."""
    losses: dict[str, Term] = {REWEIGHTED: trainers.Reweighted(counts), ADJUSTED: trainers.LogitAdjusted(counts)}
    return trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, batch_size=min(config.batch_size, points),
        momentum=config.momentum, weight_decay=arm.weight_decay, schedule=trainers.Cosine(config.steps),
        loss=losses.get(arm.arm, trainers.CrossEntropy()),
    )  # fmt: skip


def measure(
    model: models.Classifier, dataset: data.Dataset, pool: data.Split, counts: Tensor, rare: int
) -> dict[str, Any]:
    """The columns of one probe: geometry, and accuracy on new images by four rules.

    `pool`: all images of each class, also those that the network has not seen; their means are what the nearest mean of
    a rare class could know with as many images as a frequent one has.
    """
    seen, new = (model.features(split.inputs) for split in (dataset.train, dataset.test))
    means = metrics.class_means(seen, dataset.train.labels)
    logits = model.head(new).double()
    decisions = {
        HEAD: logits.argmax(1),
        SHIFTED: (logits - (counts / counts.sum()).log()).argmax(1),
        NEAREST: _nearest(new, means),
        POOL: _nearest(new, metrics.class_means(model.features(pool.inputs), pool.labels)),
    }
    row = {"train_error": (model.head(seen).argmax(1) != dataset.train.labels).double().mean().item()}
    for rule, decided in decisions.items():
        right = class_accuracy(decided, dataset.test.labels)
        row |= {f"rare_acc_{rule}": right[-rare:].mean().item(), f"frequent_acc_{rule}": right[:-rare].mean().item()}
        row |= {f"worst_acc_{rule}": right.min().item()}
    return row | geometry.measure(model.head.weight, means, counts, rare)


def class_accuracy(decided: Tensor, labels: Tensor) -> Tensor:
    """[K] float64: the share of the points of each class that are decided rightly."""
    right = (decided == labels).double()
    return (
        torch.zeros(int(labels.max()) + 1, dtype=torch.float64, device=labels.device).index_add(0, labels, right)
        / labels.bincount()
    )


def _nearest(points: Tensor, means: Tensor) -> Tensor:
    return torch.cdist(points.double(), means).argmin(1)
