"""Figures of the experiment `flatness`: relative flatness on simplices, and of networks whose parameters change."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings.flatness import (
    ADDITION,
    CHANGES,
    LITTLE,
    NETWORKS,
    WIDE,
    against_loss,
    changed,
    over_learning,
    rows,
    scaled,
    under_noise,
)
from ncbook.runs import Run

# color, line and marker
_STYLES = {
    "trained": (_style.GREEN, "-", "o"),
    "stopped": (_style.OLIVE, "--", "^"),
    "random": (_style.PURPLE, "-.", "s"),
}
_CURVES = {
    "proposition": ("right side of proposition 5.3", _style.LILAC, ":"),
    "bound": (r"upper bound $\tilde\kappa$", _style.PURPLE, "--"),
    "exact": (r"exact $\kappa$", _style.GREEN, "-"),
    "cross_entropy": ("cross-entropy (nats)", _style.INK, "-."),
}
_MEASURES = {
    "relative_flatness": (r"exact $\kappa$", _style.GREEN, "o"),
    "relative_flatness_bound": (r"upper bound $\tilde\kappa$", _style.PURPLE, "s"),
    "hessian_trace": ("trace of the Hessian", _style.LILAC, "^"),
    "normalized_relative_flatness": (r"$\kappa$, features normalized", _style.OLIVE, "D"),
}


@_style.styled
def flatness_on_simplices(run: Run) -> Figure:
    """Under exact collapse: kappa, its bound, proposition 5.3 and the loss against confidence, for each K."""
    figure, axes = _style.panels(run, len(run.config["classes"]), height=3.9, sharey=True)
    strengths = run.arrays["family/strengths"]
    for panel, num_classes in zip(axes, run.config["classes"], strict=True):
        for name, (label, color, line) in _CURVES.items():
            curve = run.arrays[f"family/{num_classes}/{name}"]
            panel.plot(strengths, curve, line, color=color, label=label)
            if name in ("exact", "proposition"):
                peak = curve.argmax()
                panel.plot(strengths[peak], curve[peak], "v", color=color, markersize=7)
        found = rows(run, "family", num_classes=num_classes)
        panel.plot(
            found.strength,
            found.relative_flatness,
            "o",
            color=_style.GREEN,
            fillstyle="none",
            markersize=5,
            label="measured",
        )
        panel.set(xscale="log", yscale="log", xlabel="confidence $a$ (nats)", ylim=(1e-8, 3e5))
        _style.log_axis(panel.xaxis)
        panel.set_title(f"K = {num_classes}")
    axes[0].set_ylabel("nats")
    _legend_above(figure, axes[0], 3)
    return figure


def _legend_above(figure: Figure, panel: Axes, columns: int) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


@_style.styled
def flatness_under_scaling(run: Run) -> Figure:
    """kappa and the test error of networks whose last layer is multiplied by s."""
    figure, axes = _style.panels(run, 2, height=3.7)
    for arm in NETWORKS:
        found = scaled(run, arm=arm)
        _band(axes[0], found, "relative_flatness", arm)
        _band(axes[1], found.assign(test_error=100 * found.test_error), "test_error", arm)
    axes[0].set(yscale="log", ylabel=r"relative flatness $\kappa$ (nats)", ylim=(1e-48, 1e3))
    axes[0].set_title("the measure moves")
    axes[1].set(ylabel="test error (%)", ylim=(0, 100))
    axes[1].set_title("the decisions do not")
    _legend_above(figure, axes[0], 2)
    return figure


def _band(panel: Axes, found: pd.DataFrame, column: str, arm: str) -> None:
    """Median over the seeds against s, in a band from the lowest to the highest."""
    color, line, marker = _STYLES[arm]
    table = found.pivot_table(index="seed", columns="scale", values=column)
    panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.15, linewidth=0)
    panel.plot(table.columns, table.median(), line, color=color, marker=marker, markersize=4, label=NETWORKS[arm])
    panel.axvline(1, color=_style.FAINT, linestyle=":", linewidth=1)
    panel.set(xscale="log", xlabel="factor s of the last layer")
    _style.log_axis(panel.xaxis)


@_style.styled
def flatness_against_loss(run: Run) -> Figure:
    """kappa against the training loss as the last layer grows, and its bound as a share of what the loss allows."""
    figure, axes = _style.panels(run, 2, height=3.9)
    for arm, (color, line, marker) in _STYLES.items():
        found = against_loss(run, arm)
        for panel, column in zip(axes, ("relative_flatness", "share"), strict=True):
            for index, (_, own) in enumerate(found.groupby("seed")):
                name = "_" if index else NETWORKS[arm]  # in the legend once
                panel.plot(own.train_loss, own[column], line, color=color, linewidth=1, alpha=0.7, label=name)
            as_trained = found[found.scale == 1]
            panel.plot(as_trained.train_loss, as_trained[column], marker, color=color, markersize=6)
            panel.set(xscale="log", xlabel="training loss (nats)")
    axes[0].set(yscale="log", ylabel=r"relative flatness $\kappa$ (nats)")
    axes[1].set(ylim=(0, 1), ylabel=r"$\tilde\kappa$, share of what the loss allows")
    _legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def flatness_in_float32(run: Run) -> Figure:
    """What float32 makes of a network on random labels whose last layer grows: the values and where they become 0."""
    figure, axes = _style.panels(run, 2, height=3.7, sharey=True)
    first = rows(run, "scale", arm="random", seed=run.config["seeds"][0])
    measures = (  # name, columns of the two panels
        (r"exact $\kappa$", "relative_flatness_float32", "relative_flatness"),
        (r"$1 - \|p\|^2$ as written", "relative_flatness_bound_float32", "relative_flatness_bound"),
        ("largest slope", "largest_slope_float32", "largest_slope_float64"),
    )
    for panel, title, index in ((axes[0], "float32", 1), (axes[1], "float64", 2)):
        for measure, (color, marker) in zip(measures, _style.ARM_STYLES, strict=False):
            values = first[measure[index]]
            above = values > 0
            style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 4}
            panel.plot(first.scale[above], values[above], label=measure[0], **style)
            panel.plot(first.scale[~above], np.full((~above).sum(), 1e-165), " ", fillstyle="none", **style)
        panel.set(xscale="log", yscale="log", xlabel="factor s of the last layer", ylim=(1e-172, 1e6))
        panel.set_title(title)
        _style.log_axis(panel.xaxis)
    axes[0].axhline(1e-160, color=_style.FAINT, linewidth=1, linestyle=":")
    axes[0].annotate("exactly 0, below this line", (0.25, 1e-158), fontsize=8.5, color=_style.INK)
    axes[0].set_yticks([1e-160, 1e-120, 1e-80, 1e-40, 1])
    axes[0].set_ylabel("value (nats)")
    _legend_above(figure, axes[1], 3)
    return figure


@_style.styled
def flatness_after_changes(run: Run) -> Figure:
    """By which factor four measures change when parameters change and the function does not."""
    figure, (panel,) = _style.panels(run, 1, height=3.4)
    for row, change in enumerate(CHANGES):
        ratios = changed(run, change)
        for index, (measure, (label, color, marker)) in enumerate(_MEASURES.items()):
            heights = np.full(len(ratios), row + 0.18 * (index - 1.5))
            name = "_" if row else label
            panel.plot(ratios[measure], heights, marker, color=color, alpha=0.7, markersize=5, label=name)
    panel.axvline(1, color=_style.FAINT, linewidth=1)
    panel.set(xscale="log", xlabel="factor by which it changes", xlim=(0.5, 1000))
    panel.set_yticks(range(len(CHANGES)), list(CHANGES.values()))
    panel.set_ylabel("change")
    panel.invert_yaxis()
    _style.log_axis(panel.xaxis)
    _legend_above(figure, panel, 2)
    return figure


@_style.styled
def flatness_under_noise(run: Run) -> Figure:
    """Networks that learn sums: the loss under noise and what kappa says of it, the parts of the gap, the reach."""
    figure, axes = _style.panels(run, 3, height=3.9)
    found = under_noise(run, arm=ADDITION)
    memorized = found.seed.map(over_learning(run).set_index("seed").memorized).clip(upper=found.step.max())
    ends = (("memorized", found[found.step == memorized]), ("at the end", found[found.step == found.step.max()]))
    for style, (name, own) in enumerate(ends):
        _bands.draw_seeds(axes[0], own, "rise", f"{name}: rise", style, "noise")
        kappa = own.groupby("noise").second_order.median()
        axes[0].plot(kappa.index, kappa, ":", color=_style.ARM_STYLES[style][0], label=rf"{name}: as $\kappa$ says")
    axes[0].set(xscale="log", yscale="log", xlabel="noise (% of the length)", ylabel="rise of the training loss (nats)")
    axes[0].set_title(r"$\kappa$ tells of little noise")
    _style.log_axis(axes[0].xaxis)
    little, wide = (found[found.noise == noise] for noise in (LITTLE, WIDE))
    above = little.assign(representativeness=little.representativeness.clip(lower=1e-9))
    parts = (
        (above, "representativeness", "representativeness"),
        (wide, "rise", f"rise, noise {WIDE} %"),
        (little, "rise", f"rise, noise {LITTLE} %"),
    )
    for style, (own, column, label) in enumerate(parts):
        _bands.draw_seeds(axes[1], own, column, label, style, "step", every=4)
    axes[1].set(yscale="log", xlabel="steps", ylabel="nats")
    axes[1].set_title("parts of the gap")
    correct = little.assign(test_acc=1 - little.test_error)
    _bands.draw_seeds(axes[2], correct, "reach", "reach (lengths)", 0, "step", every=4)
    _bands.draw_seeds(axes[2], correct, "test_acc", "test accuracy", "test", "step", every=4)
    axes[2].axhline(LITTLE / 100, color=_style.FAINT, linewidth=1, linestyle=":")
    axes[2].set(xlabel="steps", ylabel="share", ylim=(0, 1.05))
    axes[2].set_title("new points come near")
    for panel in axes:
        panel.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.22))
    return figure
