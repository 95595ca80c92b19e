"""Figures of the experiment `memorization`: true, partly wrong and random labels, fitted without an error."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_seeds, mark_zero_error
from ncbook.readings import names
from ncbook.readings.memorization import labels_of
from ncbook.runs import Run

_LOOK: dict[str, Any] = {"scale": 100, "every": 3, "size": 4}


@_style.styled
def random_labels(run: Run) -> Figure:
    """Training and test error on the first data set against epochs: a panel for true labels, one for random ones.

    The second network, a control, is drawn with hollow marks.
    """
    config, frame = run.config, run.to_frame()
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    frame = frame[frame.dataset == config["datasets"][0]]
    for panel, noise in zip(axes, (config["noises"][0], config["noises"][-1]), strict=True):
        for hollow, network in enumerate(config["networks"][:2]):
            rows = frame[(frame.network == network) & (frame.label_noise == noise)]
            for side, name in (("train", "training"), ("test", "test")):
                label = f"{name}, {names.NETWORKS[network]}"
                draw_seeds(panel, rows, f"{side}_error", label, side, **_LOOK, hollow=bool(hollow))
        panel.set_title(labels_of(noise))
        _time_axis(panel, config["epochs"])
        panel.set_ylim(-3, 103)
    axes[0].set_ylabel("error (%)")
    _style.legend_above(figure, axes[0], 2)
    _style.set_apart(figure)
    return figure


@_style.styled
def past_zero_error(run: Run) -> Figure:
    """Test error against epochs for each share of labels drawn at random; the first zero training error is marked."""
    config, frame = run.config, run.to_frame()
    figure, axes = _style.panels(run, len(config["datasets"]), height=3.4)
    frame = frame[(frame.network == config["networks"][0]) & (frame.label_noise < 1)]
    for panel, dataset in zip(axes, config["datasets"], strict=True):
        own = frame[frame.dataset == dataset]
        arms = list(own.groupby("label_noise", sort=False))
        for style, (noise, rows) in enumerate(arms):
            draw_seeds(panel, rows, "test_error", labels_of(noise), style, **_LOOK)
        for _, rows in arms:  # after all curves, so that the star comes last in the legend
            mark_zero_error(panel, rows, "test_error", scale=100)
        panel.set(title=dataset, ylabel="test error (%)")  # each panel has a scale of its own
        _time_axis(panel, config["epochs"])
        # a little above the highest error after the first epochs, when the networks have learned nothing
        panel.set_ylim(0, 100 * min(1.0, 1.05 * float(own.test_error[own.epoch >= 3].max())))
    _style.legend_above(figure, axes[0], 4)
    return figure


def _time_axis(panel: Axes, last: int) -> None:
    panel.set_xlim(1, last)
    _style.log_axis(panel.xaxis)
    panel.set_xlabel("epochs")
