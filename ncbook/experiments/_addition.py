"""Modular addition as `interventions` and `numerics` share it: the task, the perceptron, and how fast it learns."""

from collections.abc import Sequence
from dataclasses import dataclass

from ncbook import data, models
from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Addition(Presets):
    """What a Config inherits whose networks learn a + b modulo `p` from a `fraction` of the pairs."""

    p: int = 29
    fraction: float = 0.6
    embedding_dim: int = 32
    width: int = 64
    learning_rate: float = 1e-2
    weight_decay: float = 1.0
    warm_up: int = 10

    def sets(self, seeds: Sequence[int], device: str) -> list[data.Dataset]:
        """The pairs of each seed, split into training and test."""
        return [data.modular(self.p, fraction=self.fraction, seed=seed).to(device) for seed in seeds]

    def build(self, seed: int) -> models.Classifier:
        """The untrained network of a seed."""
        with models.seeded(seed):
            return models.PairMLP(self.p, self.embedding_dim, self.width)
