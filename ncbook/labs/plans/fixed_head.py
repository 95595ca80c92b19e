"""Choose a head that is not trained, and see what the network makes of it."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments.fixed_head import Config, training
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings import fixed_head as reading
from ncbook.readings import moments

_PROBES = 50
_USUAL = Config()


def train(head: str, length: float, ratio: float, steps: int, seed: int) -> Rows:
    """One arm of the experiment, on digits."""
    arm = training.Arm("digits", head, length, ratio, seed)
    return training.train(Config(steps=steps, probes=_PROBES), str(trainers.pick_device()), arm)


def _fitted(rows: pd.DataFrame) -> str:
    return moments.when(moments.zero_error(rows))


PLAN = Plan(
    name="fixed_head",
    chapter="5-using/fixed_head",
    question="Which heads can a network live with that it may not train?",
    settings=(
        Choice("head", "Head", "The last layer; all but the learned ones stay as they are set up", reading.SIMPLEX,
               tuple((each, each) for each in (*reading.EVERYWHERE, *reading.FIRST_ALONE))),
        Real("length", "Length", "Root mean square length of the rows of a fixed head", _USUAL.length, 0.01, 100,
             usual=(*_USUAL.lengths[:1], _USUAL.length, *_USUAL.lengths[1:])),
        Real("ratio", "Ratio", "Images of a frequent class over a rare one; rare are 5 to 9", 1.0, 1,
             100, usual=(1, *_USUAL.ratios)),
        Whole("steps", "Steps", "Of 100 images; the learning rate falls after three fifths", _USUAL.steps, 10, 10_000),
        Whole("seed", "Seed", "Fixes the split, the initial weights, the batches and what is random in the head", 0),
    ),
    train=train,
    panels=(
        Panel("Error", "error (%)", (Curve("train_error", "train"), Curve("test_error", "test")), percent=True,
              scale="error"),
        Panel("NC1: spread within classes", "log scale", (Curve("nc1_train", "train"),), scale="log"),
        Panel("NC2: cosines off simplex", "log scale", (Curve("nc2_angles_train", "train"),), scale="log"),
        Panel("NC3: classifier and means", "log scale", (Curve("nc3_train", "train"),), scale="log"),
    ),
    outcomes=(
        Outcome("no training error from step", _fitted),
        Outcome("test error", "test_error", percent=True),
        Outcome("test error, rare classes", "rare_error_test", percent=True),
        Outcome("NC1", "nc1_train"),
        Outcome("NC2 angles", "nc2_angles_train"),
        Outcome("NC3", "nc3_train"),
    ),
    log_x=True,
)  # fmt: skip
