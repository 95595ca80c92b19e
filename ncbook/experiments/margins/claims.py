"""What the literature says of margins, and the rules by which a run of `margins` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings.margins import FAMILIES, KEYS, correlations, line_risks, milestones, rows
from ncbook.readings.moments import COLLAPSED
from ncbook.runs import Run

_ORDERED = 0.5  # a rank correlation that counts


def _true(run: Run) -> pd.DataFrame:
    found = milestones(run)
    return found[found.family == "true labels"]


def _strong(run: Run) -> tuple[pd.DataFrame, pd.Series]:
    """The networks with the strongest weight decay, and which of them collapse in a terminal phase that tells."""
    arms = _true(run)
    arms = arms[arms.weight_decay == max(run.config["weight_decays"])]
    return arms, arms.phase_tells & (arms.nc1_fall >= COLLAPSED)


def _max_margin(run: Run) -> Evidence:
    arms, collapsed = _strong(run)
    holds = (arms.svm_cosine_end >= 0.95) & (arms.svm_share_end >= 0.9)
    return Evidence.of(arms.seed, holds, arms.svm_cosine_end, "cosine with the max-margin classifier", collapsed)


def _rises(run: Run) -> Evidence:
    arms = _true(run)
    times = arms.smallest_end / arms.smallest_start
    return Evidence.compared(arms.seed, times, ">", 1, "times as large", arms.phase_tells, chance=SIGN)


def _flattens(run: Run) -> Evidence:
    arms = _true(run)
    left, unit = arms.spread_end / arms.spread_start, "of its relative spread where the phase starts"
    return Evidence.compared(arms.seed, left, "<", 1, unit, arms.phase_tells, chance=SIGN)


def _equal(run: Run) -> Evidence:
    """Squares, because NC1, which has to fall as much, is a variance too."""
    arms, collapsed = _strong(run)
    fall = (arms.spread_start / arms.spread_end) ** 2
    return Evidence.compared(arms.seed, fall, ">=", COLLAPSED, "fold fall of the relative variance", collapsed)


def _last(run: Run) -> pd.DataFrame:
    return rows(run, "training").groupby(KEYS, sort=False).tail(1)


def _scaling(run: Run) -> Evidence:
    last = _last(run)
    doubled = np.isclose(last.doubled_raw, 2 * last.raw, rtol=1e-6)
    holds = doubled & (last.doubled_changed == 0) & (last.doubled_confidence > last.confidence)
    return Evidence.of(last.seed, holds, 100 * last.doubled_changed, "% of decisions changed")


def _calibration(run: Run) -> Evidence:
    last = _last(run)
    last = last[last.family == "true labels"]
    right = 1 - last.test_error
    worse = (last.doubled_confidence - right).abs() - (last.confidence - right).abs()
    unit = "points farther from the share of right decisions"
    return Evidence.compared(last.seed, 100 * worse, ">", 0, unit, chance=SIGN)


def _families(run: Run, measure: str) -> Evidence:
    trials = correlations(run)
    trials = trials[trials.family.isin(FAMILIES)]
    chance = max((correlation_chance(int(points), _ORDERED) for points in trials.networks.unique()), default=0.0)
    unit = "rank correlation with test accuracy"
    return Evidence.compared(trials.seed, trials[measure], ">=", _ORDERED, unit, chance=chance)


def _small_margin(run: Run) -> Evidence:
    """The most images against the fewest, seed by seed. Two answers: both margins, which go together, and the error."""
    frame, sizes = rows(run, "families"), run.config["sizes"]
    frame = frame[frame.family == "number of images"]
    few, many = (frame[frame.per_class == size].set_index("seed") for size in (min(sizes), max(sizes)))
    holds = (many.smallest < few.smallest) & (many.area < few.area) & (many.test_error < few.test_error)
    unit, fitted = "times the smallest margin", many.train_error.eq(0) & few.train_error.eq(0)
    return Evidence.of(holds.index, holds, many.smallest / few.smallest, unit, fitted, chance=SIGN**2)


def _features_decide(run: Run) -> Evidence:
    found = milestones(run)
    decay = run.config["weight_decays"][1]
    pairs = {name: found[(found.family == name) & (found.weight_decay == decay)].set_index("seed")
             for name in ("true labels", "random labels")}  # fmt: skip
    random, true = pairs["random labels"], pairs["true labels"]
    share = random.area_end / true.area_end
    valid = random.phase_tells & true.phase_tells & (random.test_error_end >= 0.8)
    return Evidence.compared(share.index, share, ">=", 0.5, "of the area with true labels", valid)


def _lines(run: Run) -> Evidence:
    risks = line_risks(run)
    times = risks.H2 / risks.H3
    return Evidence.compared(risks.index, times, ">", 1, "times the error of the max-margin line", chance=SIGN)


def _sampled(run: Run) -> pd.DataFrame:
    frame = rows(run, "exponent")
    return frame[frame.method == "importance"]


def _order(run: Run) -> Evidence:
    """A trial a number of classes, noise and seed."""
    table = _sampled(run).pivot(index=["num_classes", "sigma", "seed"], columns="frame", values="exponent")
    holds = (table.simplex > table.orthogonal) & (table.orthogonal > table.random)
    seeds, times = table.index.get_level_values("seed"), table.simplex / table.orthogonal
    return Evidence.of(seeds, holds, times, "times the exponent of orthogonal means")


def _value(run: Run) -> Evidence:
    found = _sampled(run)
    found = found[(found.frame == "simplex") & (found.sigma == min(run.config["sigmas"]))]
    off = found.exponent / (found.num_classes / (4 * (found.num_classes - 1))) - 1
    return Evidence.of(found.seed, off.abs() <= 0.05, 100 * off, "% above K/(4(K-1))")


CLAIMS = read(
    __file__,
    {
        "wider-line-errs-less": _lines,
        "collapsed-head-is-max-margin": _max_margin,
        "margin-rises-past-zero-error": _rises,
        "margins-flatten": _flattens,
        "margins-become-equal": _equal,
        "scale-moves-margins-alone": _scaling,
        "scale-spoils-confidence": _calibration,
        "feature-map-decides": _features_decide,
        "larger-smallest-margin-generalizes": lambda run: _families(run, "smallest"),
        "margin-area-predicts": lambda run: _families(run, "area"),
        "small-margin-can-generalize": _small_margin,
        "simplex-best-exponent-order": _order,
        "simplex-best-exponent-value": _value,
    },
)
