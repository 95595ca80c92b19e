"""One module an experiment: a frozen config, presets, `run` and `load`."""

from ncbook.experiments import collapse
from ncbook.experiments._loading import PRESETS

NAMES = ("collapse",)

__all__ = ["NAMES", "PRESETS", "collapse", "get"]


def get(name: str):  # -> the experiment's module
    """The experiment called `name`; raises ValueError that lists the experiments."""
    if name not in NAMES:
        raise ValueError(f"no experiment is called {name!r}; there are: {', '.join(NAMES)}")
    return globals()[name]
