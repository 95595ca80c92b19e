"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome.

    sizes: training images a class, each the beginning of the next, so that only the number changes. Every network
    takes as many `steps`. The population of a class is two independent halves of `population_per_class` fresh images.
    The concentration terms of one fixed network, trained at `fixed_size`, are means over `repeats` draws; `draws`
    resamplings make a bootstrap, and statements "with high probability" hold with probability 1 - `failure`.
    Difficulty, steps, learning rate and weight decay were chosen on seed 0, so that small sets generalize badly,
    large ones well, and all reach zero training error well before the end.
    """

    seeds: tuple[int, ...] = (441, 442, 443, 444)
    sizes: tuple[int, ...] = (25, 50, 100, 200, 400, 800)
    network: str = "mlp"
    width: int = 128
    glyph_size: int = 16
    difficulty: float = 0.5
    population_per_class: int = 1000
    steps: int = 1500
    batch_size: int = 100
    learning_rate: float = 0.05
    weight_decay: float = 5e-3
    probes: int = 14
    fixed_size: int = 100
    repeats: int = 32
    draws: int = 200
    failure: float = 0.05
    gaussian_dims: tuple[int, ...] = (1, 10, 100)

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute and a half on a CPU core.

        laptop-again: laptop from four other seeds, to see which verdicts depend on them.
        The published bound is a theorem and has no protocol. gpu and paper are larger sizes of the same experiment:
        a convolutional network on 28-pixel glyphs that are harder, and populations that are known better.
        """
        large = cls(
            sizes=(25, 50, 100, 200, 500, 1000, 2000, 5000), network="convnet", width=256, glyph_size=28,
            difficulty=0.85, population_per_class=10_000, steps=6000,
        )  # fmt: skip
        return {
            "smoke": cls(
                seeds=(441, 442), sizes=(5, 8, 12, 20, 30, 40), width=32, population_per_class=40, steps=60,
                batch_size=50, learning_rate=0.1, probes=4, fixed_size=20, repeats=8, draws=20,
            ),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=(60801, 60802, 60803, 60804)),
            "gpu": large,
            "paper": cls(**{**vars(large), "population_per_class": 50_000, "steps": 30_000}),
        }  # fmt: skip
