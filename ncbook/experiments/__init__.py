"""One module an experiment: a frozen Config with presets, `run`, `load` and CLAIMS; `get` finds one by its name.

Your own is an `Experiment`, made known by `register`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ncbook.experiments._experiment import PRESETS, Arrays, Experiment, Presets, Rows
from ncbook.experiments._registry import get, names, register
from ncbook.experiments._sweep import sweep
from ncbook.experiments._verify import verify
from ncbook.results import RESULTS

if TYPE_CHECKING:  # the modules below are attributes too

    def __getattr__(name: str) -> Any: ...


for _name in RESULTS:
    import_module(f"ncbook.experiments.{_name}")  # which makes it an attribute of this package

__all__ = [
    "PRESETS",
    "Arrays",
    "Experiment",
    "Presets",
    "Rows",
    "get",
    "names",
    "register",
    "sweep",
    "verify",
    *RESULTS,
]
