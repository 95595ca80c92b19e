"""Networks that learn sums while one quantity is held at a level, until the learning rate has fallen to 0."""

from dataclasses import replace
from functools import partial

from ncbook import trainers
from ncbook.experiments import doses as experiment
from ncbook.experiments.interventions.measure import history
from ncbook.labs import _addition as addition
from ncbook.labs._plan import Choice, Curve, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings.doses import BASELINE, KAPPA, KINDS, LOSS, NORMS

USUAL = experiment.Config()
_FAR = 10.0  # times the highest level of the chapter, or below the lowest: what is said to be far from them


def train(kind: str, level: float, fraction: float, steps: int, settle: int, seeds: int, seed: int) -> Rows:
    """All seeds of one dose."""
    config = replace(USUAL, fraction=fraction, steps=steps, settle=settle)
    recipe, every = experiment.recipe_of(config, kind, level), max(1, (steps + settle) // 60)
    own = addition.drawn(seed, seeds)
    return addition.finite(history(config, str(trainers.pick_device()), own, recipe, every, {}))


def _levels(kind: str) -> list[float]:
    """Those at which the chapter holds it."""
    return [level for held, level, _ in USUAL.doses if held == kind != BASELINE]


def _caution(values: Values) -> str:
    levels = _levels(values["kind"])
    if not levels or min(levels) / _FAR <= values["level"] <= max(levels) * _FAR:
        return ""
    return (
        f"The chapter holds {KINDS[values['kind']]} at {min(levels):,g} to {max(levels):,g}; "
        f"a level of {values['level']:,g} is far from that."
    )


def _line(kind: str, values: Values) -> float | None:
    """The level, in the panel of what is held."""
    return float(values["level"]) if values["kind"] == kind else None


PLAN = Plan(
    name="doses",
    chapter="4-grokking/doses",
    question="How high may a quantity be held before generalization is late, and do smaller steps make up for it?",
    settings=(
        Choice("kind", "Held up", "What may not fall below the level", KAPPA,
               tuple((words, kind) for kind, words in KINDS.items())),
        Real("level", "Level", "Of what is held; unused where nothing is", 1e4, 1e-9, 1e9,
             usual=tuple(sorted({level for kind in KINDS for level in _levels(kind)}))),
        Real("fraction", "Share to train on", "Of all pairs", USUAL.fraction, 0.05, 0.95, usual=(0.6, 0.7, 0.8)),
        Whole("steps", "Steps", "At the full learning rate", 1000, 1, addition.MOST_STEPS),
        Whole("settle", "Further steps", "The learning rate falls to 0, the level is held", USUAL.settle, 1, 2000),
        *addition.SEEDS,
    ),
    train=train,
    panels=(
        addition.ACCURACY,
        Panel("Relative flatness", "κ, log scale", (Curve("relative_flatness", "train"),), "log",
              level=partial(_line, KAPPA)),
        Panel("Norms |W|² |h|²", "log scale", (Curve("squared_norms", "train"),), "log", level=partial(_line, NORMS)),
        Panel("Training loss", "nats, log scale", (Curve("train_loss", "train"),), "log", level=partial(_line, LOSS)),
    ),
    outcomes=addition.OUTCOMES,
    moment=lambda values: values["steps"],
    caution=_caution,
)  # fmt: skip
