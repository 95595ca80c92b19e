"""Claims that `transfer` decides, and the rules by which it does."""

from functools import partial

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings.moments import COLLAPSED
from ncbook.readings.transfer import (
    COARSE,
    INPUT,
    LAST,
    PER_CLASS,
    WEAK,
    WEAKLY,
    below_weak,
    ends,
    final_layers,
    phases,
    rank_correlation,
    since_memorized,
    source_phases,
)
from ncbook.runs import Run

SIMILAR = 2.0  # times: two numbers that are called similar
ORDERED = 0.9  # size of a rank correlation over the numbers of source classes: one swap of neighbors out of five
CORRELATED = 0.5  # size of a rank correlation along a training
POINTS = 2.0  # percentage points: a difference of accuracies that counts
LUCK = 0.1  # how often noise parts two equal probes by as much, on the 500 test digits: 1.5 points is the deviation
RECOVERED = 80.0  # percent of points put into their fine class
_KEYS = ["arm", "num_classes", "seed"]


def _with_source(run: Run) -> pd.DataFrame:
    """Ends of the trainings with `per_class` images of each source class, and their terminal phases."""
    table = ends(run)
    return table[table.arm == PER_CLASS].merge(source_phases(run), on=_KEYS, validate="one_to_one")


def _fewer(run: Run) -> pd.DataFrame:
    table = _with_source(run)
    return table[table.num_classes < run.config["target_classes"]]


def _most(run: Run) -> pd.DataFrame:
    table = _with_source(run)
    return table[table.num_classes == table.num_classes.max()]


def _collapsed(table: pd.DataFrame) -> pd.Series:
    return table.phase_tells & (table.cdnv_fall >= COLLAPSED)


def _points(
    seeds: pd.Series | pd.Index, gain: pd.Series, unit: str, tells: pd.Series | None = None, chance: float = 0.0
) -> Evidence:
    """Differences of accuracies, `gain`, as shares: are they so many percentage points that they count?"""
    return Evidence.compared(seeds, 100 * gain, ">=", POINTS, f"points {unit}", tells, chance)


def _over_classes(table: pd.DataFrame, values: pd.Series, sign: int) -> Evidence:
    """Rank correlation of `values` with the number of source classes, one an arm and seed; `sign` as is claimed."""
    rows = table.assign(value=values)
    groups = list(rows.groupby(["arm", "seed"]))
    found = [rank_correlation(each.num_classes, each.value) for _, each in groups]
    chance = correlation_chance(int(rows.num_classes.nunique()), ORDERED)
    seeds, relation = [seed for (_, seed), _ in groups], ">=" if sign > 0 else "<="
    return Evidence.compared(
        seeds, found, relation, sign * ORDERED, "rank correlation with the number of classes", chance=chance
    )


def _similar(run: Run) -> Evidence:
    table = _with_source(run)
    times = table.cdnv_test / table.cdnv_train
    return Evidence.compared(table.seed, times, "<=", SIMILAR, "times the CDNV on train", table.train_error.eq(0))


def _cdnv_falls(run: Run) -> Evidence:
    table = ends(run)
    return _over_classes(table, table.cdnv_target, -1)


def _accuracy_rises(run: Run) -> Evidence:
    table = ends(run)
    return _over_classes(table, table.probe_acc_target, 1)


def _gap_falls(run: Run) -> Evidence:
    table = ends(run)
    return _over_classes(table, table.cdnv_target - table.cdnv_test, -1)


def _target_collapses(run: Run) -> Evidence:
    table = _most(run)
    unit = "fold fall of the CDNV of the target classes"
    return Evidence.compared(table.seed, table.target_fall, ">=", COLLAPSED, unit, table.phase_tells)


def _above_pixels(run: Run) -> Evidence:
    table = _most(run)
    return _points(table.seed, table.probe_acc_target - table.pixels, "above the pixels")


def _impossible(run: Run) -> Evidence:
    table = _fewer(run)
    times = table.probe_acc_target * run.config["target_classes"]
    return Evidence.compared(table.seed, times, "<=", SIMILAR, "times chance", _collapsed(table))


def _loses_information(run: Run) -> Evidence:
    table = _fewer(run)
    lost = 100 * (table[["pixels", "untrained"]].min(axis=1) - table.probe_acc_target)
    unit = "points below pixels and untrained features"
    return Evidence.compared(table.seed, lost, ">", 0, unit, _collapsed(table), chance=SIGN**2)


def _longer_few(run: Run) -> Evidence:
    table = _fewer(run)
    return _points(table.seed, table.probe_start - table.probe_acc_target, "lost", table.phase_tells)


def _terminal(run: Run, arms: tuple[str, ...]) -> pd.DataFrame:
    table = phases(run)
    return table[table.arm.isin(arms)]


