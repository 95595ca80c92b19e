"""What decides the outcome of `test_collapse`."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets


@dataclass(frozen=True)
class Config(Presets):
    """Arms are weight_decays x sizes x seeds; a size is the number of training images of each class.

    The learning rate is constant, so that one training can be read at any stopping rule. The first weight decay is 0:
    with more, the training loss never becomes small. Rate, decay, steps, `stop_loss` and the difficulty were chosen on
    seed 0, which the laptop run does not use: so that the largest training set reaches that loss, and so that there is
    an anti-correlation at equal loss to be explained. On easier glyphs (difficulty 0.5 and 0.65) there was none.
    """

    sizes: tuple[int, ...] = (10, 20, 40, 80, 160)
    weight_decays: tuple[float, ...] = (0.0, 2e-3)
    seeds: tuple[int, ...] = (431, 432, 433, 434)
    network: str = "mlp"
    width: int = 128
    steps: int = 768
    batch_size: int = 100
    learning_rate: float = 0.1
    momentum: float = 0.9
    warm_up: int = 20
    stop_loss: float = 3e-4
    population_per_class: int = 200
    glyph_size: int = 16
    glyph_difficulty: float = 0.85

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about two minutes on a CPU core.

        laptop-again: laptop from other seeds, to see which verdicts depend on them.
        gpu: full-size glyphs, a convolutional network, up to 2560 images a class and a loss of 1e-6; about an hour on
        a T4. paper: the same with a ResNet-18 and 4 times the steps. Hui et al. stop at a training loss of 1e-6, as
        the survey reports; the rest of their protocol is not copied, because the population must be sampled.
        """
        large = cls(
            sizes=(80, 160, 320, 640, 1280, 2560), network="convnet", width=256, steps=49152, learning_rate=0.05,
            stop_loss=1e-6, population_per_class=1000, glyph_size=28,
        )  # fmt: skip
        return {
            "smoke": cls(seeds=(0, 1), width=32, steps=48, stop_loss=0.5, population_per_class=20),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=(60701, 60702, 60703, 60704)),
            "gpu": large,
            "paper": replace(large, network="resnet18", width=512, steps=4 * 49152),
        }  # fmt: skip


def probe_steps(steps: int) -> tuple[int, ...]:
    """0, 1, 2, 3, 4, 6, 8, 12, ...: 2^k and 3 * 2^k up to `steps`, so that sizes that double share their epochs too."""
    powers = [2**k for k in range(steps.bit_length())]
    return (0, *sorted(step for step in {*powers, *(3 * power for power in powers)} if step <= steps))
