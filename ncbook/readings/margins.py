"""Runs of `margins`: lines in the plane, margins along training, and what margins say of families of networks."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
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
