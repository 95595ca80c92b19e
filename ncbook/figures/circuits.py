"""Figures of the experiment `circuits`: what Fourier measures show of a network while it learns to add."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.circuits import adding, arrays_of, followed, steepest_fall_window, unevenness
from ncbook.readings.grokking import power_shares
from ncbook.runs import Run

_ACCURACIES = {
    "published_acc": ("key frequencies, projected from all pairs", _style.LILAC, ":"),
    "restricted_acc": ("key frequencies, from test pairs alone", _style.GREEN, "-"),
    "test_acc": ("test pairs, whole network", _style.TEST, "--"),
    "control_acc": ("other frequencies", _style.FAINT, "-."),
}
_KNOWN = ("training pairs, whole network", _style.TRAIN, "-")
_Styles = dict[str, tuple[str, str, Any]]  # of each column: name, color, line
_TEST: _Styles = {
    "test_loss": ("whole network, test", _style.TEST, "--"),
    "restricted_loss": ("key frequencies (restricted)", _style.GREEN, "-"),
    "control_loss": ("other frequencies", _style.FAINT, "-."),
}
_TRAIN: _Styles = {
    "train_loss": ("whole network, training", _style.TRAIN, "-"),
    "excluded_loss": ("without the key frequencies (excluded)", _style.LILAC, (0, (5, 1, 1, 1))),
    "control_excluded_loss": ("without other frequencies", _style.FAINT, "-."),
}
_MOMENTS = {"memorized": "memorized", "formed": "circuit", "cleanup": "cleanup", "generalized": "grokked"}
_BARE = ("published_acc",)  # without a band, which would hide the others
_FLOOR = 1e-8  # nats; smaller losses are drawn there


def _modulus(run: Run) -> int:
    return int(run.config["p"][run.config["operations"].index("addition")])


def _curves(panel: Axes, rows: pd.DataFrame, styles: _Styles, low: float = 0.0) -> None:
    """Median over the seeds, mostly in a band from the lowest to the highest."""
    for column, (label, color, line) in styles.items():
        table = rows.pivot_table(index="seed", columns="step", values=column).clip(lower=low)
        if column not in _BARE:
            panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.13, linewidth=0)
        panel.plot(table.columns, table.median(), linestyle=line, color=color, label=label)
    panel.set(xlabel="step", xlim=(0, rows.step.max()))


@_style.styled
def hidden_progress(run: Run) -> Figure:
    """Accuracy of the whole network and of its key frequencies, projected from all pairs and from test pairs alone."""
    figure, (panel,) = _style.panels(run, 1, height=4.1)
    _curves(panel, adding(run), _ACCURACIES)
    panel.set(ylim=(-0.02, 1.02), ylabel="share of right answers")
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@_style.styled
def restricted_and_excluded_loss(run: Run) -> Figure:
    """Test loss of the key frequencies alone, and training loss without them, each beside other frequencies."""
    figure, axes = _style.panels(run, 2, height=4.3, sharey=True)
    chance = np.log(_modulus(run))
    titles = ("test pairs: only these frequencies", "training pairs: without these frequencies")
    for panel, styles, title in zip(axes, (_TEST, _TRAIN), titles, strict=True):
        _curves(panel, adding(run), styles, _FLOOR)
        panel.axhline(chance, color=_style.INK, linewidth=0.8, linestyle=":")
        panel.set_title(title, fontsize=9.5)
        panel.set(yscale="log", ylim=(_FLOOR / 2, 60))
        panel.legend(loc="lower left", fontsize=8)
    axes[1].annotate(
        "log K", (axes[1].get_xlim()[1], chance), (-2, 3), textcoords="offset points", ha="right", fontsize=8
    )
    axes[0].set_ylabel("loss (nats)")
    return figure


@_style.styled
def three_phases(run: Run) -> Figure:
    """One seed: accuracies, restricted accuracy and sum of squared weights, with the moments that rules find."""
    rows, found = adding(run), followed(run)
    seed = run.config["seeds"][0] if found.empty else found.index[0]
    own = rows[rows.seed == seed]
    figure, (panel,) = _style.panels(run, 1, height=3.9)
    accuracies = {"train_acc": _KNOWN, **{name: _ACCURACIES[name] for name in ("restricted_acc", "test_acc")}}
    for column, (label, color, line) in accuracies.items():
        panel.plot(own.step, own[column], linestyle=line, color=color, label=label)
    weights = own.squared_weights / own.squared_weights.iloc[0]
    panel.plot(own.step, weights, color=_style.INK, linestyle="-.", label="squared weights, of their start")
    if len(found):
        _moments(panel, found.loc[seed])
        _steepest(panel, found.loc[seed].cleanup, steepest_fall_window(own.step.max()))
    panel.set(xlabel=f"step, seed {seed}", ylabel="share", xlim=(0, own.step.max()))
    panel.set_ylim(-0.02, 1.3 * max(1.0, float(weights.max())))
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def _moments(panel: Axes, moments: pd.Series) -> None:
    """Vertical lines where each phase is dated by rule, with their names upright along them."""
    for name, text in _MOMENTS.items():
        if np.isfinite(moments[name]):
            panel.axvline(moments[name], color=_style.FAINT, linewidth=1)
            before = name == "formed"  # cleanup may follow closely
            panel.annotate(
                text, (moments[name], 1), (-2 if before else 2, -2), xycoords=("data", "axes fraction"),
                textcoords="offset points", rotation=90, va="top", ha="right" if before else "left", fontsize=8,
            )  # fmt: skip


def _steepest(panel: Axes, middle: float, window: float) -> None:
    """The steps over which the squared weights fall fastest, shaded."""
    if np.isfinite(middle):
        panel.axvspan(middle - window / 2, middle + window / 2, color=_style.INK, alpha=0.1, linewidth=0)


@_style.styled
def key_circles(run: Run) -> Figure:
    """The strongest frequencies' circles of one seed at the end, and how uneven each frequency's circle is."""
    arrays = arrays_of(run)
    drawn = arrays["circled"].shape[1]
    figure, axes = _style.panels(run, drawn + 1, height=2.9)
    for index in range(drawn):
        _circle(axes[index], int(arrays["circled"][0, index]), arrays["circles"][0, -1, index].astype(float))
    _unevenness(axes[-1], run)
    return figure


def _circle(panel: Axes, frequency: int, points: np.ndarray) -> None:
    """Numbers of the first seed, joined in the order in which a circle of this frequency has them."""
    turns = np.arange(len(points)) * frequency % len(points)
    order = np.argsort(turns)
    panel.plot(*points[np.append(order, order[0])].T, "-", color=_style.FAINT, linewidth=0.8)
    panel.scatter(points[:, 0], points[:, 1], c=turns, cmap="twilight", s=14, zorder=2)
    panel.set_title(f"k = {frequency}")
    panel.set(aspect="equal", xticks=[], yticks=[])


def _unevenness(panel: Axes, run: Run) -> None:
    for position, (which, color, marker) in enumerate((("keys", _style.GREEN, "o"), ("controls", _style.PURPLE, "s"))):
        uneven = unevenness(run, which)
        for index, own in enumerate(uneven):
            across = np.full(len(own), position + 0.06 * (index - (len(uneven) - 1) / 2))
            panel.plot(across, own, marker, color=color, markersize=4, alpha=0.7)
    panel.set_xticks([0, 1], ["key", "other"])
    panel.set(xlim=(-0.5, 1.5), ylim=(0, None), xlabel="frequencies", ylabel="unevenness of the radii")


@_style.styled
def embedding_spectrum(run: Run) -> Figure:
    """Share of the embedding's power at each frequency over the steps, of the first seed."""
    arrays = arrays_of(run)
    shares = power_shares(arrays["spectrum"][0])
    figure, (panel,) = _style.panels(run, 1, height=3.2)
    frequencies = np.arange(1, shares.shape[1] + 1)
    mesh = panel.pcolormesh(
        arrays["frames"], frequencies, 100 * shares.T, cmap="cividis", vmin=0, shading="nearest", rasterized=True
    )
    panel.set(xlabel=f"step, seed {run.config['seeds'][0]}", ylabel="frequency k")
    panel.set_yticks(np.flatnonzero(arrays["keys"][0]))
    figure.colorbar(mesh, ax=panel, label="share of power (%)").ax.xaxis.set_visible(False)
    return figure
