"""The figure of a network of one's own, as `metrics.measure` has measured it: not of a result, and not of a run."""

from typing import Any, Protocol, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style

_MOST_NAMES = 14  # of layers under a panel
_MARKED = 30  # layers: more of them are a line alone
_LINES = ("-", "--", ":", "-.")  # of splits that are called neither train nor test
_SHARES = "NC4 ●, nearest-mean error ○"
_PANELS = {  # by title: the label, and one measure or two
    "NC1": ("tr $\\Sigma_W \\Sigma_B^+$ / K (no unit)", ["nc1"]),
    "NC2: lengths ●, angles ○": ("distance from a simplex\n(no unit)", ["nc2_norms", "nc2_angles"]),
    "NC3": ("squared distance\n(no unit)", ["nc3"]),
    _SHARES: ("share of points (%)", ["nc4", "ncc_error"]),
}


class Measured(Protocol):
    """What `metrics.measure` gives, or has the same table."""

    @property
    def done(self) -> str: ...

    def to_frame(self) -> pd.DataFrame: ...


@_style.styled
def collapse_by_layer(measured: Measured) -> Figure:
    """NC1 to NC4 of a network of one's own against its layers, first to last, a line a split; from `metrics.measure`.

    Of two measures in a panel, the second one has open marks. What was not measured has no panel. `print(measured)`
    says the same in words and numbers, from which a page can take what is told to those who do not see the figure.
    """
    frame = measured.to_frame()
    shown = {title: each for title, each in _PANELS.items() if _finite(frame, each[1]).any()}
    rows = -(-len(shown) // 2)
    figure, axes = _style.panels_saying(str(measured.done), 2, 3.1 * rows + 0.6, rows)
    for panel, (title, (label, measures)) in zip(axes, shown.items(), strict=False):
        _draw(panel, frame[_finite(frame, measures)], measures)
        panel.set_title(title)
        panel.set_ylabel(label)
        _scale(panel, title == _SHARES)
    for empty in axes[len(shown) :]:
        empty.set_axis_off()
    if shown:
        _style.legend_above(figure, axes[0], 4)
    return figure


def _finite(frame: pd.DataFrame, measures: list[str]) -> pd.Series:
    """The rows that have one of the measures: NC3 is of the last layer alone."""
    return cast(pd.Series, np.isfinite(frame[measures]).any(axis=1))


def _draw(panel: Axes, frame: pd.DataFrame, measures: list[str]) -> None:
    layers = frame.layer.drop_duplicates().tolist()
    for number, (split, own) in enumerate(frame.groupby("split", sort=False)):
        table = own.set_index("layer").reindex(layers)
        for name, is_open in zip(measures, (False, True), strict=False):
            if np.isfinite(table[name]).any():
                values = (100 if "nc4" in measures else 1) * table[name].to_numpy()
                label = None if is_open and np.isfinite(table[measures[0]]).any() else str(split)
                panel.plot(values, label=label, **_look(str(split), number, len(layers), is_open))
    every = -(-len(layers) // _MOST_NAMES)
    places = range(0, len(layers), every)
    panel.set_xticks(places, [layers[place] for place in places], rotation=40, ha="right", rotation_mode="anchor")
    panel.set_xlim(-0.5, len(layers) - 0.5)


def _look(split: str, number: int, layers: int, is_open: bool) -> dict[str, Any]:
    """Color, marker and line of a split, with open marks for the second measure of a panel."""
    color, marker = _style.ARM_STYLES[number % len(_LINES)]
    color, marker, line = _style.SPLIT_STYLES.get(split, (color, marker, _LINES[number % len(_LINES)]))
    face = "white" if is_open else color
    return {"color": color, "marker": marker if layers <= _MARKED else "", "linestyle": line, "markerfacecolor": face}


def _scale(panel: Axes, is_share: bool) -> None:
    """Percentages from zero; all else logarithmic, unless a value is 0, and not over less than a factor of 4."""
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in panel.lines])
    low, high = np.nanmin(values), np.nanmax(values[np.isfinite(values)])
    if is_share:
        panel.set_ylim(bottom=0, top=max(1.05 * high, 1))
    elif low > 0:
        middle = np.sqrt(low * high)
        panel.set_ylim(min(low / 1.2, middle / 2), max(1.2 * high, 2 * middle))
        _style.log_axis(panel.yaxis)
