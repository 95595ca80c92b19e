"""Train on few or many glyphs, and watch every term of the bound for test collapse."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments import bound as experiment
from ncbook.labs._plan import Curve, Outcome, Panel, Plan, Real, Rows, Whole

_PROBES = 36  # some of the first steps are the same, so that about 30 are left
_BATCH, _CLASSES = experiment.Config().batch_size, 10


def train(per_class: int, weight_decay: float, difficulty: float, steps: int, population: int, seed: int) -> Rows:
    """One network of the experiment, measured along training; what it measures at the end alone is left out."""
    config = experiment.Config(
        sizes=(per_class,), seeds=(seed,), weight_decay=weight_decay, difficulty=difficulty, steps=steps,
        population_per_class=population, batch_size=min(_BATCH, _CLASSES * per_class), probes=_PROBES, fixed_size=0,
        draws=1,
    )  # fmt: skip
    rows, _ = experiment.train(config, str(trainers.pick_device()))
    return [row for row in rows if row["part"] == "time"]


def _times(rows: pd.DataFrame) -> float:
    """How many times too large the bound is at the end."""
    last = rows.iloc[-1]
    return float(last.cdnv_bound / last.cdnv_test)


PLAN = Plan(
    name="bound",
    chapter="2-generalization/bound",
    question="Which term of the bound grows when the training set collapses, and what makes all of them small?",
    settings=(
        Whole("per_class", "Images a class", "To train on, of each of the ten classes", 50, 3, 800),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, 1,
             usual=(0, 5e-4, 5e-3)),
        Real("difficulty", "Difficulty", "How strongly the glyphs are turned, blurred and covered", 0.5, 0, 1,
             usual=(0.3, 0.5, 0.7)),
        Whole("steps", "Steps", "Of at most 100 images each; the learning rate falls to 0", 1500, 1, 20_000),
        Whole("population", "Half population", "Half of the fresh images of a class that stand for all there are",
              200, 10, 1000),
        Whole("seed", "Seed", "Fixes the images, the initial weights and the order of the batches", 0),
    ),
    train=train,
    panels=(
        Panel("Collapse, by V", "CDNV, log scale", (Curve("cdnv_train", "train"), Curve("cdnv_test", "test")),
              scale="log"),
        Panel("Bound, above V on test", "CDNV, log scale", (Curve("cdnv_test", "test"), Curve("cdnv_bound")),
              scale="log"),
        Panel("B, of the variances", "B, log scale", (Curve("B"),), scale="log"),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("V of the training set", "cdnv_train"),
        Outcome("V of the population", "cdnv_test"),
        Outcome("A", "A"),
        Outcome("B", "B"),
        Outcome("bound", "cdnv_bound"),
        Outcome("bound over the true value", _times),
    ),
    lines=("per_class", "seed"),
    log_x=True,
)  # fmt: skip
