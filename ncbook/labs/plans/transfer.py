"""One network learns super-classes of digits, and its features are asked for the digits."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments.transfer import groups
from ncbook.experiments.transfer.config import Config, SuperClasses
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings import transfer as reading

_PROBES = 24
_RIGHT = "new digits right (%)"
_STRONG, _WEAK = Config().group_decays
_PER_CLASS = {"digits": Config().group_per_class, "mnist5k": SuperClasses().group_per_class}
_TASKS = (
    ("odd or even", reading.PARITY), ("below 5 or not", reading.HALVES), ("which digit", reading.FINE),
    ("two random classes", reading.RANDOM),
)  # fmt: skip


def train(dataset: str, task: str, weight_decay: float, width: int, epochs: int, seed: int) -> Rows:
    """One network of the part "groups"."""
    config = SuperClasses(
        seeds=(seed,), group_data=dataset, group_per_class=_PER_CLASS[dataset], group_arms=(task,),
        group_decays=(weight_decay, weight_decay), width=width, group_epochs=epochs,
        group_probes=tuple(sorted({epochs * at // _PROBES for at in range(_PROBES + 1)})),
    )  # fmt: skip
    return groups.rows(config, str(trainers.pick_device()), (seed, task))


def view(rows: pd.DataFrame, values: Values) -> pd.DataFrame:
    """The hidden layers, with the last one in columns of its own."""
    rows = rows[rows.layer != reading.INPUT]
    measured = ("probe_acc_target", "ncc_acc_target", "variance_ratio_train")
    return rows.assign(**{f"last_{name}": rows[name].where(rows.layer == reading.LAST) for name in measured})


def _best_layer(rows: pd.DataFrame) -> str:
    end = rows[rows.epoch == rows.epoch.max()]
    return str(end.layer[end.probe_acc_target.idxmax()])


PLAN = Plan(
    name="transfer",
    chapter="3-representation/transfer",
    question="A network learns whether a digit is odd or even. Can its features still tell which digit it is?",
    settings=(
        Choice("dataset", "Images", "What is classified", "digits", (("digits", "digits"), ("MNIST", "mnist5k"))),
        Choice("task", "It learns", "The labels that the network is trained on", reading.PARITY, _TASKS),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", _STRONG, 0, 1,
             usual=(0, _WEAK, _STRONG, 1e-2)),
        Whole("width", "Width", "Units of each of the four hidden layers", 128, 2, 1024),
        Whole("epochs", "Epochs", "Passes over the training set; the learning rate falls to 0 with the last", 120, 1,
              2000),
        Whole("seed", "Seed", "Fixes the images, the initial weights and the order of the batches", 0),
    ),
    train=train,
    view=view,
    panels=(
        Panel("Nearest mean, last layer", _RIGHT, (Curve("last_ncc_acc_target", "test"),), percent=True,
              limits=(-2, 102)),
        Panel("Linear probe, last layer", _RIGHT, (Curve("last_probe_acc_target", "test"),), percent=True),
        Panel("Spread, last layer", "variance ratio, log scale", (Curve("last_variance_ratio_train", "train"),),
              scale="log"),
        Panel("Linear probe by layer", _RIGHT, (Curve("probe_acc_target", "test"),), percent=True, x="layer",
              x_label="layer"),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True),
        Outcome("test error", "test_error", percent=True),
        Outcome("digits right by nearest mean", "last_ncc_acc_target", percent=True),
        Outcome("digits right by linear probe", "last_probe_acc_target", percent=True),
        Outcome("best layer for the probe", _best_layer),
        Outcome("variance ratio on train", "last_variance_ratio_train"),
    ),
    x="epoch",
    unit="epoch",
)  # fmt: skip
