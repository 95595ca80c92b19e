"""Runs of `bound`: the terms of the bound by part, how they fall in the terminal phase, and how fast with n."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

KEYS = ["seed", "per_class"]
SHIFTS = ["shift", "shift_if_fresh", "shift_by_train"]
COLUMNS: dict[str, Measure] = {
    "class_i": Measure("class i", "first class of the pair"),
    "class_j": Measure("class j", "second class of the pair"),
    "a": Measure("a", "sum of the two mean shifts over the distance of the population's means"),
    "A": Measure("A", "2a + a^2"),
    "B": Measure("B", "(1 + a)^2 times the variance gaps, over twice the squared distance of the training means"),
    "cdnv_bound": Measure("right-hand side", "(1 + A) times the CDNV of the training set, plus B"),
    "shift_sum": Measure("shifts", "sum of the two mean shifts, in the unit of the features"),
    "distance_train": Measure("distance, training set", "between the class means of the pair"),
    "distance_test": Measure("distance, population", "between the class means of the pair"),
    "half_cdnv": Measure("CDNV, second half", "of the second half of the population"),
    "half_bound": Measure("bound, first half", "the bound with the first half as population"),
    "hoeffding": Measure("concentration inequality", "a bound without the population, for features fixed in advance"),
    "bootstrap_train": Measure("bootstrap, training points", "a bound without the population, by resampling them"),
    "bootstrap_fresh": Measure("bootstrap, fresh points", "the same with as many fresh images"),
    "ncc_error_bound": Measure("4 (K−1) V", "bound on ncc_error_test by the average CDNV"),
    "directional_ncc_error_bound": Measure("along the lines between means", "bound by the variance along them"),
    "length": Measure("length", "root mean square distance between training means"),
    "shift": Measure("mean shift", "mean over classes of ||E f - Avg f||"),
    "shift_if_fresh": Measure("mean shift, fresh points", "root mean square that it would have for fresh points"),
    "shift_by_train": Measure("mean shift, guessed", "the same, guessed from the variance of the training points"),
    "square": Measure("square gap", "mean over classes of |E ||f||^2 - Avg ||f||^2|"),
    "norm_scale": Measure("norms", "norms of inputs and weights, over the root of n"),
    "largest_norm": Measure("largest norm", "max ||f|| over the population"),
}


def rows(run: Run, part: str) -> pd.DataFrame:
    """One part of the history.

    pair      a row a pair of classes of each trained network: the terms of the bound
    network   a row a trained network: its errors, those of the nearest-center rule, and the concentration terms
    time      a row a probe: training error, and means over pairs of the terms
    fixed     a row a size: shift and square of fresh points under the network of `fixed_size`
    """
    frame = run.to_frame()
    return frame[frame.part == part].copy()


def rates(frame: pd.DataFrame, column: str, unit: str | None = None, power: int = 1) -> pd.Series:
    """For each seed, the slope of log column on log n by least squares; the column over unit^power, if there is one."""
    values = frame[column] / (frame[unit] ** power if unit else 1)
    logs = pd.DataFrame({"seed": frame.seed, "size": np.log(frame.per_class), "value": np.log(values)})
    return logs.groupby("seed").apply(lambda own: np.polyfit(own["size"], own.value, 1)[0], include_groups=False)


def fixed_deviations(run: Run) -> pd.DataFrame:
    """The part `fixed`, shift and square as shares of their means at the smallest size."""
    fixed = rows(run, "fixed")
    columns = ["shift", "square"]
    return fixed.assign(**fixed[columns] / fixed[fixed.per_class == fixed.per_class.min()][columns].mean())


def network_shifts(run: Run) -> pd.DataFrame:
    """The part `network`, its shifts over the distance of the training means."""
    networks = rows(run, "network")
    return networks.assign(**networks[SHIFTS].div(networks.length, axis=0))


def terminal(run: Run) -> pd.DataFrame:
    """The means over pairs at the first probe with zero training error (`..._then`) and at the end (`..._end`).

    One row a network, by seed and per_class; nan in `..._then` for one that never gets to zero training error.
    """
    return moments.by_training(rows(run, "time"), KEYS, _terminal)


def _terminal(own: pd.DataFrame) -> dict[str, float]:
    then, end = moments.at(own, moments.zero_error(own)), own.iloc[-1]
    columns = ("cdnv_train", "cdnv_test", "A", "B", "cdnv_bound")
    return {f"{name}_{when}": float(row[name]) for name in columns for when, row in (("then", then), ("end", end))}


@once_a_run
def phases(run: Run) -> pd.DataFrame:
    """The terminal phase of each network, as in `moments.terminal_phase`, and what the means over pairs do in it.

    One row a network, by seed and per_class. NAME_fall is how many times smaller the mean is at the end than at the
    start of the phase, for cdnv_train, cdnv_test and B; nan without a phase. `follows` is log(cdnv_test_fall) over
    log(cdnv_train_fall): 1 where the population follows the training set step by step, 0 where it stays.
    """
    return moments.by_training(rows(run, "time"), KEYS, _phase)


def _phase(own: pd.DataFrame) -> dict[str, float]:
    found = moments.terminal_phase(own)
    then, end = moments.at(own, found["phase_start"]), own.iloc[-1]
    falls = {name: float(then[name] / end[name]) for name in ("cdnv_train", "cdnv_test", "B")}
    moved = falls["cdnv_train"] not in (0, 1)
    follows = float(np.log(falls["cdnv_test"]) / np.log(falls["cdnv_train"])) if moved else np.nan
    return found | {f"{name}_fall": fall for name, fall in falls.items()} | {"follows": follows}


def terminal_start(run: Run, per_class: int) -> float:
    """The first probe from which on no network of this size has a training error."""
    time = rows(run, "time")
    own = time[time.per_class == per_class].groupby("seed")
    return max(float(moments.terminal_phase(each)["phase_start"]) for _, each in own)


def terms(run: Run) -> pd.DataFrame:
    """A row a size: means over pairs and seeds of the two CDNVs, the bound and its terms, and the share of B in it."""
    pairs = rows(run, "pair")
    pairs["share"] = 100 * pairs.B / pairs.cdnv_bound
    means = pairs.groupby("per_class")[["cdnv_test", "cdnv_bound", "cdnv_train", "A", "B", "share"]].mean()
    means = means.round({"cdnv_test": 4, "cdnv_bound": 4, "cdnv_train": 4, "A": 3, "B": 4, "share": 1}).reset_index()
    return means.set_axis(
        ["n", "V of the population", "bound", "V of the training set", "A", "B", "B, % of the bound"], axis=1
    )


def halves(run: Run) -> pd.DataFrame:
    """A row a size: how often the bound of one half of the population holds in the other, and how far that is off.

    And what the two shifts leave of the training distance, in the worst and in the middle pair. All in %.
    """
    pairs = rows(run, "pair")
    found = pd.DataFrame(
        {
            "n": pairs.per_class,
            "holds across halves, %": 100.0 * (pairs.half_bound >= pairs.half_cdnv),
            "error of one half, %": 100 * (pairs.half_cdnv / pairs.cdnv_test - 1).abs(),
            "left": 100 * (1 - pairs.shift_sum / pairs.distance_train),
        }
    ).groupby("n")
    table = found.mean().drop(columns="left").round(1)
    left = {
        "left of the distance, worst pair, %": found.left.min(),
        "left of the distance, middle pair, %": found.left.median(),
    }
    return table.assign(**{name: values.round() for name, values in left.items()}).reset_index()


def falls(run: Run) -> pd.DataFrame:
    """A row a size: how many times the CDNVs and B fall from zero training error to the end, in the median."""
    ends = terminal(run)
    names = {"cdnv_train": "V of the training set", "cdnv_test": "V of the population", "B": "B"}
    table = pd.DataFrame(
        {"n": ends.per_class} | {name: ends[f"{key}_then"] / ends[f"{key}_end"] for key, name in names.items()}
    )
    return table.groupby("n").median().reset_index()


def exponents(run: Run) -> pd.DataFrame:
    """A row a term and network: the lowest and the highest slope over the seeds."""
    fixed, networks = rows(run, "fixed"), rows(run, "network")
    found = {
        "one fixed network, mean": rates(fixed, "shift"),
        "one fixed network, square": rates(fixed, "square"),
        "trained on the points, mean": rates(networks, "shift", "length"),
        "the same networks, fresh points": rates(networks, "shift_if_fresh", "length"),
    }
    return pd.DataFrame(
        {
            "deviation of": list(found),
            "lowest": [f"{each.min():.2f}" for each in found.values()],
            "highest": [f"{each.max():.2f}" for each in found.values()],
        }
    )


def shift_ratios(run: Run) -> pd.DataFrame:
    """A row a size: the shift of the training means over that of fresh points, and over what the training set tells."""
    networks = rows(run, "network")
    table = pd.DataFrame(
        {
            "n": networks.per_class,
            "times fresh points": networks["shift"] / networks.shift_if_fresh,
            "times the guess": networks["shift"] / networks.shift_by_train,
        }
    )
    return table.groupby("n").mean().round(1).reset_index()


def coverage(run: Run) -> pd.DataFrame:
    """A row a bound that needs no population: the pairs, in %, in which it holds, and in which it says nothing."""
    pairs = rows(run, "pair")
    names = ["hoeffding", "bootstrap_train", "bootstrap_fresh"]
    return pd.DataFrame(
        {
            "bound": [COLUMNS[name].label for name in names],
            "holds, %": [round(100 * (pairs[name] >= pairs.cdnv_test).mean()) for name in names],
            "says nothing, %": [round(100 * np.isinf(pairs[name]).mean()) for name in names],
        }
    )


def center_errors(run: Run) -> pd.DataFrame:
    """A row a size: error of the nearest-center rule, with the population's means and the training set's; bounds."""
    columns = ["ncc_error_test", "ncc_error_test_train_means", "directional_ncc_error_bound", "ncc_error_bound"]
    means = rows(run, "network").groupby("per_class")[columns].mean().round(4).reset_index()
    return means.set_axis(
        ["n", "error", "error with training centers", "bound along the lines", "bound 4 (K−1) V"], axis=1
    )
