"""How each arm is trained: the baseline's recipe with one thing changed."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ncbook import trainers
from ncbook.experiments.interventions.config import Config


@dataclass(frozen=True)
class Restart:
    """1 before step `at`; then `factor`, and from there half a cosine down to 0 at step `end`."""

    at: int
    factor: float
    end: int

    def __call__(self, step: int) -> float:
        if step < self.at:
            return 1.0
        done = min((step - self.at) / (self.end - self.at), 1.0)
        return self.factor * (1 + math.cos(math.pi * done)) / 2


def recipe_of(config: Config, arm: str) -> trainers.Recipe:
    """The recipe of `arm`; raises ValueError for an arm that `changes` does not know."""
    steps = dict(zip(config.arms, config.steps, strict=True))[arm]
    base = trainers.Recipe(
        steps=steps, optimizer="adamw", betas=(0.9, 0.98), learning_rate=config.learning_rate,
        weight_decay=config.weight_decay, schedule=trainers.WarmUp(config.warm_up),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip
    known = changes(config, steps)
    if arm not in known:
        raise ValueError(f"arm: {arm!r} is unknown; use one of {', '.join(known)}")
    return replace(base, **known[arm])


def changes(config: Config, steps: int) -> dict[str, dict[str, Any]]:
    """What each arm changes in the baseline's recipe of that many steps."""
    later = trainers.WarmUp(config.warm_up, Restart(config.release, config.rate_factor, max(steps, config.release + 1)))
    anti = _floor(trainers.relative_flatness, config.flatness_strength, config.flatness_floor)
    norms = _floor(trainers.squared_norms, config.flatness_strength, config.norm_floor)
    unsure = _floor(trainers.uncertainty, config.flatness_strength, config.confidence_floor)
    spread = _floor(trainers.variance_ratio, config.collapse_strength, config.collapse_floor)
    tight = trainers.Regularizer(trainers.variance_ratio, config.collapse_strength, torch.log1p)
    smoothed = trainers.CrossEntropy(smoothing=config.smoothing, float64=True)
    flooded = trainers.Flooded(trainers.CrossEntropy(float64=True), config.flooding_level)
    return {
        "baseline": {},
        "encouraged": {"regularizers": (tight,)},
        "prevented": {"regularizers": (spread,)},
        "anti_released": {"regularizers": (replace(anti, stop=config.release),)},
        "anti_kept": {"regularizers": (anti,)},
        "norms_released": {"regularizers": (replace(norms, stop=config.release),)},
        "confidence": {"regularizers": (replace(unsure, stop=config.release),), "head_norm": config.head_cap},
        "flooding": {"loss": flooded},
        "smoothing": {"loss": smoothed},
        "baseline_schedule": {"schedule": later},
        "kept_schedule": {"regularizers": (anti,), "schedule": later},
    }


def _floor(measure: Callable[[trainers.Outputs], Tensor], strength: float, level: float) -> trainers.Regularizer:
    """Pushes the measure up to `level`."""
    return trainers.Regularizer(measure, strength, trainers.Floor(level))
