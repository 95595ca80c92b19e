"""Whether what crosses moves with the onset: slopes, correlations and ratios of spreads, from tables of steps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

INVERSE = 0.25  # by how much a log-slope may differ from -1 where one thing is called inverse to another
_RESAMPLES = 1000


def log_slopes(values: pd.DataFrame, base: pd.DataFrame) -> pd.Series:
    """By row: the slope, by least squares, of the logarithm of `values` on that of `base`, over equal columns.

    1 for what moves with the base, 0 for what does not; nan for a row in which a value is missing.
    """
    logs = np.log(base)
    centered = logs.sub(logs.mean(axis=1), axis=0)
    return (np.log(values) * centered).sum(axis=1, skipna=False) / (centered**2).sum(axis=1)


def coupling(table: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Of a table with a training a row, and columns seed, onset and the step at which each measure crosses:

    a row a measure: rank, the rank correlation of its crossing with the onset, and ratio, the standard deviation of
    the logarithm of its crossing over that of the onset; each with the ends of a 95 % bootstrap interval over seeds,
    low and high.
    """
    seeds = table.seed.unique()
    draws = _RESAMPLES if len(seeds) else 0
    drawn = seeds[np.random.default_rng(0).integers(max(len(seeds), 1), size=(draws, len(seeds)))]
    places = {seed: np.flatnonzero(table.seed == seed) for seed in seeds}
    times, rows = table.onset.to_numpy(), {}
    for name in measures:
        own = table[name].to_numpy()
        found = _coupled(times, own)
        samples = [np.concatenate([places[seed] for seed in each]) for each in drawn]
        spread = pd.DataFrame([_coupled(times[each], own[each]) for each in samples], columns=[0, 1], dtype=float)
        ends = spread.quantile([0.025, 0.975])
        rows[name] = [found[0], *ends[0], found[1], *ends[1]]
    columns = ["rank", "rank_low", "rank_high", "ratio", "ratio_low", "ratio_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def within_arms(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """`table`, with each of `columns` over its geometric mean in the arm (column arm): what seeds alone move."""
    logs = np.log(table[list(columns)])
    return table.assign(**np.exp(logs - logs.groupby(table.arm).transform("mean")))


def _coupled(times: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    there = np.isfinite(own)
    times, own = times[there], own[there]
    if len(own) < 3 or min(np.ptp(times), np.ptp(own)) == 0:
        return np.nan, np.nan
    rank = rank_correlation(times, own)
    return rank, float(np.log(own).std() / np.log(times).std())


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of two arrays [n]."""
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 1, and where values are equal the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[places]
