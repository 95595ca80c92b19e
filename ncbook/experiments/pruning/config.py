"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets
from ncbook.readings.pruning import RANDOM, RANDOM_BALANCED, SMALLEST, SMALLEST_BALANCED


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. `network` of `width` is trained on `per_class` images of each class.

    Base: `epochs` of batches of `batch_size`, the learning rate constant for the share `held` of them and then falling
    to 0 along half a cosine, which is the training of the experiment `collapse`; measured at about `probes` epochs.
    Each seed draws the images, and two networks are trained on them.

    Kept: after each of the epochs `drops` each of the `shares` of the points is kept by each rule, and training goes on
    for `steps` on these points alone, all in one batch, at the same learning rate and weight decay.

    `steps` and `drops` were chosen on the seeds 7000 to 7003, which no result uses.
    """

    seeds: tuple[int, ...] = tuple(range(76001, 76009))
    dataset: str = "digits"
    network: str = "mlp"
    width: int = 128
    per_class: int = 100
    epochs: int = 200
    batch_size: int = 100
    learning_rate: float = 0.02
    held: float = 0.6
    momentum: float = 0.9
    weight_decay: float = 5e-3
    probes: int = 14
    drops: tuple[int, ...] = (10, 60, 200)
    shares: tuple[float, ...] = (0.2, 0.1, 0.05, 0.02, 0.01)
    steps: int = 200

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about three minutes on two CPU cores.

        laptop-again: laptop from eight other seeds, recorded after the rules had been committed. laptop-small-steps and
        laptop-small-steps-again: the control of `SmallSteps`, half a minute. gpu: all of MNIST in
        14 x 14 pixels. paper: the same, longer; the settings of the source were not seen. Neither has been run.
        """
        mnist = cls(dataset="mnist", width=512, per_class=5000, epochs=60, drops=(5, 20, 60), steps=2000)
        return {
            "smoke": cls(
                seeds=(90, 91), width=32, per_class=20, epochs=12, batch_size=50, probes=4, drops=(2, 6, 12), steps=8,
            ),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(76101, 76109))),
            "laptop-small-steps": SmallSteps(),
            "laptop-small-steps-again": SmallSteps(seeds=tuple(range(76301, 76309))),
            "gpu": mnist,
            "paper": replace(mnist, epochs=300, drops=(5, 60, 300), steps=20_000),
        }  # fmt: skip


@dataclass(frozen=True)
class SmallSteps(Config):
    """The last drop alone, from which training goes on twice with the points that each of `rules` keeps.

    Once the learning rate is that of the base, and once it is smaller, as the squared norm of the hidden weights has
    become smaller since the first drop. Weights under batch norm then turn by as much in a step as they did there.
    """

    seeds: tuple[int, ...] = tuple(range(76201, 76209))
    shares: tuple[float, ...] = (0.05, 0.01)
    rules: tuple[str, ...] = (SMALLEST, RANDOM, SMALLEST_BALANCED, RANDOM_BALANCED)
