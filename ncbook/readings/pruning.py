"""Runs of `pruning`: what dropping most training points does to the test accuracy, and which points are kept.

The part "base" has the trainings on all points, two networks for each seed; "pair" compares which points the two would
keep; "kept" has the trainings on what is kept.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd

from ncbook.readings import _rows, margins
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.readings.words import cell, spread
from ncbook.runs import Run

BASE, PAIR, KEPT = "base", "pair", "kept"  # parts
FIRST, TWIN = "first network", "second network"  # of the part base: other weights and batches, the same images
SMALLEST, LARGEST, RANDOM = "smallest margins", "largest margins", "random points"
PLAIN = (SMALLEST, LARGEST, RANDOM)
SMALLEST_BALANCED, LARGEST_BALANCED, RANDOM_BALANCED = (f"{rule}, balanced" for rule in PLAIN)
BALANCED = (SMALLEST_BALANCED, LARGEST_BALANCED, RANDOM_BALANCED)
RULES = (*PLAIN, *BALANCED)
ALL = "all points"
# Courses of the part kept. Small steps are in runs of their own.
GOING_ON, SCRATCH, STAGES, SMALL = "going on", "from scratch", "in stages", "small steps"
CLASSES = 10  # of digits and of MNIST
TENTH, FEW, FEWEST = 0.1, 0.05, 0.01  # shares that are asked about
KEYS = ("part", "arm", "course", "share", "dropped", "seed")
COLUMNS: dict[str, Measure] = {name: margins.COLUMNS[name] for name in ("smallest", "spread")} | {
    "course": Measure("course", "on from the drop, from scratch, with drops in stages, or with small steps"),
    "share": Measure("share of points kept", "of the training points"),
    "dropped": Measure("epoch of the drop", "after which points were dropped from the training set", "epochs"),
    "classes_kept": Measure("classes left", "number of classes among the points that are kept"),
    "test_error_renormed": Measure(
        "test error, all statistics", "with batch norm over all training images in place of those kept"
    ),
    "overlap": Measure("overlap", "points that both networks of a seed would keep, over those that at least one would"),
    "rank_correlation": Measure("rank correlation", "Spearman's, of the margins that two networks of a seed give"),
    "rank_correlation_within": Measure("rank correlation within classes", "the same in each class, mean over them"),
    "between_classes": Measure("share between classes", "of the variance of the margins, that of their class means"),
}  # fmt: skip


def part(run: Run, name: str) -> pd.DataFrame:
    """The rows of one part."""
    return _rows.chosen(run.to_frame(), part=name)


@once_a_run
def accuracies(run: Run, course: str = GOING_ON) -> pd.DataFrame:
    """Test accuracy in percent at the end of the part kept: a row a drop, share and seed, a column an arm."""
    rows = _rows.last(_rows.chosen(part(run, KEPT), course=course), KEYS)
    return 100 * (1 - _by_arm(rows, "test_error"))


@once_a_run
def renormed(run: Run) -> pd.DataFrame:
    """As `accuracies` of going on, with batch norm over all training images in place of those that are kept."""
    rows = _rows.last(_rows.chosen(part(run, KEPT), course=GOING_ON), KEYS)
    return 100 * (1 - _by_arm(rows, "test_error_renormed"))


@once_a_run
def classes(run: Run) -> pd.DataFrame:
    """How many classes are left: a row a drop, share and seed, a column an arm."""
    return _by_arm(_rows.last(_rows.chosen(part(run, KEPT), course=GOING_ON), KEYS), "classes_kept")


def _by_arm(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.pivot(index=["dropped", "share", "seed"], columns="arm", values=column)


@once_a_run
def drops(run: Run) -> pd.DataFrame:
    """The first network of each seed where points are dropped: a row a drop and seed, with the columns of the part.

    stopped, its test accuracy in percent there, and gain, by how many points of percent going on with all points
    raises it.
    """
    rows = part(run, BASE)
    rows = rows[(rows.arm == FIRST) & rows.epoch.isin(run.config["drops"])]
    found = rows.assign(dropped=rows.epoch).set_index(["dropped", "seed"]).sort_index()
    whole = accuracies(run)[ALL].xs(1.0, level="share")
    found["stopped"] = 100 * (1 - found.test_error)
    return found.assign(gain=whole - found.stopped)


def at(table: pd.DataFrame, dropped: int, share: float) -> pd.DataFrame:
    """The rows of one drop and one share: a row a seed."""
    return table.xs((dropped, share), level=("dropped", "share"))


@once_a_run
def pairs(run: Run) -> pd.DataFrame:
    """The part pair, with `by_chance`, the overlap that two independent random draws would have on average."""
    rows = part(run, PAIR)
    count = CLASSES * run.config["per_class"]
    expected = [
        chance_overlap(count, kept_points(count, share), CLASSES if arm in BALANCED else 1)
        for arm, share in zip(rows.arm, rows.share, strict=True)
    ]
    return rows.assign(by_chance=expected)


def kept_points(points: int, share: float) -> int:
    """How many points a share of them is: as many of each class, one at least."""
    return CLASSES * max(1, round(share * points / CLASSES))


def chance_overlap(points: int, kept: int, classes: int = 1) -> float:
    """The mean of |A and B| / |A or B| for two independent random sets of `kept` of the `points`.

    With `classes`, the points are as many of each class and so are those that are kept. Exact: the points that both
    sets have are hypergeometric in each class.
    """
    common, chances = _common(points // classes, kept // classes, classes)
    return float((common / (2 * kept - common) * chances).sum())


def overlap_chance(points: int, kept: int, limit: float, classes: int = 1) -> float:
    """How often two independent random sets, as in `chance_overlap`, overlap by `limit` or more."""
    common, chances = _common(points // classes, kept // classes, classes)
    return float(chances[common / (2 * kept - common) >= limit - 1e-12].sum())


@lru_cache
def _common(points: int, kept: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """How many points two random sets may have in common, of all classes, and the probability of each number."""
    own = np.array(list(_hypergeometric(points, kept)))
    chances = np.ones(1)
    for _ in range(classes):
        chances = np.convolve(chances, own)
    return np.arange(len(chances)), chances


def _hypergeometric(points: int, kept: int) -> Iterator[float]:
    """The probability that `kept` of the points have 0, 1, ... `kept` points in common with as many others."""
    every = math.comb(points, kept)
    for common in range(kept + 1):
        yield math.comb(kept, common) * math.comb(points - kept, kept - common) / every


def table(run: Run, dropped: int) -> pd.DataFrame:
    """A row a share: test accuracy in percent after going on, medians over the seeds, a column a rule."""
    found = accuracies(run).xs(dropped, level="dropped")[list(RULES)].dropna(how="all")
    medians = found.groupby(level="share").median().sort_index(ascending=False)
    rows = {_short(rule): [cell(value, "{:.1f}") for value in medians[rule]] for rule in RULES}
    return pd.DataFrame({"kept, %": [cell(100 * share) for share in medians.index]} | rows)


def _short(rule: str) -> str:
    """As a column of a table: "smallest, balanced"."""
    return rule.replace(" margins", "").replace(" points", "")


def controls(run: Run, share: float) -> pd.DataFrame:
    """A row a drop: test accuracy in percent, median and range: at the drop, with all points, and with one share.

    The share is drawn at random, as many of each class; once the training goes on and, at the last drop, once it starts
    anew.
    """
    base, going, anew = drops(run), accuracies(run), accuracies(run, SCRATCH)[RANDOM_BALANCED]
    told = {
        "all points": (going[ALL], 1.0),
        "few points": (going[RANDOM_BALANCED], share),
        "from scratch": (anew, share),
    }
    return pd.DataFrame(
        [
            {"epoch of the drop": cell(dropped), "stopped": spread(own.stopped, "{:.1f}")}
            | {
                name: spread(values.reindex([(dropped, kept, seed) for seed in run.config["seeds"]]), "{:.1f}")
                for name, (values, kept) in told.items()
            }
            for dropped, own in base.groupby(level="dropped")
        ]
    )


def stages(run: Run) -> pd.DataFrame:
    """A row a rule: test accuracy in percent with the smallest share, dropped at once and in stages."""
    last, share = run.config["drops"][-1], min(run.config["shares"])
    once, slowly = (at(accuracies(run, course), last, share) for course in (GOING_ON, STAGES))
    return pd.DataFrame(
        [
            {"rule": rule, "at once": spread(once[rule], "{:.1f}"), "in stages": spread(slowly[rule], "{:.1f}")}
            for rule in RULES
            if rule in slowly
        ]
    )


def steps(run: Run) -> pd.DataFrame:
    """Of a run with small steps: test accuracy in percent with the points of each rule, at both learning rates."""
    last = run.config["drops"][-1]
    usual, small = (accuracies(run, course).xs(last, level="dropped") for course in (GOING_ON, SMALL))
    return pd.DataFrame(
        [
            {
                "kept, %": cell(100 * share),
                "rule": rule,
                "same learning rate": spread(usual[rule].xs(share, level="share"), "{:.1f}"),
                "small steps": spread(small[rule].xs(share, level="share"), "{:.1f}"),
            }
            for share in run.config["shares"]
            for rule in run.config["rules"]
        ]
    )
