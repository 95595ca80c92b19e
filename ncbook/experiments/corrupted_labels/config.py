"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Settings were chosen on seeds that no result uses: 0, 1, 7000 to 7003, and
    90 to 99 for the part "fitted".

    training: `network` of `width` with features of `dim` dimensions on `train_per_class` images a class, of which
    `held_out` in all are kept for validation, with labels drawn anew at each of the rates `noises`. Cross-entropy
    in its common setting (`batch_size`, `learning_rate`, `epochs`), and on the schedule of rate reduction
    (`large_batch`, `small_rate`, `long_epochs`); at the highest noise also with `smoothing`, with `strong_decay`,
    and rate reduction for `longer` times the epochs. ratios: cross-entropy and rate reduction, in the same two
    settings, at each of the rates `other_noises`. fitted: cross-entropy at the highest of `noises` for
    `fit_epochs`, in batches of `fit_batch` and with `fit_rate` and `fit_decay`, so that its terminal phase is long
    and its features collapse in it. In batches of 250, half of the networks erred once more after a tenth of the
    training, and what was left of their collapse was too little to ask. `components` is the dimension of the
    subspace of a class when it decides. rates: the coding rates of four arrangements of `classes` classes, for each of
    `points` points a class in `rate_dim` dimensions, and for each of `dims` dimensions with the first of `points`.
    """

    seeds: tuple[int, ...] = (481, 482, 483)
    dataset: str = "digits"
    network: str = "mlp"
    width: int = 128
    dim: int = 64
    train_per_class: int = 120
    test_per_class: int = 100
    glyph_size: int = 16
    glyph_difficulty: float = 0.5
    held_out: int = 200
    noises: tuple[float, ...] = (0.0, 0.2, 0.4)
    other_noises: tuple[float, ...] = (0.1, 0.3, 0.5)
    batch_size: int = 100
    learning_rate: float = 0.05
    epochs: int = 40
    large_batch: int = 500
    small_rate: float = 0.01
    long_epochs: int = 120
    longer: int = 3
    fit_batch: int = 500
    fit_rate: float = 0.02
    fit_epochs: int = 600
    fit_decay: float = 1e-2
    momentum: float = 0.9
    weight_decay: float = 5e-4
    strong_decay: float = 1e-2
    smoothing: float = 0.2
    eps_sq: float = 0.5
    components: int = 6
    ranks: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 10)
    probes: int = 9
    classes: int = 10
    points: tuple[int, ...] = (100, 20, 50, 200, 500, 1000)
    rate_dim: int = 128
    dims: tuple[int, ...] = (16, 32, 64, 128, 256, 512)

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about two minutes on two CPU cores.

        laptop-again: laptop from five other seeds, to see which verdicts depend on them.
        gpu: glyphs and a convolutional network at six rates of corruption, tens of minutes on a T4. paper: the
        published protocol as far as we know it, a ResNet-18 with features of 128 dimensions on CIFAR-10 in batches of
        1000, 500 epochs and subspaces of 30 dimensions, without its augmentation and drops of the learning rate; about
        a day on a T4.
        """
        return {
            "smoke": cls(
                width=32, dim=16, train_per_class=40, held_out=60, epochs=4, batch_size=50, large_batch=170,
                long_epochs=8, longer=2, fit_batch=170, fit_epochs=8, probes=3, seeds=(481, 482), points=(100, 20),
                dims=(16, 128),
            ),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=tuple(range(62211, 62216))),
            "gpu": cls(
                dataset="glyphs", network="convnet", width=256, dim=128, train_per_class=600, test_per_class=500,
                held_out=1000, fit_batch=1000, fit_epochs=300, epochs=100, large_batch=1000, long_epochs=200,
                components=10, probes=16, seeds=(481, 482, 483, 484, 485, 486),
            ),
            "paper": cls(
                dataset="cifar10", network="resnet18", width=512, dim=128, held_out=5000, batch_size=128,
                fit_batch=1000, fit_epochs=500, epochs=200, large_batch=1000, long_epochs=500, components=30,
                ranks=(1, 3, 6, 10, 20, 30), probes=24,
            ),
        }  # fmt: skip
