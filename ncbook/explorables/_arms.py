"""What the explorables of the interventions share: any two arms, every seed of one measure over the training.

`_arms.js` draws what `page` makes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page

Measures = Mapping[str, tuple[str, bool]]  # column -> name on the page, and whether its axis is logarithmic
_SMALLEST = 1e-12  # stands for 0 on a logarithmic axis


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
    name = run.provenance["experiment"]
    return _page.Explorable(name, title, _body(run, data, second), data, told, script="_arms.js")


def _curves(rows: pd.DataFrame, column: str, clock: str, log: bool) -> dict[str, Any]:
    values = rows.pivot(index="seed", columns=clock, values=column).to_numpy(dtype=float)
    return _page.pack(np.log10(values.clip(min=_SMALLEST)) if log else values)


def _body(run: runs.Run, data: dict[str, Any], second: int) -> str:
    labels = [arm["label"] for arm in data["arms"]]
    return _page.body(
        "_arms", run, first=_page.options(labels, 0), second=_page.options(labels, second),
        measures=_page.options({name: about["label"] for name, about in data["measures"].items()}),
        last=len(data["steps"]) - 1, seeds=_seeds(data["arms"]), time=data["clock"], clock=data["clock"].capitalize(),
    )  # fmt: skip


def _seeds(arms: list[dict[str, Any]]) -> str:
    """How many an arm has: "8", or "3 or 4" where arms differ."""
    numbers = {curves["shape"][0] for arm in arms for curves in arm["curves"].values()}
    return " or ".join(map(str, sorted(numbers)))
