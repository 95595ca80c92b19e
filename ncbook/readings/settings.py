"""Runs of `settings`: where the terminal phase of each training began, and how far it collapsed."""

from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings import collapse, names
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

ARM = ("dataset", "network", "loss_name", "weight_decay", "seed")
COLUMNS = {
    "trained_loss": Measure("trained loss", "the loss that is trained, on the training set, without weight decay"),
    "outside_span": Measure("s", "share of ||W||_F^2 outside the span of the centered class means"),
}


@once_a_run
def outcomes(run: Run) -> pd.DataFrame:
    """`collapse.folds` of the trainings (dataset, network, loss_name, weight_decay, seed), also of outside_span."""
    return collapse.folds(run, ARM, (*collapse.COMPARED, "outside_span"))


def around_base(table: pd.DataFrame, run: Run, **chosen: Any) -> pd.DataFrame:
    """Rows of the base setting: the first network, loss and weight decay of the run, but for what is `chosen`.

    `table` is a history or one of `outcomes`; `chosen` names a value, or several, of any of its columns.
    """
    config = run.config
    base = {"network": config["networks"][0], "loss_name": config["losses"][0]}
    base |= {"weight_decay": config["weight_decays"][0]}
    wanted = {name: np.atleast_1d(values) for name, values in (base | chosen).items()}
    return table[np.logical_and.reduce([table[name].isin(values) for name, values in wanted.items()])]


def left(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Rows of `outcomes` with each of `columns` at the end as a share of its value at zero training error."""
    return table.assign(**{name: table[f"{name}_end"] / table[f"{name}_then"] for name in columns})


def conditions(run: Run) -> pd.DataFrame:
    """One row a change of the base setting: condition, base, changed to, learning rate with the change."""
    asked = run.config
    rate = asked["learning_rates"][0]
    losses = [names.LOSSES.get(name, name) for name in asked["losses"]]
    networks, plain = ([names.NETWORKS.get(name, name) for name in asked[f"{kind}networks"]] for kind in ("", "plain_"))
    changes = [("images", asked["datasets"][0], name, rate) for name in asked["datasets"][1:]]
    changes += [("network", networks[0], name, rate) for name in networks[1:]]
    changes += [("network", networks[0], name, asked["plain_learning_rate"]) for name in plain]
    others = zip(losses[1:], asked["learning_rates"][1:], strict=True)
    changes += [("loss", losses[0], name, own) for name, own in others]
    decays = [f"{value:g}" for value in asked["weight_decays"]]
    changes += [("weight decay", decays[0], value, rate) for value in decays[1:]]
    return pd.DataFrame(changes, columns=["condition", "base", "changed to", "learning rate"])
