"""How each arm is trained: the recipe of its part, with one thing changed."""

from collections.abc import Callable
from dataclasses import replace

from ncbook import trainers
from ncbook.experiments.numerics.config import Config
from ncbook.readings.numerics import FROZEN, SLINGSHOT, SPEED, STUCK

SINGLE, DOUBLE = trainers.CrossEntropy(), trainers.CrossEntropy(float64=True)


def arms_of(config: Config) -> dict[str, dict[str, trainers.Recipe]]:
    """The recipe of every arm, by part and name, in the order of the book."""
    parts: dict[str, Callable[[Config], dict[str, trainers.Recipe]]] = {
        SPEED: _speed, STUCK: _stuck, FROZEN: _frozen, SLINGSHOT: _slingshot,
    }  # fmt: skip
    return {part: recipes(config) for part, recipes in parts.items()}


def base(config: Config, steps: int) -> trainers.Recipe:
    """Full-batch AdamW with weight decay, the cross-entropy in float64."""
    return trainers.Recipe(
        steps, config.learning_rate, optimizer="adamw", betas=(0.9, config.beta2), weight_decay=config.weight_decay,
        schedule=trainers.WarmUp(config.warm_up), loss=DOUBLE,
    )  # fmt: skip


def _speed(config: Config) -> dict[str, trainers.Recipe]:
    plain, rate, decay = base(config, config.speed_steps), config.learning_rate, config.weight_decay
    factor = 1 + config.slow_strength  # of a gradient that stays as it is
    slow = trainers.Amplified(config.slow_decay, config.slow_strength)
    return {
        "baseline": plain,
        "grokfast": replace(plain, filters=(slow,)),
        "rate": replace(plain, learning_rate=factor * rate),
        "rate_held": replace(plain, learning_rate=factor * rate, weight_decay=decay / factor),
        "momentum": replace(plain, betas=(config.slow_decay, config.beta2)),
    }


def _stuck(config: Config) -> dict[str, trainers.Recipe]:
    plain, across = replace(base(config, config.stuck_steps), weight_decay=0.0), (trainers.Orthogonal(),)
    return {
        "single": replace(plain, loss=SINGLE),
        "double": plain,
        "stablemax": replace(plain, loss=trainers.StableMax(float64=True)),
        "orthogonal_single": replace(plain, loss=SINGLE, filters=across),
        "orthogonal_double": replace(plain, filters=across),
    }


def _frozen(config: Config) -> dict[str, trainers.Recipe]:
    """The arm "frozen_double" has its whole network in float64."""
    still = replace(base(config, config.frozen_steps), weight_decay=0.0, loss=SINGLE)
    return {
        "frozen": still,
        "frozen_double": replace(still, loss=DOUBLE),
        "thawed": replace(still, steps=config.thaw_steps, weight_decay=config.weight_decay),
    }


def _slingshot(config: Config) -> dict[str, trainers.Recipe]:
    plain = replace(
        base(config, config.slingshot_steps), weight_decay=0.0, loss=SINGLE, betas=(0.9, config.slingshot_beta2)
    )
    return {"single": plain, "large_eps": replace(plain, eps=1e-5), "double": replace(plain, loss=DOUBLE)}
