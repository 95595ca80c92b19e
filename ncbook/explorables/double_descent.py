"""Test error, training error and norm of a least-squares solution, under one slider over the number of features."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _legend, _page

_COLUMNS = ("test_error", "train_error", "norm")
_CURVES = (("class0", ""), ("class1", "6 4"))  # color and dashes, without and with label noise


def double_descent(run: runs.Run) -> _page.Explorable:
    """Along the curve of double descent: errors and norm at each number of features, with and without label noise.

    `run` is one of `experiments.double_descent`. Raises ValueError, naming what is missing, for another run or one with
    other than two label noises.
    """
    _require(run)
    config = run.config
    data = {
        "points": [10 * each for each in config["per_class"]],
        "ridges": config["ridges"],
        "factors": config["factors"],
        "noises": config["noises"],
        "seeds": len(config["seeds"]),
        "curves": {name: _curves(run.arrays[name]) for name in _COLUMNS},
    }
    title = "Double descent, feature by feature"
    return _page.Explorable("double_descent", title, _body(run, data), data, f"{title}. {_summary(run)}")


def _require(run: runs.Run) -> None:
    """Raises ValueError that names the first setting or array that `run` lacks."""
    _page.require(run, "double_descent", config=("factors",), arrays=_COLUMNS)
    if len(run.config["noises"]) != 2:
        raise ValueError(f"run.config: noises must be two, to be compared, got {run.config['noises']}")


def _curves(values: np.ndarray) -> list[Any]:
    """[n][noise][ridge] -> {seeds [S][F], median [F]}, from values [n, S, noise, ridge, F]."""
    return [
        [
            [{"seeds": _page.short(curve), "median": _page.short(np.median(curve, axis=0))} for curve in ridges]
            for ridges in noises
        ]
        for noises in values.transpose(0, 2, 3, 1, 4)
    ]


def _body(run: runs.Run, data: Mapping[str, Any]) -> str:
    count = data["seeds"]
    words = {f"noise{at}": f"{noise:g}" for at, noise in enumerate(data["noises"])}
    words |= {f"curve{at}": _legend.line(*style) for at, style in enumerate(_CURVES)}
    words |= {f"faint{at}": _legend.line(*style, opacity=0.5) for at, style in enumerate(_CURVES)}
    return _page.body(
        "double_descent",
        run,
        points=_page.options(data["points"], len(data["points"]) - 1),
        ridges=_page.options((f"{ridge:g}" for ridge in data["ridges"]), 0),
        last=len(data["factors"]) - 1,
        seeds=f"{count} seeds" if count > 1 else "one seed",
        **words,
    )


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines, factors = [], run.config["factors"]
    for place, noise in enumerate(run.config["noises"]):
        curve = np.median(run.arrays["test_error"][-1, :, place, 0], axis=0)
        peak = factors[int(curve.argmax())]
        lines.append(
            f"{10 * run.config['per_class'][-1]} points, label noise {noise:g}: test error {curve.max():.2f} at d = "
            f"{peak:g} N, {curve[-1]:.3f} at d = {factors[-1]:g} N."
        )
    return " ".join([*lines, runs.provenance_line(run)])
