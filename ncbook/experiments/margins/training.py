"""Networks on images: how their margins grow, and in which families margins say how well they generalize."""

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Arrays, Row, Rows
from ncbook.experiments.margins.config import Config

QUANTILES = 101
_SVM = ("svm_cosine", "svm_share", "means_svm_cosine")  # measured where the training set is separated


@dataclass(frozen=True)
class Net:
    """One training; `family` names the part's group, such as "sizes", "training" or "random labels"."""

    part: str
    family: str
    seed: int
    network: str
    label_noise: float
    per_class: int
    weight_decay: float
    learning_rate: float
    width: int


def trainings(config: Config) -> list[Net]:
    """Each weight decay with true labels, and the second with random labels, for each seed."""
    common = (config.network, config.train_per_class, config.learning_rate, config.width)
    settings = [("true labels", 0.0, decay) for decay in config.weight_decays]
    settings += [("random labels", 1.0, config.weight_decays[1])]
    return [
        _net("training", family, seed, common, noise, decay)
        for family, noise, decay in settings
        for seed in config.seeds[: config.training_seeds]
    ]


def _net(part: str, family: str, seed: int, common: tuple[str, int, float, int], noise: float, decay: float) -> Net:
    network, per_class, rate, width = common
    return Net(part, family, seed, network, noise, per_class, decay, rate, width)


def families(config: Config) -> list[Net]:
    """All networks of all families, none for 0 `family_seeds`; a family of one seed is one trial."""
    if not config.family_seeds:
        return []
    base = (config.network, config.family_per_class, config.learning_rate, config.width)
    decay, found = config.family_weight_decay, []
    for seed in config.seeds[: config.family_seeds]:
        found += [_net("families", "label noise", seed, base, noise, decay) for noise in config.noises]
        for size in config.sizes:
            sized = (config.network, size, config.learning_rate, config.width)
            found.append(_net("families", "number of images", seed, sized, 0.0, decay))
        for family, network in (("settings", config.network), ("settings, no batch norm", config.plain_network)):
            for rate, width in ((rate, width) for rate in config.other_rates for width in config.other_widths):
                one = (network, config.family_per_class, rate, width)
                found += [_net("families", family, seed, one, 0.0, other) for other in config.other_decays]
    return found + [_net("families", "seeds", seed, base, 0.0, decay) for seed in config.seeds]


def train(config: Config, device: str, net: Net) -> tuple[Rows, Arrays]:
    """Train one network; its rows, and of the part training for each row the quantiles [101] of the margins."""
    dataset = _labeled(config, net).to(device)
    model = _noisy_labels.build(net.network, dataset, net.width, net.seed).to(device)
    recipe = _recipe(config, net, len(dataset.train))
    wanted = trainers.log_spaced(recipe.steps, config.probes) if net.part == "training" else (recipe.steps,)
    probe = partial(_probe, net, dataset)
    fitted = trainers.fit(model, dataset.train, recipe, net.seed, probe, wanted, on_step=lambda step: None)
    rows, curves = zip(*fitted.whole(), strict=True)
    return rows, {"training/curves": np.stack(curves)} if net.part == "training" else {}


def _labeled(config: Config, net: Net) -> data.Dataset:
    return data.LabelNoise(net.label_noise, net.seed)(_images(config, net.per_class, net.seed))


@lru_cache(maxsize=1)
def _images(config: Config, per_class: int, seed: int) -> data.Dataset:
    """Read, or drawn, once for networks that follow each other."""
    shape = config.test_per_class, config.glyph_size, config.glyph_difficulty
    return _noisy_labels.images(config.dataset, per_class, *shape, seed)


def _recipe(config: Config, net: Net, points: int) -> trainers.Recipe:
    """SGD with half a cosine; every network of the families takes the same number of steps."""
    long = net.part == "training"
    steps = config.steps if long else config.family_steps
    return trainers.Recipe(
        steps=steps, learning_rate=net.learning_rate, momentum=config.momentum, weight_decay=net.weight_decay,
        batch_size=min(points, config.batch_size if long else config.family_batch_size),
        schedule=trainers.Cosine(steps),
    )  # fmt: skip


