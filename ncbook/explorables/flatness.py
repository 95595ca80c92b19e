"""A slider over confidence: relative flatness, its bound and the loss move, the decisions stand still."""

from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _legend, _page
from ncbook.readings.flatness import NETWORKS, rows, scaled

# what is drawn, in this order: name on the page, column of a network, array of a simplex, path of its dashes
_CURVES = (
    ("exact κ", "relative_flatness", "exact", ""),
    ("upper bound", "relative_flatness_bound", "bound", "7 4"),
    ("training loss", "train_loss", "cross_entropy", "2 4"),
    ("right side of proposition 5.3", "proposition", "proposition", "10 3 2 3"),
)
_COLORS = ("class0", "class1", "text", "class3")
_EVERY = 4  # of the 200 strengths of a closed form, so that a slider has a handful of steps
_ORDER = ("random", "trained", "stopped")  # the figure opens with the first


def flatness(run: runs.Run) -> _page.Explorable:
    """kappa, its bound, the loss and proposition 5.3 against the scale of the last layer, with a marker to move.

    `run` is one of `experiments.flatness`. Raises ValueError, naming what is missing, for another run.
    """
    cases = [*_networks(run), *_simplices(run)]
    data = {"cases": cases, "names": [name for name, *_ in _CURVES], "colors": _COLORS,
            "dashes": [dashes for *_, dashes in _CURVES]}  # fmt: skip
    title = "Relative flatness as the last layer grows"
    return _page.Explorable("flatness", title, _body(run, cases), data, f"{title}. {_summary(run, cases)}")


def _networks(run: runs.Run) -> list[dict[str, Any]]:
    """The first seed of each kind of network; `reference` is kappa of the one on true labels, as it was trained."""
    _page.require(run, "flatness", history=("arm", "scale", *(column for _, column, *_ in _CURVES)))
    seed = run.config["seeds"][0]
    (reference,) = rows(run, "scale", arm="trained", seed=seed, scale=1.0).relative_flatness
    cases = []
    for arm in _ORDER:
        own = scaled(run, arm=arm, seed=seed)
        train, test = (100 * own[error].iloc[0] for error in ("train_error", "test_error"))
        still = f"Training error {train:.3g} %, test error {test:.3g} %: the same for every s."
        cases.append({
            "name": f"network on {NETWORKS[arm]}", "what": "Factor s", "at": _short(own.scale),
            "axis": "factor s of the last layer (log)", "still": still,
            "curves": [_short(own[column]) for _, column, *_ in _CURVES],
            "start": int(np.abs(own.scale.to_numpy() - 1).argmin()), "reference": _page.short([reference])[0],
        })  # fmt: skip
    return _on_one_axis(cases)


def _on_one_axis(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with `low`, where the vertical axis ends that all of them share: below all values but the proposition's."""
    smallest = min(value for case in cases for curve in case["curves"][:3] for value in curve if value)
    return [case | {"low": float(f"1e{int(np.floor(np.log10(smallest)))}")} for case in cases]


def _simplices(run: runs.Run) -> list[dict[str, Any]]:
    _page.require(run, "flatness", arrays=("family/strengths",))
    strengths = run.arrays["family/strengths"][::_EVERY]
    cases = []
    for num_classes in run.config["classes"]:
        curves = [run.arrays[f"family/{num_classes}/{array}"] for _, _, array, _ in _CURVES]
        peak = run.arrays["family/strengths"][curves[0].argmax()]
        cases.append({
            "name": f"exact collapse, K = {num_classes}", "what": "Confidence a", "at": _short(strengths),
            "axis": "confidence a (log)", "curves": [_short(curve[::_EVERY]) for curve in curves],
            "still": f"Collapse is exact, and no point is misclassified, at every confidence. κ peaks at {peak:.2g}.",
            "start": int(np.abs(strengths - peak).argmin()), "reference": None,
        })  # fmt: skip
    return _on_one_axis(cases)


def _short(values: np.ndarray | pd.Series) -> list[float | None]:
    """None where a logarithmic axis has no place for the value."""
    return _page.short(np.where(values > 0, values, np.nan), gaps=True)


def _body(run: runs.Run, cases: list[dict[str, Any]]) -> str:
    lines = [_legend.line(color, dashes) for color, (*_, dashes) in zip(_COLORS, _CURVES, strict=True)]
    names = [f'{name} <b class="nc-value{index}"></b>' for index, (name, *_) in enumerate(_CURVES)]
    return _page.body(
        "flatness", run, cases=_page.options(case["name"] for case in cases), last=len(cases[0]["at"]) - 1,
        start=cases[0]["start"], legend=_legend.entries(lines, names), seed=run.config["seeds"][0],
    )  # fmt: skip


def _summary(run: runs.Run, cases: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    told = []
    for case in cases:
        values = [value for value in case["curves"][0] if value]
        told.append(f"{case['name']}: relative flatness from {max(values):.3g} down to {min(values):.3g}")
    return "; ".join(told) + f". {runs.provenance_line(run)}"
