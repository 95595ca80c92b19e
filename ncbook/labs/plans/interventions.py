"""Networks that learn sums while one quantity is pushed, until it is released."""

from dataclasses import replace
from functools import partial
from typing import Any

import torch

from ncbook import trainers
from ncbook.experiments import interventions as experiment
from ncbook.experiments.doses import HELD
from ncbook.experiments.interventions.measure import history
from ncbook.labs import _addition as addition
from ncbook.labs._plan import Choice, Curve, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings.doses import BASELINE, COLLAPSE, CONFIDENCE, KAPPA, KINDS, NORMS

USUAL = experiment.Config()
# what is pushed -> the level and the strength that it has in the chapter
PUSHES = {
    KAPPA: (USUAL.flatness_floor, USUAL.flatness_strength),
    NORMS: (USUAL.norm_floor, USUAL.flatness_strength),
    CONFIDENCE: (USUAL.confidence_floor, USUAL.flatness_strength),
    COLLAPSE: (USUAL.collapse_floor, USUAL.collapse_strength),
}
_FLOOR, _UP, _DOWN = "floor", "up", "down"


def train(**values: Any) -> Rows:
    """All seeds of one arm."""
    shared = {name: values[name] for name in ("fraction", "weight_decay")}
    config = replace(USUAL, arms=(BASELINE,), steps=(values["steps"],), **shared)
    terms = () if values["pushed"] == BASELINE else (_push(values),)
    recipe = replace(experiment.recipe_of(config, BASELINE), head_norm=values["cap"] or None, regularizers=terms)
    seeds, every = addition.drawn(values["seed"], values["seeds"]), max(1, values["steps"] // 60)
    return addition.finite(history(config, str(trainers.pick_device()), seeds, recipe, every, {}))


def _push(values: Values) -> trainers.Regularizer:
    """The term that is added to the loss."""
    level, strength = PUSHES[values["pushed"]]
    shape = trainers.Floor(values["level"] * level) if values["way"] == _FLOOR else torch.log1p
    coefficient = values["strength"] * strength * (-1 if values["way"] == _UP else 1)
    return trainers.Regularizer(HELD[values["pushed"]], coefficient, shape, stop=values["release"])


def _line(pushed: str, values: Values) -> float | None:
    """The level, in the panel of what is pushed up to it."""
    return values["level"] * PUSHES[pushed][0] if (values["pushed"], values["way"]) == (pushed, _FLOOR) else None


PLAN = Plan(
    name="interventions",
    chapter="4-grokking/interventions",
    question="Build an arm: what must be pushed, how hard and for how long, to delay generalization?",
    settings=(
        Choice("pushed", "Pushed", "The quantity on the training pairs that the added term acts on", KAPPA,
               tuple((KINDS[name], name) for name in (BASELINE, *PUSHES))),
        Choice("way", "Way", "Up stops at the level only if asked to", _FLOOR,
               (("up to the level", _FLOOR), ("up without end", _UP), ("down", _DOWN))),
        Real("level", "Level", "1 is the chapter's: 30,000 for κ", 1.0, 1e-9, 1e3, usual=(0.001, 0.01, 0.1, 1)),
        Real("strength", "Strength", "1 is the chapter's", 1.0, 1e-6, 1e3, usual=(0.1, 0.3, 1, 3)),
        Whole("release", "Release at step", "The term is taken away; after the last step it stays", 700, 1, 100_000),
        Real("cap", "Cap of the head", "Largest norm of W, held to the end; 0 is none", 0.0, 0, 1e3, usual=(0, 5.4)),
        Real("fraction", "Share to train on", "Of all pairs", 0.7, 0.05, 0.95, usual=(0.5, 0.6, 0.7, 0.8)),
        addition.WEIGHT_DECAY,
        Whole("steps", "Steps", "All seeds take them at once", 1500, 1, addition.MOST_STEPS),
        *addition.SEEDS,
    ),
    train=train,
    panels=(
        addition.ACCURACY,
        Panel("Relative flatness", "κ, log scale", (Curve("relative_flatness", "train"),), "log",
              level=partial(_line, KAPPA)),
        Panel("Norms |W|² |h|²", "log scale", (Curve("squared_norms", "train"),), "log", level=partial(_line, NORMS)),
        Panel("Spread within classes", "R, log scale", (Curve("variance_ratio_train", "train"),), "log",
              level=partial(_line, COLLAPSE)),
    ),
    outcomes=addition.OUTCOMES,
    moment=lambda values: None if values["pushed"] == BASELINE else values["release"],
)  # fmt: skip
