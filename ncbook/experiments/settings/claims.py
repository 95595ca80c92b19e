"""Claims that `settings` decides, and the rules by which it does."""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.collapse import COLLAPSED
from ncbook.readings.settings import around_base, outcomes
from ncbook.runs import Run

_SHAPE = ("nc2_norms_train", "nc2_angles_train", "nc3_train")


def _main(run: Run) -> pd.DataFrame:
    """The networks with batch norm at the first loss and weight decay."""
    return around_base(outcomes(run), run, network=run.config["networks"])


def _decays(run: Run) -> pd.DataFrame:
    """The base network and loss on the first data set, at every weight decay."""
    config = run.config
    return around_base(outcomes(run), run, dataset=config["datasets"][0], weight_decay=config["weight_decays"])


def _by_loss(run: Run) -> pd.DataFrame:
    """The base network and weight decay with every loss."""
    return around_base(outcomes(run), run, loss_name=run.config["losses"])


def _fold(arms: pd.DataFrame, column: str, holds: pd.Series, unit: str) -> Evidence:
    """A trial an arm; an arm with no terminal phase fails, and has no value."""
    return Evidence.of(holds, arms[column].dropna(), unit)


def _collapse(arms: pd.DataFrame) -> Evidence:
    return _fold(arms, "fall_train", arms.fall_train >= COLLAPSED, "fold fall of NC1 on train")


def _across(run: Run) -> Evidence:
    return _collapse(_main(run))


def _shape(run: Run) -> Evidence:
    arms = _main(run)
    ratios = pd.DataFrame({name: arms[f"{name}_end"] / arms[f"{name}_then"] for name in _SHAPE})
    holds = (ratios <= 0.5).all(axis=1) & (arms.nc4_train_end <= arms.nc4_train_then)
    slowest = ratios.max(axis=1).dropna()
    return Evidence.of(holds, slowest, "of its start: the slowest of NC2 lengths, NC2 angles and NC3")


def _no_test_collapse(run: Run) -> Evidence:
    arms = _main(run)
    return _fold(arms, "fall_test", arms.fall_test < COLLAPSED, "fold fall of NC1 on test")


def _losses_collapse(run: Run) -> Evidence:
    arms = _by_loss(run)
    return _collapse(arms[arms.loss_name != run.config["losses"][0]])


def _losses_alike(run: Run) -> Evidence:
    """Of each other loss on each data set: the largest factor between its median and that of the first loss."""
    factors = []
    for _, arms in _by_loss(run).groupby("dataset", sort=False):
        columns = ["nc1_train_end", "nc2_angles_train_end", "nc3_train_end"]
        ends = arms.groupby("loss_name", sort=False)[columns].median()
        ratio = ends.drop(run.config["losses"][0]) / ends.loc[run.config["losses"][0]]
        factors += ratio.where(ratio >= 1, 1 / ratio).max(axis=1).tolist()
    return Evidence.of((factor <= 2 for factor in factors), factors, "times apart, the farthest of three")


def _losses_err_alike(run: Run) -> Evidence:
    """Of each other loss on each data set: difference of the median test errors, in percentage points."""
    holds, differences = [], []
    for _, arms in _by_loss(run).groupby("dataset", sort=False):
        errors = {loss: 100 * seeds.test_error_end for loss, seeds in arms.groupby("loss_name", sort=False)}
        first = errors.pop(run.config["losses"][0])
        for other in errors.values():
            holds.append(max(first.min(), other.min()) <= min(first.max(), other.max()))
            differences.append(other.median() - first.median())
    return Evidence.of(holds, differences, "percentage points above cross-entropy")


def _decay_needed(run: Run) -> Evidence:
    ends = _decays(run).pivot(index=["dataset", "seed"], columns="weight_decay", values="nc1_train_end")
    factors = ends[min(ends)] / ends[run.config["weight_decays"][0]]
    return Evidence.of(factors >= COLLAPSED, factors, "times the NC1 with weight decay")


def _drift(run: Run) -> Evidence:
    arms = _decays(run)
    arms = arms[arms.weight_decay == 0]
    falls = pd.DataFrame({n: arms[f"{n}_end"] < arms[f"{n}_then"] for n in ("nc1_train", *_SHAPE)})
    return _fold(arms, "fall_train", falls.all(axis=1), "fold fall of NC1 on train")


