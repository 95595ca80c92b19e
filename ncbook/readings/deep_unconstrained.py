"""Runs of `deep_unconstrained`: what beats collapse in deep unconstrained features, and whether collapse is stable."""

import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.runs import Run

MODELS = {"deep linear": "linear, cross-entropy", "deep relu": "ReLU, squared error"}
NEAR = 1e-4  # a descent that ends within this share of the collapsed loss has ended there
# Logits of six classes that are 1 larger than any other: how many singular values they have, and how large.
SHAPES = {"simplex": (5, 1.0), "octahedron": (3, 2.0), "hexagon": (2, 6.0)}
COLUMNS: dict[str, Measure] = {
    "start": Measure("start", "of a descent: random, or the collapsed solution nudged"),
    "num_layers": Measure("weight matrices", "number of weight matrices behind the free features"),
    "regularized_loss": Measure("loss", "fit and decay of deep unconstrained features at the end of a descent", "nats"),
    "collapsed_loss": Measure("collapsed loss", "the same of the best collapsed solution", "nats"),
    "lowest_curvature": Measure("lowest curvature", "smallest over largest eigenvalue of the Hessian when collapsed"),
    "logit_rank": Measure("rank", "singular values of the logits above a thousandth of the largest"),
    "inner_rank": Measure("least inner rank", "the same before the last weight matrix, where it is least"),
}


def descents(run: Run) -> pd.DataFrame:
    """All rows, with `relative`, the loss over that of the collapsed solution."""
    frame = run.to_frame()
    return frame.assign(relative=frame.regularized_loss / frame.collapsed_loss)


def problems(run: Run) -> pd.DataFrame:
    """A row a model (`arm`), number of classes and number of weight matrices.

    best         lowest loss from a random start, over the loss of the collapsed solution;  seed: of that start
    rank         rank of the logits there;  inner_rank: smallest rank before the last matrix
    collapsed    share of random starts that end at the collapsed loss
    curvature    smallest over largest eigenvalue of the Hessian at the collapsed solution; nan with ReLUs
    lowest_nudged, highest_nudged   losses after a disturbance of it, over its own
    """
    keys = ["arm", "num_classes", "num_layers"]
    return moments.by_training(descents(run).sort_values(keys, kind="stable"), keys, _found)


def _found(own: pd.DataFrame) -> dict[str, float]:
    random, nudged = (own[own.start == start] for start in ("random", "nudged"))
    best = random.loc[random.relative.idxmin()]
    return {
        "best": best.relative,
        "seed": int(best.seed),
        "rank": int(best.logit_rank),
        "inner_rank": int(best.inner_rank),
        "collapsed": float((random.relative.sub(1).abs() < NEAR).mean()),
        "curvature": best.lowest_curvature,
        "lowest_nudged": nudged.relative.min(),
        "highest_nudged": nudged.relative.max(),
    }


def lowest(ends: pd.DataFrame) -> "pd.Series[float]":
    """The lowest loss that is known, over the collapsed one, by number of matrices; that itself is known, so at most 1.

    `ends` are rows of `descents` of one model and number of classes.
    """
    return ends.groupby("num_layers").relative.min().clip(upper=1)


def penalty(shape: str, factors: int) -> float:
    """The least sum of squares of so many matrices whose product is one of `SHAPES`."""
    count, size = SHAPES[shape]
    return float(factors * count * size ** (2 / factors))


def shape_prices() -> pd.DataFrame:
    """For readers: the penalty of each of `SHAPES`, a row a number of weight matrices."""
    rows = [{"m": m} | {shape: penalty(shape, m + 1) for shape in SHAPES} for m in range(1, 6)]
    return pd.DataFrame(rows).round(2)


def best(run: Run) -> pd.DataFrame:
    """For readers: what the best start found, a row a number of classes and of matrices, a column a model.

    The loss over the collapsed one and, in parentheses, the lowest rank of what any of the factors puts out.
    """
    found = problems(run)
    least = found[["rank", "inner_rank"]].min(axis=1)
    told = [f"{loss:.3f} ({rank})" for loss, rank in zip(found.best, least, strict=True)]
    wide = found.assign(told=told).pivot(index=["num_classes", "num_layers"], columns="arm", values="told")
    short = {model: words.split(",")[0] for model, words in MODELS.items()}
    named = wide[list(MODELS)].rename(columns=short).rename_axis(columns=None).reset_index()
    return named.rename(columns={"num_classes": "K", "num_layers": "m"})


def stability(run: Run) -> pd.DataFrame:
    """For readers: the collapsed solution of the linear model, a row a number of classes above two and of matrices."""
    found = problems(run)
    found = found[(found.arm == "deep linear") & (found.num_classes > 2)]
    off = (found[["lowest_nudged", "highest_nudged"]] - 1).abs().max(axis=1)
    return pd.DataFrame({
        "K": found.num_classes,
        "m": found.num_layers,
        "curvature": [f"{value:.0e}" for value in found.curvature],
        "loss off": [f"{value:.0e}" for value in off],
        "starts (%)": (100 * found.collapsed).round().astype(int),
    })  # fmt: skip
