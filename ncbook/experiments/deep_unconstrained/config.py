"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome.

    Every number of `classes` with every number of `layers` (weight matrices), K + `extra_dims` wide. Each seed gives a
    random start and a disturbance of the collapsed solution, of length `nudge` times its own; both go down by
    `descent_steps` of L-BFGS. Half the sum of squares of all entries weighs `linear_decay` or `relu_decay`.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    classes: tuple[int, ...] = (2, 4, 6)
    layers: tuple[int, ...] = (1, 2, 3, 4)
    extra_dims: int = 2
    linear_decay: float = 1e-2
    relu_decay: float = 1e-3
    descent_steps: int = 1000
    nudge: float = 0.01

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute on 2 CPU cores.

        laptop-again: laptop from six other seeds, to see which verdicts depend on them. The published results are
        theorems and have no protocol: gpu and paper have more classes, more matrices, and forty starts each. Both run
        on a CPU as well, because every tensor is tiny.
        """
        many = cls(seeds=tuple(range(40)), classes=(2, 4, 6, 10), layers=(1, 2, 3, 4, 6), descent_steps=5000)
        return {
            "smoke": cls(seeds=(0, 1), descent_steps=30),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=tuple(range(62400, 62406))),
            "gpu": many,
            "paper": many,
        }
