"""One module an experiment: a frozen config, presets, `run` and `load`."""

from ncbook.experiments import (
    _loading,
    bound,
    cascade,
    circuits,
    collapse,
    corrupted_labels,
    double_descent,
    flatness,
    grokking,
    image_interventions,
    implicit_bias,
    information_bottleneck,
    interventions,
    margins,
    memorization,
    numerics,
    onset,
    settings,
    simplex,
    test_collapse,
    transfer,
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
    "test_collapse",
    "bound",
    "margins",
    "implicit_bias",
    "information_bottleneck",
    "corrupted_labels",
    "transfer",
    "cascade",
    "grokking",
    "circuits",
    "numerics",
    "onset",
    "flatness",
    "interventions",
    "image_interventions",
)

__all__ = [
    "NAMES",
    "PRESETS",
    "bound",
    "cascade",
    "circuits",
    "collapse",
    "corrupted_labels",
    "double_descent",
    "flatness",
    "get",
    "grokking",
    "image_interventions",
    "implicit_bias",
    "information_bottleneck",
    "interventions",
    "margins",
    "memorization",
    "numerics",
    "onset",
    "presets",
    "settings",
    "simplex",
    "test_collapse",
    "transfer",
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
