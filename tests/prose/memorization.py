"""Numbers in words."""

from ncbook import experiments, readings
from prose._approximately import about

CLASSES = 10  # of the digits


def _digits(run, label_noise):
    arms = readings.memorization.interpolations(run)
    return arms[(arms.dataset == "digits") & (arms.network == "mlp") & (arms.label_noise == label_noise)]


def _erring(run):
    """The perceptrons on random digit labels that had no training error, and have some at the end."""
    arms = _digits(run, 1.0)
    return arms[(arms.zero_error_epoch < run.config["epochs"]) & (arms.train_error_end > 0)]


def _errors(run):
    counts = _erring(run).train_error_end * CLASSES * run.config["train_per_class"]
    return counts.min(), counts.max()


def _descents(_run):
    return readings.double_descent.descents(experiments.get("double_descent").load("laptop", live=False))


def _bumps(run, optimizer):
    found = _descents(run)
    own = found[found.optimizer == optimizer]
    return own.bump.sum(), len(own)


def _full(run):
    """How many of all have a full double descent, on glyphs with SGD and the smaller noise alone."""
    found = _descents(run)
    full = found[found.full]
    assert set(full.dataset) == {"glyphs"}
    assert set(full.optimizer) == {"sgd"}
    assert set(full.label_noise) == {found.label_noise.min()}
    return len(full), len(found)


FACTS = {
    "has a test error of about {one} percent and the other knows": lambda run: about(
        100 * _digits(run, 0.0).test_error_end.median(), 1, within=0.2
    ),
    "{Two} of the {four} perceptrons with batch norm reached zero error on their random digit labels": lambda run: (
        len(_erring(run)),
        len(_digits(run, 1.0)),
    ),
    "make {one} or {two} errors at the very last measurement": _errors,
    "With SGD {eleven} of {twelve} trainings show the bump": lambda run: _bumps(run, "sgd"),
    "With AdamW {one} of {twelve} does": lambda run: _bumps(run, "adamw"),
    "is rare: {two} of {24}, both on glyphs with SGD and the smaller noise": _full,
}
GIVEN = ["A network has a test error of 2 % against true labels"]
