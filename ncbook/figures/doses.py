"""Figures of `doses`: how much of each quantity a network can bear."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.doses import BASELINE, COLLAPSE, CONFIDENCE, KAPPA, KINDS, LOSS, NORMS, against_baseline, outcomes
from ncbook.runs import Run

# What comes with a dose of kappa, beside it: color, marker, and how far its marks lie from the dose, as a factor.
_LOOKS = {
    KAPPA: (_style.PURPLE, "D", 0.75),
    NORMS: (_style.OLIVE, "^", 0.9),
    LOSS: (_style.LILAC, "v", 1.1),
    CONFIDENCE: (_style.INK, "P", 1.33),
}
_SPREAD = (_style.GREEN, "s", 1.0)


@_style.styled
def dose_delays(run: Run) -> Figure:
    """Steps to 99 % test accuracy over the baseline's against the dose: a mark a seed, open where it is a lower bound.

    First kappa and what comes with it, then the spread within classes; the line joins the medians.
    """
    figure, axes = _panels(run)
    table = against_baseline(run)
    for panel, kind, color, marker, shift, x in _kinds(axes):
        own = table[table.kind == kind].dropna(subset=["times"])
        for there, fill in ((True, "full"), (False, "none")):
            rows = own[own.reached == there]
            panel.plot(rows[x] * shift, rows.times, marker, color=color, alpha=0.6, markersize=4.5, fillstyle=fill)
        medians = own.groupby(x).times.median()
        look: dict[str, Any] = {"marker": marker, "markersize": 7, "markeredgecolor": "white"}
        panel.plot(medians.index * shift, medians, "-", color=color, label=KINDS[kind], **look)
    for panel in axes:
        panel.axhline(1.0, color=_style.FAINT, linestyle=":", linewidth=1.2)
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel("steps to 99 % test accuracy\nover the baseline's")
    _style.legend_above(figure, axes[0], len(_LOOKS))
    return figure


@_style.styled
def dose_accuracies(run: Run) -> Figure:
    """Mean test accuracy over the seeds against the dose: solid at the last step at the full rate, dashed at 0."""
    figure, axes = _panels(run)
    table = outcomes(run)
    for panel, kind, color, marker, shift, x in _kinds(axes):
        own = table[table.kind == kind]
        for column, line, label in (("accuracy", "-", KINDS[kind]), ("settled", "--", None)):
            means = own.groupby(x)[column].mean()
            panel.plot(means.index * shift, means, line, color=color, marker=marker, markersize=4.5, label=label)
    for panel in axes:
        panel.axhline(table[table.kind == BASELINE].accuracy.mean(), color=_style.FAINT, linestyle=":", linewidth=1.2)
    axes[0].set_ylabel("mean test accuracy\n(dashed: learning rate at 0)")
    _style.legend_above(figure, axes[0], len(_LOOKS))
    return figure


def _panels(run: Run) -> tuple[Figure, list[Axes]]:
    figure, axes = _style.panels(run, 2, 3.9, sharey=True, width_ratios=(2, 1))
    titles = ("κ, and what comes with it", "Spread within classes")
    labels = ("dose of κ, or its norms, loss, uncertainty", "least R allowed")
    for panel, title, label in zip(axes, titles, labels, strict=True):
        panel.set(title=title, xlabel=label, xscale="log")
    _style.log_axis(axes[1].xaxis)
    return figure, axes


def _kinds(axes: list[Axes]) -> list[tuple[Axes, str, str, str, float, str]]:
    """Panel, kind, color, marker, shift and the column of x, of every kind but the baseline."""
    left = [(axes[0], kind, *look, "like") for kind, look in _LOOKS.items()]
    return [*left, (axes[1], COLLAPSE, *_SPREAD, "level")]
