"""Figures: one for each function, from runs of any preset, with provenance and nothing left open.

The module of a figure has the name of the experiment whose runs it draws.
"""

from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

from ncbook import experiments, figures, runs
from ncbook.results import RESULTS

ROOT = Path(__file__).parents[1]


def experiment_of(name: str) -> str:
    return getattr(figures, name).__module__.split(".")[-1]


@cache
def laptop(experiment: str) -> runs.Run:
    return experiments.get(experiment).load("laptop")


def assert_drawn_with_provenance(name: str, run: runs.Run) -> None:
    figure = getattr(figures, name)(run)
    figure.canvas.draw()
    line = figure.get_supxlabel()
    assert run.provenance["preset"] in line
    assert run.provenance["date"] in line
    assert plt.get_fignums() == []  # closed, so that a notebook does not show it twice


@pytest.mark.parametrize("name", figures.__all__)
def test_figure_of_the_recorded_run(name):
    assert_drawn_with_provenance(name, laptop(experiment_of(name)))


@pytest.mark.parametrize("name", figures.__all__)
def test_a_chapter_shows_it(name):
    """So that it is also drawn from a run of the preset smoke: live validation trains and draws every chapter."""
    assert any(f"figures.{name}(" in source for source in chapters())


@cache
def chapters() -> list[str]:
    """The code of each chapter."""
    notebooks = [nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4) for chapter in RESULTS.values()]
    return ["\n".join(cell.source for cell in each.cells if cell.cell_type == "code") for each in notebooks]


@pytest.mark.parametrize("name", figures.__all__)
def test_axes_are_labeled(name):
    """Every panel that shows an axis names what is on it; panels that share one may leave it to their neighbor.

    A panel of equal scales is a map, such as the plane of three class means, and needs none.
    """
    drawn = getattr(figures, name)(laptop(experiment_of(name))).axes
    axes = [panel for panel in drawn if panel.axison and panel.get_aspect() == "auto"]
    for panel in axes:
        shared_x = any(other is not panel and panel.get_shared_x_axes().joined(panel, other) for other in axes)
        shared_y = any(other is not panel and panel.get_shared_y_axes().joined(panel, other) for other in axes)
        assert panel.get_xlabel() or shared_x or not panel.xaxis.get_visible()
        assert panel.get_ylabel() or shared_y or not panel.yaxis.get_visible()
    assert any(panel.get_xlabel() for panel in axes) or not axes
    assert any(panel.get_ylabel() for panel in axes) or not axes
