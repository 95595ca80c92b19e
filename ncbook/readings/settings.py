"""Runs of `settings`: where the terminal phase of each training began, and how far it collapsed."""

from collections.abc import Sequence
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
    """Columns condition, base, changed to: what the arms of a run have in common, and what is varied around it."""
    asked = run.config
    losses = [names.LOSSES.get(name, name) for name in asked["losses"]]
    networks = [names.NETWORKS.get(name, name) for name in (*asked["networks"], *asked["plain_networks"])]
    base, *others = zip(losses, asked["learning_rates"], strict=True)
    rates = [f"{rate:g} ({loss})" for loss, rate in others if rate != base[1]]
    rates += [f"{asked['plain_learning_rate']:g} ({name})" for name in networks[len(asked["networks"]) :]]
    rows = [
        ("images", *_base_and_changes(asked["datasets"])),
        ("network", *_base_and_changes(networks)),
        ("loss", *_base_and_changes(losses)),
        ("learning rate", f"{base[1]:g}", "; ".join(rates)),
        ("weight decay", *_base_and_changes([f"{value:g}" for value in asked["weight_decays"]])),
        ("epochs", f"{asked['epochs']}", ""),
        ("seeds", f"{len(asked['seeds'])}", ""),
    ]
    return pd.DataFrame(rows, columns=["condition", "base", "changed to"])


def _base_and_changes(values: Sequence[str]) -> tuple[str, str]:
    return values[0], "; ".join(values[1:])
