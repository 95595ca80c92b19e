"""The information plane of a small network on 12 bits, by four estimators."""

from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.information_bottleneck.arm import Arm, Result
from ncbook.experiments.information_bottleneck.config import Config
from ncbook.readings.information_bottleneck import NOISES

ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}
BITS = 12
_SMALLEST = 1e-12  # variance or range that stands for a layer which is constant


def all_inputs() -> data.Split:
    """All 2^12 words of 12 signs, and a rule that does not change when a word is turned, mirrored or negated.

    The signs sit as charges on the corners of a regular polygon; label 1 says that their dipole moment is longer than
    its median over all words.
    """
    words = 2 * (np.arange(2**BITS)[:, None] >> np.arange(BITS) & 1) - 1
    corners = np.exp(2j * np.pi * np.arange(BITS) / BITS)
    lengths = np.abs(words @ corners).round(9)  # equal lengths stay equal
    labels = lengths > np.median(lengths)
    return data.Split(torch.from_numpy(words).float(), torch.from_numpy(labels).long())


def build(activation: str, hidden: tuple[int, ...], seed: int) -> models.Classifier:
    """Fully connected, `hidden` units a layer, weights of variance 1 / inputs (2 / inputs with ReLU), biases 0."""
    gain = 2.0 if activation == "relu" else 1.0
    with models.seeded(seed):
        blocks: dict[str, nn.Module] = {}
        for level, (fan_in, fan_out) in enumerate(pairwise((BITS, *hidden)), start=1):
            linear = nn.Linear(fan_in, fan_out)
            nn.init.normal_(linear.weight, std=(gain / fan_in) ** 0.5)
            nn.init.zeros_(linear.bias)
            blocks[f"hidden{level}"] = nn.Sequential(linear, ACTIVATIONS[activation]())
        return models.Classifier(blocks, hidden[-1], 2)


def splits(everything: data.Split, share: float, seed: int) -> tuple[data.Split, data.Split]:
    """A random `share` of all words to train, the rest to test."""
    order = torch.randperm(len(everything), generator=torch.Generator().manual_seed(seed))
    parts = order.split([round(share * len(order)), len(order) - round(share * len(order))])
    first, second = (data.Split(everything.inputs[own], everything.labels[own]) for own in parts)
    return first, second


def plane(config: Config, device: str, arm: Arm) -> Result:
    """A row for each seed, probe, hidden layer and estimator of one activation."""
    everything, seeds = all_inputs(), config.seeds[: config.plane_seeds]
    sets = [splits(everything, config.train_share, seed) for seed in seeds]

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        return [
            arm.row(seed, step=step, **row)
            for seed, model, own in zip(seeds, ensemble.models(), sets, strict=True)
            for row in measure(config, model.cpu(), own, seed)
        ]

    recipe = trainers.Recipe(config.plane_steps, config.plane_rate, optimizer="adamw")
    fitted = trainers.fit_ensemble(
        partial(build, arm.activation, config.hidden), [train.to(device) for train, _ in sets], recipe,
        [trainers.Member(seed) for seed in seeds], probe, trainers.log_spaced(config.plane_steps, config.plane_probes),
        lambda step: None,
    )  # fmt: skip
    return [row for rows in fitted.whole() for row in rows], {}


def measure(config: Config, model: models.Classifier, own: tuple[data.Split, data.Split], seed: int) -> list[Row]:
    """A row for each hidden layer and estimator; X is uniform on `sampled` of all words."""
    train_error, test_error = (
        float((model(part.inputs).argmax(1) != part.labels).double().mean()) for part in own
    )  # fmt: skip
    everything = all_inputs()
    chosen = torch.randperm(len(everything), generator=torch.Generator().manual_seed(seed))[: config.sampled]
    layers = model.layers(everything.inputs[chosen]).values()
    return [
        {"layer": level, "estimator": name, "train_error": train_error, "test_error": test_error} | values
        for level, features in enumerate(layers, start=1)
        for name, values in information(config, features.double(), everything.labels[chosen]).items()
    ]


def information(config: Config, features: Tensor, labels: Tensor) -> dict[str, dict[str, float]]:
    """Estimator -> MI(X; T) and MI(Y; T) of one layer [N, d], with the noise or the bin that was used."""
    variance = max(float(features.var(0, correction=0).mean()), _SMALLEST)
    width = max(float(features.max() - features.min()), _SMALLEST)
    noises = dict(zip(NOISES, (config.noise, config.noise * variance), strict=True))
    widths = {"fixed bins": config.bin_size, "scaled bins": width / config.bin_count}
    found = {}
    for name, noise in noises.items():
        kernel = metrics.mutual_information_kde(features, labels, noise)
        found[name] = {
            "noise_variance": noise,
            "information": float(kernel.input_upper),
            "information_lower": float(kernel.input_lower),
            "label_information": float(kernel.label),
        }
    for name, size in widths.items():
        binned = metrics.mutual_information_binned(features, labels, size)
        found[name] = {"bin_width": size, "information": binned.input, "label_information": binned.label}
    return found
