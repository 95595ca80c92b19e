"""What is measured while a network on digits collapses: information at two noises, NC1, critical betas."""

import numpy as np
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments.information_bottleneck.config import Config
from ncbook.experiments.information_bottleneck.frames import covariances, critical_betas, summary
from ncbook.experiments.information_bottleneck.rows import Arm, Result, Rows

NOISES = ("fixed noise", "scaled noise")
CURVE = np.logspace(-7, 2, 19)  # variance of the noise over the mean squared distance of the features


def digits(config: Config, device: str, arm: Arm) -> Result:
    """Rows of all seeds at the weight decay `arm.setting`; `noise curve` rows before and after training."""
    rows: Rows = []
    for seed in config.seeds[: config.digits_seeds]:
        own = data.digits(config.train_per_class, seed).to(device)
        rows += _trained(config, own, arm, seed)
    return rows, {}


def _trained(config: Config, own: data.Dataset, arm: Arm, seed: int) -> Rows:
    recipe = trainers.Recipe(
        config.digits_steps, config.learning_rate, batch_size=config.batch, momentum=config.momentum,
        weight_decay=arm.setting, schedule=trainers.Cosine(config.digits_steps),
    )  # fmt: skip
    with models.seeded(seed):
        model = models.mlp((1, 8, 8), 10, config.width, config.depth)
    about = {"part": arm.part, "setting": arm.setting, "seed": seed}

    def probe(model: models.Classifier, step: int) -> Rows:
        rows = measure(config, model, own)
        rows += noise_curve(model, own.train) if step in (0, config.digits_steps) else []
        return [about | {"step": step} | row for row in rows]

    probes = trainers.log_spaced(config.digits_steps, config.digits_probes)
    fitted = trainers.fit(model.to(own.train.inputs.device), own.train, recipe, seed, probe, probes, lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


def measure(config: Config, model: models.Classifier, own: data.Dataset) -> Rows:
    """Rows of one network, for each split and noise. The test set is thinned to about as many images as in training."""
    every = max(1, len(own.test) // len(own.train))
    thinned = data.Split(own.test.inputs[::every], own.test.labels[::every])
    rows: Rows = []
    for name, split in (("train", own.train), ("test", thinned)):
        features = model.features(split.inputs).double()
        about = {"name": name} | _geometry(features, split.labels) | errors(model, own)
        noises = (config.digits_noise, config.digits_share * mean_square(features))
        rows += [about | {"estimator": estimator} | _information(features, split.labels, noise)
                 for estimator, noise in zip(NOISES, noises, strict=True)]  # fmt: skip
    return rows


def noise_curve(model: models.Classifier, train: data.Split) -> Rows:
    """Information against noise; its variance over the mean squared distance of the features stands in `noise`."""
    features = model.features(train.inputs).double()
    size = mean_square(features)
    return [
        {"name": "train", "estimator": "noise curve"}
        | _information(features, train.labels, share * size) | {"noise": float(share)}
        for share in CURVE
    ]  # fmt: skip


def mean_square(features: Tensor) -> float:
    """Mean squared distance of the features from their mean; a tiny number if all are equal."""
    return max(float((features - features.mean(0)).square().sum(1).mean()), 1e-12)


def errors(model: models.Classifier, own: data.Dataset) -> dict[str, float]:
    """Both errors of one network."""
    splits = {"train_error": own.train, "test_error": own.test}
    return {
        name: float((model(split.inputs).argmax(1) != split.labels).double().mean()) for name, split in splits.items()
    }


def _geometry(features: Tensor, labels: Tensor) -> dict[str, float]:
    return {
        "nc1": float(metrics.nc1(features, labels)),
        "variance_ratio": float(metrics.variance_ratio(features, labels)),
        "size": mean_square(features),
    } | summary(critical_betas(*covariances(features, labels), int(labels.max())))


def _information(features: Tensor, labels: Tensor, noise: float) -> dict[str, float]:
    found = metrics.mutual_information_kde(features, labels, noise)
    return {
        "noise": float(noise), "information": float(found.input_upper), "lower": float(found.input_lower),
        "label": float(found.label), "points": len(labels),
    }  # fmt: skip
