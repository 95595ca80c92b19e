"""Which points a rule keeps at a drop, and what training on with them does to the test accuracy."""

from typing import Any

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.pruning import (
    ALL,
    BALANCED,
    CLASSES,
    KEYS,
    LARGEST,
    LARGEST_BALANCED,
    RULES,
    SMALLEST,
    SMALLEST_BALANCED,
    accuracies,
    drops,
    kept_points,
)

_ARRAYS = ("margins", "labels", "order")
_BY = {SMALLEST: "smallest", SMALLEST_BALANCED: "smallest", LARGEST: "largest", LARGEST_BALANCED: "largest"}


def pruning(run: runs.Run) -> _page.Explorable:
    """The margins of the first seed of `run`, one of `experiments.pruning`, and accuracies after training on.

    It opens at the last drop. Raises ValueError, naming what is missing, for another run.
    """
    _page.require(run, "pruning", arrays=_ARRAYS, history=(*KEYS, "epoch", "step", "test_error"))
    shares = sorted(run.config["shares"], reverse=True)
    labels = run.arrays["labels"]
    data = {
        "points": [kept_points(len(labels), share) for share in shares],
        "classes": CLASSES,
        "labels": labels.tolist(),
        "order": run.arrays["order"].tolist(),
        "margins": _page.pack(run.arrays["margins"]),
        "rules": [{"by": _BY.get(rule, "random"), "balanced": rule in BALANCED} for rule in RULES],
        "found": [_found(run, dropped, shares) for dropped in run.config["drops"]],
    }
    title = "Which training points are needed"
    return _page.Explorable("pruning", title, _body(run, data), data, f"{title}. {_summary(run, data)}")


def _found(run: runs.Run, dropped: int, shares: list[float]) -> list[dict[str, Any]]:
    """For each rule at one drop, in percent, medians over the seeds: accuracy by share, with all points, stopped."""
    going = accuracies(run).xs(dropped, level="dropped")
    medians = going.groupby(level="share").median()
    levels = {"all": medians.loc[1.0, ALL], "stopped": drops(run).stopped.xs(dropped, level="dropped").median()}
    levels = {name: float(value) for name, value in levels.items()}
    return [{"accuracy": _page.short(medians.loc[shares, rule])} | levels for rule in RULES]


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    last, drops_of = len(data["points"]) - 1, run.config["drops"]
    return _page.body(
        "pruning", run, rules=_page.options(RULES, 0), last=last, start=min(2, last), seeds=len(run.config["seeds"]),
        drops=_page.options(drops_of, len(drops_of) - 1), steps=run.config["steps"],
    )  # fmt: skip


def _summary(run: runs.Run, data: dict[str, Any]) -> str:
    """What a reader learns where no HTML is shown."""
    told = [f"{rule} {each['accuracy'][-1]:.1f} %" for rule, each in zip(RULES, data["found"][-1], strict=True)]
    return f"Test accuracy after training on with {data['points'][-1]} points: {', '.join(told)}. " + (
        runs.provenance_line(run)
    )
