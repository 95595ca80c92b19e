"""Four networks learn addition modulo p, memorize, and grok; collapse or flatness is pushed for as long as one asks."""

from typing import Any

from ncbook.labs import _addition as addition
from ncbook.labs._four import ARMS, LONGEST, NONE, Four
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole

_DEAR = 10  # times the cost of a step with the settings that the lab starts with, from which the reader is told


def train(**values: Any) -> Rows:
    """From the start, for `steps` steps."""
    return Four(values).train(values["steps"])


def _caution(values: Values) -> str:
    usual = PLAN.values({})
    times = _cost(values) / _cost(usual)
    if times < _DEAR:
        return ""
    return (
        f"Large: a step takes about {times:.2g} times the arithmetic of one with p = {usual['p']} and "
        f"width {usual['width']}. The line beside the buttons tells what that means on this machine; Stop "
        "keeps what there is."
    )


def _cost(values: Values) -> float:
    """Multiplications of a step, up to a constant factor."""
    return float(values["fraction"] * values["p"] ** 2 * values["width"] * (values["width"] + values["p"]))


PLAN = Plan(
    name="grokking",
    chapter="4-grokking/grokking",
    question="What makes four networks grok sooner: more pairs, more weight decay, a push towards collapse?",
    settings=(
        Whole("p", "Modulus p", "Numbers on the clock; the cost grows with its square", 29, 5, 113),
        Real("fraction", "Share to train on", "Of all pairs", 0.6, 0.05, 0.95, usual=(0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
        Real("weight_decay", "Weight decay", "AdamW's; 0 is none", 1.0, 0, usual=(0, 0.1, 0.3, 1, 3)),
        Real("learning_rate", "Learning rate", "Step size after ten steps of warm-up", 0.01, 1e-9,
             usual=(0.001, 0.003, 0.01, 0.03)),
        Whole("width", "Width", "Of the hidden layers; the embedding has half of it", 64, 4, 512),
        Choice("regularizer", "Regularizer", "What is added to the loss; low confidence caps the head", NONE,
               tuple((name, name) for name in ARMS)),
        Real("strength", "Strength", "Coefficient of the regularizer", 1.0, 1e-9, usual=(0.01, 0.1, 1, 10)),
        Whole("release", "Release at step", "The regularizer is taken away; after the last step it stays", 1400, 1,
              LONGEST),
        Whole("steps", "Steps", "Of Train, and what Continue adds", 2400, 1, LONGEST),
        Whole("seed", "First seed", "Four from this one fix the initial weights and the splits", 0, 0, 2**32 - 4),
    ),
    train=train,
    panels=(
        addition.ACCURACY,
        Panel("Relative flatness, train", "κ, log scale", (Curve("relative_flatness", "train"),), scale="log"),
        Panel("Variance ratio, train", "R, log scale", (Curve("variance_ratio_train", "train"),), scale="log"),
        Panel("Embedding: few waves?", "Gini coefficient", (Curve("fourier_gini"),), limits=(0, 1)),
    ),
    outcomes=(
        *addition.TOLD,
        Outcome("relative flatness", "relative_flatness"),
        Outcome("variance ratio on train", "variance_ratio_train"),
        Outcome("Gini coefficient", "fourier_gini"),
    ),
    moment=addition.release_of("regularizer", NONE),
    caution=_caution,
)  # fmt: skip
