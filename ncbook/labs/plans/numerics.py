"""Networks that learn sums with a loss, a filter and a weight decay of one's choice: do they get stuck?"""

from dataclasses import replace

import pandas as pd

from ncbook import trainers
from ncbook.experiments import numerics as experiment
from ncbook.experiments.numerics import arms, training
from ncbook.labs import _addition as addition
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings import moments

USUAL = experiment.Config()
LOSSES: dict[str, trainers.CrossEntropy | trainers.StableMax] = {
    "single": arms.SINGLE, "double": arms.DOUBLE, "stablemax": trainers.StableMax(float64=True),
}  # fmt: skip
FILTERS: dict[str, tuple[trainers.GradientFilter, ...]] = {
    "whole": (), "orthogonal": (trainers.Orthogonal(),),
    "amplified": (trainers.Amplified(USUAL.slow_decay, USUAL.slow_strength),),
}  # fmt: skip
OTHER = "The loss and the shares are a softmax's at these logits; StableMax has a gradient of its own."


def train(loss: str, kept: str, weight_decay: float, head_factor: float, steps: int, seeds: int, seed: int) -> Rows:
    """All seeds, until all have generalized; with a factor they have memorized before, as in the experiment."""
    drawn = addition.drawn(seed, seeds)
    config = replace(USUAL, stuck_seeds=drawn, head_factor=head_factor)
    sets = config.sets(drawn, str(trainers.pick_device()))
    train = [each.train for each in sets]
    build = config.build if head_factor == 1 else training.scaled_up(config, train, double=False)
    recipe = replace(arms.base(config, steps), loss=LOSSES[loss], filters=FILTERS[kept], weight_decay=weight_decay)
    ensemble = trainers.Ensemble(build, train, recipe, training.members(drawn))
    about = [{"seed": each} for each in drawn]
    return addition.finite(training.history(ensemble, sets, about, config.probe_every, ends_early=True))


def _half_stuck(rows: pd.DataFrame) -> float:
    """The first measured step at which the median share is a half or more."""
    shares = rows.groupby("step").zero_float32.median()
    found = moments.first(shares.index.to_numpy(), shares.to_numpy() >= 0.5)
    return found if found < moments.NEVER else float("nan")


def _stuck(title: str, column: str) -> Panel:
    return Panel(title, "training pairs (%)", (Curve(column, "train"),), percent=True, limits=(-2, 102))


PLAN = Plan(
    name="numerics",
    chapter="4-grokking/numerics",
    question="When does a network get stuck, and which of digits, loss, weight decay and gradient sets it free?",
    settings=(
        Choice("loss", "Loss", "Its function and its precision", "single", (
            ("softmax, float32", "single"), ("softmax, float64", "double"), ("StableMax, float64", "stablemax"))),
        Choice("kept", "Gradient", "What the optimizer gets", "whole", (
            ("whole", "whole"), ("orthogonal to the weights", "orthogonal"), ("slow part amplified", "amplified"))),
        Real("weight_decay", "Weight decay", "AdamW's; 0 is none", 0.0, 0, 100, usual=(0, 0.1, 1)),
        Real("head_factor", "Last layer times", "Of networks that have memorized; 1 starts from random weights", 1.0,
             1e-3, 1e3, usual=(1, 3, 10, 30)),
        Whole("steps", "Steps", "It ends sooner if all seeds reach 99 % on test", 1300, 1, addition.MOST_STEPS),
        *addition.SEEDS,
    ),
    train=train,
    panels=(
        addition.ACCURACY,
        Panel("Training loss", "nats, log scale", (Curve("train_loss", "train"),), "log"),
        _stuck("No softmax gradient, float32", "zero_float32"),
        _stuck("No softmax gradient, float64", "zero_float64"),
    ),
    outcomes=(
        *addition.TOLD,
        Outcome("training loss", "train_loss"),
        Outcome("no softmax gradient in float32", "zero_float32", percent=True),
        Outcome("half of the pairs from step", _half_stuck),
        Outcome("largest change of a weight", "moved"), Outcome("norm of W", "head_norm"),
    ),
    caution=lambda values: OTHER if values["loss"] == "stablemax" else "",
)  # fmt: skip
