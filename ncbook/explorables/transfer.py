"""What every layer is worth for the fine classes while a network learns super-classes: bars, epoch by epoch."""

from html import escape
from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings.transfer import INPUT, LAST, layer_order, part

_COLUMNS = ("part", "arm", "seed", "epoch", "layer", "probe_acc_target", "variance_ratio_train")
_BODY = """\
<div class="nc-controls">
<label>Trained on <select class="nc-arm">{arms}</select></label>
<label>Compare with <select class="nc-other"><option value="">nothing</option>{others}</select></label>
</div>
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label class="nc-slide">Epoch <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="{last}">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<canvas class="nc-bars" role="img" aria-label="Accuracy of a linear probe for each layer."></canvas>
<p class="nc-words" style="margin-top: 8px"></p>
<p class="nc-status" role="status"></p>
<p class="nc-note">A bar a layer: how many new images a linear probe puts into the right one of the ten fine classes,
median of {seeds} seeds; the thin line goes from the lowest seed to the highest. Hollow bars are the network to compare
with. The dashed line is the probe on the pixels. Collapse is Tr &Sigma;<sub>W</sub> / Tr &Sigma;<sub>B</sub> of the
labels that were trained, in the last layer, median; smaller is more collapsed.</p>
<p class="nc-note">{provenance}</p>
"""


def transfer(run: runs.Run) -> _page.Explorable:
    """Probe accuracy of each layer of `run`, one of `experiments.transfer`, over training, for any two pretrainings.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _arms.require_columns(run, _COLUMNS, "transfer")
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
    return _page.Explorable(title, _body(run, data), "transfer.js", data, text)


def _arm(name: str, rows: pd.DataFrame, layers: list[str]) -> dict[str, Any]:
    """One pretraining: low, middle and high [epochs][layers] of the probe over the seeds; ratio [epochs]."""
    by = rows[rows.layer != INPUT].groupby(["epoch", "layer"]).probe_acc_target
    tables = {"low": by.min(), "middle": by.median(), "high": by.max()}
    ratio = rows[rows.layer == LAST].groupby("epoch").variance_ratio_train.median()
    return {"name": name, "ratio": _short(ratio)} | {
        key: [_short(line) for _, line in table.unstack()[layers].iterrows()] for key, table in tables.items()
    }


def _short(values: pd.Series) -> list[float]:
    """Four significant digits, enough for a picture."""
    return [float(f"{value:.4g}") for value in values]


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    options = [f'<option value="{index}">{escape(arm["name"])}</option>' for index, arm in enumerate(data["arms"])]
    return _BODY.format(
        arms="".join(options), others="".join(options), last=len(data["epochs"]) - 1,
        seeds=len(run.config["seeds"]), provenance=escape(runs.provenance_line(run)),
    )  # fmt: skip
