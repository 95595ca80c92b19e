"""Runs of `reliability`: scores of unseen classes, what attacks do to features, and how sure networks are."""

import pandas as pd

from ncbook.readings import _rows, moments
from ncbook.readings.measures import Measure
from ncbook.readings.words import spread
from ncbook.runs import Run

PLAIN, FALLING, ROBUST, NONE = "plain", "falling rate", "robust", "none"
TRAINING, ATTACK, SCALING, PIXELS = "training", "attack", "scaling", "pixels"  # parts
HIT, NOISE = "attack", "noise"  # changes of the images
KEYS = ("part", "arm", "weight_decay", "perturbation", "radius", "scale", "seed")
SCORES = {
    "msp": "softmax",
    "energy": "energy",
    "mahalanobis": "Mahalanobis",
    "neco": "NECO",
    "cosine": "cosine",
}
BASELINES = {"nearest": "nearest image, pixels", "mahalanobis": "Mahalanobis, pixels"}
_SCORED = {
    "msp": "the largest softmax probability",
    "energy": "log-sum-exp of the logits",
    "mahalanobis": "the Mahalanobis distance to the nearest class mean",
    "neco": "NECO, the share of the length in the first K - 1 principal axes",
    "cosine": "the largest cosine to a class mean, both centered",
    "nearest": "the distance to the nearest training image in pixels",
}
HALF = "of every second test point"

COLUMNS: dict[str, Measure] = {
    "perturbation": Measure("perturbation", "what was done to the images: an attack, noise, or nothing"),
    "radius": Measure("radius", "by how much a pixel may move, in standard deviations of the training pixels"),
    "nc5": Measure("NC5", "mean |cos| between a class mean and the mean of the unseen features, from the origin"),
    "nc5_centered": Measure("NC5, centered", "the same from the mean of the class means"),
    "confidence_test": Measure("confidence", "mean largest softmax probability on the test set"),
    "ece_test": Measure("calibration error", "expected calibration error of the test set, 15 bins"),
    "ece_calibrated": Measure("calibration error by chance", "the same for labels that are drawn from the softmax"),
    "temperature": Measure("temperature", "by which the logits of one half of the test set are best divided"),
    "ece_half": Measure("calibration error, half", f"expected calibration error {HALF}"),
    "ece_mended": Measure("calibration error, mended", f"expected calibration error {HALF}, with the temperature"),
    "loss_half": Measure("test loss, half", f"cross-entropy {HALF}", "nats"),
    "loss_mended": Measure("test loss, mended", f"cross-entropy {HALF}, with the temperature", "nats"),
    "hit_error_train": Measure("errors, changed", "share of changed training images that are decided wrongly"),
    "hit_error_test": Measure("errors, changed new", "share of changed test images that are decided wrongly"),
    "nc1_hit": Measure("NC1, changed", "NC1 of changed training images by their true class"),
    "nc1_decided": Measure("NC1 by decision", "NC1 of changed training images by the class decided for"),
    "to_corner": Measure("distance to the corner", "of wrongly decided images from the mean of the decided class, over "
                         "the distance of that mean from the mean of their own"),
    "at_nearest": Measure("at the nearest", "share of wrongly decided images whose nearest mean is of that class"),
    "means_cosine": Measure("cosine of means", "cosine of the centered class means of changed and of unchanged images"),
} | {
    f"auroc_{name}": Measure(f"AUROC, {name}", f"how often an unseen class is told from a trained one by {meaning}")
    for name, meaning in _SCORED.items()
}  # fmt: skip


def probes(run: Run) -> pd.DataFrame:
    """A row a probed step of each training."""
    return _rows.chosen(run.to_frame(), part=TRAINING)


def ends(run: Run) -> pd.DataFrame:
    """The last probe of each training; `fitted`: whether no training error is left."""
    table = _rows.last(probes(run), KEYS)
    return table.assign(fitted=table.train_error == 0)


