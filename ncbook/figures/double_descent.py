"""Figures of the experiment `double_descent`: over the number of features, and over time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_band, draw_seeds, mark_zero_error
from ncbook.readings.names import OPTIMIZERS
from ncbook.runs import Run


@_style.styled
def model_wise_descent(run: Run) -> Figure:
    """Test error of the least-norm solution against d/N, for each number N of training points and each label noise."""
    figure, axes = _feature_panels(run)
    for k, panel in enumerate(axes):
        _draw_each_n(panel, run, 100 * run.arrays["test_error"][:, :, k, 0])
        panel.set_ylim(0, 100)
    axes[0].set_ylabel("test error (%)")
    _style.legend_above(figure, axes[0], 4)
    return figure


@_style.styled
def solution_norm(run: Run) -> Figure:
    """Norm of the least-norm solution against d/N: as large as the test error where the fit is barely possible."""
    figure, axes = _feature_panels(run)
    for k, panel in enumerate(axes):
        _draw_each_n(panel, run, run.arrays["norm"][:, :, k, 0])
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel("norm of Θ")
    _style.legend_above(figure, axes[0], 4)
    return figure


@_style.styled
def ridge_removes_peak(run: Run) -> Figure:
    """Test error against d/N for the most points: no ridge, a small one, and of all ridges the best for each d."""
    figure, axes = _feature_panels(run)
    ridges = run.config["ridges"]
    middle = len(ridges) // 2
    for k, panel in enumerate(axes):
        errors = 100 * run.arrays["test_error"][-1, :, k]  # [seeds, ridges, factors]
        factors = np.array(run.config["factors"])
        draw_band(panel, factors, errors[:, 0], "no ridge", 0)
        draw_band(panel, factors, errors[:, middle], f"λ = {ridges[middle]:g}", 1)
        draw_band(panel, factors, errors[:, 1:].min(1), "best λ for each d", 2)
        panel.set_ylim(0, 100)
    axes[0].set_ylabel("test error (%)")
    _style.legend_above(figure, axes[0], 4)
    return figure


@_style.styled
def epoch_wise_descent(run: Run) -> Figure:
    """Test error over time with label noise, a panel an optimizer; zero training error is marked.

    Data sets differ in color; the smallest label noise has hollow marks.
    """
    config, frame = run.config, run.to_frame()
    figure, axes = _style.panels(run, len(config["optimizers"]), 3.8, sharey=True)
    for panel, optimizer in zip(axes, config["optimizers"], strict=True):
        own = frame[frame.optimizer == optimizer]
        arms = list(own.groupby(["dataset", "label_noise"], sort=False))
        for (dataset, noise), rows in arms:
            style, label = config["datasets"].index(dataset), f"{dataset}, label noise {noise:g}"
            hollow = noise == config["time_noises"][0]
            draw_seeds(panel, rows, "test_error", label, style, scale=100, every=3, size=4, hollow=hollow)
        for _, rows in arms:  # after all curves, so that the star comes last in the legend
            mark_zero_error(panel, rows, "test_error", scale=100)
        panel.set_title(OPTIMIZERS[optimizer])
        panel.set_ylim(0, 60)
        panel.set_xlim(1, config["epochs"])
        _style.log_axis(panel.xaxis)
        panel.set_xlabel("epochs")
    axes[0].set_ylabel("test error (%)")
    _style.legend_above(figure, axes[0], 3)
    _style.set_apart(figure)
    return figure


def _feature_panels(run: Run) -> tuple[Figure, list[Axes]]:
    """A panel a label noise over d/N, with d = N marked."""
    noises = run.config["noises"]
    figure, axes = _style.panels(run, len(noises), height=3.4, sharey=True)
    for panel, noise in zip(axes, noises, strict=True):
        factors = run.config["factors"]
        panel.set_xlim(factors[0], factors[-1])
        _style.log_axis(panel.xaxis)
        panel.axvline(1, color=_style.FAINT, linewidth=1)
        panel.set_title(f"label noise {noise:g}" if noise else "true labels")
        panel.set_xlabel("features per training point, d/N")
    _style.set_apart(figure)
    return figure, axes


def _draw_each_n(panel: Axes, run: Run, values: np.ndarray) -> None:
    """values [per_class, seeds, factors]."""
    for style, (per_class, curve) in enumerate(zip(run.config["per_class"], values, strict=True)):
        draw_band(panel, np.array(run.config["factors"]), curve, f"N = {10 * per_class}", style, every=1)
