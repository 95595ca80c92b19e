"""Claims that `test_collapse` decides, and the rules by which it does."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.test_collapse import CORRELATED, TENFOLD, correlations, protocols, read_at, terminal
from ncbook.runs import Run


def _decayed(run: Run) -> pd.DataFrame:
    """The arms with weight decay that reach zero training error."""
    table = terminal(run)
    return table[(table.weight_decay == run.config["weight_decays"][1]) & np.isfinite(table.zero_error)]


def _train(run: Run) -> Evidence:
    falls = _decayed(run).variance_ratio_train_fall
    return Evidence.of(falls >= TENFOLD, falls, "fold fall on train")


def _no_strong(run: Run) -> Evidence:
    falls = _decayed(run).variance_ratio_test_fall
    return Evidence.of(falls < TENFOLD, falls, "fold fall on test")


def _no_weak(run: Run) -> Evidence:
    falls = _decayed(run).variance_ratio_weak_fall
    return Evidence.of(falls < TENFOLD, falls, "fold fall of the weak ratio")


def _equal_loss(run: Run) -> pd.Series:
    return correlations(read_at(run, *protocols(run)["loss"]))


def _anti_correlation(run: Run) -> Evidence:
    found = _equal_loss(run)
    return Evidence.of(found <= -CORRELATED, found, "rank correlation at equal loss")


def _only_equal_loss(run: Run) -> Evidence:
    """Of the seeds with the anti-correlation at equal loss: the correlation at equal epochs."""
    there = _equal_loss(run)
    found = correlations(read_at(run, *protocols(run)["epochs"]))
    found = found[[seed for seed in found.index if there.get(seed, 0.0) <= -CORRELATED]]
    return Evidence.of(found > -CORRELATED, found, "rank correlation at equal epochs")


def _ends(run: Run) -> list[pd.DataFrame]:
    """The last step of every training, a table a weight decay."""
    return [read_at(run, "steps", run.config["steps"], decay) for decay in run.config["weight_decays"]]


def _slower(run: Run) -> Evidence:
    found = pd.concat([correlations(end, "per_class", "variance_ratio_train") for end in _ends(run)])
    return Evidence.of(found >= CORRELATED, found, "rank correlation with n")


def _approach(run: Run) -> Evidence:
    """Of each weight decay and seed: how many times smaller the gap is at the largest size than at the smallest."""
    end = pd.concat(_ends(run)).set_index(["weight_decay", "seed", "per_class"])
    gaps = (end.variance_ratio_test - end.variance_ratio_train).unstack()
    falls = (gaps.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    return Evidence.of(falls, gaps.iloc[:, 0] / gaps.iloc[:, -1], "times smaller at the largest n")


def _longer(run: Run) -> Evidence:
    table = terminal(run)
    falls = table[np.isfinite(table.zero_error)].variance_ratio_test_fall
    return Evidence.of(falls > 1, falls, "fold fall on test")


CLAIMS = (
    Claim(
        id="train-collapse-at-fixed-size",
        source="hui2022limitations", where="abstract",
        statement="With the training set fixed and training going on, the features collapse on the training set.",
        rule="Tr Sigma_W / Tr Sigma_B on the training set falls tenfold or more from the first measured step without a "
        "training error to the end; a trial is a size and a seed, "
        "with weight decay, that gets there.",
        control="the same networks without weight decay",
        judge=_train, cell="fixed-numbers",
    ),
    Claim(
        id="no-strong-test-collapse",
        source="hui2022limitations", where="abstract; definition of strong test collapse",
        statement="With the training set fixed and training going on, the features of new points do not collapse to "
        "one point a class.",
        rule="Tr Sigma_W / Tr Sigma_B of new points, with their own class means, falls less than tenfold from the "
        "first measured step without a training error to the end; a trial is a size and a seed, with weight decay, "
        "that gets there.",
        control="the same networks measured on the training set",
        judge=_no_strong, cell="fixed-numbers",
    ),
    Claim(
        id="no-weak-test-collapse",
        source="hui2022limitations", where="abstract; definition of weak test collapse",
        statement="With the training set fixed and training going on, the features of new points do not even collapse "
        "to K points of which the wrong one is allowed.",
        rule="The mean squared distance of new points to the nearest of K freely chosen points, over Tr Sigma_B, falls "
        "less than tenfold from the first measured step without a training error to the end; a trial is a size and a "
        "seed, with weight decay, that gets there.",
        control="the same networks measured on the training set",
        judge=_no_weak, cell="fixed-numbers",
    ),
    Claim(
        id="train-test-anti-correlation",
        source="hui2022limitations", where="as figure 7 of the survey",
        statement="Networks trained to the same loss on more data have collapsed less on train and more on test.",
        rule="Over the sizes, each read where the training loss first falls to that of the preset, "
        "the rank correlation of the ratios on train and on new points is -0.5 or lower; a trial is a seed, without "
        "weight decay.",
        control="the same trainings read at equal epochs and at equal steps",
        judge=_anti_correlation, cell="protocol-numbers",
    ),
    Claim(
        id="anti-correlation-only-at-equal-loss",
        source="agarwal2022what", where="section 5, on figure 7",
        statement="Bigger training sets show less collapse on train only because all were trained to the same loss.",
        rule="Read after equal epochs, as many as the largest set was trained for, the rank correlation is above -0.5; "
        "a trial is a seed that has the anti-correlation at equal loss.",
        control="the same trainings read at equal steps",
        judge=_only_equal_loss, cell="protocol-numbers",
    ),
    Claim(
        id="more-data-collapses-more-slowly",
        source="agarwal2022what", where="section 5, on figure 7",
        statement="Bigger training sets collapse more slowly.",
        rule="After equal steps, at the end, the rank correlation of the size with the ratio on train is 0.5 or "
        "higher; a "
        "trial is a weight decay and a seed.",
        control="the same trainings read at equal epochs",
        judge=_slower, cell="protocol-numbers",
    ),
    Claim(
        id="test-collapse-approaches-train",
        source="agarwal2022what", where="section 5 and bound (9)",
        statement="As the training set grows, collapse on new points comes to that on the training set.",
        rule="At the end the ratio on new points minus that on train is smaller for each size than for the size "
        "before; "
        "a trial is a weight decay and a seed.",
        control="two weight decays, with and without collapse on train",
        judge=_approach, cell="size-numbers",
    ),
    Claim(
        id="longer-training-tightens-test",
        source="papyan2020prevalence", where="abstract, on the benefits of training past zero error",
        statement="Training on past zero error is good for new points: here, it tightens their features too.",
        rule="Tr Sigma_W / Tr Sigma_B of new points, with their own class means, is lower at the end than at the first "
        "measured step without a training error; a trial is a weight decay, a size and a seed that get there.",
        control="the same networks measured on the training set",
        judge=_longer, cell="fixed-numbers",
    ),
)  # fmt: skip
