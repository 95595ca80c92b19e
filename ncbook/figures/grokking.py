"""Figures of the experiment `grokking`: modular addition, learned by heart and then understood."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings import moments
from ncbook.readings.grokking import HALF, KINDS, LEAKS, followed, frame_at, phase_cells, power_shares
from ncbook.runs import Run

_SHARES = (-0.03, 1.03)


@_style.styled
def learned_then_understood(run: Run) -> Figure:
    """Train and test accuracy of all seeds over steps, with weight decay and without; the delay of the median seed."""
    decays = run.config["weight_decays"]
    figure, axes = _style.panels(run, len(decays), height=3.4, sharey=True)
    for index, (panel, decay) in enumerate(zip(axes, decays, strict=True)):
        steps, train = _table(run, "train_acc", decay)
        test = _table(run, "test_acc", decay)[1]
        for values, split, label in ((train, "train", "training set"), (test, "test", "test set")):
            color, marker, line = _style.SPLIT_STYLES[split]
            panel.plot(steps[1:], values[:, 1:].T, color=color, linewidth=0.7, alpha=0.6)
            median = np.median(values[:, 1:], axis=0)
            panel.plot(steps[1:], median, line, color=color, marker=marker, markersize=4, markevery=6, label=label)
        _mark_delay(panel, followed(run, index))
        panel.set(ylim=_SHARES, xlabel="steps (log)")
        _style.log_axis(panel.xaxis)
        panel.set_title(f"weight decay {decay:g}" if decay else "no weight decay")
    axes[0].set_ylabel("share of right answers")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def _table(run: Run, column: str, decay: float) -> tuple[np.ndarray, np.ndarray]:
    """steps [P] and values [S, P] of one column at one weight decay."""
    frame = run.to_frame()
    table = frame[frame.weight_decay == decay].pivot_table(index="seed", columns="step", values=column)
    return table.columns.to_numpy(), table.to_numpy()


def _mark_delay(panel: Axes, found: pd.DataFrame) -> None:
    """An arrow from the median seed's memorizing to its grokking, if more than half of the seeds grok."""
    memorized, generalized = found.memorized.median(), found.generalized.median()
    if not np.isfinite([memorized, generalized]).all():
        return
    panel.annotate("", (generalized, 0.5), (memorized, 0.5), arrowprops={"arrowstyle": "<->", "color": _style.INK})
    middle = float(np.sqrt(memorized * generalized))
    panel.text(middle, 0.53, f"{generalized - memorized:.0f} steps", ha="center", va="bottom")


@_style.styled
def commutativity_leak(run: Run) -> Figure:
    """Accuracy on test pairs whose mirror image is in the training set, and on the other test pairs."""
    figure, axes = _style.panels(run, 3, height=3.4, sharey=True)
    steps = run.arrays["leak/steps"]
    for panel, (name, title) in zip(axes, LEAKS.items(), strict=False):  # all but the last, where nothing happens
        for style, (kind, label) in enumerate(KINDS.items()):
            values = run.arrays[f"leak/{name}/{kind}"]
            if np.isfinite(values).all():  # not finite where a split has no such pairs
                _bands.draw_band(panel, steps, values, label, style)
        panel.set(ylim=_SHARES, xlabel="steps")
        panel.set_title(title.replace(", ", "\n"))
    axes[0].set_ylabel("share of right answers")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


@_style.styled
def grokking_phase_diagram(run: Run) -> Figure:
    """Steps to grok at each weight decay and training fraction; cells that did not grok in time are marked."""
    figure, (panel,) = _style.panels(run, 1, height=3.6)
    decays, fractions = run.config["phase_decays"], run.config["phase_fractions"]
    steps = phase_cells(run).generalized.unstack().to_numpy()  # [decays, fractions]
    shown = np.ma.masked_invalid(steps)
    scale = LogNorm(run.config["phase_every"] * 5, run.config["phase_steps"])
    image = panel.imshow(shown, cmap="cividis_r", norm=scale, origin="lower", aspect="auto")
    for (row, column), value in np.ndenumerate(steps):
        share = scale(value) if np.isfinite(value) else 0.0
        _label_cell(panel, (column, row), value, run.config["phase_steps"], dark=share > 0.45)
    panel.set_xticks(range(len(fractions)), [f"{fraction:g}" for fraction in fractions])
    panel.set_yticks(range(len(decays)), [f"{decay:g}" for decay in decays])
    panel.set(xlabel="fraction of all pairs in the training set", ylabel="weight decay")
    bar = figure.colorbar(image, label="steps to grok (log)", pad=0.02)
    bar.ax.xaxis.set_visible(False)
    _style.log_axis(bar.ax.yaxis)
    return figure


def _label_cell(panel: Axes, index: tuple[int, int], value: float, budget: int, dark: bool) -> None:
    """The steps in a cell, or that there are more than the budget; white where the cell is `dark`."""
    centered: dict[str, Any] = {"ha": "center", "va": "center"}
    if np.isfinite(value):
        panel.text(*index, f"{value:.0f}", color="white" if dark else _style.INK, **centered)
    else:
        panel.text(*index, f"> {budget}", color=_style.FAINT, fontsize=8, **centered)


