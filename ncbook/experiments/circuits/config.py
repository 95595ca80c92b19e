"""Which networks learn which arithmetic, and for how long."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets
from ncbook.readings.circuits import POWER
from ncbook.readings.grokking import NANDA, PAIR


@dataclass(frozen=True)
class Arm:
    """One network on one operation modulo p. `batch` pairs a step, 0 for all; a frame at every `every`-th step."""

    network: str
    operation: str
    p: int
    fraction: float
    dim: int
    width: int
    learning_rate: float
    steps: int
    every: int
    batch: int

    @property
    def name(self) -> str:
        return f"{self.network}-{self.operation}"


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. The tuples from `networks` to `batches` have one entry an arm.

    AdamW with betas (0.9, 0.98) and 10 steps of warm-up, cross-entropy in float64. A seed draws the start and the
    split. The dimensions of "power" are `dims` and four times that; its `widths` are not used. The key frequencies
    are the fewest that hold `share` of the embedding's power at the end. `circles` of them, the strongest, are drawn.
    Settings were chosen on seeds 0 and 1, which no run uses.
    """

    seeds: tuple[int, ...] = (391, 392, 393, 394, 395)
    networks: tuple[str, ...] = (PAIR,)
    operations: tuple[str, ...] = ("addition",)
    p: tuple[int, ...] = (29,)
    fractions: tuple[float, ...] = (0.6,)
    dims: tuple[int, ...] = (32,)
    widths: tuple[int, ...] = (64,)
    learning_rates: tuple[float, ...] = (1e-2,)
    steps: tuple[int, ...] = (2400,)
    every: tuple[int, ...] = (25,)
    batches: tuple[int, ...] = (0,)
    split: str = "unordered"
    weight_decay: float = 1.0
    beta2: float = 0.98
    warm_up: int = 10
    share: float = 0.9
    frames: int = 30
    circles: int = 3

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests; nothing groks. laptop: the perceptron, half a minute on a CPU core.

        laptop-again: laptop from other seeds, drawn after the rules of the claims were fixed.
        laptop-long: the one-layer transformer of Nanda et al. (2023) modulo 67 on half of the pairs, two seeds; a
        step takes about 32 ms a seed on one CPU core, so all of it some 20 minutes. A first run of the same seeds was
        planned for 8000 steps and stopped at 6800, with test accuracies of 0.02 and 0.35 that were still rising. With
        p = 113 and half of the pairs a step takes 109 ms, and 4100 steps, more than seven minutes, were not enough to
        grok: that is for a GPU. laptop-long-again: laptop-long from four other seeds, well over an hour.
        gpu: the same transformer with p = 113 and the two-layer transformer of Power et al. (2022) with p = 97 on
        division and addition, all on half of the pairs, mirror images together.
        paper: Nanda et al.'s protocol, 30 % of all ordered pairs, full batch, 50,000 steps; and Power et al.'s, half
        of the ordered pairs, batches of 512, 100,000 steps (that is their setting with weight decay 1; their first
        figure is without, for ten times as long). Hours on a GPU.
        Every probed step keeps a table of p^3 logits until the end, 5.8 MB for p = 113.
        """
        long = cls(
            seeds=(391, 392), networks=(NANDA,), p=(67,), fractions=(0.5,), dims=(128,), widths=(512,),
            learning_rates=(1e-3,), steps=(16_000,), every=(100,),
        )  # fmt: skip
        return {
            "smoke": cls(seeds=(391, 392), steps=(200,)),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(61601, 61606))),
            "laptop-long": long,
            "laptop-long-again": replace(long, seeds=(61611, 61612, 61613, 61614)),
            "gpu": _published(seeds=(391, 392), fraction=0.5, steps=(20_000, 20_000, 20_000), every=200, batch=0),
            "paper": _published(
                seeds=(391,), fraction=0.3, steps=(50_000, 100_000, 100_000), every=500, batch=512, split="ordered"
            ),
        }  # fmt: skip

    def arms(self) -> list[Arm]:
        """The arms, one for each entry of the tuples."""
        columns = (
            self.networks, self.operations, self.p, self.fractions, self.dims, self.widths, self.learning_rates,
            self.steps, self.every, self.batches,
        )  # fmt: skip
        return [Arm(*entries) for entries in zip(*columns, strict=True)]


def _published(
    seeds: tuple[int, ...], fraction: float, steps: tuple[int, ...], every: int, batch: int, split: str = "unordered"
) -> Config:
    """Addition modulo 113 for one transformer, division and addition modulo 97 for the other."""
    return Config(
        seeds=seeds, networks=(NANDA, POWER, POWER), operations=("addition", "division", "addition"),
        p=(113, 97, 97), fractions=(fraction, 0.5, 0.5), dims=(128,) * 3, widths=(512,) * 3,
        learning_rates=(1e-3,) * 3, steps=steps, every=(every,) * 3, batches=(0, batch, batch), split=split,
    )  # fmt: skip
