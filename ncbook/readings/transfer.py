"""Runs of `transfer`: what the features of each layer are worth for classes that the network was not trained on."""

import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

# The protocols of the part "source": equally many images of each source class, or in all.
PER_CLASS, TOTAL = "per class", "total"
# What the networks of the part "groups" are trained to say of digits.
PARITY, HALVES, WEAK, FINE, RANDOM = "odd or even", "below 5 or not", "odd or even, weak decay", "fine", "random"
ARMS = (PARITY, HALVES, WEAK, FINE, RANDOM)
WEAK_HALVES = "below 5 or not, weak decay"  # in runs of super-classes alone
COARSE = (PARITY, HALVES)  # super-classes with the strong weight decay
WEAKLY = (WEAK, WEAK_HALVES)  # the same with the weak one
INPUT, LAST = "input", "last"  # layers: the pixels, and what the head sees
COLUMNS: dict[str, Measure] = {
    "cdnv_target": Measure("CDNV, target classes", "CDNV of the classes to transfer to"),
    "probe_acc_target": Measure(
        "probe accuracy, target", "accuracy on the classes to transfer to of ridge regression on the features"
    ),
    "ncc_acc_target": Measure(
        "nearest-mean accuracy, target", "accuracy on the classes to transfer to of the nearest class mean"
    ),
    "cluster_acc_train": Measure(
        "clustering accuracy", "share of training points whose fine class k-means finds within their super-class"
    ),
}
# column -> its short name in `since_zero_error`
_MEASURED = {
    "variance_ratio_train": "ratio",
    "probe_acc_target": "probe",
    "ncc_acc_target": "ncc",
    "cluster_acc_train": "cluster",
}


def part(run: Run, name: str, layer: str | None = None) -> pd.DataFrame:
    """History of one family, "source" or "groups", and of one layer if named."""
    frame = run.to_frame()
    return frame[(frame.part == name) & (frame.layer == layer if layer else True)]


