"""Figures: each is shown by a chapter. What they show is in test_pictures."""

from functools import cache
from pathlib import Path

import notebooks
import pytest

from ncbook import figures
from ncbook.results import CHAPTERS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_a_chapter_shows_it(name):
    """So that it is also drawn from a run of the preset smoke: live validation trains and draws every chapter."""
    assert any(f"figures.{name}(" in source for source in chapters())


@cache
def chapters() -> list[str]:
    """The code of each chapter."""
    read = [notebooks.read(ROOT / "book" / f"{chapter}.ipynb") for chapter in CHAPTERS.values()]
    return ["\n".join(cell.source for cell in each.cells if cell.cell_type == "code") for each in read]
