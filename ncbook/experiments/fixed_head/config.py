"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets
from ncbook.models import ARCHITECTURES


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome; `training.arms` lists what is trained.

    Every arm takes `steps` steps in the same batches, with the learning rate constant for the share `held` of them and
    then half a cosine. The first data set meets every head, the others some. `length` is the root mean square length of
    the rows of a fixed head, and `lengths` are others for the simplex. With each of `ratios` the last half of the
    classes of the first data set has so many times fewer training images. `glyph_size` and `glyph_difficulty` are for
    glyphs. Parameters are counted of `architectures` at `class_counts`. Settings were tried on the seeds 7001 to 7004
    alone.
    """

    seeds: tuple[int, ...] = tuple(range(75001, 75007))
    datasets: tuple[str, ...] = ("digits", "mnist5k", "glyphs")
    network: str = "mlp"
    width: int = 128
    per_class: int = 100
    test_per_class: int = 100
    glyph_size: int = 16
    glyph_difficulty: float = 0.6
    length: float = 1.0
    lengths: tuple[float, ...] = (0.25, 4.0)
    ratios: tuple[float, ...] = (10.0, 50.0)
    steps: int = 800
    batch_size: int = 100
    learning_rate: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 5e-3
    held: float = 0.6
    probes: int = 20
    architectures: tuple[str, ...] = ARCHITECTURES
    class_counts: tuple[int, ...] = (10, 100, 1000)

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about three minutes on 2 CPU cores.

        laptop-again: laptop from six other seeds, recorded after the rules had been committed. gpu: CIFAR-10 and
        MNIST with a convolutional network; paper: the same, longer. Zhou et al. train residual networks whose last
        stage they make narrow, which is not done here. Neither has been run.
        """
        real = cls(
            seeds=(0, 1, 2), datasets=("cifar10", "mnist"), network="convnet", width=512, steps=10_000, batch_size=128,
            weight_decay=5e-4,
        )  # fmt: skip
        return {
            "smoke": cls(
                seeds=(90, 91), datasets=("digits", "glyphs"), width=24, per_class=20, test_per_class=20,
                ratios=(10.0,), steps=24, batch_size=50, probes=4,
            ),
            "laptop": cls(),
            "laptop-again": cls(seeds=tuple(range(75101, 75107))),
            "gpu": real,
            "paper": replace(real, steps=80_000),
        }  # fmt: skip
