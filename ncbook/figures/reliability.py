"""Figures of `reliability`: detection over training, features under attack, and confidence against collapse."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings import _rows
from ncbook.readings import reliability as reading
from ncbook.readings.reliability import FALLING, HIT, NOISE, NONE, PLAIN, ROBUST
from ncbook.runs import Run


@_style.styled
def detection_over_training(run: Run) -> Figure:
    """Plain networks over training: NC1, the AUROC of NECO, and NC5; a curve a weight decay.

    Dotted: the AUROC of the distance to the nearest training image in pixels, median over the seeds.
    """
    table = _rows.chosen(reading.probes(run), arm=PLAIN)
    figure, axes = _style.panels(run, 3, height=3.4)
    columns = {"nc1_train": "Collapse", "auroc_neco": "Unseen classes", "nc5": "Unseen mean"}
    for panel, (column, title) in zip(axes, columns.items(), strict=True):
        for style, decay in enumerate(run.config["weight_decays"]):
            own = table[table.weight_decay == decay]
            _bands.draw_seeds(panel, own, column, f"decay {decay:g}", style, clock="step", every=3)
        panel.set(title=title, xlabel="steps")
        _style.log_axis(panel.xaxis)
    nearest = reading.baselines(run)["nearest"].median()
    axes[1].axhline(nearest, color=_style.INK, linestyle=":", label="nearest image, in pixels")
    axes[0].set_ylabel("NC1, training set")
    _style.log_axis(axes[0].yaxis)
    axes[1].set(ylabel="AUROC of NECO", ylim=(0.6, 1.01))
    axes[2].set(ylabel="NC5", ylim=(0, 1))
    _style.legend_above(figure, axes[1], columns=4)
    return figure


@_style.styled
def under_attack(run: Run) -> Figure:
    """Networks with a falling rate under attack against its radius: errors, NC1 by true class, and the way left.

    First and second panel: the largest decay, attack and noise, and attacks on the robust network. Third: how far from
    the mean of the decided class the wrongly decided images are, a curve a weight decay.
    """
    figure, axes = _style.panels(run, 3, height=3.6)
    strong = reading.strongest(run)
    ways = {"attack": (FALLING, HIT, 2, False), "noise": (FALLING, NOISE, 2, True), "robust": (ROBUST, HIT, 3, False)}
    for label, (arm, change, style, hollow) in ways.items():
        rows = _against_radius(run, arm, change)
        rows = rows[rows.weight_decay == strong]
        _band(axes[0], rows.assign(right=1 - rows.hit_error_test), "radius", "right", label, style, 100, hollow)
        _band(axes[1], rows, "radius", "nc1_hit", label, style, hollow=hollow)
    hit = _against_radius(run, FALLING, HIT)
    wide = hit[hit.radius >= sorted(run.config["radii"])[len(run.config["radii"]) // 2]]  # below few are fooled
    for style, decay in enumerate(run.config["weight_decays"]):
        _band(axes[2], wide[wide.weight_decay == decay], "radius", "to_corner", f"decay {decay:g}", style)
    axes[2].axhline(0.5, color=_style.FAINT, linestyle=":")
    axes[0].set(title="New images", ylabel="right (%)", ylim=(-3, 103))
    axes[1].set(title="Training images", ylabel="NC1 by true class")
    axes[2].set(title="Fooled images", ylabel="way to the wrong corner", ylim=(0, 0.6))
    _style.log_axis(axes[1].yaxis)
    for panel in axes:
        panel.set_xlabel("radius")
    for panel in (axes[0], axes[2]):
        panel.legend(loc="lower left")
    return figure


@_style.styled
def confidence_and_collapse(run: Run) -> Figure:
    """Plain networks: overconfidence and ECE against a factor on the logits, and the best temperature against NC1."""
    table = reading.scalings(run)
    ends = reading.ends(run)
    figure, axes = _style.panels(run, 3, height=3.5)
    for style, decay in enumerate(run.config["weight_decays"]):
        label, (color, marker) = f"decay {decay:g}", _style.ARM_STYLES[style]
        own = table[table.weight_decay == decay]
        _band(axes[0], own, "scale", "overconfidence", label, style, scale=100)
        _band(axes[1], own, "scale", "ece_test", label, style, scale=100)
        rows = ends[(ends.arm == PLAIN) & (ends.weight_decay == decay)]
        axes[2].plot(rows.nc1_train, rows.temperature, marker, color=color, label=label, linestyle="none", alpha=0.8)
    for panel in axes[:2]:
        panel.set(xlabel="factor on the logits")
        _style.log_axis(panel.xaxis)
        panel.axvline(1, color=_style.FAINT, linestyle=":")
    axes[0].axhline(0, color=_style.FAINT, linestyle=":")
    axes[2].axhline(1, color=_style.FAINT, linestyle=":")
    axes[0].set(title="Too sure", ylabel="confidence minus accuracy (%)", ylim=(-12, 3))
    axes[1].set(title="Calibration error", ylabel="ECE (%)", ylim=(0, 12))
    axes[2].set(title="Against collapse", xlabel="NC1, training set", ylabel="best temperature")
    _style.log_axis(axes[2].xaxis)
    _style.legend_above(figure, axes[0], columns=3)
    return figure


def _against_radius(run: Run, arm: str, change: str) -> pd.DataFrame:
    """Rows of a change with every radius, and those without one, which are at radius 0."""
    clean = reading.changed(run, NONE, 0.0, arm)
    return pd.concat([clean, *(reading.changed(run, change, radius, arm) for radius in run.config["radii"])])


def _band(
    panel: Axes, rows: pd.DataFrame, clock: str, column: str, label: str, style: int, scale: float = 1,
    hollow: bool = False,
) -> None:  # fmt: skip
    table = scale * rows.pivot(index="seed", columns=clock, values=column)
    _bands.draw_band(panel, table.columns.to_numpy(dtype=float), table.to_numpy(), label, style, 1, hollow=hollow)
