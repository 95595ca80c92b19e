"""The standard setting of modular addition, with and without weight decay."""

from functools import partial

import numpy as np
import torch

from ncbook import metrics, trainers
from ncbook.experiments.grokking.measures import measure
from ncbook.experiments.grokking.training import build, datasets, networks, probe_steps, recipe_of
from ncbook.experiments.onset.codes import geometry
from ncbook.experiments.onset.config import Config
from ncbook.experiments.onset.leads import ADDITION, MEASURES

COLUMNS = ("train_acc", "test_acc", *MEASURES)
Part = tuple[list[dict], dict[str, np.ndarray]]


def train_addition(config: Config, device: str, part: str) -> Part:
    """Rows of all seeds, or of the first without weight decay; and the geometry at the end as arrays, see `shapes`."""
    task = config.addition()
    seeds = config.seeds if part == ADDITION else config.seeds[: config.control_seeds]
    decay, every = (config.weight_decay, config.every) if part == ADDITION else (0.0, config.control_every)
    sets = datasets(task, seeds, device)

    def probe(ensemble: trainers.Ensemble, step: int) -> list[dict]:
        rows = []
        for seed, network, each in zip(seeds, networks(ensemble), sets, strict=True):
            found = measure(network, {"train": each.train, "test": each.test})
            rows.append({"part": part, "seed": seed, "step": step} | {name: found[name] for name in COLUMNS})
        return rows

    members = [trainers.Member(seed, weight_decay=decay) for seed in seeds]
    fitted = trainers.fit_ensemble(
        partial(build, task), [each.train for each in sets], recipe_of(task, task.steps), members, probe,
        probe_steps(task.steps, every),
    )  # fmt: skip
    fitted.whole()
    rows = [row for seed_rows in zip(*fitted.measured, strict=True) for row in seed_rows]
    return rows, shapes(fitted.ensemble, sets, part)


@torch.no_grad()
def shapes(ensemble: trainers.Ensemble, sets, part: str) -> dict[str, np.ndarray]:  # sets: one Dataset a member
    """At the end of training, for the classifier ("head") and the class means of the training set ("means"):

    shapes/<part>/<which>/<measure of codes.geometry> [seeds, ...], and shapes/<part>/<which>/frequencies [seeds], the
    number of key frequencies of the rows; shapes/<part>/effective_rank [seeds, 2] of both, centred.
    """
    found: dict[str, list] = {}
    for network, each in zip(networks(ensemble), sets, strict=True):
        weight = network.head.weight.double().cpu()
        features = network.features(each.train.inputs).double().cpu()
        means = metrics.class_means(features, each.train.labels.cpu(), len(weight))
        for which, rows in (("head", weight), ("means", means)):
            measured = geometry(rows) | {
                "frequencies": np.array(len(metrics.fourier_key_frequencies(rows))),
                "effective_rank": np.array(metrics.effective_rank(rows - rows.mean(0)).item()),
            }
            for name, value in measured.items():
                found.setdefault(f"shapes/{part}/{which}/{name}", []).append(value)
    return {name: np.stack(values).astype(np.float32) for name, values in found.items()}
