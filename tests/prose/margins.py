"""Numbers in words."""

import math

import scipy

from ncbook import readings
from ncbook.experiments.margins import plane
from prose._approximately import about
from prose._limits import more_than

MARGINS = readings.margins
CLASSES = 10  # of the digits
PASSES = 0.5  # rank correlation from which on a trial passes the rule


def _lines_of_one_margin(run):
    """Errors of H2 and of H3 shifted to either side until its margin is that of H2: the largest over the smallest."""
    points, labels, lines = (run.arrays[f"plane/{name}"] for name in ("points", "labels", "lines"))
    _, second, third = (plane.Line(*values) for values in lines)
    small, large = (plane.margin(line, points, labels) for line in (second, third))
    shifted = [plane.Line(third.angle, third.offset + sign * (large - small)) for sign in (-1, 1)]
    errors = [plane.error(line) for line in (second, *shifted)]
    return more_than(max(errors) / min(errors), 2)


def _agreement(run):
    found = MARGINS.milestones(run)
    true = found[(found.family == "true labels") & (found.weight_decay == found.weight_decay.max())]
    return true.svm_cosine_end.median(), 100 * true.svm_share_end.median()


def _random_labels(run):
    found = MARGINS.milestones(run)
    random = found[found.family == "random labels"]
    true = found[(found.family == "true labels") & found.weight_decay.isin(random.weight_decay)]
    return about(random.nc1_train_end.median() / true.nc1_train_end.median(), 10)


def _once_in(run):
    """One over the chance that ranks in random order correlate as much as those of the seeds."""
    trials = MARGINS.correlations(run)
    (found,) = trials[trials.family == "seeds"].to_dict("records")
    freedom = found["networks"] - 2
    score = abs(found["area"]) * math.sqrt(freedom / (1 - found["area"] ** 2))
    return about(1 / (2 * scipy.stats.t.sf(score, freedom)), 10)


def _passing(run):
    trials = MARGINS.correlations(run)
    trials = trials[trials.family != "seeds"]
    area, smallest = ((trials[name] >= PASSES).sum() for name in ("area", "smallest"))
    assert area == smallest
    return area, len(trials)


def _off_the_limit(run):
    rows = MARGINS.rows(run, "exponent")
    rows = rows[(rows.method == "importance") & (rows.frame == "simplex") & (rows.sigma == rows.sigma.min())]
    assert (rows.exponent > rows.limit).all()
    return 100 * (rows.exponent / rows.limit - 1).max()


FACTS = {
    "their errors differ more than {twofold}": _lines_of_one_margin,
    "at a cosine of {0.99} with the support vector machine, and has {93} % of the largest margin": _agreement,
    "NC1 with random labels is about {ten} times as large": _random_labels,
    "half of the {300} labels": lambda run: CLASSES * run.config["family_per_class"],
    "about once in {ten} times": _once_in,
    "{Six} of the {twelve} trials pass our rule": _passing,
    "the value for the simplex is within about {two} percent": _off_the_limit,
}
GIVEN = []
