"""What the explorables of arms share: a question sets two or three of them, and a sentence of the run answers it.

Every seed of one measure is drawn over the training. Readers may also choose the arms themselves. `_arms.js` draws what
`page` makes.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page

Measures = Mapping[str, tuple[str, bool]]  # column -> name on the page, and whether its axis is logarithmic
_SMALLEST = 1e-12  # stands for 0 on a logarithmic axis
_PLACES = 3  # arms that can be drawn at once
_NONE = {"": "none"}


@dataclass(frozen=True)
class Question:
    """What a reader may ask of the arms.

    text      the question
    arms      the names of one to three arms that answer it
    measure   the column that is drawn
    answer    what came out, in a sentence or two that are made from the run
    """

    text: str
    arms: tuple[Hashable, ...]
    measure: str
    answer: str


def arm(label: str, rows: pd.DataFrame, measures: Measures, clock: str, change: int | None) -> dict[str, Any]:
    """One arm for the page.

    label; change, the time at which something changed or None; steps, the times of its P probes, which are the same
    for every seed; curves, measure -> packed [S, P], decimal logarithms where the axis is logarithmic. `clock` is the
    column of the time.
    """
    return {
        "label": label,
        "change": change,
        "steps": _times(rows, clock),
        "curves": {column: _curves(rows, column, clock, log) for column, (_, log) in measures.items()},
    }


def page(
    run: runs.Run,
    title: str,
    arms: Mapping[Any, dict[str, Any]],
    measures: Measures,
    clock: str,
    questions: Mapping[str, Question],
    text: str,
    log_time: bool = False,
) -> _page.Explorable:
    """The explorable of `arms`, by their names, with the first of `questions` asked; links call these by their keys.

    `clock` is the column of the time, "step" or "epoch", whose axis is logarithmic with `log_time`. Every arm has a
    probe at the first of all times. Arms that have `reached`, of each seed the time of 99 % test
    accuracy or None, are told of with it. `text` is what a reader learns where no HTML is shown.
    """
    places, steps = list(arms), sorted({step for arm in arms.values() for step in arm["steps"]})
    data = {
        "steps": steps,
        "clock": clock,
        "logTime": log_time,
        "measures": {name: {"label": label, "log": log} for name, (label, log) in measures.items()},
        "arms": [_without_usual_times(arm, steps) for arm in arms.values()],
        "questions": {
            key: {"arms": [places.index(name) for name in asked.arms], "measure": asked.measure, "answer": asked.answer}
            for key, asked in questions.items()
        },
    }
    told = f"{title}. {text} {runs.provenance_line(run)}"
    name = run.provenance["experiment"]
    return _page.Explorable(name, title, _body(run, data, questions), data, told, script="_arms.js")


def _times(rows: pd.DataFrame, clock: str) -> list[int]:
    return sorted(map(int, rows[clock].unique()))


def _without_usual_times(arm: dict[str, Any], steps: list[int]) -> dict[str, Any]:
    """An arm that was probed at the first of `steps`, none left out, need not say when."""
    usual = arm["steps"] == steps[: len(arm["steps"])]
    return {key: value for key, value in arm.items() if not (usual and key == "steps")}


def _curves(rows: pd.DataFrame, column: str, clock: str, log: bool) -> dict[str, Any]:
    values = rows.pivot(index="seed", columns=clock, values=column).to_numpy(dtype=float)
    return _page.pack(np.log10(values.clip(min=_SMALLEST)) if log else values)


def _body(run: runs.Run, data: dict[str, Any], questions: Mapping[str, Question]) -> str:
    labels = dict(enumerate(arm["label"] for arm in data["arms"]))
    opening = next(iter(data["questions"].values()))
    chosen = [*opening["arms"], *[""] * _PLACES][:_PLACES]
    return _page.body(
        "_arms", run,
        questions=_page.options({key: asked.text for key, asked in questions.items()}),
        answer=escape(opening["answer"]),
        first=_page.options(labels, chosen[0]), second=_page.options(labels | _NONE, chosen[1]),
        third=_page.options(labels | _NONE, chosen[2]),
        measures=_page.options({name: about["label"] for name, about in data["measures"].items()}, opening["measure"]),
        last=len(data["steps"]) - 1, seeds=_seeds(data["arms"]), change=_change(data), time=data["clock"],
        clock=data["clock"].capitalize(),
    )  # fmt: skip


def _change(data: dict[str, Any]) -> str:
    """What the dotted line is, where an arm has one."""
    if all(arm["change"] is None for arm in data["arms"]):
        return ""
    return f" The dotted line is the {data['clock']} at which a regularizer was released or the learning rate changed."


def _seeds(arms: list[dict[str, Any]]) -> str:
    """How many an arm has: "8", or "3 or 4" where arms differ."""
    numbers = {curves["shape"][0] for arm in arms for curves in arm["curves"].values()}
    return " or ".join(map(str, sorted(numbers)))
