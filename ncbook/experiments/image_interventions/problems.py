"""The tasks: images to train on and images to test on."""

import torch

from ncbook import data
from ncbook.experiments.image_interventions.config import Config
from ncbook.readings.image_interventions import strength as strength_of

_GRADED = ("mnist", "mnist_augmented")  # what stands behind the @ is the strength of each push
_GRAY = 0.376  # standard deviation of the digits' pixels, of which 1 is from black to white


def problem(config: Config, task: str, seed: int) -> data.Dataset:
    """Training and test images of `task` for one seed, on the CPU.

    digits: with noise on every pixel, drawn once; glyphs: 16 x 16; color_glyphs: 32 x 32; cifar10 and
    cifar10_augmented: the real set as it is, the same for every seed. "digits@0.15" and "glyphs@0.2" have that noise,
    or difficulty, in place of the config's; "mnist@0.5" and "mnist_augmented@0.5" are 14 x 14 pixels of MNIST,
    with that strength of each push. Raises ValueError for another name.
    """
    per_class = config.per_class[config.tasks.index(task)]
    name, _, level = task.partition("@")
    if name == "digits":
        noise = float(level) if level else config.pixel_noise
        return _noisy(data.digits(per_class, seed), noise / _GRAY, seed)
    if name == "glyphs":
        difficulty = float(level) if level else config.difficulty
        return data.glyphs(train_per_class=per_class, test_per_class=100, size=16, difficulty=difficulty, seed=seed)
    if name in _GRADED:
        return data.mnist5k(per_class, seed, size=14)
    if task == "color_glyphs":
        return data.glyphs(train_per_class=per_class, size=32, color=True, difficulty=config.difficulty, seed=seed)
    if task in ("cifar10", "cifar10_augmented"):
        return data.load("cifar10")
    raise ValueError(
        f"task: {task!r} is unknown; use digits, glyphs, mnist, color_glyphs, cifar10 or cifar10_augmented"
    )


def strength(task: str) -> float | None:
    """Of the pushes, as a ratio to the loss, where the task's name says it: 0.5 of "mnist@0.5"."""
    return strength_of(task) if task.partition("@")[0] in _GRADED else None


def augmentation(task: str) -> data.Compose | None:
    """The usual one for CIFAR-10, and shifts by a pixel for MNIST, where the task's name says so, else none."""
    if task.startswith("mnist_augmented"):
        return data.Compose((data.RandomCrop(1),))
    return data.Compose((data.RandomCrop(4), data.RandomFlip())) if task.endswith("_augmented") else None


def _noisy(digits: data.Dataset, scale: float, seed: int) -> data.Dataset:
    generator = torch.Generator().manual_seed(seed)
    train, test = (
        data.Split(each.inputs + scale * torch.randn(each.inputs.shape, generator=generator), each.labels)
        for each in (digits.train, digits.test)
    )
    return data.Dataset("noisy digits", train, test, digits.class_names)
