"""The standard setting of modular addition, as in the experiment `grokking`, and with other rates and decays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from ncbook import data, metrics, trainers
from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.grokking.standard import train_members, train_seeds
from ncbook.experiments.grokking.training import Network, datasets, probe_steps
from ncbook.experiments.onset.codes import geometry
from ncbook.experiments.onset.config import Config, Rates
from ncbook.readings import rates
from ncbook.readings.onset import ADDITION, MEASURES


def train_addition(config: Config, device: str, part: str) -> tuple[Rows, Arrays]:
    """Rows of all seeds, or of the first without weight decay; and the geometry at the end as arrays, see `shapes`."""
    task = config.addition()
    if part == ADDITION:
        seeds, decay, every = config.seeds, config.weight_decay, config.every
    else:
        seeds, decay, every = config.seeds[: config.control_seeds], 0.0, config.control_every
    sets, columns = datasets(task, seeds, device), ("train_acc", "test_acc", *MEASURES)
    steps = probe_steps(task.steps, every)
    rows, networks = train_seeds(task, seeds, sets, decay, steps, {"part": part}, columns)
    return rows, shapes(networks, sets, part)


def train_rates(config: Rates, device: str, product: float) -> Rows:
    """Rows of all seeds in the arms with this product of rate and decay, as a multiple of the standard one.

    They are one ensemble, trained and measured at the standard steps over the product.
    """
    arms = rates.settings(vars(config))
    arms = arms[arms[rates.BOTH] == product]
    task = replace(config.addition(), steps=round(config.steps / product))
    members = [
        trainers.Member(seed, config.learning_rate * arm.rate, config.weight_decay * arm.decay)
        for _, arm in arms.iterrows()
        for seed in config.seeds
    ]
    abouts = [{"part": str(part)} for part in arms.index for _ in config.seeds]
    sets, steps = (
        datasets(task, config.seeds, device) * len(arms),
        probe_steps(task.steps, round(config.every / product)),
    )
    return train_members(task, members, sets, steps, abouts, ("train_acc", "test_acc", *MEASURES))[0]


@torch.no_grad()
def shapes(networks: Sequence[Network], sets: Sequence[data.Dataset], part: str) -> Arrays:
    """At the end of training, for the classifier ("head") and the class means of the training set ("means"):

    shapes/<part>/<which>/<measure of codes.geometry> [seeds, ...], and shapes/<part>/<which>/frequencies [seeds], the
    number of key frequencies of the rows, and shapes/<part>/<which>/effective_rank [seeds], of the centered rows.
    """
    found: dict[str, list[np.ndarray]] = {}
    for network, dataset in zip(networks, sets, strict=True):
        weight = network.head.weight.double().cpu()
        features = network.features(dataset.train.inputs).double().cpu()
        means = metrics.class_means(features, dataset.train.labels.cpu(), len(weight))
        for which, rows in (("head", weight), ("means", means)):
            measured = geometry(rows) | {
                "frequencies": np.array(len(metrics.fourier_key_frequencies(rows))),
                "effective_rank": np.array(metrics.effective_rank(rows - rows.mean(0)).item()),
            }
            for name, value in measured.items():
                found.setdefault(f"shapes/{part}/{which}/{name}", []).append(value)
    return {name: np.stack(values).astype(np.float32) for name, values in found.items()}
