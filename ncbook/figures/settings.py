"""Figures of the experiment `settings`: what decides whether a network collapses."""

from collections.abc import Sequence
from itertools import product
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
    """NC1 on train and test against epochs: a row of panels a data set, a column a network."""
    datasets, networks = run.config["datasets"], run.config["networks"]
    figure, axes = _style.panels(run, len(networks), 2.7 * len(datasets) + 0.4, len(datasets), sharex=True, sharey=True)
    for panel, (dataset, network) in zip(axes, product(datasets, networks), strict=True):
        for style, side in enumerate(("train", "test")):
            _draw_nc1(panel, run, side, style, side, dataset=dataset, network=network)
        panel.set_title(f"{dataset}: {names.NETWORKS[network]}", fontsize=9.5)
    _finish(axes, run, "NC1 (no unit)", len(networks))
    axes[0].legend(loc="lower left")
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
    _finish(axes, run, "NC1 on train (no unit)", len(axes))
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
        _style.log_axis(panel.xaxis)
        panel.set_title(title)
        panel.set_xlabel("at the end (no unit)")
        panel.tick_params(axis="x", labelrotation=60)
    _name_losses(axes, run)
    _style.legend_above(figure, axes[0], len(datasets))
    return figure


@_style.styled
def errors_by_loss(run: Run) -> Figure:
    """Test error at the end, a mark a seed, a row a loss, a panel a data set."""
    datasets = run.config["datasets"]
    figure, axes = _style.panels(run, len(datasets), 3.2, sharey=True)
    for panel, dataset in zip(axes, datasets, strict=True):
        _draw_ends(panel, run, dataset, "test_error_end", scale=100)
        panel.set_title(dataset)
        panel.set_xlabel("test error at the end (%)")
        panel.set_xlim(left=0)
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
    _finish(axes, run, "NC1 on train (no unit)", 2)
    axes[0].legend(loc="lower left")
    return figure


def _draw_nc1(panel: Axes, run: Run, label: str, style: int, side: str = "train", **chosen: Any) -> None:
    """NC1 of the base setting, but for what is `chosen`."""
    draw_seeds(panel, around_base(run.to_frame(), run, **chosen), f"nc1_{side}", label, style, size=3.5)


def _finish(axes: Sequence[Axes], run: Run, ylabel: str, columns: int) -> None:
    for index, panel in enumerate(axes):
        panel.set_xlim(1, run.config["epochs"])
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
        if index % columns == 0:
            panel.set_ylabel(ylabel)
        if index >= len(axes) - columns:
            panel.set_xlabel("epochs")


def _draw_ends(panel: Axes, run: Run, dataset: str, column: str, scale: float = 1, shift: float = 0) -> None:
    """A mark a seed, a row a loss; a data set has its own style where several are `shift`ed apart."""
    table, (color, marker) = outcomes(run), _style.CLASS_STYLES[run.config["datasets"].index(dataset)]
    style: dict[str, Any] = {"s": 26, "marker": marker, "facecolor": "none", "edgecolor": color, "linewidth": 1.4}
    for row, loss in enumerate(run.config["losses"]):
        values = scale * around_base(table, run, dataset=dataset, loss_name=loss)[column]
        label = dataset if row == 0 else None
        panel.scatter(values, np.full(len(values), row + shift), label=label, **style)
    panel.grid(axis="x", color=_style.FAINT, alpha=0.25)


def _name_losses(axes: Sequence[Axes], run: Run) -> None:
    losses = run.config["losses"]
    axes[0].set_yticks(range(len(losses)), [names.LOSSES[loss].replace(", ", ",\n") for loss in losses])
    axes[0].set_ylim(len(losses) - 0.5, -0.5)
    axes[0].set_ylabel("loss that is trained")
