"""Digits from a large start: grokking beyond arithmetic (Liu et al. 2023)."""

from functools import partial

import torch

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.onset.config import Config
from ncbook.readings.onset import DIGITS, MEASURES, SMALL


def train_digits(config: Config, device: str, part: str) -> Rows:
    """Rows of all seeds with the alpha of `part`. kappa is that of the squared error; what an arithmetic measure

    of the softmax or of frequencies would be is nan.
    """
    index = (DIGITS, SMALL).index(part)
    sets = [dataset(config, seed).to(device) for seed in config.digits_seeds]
    steps = config.digits_steps[index]

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        return [
            {"part": part, "seed": seed, "step": step} | measure(network, own)
            for seed, network, own in zip(config.digits_seeds, ensemble.models(), sets, strict=True)
        ]

    members = [trainers.Member(seed, init_scale=config.alphas[index]) for seed in config.digits_seeds]
    fitted = trainers.fit_ensemble(
        partial(build, config, sets[0].input_shape), [own.train for own in sets], recipe_of(config, steps), members,
        probe, trainers.log_spaced(steps, config.digits_probes),
    )  # fmt: skip
    return [row for seed_rows in zip(*fitted.whole(), strict=True) for row in seed_rows]


def dataset(config: Config, seed: int) -> data.Dataset:
    """`digits_per_class` training images of each class, drawn by the seed, and all test images."""
    if config.dataset == "digits":
        return data.digits(config.digits_per_class, seed)
    return data.Subset(config.digits_per_class, seed)(data.load(config.dataset))


def build(config: Config, input_shape: tuple[int, ...], seed: int) -> models.Classifier:
    """The untrained perceptron of one seed, before its parameters are multiplied by alpha."""
    with models.seeded(seed):
        return models.mlp(input_shape, 10, config.digits_width, config.digits_depth, batch_norm=False)


def recipe_of(config: Config, steps: int) -> trainers.Recipe:
    """Full-batch AdamW on the squared error, as in Liu et al. (2023) but for batches of 200."""
    return trainers.Recipe(
        steps, config.digits_learning_rate, optimizer="adamw", weight_decay=config.digits_weight_decay,
        loss=trainers.SquaredError(),
    )  # fmt: skip


def measure(network: models.Classifier, dataset: data.Dataset) -> dict[str, float]:
    """The columns of the history for one network."""
    train, test = dataset.train, dataset.test
    features, unseen = network.features(train.inputs), network.features(test.inputs)
    means = metrics.class_means(features, train.labels, dataset.num_classes)
    row = dict.fromkeys(MEASURES, float("nan"))
    for name, split, points in (("train", train, features), ("test", test, unseen)):
        right = network.head(points).argmax(1) == split.labels
        row |= {
            f"{name}_acc": right.double().mean().item(),
            f"cdnv_{name}": metrics.cdnv(points, split.labels).item(),
            f"variance_ratio_{name}": metrics.variance_ratio(points, split.labels).item(),
            f"rnc1_{name}": metrics.rnc1(points, split.labels).item(),
        }
    weights = torch.cat([parameter.flatten() for parameter in network.parameters()])
    outputs = trainers.Outputs(features, network.head(features), train.labels, network.head.weight)
    return row | {
        "nc1_train": float(metrics.nc1(features, train.labels)),
        "ncc_acc_test": 1 - metrics.nearest_class_center_error(unseen, test.labels, means),
        "relative_flatness": metrics.relative_flatness_mse(features, network.head.weight).item(),
        "weight_norm": weights.double().norm().item(),
        "train_loss": trainers.SquaredError()(outputs).item(),
    }
