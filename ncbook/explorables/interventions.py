"""Two arms of the experiment `interventions` against each other: every seed of one measure over the training steps."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Train accuracy", False),
    "kappa": ("Relative flatness κ", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Train loss", True),
    "uncertainty": ("Uncertainty, mean of 1 - |p|²", True),
    "test_centre_acc": ("Nearest-centre test accuracy", False),
}
_LABELS = {
    "baseline": "baseline",
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "anti_released": "anti-flatness, released",
    "anti_kept": "anti-flatness, kept",
    "norms_released": "large norms, released",
    "confidence": "low confidence, released",
    "flooding": "flooding",
    "smoothing": "label smoothing",
    "baseline_schedule": "baseline, new schedule",
    "kept_schedule": "anti-flatness kept, new schedule",
}
_CHANGES = ("anti_released", "norms_released", "confidence", "baseline_schedule", "kept_schedule")
_SMALLEST = 1e-12  # stands for 0 on a logarithmic axis
_LINES = (
    '<svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-text)" stroke-width="2.6"/></svg>',
    '<svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-second)" stroke-width="2.6"'
    ' stroke-dasharray="7 4"/></svg>',
)

_BODY = """\
<div class="nc-controls">
<label>First <select class="nc-first">{first}</select></label>
<label>Second <select class="nc-second-arm">{second}<option value="">none</option></select></label>
<label>Measure <select class="nc-measure">{measures}</select></label>
</div>
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="{last}">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<canvas class="nc-curves" role="img" aria-label="A measure over training steps."></canvas>
<ul class="nc-legend">
<li>{solid} <span class="nc-told0"></span></li>
<li class="nc-entry1">{dashed} <span class="nc-told1"></span></li>
</ul>
<p class="nc-status" role="status"></p>
<p class="nc-note">A line a seed, {seeds} seeds; bright up to the chosen step. The dotted line is the step at which a
regularizer was released or the learning rate changed, where an arm has one. In the list: median, and lowest to
highest seed.</p>
<p class="nc-note">{provenance}</p>
"""


def interventions(run: runs.Run) -> _page.Explorable:
    """Any one or two arms of `run`, one of `experiments.interventions`, over the steps, in one of seven measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    for name in ("arm", "seed", "step", *_MEASURES):
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}; this figure shows runs of experiments.interventions")
    frame = run.to_frame()
    arms = [_arm(name, rows, run.config["release"]) for name, rows in frame.groupby("arm", sort=False)]
    data = {
        "steps": sorted(map(int, frame.step.unique())),
        "seeds": len(run.config["seeds"]),
        "measures": {name: {"label": text, "log": log} for name, (text, log) in _MEASURES.items()},
        "arms": arms,
    }
    title = "Two interventions, compared"
    return _page.Explorable(title, _body(run, data), "interventions.js", data, f"{title}. {_summary(run, arms)}")


def _arm(name: str, rows: pd.DataFrame, release: int) -> dict[str, Any]:
    """One arm for the page.

    label; change, the step at which something changed or None; reached, of each seed its first probed step with 99 %
    test accuracy or None; curves, measure -> packed [S, P], decimal logarithms where the axis is logarithmic.
    """
    first = rows[rows.test_acc >= 0.99].groupby("seed").step.first()
    return {
        "label": _LABELS.get(name, name),
        "change": release if name in _CHANGES else None,
        "reached": [int(first[seed]) if seed in first.index else None for seed in rows.seed.unique()],
        "curves": {column: _curves(rows, column, log) for column, (_, log) in _MEASURES.items()},
    }


def _curves(rows: pd.DataFrame, column: str, log: bool) -> dict[str, Any]:
    values = rows.pivot(index="seed", columns="step", values=column).to_numpy(dtype=float)
    return _page.pack(np.log10(values.clip(min=_SMALLEST)) if log else values)


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    names = list(run.config["arms"])
    measures = [f'<option value="{name}">{escape(about["label"])}</option>' for name, about in data["measures"].items()]
    return _BODY.format(
        first=_choices(data["arms"], 0), second=_choices(data["arms"], names.index("anti_released")),
        measures="".join(measures), last=len(data["steps"]) - 1, solid=_LINES[0], dashed=_LINES[1],
        seeds=data["seeds"], provenance=escape(runs.provenance_line(run)),
    )  # fmt: skip


def _choices(arms: list[dict[str, Any]], chosen: int) -> str:
    marks = [" selected" if at == chosen else "" for at in range(len(arms))]
    return "".join(f'<option value="{at}"{marks[at]}>{escape(arm["label"])}</option>' for at, arm in enumerate(arms))


def _summary(run: runs.Run, arms: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for arm in arms:
        there = sum(step is not None for step in arm["reached"])
        lines.append(f"{arm['label']}: {there} of {len(arm['reached'])} seeds reach 99 % test accuracy.")
    return " ".join([*lines, runs.provenance_line(run)])
