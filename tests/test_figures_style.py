"""The style of figures and of the labs' curves does not depend on the one that a reader uses elsewhere."""

import io

import matplotlib
import matplotlib.image as mpimg
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from tables import for_each

from ncbook import experiments, figures
from ncbook.labs import _drawing

STYLES = ["dark_background", "ggplot"]
SHOWN = ["simplex_cosines", "simplex_in_space"]  # lines, and three dimensions


def _pixels(name: str) -> np.ndarray:
    """As a reader's own `savefig` draws it, so that ticks are made in their style."""
    run = experiments.simplex.load("laptop", live=False)
    stream = io.BytesIO()
    getattr(figures.simplex, name)(run).savefig(stream, format="png", dpi=50)
    return mpimg.imread(io.BytesIO(stream.getvalue()))


@for_each("name", SHOWN)
def test_figures_look_alike_in_every_style_of_a_reader(name):
    expected = _pixels(name)
    for style in STYLES:
        with plt.style.context(style):
            before = dict(matplotlib.rcParams)
            assert np.array_equal(_pixels(name), expected), style
            assert dict(matplotlib.rcParams) == before


@for_each("style", STYLES)
def test_text_and_lines_stand_out_from_what_is_behind_them(style):
    """By the contrast of WCAG; a figure that is not of ours, the control, is white on black in the dark."""
    with plt.style.context(style):
        figure = figures.simplex.simplex_cosines(experiments.simplex.load("laptop", live=False))
        figure.canvas.draw()
        behind = figure.get_facecolor()
        texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
        lines = [line for panel in figure.axes for line in panel.lines]
        assert len(texts) > 5
        assert len(lines) > 1
        assert min(_contrast(text.get_color(), behind) for text in texts) > 3
        assert min(_contrast(line.get_color(), behind) for line in lines) > 2
        assert all(_contrast(panel.get_facecolor(), behind) < 1.1 for panel in figure.axes)
        assert (_contrast(plt.rcParams["figure.facecolor"], behind) > 10) == (style == "dark_background")


def _contrast(one, other) -> float:
    lights = sorted(_light(color) for color in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(color) -> float:
    parts = np.array(to_rgb(color))
    return float(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def framed(row) -> None:
    _drawing.frame(row[0], "Loss", "steps", "loss")


def test_the_curves_of_labs_are_drawn_alike_in_every_style():
    def drawn(key: str) -> bytes:
        return _drawing.png(key, False, 1, framed, lambda row: None)

    def mean(key: str) -> float:
        return float(mpimg.imread(io.BytesIO(drawn(key)))[..., :3].mean())

    light = mean("light")
    with plt.style.context("dark_background"):
        assert mean("dark") == pytest.approx(light, abs=0.02)
