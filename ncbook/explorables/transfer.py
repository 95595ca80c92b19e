"""How well each layer tells the fine classes apart while a network learns something else, epoch by epoch."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.transfer import INPUT, LAST, layer_order, part

_READERS = {"ncc": "ncc_acc_target", "probe": "probe_acc_target"}
_COLUMNS = ("part", "arm", "seed", "epoch", "layer", "train_error", "test_error", "variance_ratio_train")


def transfer(run: runs.Run) -> _page.Explorable:
    """What `run`, one of `experiments.transfer`, is trained for, and the fine classes layer by layer, over training.

    It opens at the last measurement before the last layer loses most of them. Raises ValueError, naming it, for a
    column that the run lacks.
    """
    _page.require(run, "transfer", history=(*_COLUMNS, *_READERS.values()))
    frame = part(run, "groups")
    layers, pixels = layer_order(frame)[1:], frame[frame.layer == INPUT]
    data = {
        "epochs": sorted(map(float, frame.epoch.unique())),
        "layers": layers,
        "pixels": {name: float(pixels[column].median()) for name, column in _READERS.items()},
        "arms": [_arm(str(name), rows, layers) for name, rows in frame.groupby("arm", sort=False)],
    }
    title = "What the layers keep of the fine classes"
    text = f"{title}, while networks learn super-classes, fine or random labels. {runs.provenance_line(run)}"
    return _page.Explorable("transfer", title, _body(run, data, _before_the_fall(frame)), data, text)


def _arm(name: str, rows: pd.DataFrame, layers: list[str]) -> dict[str, Any]:
    """One pretraining, medians over the seeds but for low and high.

    ratio [epochs]; trained, the accuracy on what it is trained for: train and test [epochs]; for each way of reading
    the fine classes: low, middle and high [epochs][layers].
    """
    last = rows[rows.layer == LAST].groupby("epoch")
    errors = last[["train_error", "test_error"]].median()
    trained = {"train": _page.short(1 - errors.train_error), "test": _page.short(1 - errors.test_error)}
    told = {"name": name, "ratio": _page.short(last.variance_ratio_train.median()), "trained": trained}
    return told | {reader: _layers(rows, column, layers) for reader, column in _READERS.items()}


def _layers(rows: pd.DataFrame, column: str, layers: list[str]) -> dict[str, Any]:
    by = rows[rows.layer != INPUT].groupby(["epoch", "layer"])[column]
    tables = {"low": by.min(), "middle": by.median(), "high": by.max()}
    return {key: _page.short(table.unstack()[layers]) for key, table in tables.items()}


def _before_the_fall(frame: pd.DataFrame) -> int:
    """The place of the measurement after which the nearest class mean of the first pretraining loses most."""
    rows = frame[(frame.layer == LAST) & (frame.arm == frame.arm.iloc[0])]
    medians = rows.groupby("epoch").ncc_acc_target.median().to_numpy()
    return int((medians[1:] - medians[:-1]).argmin())


def _body(run: runs.Run, data: dict[str, Any], start: int) -> str:
    arms = _page.options(arm["name"] for arm in data["arms"])
    last, seeds = len(data["epochs"]) - 1, len(run.config["seeds"])
    return _page.body("transfer", run, arms=arms, last=last, start=start, seeds=seeds)
