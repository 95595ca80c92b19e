"""What the literature says of margins, and the rules by which a run of `margins` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
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


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="wider-line-errs-less",
        source="agarwal2022what",
        where="section 3.2.1, figure 3",
        statement="Of two lines that separate the training points, the one with the larger margin errs less on the "
        "underlying distribution.",
        rule="For each drawn training set: the line with the largest margin has a lower error on the distribution than "
        "a line turned until a tenth of that margin is left.",
        control="A line that does not separate; the densities are known, so the errors are exact.",
        judge=_lines,
        cell="lines-numbers",
    ),
    Claim(
        id="collapsed-head-is-max-margin",
        source="agarwal2022what",
        where="section 3.2.2",
        statement="The classifier of a collapsed network is the max-margin classifier of its features.",
        rule="With the strongest weight decay, at the end of training, for each seed: the head has a cosine of at "
        "least 0.95 with the multiclass support vector machine of the same centered features, and at least 0.9 of its "
        "smallest margin over the norm.",
        control="Less and no weight decay; the cosine of the class means with the support vector machine.",
        judge=_max_margin,
        cell="svm-numbers",
    ),
    Claim(
        id="margin-rises-past-zero-error",
        source="agarwal2022what",
        where="section 3.2.2 and figure 4",
        statement="In the terminal phase the smallest margin of the training set increases.",
        rule="For each weight decay and seed: the smallest relative margin at the end is larger than at the first "
        "measured step with zero training error.",
        control="Margins are divided by the lengths of classifier and features; three weight decays, one of them zero.",
        judge=_rises,
        cell="curve-numbers",
    ),
    Claim(
        id="margins-flatten",
        source="banburski2021cross",
        where="as in figure 4 of the survey",
        statement="In the terminal phase the distribution of the margins becomes flat: all points get the same margin.",
        rule="For each weight decay and seed: the standard deviation of the margins over their mean at the end is at "
        "most half of what it was at the first measured step with zero training error.",
        control="Three weight decays, one of them zero.",
        judge=_flattens,
        cell="curve-numbers",
    ),
    Claim(
        id="scale-moves-margins-alone",
        source="agarwal2022what",
        where="section 3.2.2",
        statement="Scaling the classifier changes the margins and the softmax probabilities and no decision.",
        rule="For each network of the part on training, with W and b doubled: the smallest margin doubles, the mean "
        "largest probability on new data rises, and no decision on new data changes.",
        control="The same network before.",
        judge=_scaling,
        cell="scale-numbers",
    ),
    Claim(
        id="feature-map-decides",
        source="agarwal2022what",
        where="section 3.2.2",
        statement="Large margins in feature space promise nothing if the features of new data do not lie where those "
        "of the training data do.",
        rule="With random labels, for each seed: zero training error, at least half of the area under the margin curve "
        "that the same recipe has with true labels, and a test error of at least 80 %.",
        control="The same network, images and recipe with true labels.",
        judge=_features_decide,
        cell="random-numbers",
    ),
    Claim(
        id="larger-smallest-margin-generalizes",
        source="agarwal2022what",
        where="section 3.2.1, after Bousquet et al. (2003) and Xu et al. (2021)",
        statement="Classifiers with large margins usually generalize well.",
        rule="For each family of networks (label noise, number of images, settings with and without batch norm) and "
        "seed: the rank correlation of the smallest relative margin with the test accuracy is at least 0.5.",
        control="Four families, and one in which nothing but the seed differs.",
        judge=lambda run: _families(run, "smallest"),
        cell="family-numbers",
    ),
    Claim(
        id="margin-area-predicts",
        source="banburski2021cross",
        where="abstract",
        statement="The area under the curve of the sorted training margins predicts generalization.",
        rule="For each family of networks (label noise, number of images, settings with and without batch norm) and "
        "seed: the rank correlation of the area with the test accuracy is at least 0.5.",
        control="Four families, and one in which nothing but the seed differs.",
        judge=lambda run: _families(run, "area"),
        cell="family-numbers",
    ),
    Claim(
        id="small-margin-can-generalize",
        source="agarwal2022what",
        where="section 3.2.1",
        statement="A small margin does not mean bad generalization.",
        rule="For each seed, the network with the most images against that with the fewest: a smaller smallest margin, "
        "a smaller area, and a lower test error.",
        control="The same seed, network, and number of steps.",
        judge=_small_margin,
        cell="size-numbers",
    ),
    Claim(
        id="simplex-best-exponent-order",
        source="papyan2020prevalence",
        where="section on robustness",
        statement="Among class means of length one, those of a simplex ETF have the largest error exponent.",
        rule="For each number of classes, noise and seed, by importance sampling: the simplex has a larger exponent "
        "than orthogonal means, and these a larger one than random means.",
        control="Orthogonal and random means under the same noise; plain Monte Carlo.",
        judge=_order,
        cell="exponent-numbers",
    ),
    Claim(
        id="simplex-best-exponent-value",
        source="papyan2020prevalence",
        where="section on robustness",
        statement="The error exponent of the simplex ETF is K/(4(K-1)).",
        rule="For each number of classes and seed, at the smallest noise, by importance sampling: within 5 % of "
        "K/(4(K-1)).",
        control="The same estimate around orthogonal means, whose exponent is 1/4.",
        judge=_value,
        cell="exponent-numbers",
    ),
)
