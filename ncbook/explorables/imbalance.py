"""Rows of W of rare and frequent classes, and the accuracy on new images, against the ratio of their sizes."""

import math
from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import imbalance as reading
from ncbook.readings.imbalance import FEW, FREE, HEAD, NETWORK, PLAIN

_COLUMNS = ("cos_rows_rare", "apart_rare", "apart_across", f"frequent_acc_{HEAD}", f"rare_acc_{HEAD}")


def imbalance(run: runs.Run) -> _page.Explorable:
    """The ratio R as the lever: a triangle of rows, and the accuracy on frequent and on rare classes.

    `run` is one of `experiments.imbalance`. Its sources are free features with the first pair of decays, and networks
    without a remedy with each weight decay. Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "imbalance", history=(*reading.KEYS, *_COLUMNS))
    sources = _sources(run)
    classes = run.config["classes"]
    simplex = math.sqrt(2 * classes / (classes - 1))  # between corners, in lengths of a corner
    data = {"simplex": simplex, "sources": list(sources.values())}
    title = "Rare classes: their rows of W, and new images of them"
    body = _page.body(
        "imbalance", run, last=len(next(iter(sources.values()))["ratios"]) - 1, sources=_page.options(list(sources)),
        classes=classes, seeds=len(run.config["seeds"]),
    )  # fmt: skip
    return _page.Explorable("imbalance", title, body, data, f"{title}. {runs.provenance_line(run)}")


def _sources(run: runs.Run) -> dict[str, dict[str, Any]]:
    """By name: ratios, cosine, rare and across [P]; accuracy of frequent, rare, and rare with every class as rare."""
    free, trained = reading.ends(run, FREE), reading.ends(run, NETWORK)
    pair = reading.pairs(run)[0]
    found = {f"free features, both decays {pair[0]:g}": _source(reading.of_pair(free[free.arm == PLAIN], pair))}
    for decay in run.config["weight_decays"]:
        own = trained[trained.weight_decay == decay]
        found[f"a network, weight decay {decay:g}"] = _source(own[own.arm == PLAIN], own[own.arm == FEW])
    return found


def _source(rows: pd.DataFrame, few: pd.DataFrame | None = None) -> dict[str, Any]:
    medians = rows.groupby("ratio")[list(_COLUMNS)].median()
    told = {"ratios": [float(each) for each in medians.index]}
    for name, column in (("cosine", "cos_rows_rare"), ("rare", "apart_rare"), ("across", "apart_across")):
        told[name] = _page.short(medians[column])
    columns = [(rows, f"frequent_acc_{HEAD}"), (rows, f"rare_acc_{HEAD}"), (few, f"rare_acc_{HEAD}")]
    return told | {"accuracy": [_told(table, column, medians.index) for table, column in columns]}


def _told(table: pd.DataFrame | None, column: str, ratios: pd.Index) -> dict[str, Any]:
    """Lowest, median and highest seed at each ratio; None where there is none."""
    if table is None:
        return dict.fromkeys(("low", "middle", "high"), [None] * len(ratios))
    by = table.groupby("ratio")[column]
    values = {"low": by.min(), "middle": by.median(), "high": by.max()}
    return {name: _page.short(each.reindex(ratios), gaps=True) for name, each in values.items()}
