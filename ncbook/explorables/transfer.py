"""What every layer is worth for the fine classes while a network learns super-classes: bars, epoch by epoch."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.transfer import INPUT, LAST, layer_order, part

_COLUMNS = ("part", "arm", "seed", "epoch", "layer", "probe_acc_target", "variance_ratio_train")


def transfer(run: runs.Run) -> _page.Explorable:
    """Probe accuracy of each layer of `run`, one of `experiments.transfer`, over training, for any two pretrainings.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "transfer", history=_COLUMNS)
    frame = part(run, "groups")
    layers = layer_order(frame)[1:]
    data = {
        "epochs": sorted(map(float, frame.epoch.unique())),
        "layers": layers,
        "pixels": float(frame[frame.layer == INPUT].probe_acc_target.median()),
        "arms": [_arm(str(name), rows, layers) for name, rows in frame.groupby("arm", sort=False)],
    }
    title = "What each layer is worth for the fine classes"
    text = f"{title}, while networks learn super-classes, fine or random labels. {runs.provenance_line(run)}"
    return _page.Explorable("transfer", title, _body(run, data), data, text)


def _arm(name: str, rows: pd.DataFrame, layers: list[str]) -> dict[str, Any]:
    """One pretraining: low, middle and high [epochs][layers] of the probe over the seeds; ratio [epochs]."""
    by = rows[rows.layer != INPUT].groupby(["epoch", "layer"]).probe_acc_target
    tables = {"low": by.min(), "middle": by.median(), "high": by.max()}
    ratio = rows[rows.layer == LAST].groupby("epoch").variance_ratio_train.median()
    return {"name": name, "ratio": _page.short(ratio)} | {
        key: _page.short(table.unstack()[layers]) for key, table in tables.items()
    }


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    arms = _page.options(arm["name"] for arm in data["arms"])
    return _page.body("transfer", run, arms=arms, last=len(data["epochs"]) - 1, seeds=len(run.config["seeds"]))
