"""Figures of the experiment `settings`: what decides whether a network collapses."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings import names
from ncbook.runs import Run

_STYLES = (
    (_style.BLUE, "-", "o"),
    (_style.ORANGE, "--", "s"),
    (_style.GREEN, "-.", "^"),
    (_style.PURPLE, ":", "D"),
    (_style.INK, (0, (5, 1, 1, 1, 1, 1)), "v"),
)
LOSS_NAMES = {
    "ce": "cross-entropy",
    "smoothed": "label smoothing",
    "focal": "focal",
    "mse": "squared error",
    "mse_rescaled": "squared error, rescaled",
}
_ENDS = (("nc1_train", "NC1"), ("nc2_angles_train", "NC2, angles"), ("nc3_train", "NC3"))


@_style.styled
def collapse_across_data(run: Run) -> Figure:
    """NC1 on train and test against epochs: a row of panels a data set, a column a network."""
    config, frame = run.config, run.to_frame()
    datasets, networks = config["datasets"], config["networks"]
    figure, axes = _style.panels(run, len(networks), 2.7 * len(datasets) + 0.4, len(datasets), sharex=True, sharey=True)
    chosen = [(dataset, network) for dataset in datasets for network in networks]
    for panel, (dataset, network) in zip(axes, chosen, strict=True):
        arms = _arms(frame, run, dataset=dataset, network=network)
        for name, style in zip(("nc1_train", "nc1_test"), _STYLES, strict=False):
            _draw_seeds(panel, arms, name, name.removeprefix("nc1_"), style)
        panel.set_title(f"{dataset}: {names.NETWORKS[network]}", fontsize=9.5)
    _finish(axes, run, "NC1 (no unit)", len(networks))
    axes[0].legend(loc="lower left")
    return figure


@_style.styled
def collapse_by_loss(run: Run) -> Figure:
    """NC1 on train against epochs, a line a loss, a panel a data set."""
    config, frame = run.config, run.to_frame()
    figure, axes = _style.panels(run, len(config["datasets"]), 3.6, sharey=True)
    for panel, dataset in zip(axes, config["datasets"], strict=True):
        for loss, style in zip(config["losses"], _STYLES, strict=False):
            _draw_seeds(panel, _arms(frame, run, dataset=dataset, loss=loss), "nc1_train", LOSS_NAMES[loss], style)
        panel.set_title(dataset)
    _finish(axes, run, "NC1 on train (no unit)", len(axes))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


@_style.styled
def features_by_loss(run: Run) -> Figure:
    """NC1, NC2 angles and NC3 on train at the end, a mark a seed, a row a loss."""
    figure, axes = _style.panels(run, len(_ENDS), 3.4, sharey=True)
    for panel, (name, title) in zip(axes, _ENDS, strict=True):
        _draw_ends(panel, run, name)
        _style.log_axis(panel.xaxis)
        panel.set_title(title)
        panel.set_xlabel("at the end (no unit)")
        panel.tick_params(axis="x", labelrotation=45)
    _name_losses(figure, axes, run)
    return figure


@_style.styled
def errors_by_loss(run: Run) -> Figure:
    """Test error at the end, a mark a seed, a row a loss, a panel a data set."""
    figure, axes = _style.panels(run, len(run.config["datasets"]), 3.2, sharey=True)
    for place, (panel, dataset) in enumerate(zip(axes, run.config["datasets"], strict=True)):
        _draw_ends(panel, run, "test_error", scale=100, only=place)
        panel.set_title(dataset)
        panel.set_xlabel("test error at the end (%)")
        panel.set_xlim(left=0)
    _name_losses(figure, axes, run, legend=False)
    return figure


@_style.styled
def decay_and_batch_norm(run: Run) -> Figure:
    """NC1 on train against epochs, with batch norm and without, a line a weight decay."""
    config, frame = run.config, run.to_frame()
    figure, axes = _style.panels(run, 2, 3.4, sharey=True)
    networks = (config["networks"][0], *config["plain_networks"])[:2]
    titles = ("with batch norm", "without batch norm")
    for panel, network, title in zip(axes, networks, titles, strict=False):
        for decay, style in zip(config["weight_decays"], _STYLES, strict=False):
            arms = _arms(frame, run, dataset=config["datasets"][0], network=network, weight_decay=decay)
            _draw_seeds(panel, arms, "nc1_train", f"weight decay {decay:g}", style)
        panel.set_title(f"{config['datasets'][0]}: MLP {title}" if network.startswith("mlp") else title)
    _finish(axes, run, "NC1 on train (no unit)", 2)
    axes[0].legend(loc="lower left")
    return figure


def _arms(frame: pd.DataFrame, run: Run, **chosen) -> pd.DataFrame:
    """Rows of the base setting, but for what is `chosen`."""
    config = run.config
    base = {"network": config["networks"][0], "loss": config["losses"][0], "weight_decay": config["weight_decays"][0]}
    wanted = base | chosen
    return frame[np.logical_and.reduce([frame[name] == value for name, value in wanted.items()])]


def _draw_seeds(panel: Axes, arms: pd.DataFrame, name: str, label: str, style: Sequence) -> None:
    """The median over seeds as a line, and their range as a band; epoch 0 has no place on a logarithmic axis."""
    colour, line, marker = style
    values = arms[arms.epoch > 0].pivot(index="epoch", columns="seed", values=name)
    panel.fill_between(values.index, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.2, linewidth=0)
    median = values.median(axis=1)
    panel.plot(median.index, median, linestyle=line, color=colour, marker=marker, markersize=3.5, label=label)


def _finish(axes: Sequence[Axes], run: Run, ylabel: str, columns: int) -> None:
    for place, panel in enumerate(axes):
        panel.set_xlim(1, run.config["epochs"])
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
        if place % columns == 0:
            panel.set_ylabel(ylabel)
        if place >= len(axes) - columns:
            panel.set_xlabel("epochs")


def _draw_ends(panel: Axes, run: Run, name: str, scale: float = 1, only: int | None = None) -> None:
    """A mark a seed, a row a loss; data sets above each other in their own style, or `only` one."""
    config, frame = run.config, run.to_frame()
    last = frame[frame.epoch == frame.epoch.max()]
    for place, dataset in enumerate(config["datasets"]):
        if only not in (None, place):
            continue
        colour, _, marker = _STYLES[place]
        for row, loss in enumerate(config["losses"]):
            values = scale * _arms(last, run, dataset=dataset, loss=loss)[name]
            height = row + (0.16 * (2 * place - 1) if only is None else 0)
            panel.scatter(values, np.full(len(values), height), s=26, marker=marker, facecolor="none",
                          edgecolor=colour, linewidth=1.4, label=dataset if row == 0 else None)  # fmt: skip
        panel.grid(axis="x", color=_style.FAINT, alpha=0.25)


def _name_losses(figure: Figure, axes: Sequence[Axes], run: Run, legend: bool = True) -> None:
    losses = run.config["losses"]
    axes[0].set_yticks(range(len(losses)), [LOSS_NAMES[loss].replace(", ", ",\n") for loss in losses])
    axes[0].set_ylim(len(losses) - 0.5, -0.5)
    axes[0].set_ylabel("loss that is trained")
    if legend:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
