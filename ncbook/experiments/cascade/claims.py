"""What the literature says of collapse in the layers before the last, and the rules by which a run decides."""

from functools import partial

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.cascade import STRAIGHT, effective_depths, hidden, law, over_phase, phases, tunnels
from ncbook.readings.moments import COLLAPSED
from ncbook.runs import Run

EVEN = 0.5  # a fall of log D may differ from the mean fall by this share of it
RANDOM = ["plain", "half random", "all random"]


def _tells(run: Run, seeds: pd.Index | pd.Series, arm: str = "plain") -> pd.Series:
    """Whether the terminal phase of these seeds tells."""
    return phases(run).phase_tells.loc[arm].loc[list(seeds)]


def _by_layer(run: Run) -> Evidence:
    ratios = hidden(run, "plain")
    left = (ratios / ratios.shift(axis=1)).iloc[:, 1:].max(axis=1)
    unit = "times that of the layer before, where it falls least"
    return Evidence.compared(left.index, left, "<", 1, unit, _tells(run, left.index))


def _middle(run: Run) -> Evidence:
    falls = (hidden(run, "plain", 0) / hidden(run, "plain")).iloc[:, :-1].min(axis=1)
    unit = "fold fall in the layer where it is least"
    return Evidence.compared(falls.index, falls, ">", 1, unit, _tells(run, falls.index), chance=SIGN)


def _middle_terminal(run: Run) -> Evidence:
    then, end = over_phase(run, "plain", "variance_ratio_train")
    falls = (then / end).iloc[:, :-1].min(axis=1)
    return Evidence.compared(falls.index, falls, ">", 1, "fold fall in the layer where it is least", chance=SIGN)


def _earlier_collapse(run: Run) -> Evidence:
    """In the layer before the last, of the networks whose last layer collapses."""
    then, end = over_phase(run, "plain", "variance_ratio_train")
    falls = then / end
    before, last = falls.iloc[:, -2], falls.iloc[:, -1]
    unit = "fold fall in the layer before the last"
    return Evidence.compared(falls.index, before, ">=", COLLAPSED, unit, last >= COLLAPSED)


def _ends(run: Run, arm: str = "plain") -> tuple[pd.DataFrame, pd.DataFrame]:
    found = law(run)
    found = found[found.arm == arm]
    return found[found.step == 0].set_index("seed"), found[found.step == found.step.max()].set_index("seed")


def _line(run: Run, arm: str = "plain") -> Evidence:
    found = _ends(run, arm)[1].correlation
    unit = "correlation of log D with the layer"
    return Evidence.compared(found.index, found, "<=", STRAIGHT, unit, _tells(run, found.index, arm))


def _bends(run: Run) -> Evidence:
    """At the end of the terminal phase, over its start: how much farther from a falling line the correlation is."""
    found, end = law(run).set_index(["arm", "seed", "step"]).correlation.loc["plain"], _ends(run)[1].correlation
    tells = _tells(run, end.index)
    starts = phases(run).phase_start.loc["plain"]
    then = pd.Series([found[seed, starts[seed]] if tells[seed] else float("nan") for seed in end.index], end.index)
    unit = "higher correlation at the end of the phase"
    return Evidence.compared(end.index, end - then, ">", 0, unit, tells, chance=SIGN)


def _emerges(run: Run) -> Evidence:
    before, end = _ends(run)
    holds = (before.correlation > STRAIGHT) & (end.correlation <= STRAIGHT)
    tells = _tells(run, before.index)
    return Evidence.of(before.index, holds, before.correlation, "correlation before training", tells)


def _even(run: Run) -> Evidence:
    end = _ends(run)[1]
    off = pd.concat([1 - end.least, end.most - 1], axis=1).max(axis=1)
    unit = "of the mean fall, the largest difference from it"
    return Evidence.compared(off.index, off, "<=", EVEN, unit, _tells(run, off.index))


def _mismatch(run: Run, side: str) -> Evidence:
    then, end = over_phase(run, "plain", f"nc4_{side}")
    holds = (end <= then).all(axis=1) & (end < then).any(axis=1)
    least = 100 * (then - end).min(axis=1)
    return Evidence.of(then.index, holds, least, "points less mismatch, in the layer where it falls least")


def _mismatch_train(run: Run) -> Evidence:
    return _mismatch(run, "train")


def _mismatch_test(run: Run) -> Evidence:
    return _mismatch(run, "test")


def _random_labels(run: Run) -> Evidence:
    """Of networks that have fitted their labels and not just now."""
    series = effective_depths(run).pivot(index="seed", columns="arm", values="depth")[RANDOM]
    fitted = (phases(run).phase_length > 0).unstack("arm")[RANDOM].all(axis=1).loc[series.index]
    steady = (series.diff(axis=1).iloc[:, 1:] >= 0).all(axis=1)
    grown = series["all random"] - series["plain"]
    unit = "layers deeper with random labels"
    return Evidence.of(series.index, steady & (grown > 0), grown, unit, fitted, chance=1 / 6)


def _six(run: Run) -> tuple[pd.DataFrame, pd.Series]:
    found = tunnels(run)
    return found, _tells(run, found.seed, "six digits")


def _tunnel(run: Run) -> Evidence:
    found, tells = _six(run)
    return Evidence.compared(found.seed, found.layers, ">=", run.config["depth"] / 4, "layers in the tunnel", tells)


def _tunnel_rank(run: Run) -> Evidence:
    found, tells = _six(run)
    fall, unit = found.rank_then / found["rank"], "fold fall of the effective rank"
    return Evidence.compared(found.seed, fall, ">=", 2, unit, tells)


def _tunnel_other(run: Run) -> Evidence:
    found, tells = _six(run)
    fall = found.other_then - found.other
    holds = (fall >= 0.02) & (fall > found.untrained_fall)
    return Evidence.of(found.seed, holds, 100 * fall, "points lost on other digits", tells)


CLAIMS = read(
    __file__,
    {
        "cascade-ratio-by-layer": _by_layer,
        "cascade-middle-layers": _middle,
        "cascade-middle-layers-terminal": _middle_terminal,
        "cascade-earlier-collapse": _earlier_collapse,
        "separation-law": _line,
        "separation-law-quarter-decay": partial(_line, arm="quarter decay"),
        "separation-law-no-decay": partial(_line, arm="no decay"),
        "separation-law-bends": _bends,
        "separation-law-emerges": _emerges,
        "separation-equal-factors": _even,
        "mismatch-falls-train": _mismatch_train,
        "mismatch-falls-test": _mismatch_test,
        "effective-depth-random-labels": _random_labels,
        "tunnel-exists": _tunnel,
        "tunnel-compresses": _tunnel_rank,
        "tunnel-hurts-other-classes": _tunnel_other,
    },
)
