"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets
from ncbook.readings.targets import DIGITS, SHUFFLED, TWO


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Settings were chosen on the seeds 7000 to 7002, which no result uses.

    Networks are perceptrons of `depth` layers of `width` neurons without batch norm, trained on all points at once with
    the learning rate constant for half of the steps and then half a cosine. Numbers: `points` to train and
    `test_points` new ones with `inputs` inputs, or as many digits, on each of `datasets` with each of `weight_decays`.
    Sets of labels: `labels` digits that the seed draws, `single_images` images of each and `pair_images` of each pair,
    to train and to test, made of `per_digit` training digits of each class or of the others; `label_...` are their
    settings. Claims judge networks at `judged_decay`. Free features: the first `starts` of the seeds at each of
    `strengths`, for numbers, which are 1 where the last direction of the targets vanishes, and of `label_strengths`.
    """

    seeds: tuple[int, ...] = tuple(range(79001, 79007))
    datasets: tuple[str, ...] = (TWO, DIGITS, SHUFFLED)
    weight_decays: tuple[float, ...] = (0.0, 1e-3, 5e-3, 2e-2)
    judged_decay: float = 5e-3
    points: int = 200
    test_points: int = 1000
    inputs: int = 10
    width: int = 64
    depth: int = 3
    steps: int = 2000
    learning_rate: float = 0.05
    momentum: float = 0.9
    probes: int = 12
    labels: int = 5
    per_digit: int = 100
    single_images: int = 40
    pair_images: int = 40
    label_decays: tuple[float, ...] = (0.0, 5e-3)
    label_steps: int = 1200
    label_rate: float = 0.1
    starts: int = 3
    strengths: tuple[float, ...] = (0.02, 0.1, 0.2, 0.3, 0.45, 0.55, 0.7, 0.9, 1.1)
    label_strengths: tuple[float, ...] = (1e-4, 1e-3, 5e-3)

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about two minutes on two CPU cores.

        laptop-again: laptop from six other seeds, recorded after the rules had been committed. gpu: wider networks and
        more points; paper: the same, longer. The settings of the sources were not seen. Neither has been run.
        """
        large = cls(points=1000, width=512, steps=20_000, label_steps=10_000, single_images=100, pair_images=100)
        return {
            "smoke": cls(
                seeds=(90, 91), points=60, test_points=60, width=16, steps=40, probes=3, per_digit=40, single_images=10,
                pair_images=10, label_steps=40, starts=1, strengths=(0.1, 0.7, 1.1), label_strengths=(1e-3,),
            ),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(79101, 79107))),
            "gpu": large,
            "paper": replace(large, steps=100_000, label_steps=50_000),
        }  # fmt: skip
