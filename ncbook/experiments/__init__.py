"""One module an experiment: a frozen Config with presets, `run`, `load` and CLAIMS; `get` finds one by its name.

Your own is an `Experiment`, made known by `register`.

>>> from dataclasses import dataclass
>>> from ncbook import experiments
>>> run = experiments.collapse.load("laptop", live=False)  # recorded; live=True trains it now
>>> run.provenance["experiment"], run.provenance["preset"]
('collapse', 'laptop')
>>> @dataclass(frozen=True)
... class Config(experiments.Presets):
...     seeds: tuple[int, ...] = (0, 1)
...     @classmethod
...     def presets(cls):
...         return dict.fromkeys(experiments.PRESETS, cls())
>>> def train(config, device):
...     return [{"seed": seed, "step": 0, "double": 2.0 * seed} for seed in config.seeds], {}
>>> mine = experiments.Experiment("mine", "An experiment of my own", 1, Config, train, keys=("seed",))
>>> mine.run(Config(seeds=(1, 2)), device="cpu").history["double"]
array([2., 4.], dtype=float32)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ncbook.experiments._experiment import PRESETS, Arrays, Experiment, Presets, Rows, Sample
from ncbook.experiments._registry import get, names, register
from ncbook.experiments._sweep import sweep
from ncbook.experiments._verify import verify
from ncbook.results import RESULTS

if TYPE_CHECKING:  # the modules below are attributes too

    def __getattr__(name: str) -> Any: ...


for _name in RESULTS:
    import_module(f"ncbook.experiments.{_name}")  # which makes it an attribute of this package

__all__ = [
    "PRESETS", "Arrays", "Experiment", "Presets", "Rows", "Sample", "get", "names", "register", "sweep", "verify",
    *RESULTS,
]  # fmt: skip
