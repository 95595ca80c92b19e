"""Grokking sped up, and softmaxes that are stuck: Grokfast, softmax collapse and slingshots on modular addition.

Four parts, each with arms of its own; `arms.arms_of` says how each is trained.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.numerics.arms import arms_of
from ncbook.experiments.numerics.claims import CLAIMS, frozen_ends, times
from ncbook.experiments.numerics.config import Config
from ncbook.experiments.numerics.outcomes import by_arm, outcomes, spikes
from ncbook.experiments.numerics.training import train_arm, zero_share

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "arms_of",
    "by_arm",
    "frozen_ends",
    "load",
    "outcomes",
    "run",
    "spikes",
    "times",
    "zero_share",
]  # fmt: skip


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm of every part from every seed, the seeds of an arm as one ensemble.

    history columns: part, arm, seed, step; train_acc, test_acc; loss, cross-entropy in nats, with the softmax in
    float64, and loss_single, in float32; zero_single and zero_double, shares of points with a gradient of exactly 0
    in the correct class's logit, in float32 and in float64; kappa_single, relative flatness in float32; head_norm
    ||W||_F; moved, largest change of a parameter since the start of the part. All but test_acc are of the training
    pairs; all but loss are float32. No arrays.
    """
    arms = [(part, name) for part, recipes in arms_of(config).items() for name in recipes]
    rows = [row for rows in sweep(partial(train_arm, config, device), arms) for row in rows]
    return rows, {}


EXPERIMENT = Experiment(
    "numerics",
    "Faster grokking, and stuck softmaxes",
    1,
    Config,
    train,
    keys=("part", "arm", "seed"),
    claims=CLAIMS,
    exact=("loss",),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