def _plain(run: Run) -> Evidence:
    table = outcomes(run)
    return _collapse(table[table.network.isin(run.config["plain_networks"])])


CLAIMS = (
    Claim(
        id="collapse-across-data-and-networks",
        source="papyan2020prevalence",
        where="results, NC1",
        statement="Past zero training error the features of a class collapse to their mean, whatever the image set and "
        "the architecture.",
        rule="NC1 on the training set falls tenfold or more from the first measured epoch with zero training error to "
        "the last; a trial is a data set, a network with batch norm and a seed.",
        control="the same networks with less weight decay, and without batch norm",
        judge=_across,
        cell="across-numbers",
    ),
    Claim(
        id="simplex-across-data-and-networks",
        source="papyan2020prevalence",
        where="results, NC2 to NC4",
        statement="In the terminal phase class means approach a simplex, the classifier approaches the class means, "
        "and the nearest class mean comes to decide, whatever the image set and the architecture.",
        rule="From the first measured epoch with zero training error to the last, NC2 (lengths and angles of the "
        "means) and NC3 on train each fall to half or less, and NC4 on train does not rise.",
        control="the same networks with less weight decay, and without batch norm",
        judge=_shape,
        cell="across-numbers",
    ),
    Claim(
        id="no-test-collapse-across-data",
        source="hui2022limitations",
        where="abstract",
        statement="Collapse happens on the training set and not on the test set.",
        rule="NC1 on the test set, with the class means of the test set, falls less than tenfold in the terminal "
        "phase: by the rule that finds collapse on train, there is none on test.",
        control="the same features measured on the training set",
        judge=_no_test_collapse,
        cell="across-numbers",
    ),
    Claim(
        id="all-losses-collapse",
        source="zhou2022all",
        where="abstract",
        statement="Label smoothing, the focal loss and the squared error lead to collapse as cross-entropy does.",
        rule="NC1 on train falls tenfold or more in the terminal phase; a trial is a data set, a loss other than "
        "cross-entropy, and a seed.",
        control="cross-entropy with the same network, schedule and weight decay",
        judge=_losses_collapse,
        cell="loss-numbers",
    ),
    Claim(
        id="all-losses-same-features",
        source="zhou2022all",
        where="abstract",
        statement="Trained long enough, the losses give the same features on the training set.",
        rule="At the end the medians over seeds of NC1, of the NC2 angles of the means and of NC3 on train are each "
        "within a factor of two of those of cross-entropy; a trial is a data set and another loss.",
        control="cross-entropy with the same network, schedule and weight decay",
        judge=_losses_alike,
        cell="loss-numbers",
    ),
    Claim(
        id="all-losses-same-test-error",
        source="zhou2022all",
        where="abstract",
        statement="Trained long enough, the losses give the same test error.",
        rule="The range over seeds of the test error at the end overlaps that of cross-entropy; a trial is a data set "
        "and another loss.",
        control="cross-entropy with the same network, schedule and weight decay",
        judge=_losses_err_alike,
        cell="loss-numbers",
    ),
    Claim(
        id="weight-decay-makes-collapse",
        source="zhu2021geometric",
        where="main theorem",
        statement="With free features, weight decay makes the collapsed solution the only minimum; so a network "
        "without it should have collapsed far less in the same time.",
        rule="With weight decay 0, NC1 on train at the end is ten times or more what it is with the largest weight "
        "decay; a trial is a seed.",
        control="the same network, seed and order of batches with weight decay",
        judge=_decay_needed,
        cell="decay-numbers",
    ),
    Claim(
        id="drift-without-weight-decay",
        source="ji2022unconstrained",
        where="abstract",
        statement="Gradient descent is biased towards collapse even with no regularization at all.",
        rule="With weight decay 0, NC1, NC2 (lengths and angles of the means) and NC3 on train are all lower at the "
        "end than at the first measured epoch with zero training error; a trial is a seed.",
        control="the same network without batch norm",
        judge=_drift,
        cell="decay-numbers",
    ),
    Claim(
        id="collapse-without-batch-norm",
        source="agarwal2022what",
        where="section 1",
        statement="Collapse emerges across a variety of architectures: here, in one without batch norm.",
        rule="NC1 on train falls tenfold or more in the terminal phase; a trial is a weight decay and a seed "
        "of the MLP without batch norm.",
        control="the same MLP with batch norm at the same weight decays",
        judge=_plain,
        cell="decay-numbers",
    ),
)
