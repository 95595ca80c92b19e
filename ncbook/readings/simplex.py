"""Runs of `simplex`: what each network came to, and the arrays that its pictures are drawn from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.collapse import arrays_of, phase
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

_OFF = "root mean square distance of the {} from the simplex of radius 1 that fits the class means best"
COLUMNS = {
    "off_means": Measure("class means off the simplex", _OFF.format("class means")),
    "off_rows": Measure("classifier off the simplex", _OFF.format("scaled rows of the classifier")),
    "off_points": Measure("features off the simplex", _OFF.format("training features")),
}
ARM = ("num_classes", "dim", "weight_decay", "seed")


def setting_of(config: Mapping[str, Any], setting: int) -> dict[str, Any]:
    """Number of classes, dimension and weight decay of a setting, by the names of their columns."""
    keys = {"num_classes": "num_classes", "dim": "dims", "weight_decay": "weight_decays"}
    return {column: config[field][setting] for column, field in keys.items()}


def name_of(config: Mapping[str, Any], setting: int) -> str:
    """The prefix of a setting's arrays, such as "k4-d3-wd0.005"."""
    return "k{num_classes}-d{dim}-wd{weight_decay:g}".format(**setting_of(config, setting))


def pictured_rows(run: Run, setting: int) -> pd.DataFrame:
    """The history rows of the network of a setting that is pictured: that of the first seed."""
    rows = rows_of(run, setting)
    return rows[rows.seed == run.config["seeds"][0]]


def pictured(run: Run, setting: int) -> dict[str, np.ndarray]:
    """The arrays of a setting: see `experiments.simplex.picture`."""
    return arrays_of(run, name_of(run.config, setting))


def class_names(run: Run, setting: int) -> list[int]:
    """The digits that a setting tells apart."""
    names: list[int] = run.config["class_order"][: run.config["num_classes"][setting]]
    return names


def rows_of(run: Run, setting: int) -> pd.DataFrame:
    """The history rows of a setting."""
    rows = run.to_frame()
    matches = [rows[name] == value for name, value in setting_of(run.config, setting).items()]
    return rows[np.logical_and.reduce(matches)]


@once_a_run
def ends(run: Run) -> pd.DataFrame:
    """One row a training (num_classes, dim, weight_decay, seed): every column of the history at its last probe.

    Added: zero_error_step, NEVER if there is none, and fall, NC1 on the training set then over NC1 at the end, nan
    for NEVER; phase_start, phase_length, phase_tells, phase_at_full_rate: see `collapse.phase`; phase_fall, NC1 on the
    training set at the start of that phase over NC1 at the end.
    """
    return moments.by_training(run.to_frame(), ARM, _end)


def _end(rows: pd.DataFrame) -> dict[str, float | bool]:
    end, start = rows.iloc[-1], moments.zero_error(rows)
    fall = moments.at(rows, start).nc1_train / end.nc1_train
    row: dict[str, float | bool] = end.drop(list(ARM)).to_dict()
    terminal = phase(rows, ["nc1_train"], "step")
    phase_fall = float(terminal.pop("nc1_train_start")) / end.nc1_train
    return row | {"zero_error_step": start, "fall": fall} | terminal | {"phase_fall": phase_fall}


def by_network(run: Run) -> pd.DataFrame:
    """A row a training, by names for readers: its network, and what it came to.

    The network says its weight decay where that is not the largest; a factor is that of `ends`.
    """
    arms, largest = ends(run), max(run.config["weight_decays"])
    decays = [f", decay {decay:g}" if decay < largest else "" for decay in arms.weight_decay]
    networks = [f"K = {K}, d = {d}{decay}" for K, d, decay in zip(arms.num_classes, arms.dim, decays, strict=True)]
    return pd.DataFrame(
        {
            "network": networks,
            "NC1 fell by a factor of": arms.fall,
            "angles (NC2)": arms.nc2_angles_train,
            "NC3": arms.nc3_train,
            "test error (%)": 100 * arms.test_error,
        }
    )


def fitting_ends(run: Run) -> pd.DataFrame:
    """Rows of `ends` of the networks that the claims of the simplex are about.

    d = K - 1 at most 3, and the larger of the weight decays with which such a setting was trained.
    """
    arms = ends(run)
    fits = arms[(arms.dim == arms.num_classes - 1) & (arms.dim <= 3)]
    return fits[fits.weight_decay == fits.groupby("num_classes").weight_decay.transform("max")]


def least_and_most(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `ends` for ten classes, by seed: with d = K - 1, and of the network as it is."""
    arms = ends(run)
    ten = arms[arms.num_classes == 10]
    least, most = (ten[ten.dim == dim].set_index("seed") for dim in (9, ten.dim.max()))
    return least, most


def snapshots(run: Run, setting: int) -> list[int]:
    """Three probes of the first seed: an early one, the first without a training error, and the last."""
    rows = pictured_rows(run, setting)
    zero = min(moments.zero_error(rows), float(rows.step.iloc[-1]))
    return [moments.nearest(rows.step, step) for step in (zero / 4, zero, moments.NEVER)]
