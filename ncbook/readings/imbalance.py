"""Runs of `imbalance`: free features with classes of two sizes, and networks with and without a remedy."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ncbook.readings import _rows
from ncbook.readings.measures import Measure
from ncbook.readings.words import spread
from ncbook.runs import Run

PLAIN, FEW = "plain", "few of every class"
MANY = "many of every class"  # the plain network at ratio 1
REWEIGHTED, ADJUSTED = "reweighted loss", "logit-adjusted loss"
OVERSAMPLED, FIXED = "oversampling", "fixed simplex head"
REMEDIES = (REWEIGHTED, ADJUSTED, OVERSAMPLED, FIXED)
FREE, LIMIT, NETWORK = "free", "limit", "network"  # parts
HEAD, SHIFTED, NEAREST, POOL = "head", "shifted", "nearest", "pool"  # rules of decision
RULES = {
    HEAD: "head",
    SHIFTED: "head, logits adjusted afterwards",
    NEAREST: "nearest training mean",
    POOL: "nearest mean of all images",
}
KEYS = ("part", "arm", "ratio", "weight_decay", "feature_decay", "seed")
ONE = 0.01  # distance of two rare rows up to which they are called one, in root mean square lengths of a row
_SIZES = {"rare": "rare classes", "frequent": "frequent classes", "worst": "the worst class"}

COLUMNS: dict[str, Measure] = {
    "feature_decay": Measure("feature decay", "coefficient of the decay of free features; 0 for networks"),
    "slope": Measure("slope", "largest entry of the gradient of the objective"),
    "cos_rows_rare": Measure(
        "cosine of rare rows",
        "mean cosine between centered rows of W of two rare classes; nan where such a row is zero",
    ),
    "cos_means_rare": Measure("cosine of rare means", "the same of centered class means"),
    "cos_means_raw": Measure(
        "cosine of means", "mean cosine between class means of all pairs, which are not centered; nan where one is zero"
    ),
    "seli_rows": Measure("rows to SELI", "distance of the Gram matrix of the centered rows of W from that of SELI"),
    "etf_rows": Measure("rows to the simplex", "the same from that of a simplex ETF"),
    "seli_means": Measure("means to SELI", "distance of the Gram matrix of the centered class means from that of SELI"),
    "etf_means": Measure("means to the simplex", "the same from that of a simplex ETF"),
    "apart_rare": Measure("rare to rare", "mean distance of two rare rows of W, over the root mean square length"),
    "apart_across": Measure("rare to frequent", "mean distance of a rare and a frequent row, over the same length"),
    "apart_frequent": Measure("frequent to frequent", "mean distance of two frequent rows, over the same length"),
} | {
    f"{size}_acc_{rule}": Measure(f"accuracy, {words}", f"share of test images of {words} put right by the {by}")
    for rule, by in RULES.items() for size, words in _SIZES.items()
}  # fmt: skip


def ends(run: Run, part: str) -> pd.DataFrame:
    """The last row of each training or minimization of a part; `mean_acc_RULE` is the mean over the classes.

    `fitted`: whether no training error is left.
    """
    table = _rows.last(_rows.chosen(run.to_frame(), part=part), KEYS)
    rare = run.config["rare"] / run.config["classes"]
    means = {
        f"mean_acc_{rule}": rare * table[f"rare_acc_{rule}"] + (1 - rare) * table[f"frequent_acc_{rule}"]
        for rule in RULES
    }
    return table.assign(fitted=table.train_error == 0, **means)


def beside(run: Run, column: str) -> pd.DataFrame:
    """A column of the networks' `ends` at the ratio of the remedies: a row a weight decay and seed, a column an arm.

    `MANY` is the plain network at equal sizes; nan throughout for an arm with a training error left.
    """
    table = ends(run, NETWORK)
    ratio = run.config["remedy_ratio"]
    many = table[(table.arm == PLAIN) & (table.ratio == 1)].assign(arm=MANY, ratio=ratio)
    table = pd.concat([many, table[table.ratio == ratio]])
    fitted = table.assign(**{column: table[column].where(table.fitted)})
    return fitted.pivot(index=["weight_decay", "seed"], columns="arm", values=column)


def pairs(run: Run) -> list[tuple[float, float]]:
    """(weight decay, feature decay) of the free features."""
    return list(zip(run.config["weight_strengths"], run.config["feature_strengths"], strict=True))


def of_pair(table: pd.DataFrame, pair: tuple[float, float]) -> pd.DataFrame:
    """The rows with these two decays."""
    return _rows.chosen(table, weight_decay=pair[0], feature_decay=pair[1])


def critical(config: Mapping[str, Any], weight_decay: float, feature_decay: float) -> float:
    """The ratio R from which on free features of rare classes are one, at the sizes of the run.

    As `metrics.minority_collapse_ratio`, which derives it: sqrt(n / R) = N sqrt(lambda_W lambda_H).
    """
    rare, frequent = config["rare"], config["classes"] - config["rare"]
    slope = 1 / math.sqrt(weight_decay * feature_decay * config["free_per_class"])
    return float(((slope + math.sqrt(slope**2 - 4 * frequent * rare)) / (2 * frequent)) ** 2)


def strongest(run: Run) -> float:
    """The larger weight decay of the networks."""
    return float(max(run.config["weight_decays"]))


def thresholds(run: Run) -> pd.DataFrame:
    """A row a pair of decays: the predicted ratio, and between which ratios of the run rare rows become one."""
    table = ends(run, FREE)
    rows = []
    for pair in pairs(run):
        own = of_pair(table[table.arm == PLAIN], pair)
        farthest = own.groupby("ratio").apart_rare.max()
        rows.append(
            {
                "decay of W": f"{pair[0]:g}",
                "decay of H": f"{pair[1]:g}",
                "predicted R": critical(run.config, *pair),
                "apart up to R": farthest[farthest > ONE].index.max(),
                "one from R": farthest[farthest <= ONE].index.min(),
            }
        )
    return pd.DataFrame(rows)


def remedies(run: Run, weight_decay: float) -> pd.DataFrame:
    """A row a way to decide, at the ratio of the remedies: accuracy in percent on new images, medians and ranges."""
    ways = [(MANY, HEAD), *((PLAIN, rule) for rule in RULES), *((arm, HEAD) for arm in (*REMEDIES, FEW))]
    rows = []
    for arm, rule in ways:
        own = {size: 100 * _column(run, f"{size}_acc_{rule}", weight_decay)[arm] for size in _SIZES}
        name = arm if rule == HEAD else f"{arm}, {RULES[rule].removeprefix('head, ')}"
        rows.append(
            {
                "training, and decision": name,
                "rare, %": spread(own["rare"], "{:.1f}"),
                "frequent, %": spread(own["frequent"], "{:.1f}"),
                "worst class, %": f"{own['worst'].median():.0f}",
                "rows to the simplex": f"{_column(run, 'etf_rows', weight_decay)[arm].median():.2f}",
            }
        )
    return pd.DataFrame(rows)


def _column(run: Run, column: str, weight_decay: float) -> pd.DataFrame:
    """`beside` at one weight decay: a row a seed."""
    return beside(run, column).loc[weight_decay]
