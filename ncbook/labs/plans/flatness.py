"""One network on true or random labels, rewritten by a factor at each measurement: which measures of flatness move?"""

import math
from dataclasses import replace
from functools import partial

import torch

from ncbook import data, models, trainers
from ncbook.experiments import flatness as experiment
from ncbook.experiments.flatness import measures, parts
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings.flatness import NETWORKS

_PROBES = 80
_BETWEEN, _NEURONS, _LAST = "between", "neurons", "last"
USUAL = experiment.Config()


def train(
    labels: str, change: str, factor: float, epochs: int, learning_rate: float, weight_decay: float, seed: int
) -> Rows:
    """One arm of the experiment, measured on the way; the change is made for the measurement alone."""
    config = replace(USUAL, epochs=epochs, learning_rate=learning_rate, weight_decay=weight_decay)
    measure = partial(_measured, config, change, factor)
    probed = trainers.log_spaced(epochs, _PROBES)
    return parts.trained(config, trainers.pick_device(), parts.Arm(labels, seed), measure, probed)[-1]


def _measured(
    config: experiment.Config, change: str, factor: float, model: models.Classifier, dataset: data.Dataset
) -> list[dict[str, float]]:
    """Errors, and flatness after the change; κ before it, and at the loss at which networks are compared."""
    before, test = (measures.head_of(model, split) for split in (dataset.train, dataset.test))
    row = measures.flatness(_changed(model, dataset, before, change, factor))
    row |= {"before": measures.flatness(before)["relative_flatness"]}
    row |= {"matched": parts.matched(config, model, dataset).get("relative_flatness", math.nan)}
    return [row | {"train_error": before.error(), "test_error": test.error()}]


def _changed(
    model: models.Classifier, dataset: data.Dataset, head: measures.Head, change: str, factor: float
) -> measures.Head:
    if change == _LAST:
        return head.scaled(factor)
    ends = (1.0, 1.0) if change == _BETWEEN else (-1.0, 1.0)  # powers of the factor, over the neurons
    return parts.rescaled_neurons(model, dataset.train, factor ** torch.linspace(*ends, head.weight.shape[1]).double())


PLAN = Plan(
    name="flatness",
    chapter="4-grokking/flatness",
    question="A factor rewrites a network, and no decision changes. Which measure of flatness does it move?",
    settings=(
        Choice("labels", "Labels", "What the network learns", "trained",
               tuple((words, name) for name, words in NETWORKS.items())),
        Choice("change", "Change", "What the factor multiplies wherever flatness is measured", _BETWEEN, (
            ("features times it, last layer divided by it", _BETWEEN),
            ("each neuron by its own, from 1 / factor to factor", _NEURONS), ("last layer times it", _LAST))),
        Real("factor", "Factor", "1 leaves the network as it is", 10, 1e-3, 1e3, usual=(0.25, 1, 2, 10, 100)),
        Whole("epochs", "Epochs", "Passes over the training set, of ten steps each", 100, 1, 2000),
        Real("learning_rate", "Learning rate", "Step size", 0.05, 1e-9, 10, usual=(0.01, 0.05, 0.2)),
        Real("weight_decay", "Weight decay", "Coefficient of the L2 penalty", 5e-4, 0, 1, usual=(0, 5e-4, 5e-3)),
        Whole("seed", "Seed", "Fixes the images, the labels and the initial weights", 0),
    ),
    train=train,
    panels=(
        Panel("Error", "error (%)", (Curve("train_error", "train"), Curve("test_error", "test")), "error", True),
        Panel("Relative flatness", "κ, log scale", (Curve("relative_flatness"),), "log"),
        Panel("Trace of the Hessian", "trace, log scale", (Curve("hessian_trace"),), "log"),
        Panel(f"κ at a training loss of {USUAL.matched_loss:g}", "κ, log scale", (Curve("matched"),), "log"),
    ),
    outcomes=(
        Outcome("training error", "train_error", percent=True), Outcome("test error", "test_error", percent=True),
        Outcome("κ before the change", "before"), Outcome("κ", "relative_flatness"),
        Outcome("trace of the Hessian", "hessian_trace"), Outcome("training loss", "train_loss"),
        Outcome(f"κ at a loss of {USUAL.matched_loss:g}", "matched"),
    ),
)  # fmt: skip
