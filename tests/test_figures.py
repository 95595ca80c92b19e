"""Figures: one for each function, from runs of any preset, with provenance and nothing left open."""

import matplotlib.pyplot as plt
import pytest

from ncbook import experiments, figures, models
from ncbook.figures import _style


@pytest.fixture(scope="module")
def laptop():
    return experiments.collapse.load("laptop")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NCBOOK_CACHE", str(tmp_path_factory.mktemp("cache")))
        return experiments.collapse.load("smoke")


@pytest.mark.parametrize("name", figures.__all__)
@pytest.mark.parametrize("preset", ["laptop", "smoke"])
def test_figure_is_drawn_with_its_provenance(name, preset, request):
    run = request.getfixturevalue(preset)
    figure = getattr(figures, name)(run)
    figure.canvas.draw()
    line = figure.get_supxlabel()
    assert preset in line
    assert run.provenance["date"] in line
    assert plt.get_fignums() == []  # closed, so that a notebook does not show it twice


@pytest.mark.parametrize("name", [name for name in figures.__all__ if name != "class_plane"])
def test_axes_are_labelled(name, laptop):
    axes = getattr(figures, name)(laptop).axes
    assert all(panel.get_xlabel() == "epochs" for panel in axes)
    assert axes[0].get_ylabel()
    assert axes[0].get_legend() is not None


def test_every_network_has_a_name_for_readers():
    assert set(_style.NETWORK_NAMES) == set(models.NETWORKS)
