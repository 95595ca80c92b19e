"""Train a network on numbers, with noise or without, and see how many dimensions its features keep."""

from dataclasses import replace

import torch

from ncbook import trainers
from ncbook.experiments.targets import Config, regression
from ncbook.experiments.targets.points import Numbers, numbers
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings.targets import DIGITS, SHUFFLED, TWO

_PROBES = 40
_USUAL = Config()


def train(targets: str, weight_decay: float, noise: float, points: int, steps: int, seed: int) -> Rows:
    """One network of the experiment."""
    config = replace(_USUAL, seeds=(seed,), points=points, steps=steps, probes=_PROBES)
    found = noisy(numbers(config, targets, seed), noise, seed)
    return regression.fit(config, str(trainers.pick_device()), [found], targets, weight_decay)[0]


def noisy(found: Numbers, noise: float, seed: int) -> Numbers:
    """Noise of this deviation, over that of each target, on the targets of the training points alone."""
    drawn = torch.randn(found.targets.shape, generator=torch.Generator().manual_seed(seed))
    return replace(found, targets=found.targets + noise * found.targets.std(0) * drawn)


PLAN = Plan(
    name="targets",
    chapter="5-using/targets",
    question="How many dimensions do features keep when the targets are numbers?",
    settings=(
        Choice("targets", "Targets", "Two numbers of ten inputs, the same in another order, or three of a digit", TWO,
               ((TWO, "two numbers"), (SHUFFLED, "two numbers, shuffled"), (DIGITS, "center and ink of a digit"))),
        Real("weight_decay", "Weight decay", "Of all weights and biases", _USUAL.judged_decay, 0, 1,
             usual=_USUAL.weight_decays),
        Real("noise", "Noise", "On the training targets, in their standard deviations", 0.0, 0, 10,
             usual=(0, 0.3, 1)),
        Whole("points", "Points", "To train; digits come in tens", _USUAL.points, 20, 1000),
        Whole("steps", "Steps", "On all points at once; the learning rate falls in the second half", _USUAL.steps, 10,
              10_000),
        Whole("seed", "Seed", "Fixes the points, the noise and the initial weights", 0),
    ),
    train=train,
    panels=(
        Panel("Outside of m components", "share of variance, log", (Curve("outside_components_train", "train"),
              Curve("outside_components_test", "test")), scale="log"),
        Panel("Outside of the rows of W", "share of variance, log", (Curve("outside_rows_train", "train"),),
              scale="log"),
        Panel("Targets not predicted", "share of variance, log", (Curve("unexplained_train", "train"),
              Curve("unexplained_test", "test")), scale="log"),
    ),
    outcomes=(
        Outcome("outside of m components", "outside_components_train"),
        Outcome("the same, new points", "outside_components_test"),
        Outcome("outside of the rows of W", "outside_rows_train"),
        Outcome("not predicted, training points", "unexplained_train"),
        Outcome("not predicted, new points", "unexplained_test"),
        Outcome("the same, linear regression", "linear_unexplained_test"),
    ),
    log_x=True,
)  # fmt: skip