def beside(run: Run, column: str, arm: str = PLAIN) -> pd.DataFrame:
    """A column of `ends`: a row a seed, a column a weight decay; nan for a network with a training error."""
    table = _rows.chosen(ends(run), arm=arm)
    return table.assign(**{column: table[column].where(table.fitted)}).pivot(
        index="seed", columns="weight_decay", values=column
    )


def since_fitted(run: Run, columns: list[str], arm: str = PLAIN) -> pd.DataFrame:
    """A row a training: `columns` at the first probe without a training error, COLUMN_then, and at the end."""
    table = _rows.chosen(probes(run), arm=arm)
    rows = []
    for (decay, seed), own in table.groupby(["weight_decay", "seed"]):
        found = moments.since_zero_error(own, [*columns, "train_error"])
        rows.append({"weight_decay": decay, "seed": seed, **found})
    return pd.DataFrame(rows)


def baselines(run: Run) -> pd.DataFrame:
    """AUROC of the pixels: a row a seed, a column each of `BASELINES`."""
    table = _rows.chosen(run.to_frame(), part=PIXELS).set_index("seed")
    return pd.DataFrame({name: table[f"auroc_{name}"] for name in BASELINES})


def best_score(run: Run, decay: float, arm: str = PLAIN) -> pd.Series:
    """Of each seed, the AUROC of that score of the network which is best there."""
    return pd.concat([beside(run, f"auroc_{name}", arm)[decay] for name in SCORES], axis=1).max(axis=1, skipna=False)


def changed(run: Run, change: str, radius: float, arm: str = PLAIN) -> pd.DataFrame:
    """Of each trained network, a row on changed images; `nc1_clean` is NC1 of the images as they are."""
    table = _rows.chosen(run.to_frame(), part=ATTACK, arm=arm)
    clean = _rows.chosen(table, perturbation=NONE).set_index(["weight_decay", "seed"])
    own = _rows.chosen(table, perturbation=change, radius=radius).set_index(["weight_decay", "seed"])
    return own.assign(nc1_clean=clean.nc1_hit, fitted=clean.hit_error_train == 0).reset_index()


def scalings(run: Run) -> pd.DataFrame:
    """A row a plain network and factor on its logits; `overconfidence` is mean confidence minus accuracy."""
    table = _rows.chosen(run.to_frame(), part=SCALING)
    return table.assign(overconfidence=table.confidence_test.astype(float) + table.test_error.astype(float) - 1)


def strongest(run: Run) -> float:
    """The largest weight decay."""
    return float(max(run.config["weight_decays"]))


def weakest(run: Run) -> float:
    """The smallest weight decay."""
    return float(min(run.config["weight_decays"]))


def detectors(run: Run, arm: str = PLAIN) -> pd.DataFrame:
    """A row a score: AUROC with each weight decay at the end, medians and ranges over the seeds; the pixels last."""
    rows = []
    for name, label in SCORES.items():
        told = beside(run, f"auroc_{name}", arm)
        rows.append({"score": label} | {_named(decay): spread(told[decay], "{:.3f}") for decay in told})
    for name, label in BASELINES.items():
        text = spread(baselines(run)[name], "{:.3f}")
        rows.append({"score": label} | {_named(decay): text for decay in run.config["weight_decays"]})
    return pd.DataFrame(rows)


def confidences(run: Run) -> pd.DataFrame:
    """A row a weight decay: how sure the plain networks are at the end, and the temperature that mends it."""
    columns = {
        "NC1": ("nc1_train", "{:.4f}", 1), "test error, %": ("test_error", "{:.1f}", 100),
        "confidence, %": ("confidence_test", "{:.1f}", 100), "calibration error, %": ("ece_test", "{:.1f}", 100),
        "by chance, %": ("ece_calibrated", "{:.1f}", 100), "best temperature": ("temperature", "{:.2f}", 1),
    }  # fmt: skip
    rows = []
    for decay in run.config["weight_decays"]:
        told = {
            name: spread(factor * beside(run, column)[decay], form) for name, (column, form, factor) in columns.items()
        }
        rows.append({"decay": _named(decay).removeprefix("decay "), **told})
    return pd.DataFrame(rows)


def _named(decay: float) -> str:
    return f"decay {decay:g}"
