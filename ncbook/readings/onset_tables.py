"""Tables of the chapter on what moves when a network groks: leads, clocks, codes and shapes."""

import numpy as np
import pandas as pd

from ncbook.readings import rates
from ncbook.readings.onset import ADDITION, COLLAPSE, DIGITS, NAMES, UNDECAYED, falls, leads, shapes
from ncbook.readings.words import cell, count, interval, spread
from ncbook.runs import Run

_TIGHT = tuple(name for name in COLLAPSE if name != "nc1_train")
_CODES = {"head": "W", "means": "means"}
_DECAYS = {ADDITION: "", UNDECAYED: ", no decay"}
_TIMED = ("train_loss", "relative_flatness", "fourier_gini", "ncc_acc_test", "weight_norm", *COLLAPSE)
_ONSET = "onset of generalization"
_SHORT = {"fourier_gini": "Gini", "weight_norm": "norm", "relative_flatness": "κ", "variance_ratio_train": "R"}


def early_falls(run: Run) -> pd.DataFrame:
    """A row a measure of collapse: by which factor it falls until the network has memorized, and in all."""
    found = {name: falls(run, name) for name in _TIGHT}
    rows = [
        {"measure": NAMES[name], "until memorized": spread(own.fold, "{:.1f}"), "in all": spread(own.whole, "{:.0f}")}
        for name, own in found.items()
    ]
    return pd.DataFrame(rows)


def leads_and_clocks(run: Run) -> pd.DataFrame:
    """A row the onset and one a measure: leads in steps, seeds that it leads in, deviations over the seeds."""
    found = leads(run)
    rows = [
        {
            "measure": _ONSET,
            "lead, steps": "",
            "seeds in which it is ahead": "",
            "deviation of the crossing": found.onset.std(),
        }
    ]
    for name in _TIMED:
        rows.append({
            "measure": NAMES[name], "lead, steps": spread(found[name], "{:.0f}"),
            "seeds in which it is ahead": count(found[name] > 0),
            "deviation of the crossing": (found.onset - found[name]).std(),
            "deviation of the lead": found[name].std(),
        })  # fmt: skip
    columns = ["deviation of the crossing", "deviation of the lead"]
    table = pd.DataFrame(rows, columns=[*rows[-1]])
    return table.assign(**{name: [cell(value, "{:.0f}") for value in table[name]] for name in columns})


def slopes(run: Run) -> pd.DataFrame:
    """A row what is timed in a run of `rates`: the log-slope of its step on the decay, the rate and their product.

    On the product it is that of the step at which one level is passed.
    """
    rows = []
    for name in ("onset", "variance_ratio_train", "fourier_gini", "relative_flatness", "train_loss", "weight_norm"):
        asked = {
            "slope on the decay": (rates.DECAY, False),
            "on the rate": (rates.RATE, False),
            "on the product, at one level": (rates.BOTH, True),
        }
        found = {column: rates.slope_on_setting(run, name, *which) for column, which in asked.items()}
        told = {column: spread(own, "{:.2f}") for column, own in found.items()}
        rows.append({"crossing of": (NAMES | _SHORT).get(name, name)} | told)
    return pd.DataFrame(rows)


def coupled(run: Run) -> pd.DataFrame:
    """A row a measure of a run of `rates`: how it goes with the onset over all arms, and over seeds alone."""
    whole, alone = (rates.coupled(run, seeds_alone=each) for each in (False, True))
    rows = []
    for name in rates.MEASURES:
        own = {"measure": (NAMES | _SHORT)[name]}
        for what, short in (("rank", "rank correlation"), ("ratio", "ratio of spreads")):
            middle, low, high = whole.loc[name, [what, f"{what}_low", f"{what}_high"]]
            own[short] = interval(middle, low, high, "{:.2f}")
        for what, short in (("rank", "rank correlation"), ("ratio", "ratio of spreads")):
            own[f"{short}, seeds alone"] = cell(alone.loc[name, what], "{:.2f}")
        rows.append(own)
    return pd.DataFrame(rows)


def code_costs(run: Run) -> pd.DataFrame:
    """A row a number of classes: nuclear norms of both codes, and the critical penalty by formula and solved for."""
    norms, formula, direct = (run.arrays[f"codes/{name}"] for name in ("norms", "formula", "direct"))
    return pd.DataFrame({
        "classes K": [int(each) for each in run.config["classes"]],
        "norm, circle": [f"{each:.2f}" for each in norms[:, 0]],
        "norm, simplex": [f"{each:.2f}" for each in norms[:, 1]],
        "penalty by formula": [f"{each:.5f}" for each in formula],
        "penalty solved for": [f"{each:.5f}" for each in direct],
    })  # fmt: skip


def ends(run: Run) -> pd.DataFrame:
    """A row a matrix at the end of training: directions, frequencies, and median distances of its Gram matrix."""
    rows = []
    for part, decay in _DECAYS.items():
        for which, name in _CODES.items():
            shape = shapes(run, part, which)
            far = {f"to {each}": f"{shape[f'to_{each}'].median():.2f}" for each in ("simplex", "circle", "circles")}
            rows.append(
                {"matrix": f"{name}{decay}", "directions": spread(shape["rank"], "{:.0f}")}
                | {"frequencies": cell(shape.frequencies.median(), "{:.0f}")}
                | far
            )
    return pd.DataFrame(rows)


def on_digits(run: Run) -> pd.DataFrame:
    """A row a measure on digits from the large start: the step of its crossing over that of the onset, and seeds."""
    found = leads(run, DIGITS)
    rows = []
    for name in ("train_loss", "weight_norm", "relative_flatness", *_TIGHT):
        ratio = (found.onset - found[name]) / found.onset
        seen = count(np.isfinite(ratio))
        rows.append(
            {
                "measure": NAMES[name],
                "step over that of the onset": spread(ratio, "{:.2f}"),
                "seeds in which it crosses": seen,
            }
        )
    return pd.DataFrame(rows)
