"""The figures of `transfer`."""

import pandas as pd

from ncbook.runs import Run
from pictures import Axis, Span, median_and_range

SUPER = ("odd or even", "below 5 or not", "odd or even, weak decay")
COUNTS = (2, 5, 40)  # of the source classes that are drawn over time and over depth


def _rows(run: Run, part: str, arm: str, layer: str | None = "last"):
    """Accuracies in percent."""
    frame = run.to_frame()
    accuracies = ["probe_acc_target", "ncc_acc_target", "cluster_acc_train"]
    frame[accuracies] *= 100
    return frame[(frame.part == part) & (frame.arm == arm) & ((frame.layer == layer) if layer else True)]


def _against_classes(run: Run):
    ends = {arm: _rows(run, "source", arm).query("step == 1280") for arm in ("per class", "total")}
    both = ends["per class"].query("num_classes == 10")  # with 50 images each these are 500 in all
    tables = {"equal images per class": ends["per class"], "equal images in all": pd.concat([ends["total"], both])}
    for panel, column in enumerate(("cdnv_train", "cdnv_test", "cdnv_target", "probe_acc_target")):
        for label, rows in tables.items():
            yield from median_and_range(panel, label, rows.pivot(index="seed", columns="num_classes", values=column))
        yield Axis(panel, "log", "linear" if column == "probe_acc_target" else "log")


def _few_classes(run: Run):
    for count in COUNTS:
        rows = _rows(run, "source", "per class").query(f"num_classes == {count}")
        table = rows.pivot(index="seed", columns="step", values="probe_acc_target")
        yield from median_and_range(0, f"{count} source classes", table)


def _epochs(run: Run, panel: int, arms: tuple[str, ...], column: str):
    for arm in arms:
        table = _rows(run, "groups", arm).pivot(index="seed", columns="epoch", values=column)
        yield from median_and_range(panel, arm, table)


def _shaded(run: Run, panel: int):
    """Where the median network with the strong decay has no training error any more."""
    rows = pd.concat([_rows(run, "groups", arm) for arm in SUPER[:2]])
    rows = rows[(rows.epoch > 0) & (rows.train_error == 0)]
    start = rows.groupby(["arm", "seed"]).epoch.min().median()
    return Span(panel, start, rows.epoch.max(), "no training error")


def _over_training(run: Run):
    arms = SUPER if run.config["group_data"] == "digits" else (*SUPER, "below 5 or not, weak decay")
    for panel, column in enumerate(("probe_acc_target", "ncc_acc_target", "variance_ratio_train")):
        yield from _epochs(run, panel, arms, column)
        yield Axis(panel, "symlog", "log" if panel == 2 else "linear")
        yield _shaded(run, panel)


def _layers(run: Run):
    curves = [(0, arm, _rows(run, "groups", arm, None)) for arm in (*SUPER, "fine")]
    source = _rows(run, "source", "per class", None)
    curves += [(1, f"{count} source classes", source[source.num_classes == count]) for count in COUNTS]
    for panel, label, rows in curves:
        shown = rows[(rows.step == rows.step.max()) | (rows.layer == "input")]
        table = shown.pivot(index="seed", columns="layer", values="probe_acc_target")
        table = table[["input", "hidden1", "hidden2", "hidden3", "last"]]
        yield from median_and_range(panel, label, table.set_axis(range(5), axis=1))


def _residual(run: Run):
    yield from _epochs(run, 0, (*SUPER, "random"), "cluster_acc_train")
    yield Axis(0, "symlog")
    yield _shaded(run, 0)


EXPECTED = {
    "transfer_against_classes": _against_classes,
    "transfer_few_classes": _few_classes,
    "transfer_over_training": _over_training,
    "transfer_layers": _layers,
    "transfer_residual": _residual,
}
