"""Runs of `corrupted_labels`: one row a network, where it ends and where a corrupted validation set stops it."""

import numpy as np
import pandas as pd

from ncbook.readings import _rows, moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

CE, MATCHED, SMOOTHED, DECAYED = "cross-entropy", "same schedule", "label smoothing", "weight decay"
MCR2, LONGER = "rate reduction", "rate reduction, longer"
TRAINING, RATIOS, FITTED = "training", "ratios", "fitted"  # parts in which networks are trained
EVERYWHERE, AT_THE_TOP = (CE, MATCHED, MCR2), (SMOOTHED, DECAYED, LONGER)
SIMPLEX, FRAME, SUBSPACES, SPHERE = "simplex", "orthogonal means", "orthogonal subspaces", "random"
ARRANGEMENTS = (SIMPLEX, FRAME, SUBSPACES, SPHERE)
KEYS = ("part", "arm", "label_noise", "per_class", "dim", "seed")
# Test accuracies in percent of the table in section 4.2 of Agarwal et al. (2022), by corruption ratio.
PUBLISHED = pd.DataFrame(
    {CE: [93.9, 90.9, 86.1, 79.1, 72.4, 60.3], MCR2: [94.0, 91.1, 89.7, 88.1, 86.6, 84.3]},
    index=pd.Index([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], name="label_noise"),
)
_HALF = 0.5  # of the wrong labels memorized: where trainings are compared
_NETWORK = ("arm", "label_noise", "seed")
_SPLITS = {"train": "training", "validation": "validation", "test": "test"}  # of which images


def _accuracies(name: str, what: str) -> dict[str, Measure]:
    """Labels as given of the training and validation images, true ones of the test images."""
    return {
        f"{name}_{split}": Measure(f"{what}, {split}", f"accuracy of the {what}, {images} images")
        for split, images in _SPLITS.items()
    }


def _ratio(which: str) -> Measure:
    return Measure("variance ratio", f"tr(Sigma_W) / tr(Sigma_B) of features of length 1: {which}")


COLUMNS: dict[str, Measure] = {
    "validation_acc": Measure("validation accuracy", "of the head on held-out images whose labels are corrupted too"),
    **_accuracies("unit_ncc_acc", "nearest mean of features of length 1"),
    **_accuracies("subspace_acc", "nearest subspace of features of length 1"),
    "wrong_acc_given": Measure("wrong labels memorized", "share of wrongly labeled images put into that class"),
    "wrong_acc_true": Measure("wrong labels seen through", "share of wrongly labeled images put into the true class"),
    "unit_variance_ratio_train": _ratio("training images, by label"),
    "unit_variance_ratio_right": _ratio("training images whose label is right"),
    "unit_variance_ratio_wrong": _ratio("training images whose label is wrong, by true class"),
    "unit_variance_ratio_test": _ratio("test images"),
    "class_rank": Measure("directions a class", "as `rank`, of one class; mean over the classes"),
    "rank": Measure("directions", "exp of the entropy of the eigenvalues of second moments of all training images"),
    "coding_rate": Measure("R", "coding rate of all features", "nats"),
    "class_coding_rate": Measure("R_c", "mean coding rate of the classes", "nats"),
    "rate_reduction": Measure("rate reduction ΔR", "R - R_c", "nats"),
    "coding_rate_closed": Measure("R", "in closed form, of arrangements that have one", "nats"),
    "class_coding_rate_closed": Measure("R_c", "in closed form, of arrangements that have one", "nats"),
}  # fmt: skip


def by_rates(arm: str) -> bool:
    """Whether the arm is trained by rate reduction: its own classifier is the nearest subspace, else the head."""
    return arm in (MCR2, LONGER)


def trained(run: Run, part: str = TRAINING) -> pd.DataFrame:
    """The rows of a part, as in `judged`."""
    return judged(_rows.chosen(run.to_frame(), part=part))


def at_all_ratios(run: Run) -> pd.DataFrame:
    """The rows of `trained` of both parts that train on the corruption ratios, all arms."""
    return pd.concat([trained(run, part) for part in (TRAINING, RATIOS)], ignore_index=True)


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with the accuracies of each arm's own classifier as `own_train`, `own_validation` and `own_test`."""
    rates = rows.arm.map(by_rates)
    heads = rows.reindex(columns=[f"{split}_acc" for split in _SPLITS])  # rate reduction alone has none
    own = {f"own_{split}": heads[f"{split}_acc"].mask(rates, rows[f"subspace_acc_{split}"]) for split in _SPLITS}
    return rows.assign(**own)


def ends(run: Run, part: str = TRAINING) -> pd.DataFrame:
    """The last row of each network, as in `trained`."""
    return _rows.last(trained(run, part), _NETWORK)


