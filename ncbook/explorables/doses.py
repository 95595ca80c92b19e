"""Questions to the doses of the experiment `doses`: every seed of one measure over the training steps."""

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.doses import BASELINE, COLLAPSE, CONFIDENCE, KAPPA, KINDS, LOSS, NORMS, outcomes
from ncbook.readings.moments import NEVER
from ncbook.readings.words import cell, count

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Training accuracy", False),
    "relative_flatness": ("Relative flatness κ", True),
    "squared_norms": ("Squared norms", True),
    "train_loss": ("Training loss", True),
    "variance_ratio_train": ("Variance ratio R", True),
}
_CONTROLS = {
    "norm": ("Is it the norm?", NORMS), "loss": ("Is it the loss?", LOSS),
    "confidence": ("Is it the low confidence?", CONFIDENCE),
}  # fmt: skip
_Key = tuple[str, float]  # what is held, and its level


def doses(run: runs.Run) -> _page.Explorable:
    """Up to three doses of `run`, one of `experiments.doses`, over the steps: six questions, six measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "doses", history=("kind", "level", "seed", "step", *_MEASURES))
    groups = dict(iter(run.to_frame().groupby(["kind", "level"], sort=False)))
    arms = {key: _arms.arm(_label(*key), rows, _MEASURES, "step", run.config["steps"]) for key, rows in groups.items()}
    return _arms.page(run, "Doses of sharpness, and controls", arms, _MEASURES, "step", _questions(run), _told(run))


def _questions(run: runs.Run) -> dict[str, Question]:
    """The strongest dose against a weaker one, against what comes with it, and at the end of the schedule."""
    table = outcomes(run)
    levels = sorted(table.level[table.kind == KAPPA].unique())
    few, most, none = (KAPPA, levels[min(1, len(levels) - 1)]), (KAPPA, levels[-1]), (BASELINE, 0.0)
    wide = (COLLAPSE, table.level[table.kind == COLLAPSE].max())
    rate = f"At step {run.config['steps']} the learning rate begins to fall to 0. {_before_and_after(run, most)}"
    found = {"dose": Question("How sharp is too sharp?", (none, few, most), "test_acc", _reached(run, none, few, most))}
    for key, (text, kind) in _CONTROLS.items():
        own = table[(table.kind == kind) & (table.like == most[1])].level
        control = (kind, own.iloc[0])
        found[key] = Question(text, (most, control), "test_acc", _reached(run, most, control))
    found["steps"] = Question("Is it the size of the steps?", (most,), "test_acc", rate)
    found["collapse"] = Question("Is collapse necessary?", (none, wide), "test_acc", _reached(run, none, wide))
    return found


def _reached(run: runs.Run, *keys: _Key) -> str:
    """How many reach 99 % test accuracy at the full rate, and with which median accuracy they end there."""
    trainings = {_label(*key): _trainings(run, key) for key in keys}
    counts = [f"{count(own.generalized != NEVER)} with {label}" for label, own in trainings.items()]
    ends = [cell(100 * own.accuracy.median(), "{:.0f} %") for own in trainings.values()]
    return (
        f"Networks that reach 99 % test accuracy at the full learning rate: {', '.join(counts)}. "
        f"Median test accuracies at its end: {', '.join(ends)}."
    )


def _before_and_after(run: runs.Run, key: _Key) -> str:
    rows = _trainings(run, key)
    before, after = (cell(100 * rows[name].median(), "{:.0f} %") for name in ("accuracy", "settled"))
    return f"With {_label(*key)}, the median test accuracy is {before} then and {after} at the end."


def _trainings(run: runs.Run, key: _Key) -> pd.DataFrame:
    table = outcomes(run)
    return table[(table.kind == key[0]) & (table.level == key[1])]


def _label(kind: str, level: float) -> str:
    return f"{KINDS[kind]} at least {level:g}" if level else KINDS[kind]


def _told(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    reached = outcomes(run).groupby(["kind", "level"], sort=False).generalized
    return " ".join(
        f"{_label(*key)}: {count(steps != NEVER)} seeds reach 99 % test accuracy." for key, steps in reached
    )
