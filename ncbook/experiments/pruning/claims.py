"""What is claimed of dropping training points, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings import pruning as reading
from ncbook.readings.pruning import (
    ALL,
    FEW,
    FEWEST,
    RANDOM,
    RANDOM_BALANCED,
    SMALL,
    SMALLEST,
    SMALLEST_BALANCED,
    TENTH,
)
from ncbook.runs import Run

EQUAL = 1.0  # percentage points of test accuracy below which a loss is none
_WORSE = 2.0  # points that count as worse
_TAUGHT = 0.25  # points, two test images, by which all points have to raise the accuracy where one asks what teaches
_HALF_IN_COMMON = 1 / 3  # the overlap of two sets that share half of their points
_NEAR_CHANCE = 2.0  # times the overlap of random sets


def _accuracies(run: Run, share: float, dropped: int = -1) -> pd.DataFrame:
    """After going on from one of the drops, by default the last: a row a seed, a column an arm."""
    return reading.at(reading.accuracies(run), run.config["drops"][dropped], share)


def _slowly(run: Run, share: float) -> pd.DataFrame:
    """`_accuracies` at the last drop, after small steps."""
    return reading.at(reading.accuracies(run, SMALL), run.config["drops"][-1], share)


def _separated(run: Run, dropped: int = -1) -> pd.Series:
    """Of each seed, whether there is no training error at the drop."""
    return _stops(run, dropped).train_error <= 0


def _stops(run: Run, dropped: int = -1) -> pd.DataFrame:
    return reading.drops(run).xs(run.config["drops"][dropped], level="dropped")


def _costs_nothing(run: Run, share: float) -> Evidence:
    loss = _accuracies(run, 1.0)[ALL] - _accuracies(run, share)[RANDOM_BALANCED]
    return Evidence.compared(loss.index, loss, "<", EQUAL, "points lost", _separated(run)[loss.index], chance=SIGN)


def _smallest_worse(run: Run) -> Evidence:
    tables = [_accuracies(run, share) for share in (FEW, FEWEST)]
    loss = pd.concat([each[RANDOM] - each[SMALLEST] for each in tables], axis=1).min(axis=1)
    unit = "points below random points, the smaller of two differences"
    return Evidence.compared(loss.index, loss, ">=", _WORSE, unit, _separated(run)[loss.index], chance=SIGN**2)


def _smallest_worse_slowly(run: Run) -> Evidence:
    tables = [_slowly(run, share) for share in (FEW, FEWEST)]
    loss = pd.concat([each[RANDOM] - each[SMALLEST] for each in tables], axis=1).min(axis=1)
    unit = "points below random points, the smaller of two differences"
    return Evidence.compared(loss.index, loss, ">=", _WORSE, unit, _separated(run)[loss.index], chance=SIGN**2)


def _small_steps_forget_less(run: Run) -> Evidence:
    usual, slow = (each[RANDOM_BALANCED] - each[RANDOM] for each in (_accuracies(run, FEWEST), _slowly(run, FEWEST)))
    valid = _separated(run)[usual.index] & (usual >= _WORSE)
    return Evidence.compared(usual.index, slow / usual, "<", 0.5, "of the loss at the same rate", valid, chance=SIGN)


def _classes_explain(run: Run) -> Evidence:
    table = _accuracies(run, FEW)
    loss = table[RANDOM_BALANCED] - table[SMALLEST]
    back = (table[SMALLEST_BALANCED] - table[SMALLEST]) / loss
    valid = _separated(run)[loss.index] & (loss >= _WORSE)
    return Evidence.compared(loss.index, back, ">=", 0.5, "of the loss, made good", valid, chance=SIGN)


def _no_better_than_stopping(run: Run) -> Evidence:
    base = _stops(run, 0)
    gain = _accuracies(run, FEWEST, 0)[RANDOM_BALANCED] - base.stopped
    valid = _separated(run, 0) & (base.gain >= _TAUGHT)
    return Evidence.compared(gain.index, gain, "<=", 0, "points gained", valid[gain.index], chance=SIGN)


def _overlaps(run: Run, dropped: int = -1) -> pd.DataFrame:
    """Of the smallest margins: a row a seed."""
    found = reading.pairs(run)
    found = found[(found.arm == SMALLEST) & (found.share == FEW) & (found.epoch == run.config["drops"][dropped])]
    return found.set_index("seed")


def _sets_differ(run: Run) -> Evidence:
    found = _overlaps(run)
    valid = _separated(run)[found.index]
    return Evidence.compared(found.index, found.overlap, "<", _HALF_IN_COMMON, "overlap", valid)


def _near_chance(run: Run) -> Evidence:
    found = _overlaps(run)
    times, valid = found.overlap / found.by_chance, _separated(run)[found.index]
    return Evidence.compared(found.index, times, "<=", _NEAR_CHANCE, "times the overlap of random sets", valid)


def _overlap_falls(run: Run) -> Evidence:
    early, late = _overlaps(run, 0), _overlaps(run)
    change, valid = late.overlap - early.overlap, _separated(run) & _collapses(run)
    return Evidence.compared(change.index, change, "<", 0, "change of the overlap", valid[change.index], chance=SIGN)


def _harm_falls(run: Run) -> Evidence:
    tables = [_accuracies(run, FEWEST, dropped) for dropped in (0, -1)]
    early, late = (each[RANDOM_BALANCED] - each[SMALLEST_BALANCED] for each in tables)
    change, valid = late - early, _separated(run) & _collapses(run)
    return Evidence.compared(change.index, change, "<", 0, "points of change", valid[change.index], chance=SIGN)


def _classes_lost(run: Run) -> Evidence:
    drops = run.config["drops"]
    early, late = (reading.at(reading.classes(run), dropped, FEW)[SMALLEST] for dropped in (drops[0], drops[-1]))
    change, valid = late - early, _separated(run) & _collapses(run)
    return Evidence.compared(change.index, change, "<", 0, "classes more", valid[change.index], chance=SIGN)


def _collapses(run: Run) -> pd.Series:
    """Of each seed, whether NC1 is lower at the last drop than at the first."""
    return _stops(run).nc1_train < _stops(run, 0).nc1_train


CLAIMS = read(
    __file__,
    {
        "dropping-points-harmless": lambda run: _costs_nothing(run, TENTH),
        "ninety-nine-percent-can-go": lambda run: _costs_nothing(run, FEWEST),
        "smallest-margins-worse-than-random": _smallest_worse,
        "lost-classes-explain-it": _classes_explain,
        "small-steps-forget-less": _small_steps_forget_less,
        "smallest-margins-worse-in-small-steps": _smallest_worse_slowly,
        "going-on-with-few-is-stopping": _no_better_than_stopping,
        "kept-points-differ-between-runs": _sets_differ,
        "kept-points-agree-by-chance": _near_chance,
        "agreement-falls-with-collapse": _overlap_falls,
        "harm-falls-with-collapse": _harm_falls,
        "collapse-loses-classes": _classes_lost,
    },
)
