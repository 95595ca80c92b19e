"""One network on digits with wrong labels, by cross-entropy or by rate reduction, and where stopping would have led."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments import corrupted_labels as experiment
from ncbook.experiments.corrupted_labels import training
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings import corrupted_labels as reading

_PROBES = 50  # on a logarithmic axis of whole epochs, of which about half are left
_ARMS = (
    ("cross-entropy", reading.CE),
    ("cross-entropy, schedule of rate reduction", reading.MATCHED),
    ("rate reduction", reading.MCR2),
    ("cross-entropy, label smoothing", reading.SMOOTHED),
    ("cross-entropy, strong weight decay", reading.DECAYED),
)


def train(arm: str, label_noise: float, epochs: int, seed: int) -> Rows:
    """One training of the part "training"."""
    config = experiment.Config(seeds=(seed,), epochs=epochs, long_epochs=epochs, probes=_PROBES)
    return training.train(config, str(trainers.pick_device()), training.Arm(arm, label_noise, seed))[0]


def view(rows: pd.DataFrame, values: Values) -> pd.DataFrame:
    """With the accuracies of the network's own classifier."""
    return reading.judged(rows)


def _stopped(rows: pd.DataFrame) -> float:
    return float(rows.own_test[rows.own_validation.idxmax()])


def _stop(rows: pd.DataFrame) -> float:
    return float(rows.epoch[rows.own_validation.idxmax()])


PLAN = Plan(
    name="corrupted_labels",
    chapter="3-representation/corrupted_labels",
    question="Which training is harmed least by wrong labels: another loss, or one that is stopped in time?",
    settings=(
        Choice("arm", "Training", "The loss, with the batches and the learning rate that belong to it", reading.CE,
               _ARMS),
        Real("label_noise", "Corruption ratio", "Share of the training labels that are drawn anew", 0.4, 0, 1,
             usual=(0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        Whole("epochs", "Epochs", "Passes over the training set; the learning rate falls to 0 with the last", 120, 1,
              2000),
        Whole("seed", "Seed", "Fixes the images, their labels, the initial weights and the batches", 0),
    ),
    train=train,
    view=view,
    panels=(
        Panel("Accuracy", "accuracy (%)", (Curve("own_train", "train"), Curve("own_test", "test")), percent=True,
              limits=(-2, 102)),
        Panel("Wrong labels memorized", "of the wrong labels (%)", (Curve("wrong_acc_given", "train"),), percent=True,
              limits=(-2, 102)),
        Panel("Spread within classes", "variance ratio, log scale",
              (Curve("unit_variance_ratio_train", "train"), Curve("unit_variance_ratio_test", "test")), scale="log"),
    ),
    outcomes=(
        Outcome("test accuracy", "own_test", percent=True),
        Outcome("test accuracy if stopped by corrupted validation labels", _stopped, percent=True),
        Outcome("at epoch", _stop),
        Outcome("wrong labels memorized", "wrong_acc_given", percent=True),
        Outcome("variance ratio on train", "unit_variance_ratio_train"),
        Outcome("directions a class fills", "class_rank"),
    ),
    x="epoch",
    unit="epoch",
    log_x=True,
)  # fmt: skip
