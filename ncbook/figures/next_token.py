"""Figures of `next_token`: collapse of language models by word and by kind of context, against width, loss and time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings import next_token as reading
from ncbook.readings.next_token import DECAY, FOLLOWERS, WIDTH
from ncbook.runs import Run

_SHOWN = 4  # kinds of contexts of a word that have a color
_SIDES = {"train": "training contexts", "test": "new sentences"}


@_style.styled
def contexts_of_words(run: Run) -> Figure:
    """Contexts of the three most frequent words in the plane of most variance, a panel a word, a color a kind."""
    words, counts = np.unique(run.arrays["plane_word"], return_counts=True)
    order = words[np.argsort(-counts, kind="stable")]
    figure, axes = _style.panels(run, len(order), height=3.3, sharex=True, sharey=True)
    for panel, word in zip(axes, order, strict=True):
        own = run.arrays["plane_word"] == word
        _draw_kinds(panel, run.arrays["plane"][own], run.arrays["plane_kind"][own])
        panel.set(title=f"before word {word}", xlabel="first axis")
    axes[0].set_ylabel("second axis")
    _style.legend_above(figure, axes[0], 3)
    return figure


def _draw_kinds(panel: Axes, points: np.ndarray, kinds: np.ndarray) -> None:
    """The most frequent kinds of one word, each in its color, and all others faint."""
    names, counts = np.unique(kinds, return_counts=True)
    frequent = names[np.argsort(-counts, kind="stable")][:_SHOWN]
    others = points[~np.isin(kinds, frequent)]
    for number, (kind, (color, marker)) in enumerate(zip(frequent, _style.ARM_STYLES, strict=False), start=1):
        own = points[kinds == kind]
        panel.scatter(own[:, 0], own[:, 1], s=16, color=color, marker=marker, label=f"kind {number}")
    panel.scatter(others[:, 0], others[:, 1], s=9, color=_style.FAINT, marker=".", label="other kinds", zorder=0)


@_style.styled
def collapse_by_width(run: Run) -> Figure:
    """CDNV against the width, and CDNV against the loss on new sentences: six widths, and strong weight decay."""
    figure, axes = _style.panels(run, 2, height=3.6)
    for side, label in _SIDES.items():
        table = reading.by_setting(run, WIDTH, "dim", f"cdnv_{side}")
        _bands.draw_band(axes[0], table.columns.to_numpy(), table.to_numpy(), label, side, every=1)
    axes[0].set(xlabel="width d", ylabel="CDNV")
    _style.log_axis(axes[0].xaxis)
    axes[0].set_xticks(run.config["widths"], [str(width) for width in run.config["widths"]])
    axes[0].minorticks_off()
    decayed = reading.varied(run, DECAY)
    groups = {"widths": reading.varied(run, WIDTH), "weight decay": decayed[decayed.arm == DECAY]}
    for (label, own), (color, marker) in zip(groups.items(), _style.ARM_STYLES, strict=False):
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": color, "marker": marker, "linewidth": 1.3}
        axes[1].scatter(own.test_loss, own.cdnv_train, s=22, label=label, **look)
    axes[1].set(xlabel="loss on new sentences (nats)", ylabel="CDNV, training contexts")
    for panel in axes:
        _style.log_axis(panel.yaxis)
        panel.legend()
    return figure


@_style.styled
def past_the_best_loss(run: Run) -> Figure:
    """The small text over the steps: losses, CDNV by word, and CDNV by kind; dotted where the test loss is lowest."""
    figure, axes = _style.panels(run, 3, height=3.5)
    rows = reading.small_text(run)
    best = reading.past_best(run).best_step.median()
    columns = ({side: f"{side}_loss" for side in _SIDES}, *({side: f"{name}_{side}" for side in _SIDES}
               for name in ("cdnv", "cdnv_kind")))  # fmt: skip
    titles = ("loss (nats)", "CDNV by word", "CDNV by kind")
    for panel, sides, title in zip(axes, columns, titles, strict=True):
        _draw_sides(panel, rows, sides)
        panel.axvline(best, color=_style.FAINT, linestyle=":")
        panel.set(ylabel=title, xlabel="steps")
    for panel in axes[1:]:
        _style.log_axis(panel.yaxis)
    _style.legend_above(figure, axes[0], 2)
    return figure


def _draw_sides(panel: Axes, rows: pd.DataFrame, columns: Mapping[str, str]) -> None:
    for side, column in columns.items():
        _bands.draw_seeds(panel, rows, column, _SIDES[side], side, "step", every=1)


@_style.styled
def collapse_by_ambiguity(run: Run) -> Figure:
    """CDNV by word and by kind on new sentences, and the losses, against the number of words that may follow."""
    figure, axes = _style.panels(run, 2, height=3.5)
    panels = (
        {"cdnv_test": "CDNV by word", "cdnv_kind_test": "CDNV by kind"},
        {"best_loss_test": "best possible", "excess": "above it"},
    )
    for panel, columns in zip(axes, panels, strict=True):
        for style, (column, label) in enumerate(columns.items()):
            table = reading.by_setting(run, FOLLOWERS, "followers", column)
            _bands.draw_band(panel, table.columns.to_numpy(), table.to_numpy(), label, style, every=1)
        panel.set_xlabel("words that may follow an open context")
        _style.log_axis(panel.xaxis)
        counts = table.columns.to_list()
        panel.set_xticks(counts, [str(count) for count in counts])
        panel.minorticks_off()
        panel.legend()
    axes[0].set_ylabel("CDNV")
    _style.log_axis(axes[0].yaxis)
    axes[1].set_ylabel("loss on new sentences (nats)")
    return figure


@_style.styled
def words_by_kinds(run: Run) -> Figure:
    """CDNV of each word against its frequency, and against the entropy of the kinds of contexts before it."""
    figure, axes = _style.panels(run, 2, height=3.5, sharey=True)
    columns = {"word_frequency": "frequency of the word", "word_kinds": "entropy of the kinds before it (nats)"}
    for panel, (column, label) in zip(axes, columns.items(), strict=True):
        color, marker = _style.ARM_STYLES[0]
        panel.scatter(
            run.arrays[column], run.arrays["word_cdnv"], s=14, facecolor="none", edgecolor=color, marker=marker
        )
        panel.set_xlabel(label)
        _style.log_axis(panel.yaxis)
    _style.log_axis(axes[0].xaxis)
    axes[0].set_ylabel("CDNV of the word")
    return figure
