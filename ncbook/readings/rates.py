"""Runs of `onset` that vary the learning rate and the weight decay: on whose clock each measure crosses."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.coupling import coupling, log_slopes, rank_correlation, within_arms
from ncbook.readings.once import once_a_run
from ncbook.readings.onset import ADDITION, generalizing, leads, scaled
from ncbook.runs import Run

# What is timed: of the training set, or of the weights.
MEASURES = (
    "train_loss", "relative_flatness", "fourier_gini", "weight_norm", "cdnv_train", "variance_ratio_train", "nc1_train",
    "rnc1_train",
)  # fmt: skip
# Those that cross in every arm. Where the decay is strong the norm has fallen before the network memorizes, and NC1 has
# crossings in some trainings and none in others.
STEADY = tuple(name for name in MEASURES if name not in ("weight_norm", "nc1_train"))
BOTH, DECAY, RATE = "product", "decay", "rate"  # the arms that differ in either, in the decay alone, in the rate alone


def settings(config: Mapping[str, Any]) -> pd.DataFrame:
    """A row an arm, by its part of the run: rate and decay as multiples of the standard ones, and their product.

    Each of the `factors` is once on the decay and once on the rate; the standard setting comes first.
    """
    rows = {ADDITION: (1.0, 1.0)}
    for factor in config["factors"]:
        rows[f"{factor:g} times the decay"] = (1.0, float(factor))
        rows[f"{factor:g} times the rate"] = (float(factor), 1.0)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[RATE, DECAY])
    return table.assign(**{BOTH: table[RATE] * table[DECAY]})


def varied(config: Mapping[str, Any], setting: str) -> pd.DataFrame:
    """The rows of `settings` in which at most that setting (`BOTH`, `DECAY`, `RATE`) is not the standard one."""
    table = settings(config)
    return table if setting == BOTH else table[table[setting] == table[BOTH]]


@once_a_run
def crossings(run: Run, at_level: bool = False) -> pd.DataFrame:
    """A row an arm and seed that generalizes after memorizing:

    arm, seed, rate, decay and product as in `settings`; memorized, onset and the step at which each measure has made
    half of its own way, by the primary rule of `onset`; or, `at_level`, at which it first passes the level of `levels`,
    which is the same for all networks. nan without a crossing.
    """
    tables = []
    for arm, about in settings(run.config).iterrows():
        found = leads(run, str(arm))
        steps = _at_levels(run, str(arm)) if at_level else -found[list(MEASURES)].sub(found.onset, axis=0)
        table = found[["memorized", "onset"]].join(steps).assign(arm=arm, **about.to_dict())
        tables.append(table.rename_axis("seed").reset_index())
    return pd.concat(tables, ignore_index=True)


@once_a_run
def levels(run: Run) -> pd.DataFrame:
    """By measure: level, the median over networks of the standard setting of the value half-way, in the logarithm,

    between memorizing and the end; falls, whether it comes from above, in most of them.
    """
    ends = {name: list(_ends(run, name)) for name in MEASURES}
    rows = {
        name: (np.exp(np.median([start + end for start, end in each]) / 2), np.mean([a > b for a, b in each]) > 0.5)
        for name, each in ends.items()
        if each
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["level", "falls"])


def _ends(run: Run, name: str) -> Iterator[tuple[float, float]]:
    """The logarithms of a measure at memorizing and at the end, of each network of the standard setting."""
    for _, late, _ in generalizing(run, ADDITION):
        logs = scaled(late[name].to_numpy(dtype=float), name)
        yield float(logs[0]), float(np.median(logs[-run.config["last"] :]))


def _at_levels(run: Run, arm: str) -> pd.DataFrame:
    """By seed that generalizes, the step since memorizing at which each measure first passes its level."""
    found = {}
    for seed, late, _ in generalizing(run, arm):
        found[seed] = {
            name: moments.first(late.step, late[name] <= row.level if row.falls else late[name] >= row.level)
            for name, row in levels(run).iterrows()
        }
    table = pd.DataFrame.from_dict(found, orient="index", columns=list(MEASURES), dtype=float)
    return table.replace(moments.NEVER, np.nan)


def by_arm(run: Run, column: str, setting: str = BOTH, at_level: bool = False) -> pd.DataFrame:
    """A column of `crossings`: a row a seed, a column an arm of `varied`; nan where a training does not generalize."""
    table = crossings(run, at_level).pivot(index="seed", columns="arm", values=column)
    return table.reindex(index=list(run.config["seeds"]), columns=varied(run.config, setting).index)


def slope_on_setting(run: Run, column: str, setting: str = BOTH, at_level: bool = False) -> pd.Series:
    """By seed: the log-slope of a step of `crossings` on the setting, over the arms that differ in it.

    -1 for a clock that goes with the setting, 0 for one that counts steps. nan where a step is missing.
    """
    steps = by_arm(run, column, setting, at_level)
    about = varied(run.config, setting)[BOTH]
    return log_slopes(steps, pd.DataFrame([about] * len(steps), index=steps.index))


def slope_on_onset(run: Run, column: str) -> pd.Series:
    """By seed: the log-slope of a step of `crossings` on the onset, over all arms; nan where a step is missing."""
    return log_slopes(by_arm(run, column), by_arm(run, "onset"))


def coupled(run: Run, seeds_alone: bool = False) -> pd.DataFrame:
    """`coupling` of each measure with the onset over all arms and seeds; or within the arms, where seeds alone differ.

    Within an arm each step is taken over its geometric mean there.
    """
    table = crossings(run)
    return coupling(within_arms(table, ("onset", *MEASURES)) if seeds_alone else table, MEASURES)


def scatter(run: Run) -> pd.DataFrame:
    """By seed, a column a measure of `STEADY`: the standard deviation, over the arms, of log crossing over onset.

    0 for what always comes at the same multiple of the onset. nan where a step is missing.
    """
    onset = by_arm(run, "onset")
    return pd.DataFrame({name: np.log(by_arm(run, name) / onset).std(axis=1, skipna=False) for name in STEADY})


def scatter_of_others(run: Run) -> pd.DataFrame:
    """By seed, a column a measure: the same over the other seeds, within the arms, where seeds alone differ."""
    columns, table = list(STEADY), crossings(run)
    ratios = table.assign(**table[columns].div(table.onset, axis=0))
    rows = {}
    for seed in run.config["seeds"]:
        others = within_arms(ratios[ratios.seed != seed], columns)
        rows[seed] = np.log(others[columns]).std(skipna=False)
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def same_order(run: Run) -> pd.Series:
    """By seed: the rank correlation of `scatter` and `scatter_of_others` over the measures; nan where a step lacks."""
    own, others = scatter(run), scatter_of_others(run)
    told = own.notna().all(axis=1) & others.notna().all(axis=1)
    found = {
        seed: rank_correlation(own.loc[seed].to_numpy(), others.loc[seed].to_numpy()) if told[seed] else np.nan
        for seed in own.index
    }
    return pd.Series(found, dtype=float)
