"""What the literature says of margins, and the rules by which a run of `margins` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.margins import FAMILIES, KEYS, correlations, line_risks, milestones, rows
from ncbook.runs import Run


def _evidence(holds: pd.Series, values: pd.Series, unit: str) -> Evidence:
    return Evidence.of(holds, values.dropna(), unit)


def _true(run: Run) -> pd.DataFrame:
    found = milestones(run)
    return found[found.family == "true labels"]


def _max_margin(run: Run) -> Evidence:
    arms = _true(run)
    arms = arms[arms.weight_decay == run.config["weight_decays"][0]]
    holds = (arms.svm_cosine_end >= 0.95) & (arms.svm_share_end >= 0.9)
    return _evidence(holds, arms.svm_cosine_end, "cosine with the max-margin classifier")


def _rises(run: Run) -> Evidence:
    arms = _true(run)
    return _evidence(arms.smallest_end > arms.smallest_then, arms.smallest_end / arms.smallest_then, "times as large")


def _flattens(run: Run) -> Evidence:
    arms = _true(run)
    left = arms.spread_end / arms.spread_then
    return _evidence(left <= 0.5, left, "of its relative spread at zero error")


def _scaling(run: Run) -> Evidence:
    last = rows(run, "training").groupby(KEYS, sort=False).tail(1)
    doubled = np.isclose(last.doubled_raw, 2 * last.raw, rtol=1e-6)
    holds = doubled & (last.doubled_changed == 0) & (last.doubled_confidence > last.confidence)
    return _evidence(holds, 100 * last.doubled_changed, "% of decisions changed")


def _families(run: Run, measure: str) -> Evidence:
    trials = correlations(run)
    trials = trials[trials.family.isin(FAMILIES)]
    return _evidence(trials[measure] >= 0.5, trials[measure], "rank correlation with test accuracy")


def _small_margin(run: Run) -> Evidence:
    """The most images against the fewest, seed by seed."""
    frame, sizes = rows(run, "families"), run.config["sizes"]
    frame = frame[frame.family == "number of images"]
    few, many = (frame[frame.per_class == size].set_index("seed") for size in (min(sizes), max(sizes)))
    holds = (many.smallest < few.smallest) & (many.area < few.area) & (many.test_error < few.test_error)
    return _evidence(holds, many.smallest / few.smallest, "times the smallest margin, at a lower test error")


def _features_decide(run: Run) -> Evidence:
    found = milestones(run)
    decay = run.config["weight_decays"][1]
    pairs = {name: found[(found.family == name) & (found.weight_decay == decay)].set_index("seed")
             for name in ("true labels", "random labels")}  # fmt: skip
    random, true = pairs["random labels"], pairs["true labels"]
    share = random.area_end / true.area_end
    holds = (random.train_error_end == 0) & (share >= 0.5) & (random.test_error_end >= 0.8)
    return _evidence(holds, share, "of the area with true labels, at chance accuracy")


def _lines(run: Run) -> Evidence:
    risks = line_risks(run)
    return _evidence(risks.H3 < risks.H2, risks.H2 / risks.H3, "times the error of the max-margin line")


def _sampled(run: Run) -> pd.DataFrame:
    frame = rows(run, "exponent")
    return frame[frame.method == "importance"]


def _order(run: Run) -> Evidence:
    """A trial a number of classes, noise and seed."""
    table = _sampled(run).pivot(index=["num_classes", "sigma", "seed"], columns="frame", values="exponent")
    holds = (table.simplex > table.orthogonal) & (table.orthogonal > table.random)
    return _evidence(holds, table.simplex / table.orthogonal, "times the exponent of orthogonal means")


def _value(run: Run) -> Evidence:
    found = _sampled(run)
    found = found[(found.frame == "simplex") & (found.sigma == min(run.config["sigmas"]))]
    off = found.exponent / (found.num_classes / (4 * (found.num_classes - 1))) - 1
    return _evidence(off.abs() <= 0.05, 100 * off, "% above K/(4(K-1))")


CLAIMS = read(
    __file__,
    {
        "wider-line-errs-less": _lines,
        "collapsed-head-is-max-margin": _max_margin,
        "margin-rises-past-zero-error": _rises,
        "margins-flatten": _flattens,
        "scale-moves-margins-alone": _scaling,
        "feature-map-decides": _features_decide,
        "larger-smallest-margin-generalizes": lambda run: _families(run, "smallest"),
        "margin-area-predicts": lambda run: _families(run, "area"),
        "small-margin-can-generalize": _small_margin,
        "simplex-best-exponent-order": _order,
        "simplex-best-exponent-value": _value,
    },
)
