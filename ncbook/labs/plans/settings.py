"""Change one condition of the recipe, and see whether the network still collapses."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments import settings as experiment
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings import moments, names

_PROBES = 120
_USUAL = experiment.Config()


def train(dataset: str, network: str, loss: str, weight_decay: float, epochs: int, seed: int) -> Rows:
    """One arm of the experiment."""
    config = experiment.Config(epochs=epochs, probes=_PROBES)
    arm = experiment.Arm(dataset, network, loss, weight_decay, seed)
    return experiment.train_arm(config, str(trainers.pick_device()), arm)


def _fall(rows: pd.DataFrame) -> float:
    """NC1 on the training images at the first epoch without an error over NC1 now."""
    found = moments.since_zero_error(rows, ["nc1_train"], "epoch")
    return found["nc1_train_then"] / found["nc1_train_end"]


def _fitted(rows: pd.DataFrame) -> str:
    return moments.when(moments.zero_error(rows, "epoch"))


PLAN = Plan(
    name="settings",
    chapter="1-collapse/settings",
    question="Which single change stops the fall of NC1: other images, another network, another loss, less decay?",
    settings=(
        Choice("dataset", "Images", "What is classified", "digits", tuple((each, each) for each in _USUAL.datasets)),
        Choice("network", "Network", "Which network is trained; without batch norm all images make one batch", "mlp",
               tuple((names.NETWORKS[each], each) for each in (*_USUAL.networks, *_USUAL.plain_networks))),
        Choice("loss", "Loss", "What is minimized, at its own learning rate", "ce",
               tuple((names.LOSSES[each], each) for each in _USUAL.losses)),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, 1,
             usual=(0, 5e-5, 5e-4, 1e-3, 5e-3, 2e-2)),
        Whole("epochs", "Epochs", "Passes over the training set; the rate falls after three fifths", 150, 5, 1000),
        Whole("seed", "Seed", "Fixes the initial weights and the order of the batches", 0),
    ),
    train=train,
    panels=(
        Panel("Error", "error (%)", (Curve("train_error", "train"), Curve("test_error", "test")), percent=True,
              scale="error"),
        Panel("NC1: spread within classes", "NC1, log scale", (Curve("nc1_train", "train"), Curve("nc1_test", "test")),
              scale="log"),
        Panel("NC3: classifier and means", "NC3, log scale", (Curve("nc3_train", "train"),), scale="log"),
        Panel("Outside the means", "share of ‖W‖², %", (Curve("outside_span", "train"),), percent=True,
              limits=(0, 100)),
    ),
    outcomes=(
        Outcome("no training error from epoch", _fitted),
        Outcome("NC1 on train", "nc1_train"),
        Outcome("times smaller since", _fall),
        Outcome("NC1 on test", "nc1_test"),
        Outcome("NC3 on train", "nc3_train"),
        Outcome("test error", "test_error", percent=True),
    ),
    x="epoch",
    unit="epoch",
)  # fmt: skip
