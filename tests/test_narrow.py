"""The drawing of a figure for a phone shows the same, under each other, and nothing of it is cut."""

import base64
import hashlib
import io
import os
import struct

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text
from test_pictures import drawn, figure_of

from ncbook.figures import _narrow, _style

# A grid that shares its axes, a map, a legend beside its panel, long names on an axis, math in a label.
SOME = (
    "simplex_in_space", "lead_rules", "crossings_against_onset", "intervention_times", "image_release",
    "collapse_threshold", "variability", "collapse_on_mnist",
)  # fmt: skip


@pytest.mark.parametrize("name", SOME)
def test_a_narrow_drawing_shows_what_the_wide_one_shows_and_cuts_nothing(name):
    wide = figure_of(name)
    narrow = wide.narrow()
    assert narrow.get_figwidth() == pytest.approx(_narrow.WIDTH)
    assert len(narrow.axes) == len(wide.axes)
    for number, (one, other) in enumerate(zip(wide.panels, narrow.panels, strict=True)):
        assert [type(each) for each in drawn(number, one)] == [type(each) for each in drawn(number, other)]
        labeled = name != "intervention_times"  # where the names on the axis say what they are
        assert bool(other.get_ylabel()) or not (labeled and one.get_ylabel())
        assert (one.get_xlim(), one.get_ylim()) == (other.get_xlim(), other.get_ylim())
    narrow.draw_without_rendering()
    for text in words(narrow):
        box = text.get_window_extent()
        assert not text.get_text() or (box.x0 >= 0 and box.x1 <= narrow.bbox.x1), text.get_text()


def words(figure) -> list[Text]:
    """Titles, labels of axes, legends and the provenance."""
    found = [figure._supxlabel, *(text for legend in figure.legends for text in legend.get_texts())]
    for panel in figure.axes:
        found += [panel.title, panel._left_title, panel.xaxis.label, panel.yaxis.label]
        found += panel.get_legend().get_texts() if panel.get_legend() else []
    return found


def test_panels_under_each_other_carry_the_labels_of_their_row_and_column():
    figure, axes = _narrow.stacked(_style.BookFigure, 2, 2, 5.0, sharex=True, sharey="row")
    for place in (0, 2):
        axes[place].set_ylabel(f"row {place // 2}")
    for place in (2, 3):
        axes[place].set_xlabel(f"column {place % 2}")
    _narrow.fit(figure, axes, 2)
    plt.close(figure)
    assert [panel.get_ylabel() for panel in axes] == ["row 0", "row 0", "row 1", "row 1"]
    assert [panel.get_xlabel() for panel in axes] == ["column 0", "column 1"] * 2
    axes[1].set(xlim=(0, 7), ylim=(1, 2))
    assert axes[2].get_xlim() == (0, 7)
    assert axes[0].get_ylim() == (1, 2) != axes[2].get_ylim()


def test_the_build_finds_the_narrow_drawing_by_the_name_of_the_wide_one(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    monkeypatch.setitem(os.environ, _narrow.FOLDER, str(tmp_path / "narrow"))
    figure_of("crossings_against_onset")._ipython_display_()
    wide = base64.b64decode(shown[0]["image/png"])
    narrow = (tmp_path / "narrow" / f"{hashlib.sha256(wide).hexdigest()}.png").read_bytes()
    assert 0.4 < width(narrow) / width(wide) < 0.65
    assert plt.imread(io.BytesIO(narrow)).std() > 0


def test_a_notebook_draws_a_figure_as_any_other(monkeypatch):
    monkeypatch.delenv(_narrow.FOLDER, raising=False)
    with pytest.raises(NotImplementedError):
        figure_of("crossings_against_onset")._ipython_display_()


def width(png: bytes) -> int:
    return struct.unpack(">I", png[16:20])[0]
