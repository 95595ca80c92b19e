"""What the explorables of the interventions share: any two arms, every seed of one measure over the training.

`interventions.js` draws what `page` makes.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page

Measures = Mapping[str, tuple[str, bool]]  # column -> name on the page, and whether its axis is logarithmic
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
<label class="nc-slide">{clock} <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="{last}">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<canvas class="nc-curves" role="img" aria-label="A measure over training steps."></canvas>
<ul class="nc-legend">
<li>{solid} <span class="nc-told0"></span></li>
<li class="nc-entry1">{dashed} <span class="nc-told1"></span></li>
</ul>
<p class="nc-status" role="status"></p>
<p class="nc-note">A line a seed, {seeds} seeds; bright up to the chosen {time}. The dotted line is the {time} at which
a regularizer was released or the learning rate changed, where an arm has one. In the list: median, and lowest to
highest seed.</p>
<p class="nc-note">{provenance}</p>
"""


def require_columns(run: runs.Run, names: tuple[str, ...], experiment: str) -> None:
    """ValueError that names the first column which the run lacks."""
    for name in names:
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}; this figure shows runs of experiments.{experiment}")


def arm(label: str, rows: pd.DataFrame, measures: Measures, clock: str, change: int | None) -> dict[str, Any]:
    """One arm for the page.

    label; change, the time at which something changed or None; curves, measure -> packed [S, P], decimal logarithms
    where the axis is logarithmic. `clock` is the column of the time.
    """
    return {
        "label": label,
        "change": change,
        "curves": {column: _curves(rows, column, clock, log) for column, (_, log) in measures.items()},
    }


def page(
    run: runs.Run, title: str, arms: list[dict[str, Any]], measures: Measures, clock: str, second: int, text: str
) -> _page.Explorable:
    """The explorable of `arms`, with the first and the one numbered `second` chosen.

    `clock` is the column of the time, "step" or "epoch". Arms that have `reached`, of each seed the time of 99 % test
    accuracy or None, are told of with it. `text` is what a reader learns where no HTML is shown.
    """
    data = {
        "steps": sorted(map(int, set(run.history[clock].tolist()))),
        "clock": clock,
        "measures": {name: {"label": label, "log": log} for name, (label, log) in measures.items()},
        "arms": arms,
    }
    told = f"{title}. {text} {runs.provenance_line(run)}"
    return _page.Explorable(title, _body(run, data, second), "interventions.js", data, told)


def _curves(rows: pd.DataFrame, column: str, clock: str, log: bool) -> dict[str, Any]:
    values = rows.pivot(index="seed", columns=clock, values=column).to_numpy(dtype=float)
    return _page.pack(np.log10(values.clip(min=_SMALLEST)) if log else values)


def _body(run: runs.Run, data: dict[str, Any], second: int) -> str:
    measures = [f'<option value="{name}">{escape(about["label"])}</option>' for name, about in data["measures"].items()]
    return _BODY.format(
        first=_choices(data["arms"], 0), second=_choices(data["arms"], second), measures="".join(measures),
        last=len(data["steps"]) - 1, solid=_LINES[0], dashed=_LINES[1], seeds=_seeds(data["arms"]), time=data["clock"],
        clock=data["clock"].capitalize(), provenance=escape(runs.provenance_line(run)),
    )  # fmt: skip


def _seeds(arms: list[dict[str, Any]]) -> str:
    """How many an arm has: "8", or "3 or 4" where arms differ."""
    numbers = {curves["shape"][0] for arm in arms for curves in arm["curves"].values()}
    return " or ".join(map(str, sorted(numbers)))


def _choices(arms: list[dict[str, Any]], chosen: int) -> str:
    marks = [" selected" if at == chosen else "" for at in range(len(arms))]
    return "".join(f'<option value="{at}"{marks[at]}>{escape(arm["label"])}</option>' for at, arm in enumerate(arms))
