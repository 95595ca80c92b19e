"""Claims that `transfer` decides, and the rules by which it does."""

import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.transfer import (
    COARSE,
    INPUT,
    LAST,
    PER_CLASS,
    WEAK,
    ends,
    final_layers,
    rank_correlation,
    since_zero_error,
)
from ncbook.runs import Run

SIMILAR = 2.0  # times: two numbers that are called similar
ORDERED = 0.9  # size of a rank correlation over the numbers of source classes: one swap of neighbors out of five
CORRELATED = 0.5  # size of a rank correlation along a training
POINTS = 0.02  # a difference of accuracies that counts
TENFOLD = 10.0  # the fall in the terminal phase that counts as collapse, as in part 1
RECOVERED = 0.8  # share of points put into their fine class


def _with_source(run: Run) -> pd.DataFrame:
    """Ends of the trainings with `per_class` images of each source class."""
    table = ends(run)
    return table[table.arm == PER_CLASS]


def _fewer(run: Run) -> pd.DataFrame:
    table = _with_source(run)
    return table[table.num_classes < run.config["target_classes"]]


def _over_classes(table: pd.DataFrame, values: pd.Series) -> list[float]:
    """Rank correlation of `values` with the number of source classes, one an arm and seed."""
    rows = table.assign(value=values).groupby(["arm", "seed"])
    return [rank_correlation(each.num_classes, each.value) for _, each in rows]


def _similar(run: Run) -> Evidence:
    table = _with_source(run)
    times = table.cdnv_test / table.cdnv_train
    return Evidence.of(times <= SIMILAR, times, "times the CDNV on train")


def _cdnv_falls(run: Run) -> Evidence:
    table = ends(run)
    found = _over_classes(table, table.cdnv_target)
    return Evidence.of((each <= -ORDERED for each in found), found, "rank correlation with l")


def _accuracy_rises(run: Run) -> Evidence:
    table = ends(run)
    found = _over_classes(table, table.probe_acc_target)
    return Evidence.of((each >= ORDERED for each in found), found, "rank correlation with l")


def _gap_falls(run: Run) -> Evidence:
    table = ends(run)
    found = _over_classes(table, table.cdnv_target - table.cdnv_test)
    return Evidence.of((each <= -ORDERED for each in found), found, "rank correlation with l")


def _impossible(run: Run) -> Evidence:
    table = _fewer(run)
    times = table.probe_acc_target * run.config["target_classes"]
    return Evidence.of(times <= SIMILAR, times, "times chance")


def _worse_than_pixels(run: Run) -> Evidence:
    table = _fewer(run)
    lost = 100 * (table.pixels - table.probe_acc_target)
    return Evidence.of(lost > 0, lost, "points below the pixels")


def _longer_few(run: Run) -> Evidence:
    table = _fewer(run)
    lost = table.probe_then - table.probe_acc_target
    return Evidence.of(lost >= POINTS, 100 * lost, "points lost")


def _terminal(run: Run, arms: tuple[str, ...]) -> pd.DataFrame:
    table = since_zero_error(run)
    return table[table.arm.isin(arms)]


def _lost(run: Run, arms: tuple[str, ...]) -> Evidence:
    table = _terminal(run, arms)
    lost = table.probe_then - table.probe_end
    return Evidence.of(lost >= POINTS, 100 * lost, "points lost")


def _longer(run: Run) -> Evidence:
    return _lost(run, COARSE)


def _longer_weak(run: Run) -> Evidence:
    return _lost(run, (WEAK,))


def _goes_with_collapse(run: Run) -> Evidence:
    found = _terminal(run, COARSE).correlation.dropna()
    return Evidence.of(found >= CORRELATED, found, "rank correlation")


def _middle(table: pd.DataFrame) -> Evidence:
    """By how much the best layer between the pixels and the last one beats the last."""
    gain = table.drop(columns=[INPUT, LAST]).max(axis=1) - table[LAST]
    return Evidence.of(gain >= POINTS, 100 * gain, "points above the last layer")


def _middle_groups(run: Run) -> Evidence:
    table = final_layers(run, "groups")
    return _middle(table[table.index.get_level_values("arm").isin(COARSE)])


def _middle_source(run: Run) -> Evidence:
    table = final_layers(run, "source")
    return _middle(table[table.index.get_level_values("arm") == PER_CLASS])


def _residual(run: Run) -> Evidence:
    table = _terminal(run, COARSE)
    found = table.cluster_end[table.ratio_then / table.ratio_end >= TENFOLD]
    return Evidence.of(found >= RECOVERED, 100 * found, "% recovered")


CLAIMS = read(
    __file__,
    {
        "source-collapse-on-new-images": _similar,
        "unseen-cdnv-falls-with-classes": _cdnv_falls,
        "unseen-accuracy-rises-with-classes": _accuracy_rises,
        "unseen-gap-falls-with-classes": _gap_falls,
        "fewer-source-classes-impossible": _impossible,
        "fewer-source-classes-lose-information": _worse_than_pixels,
        "longer-training-worse-few-classes": _longer_few,
        "longer-training-worse-transfer": _longer,
        "longer-training-worse-weak-decay": _longer_weak,
        "more-collapse-worse-transfer": _goes_with_collapse,
        "middle-layer-better-after-super-classes": _middle_groups,
        "middle-layer-better-for-unseen": _middle_source,
        "residual-recovers-fine-classes": _residual,
    },
)
