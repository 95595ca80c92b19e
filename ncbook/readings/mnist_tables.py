"""Tables of the chapter "Grokking on real images": columns are named for readers."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ncbook.readings import mnist_grokking as reading
from ncbook.readings import moments
from ncbook.readings.mnist_grokking import FAR, FEW, LARGE, MANY, NAMES, NEAR, RATES, STARTS, TWICE, USUAL
from ncbook.readings.words import cell, count, interval, spread, two_digits
from ncbook.runs import Run

_SHARES = {"test_acc": "test accuracy", "ncc_acc_test": "nearest center, test"}
_AMONG = {"variance_ratio_train": "R", "cdnv_train": "CDNV", "nc1_train": "NC1"}
_RULED = {"relative_flatness": "κ", "weight_norm": "norm", "variance_ratio_train": "R"}
_COUPLED = {"variance_ratio_train": "R", "rnc1_train": "RNC1", "relative_flatness": "κ", "weight_norm": "norm"}


def delays(run: Run) -> pd.DataFrame:
    """A row a start: when it has memorized, when the test accuracy is half-way from a guess to its end, and the end."""
    found, frame = reading.delays(run), run.to_frame()
    steps = {
        arm: pd.Series([moments.memorized(rows, run.config["learned"]) for _, rows in own.groupby("seed")])
        for arm, own in frame.groupby("arm") if arm in (LARGE, USUAL)
    }  # fmt: skip
    return pd.DataFrame({
        "start": [LARGE, USUAL],
        "memorized at step": [spread(steps[arm], "{:.0f}") for arm in (LARGE, USUAL)],
        "half-way, in multiples of that step": [spread(found[arm], "{:.1f}") for arm in (LARGE, USUAL)],
        "test accuracy at the end": [spread(found[f"final_{arm}"], "{:.2f}") for arm in (LARGE, USUAL)],
    })  # fmt: skip


def memorizing(run: Run) -> pd.DataFrame:
    """A row a measure of the large start: before training, and when it has memorized."""
    frame, then = run.to_frame(), reading.memorizing(run)
    start = frame[(frame.arm == LARGE) & (frame.step == 0)]
    names = _SHARES | _AMONG
    return pd.DataFrame({
        "measure": list(names.values()),
        "before training": [_spread(start[name], name) for name in names],
        "when memorized": [_spread(then[name], name) for name in names],
    })  # fmt: skip


def nearly_there(run: Run) -> pd.DataFrame:
    """A row a measure of the large start: when it has memorized, and with 90 % of its final test accuracy."""
    then, now = reading.memorizing(run), reading.nearly_there(run)
    names = _SHARES | _AMONG
    falls = [spread(now[f"{name}_fall"], "{:.1f}") if name in _AMONG else "" for name in names]
    return pd.DataFrame({
        "measure": list(names.values()),
        "when memorized": [_spread(then[name], name) for name in names],
        "at 90 % of the end": [_spread(now[name], name) for name in names],
        "times smaller": falls,
    })  # fmt: skip


def _spread(values: pd.Series, name: str) -> str:
    return spread(values.astype(float), "{:.2f}" if name in _SHARES else "{:.3g}")


def leads(run: Run) -> pd.DataFrame:
    """A row a measure, the earliest first: where it crosses, over the onset, and in how many seeds before it."""
    found = reading.leads(run)
    shares = found[list(NAMES)].rsub(found.onset, axis=0).div(found.onset, axis=0)
    order = shares.median().sort_values(kind="stable").index
    return pd.DataFrame({
        "measure": [NAMES[name] for name in order],
        "crosses, in times the onset": [spread(shares[name], "{:.2f}") for name in order],
        "before the onset": [count(found[name] > 0) for name in order],
    })  # fmt: skip


def rules(run: Run) -> pd.DataFrame:
    """A row a rule other than the primary one: in how many seeds each measure crosses before the onset."""
    others = reading.rules(run.config)[1:]
    found = [reading.leads(run, rule=rule) for rule in others]
    counts = {
        label: [count(each[name] > 0) for each in found] for name, label in _RULED.items()
    }  # fmt: skip
    return pd.DataFrame({"a measure crosses after": [str(rule) for rule in others]} | counts)


def arms(run: Run) -> pd.DataFrame:
    """A row an arm: what it differs in, and how long it is trained."""
    own = [reading.settings(run.config, arm) for arm in run.config["arms"]]
    names = {
        "factor": "factor on the start", "rate": "learning rate", "decay": "weight decay", "images": "images a class",
        "steps": "steps",
    }  # fmt: skip
    columns = {label: [f"{each[name]:g}" for each in own] for name, label in names.items()}
    return pd.DataFrame({"arm": list(run.config["arms"])} | columns)


def clock(run: Run) -> pd.DataFrame:
    """A row an arm with a large start: when it memorizes and generalizes, on the clock of decay, and at which norm."""
    table = reading.crossings(run)
    large = [arm for arm in run.config["arms"] if arm != USUAL]
    own = {arm: table[table.arm == arm] for arm in large}
    return pd.DataFrame({
        "arm": large, "memorized at step": [cell(own[arm].memorized.median(), "{:.0f}") for arm in large],
        "onset at step": [spread(own[arm].onset, "{:.0f}") for arm in large],
        "ηγ × onset": [cell(own[arm].clock.median(), "{:.2f}") for arm in large],
        "norm at the onset": [spread(own[arm].norm, "{:.1f}") for arm in large],
    })  # fmt: skip


def predictions(run: Run) -> pd.DataFrame:
    """A row a prediction of the formula for the onset: the slope in logarithms, and what came out."""
    asked = (
        ("onset, with the decay", -1, "onset", "decay", (LARGE, TWICE)),
        ("onset, with rate × decay", -1, "onset", "product", RATES),
        ("crossing of RNC1, with the decay", -1, "rnc1_train", "decay", (LARGE, TWICE)),
        ("norm at the onset, with the factor on the start", 0, "norm", "factor", STARTS),
    )
    slopes = [reading.slope_on(run, column, setting, of) for _, _, column, setting, of in asked]
    return pd.DataFrame({
        "slope, in logarithms": [name for name, *_ in asked], "predicted": [str(each[1]) for each in asked],
        "found": [spread(each, "{:.2f}") for each in slopes],
    })  # fmt: skip


def at_level(run: Run) -> pd.DataFrame:
    """A row an arm with one rate and decay: when it first has a fixed test accuracy, and where it ends."""
    fixed = reading.at_level(run)
    ends = run.to_frame().groupby(["arm", "seed"])[["test_acc", "train_acc"]].last().groupby("arm").median()
    own = (NEAR, TWICE, FAR, FEW, MANY)
    middle = fixed.groupby("arm")[["step", "norm"]].median()
    return pd.DataFrame({
        "arm": list(own), "step": [cell(middle.step[arm], "{:.0f}") for arm in own],
        "norm there": [cell(middle.norm[arm], "{:.1f}") for arm in own],
        "test accuracy at the end": [cell(ends.test_acc[arm], "{:.2f}") for arm in own],
        "training accuracy at the end": [cell(ends.train_acc[arm], "{:.2f}") for arm in own],
    })  # fmt: skip


def coupling(run: Run) -> pd.DataFrame:
    """A row a measure: how its crossing goes with the onset, from start to start and over the seeds of one arm."""
    rows = [_coupled(run, "starts", STARTS), _coupled(run, "seeds", (LARGE,))]
    return pd.concat([pd.DataFrame(own) for own in rows], ignore_index=True)


def _coupled(run: Run, over: str, of: Sequence[str]) -> list[Mapping[str, str]]:
    found = reading.coupling(run, of)
    slopes = reading.slopes(run, of) if len(of) > 1 else None
    return [
        {
            "compared over": over, "measure": label,
            "rank correlation": _interval(found.loc[name], "rank"),
            "ratio of spreads": _interval(found.loc[name], "ratio"),
            "slope": "" if slopes is None else spread(slopes[name], "{:.2f}"),
        }
        for name, label in _COUPLED.items()
    ]  # fmt: skip


def _interval(row: pd.Series, name: str) -> str:
    return interval(row[name], row[f"{name}_low"], row[f"{name}_high"], "{:.2f}")


def levels(run: Run) -> pd.DataFrame:
    """A row a network: kappa of two that are equally accurate, of one that has learned nothing, and at the end."""
    found = reading.equally_accurate(run)
    names = {
        "large": "large start, half-way", "usual": "usual start, as accurate", "untrained": "usual start, untrained",
        "end": "large start, at the end",
    }  # fmt: skip
    return pd.DataFrame({
        "network": list(names.values()),
        "κ": [spread(found[name], two_digits) for name in names],
    })  # fmt: skip
