"""Questions to the language models of `next_token`: one measure of collapse over the steps, of widths and of texts."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.next_token import KEYS, SMALL_TEXT, WIDTH, outcomes, past_best
from ncbook.readings.words import cell, count

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "cdnv_train": ("CDNV by word, training contexts", True),
    "cdnv_test": ("CDNV by word, new sentences", True),
    "cdnv_kind_train": ("CDNV by kind, training contexts", True),
    "nc1_train": ("NC1, training contexts", True),
    "train_loss": ("Training loss", True),
    "test_loss": ("Loss on new sentences", True),
}


def next_token(run: runs.Run) -> _page.Explorable:
    """Up to three language models of `run`, one of `experiments.next_token`: widths and the small text, five questions.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "next_token", history=(*KEYS, "step", *_MEASURES))
    frame = run.to_frame()
    groups = frame[frame.arm.isin([WIDTH, SMALL_TEXT])].groupby(["arm", "dim"], sort=False)
    arms = {name: _arms.arm(_label(name), rows, _MEASURES, "step", None) for name, rows in groups}
    told = " ".join(f"{_label(name)}: CDNV {_end(run, name, 'cdnv_train')}." for name in arms)
    return _arms.page(run, "Language models that collapse", arms, _MEASURES, "step", _questions(run), told)


def _label(name: Any) -> str:
    arm, dim = name
    return SMALL_TEXT if arm == SMALL_TEXT else f"d = {dim}"


def _questions(run: runs.Run) -> dict[str, Question]:
    """What scale does to two measures, and what training past the best loss does to three."""
    widths = sorted(run.config["widths"])
    few, some, many = ((WIDTH, width) for width in (widths[0], widths[len(widths) // 2], widths[-1]))
    small = (SMALL_TEXT, run.config["few_width"])
    usual = (WIDTH, run.config["width"])
    return {
        "scale": _at_end(run, "Does a wider network collapse more?", "cdnv_train", few, some, many),
        "loss": _at_end(run, "And does it predict new sentences better?", "test_loss", few, some, many),
        "nc1": _at_end(run, "Does NC1 say the same?", "nc1_train", few, some, many),
        "past": _past(run, "Does collapse end where the network gets worse?", "cdnv_train", small, usual),
        "kind": _past(run, "And the collapse by kind of context?", "cdnv_kind_train", small, usual),
    }


def _at_end(run: runs.Run, text: str, column: str, *names: tuple[str, int]) -> Question:
    told = ", ".join(f"{_end(run, name, column)} with {_label(name)}" for name in names)
    return Question(text, names, column, f"{_MEASURES[column][0]} at the end, median: {told}.")


def _past(run: runs.Run, text: str, column: str, *names: tuple[str, int]) -> Question:
    """In how many seeds of the small text a measure rises from the lowest test loss to the end."""
    table = past_best(run)
    rises = table[f"{column}_end"] > table[f"{column}_best"]
    told = (
        f"Of the small text the loss on new sentences is lowest at step {table.best_step.median():g} (median). From "
        f"there to the end the measure rises in {count(rises)} networks."
    )
    return Question(text, names, column, told)


def _end(run: runs.Run, name: tuple[str, int], column: str) -> str:
    arm, dim = name
    table: pd.DataFrame = outcomes(run)
    return cell(table[(table.arm == arm) & (table["dim"] == dim)][column].median(), "{:.2g}")
