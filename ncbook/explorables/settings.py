"""The recipe of the experiment `settings` against one change of it: one measure of collapse over the epochs."""

from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import moments, names

# what can be chosen, in this order: name on the page, column without its _train or _test
_MEASURES = {
    "nc1": ("NC1: within-class variability", "nc1_{}"),
    "nc2_norms": ("NC2: unequal norms of means", "nc2_norms_{}"),
    "nc2_angles": ("NC2: angles off the simplex", "nc2_angles_{}"),
    "nc3": ("NC3: classifier off the means", "nc3_{}"),
    "nc4": ("NC4: nearest mean disagrees", "nc4_{}"),
    "error": ("Error: share of images", "{}_error"),
}
_ARM = ["dataset", "network", "loss_name", "weight_decay"]


def settings(run: runs.Run) -> _page.Explorable:
    """The first arm of `run`, one of `experiments.settings`, and one that differs in a single thing, over the epochs.

    Any two arms may be chosen, and one of six measures. Raises ValueError, naming it, for a column that the run lacks.
    """
    columns = [column.format(split) for _, column in _MEASURES.values() for split in ("train", "test")]
    _page.require(run, "settings", history=(*_ARM, "seed", "epoch", *columns))
    frame = run.to_frame()
    groups = dict(iter(frame.groupby(_ARM, sort=False)))
    arms = [_arm(key, rows) for key, rows in groups.items()]
    data = {
        "epochs": sorted(map(int, frame.epoch.unique())),
        "seeds": run.config["seeds"],
        "measures": {name: text for name, (text, _) in _MEASURES.items()},
        "arms": arms,
    }
    title = "Collapse with a recipe and with one change of it"
    body = _body(run, data, _changes(list(groups)))
    return _page.Explorable("settings", title, body, data, f"{title}. {_summary(run, arms)}")


def _arm(key: tuple[str, str, str, float], rows: pd.DataFrame) -> dict[str, Any]:
    """One arm for the page.

    label; zero, the sorted first epochs without a training error, of the seeds that have one;
    curves, measure -> {train, test} -> {seeds [S][P], median [P]}.
    """
    curves = {
        measure: {split: _curve(rows, column.format(split)) for split in ("train", "test")}
        for measure, (_, column) in _MEASURES.items()
    }
    zero = [int(epoch) for epoch in sorted(moments.zero_errors(rows, "epoch"))]
    return {"label": ", ".join(_named(key)), "zero": zero, "curves": curves}


def _curve(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    values = rows.pivot(index="seed", columns="epoch", values=column).to_numpy()
    return {"seeds": _page.short(values, gaps=True), "median": _page.short(np.median(values, axis=0), gaps=True)}


def _named(key: tuple[str, str, str, float]) -> list[str]:
    """Data set, network, loss and weight decay of an arm, as readers call them."""
    dataset, network, loss, decay = key
    return [dataset, names.NETWORKS.get(network, network), names.LOSSES.get(loss, loss), f"weight decay {decay:g}"]


def _changes(keys: list[tuple[str, str, str, float]]) -> dict[int, str]:
    """Place of an arm -> the one thing in which it differs from the first, of the arms that differ in one thing."""
    differing = {
        at: [word for word, own, base in zip(_named(key), key, keys[0], strict=True) if own != base]
        for at, key in enumerate(keys)
    }
    return {at: words[0] for at, words in differing.items() if len(words) == 1}


def _body(run: runs.Run, data: dict[str, Any], changes: dict[int, str]) -> str:
    labels = [arm["label"] for arm in data["arms"]]
    start = next(iter(changes), 0)  # the reader finds the change that matters
    return _page.body(
        "settings", run, changes=_page.options(changes, start), first=_page.options(labels, 0),
        second=_page.options(labels, start), measures=_page.options(data["measures"]),
        last=len(data["epochs"]) - 1, seeds=len(data["seeds"]),
    )  # fmt: skip


def _summary(run: runs.Run, arms: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = [f"{arm['label']}: NC1 on train {_end(arm['curves']['nc1']['train']['median'][-1])}." for arm in arms]
    return " ".join([*lines, runs.provenance_line(run)])


def _end(value: float | None) -> str:
    """NC1 is not defined in a network that gives every image the same features."""
    return "is not defined at the end" if value is None else f"ends at {value:.3g}"
