"""Tables of the chapter "Coding rate and corrupted labels": arrangements, and trainings at every corruption ratio."""

from typing import Any

import pandas as pd

from ncbook.readings import _rows
from ncbook.readings.corrupted_labels import (
    ARRANGEMENTS,
    CE,
    EVERYWHERE,
    FITTED,
    MCR2,
    PUBLISHED,
    SMOOTHED,
    at_every_ratio,
    at_top,
    ends,
    indicators,
    outcomes,
)
from ncbook.readings.words import MISSING, cell, spread
from ncbook.runs import Run

_PERCENT = "{:.1f}"


def arrangements(run: Run) -> pd.DataFrame:
    """A row an arrangement: rates in nats in `rate_dim` dimensions, medians over the seeds, and in closed form."""
    rows = _rows.chosen(run.to_frame(), part="rates", dim=run.config["rate_dim"])
    few, many = run.config["points"][0], max(run.config["points"])
    first, last = (
        _rows.chosen(rows, per_class=count).groupby("arm").median(numeric_only=True) for count in (few, many)
    )
    table = {
        f"R, {few} points per class": first.coding_rate,
        "R_c": first.class_coding_rate,
        "ΔR": first.rate_reduction,
        f"ΔR, {many} points": last.rate_reduction,
        "ΔR by hand": first.coding_rate_closed - first.class_coding_rate_closed,
    }
    return pd.DataFrame(table).loc[[*ARRANGEMENTS]].rename_axis("arrangement").reset_index()


def clean(run: Run) -> pd.DataFrame:
    """A row an arm: what its features look like after training on clean labels, medians over the seeds."""
    found = outcomes(run)
    names = {
        "class_rank_end": "directions per class",
        "rank_end": "directions in all",
        "unit_variance_ratio_train_end": "variance ratio",
        "rate_reduction_end": "rate reduction, nats",
    }
    return _medians(found[found.label_noise == 0], EVERYWHERE, names)


def _medians(networks: pd.DataFrame, arms: tuple[str, ...], names: dict[str, str], scale: float = 1) -> pd.DataFrame:
    """A row an arm: medians over its networks of columns that are given new names."""
    table = scale * networks.groupby("arm")[list(names)].median().loc[list(arms)]
    return table.rename(columns=names).rename_axis("training").reset_index()


def corruption(run: Run) -> pd.DataFrame:
    """A row a corruption ratio: test accuracies at the last epoch, those of the survey's table beside ours."""
    ends = _by_ratio(run, "end")
    published = PUBLISHED.reindex(ends[CE].index)
    return _rows_of_ratios(
        {
            "survey, cross-entropy, %": published[CE].map(_percent),
            "survey, rate reduction, %": published[MCR2].map(_percent),
            "here, cross-entropy, %": _medians_of(ends[CE]),
            "here, rate reduction, %": _medians_of(ends[MCR2]),
            "ahead by, points": _spreads(ends[MCR2] - ends[CE]),
        }
    )


def stopped(run: Run) -> pd.DataFrame:
    """A row a corruption ratio: test accuracies at the epoch that the corrupted validation set picks."""
    found = _by_ratio(run, "stopped")
    columns = {f"{arm}, %": _medians_of(found[arm]) for arm in EVERYWHERE}
    return _rows_of_ratios(columns | {"ahead by, points": _spreads(found[MCR2] - found[CE])})


def _by_ratio(run: Run, column: str) -> dict[str, pd.DataFrame]:
    """Of each arm a column of the outcomes in percent: a row a corruption ratio, a column a seed."""
    rows = at_every_ratio(run)
    return {
        arm: 100 * own.pivot(index="label_noise", columns="seed", values=column) for arm, own in rows.groupby("arm")
    }


def _rows_of_ratios(columns: dict[str, pd.Series]) -> pd.DataFrame:
    """A row a corruption ratio; an arm that is not trained at one has a dash there."""
    return pd.DataFrame(columns).fillna(MISSING).rename_axis("corruption ratio").reset_index()


def _percent(value: Any) -> str:
    return cell(value, _PERCENT)


def _medians_of(table: pd.DataFrame) -> pd.Series:
    """The median of each row."""
    return table.median(axis=1).map(_percent)


def _spreads(table: pd.DataFrame) -> pd.Series:
    """The median of each row, and its range."""
    return pd.Series({key: spread(row, _PERCENT) for key, row in table.iterrows()}, dtype=object)


def classifiers(run: Run) -> pd.DataFrame:
    """A row an arm at the highest ratio: accuracies of three classifiers and what is memorized, medians, percent."""
    names = {
        "test_acc": "head, %",
        "unit_ncc_acc_test": "nearest mean, %",
        "subspace_acc_test": "nearest subspace, %",
        "wrong_acc_given": "wrong labels memorized, %",
    }
    last = at_top(ends(run))
    return _medians(last, tuple(last.arm.unique()), names, scale=100)


def stopping(run: Run) -> pd.DataFrame:
    """A row an arm at the highest ratio, and the training that collapses: at the end and at the stop, medians."""
    found, long = at_top(outcomes(run)), outcomes(run, FITTED)
    long = long.assign(arm=f"{CE}, {run.config['fit_epochs']} epochs")
    names = {
        "end": "last epoch, %",
        "stopped": "stopped, %",
        "best": "best epoch, %",
        "unit_variance_ratio_train_stop": "variance ratio at the stop",
        "unit_variance_ratio_train_end": "variance ratio at the end",
    }
    rows = pd.concat([found, long])
    percents = {name: 100 * rows[name] for name in ("end", "stopped", "best")}
    return _medians(rows.assign(**percents), tuple(rows.arm.unique()), names)


def dilation(run: Run) -> pd.DataFrame:
    """A row a corruption ratio after cross-entropy, and one with smoothing: variance ratio of the test features."""
    found = outcomes(run)
    found = found[found.arm.isin([CE, SMOOTHED])]
    names = {
        "unit_variance_ratio_test_stop": "variance ratio at the stop",
        "unit_variance_ratio_test_end": "variance ratio at the end",
    }
    table = found.groupby(["arm", "label_noise"])[list(names)].median().rename(columns=names)
    return table.rename_axis(["training", "corruption ratio"]).reset_index()


def ranks(run: Run) -> pd.DataFrame:
    """A row a group of networks at the highest ratio: rank correlations with the test accuracy, over the seeds."""
    networks = at_top(outcomes(run))
    groups = {"all": networks, "cross-entropy alone": networks[~networks.arm.str.startswith(MCR2)]}
    columns = {"variance ratio": "unit_variance_ratio_train_end", "wrong labels memorized": "wrong_acc_given_end"}
    return pd.DataFrame(
        {"networks": name} | {label: spread(indicators(own, key), "{:.2f}") for label, key in columns.items()}
        for name, own in groups.items()
    )
