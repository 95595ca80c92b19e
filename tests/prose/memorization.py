"""Numbers in words."""

from ncbook import readings
from prose._approximately import about
from prose._counts import yes
from prose._trials import BOTH, FIRST, SECOND, answers, load

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
    return readings.double_descent.descents(load("double_descent", FIRST))


def _bumps_judged(preset):
    return yes(answers("double_descent", "test-error-rises-then-falls", preset))


def _full_again(_run):
    found = readings.double_descent.descents(load("double_descent"))
    full = found[found.full]
    assert set(full.dataset) == {"glyphs"}
    assert set(full.optimizer) == {"sgd"}
    return len(full), len(found)


def _ends(_run):
    """Trainings that show the bump, those that can answer, those with a lower end, and those with the bump again."""
    bumps, judged = yes(answers("double_descent", "test-error-rises-then-falls", *BOTH))
    lower, risen = yes(answers("double_descent", "second-descent-over-time-wins", *BOTH))
    assert bumps == risen
    return bumps, judged, lower, risen


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
    "leave {fifteen} of the {24} with a terminal phase that is long enough for the ledger, and {eight} of these": (
        lambda run: (_bumps_judged(FIRST)[1], len(_descents(run)), _bumps_judged(FIRST)[0])
    ),
    "In the second run it is {seven} of {fourteen}, so that": lambda _run: _bumps_judged(SECOND),
    "In the second run it is {four} of {24}, all of them on glyphs with SGD": _full_again,
    "helped in {20} of {28} trainings": lambda _run: yes(answers("memorization", "early-stopping-regularizes", *BOTH)),
    "{15} of the {29} trainings that can answer show them, and {six} of these {15} end below": _ends,
}
GIVEN = ["A network has a test error of 2 % against true labels"]
