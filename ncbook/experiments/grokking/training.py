"""How the networks of this experiment are made and trained, several at once."""

from collections.abc import Sequence
from typing import cast

from torch import Tensor

from ncbook import data, models, trainers
from ncbook.experiments.grokking.config import Config
from ncbook.readings.grokking import NANDA

Network = models.PairMLP | models.NandaTransformer


def build(config: Config, seed: int) -> Network:
    """The untrained network of one seed."""
    with models.seeded(seed):
        if config.network == NANDA:
            return models.NandaTransformer(config.p, config.dim, width=config.width)
        return models.PairMLP(config.p, config.dim, config.width)


def datasets(config: Config, seeds: Sequence[int], device: str) -> list[data.Dataset]:
    """All pairs, split anew for each seed."""
    return [
        data.modular(config.p, fraction=config.fraction, split=config.split, seed=seed).to(device) for seed in seeds
    ]


def recipe_of(config: Config, steps: int) -> trainers.Recipe:
    """Full-batch AdamW with the settings of Nanda et al. (2023), but for the learning rate."""
    return trainers.Recipe(
        steps, config.learning_rate, optimizer="adamw", betas=(0.9, config.beta2),
        schedule=trainers.WarmUp(config.warm_up), loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip


def probe_steps(steps: int, every: int) -> list[int]:
    """0, 10, ..., 100, then every `every` steps, and the last one."""
    return sorted({*range(0, min(100, steps) + 1, 10), *range(every, steps + 1, every), steps})


def accuracies(ensemble: trainers.Ensemble, splits: Sequence[data.Split]) -> Tensor:
    """[S]: share of right answers of each member on its own split."""
    outputs = ensemble.outputs(splits)
    right = (outputs.logits.argmax(2) == outputs.labels).double()
    return right.mean(1) if outputs.mask is None else (right * outputs.mask).sum(1) / outputs.mask.sum(1)


def networks(ensemble: trainers.Ensemble) -> list[Network]:
    """Copies of all members, which `build` made."""
    return cast(list[Network], ensemble.models())
