"""Does a network know a test pair because it was trained on its mirror image?"""

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ncbook import data, trainers
from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.grokking.config import Config
from ncbook.experiments.grokking.training import build, datasets, recipe_of
from ncbook.readings.grokking import KINDS, NANDA


def mirrored(dataset: data.Dataset, p: int) -> Tensor:
    """[test points] bool: whether (b, a) of a test pair (a, b) is a training pair."""
    known = torch.zeros(p, p, dtype=torch.bool, device=dataset.train.inputs.device)
    known[dataset.train.inputs[:, 0], dataset.train.inputs[:, 1]] = True
    return known[dataset.test.inputs[:, 1], dataset.test.inputs[:, 0]]


def leak_config(config: Config, network: str, split: str) -> Config:
    """The settings under which one network learns from one split: the transformer's are its own."""
    changed = replace(config, network=network, p=config.leak_p, fraction=config.leak_fraction, split=split)
    if network == NANDA:
        changed = replace(
            changed, dim=config.leak_dim, width=config.leak_width, learning_rate=config.leak_learning_rate
        )
    return changed


def train_leak(config: Config, device: str, name: str) -> tuple[Rows, Arrays]:
    """The arm `name` of `readings.grokking.LEAKS`: leak/name/kind, accuracy [seeds, P] on each of its `KINDS`,

    nan where there are no such pairs. No rows.
    """
    own = leak_config(config, *name.split("/"))
    sets = datasets(own, config.leak_seeds, device)
    masks = [mirrored(dataset, own.p) for dataset in sets]
    steps = range(0, config.leak_steps + 1, config.leak_every)

    def probe(ensemble: trainers.Ensemble, step: int) -> list[list[float]]:
        return [_by_kind(*each) for each in zip(ensemble.models(), sets, masks, strict=True)]

    members = [trainers.Member(seed, weight_decay=config.weight_decays[0]) for seed in config.leak_seeds]
    recipe, train = recipe_of(own, config.leak_steps), [dataset.train for dataset in sets]
    fitted = trainers.fit_ensemble(partial(build, own), train, recipe, members, probe, steps)
    values = np.array(fitted.whole()).transpose(2, 1, 0)  # [kinds, seeds, P]
    return [], {f"leak/{name}/{kind}": accuracy for kind, accuracy in zip(KINDS, values, strict=True)}


def _by_kind(model: torch.nn.Module, dataset: data.Dataset, mask: Tensor) -> list[float]:
    train = (model(dataset.train.inputs).argmax(1) == dataset.train.labels).double()
    test = (model(dataset.test.inputs).argmax(1) == dataset.test.labels).double()
    return [train.mean().item(), test[mask].mean().item(), test[~mask].mean().item()]
