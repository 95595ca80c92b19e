"""Grokking sped up, and softmaxes that are stuck: Grokfast, softmax collapse and slingshots on modular addition.

Four parts, each with arms of its own; `arms.arms_of` says how each is trained.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.numerics.arms import arms_of
from ncbook.experiments.numerics.claims import CLAIMS
from ncbook.experiments.numerics.config import Config
from ncbook.experiments.numerics.training import train_arm, zero_share

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "arms_of", "load", "run", "zero_share"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm of every part from every seed, the seeds of an arm as one ensemble.

    history: a row for each part, arm, seed and probe, with the columns of `training.measured` and moved, the largest
    change of a parameter since the start of the part. No arrays.
    """
    arms = [(part, name) for part, recipes in arms_of(config).items() for name in recipes]
    rows = [row for rows in sweep(partial(train_arm, config, device), arms) for row in rows]
    return rows, {}


EXPERIMENT = Experiment(
    "numerics", "Faster grokking, and stuck softmaxes", 1, Config, train,
    keys=("part", "arm", "seed"), claims=CLAIMS, exact=("train_loss",),
    sample=Sample({
        "stuck_seeds": lambda config: config.stuck_seeds[:1],
        "slingshot_seeds": lambda config: config.slingshot_seeds[:1],
    }),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
