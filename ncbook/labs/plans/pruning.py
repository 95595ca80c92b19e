"""Train a network, drop most of its training points, and train on with the rest."""

import pandas as pd

from ncbook import trainers
from ncbook.experiments.pruning import Config, base, going_on
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings import pruning as reading

_PROBES = 24
_BATCH = Config().batch_size


def train(rule: str, share: float, drop: int, steps: int, weight_decay: float, per_class: int, seed: int) -> Rows:
    """The first network of a seed until the drop, and from there with the points that are kept and with all."""
    config = Config(
        seeds=(seed,), per_class=per_class, epochs=drop, drops=(drop,), probes=_PROBES, weight_decay=weight_decay,
        batch_size=min(_BATCH, 10 * per_class),
    )  # fmt: skip
    device = str(trainers.pick_device())
    trained, dataset = base.train(config, device, (seed, reading.FIRST)), base.images(config, seed).to(device)
    rows, probed = [*trained.rows], {max(1, steps * at // _PROBES) for at in range(1, _PROBES + 1)}
    for own, arm in ((share, rule), (1.0, reading.ALL)):
        start = going_on.start(config, dataset, trained, seed, drop, own, arm, reading.GOING_ON)
        rows += going_on.train(config, [start], steps, probed)[0]
    return rows


def view(rows: pd.DataFrame, values: Values) -> pd.DataFrame:
    """Steps are counted on after the drop; the errors on all training points and on new ones, a line an arm."""
    return rows.assign(step=rows.step + _drop(values) * (rows.part == reading.KEPT))


def _drop(values: Values) -> int:
    """The step of the drop."""
    points = 10 * int(values["per_class"])
    return int(values["drop"]) * trainers.steps_per_epoch(points, min(_BATCH, points))


def _end(rows: pd.DataFrame, arm: str | None, column: str) -> float:
    """At the last step, with all points or, for None, with those that are kept."""
    going = rows[(rows.part == reading.KEPT) & ((rows.arm == arm) if arm else (rows.arm != reading.ALL))]
    return float(going[column].iloc[-1]) if len(going) else float("nan")


PLAN = Plan(
    name="pruning",
    chapter="5-using/pruning",
    question="Which training points can be dropped, when, and how many, before the network forgets?",
    settings=(
        Choice("rule", "Keep", "Which points stay in the training set", reading.SMALLEST,
               tuple((rule, rule) for rule in reading.RULES)),
        Real("share", "Share kept", "Of the training points; one of each class at least", 0.05, 0.001, 1,
             usual=(0.5, 0.2, 0.1, 0.05, 0.02, 0.01)),
        Whole("drop", "Epoch of the drop", "The learning rate falls to 0 until there, from three fifths on", 60, 2,
              1000),
        Whole("steps", "Steps after it", "Each on all points that are kept", 300, 1, 5000),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, 1,
             usual=(0, 5e-4, 5e-3)),
        Whole("per_class", "Images a class", "To train on, of each of the ten digits", 100, 5, 150),
        Whole("seed", "Seed", "Fixes images, initial weights, batches and the random points", 0),
    ),
    train=train,
    view=view,
    panels=(
        Panel("New images", "error (%)", (Curve("test_error", "test"),), percent=True, scale="error"),
        Panel("All training images", "error (%)", (Curve("train_error", "train"),), percent=True, scale="error"),
        Panel("Spread of the margins", "spread, log scale", (Curve("spread", "train"),), scale="log"),
    ),
    outcomes=(
        Outcome("classes kept", lambda rows: _end(rows, None, "classes_kept")),
        Outcome("test error, points kept", lambda rows: _end(rows, None, "test_error"), percent=True),
        Outcome("test error, all points", lambda rows: _end(rows, reading.ALL, "test_error"), percent=True),
        Outcome("NC1 at the drop", "nc1_train"),
    ),
    lines=("arm",),
    trainings=3,
    moment=_drop,
)  # fmt: skip
