"""Claims that `settings` decides, and the rules by which it does."""

import pandas as pd

from ncbook.claims import Evidence, read
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


CLAIMS = read(
    __file__,
    {
        "collapse-across-data-and-networks": _across,
        "simplex-across-data-and-networks": _shape,
        "no-test-collapse-across-data": _no_test_collapse,
        "all-losses-collapse": _losses_collapse,
        "all-losses-same-features": _losses_alike,
        "all-losses-same-test-error": _losses_err_alike,
        "weight-decay-makes-collapse": _decay_needed,
        "drift-without-weight-decay": _drift,
        "collapse-without-batch-norm": _plain,
    },
)