@_style.styled
def time_against_decay(run: Run) -> Figure:
    """Steps to grok against weight decay, one line a training fraction, with a line of slope -1."""
    figure, (panel,) = _style.panels(run, 1, height=3.6)
    decays, steps = np.array(run.config["phase_decays"]), phase_cells(run).generalized.unstack()
    for index, (fraction, own) in enumerate(steps.items()):
        own = own[np.isfinite(own) & (own.index > 0)]
        (color, marker), line = _style.ARM_STYLES[index % 4], ("-", "--", ":", "-.")[index % 4]
        if len(own):
            shape: dict[str, Any] = {"color": color, "marker": marker, "fillstyle": "full" if index < 4 else "none"}
            panel.plot(own.index, own, line, label=f"fraction {fraction:g}", **shape)
    ends = np.array([min(decays[decays > 0]), max(decays)])
    panel.plot(ends, 0.12 * run.config["phase_steps"] / ends, color=_style.FAINT, linewidth=1, label="slope −1")
    panel.set(xscale="log", yscale="log", xlabel="weight decay (log)", ylabel="steps to grok (log)")
    for axis in (panel.xaxis, panel.yaxis):
        _style.log_axis(axis)
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@_style.styled
def fourier_sparsity(run: Run) -> Figure:
    """First: Gini coefficient of the embedding and test accuracy over steps. Second: spectra of the first seed."""
    figure, axes = _style.panels(run, 2, height=3.6)
    decay, without = run.config["weight_decays"]
    steps, test = _table(run, "test_acc", decay)
    _bands.draw_band(axes[0], steps[1:], test[:, 1:], "test accuracy", "test", every=6)
    steps, gini = _table(run, "fourier_gini", decay)
    _bands.draw_band(axes[0], steps[1:], gini[:, 1:], "Gini coefficient", 0, every=6)
    steps, gini = _table(run, "fourier_gini", without)
    _bands.draw_band(axes[0], steps[1:], gini[:, 1:], "Gini, no weight decay", 0, hollow=True)
    axes[0].set(ylim=_SHARES, xlabel="steps (log)", ylabel="from 0 to 1")
    _style.log_axis(axes[0].xaxis)
    _draw_spectra(axes[1], run)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _draw_spectra(panel: Axes, run: Run) -> None:
    """Share of power at each frequency when memorized and at the end, for the first seed."""
    shares, frames = power_shares(run.arrays["spectrum"][0]), run.arrays["frames"]
    frequencies = np.arange(1, shares.shape[1] + 1)
    for frame, offset, color in ((_memorized(run), -0.2, _style.FAINT), (len(frames) - 1, 0.2, _style.OLIVE)):
        hatch = "" if offset > 0 else "//"
        panel.bar(frequencies + offset, shares[frame], 0.4, color=color, hatch=hatch, label=f"step {frames[frame]}")
    panel.set(xlabel="frequency k", ylabel="share of the embedding's power", ylim=(0, 1.3 * shares[[0, -1]].max()))
    panel.set_xticks(frequencies[:: max(1, len(frequencies) // 14)])
    panel.legend(loc="upper center", ncols=2)


def _memorized(run: Run) -> int:
    """The frame nearest to the step at which the first seed had memorized."""
    return frame_at(run, followed(run).memorized.iloc[0])


@_style.styled
def embedding_circle(run: Run) -> Figure:
    """The numbers' embeddings in one plane, when memorized, half-way and at the end, for the first seed."""
    figure, axes = _style.panels(run, 3, height=3.2, sharex=True, sharey=True)
    frames, circle = run.arrays["frames"], run.arrays["circle"][0].astype(float)
    frequency, p = int(run.arrays["frequency"][0]), run.config["p"]
    order = np.arange(p) * frequency % p  # neighbors on the circle are 1 / k apart
    for panel, frame in zip(axes, _three_frames(run), strict=True):
        points = circle[frame]
        panel.plot(*points[np.argsort(order)[[*range(p), 0]]].T, color=_style.FAINT, linewidth=0.8)
        panel.scatter(
            points[:, 0], points[:, 1], c=order, cmap="twilight", s=26, edgecolors=_style.INK, linewidths=0.5, zorder=3
        )
        for number in (0, 1, 2):
            panel.annotate(str(number), points[number], textcoords="offset points", xytext=(5, 5), zorder=4)
        panel.set_title(f"step {frames[frame]}")
        panel.set_aspect("equal")
        panel.set_xlabel(f"along cos of frequency {frequency}")
    axes[0].set_ylabel(f"along sin of frequency {frequency}")
    return figure


def _three_frames(run: Run) -> tuple[int, int, int]:
    """When memorized, when the test accuracy is half-way, and at the end; the middle frame if it never is."""
    frame, last = run.to_frame(), len(run.arrays["frames"]) - 1
    own = frame[(frame.weight_decay == run.config["weight_decays"][0]) & (frame.seed == run.config["seeds"][0])]
    half = moments.generalized(own, HALF)
    return _memorized(run), frame_at(run, half) if np.isfinite(half) else (last + 1) // 2, last
