"""What is claimed of classes of unequal size, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings import _rows
from ncbook.readings.imbalance import (
    ADJUSTED,
    FEW,
    FIXED,
    FREE,
    HEAD,
    LIMIT,
    MANY,
    NETWORK,
    ONE,
    OVERSAMPLED,
    PLAIN,
    REWEIGHTED,
    SHIFTED,
    beside,
    critical,
    ends,
    of_pair,
    pairs,
)
from ncbook.runs import Run

_APART = 0.05  # distance of two rare rows, in root mean square lengths
_NEAR_THRESHOLD = 1.02  # times: nearer to the predicted ratio nothing is asked
_AT_SELI, _OFF_SIMPLEX = 0.1, 0.3
_TOGETHER = 0.9  # cosine
_FAR = 5.0  # percentage points of accuracy on rare classes that count
_CLEARLY = 2.0  # percentage points of the mean accuracy that count
_HALF = 0.5
LUCK = 0.1  # how often sampling parts two equal networks by 2 points, on about 800 digits: 1.5 is the deviation
RARE_LUCK = 0.04  # by 5 points, on the half of them that is rare: 2.8 is the deviation


def _keeps_threshold(rows: pd.DataFrame, ratio: float) -> bool:
    """Rare rows of one start are one above the ratio, and apart below it."""
    above, below = rows[rows.ratio >= ratio * _NEAR_THRESHOLD], rows[rows.ratio * _NEAR_THRESHOLD <= ratio]
    return bool((above.apart_rare <= ONE).all() and (below.apart_rare > _APART).all())


def _threshold(run: Run) -> Evidence:
    table = ends(run, FREE)
    table, trials = table[table.arm == PLAIN], []
    for pair in pairs(run):
        ratio = critical(run.config, *pair)
        for seed, rows in of_pair(table, pair).groupby("seed"):
            trials.append((seed, _keeps_threshold(rows, ratio), rows[rows.ratio > ratio].apart_rare.max()))
    seeds, holds, values = zip(*trials, strict=True)
    return Evidence.of(seeds, holds, values, "largest distance of rare rows above the threshold")


def _losses(run: Run) -> Evidence:
    table, pair = ends(run, FREE), pairs(run)[0]
    own = {arm: of_pair(table[table.arm == arm], pair).groupby("seed") for arm in (ADJUSTED, REWEIGHTED)}
    ratio = critical(run.config, *pair)
    kept = pd.Series({seed: _keeps_threshold(rows, ratio) for seed, rows in own[ADJUSTED]})
    apart = own[REWEIGHTED].apart_rare.min()
    return Evidence.of(kept.index, kept & (apart > _APART), apart, "smallest distance of rare rows, reweighted")


def _limit(run: Run) -> Evidence:
    table = ends(run, LIMIT)
    last = table[table.weight_decay == table.weight_decay.min()]
    worst = last[["seli_rows", "seli_means"]].max(axis=1)
    holds = (worst <= _AT_SELI) & (last[["etf_rows", "etf_means"]].min(axis=1) >= _OFF_SIMPLEX)
    return Evidence.of(last.seed, holds, worst, "larger distance to SELI")


def _near_seli(run: Run) -> Evidence:
    table = ends(run, NETWORK)
    table = table[(table.arm == PLAIN) & (table.ratio > 1)]
    table = table.assign(times=table.etf_rows / table.seli_rows)
    found = table.groupby(["weight_decay", "seed"]).agg({"times": "min", "fitted": "all"}).reset_index()
    unit = "times as far from the simplex as from SELI"
    return Evidence.compared(found.seed, found.times, ">", 1, unit, found.fitted, SIGN)


def _one_row(run: Run) -> Evidence:
    table = ends(run, NETWORK)
    table = table[(table.arm == PLAIN) & (table.ratio == max(run.config["ratios"]))]
    unit = "mean cosine of two rare rows"
    return Evidence.compared(table.seed, table.cos_rows_rare, ">=", _TOGETHER, unit, table.fitted)


def _few(run: Run) -> Evidence:
    rare = beside(run, f"rare_acc_{HEAD}")
    lost, unit = 100 * (rare[MANY] - rare[PLAIN]), "of the loss is there with few of every class"
    share = 100 * (rare[MANY] - rare[FEW]) / lost.where(lost != 0)
    return Evidence.compared(_rows.seeds(rare), share, ">=", _HALF, unit, lost >= _FAR, SIGN)


def _features(run: Run) -> Evidence:
    few, shifted = beside(run, f"rare_acc_{HEAD}"), beside(run, f"rare_acc_{SHIFTED}")
    gain = 100 * (few[FEW] - shifted[PLAIN])
    unit = "points more with few of every class"
    return Evidence.compared(_rows.seeds(few), gain, ">=", _FAR, unit, chance=RARE_LUCK)


def _fixed(run: Run) -> Evidence:
    mean = beside(run, f"mean_acc_{HEAD}")
    gain, unit = 100 * (mean[FIXED] - mean[PLAIN]), "points of mean accuracy above the trained head"
    return Evidence.compared(_rows.seeds(mean), gain, ">=", _CLEARLY, unit, chance=LUCK)


def _logits(run: Run) -> Evidence:
    head, shifted = beside(run, f"rare_acc_{HEAD}"), beside(run, f"rare_acc_{SHIFTED}")
    rows, arms = beside(run, "etf_rows"), [OVERSAMPLED, FIXED]
    restored = rows[arms].max(axis=1) <= _HALF * rows[PLAIN]
    ahead, unit = 100 * (shifted[PLAIN] - head[arms].max(axis=1)), "points more than either geometry of equal classes"
    return Evidence.compared(_rows.seeds(head), ahead, ">=", _FAR, unit, restored, RARE_LUCK)


CLAIMS = read(
    __file__,
    {
        "minority-collapse-threshold": _threshold,
        "weights-move-the-threshold-alone": _losses,
        "seli-in-the-limit": _limit,
        "networks-near-seli": _near_seli,
        "networks-rare-rows-become-one": _one_row,
        "few-images-not-unequal-ones": _few,
        "unequal-images-harm-the-features": _features,
        "fixed-simplex-helps": _fixed,
        "logits-not-geometry": _logits,
    },
)
