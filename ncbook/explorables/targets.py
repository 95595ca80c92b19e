"""The features of a network whose targets are two numbers against the weight decay, and what it predicts."""

from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.targets import KEYS, REGRESSION, SHUFFLED, TWO, ends

_KINDS = ("outside_components_train", "outside_components_test", "unexplained_test")
_SETS = (TWO, SHUFFLED)
_CHOICES = {"own": "as they are", "shuffled": "shuffled"}  # the same


def targets(run: runs.Run) -> _page.Explorable:
    """The weight decay as the lever: features of the first seed from the side, and shares of all seeds.

    `run` is one of `experiments.targets`. The targets of the training points are those of the points, or shuffled.
    Raises ValueError, naming what is missing, for another run.
    """
    _page.require(run, "targets", arrays=("features", "targets"), history=(*KEYS, *_KINDS))
    decays = sorted(run.config["weight_decays"])
    order = np.argsort(run.config["weight_decays"])
    features = run.arrays["features"][:, order][..., [0, 2]]  # [data sets, decays, N, 2]
    data = {
        "decays": decays,
        "reach": _page.short(1.05 * np.abs(features).max(axis=(0, 1, 2))),
        "points": [_page.pack(own) for own in features],
        "positive": (run.arrays["targets"][..., 0] > 0).astype(int).tolist(),
        "shares": [_shares(run, dataset, decays) for dataset in _SETS],
    }
    title = "Features of a network whose targets are two numbers"
    body = _page.body(
        "targets", run, last=len(decays) - 1, sets=_page.options(_CHOICES), seeds=len(run.config["seeds"]),
    )  # fmt: skip
    return _page.Explorable("targets", title, body, data, f"{title}. {runs.provenance_line(run)}")


def _shares(run: runs.Run, dataset: str, decays: list[float]) -> list[dict[str, Any]]:
    """For each kind the lowest, median and highest seed at each decay."""
    table = ends(run, REGRESSION)
    by = table[table.dataset == dataset].groupby("weight_decay")
    told = []
    for kind in _KINDS:
        values = {"low": by[kind].min(), "middle": by[kind].median(), "high": by[kind].max()}
        told.append({name: _page.short(each.reindex(decays)) for name, each in values.items()})
    return told
