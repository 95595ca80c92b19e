"""Settings and presets of the experiment."""

from dataclasses import dataclass

from ncbook.experiments._experiment import Presets
from ncbook.experiments.grokking.config import Config as Addition
from ncbook.readings import moments


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome, the rule for leads included; settings were chosen on seeds 0 and 1.

    addition: the network and task of the experiment `grokking`, from other seeds, measured every `every` steps; the
    first `control_seeds` of them also without weight decay, every `control_every`.

    digits: a perceptron whose parameters all start `alphas` times as large (Liu et al. 2023), on `digits_per_class`
    images a class. The first alpha is followed, the second is its control, for fewer steps.

    The rule, fixed before the run: a measure's *crossing* is the first probe at which it has made `share` of its way
    from its value at memorization (training accuracy of `learned`) to its value at the end, the median of the last
    `last` probes; way is measured in the logarithm, for accuracies in the value. `shares` and `afters` (steps after
    generalization at which the way ends) are the rules that it is compared with, as is the steepest place of the
    logarithm over `window` probes. A measure that changes by less than `least_fold`, or an accuracy by less than
    `least_change`, has no crossing. A network has generalized at a test accuracy of `learned`, or `digits_learned`.

    codes: for `classes`, the cost of a circle and of a simplex at the temperature `temperature`.
    """

    seeds: tuple[int, ...] = tuple(range(361, 373))
    p: int = 29
    network: str = "pair_mlp"
    dim: int = 32
    width: int = 64
    fraction: float = 0.6
    split: str = "unordered"
    learning_rate: float = 1e-2
    weight_decay: float = 1.0
    steps: int = 2400
    every: int = 20
    control_seeds: int = 2
    control_every: int = 400
    digits_seeds: tuple[int, ...] = tuple(range(375, 380))
    dataset: str = "digits"
    digits_per_class: int = 20
    digits_width: int = 200
    digits_depth: int = 2
    alphas: tuple[float, ...] = (6.0, 1.0)
    digits_learning_rate: float = 3e-3
    digits_weight_decay: float = 0.1
    digits_steps: tuple[int, ...] = (8000, 800)
    digits_probes: int = 60
    learned: float = moments.GENERALIZED
    digits_learned: float = 0.85
    share: float = 0.5
    last: int = 6
    shares: tuple[float, ...] = (0.25, 0.5, 0.75)
    afters: tuple[int, ...] = (300, 0)
    window: int = 5
    least_fold: float = 1.1
    least_change: float = 0.02
    classes: tuple[int, ...] = (10, 29, 53, 97, 113)
    temperature: float = 1.0

    def addition(self) -> Addition:
        """The settings of the addition part, as the experiment `grokking` takes them."""
        return Addition(
            seeds=self.seeds, p=self.p, network=self.network, dim=self.dim, width=self.width, fraction=self.fraction,
            split=self.split, learning_rate=self.learning_rate, steps=self.steps, every=self.every,
        )  # fmt: skip

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests; nothing groks. laptop: the book's figures, about 90 s on one CPU core.

        laptop-again: laptop from other seeds, drawn after the rules of the claims were fixed.
        laptop-rates, laptop-rates-again: addition alone, with other learning rates and weight decays; a minute and a
        half on two cores.
        gpu: addition modulo 97 with a wider network, and MNIST in place of the digits, with fewer steps than in
        print. paper: the one-layer transformer of Nanda et al. (2023) modulo 113, and MNIST as in Liu et al. (2023):
        1000 images, alpha 8, learning rate 1e-3, weight decay 0.01, 100,000 steps (here full batch, and padded to
        32 x 32 pixels). Hours on a GPU.
        """
        return {
            "smoke": cls(
                seeds=(361, 362), steps=160, control_seeds=1, control_every=80, digits_seeds=(375, 376),
                digits_steps=(120, 60), digits_probes=12, digits_width=64,
            ),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(61801, 61813)), digits_seeds=tuple(range(61821, 61826))),
            "laptop-rates": Rates(seeds=tuple(range(61841, 61847))),
            "laptop-rates-again": Rates(seeds=tuple(range(61851, 61857))),
            "gpu": cls(
                p=97, dim=128, width=256, fraction=0.4, steps=6000, every=25, dataset="mnist", digits_per_class=100,
                alphas=(8.0, 1.0), digits_learning_rate=1e-3, digits_steps=(30_000, 5000),
            ),
            "paper": cls(
                seeds=(361, 362, 363), p=113, network="nanda", dim=128, width=512, fraction=0.3, split="ordered",
                learning_rate=1e-3, steps=50_000, every=100, control_seeds=1, control_every=5000, dataset="mnist",
                digits_per_class=100, alphas=(8.0, 1.0), digits_learning_rate=1e-3, digits_weight_decay=0.01,
                digits_steps=(100_000, 10_000), digits_probes=150,
            ),
        }  # fmt: skip


@dataclass(frozen=True)
class Rates(Config):
    """Addition alone, where the learning rate times the weight decay is also each of `factors` times the standard one.

    Each factor is once on the decay and once on the rate, from the same seeds. A training takes the standard steps over
    its factor, so that rate times decay times steps is the same in all, and is measured equally often. The settings
    were chosen, and the rules written, on seeds 90 to 95. Of `Config`, what belongs to the other parts is not used.
    """

    factors: tuple[float, ...] = (0.5, 0.7, 1.4, 2.0)
