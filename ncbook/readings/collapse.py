"""Runs of `collapse`: how far each network collapsed in its terminal phase."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings import moments, names
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

COLUMNS: dict[str, Measure] = {}
ARM = ("network", "weight_decay", "seed")
SHORT = names.NETWORKS | {"mlp": "MLP", "convnet": "convnet"}  # as the chapter calls them, for tables
FIRST_DROP = 1 / 3  # of a training by the published schedule: when its learning rate first falls to a tenth
COMPARED = ("nc1_train", "nc1_test", "nc2_norms_train", "nc2_angles_train", "nc3_train", "nc4_train", "test_error")


@once_a_run
def falls(run: Run) -> pd.DataFrame:
    """`folds` of the trainings (network, weight_decay, seed)."""
    return folds(run, ARM, COMPARED)


def folds(run: Run, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """What became of each training in its terminal phase; one row a training, in the order of the run.

    zero_error_epoch, COLUMN_then, COLUMN_end: see `moments.since_zero_error`. fall_train, fall_test: NC1 then divided
    by NC1 at the end, nan without a terminal phase. phase_start, phase_length, phase_tells, phase_at_full_rate,
    COLUMN_start: see `phase`. COLUMN_held: at the last probe at the full learning rate. phase_fall_train,
    phase_fall_test: NC1 at the start of that phase divided by NC1 at the end.
    """
    share = full_rate(run.config)

    def read(rows: pd.DataFrame) -> dict[str, float | bool]:
        epochs = rows.epoch.to_numpy()
        held = np.flatnonzero(epochs <= share * epochs[-1])[-1]
        row: dict[str, float | bool] = {f"{name}_held": float(rows[name].to_numpy()[held]) for name in columns}
        return row | moments.since_zero_error(rows, columns, "epoch") | phase(rows, columns, "epoch", share)

    table = moments.by_training(run.to_frame(), keys, read)
    for side in ("train", "test"):
        table[f"fall_{side}"] = table[f"nc1_{side}_then"] / table[f"nc1_{side}_end"]
        table[f"phase_fall_{side}"] = table[f"nc1_{side}_start"] / table[f"nc1_{side}_end"]
    return table


def full_rate(config: Mapping[str, Any]) -> float:
    """The share of a training that runs at the full learning rate; see `experiments.collapse.Config` for `held`."""
    held: float | None = config.get("held")
    return FIRST_DROP if held is None else held


def phase(rows: pd.DataFrame, columns: Sequence[str], clock: str, share: float = FIRST_DROP) -> dict[str, float | bool]:
    """`moments.over_phase` of a training whose learning rate falls after a `share` of it.

    phase_at_full_rate: whether moreover the phase goes on at the full rate for at least as long as all that came
    before it. Else what was to fall in it has fallen before, or had no more steps to fall in.
    """
    found = moments.over_phase(rows, columns, clock)
    first, falls = rows[clock].iloc[0], rows[clock].iloc[-1] * share
    before = float(found["phase_start"]) - first
    long = bool(falls - float(found["phase_start"]) >= before)
    return found | {"phase_at_full_rate": bool(found["phase_tells"]) and long}


def arm(run: Run, network: str, weight_decay: float | None = None) -> pd.DataFrame:
    """History rows of a network, at the first weight decay unless another is named."""
    decay = run.config["weight_decays"][0] if weight_decay is None else weight_decay
    rows = run.to_frame()
    return rows[(rows.network == network) & (rows.weight_decay == decay)]


def arrays_of(run: Run, prefix: str) -> dict[str, np.ndarray]:
    """The arrays under a prefix, here a network's, by the rest of their names: see `experiments.collapse.plane`."""
    return {name.removeprefix(f"{prefix}/"): a for name, a in run.arrays.items() if name.startswith(f"{prefix}/")}


def snapshots(run: Run, network: str) -> list[int]:
    """Three probes of the plane: epoch 1, the first without a training error, and the last."""
    rows = arm(run, network)
    zero = moments.zero_error(rows[rows.seed == run.config["seeds"][0]], "epoch")
    epochs = run.arrays[f"{network}/epoch"]
    return [moments.nearest(epochs, epoch) for epoch in (1, zero, moments.NEVER)]


def settings(run: Run) -> pd.DataFrame:
    """What was asked: a row a setting, in words."""
    config, share = run.config, full_rate(run.config)
    rate = f"{config['learning_rate']:g}, falls from epoch {share * config['epochs']:.0f}"
    rows = {
        "networks": ", ".join(SHORT[name] for name in config["networks"]),
        "features": config["width"],
        "epochs": config["epochs"],
        "images per step": config["batch_size"],
        "learning rate": rate,
        "weight decay": " or ".join(f"{decay:g}" for decay in config["weight_decays"]),
        "seeds": len(config["seeds"]),
    }
    return pd.DataFrame({"setting": rows.keys(), "value": rows.values()})


def nc1_by_images(run: Run) -> pd.DataFrame:
    """NC1 at the first weight decay: a row a network, side of the data, and seed, named for readers."""
    found = falls(run)
    found = found[found.weight_decay == run.config["weight_decays"][0]]
    sides = [
        pd.DataFrame({
            "network, images": found.network.map(SHORT) + f", {side}",
            "at zero training error": found[f"nc1_{side}_then"],
            "at the end": found[f"nc1_{side}_end"],
            "times smaller": found[f"fall_{side}"],
        })
        for side in ("train", "test")
    ]  # fmt: skip
    return pd.concat(sides).sort_index(kind="stable")


def nc1_by_decay(run: Run) -> pd.DataFrame:
    """NC1 on train at the end, and its fall in the terminal phase: a row a training, named for readers."""
    found = falls(run)
    return _arms(found).assign(**{"NC1 at the end": found.nc1_train_end, "times smaller": found.fall_train})


def errors_by_decay(run: Run) -> pd.DataFrame:
    """The test error in percent at zero training error, at the last epoch with the full learning rate, and at the end:
    a row a training, named for readers."""
    found, held = falls(run), full_rate(run.config) * run.config["epochs"]
    columns = {"at zero training error": "then", f"at epoch {held:.0f}": "held", "at the end": "end"}
    return _arms(found).assign(**{name: 100 * found[f"test_error_{when}"] for name, when in columns.items()})


def _arms(found: pd.DataFrame) -> pd.DataFrame:
    """Network and weight decay of each row of `falls`, named for readers."""
    decays = found.weight_decay.map("{:g}".format)
    return pd.DataFrame({"network": found.network.map(SHORT), "weight decay": decays})
