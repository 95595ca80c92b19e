"""Let the features go wherever descent takes them, and see which decays make them collapse."""

from functools import partial
from typing import Any

from ncbook import metrics, trainers
from ncbook.experiments.unconstrained import Config, descent
from ncbook.experiments.unconstrained.parts import collapse_of
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings.unconstrained import LOSSES, METHODS

_STARTS, _PROBES, _MOST = 3, 100, 0.2  # a larger decay, times the experiment's step size, overshoots
_USUAL, _DECAYS = Config(), (0, 5e-4, 1e-3, 5e-3, 2e-2, 0.1)


def train(steps: int, seed: int, **values: Any) -> Rows:
    """Some starts of the experiment, as one batch; without both decays there is no bias, as in its part `flow`."""
    starts = [(seed + k, _USUAL.scales[0]) for k in range(_STARTS)]
    points = descent.starts(values["classes"], values["per_class"], values["dim"], starts, trainers.pick_device())
    problem = _problem(values)
    rate = getattr(_USUAL, f"{problem.loss_name}_rate") if problem.bias else _USUAL.plain_rate
    plain = descent.gradient_descent(problem, rate)
    step = descent.adam(problem, _USUAL.adam_rate, points) if values["method"] == "adam" else plain
    probe, probed = partial(_measured, points, problem, seed), trainers.log_spaced(steps, _PROBES)
    return [row for rows in descent.descend(points, step, steps, probed, probe) for row in rows]


def _problem(values: Values) -> descent.Problem:
    decays = values["weight_decay"], values["feature_decay"]
    return descent.Problem(values["loss"], *decays, bias=min(decays) > 0)


def _measured(points: descent.Points, problem: descent.Problem, seed: int, step: int) -> Rows:
    objective = descent.losses(points, problem)
    if not objective.isfinite().all():
        raise trainers.Diverged(f"the loss is not finite at step {step}")
    smallest = [metrics.margins(logits, points.labels).min().item() for logits in points.logits()]
    return [
        {"seed": seed + k, "step": step, "objective": value, "margin": smallest[k], **collapse_of(points, k)}
        for k, value in enumerate(objective.tolist())
    ]


def _closed(name: str, values: Values) -> float | None:
    """A number of the minimum in closed form, where there is one."""
    problem, sizes = _problem(values), (values["classes"], values["dim"], values["per_class"])
    return getattr(problem.minimum(*sizes), name) if problem.bias and sizes[1] >= sizes[0] - 1 else None


PLAN = Plan(
    name="unconstrained",
    chapter="1-collapse/unconstrained",
    question="Features that may go anywhere: which decays make them collapse, and which leave nothing to collapse?",
    settings=(
        Choice("loss", "Loss", "What is minimized, with the decays", "cross_entropy",
               tuple((words, name) for name, words in LOSSES.items())),
        Choice("method", "Method", "How it goes downhill", "gd",
               tuple((METHODS[name], name) for name in ("gd", "adam"))),
        Whole("classes", "Classes K", "With as many points each", 4, 2, 20),
        Whole("per_class", "Points n", "Of each class", 10, 2, 50),
        Whole("dim", "Dimensions d", "Of the features; a simplex needs K - 1", 4, 1, 64),
        Real("weight_decay", "Decay of W", "Coefficient for the classifier; 0 is none", 5e-3, 0, _MOST, usual=_DECAYS),
        Real("feature_decay", "Decay of H", "Coefficient for the features; 0 is none", 5e-4, 0, _MOST, usual=_DECAYS),
        Whole("steps", "Steps", "Of descent", 2000, 10, 100_000),
        Whole("seed", "First seed", f"{_STARTS} random starts from this one on", 0, 0, 2**32 - _STARTS),
    ),
    train=train,
    panels=(
        Panel("Loss with penalty", "log scale; dotted: minimum", (Curve("objective"),), scale="log",
              level=partial(_closed, "loss")),
        Panel("NC1: spread within classes", "NC1, log scale", (Curve("nc1_train"),), scale="log"),
        Panel("NC2: cosines off simplex", "log scale", (Curve("nc2_angles_train"),), scale="log"),
        Panel("Smallest margin", "dotted: at the minimum", (Curve("margin"),), level=partial(_closed, "logit_gap")),
    ),
    outcomes=(
        Outcome("loss with penalty", "objective"), Outcome("smallest margin", "margin"),
        Outcome("NC1", "nc1_train"), Outcome("NC2 angles", "nc2_angles_train"), Outcome("NC3", "nc3_train"),
    ),
    log_x=True,
)  # fmt: skip
