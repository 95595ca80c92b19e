"""A Sphinx extension: draws the picture that is shown with a link to the book, `_static/card.png`.

1200 by 630 pixels, which the sites that show links ask for: the name of the book, and three classes on their way from
clouds to the corners of a simplex. A sketch, not a run.
"""

from pathlib import Path
from urllib.parse import urljoin

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.config import Config

from ncbook.look import ARMS, FAINT, INK

FILE = "_static/card.png"
PIXELS = (1200, 630)
ALT = "Three classes of points on their way from clouds to the corners of an equilateral triangle, and the book's name"
SUBTITLE = """A book to read and to run:
what networks do after their
last training error, and what it
says about generalization"""
_CORNERS = np.array([[np.cos(angle), np.sin(angle)] for angle in np.pi / 2 - np.arange(3) * 2 * np.pi / 3])  # [3, 2]
_MARKERS = ("o", "s", "^")


def draw() -> Figure:
    """The picture."""
    figure = Figure(figsize=[length / 100 for length in PIXELS], dpi=100, facecolor="white")
    figure.text(0.06, 0.70, "Neural\nCollapse", fontsize=62, fontweight="bold", color=INK, va="center", linespacing=1.1)
    figure.text(0.06, 0.28, SUBTITLE, fontsize=22, color=INK, va="center", linespacing=1.4)
    _draw_classes(figure.add_axes((0.5, 0.02, 0.48, 0.96)))
    return figure


def _draw_classes(panel: Axes) -> None:
    """A cloud of each class moves from the center to its corner, and shrinks."""
    panel.plot(*np.vstack([_CORNERS, _CORNERS[:1]]).T, color=FAINT, linewidth=2, linestyle=(0, (4, 4)), zorder=0)
    noise = np.random.default_rng(0).standard_normal((60, 2))
    for corner, color, marker in zip(_CORNERS, ARMS, _MARKERS, strict=False):
        for share, opacity in ((0.25, 0.2), (0.6, 0.45), (0.9, 0.8)):
            points = share * corner + 0.25 * (1 - share) * noise
            panel.scatter(*points.T, s=60, color=color, marker=marker, alpha=opacity, linewidths=0)
        panel.scatter(*corner, s=700, color=color, marker=marker)
    panel.set(xlim=(-1.1, 1.1), ylim=(-0.75, 1.25), aspect="equal")
    panel.axis("off")


def tell_open_graph(app: Sphinx, config: Config) -> None:
    """Sets the options of sphinxext-opengraph that are about the picture."""
    config.ogp_image = urljoin(config.html_baseurl, FILE)
    config.ogp_image_alt = ALT
    sizes = zip(("width", "height"), PIXELS, strict=True)
    config.ogp_custom_meta_tags = [
        '<meta name="twitter:card" content="summary_large_image" />',
        *(f'<meta property="og:image:{name}" content="{length}" />' for name, length in sizes),
    ]


def write(app: Sphinx, error: Exception | None) -> None:
    """Draws the picture into the built book."""
    if error is None and app.builder.format == "html":
        draw().savefig(Path(app.outdir, FILE), metadata={"Software": None})


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", tell_open_graph)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
