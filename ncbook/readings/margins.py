"""Runs of `margins`: lines in the plane, margins along training, and what margins say of families of networks."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.words import spread
from ncbook.runs import Run

LINES = {"H1": "H1, does not separate", "H2": "H2, separates narrowly", "H3": "H3, the largest margin"}
FRAMES = {"simplex": "simplex ETF", "orthogonal": "orthogonal", "random": "random"}
FAMILIES = ("label noise", "number of images", "settings", "settings, no batch norm")
KEYS = ["family", "weight_decay", "seed"]  # of a network of the part training
COLUMNS: dict[str, Measure] = {
    "family": Measure("family", "networks that differ in one thing, a line of the plane, or true or random labels"),
    "raw": Measure("smallest margin", "of the training points, in the unit of the logits"),
    "smallest": Measure("smallest relative margin", "over the norm of the classifier and the length of the features"),
    "area": Measure("area under the margin curve", "mean of the relative margins"),
    "ideal": Measure("collapsed", "what all relative margins are under neural collapse"),
    "spread": Measure("relative spread", "standard deviation of the relative margins over their mean"),
    "svm_cosine": Measure("cosine with the max-margin classifier", "of the head, for the same features"),
    "svm_share": Measure("smallest margin, share of the largest", "of the head over its norm, without its bias"),
    "means_svm_cosine": Measure("class means", "cosine of the centered class means with the max-margin classifier"),
    "doubled_raw": Measure("smallest margin, doubled", "`raw` once W and b are doubled"),
    "doubled_changed": Measure("decisions changed", "share of decisions on new data that doubling W and b changes"),
    "confidence": Measure("confidence", "mean largest probability on new data"),
    "doubled_confidence": Measure("confidence, doubled", "the same once W and b are doubled"),
    "frame": Measure("frame", "class means around which points are drawn"),
    "sigma": Measure("noise σ", "standard deviation of the noise around the class means"),
    "risk": Measure("error on the distribution", "share of the distribution that a line or the means decide wrongly"),
    "errors": Measure("errors", "draws that were decided wrongly"),
    "exponent": Measure("−σ² log error", "error exponent at this noise"),
    "limit": Measure("limit", "of the exponent for vanishing noise"),
    "margin": Measure("margin", "of a line, negative if it does not separate"),
}
_MEASURED = ["raw", "smallest", "area", "spread", "nc1_train", "svm_cosine", "svm_share", "means_svm_cosine",
          "train_error", "test_error"]  # fmt: skip


def rows(run: Run, part: str) -> pd.DataFrame:
    """One part of the history: "plane", "training", "families" or "exponent"."""
    frame = run.to_frame()
    return frame[frame.part == part].reset_index(drop=True)


def line_risks(run: Run) -> pd.DataFrame:
    """Error on the distribution, a row a drawn training set and a column a line."""
    return rows(run, "plane").pivot(index="seed", columns="family", values="risk")


def with_curves(run: Run) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of the part `training`, numbered from 0, and the quantiles [rows, 101] of their relative margins."""
    return rows(run, "training"), run.arrays["training/curves"]


def milestones(run: Run) -> pd.DataFrame:
    """One row a network of the part `training`: KEYS, `zero_error`, its terminal phase, and each measure thrice.

    `_then` is at zero_error, `_start` where the terminal phase starts, both nan where there is none, and `_end` is at
    the last step. The phase has the columns of `moments.terminal_phase`, and nc1_fall, by how many times NC1 falls.
    """
    return moments.by_training(rows(run, "training"), KEYS, _milestones)


def _milestones(own: pd.DataFrame) -> dict[str, float]:
    reached, phase = moments.zero_error(own), moments.terminal_phase(own)
    rows = {"then": moments.at(own, reached), "start": moments.at(own, phase["phase_start"]), "end": own.iloc[-1]}
    found = {f"{name}_{when}": float(row[name]) for when, row in rows.items() for name in _MEASURED}
    return {"zero_error": reached} | phase | found | {"nc1_fall": found["nc1_train_start"] / found["nc1_train_end"]}


def correlations(run: Run) -> pd.DataFrame:
    """Spearman's rank correlation with test accuracy; one row a family and seed (one for the family of the seeds).

    Columns: family, seed, networks, area, smallest. nan where margins or accuracies are all equal.
    """
    frame = rows(run, "families")
    trials = frame.assign(seed=frame.seed.where(frame.family != "seeds", frame.seed.min()))
    return moments.by_training(trials, ("family", "seed"), _correlations)


def _correlations(networks: pd.DataFrame) -> dict[str, float]:
    ranks = networks[["area", "smallest"]].rank().corrwith((-networks.test_error).rank())
    return {"networks": len(networks)} | ranks.to_dict()