def _probe(net: Net, dataset: data.Dataset, model: models.Classifier, step: int) -> tuple[Row, np.ndarray]:
    features, labels = model.features(dataset.train.inputs), dataset.train.labels
    about = {**vars(net), "step": step, "num_classes": 0, "errors": 0}
    logits = model.head(features)
    margins = relative_margins(features, labels, model.head)
    row = about | {
        "train_error": _noisy_labels.error(logits, labels),
        "test_error": _noisy_labels.error(model(dataset.test.inputs), dataset.test.labels),
        "raw": metrics.margins(logits, labels).min().item(),
        "smallest": margins.min().item(), "area": metrics.margin_curve(margins).area,
        "spread": (margins.std(correction=0) / margins.mean()).item(),
        "nc1_train": metrics.nc1(features, labels), "ideal": ideal_margin(dataset.num_classes),
    }  # fmt: skip
    if net.part == "training":
        row |= _doubled(model, dataset)
        row |= dict.fromkeys(_SVM, float("nan"))
        if row["train_error"] == 0:
            row |= against_max_margin(features, labels, model.head.weight)
    return row, np.quantile(margins.cpu().numpy(), np.linspace(0, 1, QUANTILES)).astype(np.float32)


def relative_margins(features: Tensor, labels: Tensor, head: torch.nn.Linear) -> Tensor:
    """Margins [N] over the norm of the centered classifier and the root mean square length of the centered features.

    No change when W and b, or h and b, are scaled; sqrt(K) / (K-1) at every point under neural collapse.
    features [N, d], labels [N] with every class present.
    """
    centered = features.double() - _center(features, labels)
    rows = head.weight.double() - head.weight.double().mean(0)
    length = centered.square().sum(1).mean().sqrt()
    return metrics.margins(head(features).double(), labels) / (rows.norm() * length)


def ideal_margin(num_classes: int) -> float:
    """The relative margin of every point under neural collapse: classifier of norm 1, features of length 1."""
    return metrics.simplex_margins(num_classes, weight_norm=num_classes**-0.5).margin


def _center(features: Tensor, labels: Tensor) -> Tensor:
    """Mean of the class means [d] float64."""
    return metrics.class_means(features, labels, int(labels.max()) + 1).double().mean(0)


def against_max_margin(features: Tensor, labels: Tensor, weight: Tensor) -> dict[str, float]:
    """The head's rows [K, d] against the Crammer-Singer classifier of the same centered features.

    svm_cosine: of the two matrices; svm_share: the head's smallest margin over its norm, without its bias, as a share
    of the largest that there is; means_svm_cosine: of the centered class means and the max-margin classifier. All are
    nan where that classifier was not found, because the features are not separable or barely.
    """
    center = _center(features, labels)
    centered, rows = features.double() - center, weight.double() - weight.double().mean(0)
    best = metrics.max_margin_classifier(centered, labels)
    if not best.converged:
        return dict.fromkeys(_SVM, float("nan"))
    means = metrics.class_means(centered, labels, len(weight)).double()
    own = metrics.margins(centered @ rows.T, labels).min() / rows.norm()
    return {
        "svm_cosine": _cosine(rows, best.weight), "svm_share": (own / best.margin).item(),
        "means_svm_cosine": _cosine(means, best.weight),
    }  # fmt: skip


def _cosine(one: Tensor, other: Tensor) -> float:
    return ((one * other).sum() / (one.norm() * other.norm())).item()


def _doubled(model: models.Classifier, dataset: data.Dataset) -> dict[str, float]:
    """What W and b times two do to margins on the training set and to the decisions and confidence on new data."""
    train, test = model(dataset.train.inputs), model(dataset.test.inputs)
    sure = [scores.double().softmax(1).amax(1).mean().item() for scores in (test, 2 * test)]
    return {
        "doubled_raw": metrics.margins(2 * train, dataset.train.labels).min().item(),
        "doubled_changed": ((2 * test).argmax(1) != test.argmax(1)).double().mean().item(),
        "confidence": sure[0], "doubled_confidence": sure[1],
    }  # fmt: skip
