"""What is measured while a network on digits collapses: information at two noises, NC1, critical betas."""

import math

import numpy as np
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.information_bottleneck.arm import Arm, Result
from ncbook.experiments.information_bottleneck.config import Config
from ncbook.experiments.information_bottleneck.frames import covariances, critical_betas, summary
from ncbook.readings.information_bottleneck import CURVE, NOISES

SHARES = np.logspace(-7, 2, 19)  # variance of the noise over the mean squared distance of the features


def digits(config: Config, device: str, arm: Arm) -> Result:
    """Rows of all seeds at the weight decay of `arm`; `noise curve` rows before and after training."""
    rows: list[Row] = []
    for seed in config.seeds[: config.digits_seeds]:
        own = data.digits(config.train_per_class, seed).to(device)
        rows += _trained(config, own, arm, seed)
    return rows, {}


def _trained(config: Config, own: data.Dataset, arm: Arm, seed: int) -> Rows:
    recipe = trainers.Recipe(
        config.digits_steps, config.learning_rate, batch_size=config.batch, momentum=config.momentum,
        weight_decay=arm.weight_decay, schedule=trainers.Cosine(config.digits_steps),
    )  # fmt: skip
    with models.seeded(seed):
        model = models.mlp((1, 8, 8), 10, config.width, config.depth)

    def probe(model: models.Classifier, step: int) -> Rows:
        rows = measure(config, model, own)
        rows += noise_curve(model, own.train) if step in (0, config.digits_steps) else []
        return [arm.row(seed, step=step, **row) for row in rows]

    probes = trainers.log_spaced(config.digits_steps, config.digits_probes)
    fitted = trainers.fit(model.to(own.train.inputs.device), own.train, recipe, seed, probe, probes, lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


def measure(config: Config, model: models.Classifier, own: data.Dataset) -> list[Row]:
    """Rows of one network, for each split and noise. The test set is thinned to about as many images as in training."""
    every = max(1, len(own.test) // len(own.train))
    thinned = data.Split(own.test.inputs[::every], own.test.labels[::every])
    rows: list[Row] = []
    for name, split in (("train", own.train), ("test", thinned)):
        features = model.features(split.inputs).double()
        about = {"split": name} | _geometry(name, features, split.labels) | errors(model, own)
        noises = (config.digits_noise, config.digits_share * mean_square(features))
        rows += [about | {"estimator": estimator} | _information(features, split.labels, noise)
                 for estimator, noise in zip(NOISES, noises, strict=True)]  # fmt: skip
    return rows


def noise_curve(model: models.Classifier, train: data.Split) -> list[Row]:
    """Information against noise, one row for each of `SHARES`."""
    features = model.features(train.inputs).double()
    variances = SHARES * mean_square(features)
    about = {"split": "train", "estimator": CURVE}
    return [
        about
        | _information(features, train.labels, variance)
        | {"noise_variance": math.nan, "relative_noise": float(share), "setting": setting}
        for setting, (share, variance) in enumerate(zip(SHARES, variances, strict=True))
    ]


def mean_square(features: Tensor) -> float:
    """Mean squared distance of the features from their mean; a tiny number if all are equal."""
    return max(float((features - features.mean(0)).square().sum(1).mean()), 1e-12)


def errors(model: models.Classifier, own: data.Dataset) -> dict[str, float]:
    """Both errors of one network."""
    splits = {"train_error": own.train, "test_error": own.test}
    return {
        name: float((model(split.inputs).argmax(1) != split.labels).double().mean()) for name, split in splits.items()
    }


def _geometry(split: str, features: Tensor, labels: Tensor) -> dict[str, float]:
    return {
        f"nc1_{split}": float(metrics.nc1(features, labels)),
        f"variance_ratio_{split}": float(metrics.variance_ratio(features, labels)),
        "total_variance": mean_square(features),
    } | summary(critical_betas(*covariances(features, labels), int(labels.max())))


def _information(features: Tensor, labels: Tensor, noise: float) -> dict[str, float]:
    found = metrics.mutual_information_kde(features, labels, noise)
    return {
        "noise_variance": float(noise),
        "information": float(found.input_upper),
        "information_lower": float(found.input_lower),
        "label_information": float(found.label),
        "num_points": len(labels),
    }
