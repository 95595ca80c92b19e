"""The look that figures and labs share: colors, and axes that are labeled in plain numbers.

Without pyplot, which keeps figures for the whole process and must not be used by threads.
"""

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator

# Color-blind readers can tell all of these apart. Blue and orange, which are Okabe and Ito's, belong to the training
# and to the test set; green, purple, olive and lilac to all else: arms, labels, losses, measures, classes.
TRAIN, TEST = "#0072B2", "#D55E00"
ARMS = ("#009E73", "#AA3377", "#5C4A00", "#B57EDC")
INK, FAINT = "#222222", "#8a8a8a"


def plain_numbers(axis: Axis) -> None:
    """Label a logarithmic axis 0.1, 0.2, 0.5, 1 and so on; only powers of ten where it is long."""
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1,) if high > 300 * low else (1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def percent_axis(panel: Axes, lowest: float = 0) -> None:
    """A vertical axis of percentages from 0 to 100, logarithmic above 0.1 and with a true zero."""
    panel.set_yscale("symlog", linthresh=0.1)
    panel.set_ylim(lowest, 100)
    panel.set_yticks([0, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])