def _longer(arms: tuple[str, ...], run: Run) -> Evidence:
    table = _terminal(run, arms)
    return _points(table.seed, table.probe_start - table.probe_end, "lost", table.phase_tells, LUCK)


def _goes_with_collapse(run: Run) -> Evidence:
    table = _terminal(run, COARSE)
    points = [int(count) for count in table.points[table.points > 2].unique()]
    chance = max((correlation_chance(count, CORRELATED) for count in points), default=0.0)
    return Evidence.compared(
        table.seed, table.correlation, ">=", CORRELATED, "rank correlation", table.phase_tells, chance
    )


def _middle(table: pd.DataFrame, tells: pd.Series) -> Evidence:
    """By how much the middle one of the blocks, between the pixels and the last one, beats the last.

    It is named beforehand: the best of several would be better than the last by chance alone.
    """
    blocks = [layer for layer in table.columns if layer not in (INPUT, LAST)]
    gain = table[blocks[len(blocks) // 2]] - table[LAST]
    seeds = table.index.get_level_values("seed")
    return _points(seeds, gain, "above the last layer", tells.loc[table.index], LUCK)


def _middle_groups(run: Run, tells: pd.Series) -> Evidence:
    table = final_layers(run, "groups").droplevel("num_classes")
    return _middle(table[table.index.get_level_values("arm").isin(COARSE)], tells)


def _middle_on_digits(run: Run) -> Evidence:
    return _middle_groups(run, phases(run).set_index(["arm", "seed"]).phase_tells)


def _middle_on_mnist(run: Run) -> Evidence:
    return _middle_groups(run, since_memorized(run).set_index(["arm", "seed"]).tells)


def _middle_source(run: Run) -> Evidence:
    table = final_layers(run, "source")
    tells = source_phases(run).set_index(_KEYS).phase_tells
    return _middle(table[table.index.get_level_values("arm") == PER_CLASS], tells)


def _recovered(table: pd.DataFrame, tells: pd.Series) -> Evidence:
    collapsed = tells & (table.ratio_fall >= COLLAPSED)
    return Evidence.compared(table.seed, 100 * table.cluster_end, ">=", RECOVERED, "% recovered", collapsed)


def _residual(run: Run) -> Evidence:
    table = _terminal(run, COARSE)
    return _recovered(table, table.phase_tells)


def _since_memorized(run: Run, arms: tuple[str, ...]) -> pd.DataFrame:
    table = since_memorized(run)
    return table[table.arm.isin(arms)]


def _below_best(arms: tuple[str, ...], run: Run) -> Evidence:
    table = _since_memorized(run, arms)
    return _points(table.seed, table.probe_best - table.probe_end, "below the best", table.tells, LUCK)


def _strong_below_weak(run: Run) -> Evidence:
    table = below_weak(run)
    return _points(table.seed, table.below, "below the weak decay", table.tells, LUCK)


def _fall_goes_with_collapse(run: Run) -> Evidence:
    table = _since_memorized(run, COARSE)
    points = table.points[table.tells].unique()
    chance = max((correlation_chance(int(count), CORRELATED) for count in points), default=0.0)
    return Evidence.compared(table.seed, table.correlation, ">=", CORRELATED, "rank correlation", table.tells, chance)


def _residual_on_mnist(run: Run) -> Evidence:
    table = _since_memorized(run, COARSE)
    return _recovered(table, table.tells)


CLAIMS = read(
    __file__,
    {
        "source-collapse-on-new-images": _similar,
        "unseen-cdnv-falls-with-classes": _cdnv_falls,
        "unseen-accuracy-rises-with-classes": _accuracy_rises,
        "unseen-gap-falls-with-classes": _gap_falls,
        "unseen-classes-collapse": _target_collapses,
        "unseen-accuracy-high": _above_pixels,
        "fewer-source-classes-impossible": _impossible,
        "fewer-source-classes-lose-information": _loses_information,
        "longer-training-worse-few-classes": _longer_few,
        "longer-training-worse-transfer": partial(_longer, COARSE),
        "longer-training-worse-weak-decay": partial(_longer, (WEAK,)),
        "more-collapse-worse-transfer": _goes_with_collapse,
        "middle-layer-better-after-super-classes": _middle_on_digits,
        "middle-layer-better-for-unseen": _middle_source,
        "residual-recovers-fine-classes": _residual,
        "mnist-end-below-best": partial(_below_best, COARSE),
        "mnist-end-below-best-weak-decay": partial(_below_best, WEAKLY),
        "mnist-strong-decay-below-weak": _strong_below_weak,
        "mnist-fall-goes-with-collapse": _fall_goes_with_collapse,
        "mnist-middle-layer-better-after-super-classes": _middle_on_mnist,
        "mnist-residual-recovers-fine-classes": _residual_on_mnist,
    },
)
