"""How each arm is trained: one recipe until the release, one from there on."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ncbook import trainers
from ncbook.experiments.image_interventions.config import Config
from ncbook.readings.image_interventions import DECAYED

Augmentation = Callable[[Tensor, torch.Generator], Tensor]
Measure = Callable[[trainers.Outputs], Tensor]
Change = dict[str, Any]  # fields of a recipe
# Training loss at the release, by the strength of the push on kappa, with the usual learning rate and with one that
# falls to 0: medians of the eight seeds of laptop-mnist and laptop-mnist-again.
_SHARP_LOSS = {0.1: (0.027, 0.028), 0.5: (0.22, 0.10), 2.5: (0.31, 0.11)}


@dataclass(frozen=True)
class Phases:
    """`before` and `after` the release; `start_norm`: Frobenius norm to which the head is scaled at the start."""

    before: trainers.Recipe
    after: trainers.Recipe
    start_norm: float | None = None


def phases_of(
    config: Config,
    arm: str,
    steps_per_epoch: int,
    augment: Augmentation | None = None,
    strength: float | None = None,
) -> Phases:
    """The two recipes of `arm`, with `augment` for the batches; raises ValueError for an arm that is unknown.

    With `strength`, the arms are those whose push is graded as a ratio to the loss: see `graded`.
    """
    before, after, schedule = _bases(config, steps_per_epoch, augment)
    known = _phases(config, before, after, schedule) if strength is None else graded(before, after, strength)
    if arm not in known:
        raise ValueError(f"arm: {arm!r} is unknown; use one of {', '.join(known)}")
    return known[arm]


def _bases(
    config: Config, steps_per_epoch: int, augment: Augmentation | None
) -> tuple[trainers.Recipe, trainers.Recipe, Change]:
    """The baseline's recipes before and after the release, and what the paper's schedule changes in the second."""
    steps = config.release * steps_per_epoch
    before = trainers.Recipe(
        steps=steps,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        momentum=config.momentum,
        augment=augment,
    )
    after = replace(before, steps=(config.epochs - config.release) * steps_per_epoch)
    rate = config.rate_factor * config.learning_rate
    falling = trainers.Cosine(after.steps, min(1.0, config.last_rate / rate))
    return before, after, {"learning_rate": rate, "schedule": falling, "weight_decay": config.later_decay}


def _phases(config: Config, before: trainers.Recipe, after: trainers.Recipe, schedule: Change) -> dict[str, Phases]:
    """Arms that name no second recipe go on as the baseline, with the cap that they had."""
    cap = config.cap
    flat = trainers.FlatnessBound(config.temperature, unit_features=True)
    flatter = {"regularizers": (trainers.Regularizer(flat, config.anti_strength),)}
    anti = {"regularizers": (trainers.Regularizer(flat, -config.anti_strength),), "head_norm": cap}
    unsure = {"regularizers": (trainers.Regularizer(Unsure(config.temperature), -config.anti_strength * cap**2),)}
    longer = {"regularizers": (trainers.Regularizer(head_square, -config.anti_strength),)}
    tight, spread = (
        {"regularizers": (trainers.Regularizer(trainers.cdnv, sign * config.collapse_push),)} for sign in (1, -1)
    )
    flooded = {"loss": trainers.Flooded(trainers.CrossEntropy(), config.flooding_level)}
    smoothed = {"loss": trainers.CrossEntropy(smoothing=config.smoothing)}

    def arm(first: Change, second: Change | None = None, start_norm: float | None = None) -> Phases:
        kept: Change = {"head_norm": first.get("head_norm")}
        return Phases(replace(before, **first), replace(after, **(kept | (second or {}))), start_norm)

    return {
        "baseline": arm({}),
        "baseline_schedule": arm({}, schedule),
        "encouraged": arm(tight, tight),
        "prevented": arm(spread, spread),
        "flatter": arm(flatter, flatter),
        "anti_released": arm(anti),
        "released_schedule": arm(anti, schedule),
        "anti_kept": arm(anti, anti),
        "kept_schedule": arm(anti, anti | schedule),
        "confidence": arm(unsure | {"head_norm": cap}),
        "confidence_pinned": arm(unsure | {"head_norm": cap}, start_norm=cap),
        "anti_pinned": arm(anti, start_norm=cap),
        "pinned": arm({"head_norm": cap}, start_norm=cap),
        "norms": arm(longer | {"head_norm": cap}),
        "flooding": arm(flooded),
        "smoothing": arm(smoothed),
    }


def graded(before: trainers.Recipe, after: trainers.Recipe, strength: float) -> dict[str, Phases]:
    """Arms whose push, at the level where its measure starts, is `strength` times the loss of guessing, log 10.

    The pushes are bounded: each is a logarithm, and none pushes up beyond its level. Those on collapse are kept on,
    those on kappa, the norms and the uncertainty end at the release, and so does flooding, at the training loss that
    comes with the push on kappa. "..._decayed": the rate falls to 0 by the release, and is afterwards the baseline's.
    """

    def push(measure: Measure, shape: Callable[[Tensor], Tensor], start: float) -> Change:
        """`start`: the shaped measure where it is not pushed, in pilot runs."""
        return {"regularizers": (trainers.Regularizer(measure, strength * math.log(10) / start, shape),)}

    tight = push(trainers.variance_ratio, torch.log1p, 1.61)
    spread = push(trainers.variance_ratio, trainers.Floor(2.0), 1.39)
    sharp = push(trainers.relative_flatness, trainers.Floor(300.0), 5.4)
    longer = push(trainers.squared_norms, trainers.Floor(1e5), 3.96)
    # Its level is above the uncertainty that comes with a high kappa, and the cap near the baseline's norm.
    unsure = push(trainers.uncertainty, trainers.Floor(0.5), 4.6) | {"head_norm": 4.0}
    known = {
        "baseline": Phases(before, after),
        "encouraged": Phases(replace(before, **tight), replace(after, **tight)),
        "prevented": Phases(replace(before, **spread), replace(after, **spread)),
        "sharp": Phases(replace(before, **sharp), after),
        "long": Phases(replace(before, **longer), after),
        "unsure": Phases(replace(before, **unsure), after),
    }
    decayed = trainers.Cosine(before.steps)
    known |= {
        f"{arm}{DECAYED}": replace(phases, before=replace(phases.before, schedule=decayed))
        for arm, phases in known.items()
    }
    for rate, level in zip(("", DECAYED), _SHARP_LOSS.get(strength, ()), strict=False):
        base = known[f"baseline{rate}"]
        loss = trainers.Flooded(base.before.loss, level)
        known[f"flooded{rate}"] = replace(base, before=replace(base.before, loss=loss))
    return known


@dataclass(frozen=True)
class Unsure:
    """Mean 1 - ||p||^2 of the softmax at `temperature`: the regularizer of anti-flatness without its norm."""

    temperature: float

    def __call__(self, outputs: trainers.Outputs) -> Tensor:
        return trainers.uncertainty(outputs._replace(logits=outputs.logits / self.temperature))


def head_square(outputs: trainers.Outputs) -> Tensor:
    """||W||_F^2: the regularizer of anti-flatness without its uncertainty."""
    return outputs.weight.square().sum()
