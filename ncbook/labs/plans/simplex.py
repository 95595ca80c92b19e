"""Turn the number of classes and of dimensions, and see which of the four properties a network still reaches."""

from ncbook import trainers
from ncbook.experiments import simplex as experiment
from ncbook.labs._plan import Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole

_PROBES = 100
_USUAL = experiment.Config()


def train(classes: int, dim: int, weight_decay: float, steps: int, seed: int) -> Rows:
    """One network of the experiment."""
    config = experiment.Config(
        num_classes=(classes,), dims=(dim,), weight_decays=(weight_decay,), seeds=(seed,), steps=steps, probes=_PROBES
    )
    rows, _ = experiment.EXPERIMENT.train(config, str(trainers.pick_device()))
    return rows


def _first_drop(values: Values) -> float:
    """When the learning rate falls for the first time."""
    return float(values["steps"] // 3)


def _panel(title: str, name: str) -> Panel:
    curves = tuple(Curve(f"{name}_{split}", split) for split in ("train", "test"))
    return Panel(title, "log scale", curves, scale="log")


PLAN = Plan(
    name="simplex",
    chapter="1-collapse/simplex",
    question="Which of the four properties does a network lose when its classes have no room for a simplex?",
    settings=(
        Whole("classes", "Classes K", "Digits to tell apart: the first K of 3, 5, 8, 9, 1, 7, 0, 2, 4, 6", 4, 2, 10),
        Whole("dim", "Dimensions d", f"Of the features; with {_USUAL.width} the network has no map to fewer", 3, 1,
              _USUAL.width),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty; 0 is none", 5e-3, 0, 1,
             usual=(0, 5e-4, 5e-3, 2e-2)),
        Whole("steps", "Steps", "The learning rate falls to a tenth after a third (dotted) and after two thirds", 2000,
              10, 20_000),
        Whole("seed", "Seed", "Fixes the initial weights and the order of the batches", 0),
    ),
    train=train,
    panels=(
        _panel("NC1: spread within classes", "nc1"),
        _panel("NC2: lengths, std / mean", "nc2_norms"),
        _panel("NC2: cosines off simplex", "nc2_angles"),
        _panel("NC3: classifier and means", "nc3"),
    ),
    outcomes=(
        Outcome("NC1", "nc1_train"),
        Outcome("NC2 lengths", "nc2_norms_train"),
        Outcome("NC2 angles", "nc2_angles_train"),
        Outcome("NC3", "nc3_train"),
        Outcome("NC4", "nc4_train", percent=True),
        Outcome("test error", "test_error", percent=True),
    ),
    log_x=True,
    moment=_first_drop,
)  # fmt: skip
