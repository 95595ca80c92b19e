"""Figures of the experiment `memorization`: true, partly wrong and random labels, fitted without an error."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_band, mark_zero_error
from ncbook.readings import names
from ncbook.runs import Run


@_style.styled
def random_labels(run: Run) -> Figure:
    """Training and test error on the first data set against epochs, with true and with random labels."""
    config = run.config
    figure, axes = _style.panels(run, len(config["networks"]), height=3.4, sharey=True)
    kinds = [("training", "train_error", 0), ("test", "test_error", 1)]
    for panel, network in zip(axes, config["networks"], strict=True):
        for noise, name, shift in ((config["noises"][0], "true", 0), (config["noises"][-1], "random", 2)):
            for split, column, place in kinds:
                epochs, values = _arm(run, config["datasets"][0], network, noise, column)
                draw_band(panel, epochs, 100 * values, f"{split}, {name} labels", shift + place)
        panel.set_title(names.NETWORKS[network])
        _time_axis(panel, config["epochs"])
        panel.set_ylim(-3, 103)
    axes[0].set_ylabel("error (%)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


@_style.styled
def past_zero_error(run: Run) -> Figure:
    """Test error against epochs for each share of labels drawn at random; the first zero training error is marked."""
    config = run.config
    figure, axes = _style.panels(run, len(config["datasets"]), height=3.4)
    for panel, dataset in zip(axes, config["datasets"], strict=True):
        arms = [(dataset, config["networks"][0], noise) for noise in config["noises"] if noise < 1]
        for style, arm in enumerate(arms):
            epochs, values = _arm(run, *arm, "test_error")
            draw_band(panel, epochs, 100 * values, f"label noise {arm[2]:g}" if arm[2] else "true labels", style)
        for arm in arms:  # after all curves, so that the star comes last in the legend
            values = 100 * _arm(run, *arm, "test_error")[1]
            mark_zero_error(panel, epochs, _arm(run, *arm, "train_error")[1], values)
        panel.set(title=dataset, ylabel="test error (%)")  # each panel has a scale of its own
        _time_axis(panel, config["epochs"])
        panel.set_ylim(0, 100 * _highest_later(run, dataset))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _highest_later(run: Run, dataset: str) -> float:
    """A little above the highest median test error after the first epochs, when the networks have learned nothing."""
    rows = (run.history["dataset"] == dataset) & (run.history["noise"] < 1) & (run.history["epoch"] >= 3)
    return min(1.0, 1.05 * float(run.history["test_error"][rows].max()))


def _arm(run: Run, dataset: str, network: str, noise: float, column: str) -> tuple[np.ndarray, np.ndarray]:
    """epochs [P] from 1 on, and one column [seeds, P]."""
    history = run.history
    rows = (history["dataset"] == dataset) & (history["network"] == network) & (history["noise"] == noise)
    rows &= history["epoch"] > 0  # a logarithmic axis has no epoch 0
    seeds = len(run.config["seeds"])
    return history["epoch"][rows].reshape(seeds, -1)[0], history[column][rows].reshape(seeds, -1)


def _time_axis(panel: Axes, last: int) -> None:
    panel.set_xlim(1, last)
    _style.log_axis(panel.xaxis)
    panel.set_xlabel("epochs")