def stops(run: Run, part: str = TRAINING) -> pd.DataFrame:
    """The row of each network at the first of the epochs with the highest accuracy on the validation images."""
    frame = trained(run, part)
    return frame.loc[frame.groupby(list(_NETWORK), sort=False).own_validation.idxmax()].reset_index(drop=True)


def at_top(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows at the highest label noise."""
    return frame[frame.label_noise == frame.label_noise.max()]


@once_a_run
def outcomes(run: Run, part: str = TRAINING) -> pd.DataFrame:
    """One row a network of a part: arm, label_noise, seed, and what its own classifier reaches on the test images.

    end: at the last epoch; stopped: at the epoch of the highest accuracy on the validation images, whose labels are
    corrupted too (the first of several); best: the highest of all epochs, which takes the test set to find. best_end:
    the highest of the three classifiers at the last epoch. Each column of `trained` at the end, `_end`, and at the
    stop, `_stop`. The own classifier is the head after cross-entropy, the nearest subspace after rate reduction.
    """
    end, stop = (rows(run, part).set_index(list(_NETWORK)) for rows in (ends, stops))
    table = end.add_suffix("_end").join(stop.add_suffix("_stop"))
    table["end"], table["stopped"] = end.own_test, stop.own_test
    table["best"] = trained(run, part).groupby(list(_NETWORK), sort=False).own_test.max()
    table["best_end"] = end[["test_acc", "unit_ncc_acc_test", "subspace_acc_test"]].max(axis=1)
    return table.reset_index()


def at_every_ratio(run: Run) -> pd.DataFrame:
    """The outcomes of the arms that are trained at several corruption ratios, of both parts."""
    table = pd.concat([outcomes(run, part) for part in (TRAINING, RATIOS)], ignore_index=True)
    return table[table.arm.isin(EVERYWHERE)]


def leads(run: Run) -> pd.DataFrame:
    """Points by which rate reduction is ahead at the highest ratio: a row a seed, a column what has been exchanged."""
    networks = at_top(outcomes(run)).pivot(index="seed", columns="arm")
    end, best, stopped = networks["end"], networks["best_end"], networks["stopped"]
    halves = {arm: _at_half(run, arm) for arm in (LONGER, MATCHED)}
    found = {
        "each in its own setting": end[MCR2] - end[CE],
        "best classifier": end[MCR2] - best[CE],
        "same schedule": end[MCR2] - end[MATCHED],
        "same schedule, best classifier": end[MCR2] - best[MATCHED],
        "rate reduction trained longer": end[LONGER] - end[CE],
        "same schedule, half memorized": halves[LONGER] - halves[MATCHED],
        "both stopped early": stopped[MCR2] - stopped[CE],
        "same schedule, stopped early": stopped[MCR2] - stopped[MATCHED],
    }
    return 100 * pd.DataFrame(found)


def _at_half(run: Run, arm: str) -> pd.Series:
    """Test accuracy of each seed at the highest ratio where half of the wrong labels are memorized; nan if never."""
    rows = _rows.chosen(at_top(trained(run)), arm=arm)
    found = {
        seed: np.interp(_HALF, np.maximum.accumulate(own.wrong_acc_given), own.own_test, left=np.nan, right=np.nan)
        for seed, own in rows.groupby("seed")
    }
    return pd.Series(found, dtype=float)


def phases(run: Run, part: str = TRAINING) -> pd.DataFrame:
    """The terminal phase of each network of a part in epochs, as in `moments.terminal_phase`, by its own classifier.

    A row an arm, label_noise and seed, with ratio_fall, by how many times the variance ratio of its training features
    falls in that phase; nan without one.
    """
    frame = trained(run, part)
    return moments.by_training(frame.assign(train_error=1 - frame.own_train), _NETWORK, _phase)


def _phase(own: pd.DataFrame) -> dict[str, float]:
    phase = moments.terminal_phase(own, "epoch")
    then, ratio = moments.at(own, phase["phase_start"], "epoch"), "unit_variance_ratio_train"
    return phase | {"ratio_fall": float(then[ratio] / own[ratio].iloc[-1])}


def overfitted(network: pd.DataFrame) -> pd.DataFrame:
    """The rows of one network from the epoch of its highest test accuracy on."""
    return network.loc[network.own_test.idxmax() :]


def arrangements(run: Run) -> pd.DataFrame:
    """The rows of the part `rates` of the first number of points a class, in `rate_dim` dimensions."""
    return _rows.chosen(run.to_frame(), part="rates", dim=run.config["rate_dim"], per_class=run.config["points"][0])


def indicators(networks: pd.DataFrame, column: str) -> pd.Series:
    """Rank correlation of a column of `outcomes` with the test accuracy at the end, over the arms of each seed."""
    return pd.Series({seed: own[column].rank().corr(own.end.rank()) for seed, own in networks.groupby("seed")})
