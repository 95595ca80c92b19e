"""Figures of the experiment `settings`: what decides whether a network collapses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_seeds
from ncbook.readings import names
from ncbook.readings.settings import around_base, outcomes
from ncbook.runs import Run

_ENDS = (("nc1_train", "NC1"), ("nc2_angles_train", "NC2, angles"), ("nc3_train", "NC3"))


@_style.styled
def collapse_across_data(run: Run) -> Figure:
    """NC1 on train and test against epochs, a panel a data set; the second network with hollow marks."""
    datasets = run.config["datasets"]
    figure, axes = _style.panels(run, len(datasets), 3.6, sharey=True)
    for panel, dataset in zip(axes, datasets, strict=True):
        for hollow, network in enumerate(run.config["networks"][:2]):
            for side in ("train", "test"):
                label, chosen = f"{side}, {names.NETWORKS[network]}", {"dataset": dataset, "network": network}
                _draw_nc1(panel, run, label, side, side, bool(hollow), **chosen)
        panel.set_title(dataset)
    _finish(axes, run, "NC1 (no unit)")
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def collapse_by_loss(run: Run) -> Figure:
    """NC1 on train against epochs, a line a loss, a panel a data set."""
    datasets = run.config["datasets"]
    figure, axes = _style.panels(run, len(datasets), 3.6, sharey=True)
    for panel, dataset in zip(axes, datasets, strict=True):
        for style, loss in enumerate(run.config["losses"]):
            _draw_nc1(panel, run, names.LOSSES[loss], style, dataset=dataset, loss_name=loss)
        panel.set_title(dataset)
    _finish(axes, run, "NC1 on train")
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def features_by_loss(run: Run) -> Figure:
    """NC1, NC2 angles and NC3 on train at the end, a mark a seed, a row a loss."""
    figure, axes = _style.panels(run, len(_ENDS), 3.4, sharey=True)
    datasets = run.config["datasets"]
    for panel, (name, title) in zip(axes, _ENDS, strict=True):
        for index, dataset in enumerate(datasets):
            _draw_ends(panel, run, dataset, f"{name}_end", shift=0.16 * (2 * index - 1))
        panel.set_xlim(*_round_limits(*panel.dataLim.intervalx))
        _style.log_axis(panel.xaxis)
        panel.set_title(title)
        panel.set_xlabel("at the end (no unit)")
        panel.tick_params(axis="x", labelrotation=60)
    _name_losses(axes, run)
    _style.legend_above(figure, axes[0], len(datasets))
    return figure


@_style.styled
def errors_by_loss(run: Run) -> Figure:
    """Test error at the end, a row a loss, a panel a data set: a mark a seed, and a stroke at the median."""
    datasets = run.config["datasets"]
    figure, axes = _style.panels(run, len(datasets), 3.2, sharey=True)
    for panel, dataset in zip(axes, datasets, strict=True):
        _draw_ends(panel, run, dataset, "test_error_end", scale=100, spread=0.2)
        panel.set_title(dataset)
        panel.set_xlabel("test error at the end (%)")
        panel.set_xlim(0, 1.1 * panel.dataLim.x1)  # with room for the marks of the highest errors
    _name_losses(axes, run)
    return figure


@_style.styled
def decay_and_batch_norm(run: Run) -> Figure:
    """NC1 on train against epochs, with batch norm and without, a line a weight decay."""
    config, dataset = run.config, run.config["datasets"][0]
    figure, axes = _style.panels(run, 2, 3.4, sharey=True)
    networks = (config["networks"][0], *config["plain_networks"])[:2]
    titles = ("with batch norm", "without batch norm")
    for panel, network, title in zip(axes, networks, titles, strict=False):
        for style, decay in enumerate(config["weight_decays"]):
            chosen = {"dataset": dataset, "network": network, "weight_decay": decay}
            _draw_nc1(panel, run, f"weight decay {decay:g}", style, **chosen)
        panel.set_title(f"{dataset}: MLP {title}" if network.startswith("mlp") else title)
    _finish(axes, run, "NC1 on train")
    axes[0].legend(loc="lower left")
    return figure


def _draw_nc1(
    panel: Axes, run: Run, label: str, style: int | str, side: str = "train", hollow: bool = False, **chosen: Any
) -> None:
    """NC1 of the base setting, but for what is `chosen`."""
    rows = around_base(run.to_frame(), run, **chosen)
    draw_seeds(panel, rows, f"nc1_{side}", label, style, size=4, hollow=hollow)


def _finish(axes: Sequence[Axes], run: Run, ylabel: str) -> None:
    """Panels side by side, over the epochs."""
    axes[0].set_ylabel(ylabel)
    for panel in axes:
        panel.set_xlim(1, run.config["epochs"])
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
        panel.set_xlabel("epochs")


def _draw_ends(
    panel: Axes, run: Run, dataset: str, column: str, scale: float = 1, shift: float = 0, spread: float = 0
) -> None:
    """A mark a seed, a row a loss; a data set has its own style where several are `shift`ed apart.

    With a `spread` the seeds of a row stand apart, so that equal values can be counted, with a stroke at their median.
    """
    table, (color, marker) = outcomes(run), _style.ARM_STYLES[run.config["datasets"].index(dataset)]
    style: dict[str, Any] = {"s": 26, "marker": marker, "facecolor": "none", "edgecolor": color, "linewidth": 1.4}
    for row, loss in enumerate(run.config["losses"]):
        values = scale * around_base(table, run, dataset=dataset, loss_name=loss)[column]
        label = dataset if row == 0 else None
        panel.scatter(values, row + shift + np.linspace(-spread, spread, len(values)), label=label, **style)
        if spread:
            panel.plot([values.median()] * 2, [row - 0.36, row + 0.36], color=_style.INK, linewidth=2)
    panel.grid(axis="x", color=_style.FAINT, alpha=0.25)


def _round_limits(low: float, high: float) -> tuple[float, float]:
    """The next of 0.1, 0.2, 0.5, 1 and so on below and above, so that a short logarithmic axis has few labels."""
    steps = np.outer(10.0 ** np.arange(-9, 9), [1, 2, 5]).ravel()
    return float(steps[1.1 * steps < low].max()), float(steps[steps > 1.1 * high].min())


def _name_losses(axes: Sequence[Axes], run: Run) -> None:
    losses = run.config["losses"]
    axes[0].set_yticks(range(len(losses)), [names.LOSSES[loss].replace(", ", ",\n") for loss in losses])
    axes[0].set_ylim(len(losses) - 0.5, -0.5)
    axes[0].set_ylabel("loss that is trained")
