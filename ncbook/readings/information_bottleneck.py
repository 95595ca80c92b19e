"""Runs of `information_bottleneck`: what layers end at, who compresses, and the transitions of collapsed features."""

import math

import pandas as pd

from ncbook.readings import _rows, moments
from ncbook.readings.measures import Measure
from ncbook.runs import Run

ACTIVATIONS = {"tanh": "tanh", "relu": "ReLU"}
ESTIMATORS = {
    "fixed noise": "fixed noise",
    "scaled noise": "noise scaled to the layer",
    "fixed bins": "fixed bins",
    "scaled bins": "bins scaled to the layer",
}
FIXED, SCALED = NOISES = ("fixed noise", "scaled noise")
BIT = math.log(2)  # one bit in nats: the least change of information that counts
COMPRESSED = 0.05  # nats: the least difference of two layers that counts
CLASSES = 10  # of the digits
CURVE = "noise curve"  # estimator of the rows that show information against noise
KEYS = (
    "part", "activation", "means", "split", "estimator", "layer", "weight_decay", "beta", "dim", "setting", "seed",
)  # fmt: skip
COLUMNS: dict[str, Measure] = {
    "activation": Measure("activation", "tanh or relu, in the part plane"),
    "means": Measure("class means", "simplex or random, in the part frames"),
    "split": Measure("images", "train or test, in the part digits"),
    "estimator": Measure("estimator", "of the information: kernels or bins, of fixed or scaled size"),
    "beta": Measure("strength β", "weight of the rate in the loss of a variational bottleneck, else 0"),
    "num_points": Measure("points N", "number of points that the estimate is made from, else 0"),
    "noise_variance": Measure("noise variance", "of the Gaussian noise that a kernel estimate adds to each coordinate"),
    "relative_noise": Measure("noise variance / size of the features", "size: total variance"),
    "bin_width": Measure("bin width", "of a binned estimate"),
    "information": Measure("MI(X; T)", "of input and layer: the upper bound of a kernel estimate, or binned", "nats"),
    "information_lower": Measure("MI(X; T), lower bound", "of input and layer, by kernels", "nats"),
    "label_information": Measure("MI(Y; T)", "of label and layer", "nats"),
    "true_information": Measure("truth", "what the estimate should be, in closed form", "nats"),
    "total_variance": Measure("size of the features", "mean squared distance from their mean"),
    "rate": Measure("rate", "mean KL divergence of a code from its prior", "nats"),
    "beta_low": Measure("first critical β − 1", "smallest critical beta of the Gaussian bottleneck, minus 1"),
    "beta_high": Measure("last critical β − 1", "largest finite critical beta of the Gaussian bottleneck, minus 1"),
    "beta_mean": Measure("mean critical β − 1", "mean of the finite critical betas, minus 1"),
    "beta_closed": Measure("critical β − 1", "of a simplex in round noise, in closed form"),
}  # fmt: skip


def rows_of(run: Run, part: str, **values: object) -> pd.DataFrame:
    """The history of one part, of the activations, estimators, ... that are chosen."""
    return _rows.chosen(run.to_frame(), part=part, **values)


def ends(run: Run, part: str, **values: object) -> pd.DataFrame:
    """The last row of each network, layer and estimator."""
    return _rows.last(rows_of(run, part, **values), KEYS)


def compression(run: Run) -> pd.DataFrame:
    """For the last hidden layer of each network and each estimator: by how much MI(X; T) rises, and then falls.

    Columns activation, estimator, seed, rise (highest minus first), fall (highest minus last; nats), test_error.
    """
    last = rows_of(run, "plane", layer=len(run.config["hidden"]))
    return moments.by_training(last, ("activation", "estimator", "seed"), rise_and_fall)


def rise_and_fall(rows: pd.DataFrame) -> dict[str, float]:
    """Of one layer and estimator of one training, in the order of its probes; columns as in `compression`."""
    course = rows.information
    return {
        "rise": course.max() - course.iloc[0],
        "fall": course.max() - course.iloc[-1],
        "test_error": rows.test_error.iloc[-1],
    }


def digits_courses(run: Run) -> pd.DataFrame:
    """For the digits' training features at each noise: rise and fall of MI(X; T) as in `compression`, and the phase.

    A row a weight decay, estimator and seed; the terminal phase as in `moments.terminal_phase`, and nc1_fall, by how
    many times NC1 falls in it. So too spread_start, the ratio of critical betas where it starts, and spread_end.
    """
    return moments.by_training(collapsing(run, "train"), ("weight_decay", "estimator", "seed"), _course)


def _course(rows: pd.DataFrame) -> dict[str, float]:
    phase = moments.terminal_phase(rows)
    then, end = moments.at(rows, phase["phase_start"]), rows.iloc[-1]
    spreads = {f"spread_{when}": row.beta_high / row.beta_low for when, row in (("start", then), ("end", end))}
    return rise_and_fall(rows) | phase | {"nc1_fall": then.nc1_train / end.nc1_train} | spreads


def label_losses(run: Run) -> pd.Series:
    """By how much MI(Y; T) at the end of training is lower in the worst hidden layer than in the first."""
    keys = ["activation", "estimator", "seed"]
    table = ends(run, "plane").pivot_table(index=keys, columns="layer", values="label_information", sort=False)
    return table.iloc[:, 0] - table.min(axis=1)


def layer_ends(run: Run) -> pd.DataFrame:
    """MI(X; T) at the end: a row for each activation, estimator and seed, a column a hidden layer."""
    keys = ["activation", "estimator", "seed"]
    return ends(run, "plane").pivot_table(index=keys, columns="layer", values="information", sort=False)


def largest_rises(run: Run) -> pd.Series:
    """By how much MI(X; T) at the end rises at most from a hidden layer to the next: rows of `layer_ends`."""
    return layer_ends(run).diff(axis=1).iloc[:, 1:].max(axis=1)


def collapsing(run: Run, split: str) -> pd.DataFrame:
    """The rows of the digits' features at the two noises, through training."""
    rows = rows_of(run, "digits", split=split)
    return rows[rows.estimator.isin(NOISES)]


def clustering(run: Run, split: str) -> pd.DataFrame:
    """Rank correlation of MI(X; T) with NC1 over the probes: weight_decay, estimator, seed, correlation."""

    def correlated(rows: pd.DataFrame) -> dict[str, float]:
        return {"correlation": rows.information.corr(rows[f"nc1_{split}"], method="spearman")}

    return moments.by_training(collapsing(run, split), ("weight_decay", "estimator", "seed"), correlated)


def spreads(run: Run) -> pd.DataFrame:
    """The rows of the digits' training features with `spread`: last over first critical beta, each minus 1."""
    rows = rows_of(run, "digits", split="train", estimator=FIXED)
    return rows.assign(spread=rows.beta_high / rows.beta_low)


def transitions(run: Run) -> pd.DataFrame:
    """Critical betas of the digits' training features at the first zero training error, `_then`, and last, `_end`.

    Columns weight_decay, seed, and at both moments spread, beta_mean, nc1_train and step; without trainings that never
    get there.
    """

    def both(rows: pd.DataFrame) -> dict[str, float]:
        then, last = moments.at(rows, moments.zero_error(rows)), rows.iloc[-1]
        columns = ("spread", "beta_mean", "nc1_train", "step")
        return {f"{name}_{when}": row[name] for when, row in (("then", then), ("end", last)) for name in columns}

    return moments.by_training(spreads(run), ("weight_decay", "seed"), both).dropna(subset=["step_then"])
