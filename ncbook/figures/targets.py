"""Figures of `targets`: features that fall to as many dimensions as targets, and means of pairs that are averages."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings import targets as reading
from ncbook.readings.targets import (
    ALL,
    DIGITS,
    FREE_NUMBERS,
    LABELS,
    PICK_ALL,
    PIXELS,
    REGRESSION,
    SHUFFLED,
    SIGMOID,
    SOME,
    TWO,
    ends,
)
from ncbook.runs import Run

_SETS = {TWO: "two numbers", DIGITS: "three of a digit", SHUFFLED: "shuffled numbers"}


@_style.styled
def features_in_space(run: Run) -> Figure:
    """The features of one network in their first and third components, without and with weight decay.

    A mark a training point, in the color of its first target. Collapse leaves nothing in the third.
    """
    decays = run.config["weight_decays"]
    shown = [0, decays.index(reading.decay_of(run))]
    figure, axes = _style.panels(run, 2, height=2.5, sharex=True, sharey=True)
    colors = run.arrays["targets"][0, :, 0]
    for panel, place in zip(axes, shown, strict=True):
        features = run.arrays["features"][0, place]
        panel.scatter(features[:, 0], features[:, 2], s=14, c=colors, cmap="viridis", linewidth=0)
        panel.set(title=f"weight decay {decays[place]:g}", xlabel="first component", aspect="equal")
    axes[0].set_ylabel("third component")
    return figure


@_style.styled
def shares_outside(run: Run) -> Figure:
    """Over the steps, a panel a data set: variance outside of the components and of the rows, with and without it."""
    frame = run.to_frame()
    frame = frame[frame.part == REGRESSION]
    figure, axes = _style.panels(run, 2, height=3.7, sharey=True)
    columns = {"outside_components_train": "components", "outside_rows_train": "rows of W"}
    for panel, dataset in zip(axes, (TWO, DIGITS), strict=True):
        for hollow, decay in ((True, 0.0), (False, reading.decay_of(run))):
            rows = frame[(frame.dataset == dataset) & (frame.weight_decay == decay)]
            for style, (column, label) in enumerate(columns.items()):
                told = f"outside of the {label}, {'no decay' if hollow else f'decay {decay:g}'}"
                _bands.draw_seeds(panel, rows, column, told, style, "step", hollow=hollow)
        panel.set(title=_SETS[dataset], xlabel="steps")
        _style.log_axis(panel.xaxis)
    axes[0].set(ylabel="share of the variance", ylim=(0, 1.02))
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def collapse_and_prediction(run: Run) -> Figure:
    """Against the weight decay, a panel a data set: what is outside of the components, and what is not predicted.

    The share outside of training points and of new ones; what is not predicted of new points alone.
    """
    table = ends(run, REGRESSION)
    figure, axes = _style.panels(run, 3, height=3.8, sharey=True)
    decays = sorted(table.weight_decay.unique())
    curves: dict[str, tuple[str, int | str]] = {
        "outside_components_train": ("features outside, training points", "train"),
        "outside_components_test": ("features outside, new points", "test"),
        "unexplained_test": ("targets not predicted, new points", 0),
    }
    for panel, (dataset, title) in zip(axes, _SETS.items(), strict=True):
        own = table[table.dataset == dataset]
        for column, (label, style) in curves.items():
            values = own.pivot(index="seed", columns="weight_decay", values=column)
            _bands.draw_band(panel, np.arange(len(decays)), values.to_numpy(), label, style, every=1)
        panel.set_xticks(range(len(decays)), [f"{each:g}" for each in decays])
        panel.set(title=title, xlabel="weight decay")
        _style.log_axis(panel.yaxis)
    axes[0].set(ylabel="share of the variance", ylim=(0.003, 4))
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def free_numbers(run: Run) -> Figure:
    """Free features: how many directions of the targets are left against the strength, beside the closed form."""
    table = ends(run, FREE_NUMBERS)
    figure, axes = _style.panels(run, 2, height=3.2)
    ranks = table.pivot(index="seed", columns="regularization", values="output_rank")
    closed = table.pivot(index="seed", columns="regularization", values="rank_minimum")
    axes[0].plot(closed.columns, closed.median(), drawstyle="steps-mid", color=_style.FAINT, label="closed form")
    axes[0].plot(ranks.columns, ranks.median(), "o", color=_style.GREEN, label="found by descent")
    axes[0].set(xlabel="strength of the regularization", ylabel="directions that survive")
    axes[0].set_yticks([0, 1, 2])
    axes[0].legend()
    for style, (column, label) in enumerate({"gram_root": "root", "gram_closed": "root, less a constant"}.items()):
        values = table[table.rank_minimum > 0].pivot(index="seed", columns="regularization", values=column)
        _bands.draw_band(axes[1], values.columns.to_numpy(), values.to_numpy(), label, style, every=1)
    axes[1].set(xlabel="strength of the regularization", ylabel="distance of W Wᵀ", ylim=(-0.02, None))
    axes[1].legend()
    return figure


@_style.styled
def head_and_covariance(run: Run) -> Figure:
    """Networks: distance of W W^T from the root of the covariance, from the covariance and from the identity."""
    table = ends(run, REGRESSION)
    columns = {"gram_root": "root", "gram_covariance": "covariance", "gram_identity": "identity"}
    figure, axes = _style.panels(run, 2, height=3.2, sharey=True)
    decays = sorted(table.weight_decay.unique())
    for panel, dataset in zip(axes, (TWO, SHUFFLED), strict=True):
        for style, (column, label) in enumerate(columns.items()):
            values = table[table.dataset == dataset].pivot(index="seed", columns="weight_decay", values=column)
            _bands.draw_band(panel, np.arange(len(decays)), values.to_numpy(), label, style, every=1)
        panel.set_xticks(range(len(decays)), [f"{each:g}" for each in decays])
        panel.set(title=_SETS[dataset], xlabel="weight decay")
    axes[0].set(ylabel="distance of W Wᵀ", ylim=(0, None))
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def cosines_of_sets(run: Run) -> Figure:
    """Cosines of the means of all sets, a row each, with those of single labels: pixels, a network, exact averages."""
    pixels, network = run.arrays["cosines"]
    count = pixels.shape[1]
    figure, axes = _style.panels(run, 3, height=4.4, sharey=True)
    titles = ("pixels", "network", "averages of a simplex")
    for panel, values, title in zip(axes, (pixels, network, reading.ideal_cosines(count)), titles, strict=True):
        image = panel.imshow(values, vmin=-1, vmax=1, cmap="PuOr_r", aspect="auto", interpolation="nearest")
        panel.set_title(title)
        panel.set_xticks(range(count), [f"{label + 1}" for label in range(count)])
        panel.set_xlabel("label")
    axes[0].set_yticks(range(len(pixels)), reading.names_of_sets(count))
    axes[0].set_ylabel("labels of the images")
    figure.colorbar(image, ax=axes, label="cosine", shrink=0.7).ax.xaxis.set_visible(False)
    return figure


@_style.styled
def pairs_as_averages(run: Run) -> Figure:
    """What averages leave unexplained of pairs, and how far single means are from a simplex: a mark a seed."""
    figure, axes = _style.panels(run, 2, height=3.4, sharey=True)
    rows = _arms_of_labels(run)
    panels = {"average_residual_train": "not averages", "nc2_angles_train": "cosines off a simplex"}
    for panel, (column, label) in zip(axes, panels.items(), strict=True):
        for place, (own, (color, marker)) in enumerate(zip(rows.values(), _style.ARM_STYLES * 2, strict=False)):
            _marks(panel, own[column], place, color, marker)
        panel.set(xlabel=label, xlim=(0, None))
        panel.set_yticks(range(len(rows)), list(rows))
        panel.set_ylim(len(rows) - 0.4, -0.6)
    axes[0].set_ylabel("features")
    axes[0].axvspan(0, reading.COLLAPSED_SHARE, color=_style.FAINT, alpha=0.15, linewidth=0)
    return figure


def _arms_of_labels(run: Run) -> dict[str, pd.DataFrame]:
    """Rows with all pairs: pixels, networks before training, and with each loss without and with decay."""
    decay = reading.decay_of(run)
    last, first = (table[table.dataset == ALL] for table in (ends(run, LABELS), reading.starts(run, LABELS)))
    begun = first[(first.arm == PICK_ALL) & (first.weight_decay == decay)]
    found = {"pixels": ends(run, PIXELS), "before training": begun}
    for loss in (PICK_ALL, SIGMOID):
        for each in (0.0, decay):
            name = f"{loss}, {f'decay {each:g}' if each else 'no decay'}"
            found[name] = last[(last.arm == loss) & (last.weight_decay == each)]
    return found


def _marks(panel: Axes, values: pd.Series, row: int, color: str, marker: str) -> None:
    shifts = np.linspace(-0.2, 0.2, len(values))
    panel.scatter(values, row + shifts, s=22, marker=marker, facecolor="none", edgecolor=color, linewidth=1.3)
    panel.plot([values.median()] * 2, [row - 0.36, row + 0.36], color=_style.INK, linewidth=2)


@_style.styled
def unseen_pairs(run: Run) -> Figure:
    """Two pairs left out: errors on new images of pairs that were seen, and of those that were not; a mark a seed."""
    table = ends(run, LABELS)
    table = table[(table.dataset == SOME) & (table.weight_decay == reading.decay_of(run))]
    figure, (panel,) = _style.panels(run, 1, height=2.9)
    names: list[str] = []
    for loss, (color, marker) in zip((PICK_ALL, SIGMOID), _style.ARM_STYLES, strict=False):
        for column, told in (("pair_error_test", "pairs seen"), ("unseen_error_test", "pairs never seen")):
            _marks(panel, 100 * table[table.arm == loss][column], len(names), color, marker)
            names.append(f"{loss}, {told}")
    panel.set(xlabel="new images decided wrongly (%)", xlim=(0, 103), ylabel="loss, and images")
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.4, -0.6)
    return figure