def lines(run: Run) -> pd.DataFrame:
    """A row a line of the plane: its margin in the median, and the lowest and highest error, over the training sets."""
    found = rows(run, "plane").groupby("family")
    errors = 100 * found.risk.agg(["min", "max"]).round(4)
    table = {"margin": found.margin.median().round(2), "lowest error, %": errors["min"], "highest, %": errors["max"]}
    return pd.DataFrame(table).rename_axis("line").reset_index()


def doubled(run: Run) -> pd.DataFrame:
    """A row a weight decay: smallest margin and confidence of the first seed, and once W and b are doubled."""
    ends = rows(run, "training").groupby(KEYS, sort=False).tail(1)
    own = ends[(ends.family == "true labels") & (ends.seed == run.config["seeds"][0])]
    columns = {
        "weight_decay": "weight decay",
        "raw": "smallest margin",
        "doubled_raw": "smallest margin, doubled",
        "confidence": "confidence",
        "doubled_confidence": "confidence, doubled",
        "doubled_changed": "decisions changed",
    }
    return own[list(columns)].rename(columns=columns)


def _by_decay(run: Run, columns: dict[str, str], family: str = "true labels") -> pd.DataFrame:
    """Medians over the seeds of columns of the milestones, a row a weight decay; `columns` maps them to new names."""
    found = milestones(run)
    medians = found[found.family == family].groupby("weight_decay", sort=False)[list(columns)].median().round(4)
    return medians.rename(columns=columns).rename_axis("weight decay").reset_index()


def agreement(run: Run) -> pd.DataFrame:
    """A row a weight decay: NC1, and how near the classifier and the class means are to the max-margin classifier."""
    return _by_decay(
        run,
        {
            "nc1_train_end": "NC1",
            "svm_cosine_end": "cosine of the classifier",
            "means_svm_cosine_end": "cosine of the class means",
            "svm_share_end": "share of the largest margin",
        },
    )


def curves(run: Run) -> pd.DataFrame:
    """A row a weight decay: the smallest margin, the area and the relative spread, from zero error to the end."""
    names = {"smallest": "smallest margin", "area": "area", "spread": "relative spread"}
    moved = {f"{key}_{when}": f"{key}_{when}" for key in names for when in ("then", "end")}
    table = _by_decay(run, moved)
    told = {
        name: [f"{then:.3f} to {end:.3f}" for then, end in zip(table[f"{key}_then"], table[f"{key}_end"], strict=True)]
        for key, name in names.items()
    }
    return pd.DataFrame({"weight decay": table["weight decay"]} | told)


def true_and_random(run: Run) -> pd.DataFrame:
    """A row true and a row random labels, at the second weight decay: medians of errors, margins, NC1 and agreement."""
    found = milestones(run)
    found = found[found.weight_decay == run.config["weight_decays"][1]].assign(test=100 * found.test_error_end)
    columns = {
        "test": "test error, %",
        "smallest_end": "smallest margin",
        "area_end": "area",
        "spread_end": "spread",
        "nc1_train_end": "NC1",
        "svm_cosine_end": "cosine",
    }
    medians = found.groupby("family", sort=False)[list(columns)].median().round(3)
    return medians.rename(columns=columns).rename_axis("labels").reset_index()


def ranks(run: Run) -> pd.DataFrame:
    """A row a family: networks of a trial, and the median and range of its correlations with test accuracy."""
    found = [
        {"family": family, "networks": int(trials.networks.iloc[0])}
        | {name: spread(trials[key], "{:.2f}") for key, name in {"area": "area", "smallest": "smallest margin"}.items()}
        for family, trials in correlations(run).groupby("family", sort=False)
    ]
    return pd.DataFrame(found)


def few_and_many(run: Run) -> pd.DataFrame:
    """A row the smallest and one the largest training sets: medians of the smallest margin, area and test error."""
    sizes = rows(run, "families")
    sizes = sizes[sizes.family == "number of images"].assign(test=100 * sizes.test_error)
    medians = sizes.groupby("per_class")[["smallest", "area", "test"]].median().round(3)
    table = medians.loc[[medians.index.min(), medians.index.max()]].reset_index()
    return table.set_axis(["images of each class", "smallest margin", "area", "test error, %"], axis=1)


def exponents(run: Run) -> pd.DataFrame:
    """A row a number of classes and frame at the smallest noise: the exponent, its limit, errors of plain sampling."""
    drawn = rows(run, "exponent")
    drawn = drawn[drawn.sigma == drawn.sigma.min()]
    found = [
        {
            "K": int(K),
            "means": FRAMES[frame],
            "exponent": f"{points[points.method == 'importance'].exponent.median():.4f}",
            "limit": f"{points.limit.median():.4f}",
            "errors met by plain sampling": int(points[points.method == "plain"].errors.sum()),
        }
        for (K, frame), points in drawn.groupby(["num_classes", "frame"], sort=False)
    ]
    return pd.DataFrame(found)
