"""Numbers in words."""

import math

import scipy

from ncbook import readings
from ncbook.experiments.margins import plane
from prose._approximately import about
from prose._counts import yes
from prose._ledger import seeds
from prose._limits import more_than
from prose._trials import SECOND, answers, load

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


def _wider_again(_run):
    return (*yes(answers("margins", "wider-line-errs-less", SECOND)), *seeds("margins", "wider-line-errs-less"))


def _without_length(run):
    """Of the networks with the strongest weight decay: those whose terminal phase has no length, and all."""
    found = MARGINS.milestones(run)
    true = found[(found.family == "true labels") & (found.weight_decay == found.weight_decay.max())]
    return (true.phase_length == 0).sum(), len(true)


def _passing_again(_run):
    """Trials of the second run that pass the rule for the area and for the smallest margin, each with all."""
    area = yes(answers("margins", "margin-area-predicts", SECOND))
    return (*area, *yes(answers("margins", "larger-smallest-margin-generalizes", SECOND)))


def _random_before_orthogonal(_run):
    """Trials of the second run, in all of which the simplex is first; those where random means are second, and all."""
    rows = MARGINS.rows(load("margins"), "exponent")
    rows = rows[rows.method == "importance"]
    found = rows.pivot(index=["num_classes", "sigma", "seed"], columns="frame", values="exponent")
    assert (found.simplex > found[["orthogonal", "random"]].max(axis=1)).all()
    second = found[found.random > found.orthogonal]
    assert set(second.index.get_level_values("num_classes")) == {3}
    return len(found), len(second), len(found)


FACTS = {
    "their errors differ more than {twofold}": _lines_of_one_margin,
    "at a cosine of {0.99} with the support vector machine, and has {93} % of the largest margin": _agreement,
    "NC1 with random labels is about {ten} times as large": _random_labels,
    "half of the {300} labels": lambda run: CLASSES * run.config["family_per_class"],
    "about once in {ten} times": _once_in,
    "{Six} of the {twelve} trials pass our rule": _passing,
    "the value for the simplex is within about {two} percent": _off_the_limit,
    "lower error in {seven} of {ten}, which makes {17} of {20}": _wider_again,
    "{17} of {20} training sets": lambda _run: seeds("margins", "wider-line-errs-less"),
    "{One} of the {three} networks with it errs on a training image": _without_length,
    "In the second run {seven} of {twelve} pass for the area and {eight} of {twelve} for the smallest": _passing_again,
    "the simplex is first in all {30} trials as well, but in {five} of {30}, all with three": _random_before_orthogonal,
}
GIVEN = ["which passes the rule in one or two of twelve"]
