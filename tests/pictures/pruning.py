"""The figures of `pruning`."""

import pandas as pd

from ncbook.runs import Run
from pictures import Axis, by_seed, median_and_range

RULES = ("smallest margins", "largest margins", "random points")


def _going(run: Run, arm: str, dropped: int, course: str = "going on") -> pd.DataFrame:
    """Test accuracy in percent at the end: a row a seed, a column a number of points."""
    frame = run.to_frame()
    rows = frame[(frame.part == "kept") & (frame.course == course) & (frame.arm == arm) & (frame.dropped == dropped)]
    rows = rows[rows.step == run.config["steps"]]
    points = rows.share * 10 * run.config["per_class"]
    return rows.assign(points=points, right=100 * (1 - rows.test_error)).pivot(
        index="seed", columns="points", values="right"
    )


def _shares(run: Run):
    last = run.config["drops"][-1]
    for panel, ending in enumerate(("", ", balanced")):
        for rule in RULES:
            yield from median_and_range(panel, rule, _going(run, rule + ending, last))
        yield Axis(panel, "log")


def _teach(run: Run):
    first, *_, last = run.config["drops"]
    for panel, dropped in enumerate((first, last)):
        yield from median_and_range(panel, "points kept", _going(run, "random points, balanced", dropped))
        if panel:
            anew = _going(run, "random points, balanced", dropped, "from scratch")
            yield from median_and_range(panel, "the same points from scratch", anew)
        yield Axis(panel, "log")


def _equal(run: Run):
    frame = run.to_frame()
    base = frame[(frame.part == "base") & (frame.arm == "first network") & (frame.epoch >= run.config["drops"][0])]
    yield from median_and_range(0, "spread", by_seed(base, "spread"))
    yield from median_and_range(1, "between classes", by_seed(base, "between_classes", scale=100))
    yield Axis(0, "log", "log")
    yield Axis(1, "log")


def _two(run: Run):
    frame = run.to_frame()
    rows = frame[(frame.part == "pair") & (frame.arm == "smallest margins") & (frame.share == 0.05)]
    yield from median_and_range(0, "all points", by_seed(rows, "rank_correlation"))
    yield from median_and_range(0, "within a class", by_seed(rows, "rank_correlation_within"))
    yield from median_and_range(1, "two networks", by_seed(rows, "overlap"))
    for panel in range(2):
        yield Axis(panel, "log")


def _harm(run: Run):
    small, _, random = RULES
    for panel, (points, worse, better, title) in enumerate(
        (
            (10, f"{small}, balanced", f"{random}, balanced", "one of each class: smallest for random"),
            (50, small, random, "5 %, any class: smallest for random"),
            (10, random, f"{random}, balanced", "1 %, random: any class for each"),
        )
    ):
        lost = {
            dropped: (_going(run, better, dropped) - _going(run, worse, dropped))[points]
            for dropped in run.config["drops"]
        }
        yield from median_and_range(panel, title, pd.DataFrame(lost))
        yield Axis(panel, "log")


EXPECTED = {
    "accuracy_by_share": _shares,
    "few_points_teach": _teach,
    "margins_become_equal": _equal,
    "kept_by_two_networks": _two,
    "harm_by_drop": _harm,
}
