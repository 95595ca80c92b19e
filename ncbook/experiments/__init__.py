"""One module an experiment: a frozen config, presets, `run` and `load`."""

from ncbook.experiments import (
    _loading,
    collapse,
    double_descent,
    flatness,
    grokking,
    interventions,
    memorization,
    settings,
    simplex,
    unconstrained,
)
from ncbook.experiments._loading import PRESETS

# in the order of the book
NAMES = (
    "memorization",
    "double_descent",
    "simplex",
    "collapse",
    "settings",
    "unconstrained",
    "grokking",
    "flatness",
    "interventions",
)

__all__ = [
    "NAMES",
    "PRESETS",
    "collapse",
    "double_descent",
    "flatness",
    "get",
    "grokking",
    "interventions",
    "memorization",
    "presets",
    "settings",
    "simplex",
    "unconstrained",
]


def get(name: str):  # -> the experiment's module
    """The experiment called `name`; raises ValueError that lists the experiments."""
    if name not in NAMES:
        raise ValueError(f"no experiment is called {name!r}; there are: {', '.join(NAMES)}")
    return globals()[name]


def presets(name: str) -> tuple[str, ...]:
    """The presets of the experiment called `name`: `PRESETS`, then those of its own, if it has any."""
    return _loading.presets(get(name).Config)
