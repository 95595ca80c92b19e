"""The arms of the experiment `unconstrained`: which models go downhill together, and how."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from ncbook.experiments.unconstrained.config import Config

LOSSES = ("cross_entropy", "square")


@dataclass(frozen=True)
class Arm:
    """One descent. `setting` is an index into the config's tuples, or for a saddle its rank; `starts` are the seed and
    scale of each model."""

    part: str
    loss_name: str
    method: str
    setting: int
    starts: tuple[tuple[int, float], ...]

    def row(self, index: int, step: int) -> dict[str, Any]:
        """What tells a row of one of its models apart."""
        seed, scale = self.starts[index]
        about = {"part": self.part, "loss_name": self.loss_name, "method": self.method, "setting": self.setting}
        return about | {"seed": seed, "scale": scale, "step": step}


def arms(config: Config) -> list[Arm]:
    """All of them. A line search is of one model alone; other methods take their models as one batch."""
    return [*_descents(config), *_thresholds(config), *_saddles(config), *_flows(config)]


def _descents(config: Config) -> list[Arm]:
    starts = tuple(product(config.seeds, config.scales))
    batches = [("gd", starts), *(("lbfgs", (start,)) for start in starts)]
    settings = product(LOSSES, range(len(config.classes)))
    return [Arm("descent", loss, way, setting, batch) for loss, setting in settings for way, batch in batches]


def _thresholds(config: Config) -> list[Arm]:
    """`scale` holds the strength r."""
    settings = product(LOSSES, enumerate(config.strengths), config.seeds)
    return [Arm("threshold", loss, "lbfgs", setting, ((seed, r),)) for loss, (setting, r), seed in settings]


def _saddles(config: Config) -> list[Arm]:
    """`scale` holds the size of the nudge."""
    starts = tuple((seed, nudge) for nudge in (0.0, config.nudge) for seed in config.seeds)
    return [Arm("saddle", "cross_entropy", "gd", rank, starts) for rank in range(config.saddle_classes)]


def _flows(config: Config) -> list[Arm]:
    starts = tuple((seed, config.flow_scale) for seed in config.seeds)
    settings = product(range(len(config.flow_classes)), ("scaled", "gd", "adam"))
    return [Arm("flow", "cross_entropy", way, setting, starts) for setting, way in settings]
