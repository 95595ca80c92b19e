"""Three classes of free features in the plane, on the way down a loss without regularization."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import unconstrained as reading

_METHODS = {name: reading.METHODS[name] for name in reading.FLOWS}
_MEASURES = {
    "spread": "Spread within the classes",
    "nc1_train": "NC1: within-class variability",
    "nc2_angles_train": "NC2: angles off the simplex",
    "nc3_train": "NC3: classifier off the means",
    "shortfall": "1 − margin / bound",
}
_ARRAYS = ("step", "points", "means", "classifier", "labels")


def unconstrained(run: runs.Run) -> _page.Explorable:
    """Features, class means and classifier rows in the plane beside a measure of collapse, at every probed step.

    `run` is one of `experiments.unconstrained`; shows the setting of its flow that has two feature dimensions and
    three classes. Raises ValueError, naming what is missing, for a run without it.
    """
    setting = _setting(run)
    turn = _upright(run.arrays["scaled/means"][-1])
    methods = {name: _method(run, name, setting, turn) for name in _METHODS}
    data = {
        "classOf": run.arrays["gd/labels"].tolist(),
        "seeds": run.config["seeds"],
        "names": _METHODS,
        "measures": _MEASURES,
        "methods": methods,
    }
    title = "Free features without regularization, step by step"
    text = f"{title}. {_summary(run, methods)}"
    return _page.Explorable("unconstrained", title, _body(run, methods, setting), data, text)


def _setting(run: runs.Run) -> int:
    """Index of the pictured one among the settings of the flow."""
    names = (f"{method}/{array}" for method in _METHODS for array in _ARRAYS)
    _page.require(run, "unconstrained", arrays=names)
    settings = list(zip(run.config["flow_classes"], run.config["flow_dims"], strict=True))
    if (3, 2) not in settings:
        raise ValueError(f"run.config: no flow of 3 classes in 2 dimensions, only (K, d) of {settings}")
    return settings.index((3, 2))


def _upright(means: np.ndarray) -> np.ndarray:
    """The rotation or reflection [2, 2] that brings means [3, 2] nearest to a triangle with one corner to the right."""
    angles = 2 * np.pi * np.arange(3) / 3
    left, _, right = np.linalg.svd(means.T @ np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return left @ right


def _method(run: runs.Run, name: str, setting: int, turn: np.ndarray) -> dict[str, Any]:
    """One method for the page.

    steps [P]; points [P, N, 2], means and rows [P, 3, 2], packed; exponent [P], of the first seed;
    curves, measure -> seeds [S, P], of spread the first seed alone.
    """
    return {
        "steps": run.arrays[f"{name}/step"].tolist(),
        "points": _page.pack(run.arrays[f"{name}/points"] @ turn),
        "means": _page.pack(run.arrays[f"{name}/means"] @ turn),
        "rows": _page.pack(run.arrays[f"{name}/classifier"] @ turn),
        "exponent": _page.short(_values(run, name, setting, "minus_log_loss")[0]),
        "curves": {"spread": [_spread(run, name)]}
        | {measure: _curves(run, name, setting, measure) for measure in _MEASURES if measure != "spread"},
    }


def _spread(run: runs.Run, name: str) -> list[float]:
    """[P]: root mean square distance from the pictured points to their class means; the points' own length is 1."""
    points, means = run.arrays[f"{name}/points"], run.arrays[f"{name}/means"]
    away = points - means[:, run.arrays[f"{name}/labels"]]
    return _page.short(np.sqrt((away.astype(np.float64) ** 2).sum(-1).mean(-1)), digits=3)


def _curves(run: runs.Run, method: str, setting: int, column: str) -> list[list[float | None]]:
    """[S][P]: None where a logarithmic axis has no place for the value."""
    values = _values(run, method, setting, column)
    return _page.short(np.where(values > 0, values, np.nan), gaps=True)


def _values(run: runs.Run, method: str, setting: int, column: str) -> np.ndarray:
    """[S, P]: one column, a row a seed."""
    flow = reading.rows(run, "flow", method=method, setting=setting)
    return flow.pivot(index="seed", columns="step", values=column).loc[list(run.config["seeds"])].to_numpy()


def _body(run: runs.Run, methods: Mapping[str, Any], setting: int) -> str:
    count = len(run.config["seeds"])
    return _page.body(
        "unconstrained",
        run,
        last=len(methods["scaled"]["steps"]) - 1,
        methods=_page.options(_METHODS),
        measures=_page.options(_MEASURES),
        lines=f"bold: the seed in the picture, thin: {count - 1} more" if count > 1 else "one seed",
        per_class=run.config["flow_per_class"][setting],
        seed=run.config["seeds"][0],
    )


def _summary(run: runs.Run, methods: Mapping[str, Any]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for name, method in methods.items():
        end = method["curves"]["shortfall"][0][-1]
        lines.append(f"{_METHODS[name]}: after {method['steps'][-1]} steps the normalized margin is {end:.3g} short")
    return "; ".join(lines) + f" of its bound (as a share of it). {runs.provenance_line(run)}"
