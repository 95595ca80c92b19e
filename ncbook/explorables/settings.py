"""Two arms of the experiment `settings` against each other: one measure of collapse over the epochs."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import moments, names

# what can be chosen, in this order: name on the page, column without its _train or _test
_MEASURES = {
    "nc1": ("NC1: within-class variability", "nc1_{}"),
    "nc2_norms": ("NC2: unequal norms of means", "nc2_norms_{}"),
    "nc2_angles": ("NC2: angles off the simplex", "nc2_angles_{}"),
    "nc3": ("NC3: classifier off the means", "nc3_{}"),
    "nc4": ("NC4: nearest mean disagrees", "nc4_{}"),
    "error": ("Error: share of images", "{}_error"),
}
_ARM = ["dataset", "network", "loss_name", "weight_decay"]
_LINES = (
    '<svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-text)" stroke-width="2.6"/></svg>',
    '<svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-second)" stroke-width="2.6"'
    ' stroke-dasharray="7 4"/></svg>',
)

_FITS = "min-width: 0; max-width: 100%"  # a long choice must not widen the page of a phone

_BODY = """\
<div class="nc-controls">
<label style="{fits}">First <select class="nc-first" style="{fits}">{first}</select></label>
<label style="{fits}">Second <select class="nc-second-arm" style="{fits}">{second}</select></label>
<label>Measure <select class="nc-measure">{measures}</select></label>
<label>Images <select class="nc-images"><option value="train">training</option>
<option value="test">test</option></select></label>
</div>
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label class="nc-slide">Epoch <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="{last}">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<canvas class="nc-curves" role="img" aria-label="A measure over epochs."></canvas>
<ul class="nc-legend">
<li>{solid} <span><span class="nc-name0"></span>: <b class="nc-value0"></b>. <span class="nc-zero0"></span></span></li>
<li>{dashed} <span><span class="nc-name1"></span>: <b class="nc-value1"></b>. <span class="nc-zero1"></span></span></li>
</ul>
<p class="nc-status" role="status"></p>
<p class="nc-note">Bold: median of {seeds} seeds; thin: each seed. In the list: median, and lowest to highest seed.
Each set of images is measured with its own class means.</p>
<p class="nc-note">{provenance}</p>
"""


def settings(run: runs.Run) -> _page.Explorable:
    """Any two arms of `run`, one of `experiments.settings`, over the epochs, in one of six measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _require(run)
    frame = run.to_frame()
    arms = [_arm(key, rows) for key, rows in frame.groupby(_ARM, sort=False)]
    data = {
        "epochs": sorted(map(int, frame.epoch.unique())),
        "seeds": run.config["seeds"],
        "measures": {name: text for name, (text, _) in _MEASURES.items()},
        "arms": arms,
    }
    title = "Two ways to train, compared"
    return _page.Explorable(title, _body(run, data), "settings.js", data, f"{title}. {_summary(run, arms)}")


def _require(run: runs.Run) -> None:
    columns = [column.format(split) for _, column in _MEASURES.values() for split in ("train", "test")]
    for name in (*_ARM, "seed", "epoch", *columns):
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}; this figure shows runs of experiments.settings")


def _arm(key: tuple[str, str, str, float], rows: pd.DataFrame) -> dict[str, Any]:
    """One arm for the page.

    label; zero, the sorted first epochs without a training error, of the seeds that have one;
    curves, measure -> {train, test} -> {seeds [S][P], median [P]}.
    """
    dataset, network, loss, decay = key
    words = (dataset, names.NETWORKS.get(network, network), names.LOSSES.get(loss, loss), f"weight decay {decay:g}")
    curves = {
        measure: {split: _curve(rows, column.format(split)) for split in ("train", "test")}
        for measure, (_, column) in _MEASURES.items()
    }
    zero = [int(epoch) for epoch in sorted(moments.zero_errors(rows, "epoch"))]
    return {"label": ", ".join(words), "zero": zero, "curves": curves}


def _curve(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    values = rows.pivot(index="seed", columns="epoch", values=column).to_numpy()
    return {"seeds": [list(map(_short, row)) for row in values], "median": list(map(_short, np.median(values, axis=0)))}


def _short(value: float) -> float | None:
    """Four significant digits, enough for a picture; None where the value is not defined."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    other = _plain(data["arms"])
    return _BODY.format(
        first=_choices(data["arms"], 0), second=_choices(data["arms"], other), last=len(data["epochs"]) - 1,
        fits=_FITS,
        measures="".join(f'<option value="{name}">{escape(text)}</option>' for name, text in data["measures"].items()),
        solid=_LINES[0], dashed=_LINES[1], seeds=len(data["seeds"]), provenance=escape(runs.provenance_line(run)),
    )  # fmt: skip


def _plain(arms: list[dict[str, Any]]) -> int:
    """The arm that is shown second at first: the first without batch norm, else the last."""
    return next((at for at, arm in enumerate(arms) if "without batch norm" in arm["label"]), len(arms) - 1)


def _choices(arms: list[dict[str, Any]], chosen: int) -> str:
    """The options of a select, in the order of the run."""
    marks = [" selected" if at == chosen else "" for at in range(len(arms))]
    options = [f'<option value="{at}"{marks[at]}>{escape(arm["label"])}</option>' for at, arm in enumerate(arms)]
    return "".join(options)


def _summary(run: runs.Run, arms: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = [f"{arm['label']}: NC1 on train ends at {arm['curves']['nc1']['train']['median'][-1]:.3g}." for arm in arms]
    return " ".join([*lines, runs.provenance_line(run)])
