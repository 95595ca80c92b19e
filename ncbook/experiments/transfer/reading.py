"""What the claims, the figures and the chapter read from a run of `transfer`."""

import pandas as pd

from ncbook.runs import Run

PER_CLASS, TOTAL = "per class", "total"
INPUT, LAST = "input", "last"


def part(run: Run, name: str) -> pd.DataFrame:
    """History of one family: "source" or "groups"."""
    frame = run.to_frame()
    return frame[frame.part == name]


def ends(run: Run) -> pd.DataFrame:
    """The last layer of every network with source classes, at the end; one row an arm, l and seed.

    An l at which both arms are the same training stands in both. Added columns: ridge_then, ridge after an eighth of
    the steps; untrained and pixels, ridge of the same network before training and of the images themselves.
    """
    frame = part(run, "source")
    last = frame[frame.layer == LAST]
    keys = ["arm", "classes", "seed"]
    found = last[last.step == last.step.max()].set_index(keys)
    found["untrained"] = last[last.step == 0].set_index(keys).ridge
    found["pixels"] = frame[frame.layer == INPUT].set_index(keys).ridge
    found["ridge_then"] = last[last.step == run.config["source_steps"] // 8].set_index(keys).ridge
    found = found.reset_index()
    twice = run.config["total"] // run.config["per_class"]
    shared = found[(found.arm == PER_CLASS) & (found.classes == twice)].assign(arm=TOTAL)
    return pd.concat([found, shared]).sort_values(keys).reset_index(drop=True)


def final_layers(run: Run, name: str) -> pd.DataFrame:
    """Ridge accuracy at the end of training: a row an arm, number of classes and seed; a column a layer, in order.

    The pixels come first. They do not change, so they are those of the start.
    """
    frame = part(run, name)
    frame = frame[(frame.step == frame.step.max()) | (frame.layer == INPUT)]
    order = [INPUT, *[layer for layer in frame.layer.unique() if layer not in (INPUT, LAST)], LAST]
    return frame.pivot(index=["arm", "classes", "seed"], columns="layer", values="ridge")[order]


def since_zero_error(run: Run) -> pd.DataFrame:
    """One row a super-class arm and seed: the last layer where training error is first zero, and at the end.

    Columns: arm, seed, epoch of the first; NAME_then and NAME_end for ratio, ridge, centre and recovered; correlation,
    Spearman's of ratio and ridge from that epoch on, nan with fewer than three measurements. Arms that never get there
    are left out.
    """
    frame = part(run, "groups")
    frame = frame[frame.layer == LAST]
    found = [_since(key, rows[rows.step > 0]) for key, rows in frame.groupby(["arm", "seed"], sort=False)]
    return pd.DataFrame([row for row in found if row])


def _since(key: tuple[str, int], rows: pd.DataFrame) -> dict:
    reached = rows[rows.train_error == 0]
    if reached.empty:
        return {}
    terminal = rows[rows.step >= reached.step.iloc[0]]
    row = {"arm": key[0], "seed": key[1], "epoch": terminal.epoch.iloc[0]}
    for name in ("ratio", "ridge", "centre", "recovered"):
        row |= {f"{name}_then": terminal[name].iloc[0], f"{name}_end": terminal[name].iloc[-1]}
    row["correlation"] = rank_correlation(terminal.ratio, terminal.ridge) if len(terminal) > 2 else float("nan")
    return row


def rank_correlation(first: pd.Series, second: pd.Series) -> float:
    """Spearman's, to nine places, so that -0.9 is at most -0.9; nan where one of the two does not change."""
    if min(first.nunique(), second.nunique()) < 2:
        return float("nan")
    return round(float(first.corr(second, method="spearman")), 9)
