"""What every chapter shows: a word where it and what it runs on do not fit, and at the end the verdicts.

Nothing here trains or draws.

>>> from ncbook import chapters
>>> chapters.begin("collapse", written_for="0.0.1")
This chapter was written for ncbook 0.0.1, and ... is installed: numbers may differ from those in the text.
"""

from typing import Any

import ncbook
from ncbook import _environment, experiments
from ncbook.results import RESULTS

BUDGET = "ten minutes on a T4, its budget"  # of the preset gpu where no run of it is recorded


def begin(name: str, written_for: str) -> None:
    """Print what a reader of the chapter on the result `name` should know; nothing, where all is as it should be.

    That is: another release than `written_for` is installed, or there is a GPU, which the preset gpu would use.

    >>> chapters.begin("collapse", written_for="0.0.1")
    This chapter was written for ncbook 0.0.1, and ... is installed: numbers may differ from those in the text.
    """
    if ncbook.__version__ != written_for:
        print(
            f"This chapter was written for ncbook {written_for}, and {ncbook.__version__} is installed: "
            "numbers may differ from those in the text."
        )
    device = _gpu()
    if device and name in RESULTS and not _environment.text("NCBOOK_PRESET"):
        print(
            f"There is a GPU ({device}). The figures show recorded runs, made on a CPU. To train on more data, put "
            f'experiments.{name}.load("gpu") in their place: {_duration(name)}.'
        )


def verdicts(*names: str) -> Any:
    """The claims that the experiments of a chapter test, folded, each with what the recorded runs say of it.

    >>> "nc3" in chapters.verdicts("collapse").data.lower()
    True
    """
    from IPython.display import HTML

    from ncbook import ledger

    return HTML(ledger.box(*names))  # type: ignore[no-untyped-call]


def answers() -> Any:
    """The questions of the book, and what the papers and the recorded runs answer.

    >>> "<table" in chapters.answers().data
    True
    """
    from IPython.display import HTML

    from ncbook import ledger

    return HTML(ledger.answers())  # type: ignore[no-untyped-call]


def _gpu() -> str:
    """What it is called; empty where there is none."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def _duration(name: str) -> str:
    run = experiments.get(name).recorded("gpu")
    if run is None:
        return f"about {BUDGET}"
    return f"{run.provenance['seconds'] / 60:.0f} minutes on {run.provenance['hardware']}"