@once_a_run
def ends(run: Run) -> pd.DataFrame:
    """The last layer of every network with source classes, at the end; one row an arm, number of source classes
    and seed.

    A number at which both arms are the same training stands in both. Added columns, but for the first
    `probe_acc_target`:
    cdnv_then, `cdnv_target` after an eighth of the steps; probe_then, after as many; untrained, of the same network
    before training; pixels, of the images themselves.
    """
    keys = ["arm", "num_classes", "seed"]
    last = part(run, "source", LAST)
    steps = {step: rows.set_index(keys) for step, rows in last.groupby("step")}
    found, then = steps[last.step.max()].copy(), steps[run.config["source_steps"] // 8]
    found["cdnv_then"], found["probe_then"] = then.cdnv_target, then.probe_acc_target
    found["untrained"] = steps[0].probe_acc_target
    found["pixels"] = part(run, "source", INPUT).set_index(keys).probe_acc_target
    found = found.reset_index()
    twice = run.config["total"] // run.config["per_class"]
    shared = found[(found.arm == PER_CLASS) & (found.num_classes == twice)].assign(arm=TOTAL)
    return pd.concat([found, shared]).sort_values(keys).reset_index(drop=True)


def layer_order(frame: pd.DataFrame) -> list[str]:
    """The names of the layers from the pixels to the last one."""
    return [INPUT, *[layer for layer in frame.layer.unique() if layer not in (INPUT, LAST)], LAST]


def final_layers(run: Run, name: str) -> pd.DataFrame:
    """Probe accuracy at the end of training: a row an arm, number of classes and seed; a column a layer, in order.

    The pixels come first. They do not change, so they are those of the start.
    """
    frame = part(run, name)
    frame = frame[(frame.step == frame.step.max()) | (frame.layer == INPUT)]
    keys = ["arm", "num_classes", "seed"]
    return frame.pivot(index=keys, columns="layer", values="probe_acc_target")[layer_order(frame)]


@once_a_run
def since_zero_error(run: Run) -> pd.DataFrame:
    """One row a super-class arm and seed: the last layer where training error is first zero, and at the end.

    Columns: arm, seed, epoch of the first; NAME_then and NAME_end for ratio (variance ratio of the trained classes),
    probe, ncc and cluster (accuracies of a linear probe, of the nearest class mean and of clusters); correlation,
    Spearman's of ratio and probe from that epoch on, nan with fewer than three measurements. Arms that never get there
    are left out.
    """
    frame = part(run, "groups", LAST)
    found = moments.by_training(frame[frame.step > 0], ("arm", "seed"), _since)
    return found[found.epoch != moments.NEVER].reset_index(drop=True)


def _since(rows: pd.DataFrame) -> dict[str, float]:
    epoch = moments.zero_error(rows, "epoch")
    terminal = rows[rows.epoch >= epoch]
    row = {"epoch": epoch, "correlation": float("nan")}
    for column, name in _MEASURED.items():
        row |= {f"{name}_then": moments.at(rows, epoch, "epoch")[column], f"{name}_end": rows[column].iloc[-1]}
    if len(terminal) > 2:
        row["correlation"] = rank_correlation(terminal.variance_ratio_train, terminal.probe_acc_target)
    return row


@once_a_run
def phases(run: Run) -> pd.DataFrame:
    """The terminal phase of each super-class arm and seed, in epochs, as in `moments.terminal_phase`.

    One row an arm and seed with NAME_start, where the phase starts, and NAME_end for ratio, probe, ncc and cluster, as
    in `since_zero_error`, nan at the start without a phase; ratio_fall, by how many times the ratio falls in it; and
    correlation, of ratio and probe over its `points` measurements, nan with fewer than three.
    """
    frame = part(run, "groups", LAST)
    return moments.by_training(frame[frame.step > 0], ("arm", "seed"), _phase)


def _phase(rows: pd.DataFrame) -> dict[str, float]:
    row: dict[str, float] = dict(moments.terminal_phase(rows, "epoch"))
    then, terminal = moments.at(rows, row["phase_start"], "epoch"), rows[rows.epoch >= row["phase_start"]]
    for column, name in _MEASURED.items():
        row |= {f"{name}_start": then[column], f"{name}_end": rows[column].iloc[-1]}
    row |= {"ratio_fall": row["ratio_start"] / row["ratio_end"], "points": len(terminal), "correlation": float("nan")}
    if len(terminal) > 2:
        row["correlation"] = rank_correlation(terminal.variance_ratio_train, terminal.probe_acc_target)
    return row


@once_a_run
def since_memorized(run: Run) -> pd.DataFrame:
    """Super-classes from the first measurement on at which a network has memorized: one row a super-class arm and seed.

    Columns: arm, seed, epoch of the first; tells, whether it lies in the first half of the training and no training
    error is left at the end; NAME_then and NAME_end for ratio, probe, ncc and cluster, as in `since_zero_error`;
    probe_best, the highest of the probe before the end; ratio_fall, by how many times the ratio falls; correlation, of
    ratio and probe over the measurements, of which there are `points`. nan of what never memorizes.
    """
    frame = part(run, "groups", LAST)
    return moments.by_training(frame[frame.step > 0], ("arm", "seed"), _memorized)


def _memorized(rows: pd.DataFrame) -> dict[str, float | bool]:
    epoch, end = moments.first(rows.epoch, rows.train_error <= 1 - moments.MEMORIZED), rows.iloc[-1]
    then, since = moments.at(rows, epoch, "epoch"), rows[rows.epoch >= epoch]
    row = {"epoch": epoch, "tells": epoch <= end.epoch / 2 and end.train_error == 0, "points": len(since)}
    for column, name in _MEASURED.items():
        row |= {f"{name}_then": then[column], f"{name}_end": end[column]}
    return row | {
        "probe_best": since.probe_acc_target.iloc[:-1].max(),
        "ratio_fall": row["ratio_then"] / row["ratio_end"],
        "correlation": rank_correlation(since.variance_ratio_train, since.probe_acc_target),
    }


def below_weak(run: Run) -> pd.DataFrame:
    """How much lower the probe of the last layer is at the end with the strong weight decay than with the weak one.

    One row a grouping (arm) and seed of a run of super-classes alone, with `below`, a share, and `tells`, whether
    `since_memorized` says so of both networks.
    """
    table = since_memorized(run).set_index(["arm", "seed"])
    pairs = zip(COARSE, WEAKLY, strict=True)
    found = [
        pd.DataFrame(
            {
                "arm": strong,
                "below": table.probe_end[weak] - table.probe_end[strong],
                "tells": table.tells[weak] & table.tells[strong],
            }
        )
        for strong, weak in pairs
    ]
    return pd.concat(found).reset_index()


@once_a_run
def source_phases(run: Run) -> pd.DataFrame:
    """The terminal phase of each network with source classes, as in `moments.terminal_phase`.

    One row an arm, number of classes and seed with cdnv_fall, by how many times the CDNV of its training images falls
    in that phase; probe_start, its accuracy on the target where the phase starts; and target_fall, by how many times
    the CDNV of the target classes falls from the untrained network to the end. A number at which both arms are the same
    training stands in "per class" alone.
    """
    return moments.by_training(part(run, "source", LAST), ("arm", "num_classes", "seed"), _source_phase)


def _source_phase(rows: pd.DataFrame) -> dict[str, float]:
    phase, end = moments.terminal_phase(rows), rows.iloc[-1]
    then = moments.at(rows, phase["phase_start"])
    return phase | {
        "cdnv_fall": then.cdnv_train / end.cdnv_train,
        "probe_start": then.probe_acc_target,
        "target_fall": rows.cdnv_target.iloc[0] / end.cdnv_target,
    }


def rank_correlation(first: pd.Series, second: pd.Series) -> float:
    """Spearman's, to nine places, so that -0.9 is at most -0.9; nan where one of the two does not change."""
    if min(first.nunique(), second.nunique()) < 2:
        return float("nan")
    return round(float(first.corr(second, method="spearman")), 9)
