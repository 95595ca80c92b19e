"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Settings of one part stand at the same place of its tuples.

    descent: `classes`, `per_class`, `dims`, decays of W and H; standard deviations `scales` of the starts; learning
    rates of gradient descent for each loss. threshold: `strengths` K sqrt(n lambda_W lambda_H), at decays whose ratio
    lambda_W / lambda_H is `threshold_balance`, in the first setting of descent. saddle: its own K, n, d and decays,
    and the standard deviation `nudge` of the perturbation. flow: its own K, n, d; starts from `flow_scale`; see
    `scaled_flow` for `scaled_rate`.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    classes: tuple[int, ...] = (4, 10, 3)
    per_class: tuple[int, ...] = (10, 5, 20)
    dims: tuple[int, ...] = (4, 20, 12)
    weight_decays: tuple[float, ...] = (5e-3, 1e-3, 5e-3)
    feature_decays: tuple[float, ...] = (5e-4, 1e-3, 1e-3)
    scales: tuple[float, ...] = (0.1, 0.5)
    cross_entropy_rate: float = 5.0
    square_rate: float = 1.0
    descent_steps: int = 10_000
    lbfgs_steps: int = 150
    strengths: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 1.03, 1.1, 1.2, 1.5)
    threshold_balance: float = 10.0
    saddle_classes: int = 4
    saddle_per_class: int = 5
    saddle_dim: int = 8
    saddle_weight_decay: float = 5e-3
    saddle_feature_decay: float = 1e-3
    nudge: float = 1e-6
    escape_steps: int = 6000
    flow_classes: tuple[int, ...] = (4, 10, 3)
    flow_per_class: tuple[int, ...] = (10, 20, 10)
    flow_dims: tuple[int, ...] = (8, 16, 2)
    flow_scale: float = 0.1
    plain_rate: float = 1.0
    plain_steps: int = 30_000
    adam_rate: float = 0.01
    adam_steps: int = 5000
    scaled_rate: float = 0.5
    scaled_steps: int = 6000
    probes: int = 30

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute and a half on 2 CPU cores.

        laptop-again: laptop from other seeds, to see which verdicts depend on them. The published results are theorems
        and have no protocol: gpu has ten seeds and ten times the steps of plain gradient descent, and paper a hundred
        times, to go as far along the unregularized path as float64 allows. Both run on a CPU as well, because every
        tensor is tiny.
        """
        return {
            "smoke": cls(
                seeds=(0, 1), descent_steps=300, lbfgs_steps=20, strengths=(0.6, 1.5), escape_steps=200,
                plain_steps=300, adam_steps=300, scaled_steps=100, probes=8,
            ),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=(60601, 60602, 60603, 60604, 60605)),
            "gpu": cls(seeds=tuple(range(10)), plain_steps=300_000, adam_steps=50_000, scaled_steps=30_000),
            "paper": cls(seeds=tuple(range(10)), plain_steps=3_000_000, adam_steps=50_000, scaled_steps=30_000),
        }  # fmt: skip
