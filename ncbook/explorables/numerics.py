"""A slider over the steps of a network whose softmax is stuck: what sets it in motion again, and what does not."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.numerics import ARMS, FROZEN, STUCK, own_zero, part_of

_PARTS = (FROZEN, STUCK)
_CURVES = ("train_acc", "test_acc", "zero")
_OPENS = "thawed"  # the arm that stands still and is set in motion again


def numerics(run: runs.Run) -> _page.Explorable:
    """Accuracies and the share of pairs without a gradient over the steps, for each way to train without progress.

    `run` is one of `experiments.numerics`. Raises ValueError, naming it, for a column that the run lacks.
    """
    needed = ("train_acc", "test_acc", "zero_float32", "zero_float64", "head_norm", "moved")
    _page.require(run, "numerics", history=("part", "arm", "seed", "step", *needed))
    cases = list(_cases(run))
    data = {"cases": cases, "last": max(case["steps"][-1] for case in cases)}
    title = "What sets a stuck softmax in motion"
    return _page.Explorable("numerics", title, _body(run, cases), data, f"{title}. {_summary(run, cases)}")


def _cases(run: runs.Run) -> Iterator[dict[str, Any]]:
    """Of each arm: its curves [seeds][P] with their medians [P], and medians of the norm of W and of the change."""
    for part in _PARTS:
        frame = part_of(run, part).assign(zero=own_zero)
        for arm, name in ARMS[part].items():
            own = frame[frame.arm == arm]
            middle = own.groupby("step")[["head_norm", "moved"]].median()
            yield {
                "name": name, "steps": middle.index.tolist(), **{column: _curve(own, column) for column in _CURVES},
                "norm": _page.short(middle.head_norm), "moved": _page.short(middle.moved),
            }  # fmt: skip


def _curve(own: pd.DataFrame, column: str) -> dict[str, Any]:
    table = own.pivot(index="seed", columns="step", values=column)
    return {"seeds": _page.short(table, gaps=True), "median": _page.short(table.median(), gaps=True)}


def _body(run: runs.Run, cases: list[dict[str, Any]]) -> str:
    factor = f"{run.config['head_factor']:g}"
    titles = {FROZEN: f"W was multiplied by {factor}", STUCK: "no weight decay from the start"}
    opens = [arm for part in _PARTS for arm in ARMS[part]].index(_OPENS)
    places, groups = iter(range(len(cases))), ""
    for part in _PARTS:
        choices = _page.options({next(places): name for name in ARMS[part].values()}, opens)
        groups += f'<optgroup label="{titles[part]}">{choices}</optgroup>'
    seeds = len(run.config["stuck_seeds"])
    return _page.body("numerics", run, cases=groups, last=len(cases[opens]["steps"]) - 1, factor=factor, seeds=seeds)


def _summary(run: runs.Run, cases: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    ends = [f"{case['name']} {case['test_acc']['median'][-1]:.2f}" for case in cases]
    return f"Test accuracy at the end, median over the seeds: {'; '.join(ends)}. {runs.provenance_line(run)}"
