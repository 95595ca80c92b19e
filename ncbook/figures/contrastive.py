"""Figures of the experiment `contrastive`: ways in the plane of alignment and uniformity, and what wrong labels do."""

from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings.contrastive import ARMS, collapsed_uniformity, course
from ncbook.runs import Run

_NAMES = ("cross-entropy", "contrastive, labels", "contrastive, no labels", "rate reduction")
_SHORT = dict(zip(ARMS, _NAMES, strict=True))
_LINES = ("-", "--", ":", "-.")


@_style.styled
def contrast_in_the_plane(run: Run) -> Figure:
    """Uniformity loss against alignment with clean labels: the way of each arm, medians, and where each seed ends."""
    figure, (panel,) = _style.panels(run, 1, height=4.0)
    for arm, (color, marker), line in zip(ARMS, _style.ARM_STYLES, _LINES, strict=True):
        rows = course(run, arm, min(run.config["noises"]))
        way = rows.groupby("step")[["alignment", "uniformity"]].median()
        ends = rows[rows.step == rows.step.max()]
        panel.plot(way.alignment, way.uniformity, line, color=color, label=_SHORT[arm])
        panel.plot(ends.alignment, ends.uniformity, marker, color=color, markersize=5, label="_", linestyle="none")
    start = way.iloc[0]
    panel.plot([start.alignment], [start.uniformity], "o", color=_style.INK, markersize=7, label="start")
    corner = [0.0], [collapsed_uniformity(run)]
    panel.plot(*corner, "*", color=_style.FAINT, markersize=18, label="collapsed simplex", linestyle="none", zorder=1)
    panel.set(xlabel="alignment: squared distance of images of one label", ylabel="uniformity loss (nats)")
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@_style.styled
def wrong_labels_over_steps(run: Run) -> Figure:
    """Test accuracy and wrong labels memorized over the steps, at the highest label noise: median and range."""
    columns = {"unit_ncc_acc_test": "test accuracy (%)", "wrong_acc_given": "wrong labels memorized (%)"}
    figure, axes = _style.panels(run, len(columns), height=3.6)
    for panel, (column, label) in zip(axes, columns.items(), strict=True):
        for style, arm in enumerate(ARMS):
            rows = course(run, arm, max(run.config["noises"]))
            _bands.draw_seeds(panel, rows, column, _SHORT[arm], style, "step", scale=100, every=4)
        panel.set(xlabel="steps", ylabel=label, ylim=(0, 102))
        _style.log_axis(panel.xaxis)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
