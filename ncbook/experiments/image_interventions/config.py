"""What is trained, on what, and how strongly each arm is pushed."""

from dataclasses import dataclass, replace

from ncbook.experiments._experiment import Presets
from ncbook.readings.image_interventions import ARMS

# Arms that only the first task has.
_FIRST_ONLY = (
    "baseline_schedule", "encouraged", "prevented", "flatter", "anti_kept", "confidence_pinned", "pinned", "norms",
    "flooding", "smoothing",
)  # fmt: skip
_MNIST = ("mnist@0.1", "mnist@0.5", "mnist@2.5")  # strengths, as a ratio to the loss
# Below the level at which the push stops in either; shifts raise the loss some 24-fold, and so the last three.
_AUGMENTED = (
    "mnist@0.001", "mnist@0.002", "mnist@0.004", "mnist_augmented@0.001", "mnist_augmented@0.002",
    "mnist_augmented@0.004", "mnist_augmented@0.016", "mnist_augmented@0.05", "mnist_augmented@0.15",
)  # fmt: skip
_GRADED = ("baseline", "baseline_decayed", "encouraged", "prevented", "sharp", "sharp_decayed", "long")
_CONTROLS = (
    "baseline", "baseline_decayed", "encouraged", "sharp", "sharp_decayed", "long", "long_decayed", "unsure",
    "unsure_decayed", "flooded", "flooded_decayed",
)  # fmt: skip
# Around the settings of the two tasks, which were chosen so that anti-flatness costs accuracy.
_SWEEP = ("digits@0", "digits@0.15", "digits@0.45", "glyphs@0.2", "glyphs@0.6")


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome; `recipes` reads it, and `problems` the fields of the tasks.

    The strengths were set in trainings from seeds 0 and 1, which no run uses. Noise on the digits, and the difficulty
    of the glyphs, were chosen there so that anti-flatness lowers the test accuracy: on 500 digits without noise
    it did not, at 98 % of the ceiling. `release` was moved from epoch 80, where the pushed networks had not fitted
    their images, to 100. The level of "flooding" is about the training loss of anti-flatness at the release; the
    confidence penalty has the coefficient that anti-flatness has with the head's norm at the cap.

    tasks            names that `problems.problem` knows; each has a network, its width, and training images a class
    seeds            those of the first task, then those of the second: `seeds_of_task` of each
    first_only       arms that only the first task has
    pixel_noise      standard deviation of the noise on the digits' pixels, of which 1 is from black to white
    epochs, release  of every training; at `release` the arms change
    cap              Frobenius norm that the head may not exceed, B in the book
    rate_factor, last_rate, later_decay  after the release, in the arms "..._schedule": what multiplies the learning
                     rate, where its cosine ends, and the weight decay
    collapse_push    coefficient of NCC, positive in "encouraged" and negative in "prevented"
    """

    arms: tuple[str, ...] = tuple(ARMS)
    first_only: tuple[str, ...] = _FIRST_ONLY
    tasks: tuple[str, ...] = ("digits", "glyphs")
    networks: tuple[str, ...] = ("mlp", "convnet")
    widths: tuple[int, ...] = (128, 64)
    per_class: tuple[int, ...] = (20, 20)
    seeds: tuple[int, ...] = (401, 402, 403, 404, 411, 412, 413)
    seeds_of_task: tuple[int, ...] = (4, 3)
    pixel_noise: float = 0.3
    difficulty: float = 0.4
    epochs: int = 160
    release: int = 100
    probe_every: int = 10
    batch_size: int = 50
    learning_rate: float = 0.01
    momentum: float = 0.9
    rate_factor: float = 10.0
    last_rate: float = 1e-4
    later_decay: float = 2e-4
    anti_strength: float = 0.05
    temperature: float = 2.0
    cap: float = 20.0
    collapse_push: float = 0.1
    flooding_level: float = 0.79
    smoothing: float = 0.4

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about two minutes on a CPU core.

        laptop-again: laptop from other seeds, drawn after the rules of the claims were fixed.
        laptop-sweep, laptop-sweep-again: the arms that its rows of the ledger ask for, with noise and difficulties
        around those of laptop. They were fixed before any of these was trained, and all else is as in laptop.
        laptop-mnist, laptop-mnist-again: 1,000 images of MNIST, every push at three strengths, and a learning rate that
        falls to 0 by the release; three minutes on a CPU core. laptop-augmented, laptop-augmented-again: the push
        against collapse with and without shifted images, at strengths a hundred times smaller; as long.
        laptop-controls, laptop-controls-again: on the images of laptop-mnist the push on kappa beside the norms, the
        uncertainty and the training loss held up, each at the usual rate and at one that falls to 0; three minutes.
        gpu: ResNet-18 on the noisy digits and on glyphs of 32 x 32 pixels in color, all arms, 8 seeds each, with the
        laptop's strengths. paper: CIFAR-10 with ResNet-18, without and with augmentation, from the seeds and with the
        numbers of Han et al. (2025), section 6 and appendix C: batches of 64, 400 epochs, release at 200, coefficient
        0.01, temperature 2, cap 50, NCC with 0.001. What differs: the stem of the network is the 3 x 3 one for small
        images in both, images are standardized by the training set, NCC is pushed for 400 epochs and not 250, the
        momentum starts afresh at the release in every arm, and the cap is on from the first step in the arms that
        have one. The controls are ours, with the laptop's levels.
        """
        laptop = cls()
        large = replace(laptop, first_only=(), networks=("resnet18", "resnet18"), widths=(512, 512))
        return {
            "smoke": replace(
                laptop, per_class=(5, 5), widths=(16, 16), seeds=(1, 2, 3, 4), seeds_of_task=(2, 2), epochs=4,
                release=2, probe_every=1, batch_size=25,
            ),
            "laptop": laptop,
            "laptop-again": replace(laptop, seeds=tuple(range(62001, 62008))),
            "laptop-sweep": _sweep(laptop, range(62021, 62025)),
            "laptop-sweep-again": _sweep(laptop, range(62031, 62035)),
            "laptop-mnist": _mnist(laptop, range(62041, 62045)),
            "laptop-mnist-again": _mnist(laptop, range(62051, 62055)),
            "laptop-augmented": _mnist(laptop, range(62061, 62065), _AUGMENTED, ("baseline", "prevented")),
            "laptop-augmented-again": _mnist(laptop, range(62071, 62075), _AUGMENTED, ("baseline", "prevented")),
            "laptop-controls": _mnist(laptop, range(64226, 64230), arms=_CONTROLS),
            "laptop-controls-again": _mnist(laptop, range(64981, 64985), arms=_CONTROLS),
            "gpu": replace(
                large, tasks=("digits", "color_glyphs"), per_class=(20, 100), seeds_of_task=(8, 8),
                seeds=tuple(range(401, 409)) + tuple(range(411, 419)),
            ),
            "paper": replace(
                large, tasks=("cifar10", "cifar10_augmented"), per_class=(5000, 5000), seeds=(1, 42, 15213) * 2,
                seeds_of_task=(3, 3), epochs=400, release=200, batch_size=64, anti_strength=0.01, cap=50.0,
                collapse_push=1e-3,
            ),
        }  # fmt: skip

    @property
    def trainings(self) -> list[tuple[str, str, int]]:
        """(task, arm, seed) of every training, in the order of the run."""
        return [
            (task, arm, seed)
            for index, task in enumerate(self.tasks)
            for arm in self.arms
            if index == 0 or arm not in self.first_only
            for seed in self.seeds_of(index)
        ]

    def seeds_of(self, index: int) -> tuple[int, ...]:
        """The seeds of the task number `index`."""
        first = sum(self.seeds_of_task[:index])
        return self.seeds[first : first + self.seeds_of_task[index]]


def _sweep(laptop: Config, seeds: range) -> Config:
    """The same seeds on every task of the sweep."""
    tasks = len(_SWEEP)
    return replace(
        laptop, tasks=_SWEEP, arms=("baseline", "encouraged", "anti_released", "released_schedule"), first_only=(),
        networks=("mlp",) * 3 + ("convnet",) * 2, widths=(128,) * 3 + (64,) * 2, per_class=(20,) * tasks,
        seeds=tuple(seeds) * tasks, seeds_of_task=(len(seeds),) * tasks,
    )  # fmt: skip


def _mnist(laptop: Config, seeds: range, names: tuple[str, ...] = _MNIST, arms: tuple[str, ...] = _GRADED) -> Config:
    """The same seeds, and so the same images and networks, at every strength."""
    tasks = len(names)
    return replace(
        laptop, tasks=names, arms=arms, first_only=(), networks=("mlp",) * tasks, widths=(128,) * tasks,
        per_class=(100,) * tasks, seeds=tuple(seeds) * tasks, seeds_of_task=(len(seeds),) * tasks, epochs=45,
        release=25, probe_every=5, batch_size=100, learning_rate=0.02,
    )  # fmt: skip
