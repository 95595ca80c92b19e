"""Settings and presets of the experiment."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. The settings were chosen on seeds 0 and 1, which no result uses.

    plane: `plane_seeds` two-dimensional training sets of `plane_points` points a class, and lines that separate them.
    training: `network` of `width`, `train_per_class` images a class, each of `weight_decays`, and random labels with
    the second of them; the first `training_seeds` seeds. families: networks that differ in one thing, `family_steps`
    steps on `family_per_class` images a class unless the number of images is what differs; the first `family_seeds`
    seeds, and all seeds in the family of the seeds. exponent: `draws` points for each frame of `frame_classes`
    classes and each noise `sigmas`.
    """

    seeds: tuple[int, ...] = tuple(range(451, 461))
    plane_seeds: int = 10
    plane_points: int = 12
    dataset: str = "digits"
    network: str = "mlp"
    plain_network: str = "mlp_no_bn"
    width: int = 128
    train_per_class: int = 100
    test_per_class: int = 100
    glyph_size: int = 16
    glyph_difficulty: float = 0.6
    weight_decays: tuple[float, ...] = (5e-3, 5e-4, 0.0)
    training_seeds: int = 8
    steps: int = 1500
    batch_size: int = 100
    learning_rate: float = 0.05
    momentum: float = 0.9
    probes: int = 12
    family_seeds: int = 8
    family_steps: int = 400
    family_batch_size: int = 50
    family_per_class: int = 30
    family_weight_decay: float = 5e-4
    noises: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    sizes: tuple[int, ...] = (10, 16, 25, 40, 63, 100)
    other_decays: tuple[float, ...] = (5e-4, 5e-3)
    other_rates: tuple[float, ...] = (0.02, 0.1)
    other_widths: tuple[int, ...] = (64, 192)
    frame_classes: tuple[int, ...] = (3, 10)
    sigmas: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1, 0.05)
    frame_seeds: int = 3
    draws: int = 100_000

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about three minutes on 2 CPU cores.

        laptop-again: laptop from ten other seeds, to see which verdicts depend on them.
        gpu: glyphs, wider networks and longer training, tens of minutes on a T4. paper: a larger size, not a published
        protocol, because the sources' settings were not seen: the same with more images and steps, hours on a T4.
        """
        return {
            "smoke": cls(
                seeds=(451, 452, 453), plane_seeds=2, width=32, train_per_class=20, training_seeds=2, steps=60,
                batch_size=50, probes=6, family_seeds=1, family_steps=10, family_batch_size=25, family_per_class=10,
                noises=(0.0, 0.5), sizes=(5, 20), other_widths=(16, 32), frame_seeds=1, draws=4000,
            ),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=tuple(range(62801, 62811))),
            "gpu": cls(
                dataset="glyphs", width=512, train_per_class=500, test_per_class=500, steps=20_000, family_steps=4000,
                family_per_class=100, sizes=(20, 40, 80, 160, 320, 640), other_widths=(128, 512), family_seeds=10,
                training_seeds=5, frame_seeds=10, draws=1_000_000,
            ),
            "paper": cls(
                dataset="glyphs", width=1024, train_per_class=5000, test_per_class=1000, steps=150_000,
                family_steps=20_000, family_per_class=1000, sizes=(50, 100, 250, 500, 1000, 5000), family_seeds=10,
                other_widths=(256, 1024), training_seeds=10, frame_seeds=10, draws=10_000_000,
            ),
        }  # fmt: skip
