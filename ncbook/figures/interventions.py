"""Figures of the experiment `interventions`: collapse and flatness pushed up and down while a network groks."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.interventions import ARMS, RELEASED, after_memorizing, outcomes
from ncbook.runs import Run

# what an arm is for: color and marker
_KINDS = {
    "baseline": (_style.INK, "o"), "encouraged": (_style.BLUE, "s"), "prevented": (_style.BLUE, "s"),
    "anti_released": (_style.ORANGE, "D"), "anti_kept": (_style.ORANGE, "D"), "kept_schedule": (_style.ORANGE, "D"),
    "baseline_schedule": (_style.INK, "o"),
}  # fmt: skip
_CONTROL = (_style.GREEN, "^")
_ROWS = (
    ("test_acc", "test accuracy"),
    ("relative_flatness", "$\\kappa$ (nats)"),
    ("variance_ratio_train", "R (no unit)"),
)


@_style.styled
def intervention_times(run: Run) -> Figure:
    """Steps to 99 % test accuracy, a mark a seed, a row an arm; open marks at the last step for those not there yet."""
    figure, (panel,) = _style.panels(run, 1, 4.6)
    table = outcomes(run)
    for index, arm in enumerate(run.config["arms"]):
        color, marker = _KINDS.get(arm, _CONTROL)
        own = table[table.arm == arm]
        times, late = own.generalized[np.isfinite(own.generalized)], own["last"][np.isinf(own.generalized)]
        panel.plot(times, _spread(index, len(times)), marker, color=color, alpha=0.85, markersize=5.5)
        panel.plot(late, _spread(index, len(late)), ">", color=color, fillstyle="none", markersize=6, clip_on=False)
    panel.axvline(run.config["release"], color=_style.FAINT, linestyle="--", linewidth=1.2)
    panel.set_title("Steps to 99 % test accuracy (open: not reached)")
    _name_arms(panel, run)
    panel.set_xlim(0)
    panel.annotate(
        "release", (run.config["release"], 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
        textcoords="offset points", va="top", fontsize=8.5, color=_style.INK,
    )  # fmt: skip
    panel.set_xlabel("training step")
    return figure


@_style.styled
def intervention_trajectories(run: Run) -> Figure:
    """Test accuracy, kappa and variance ratio over training: baseline, collapse prevented, anti-flatness."""
    return _trajectories(run, ("baseline", "prevented", "anti_released"))


@_style.styled
def control_trajectories(run: Run) -> Figure:
    """The same for three controls: large norms, low confidence, label smoothing."""
    return _trajectories(run, ("norms_released", "confidence", "smoothing"))


@_style.styled
def kappa_when_it_generalizes(run: Run) -> Figure:
    """kappa at the first probe with 99 % test accuracy, a mark a seed that gets there, a row an arm."""
    figure, (panel,) = _style.panels(run, 1, 4.6)
    table = outcomes(run)
    for index, arm in enumerate(run.config["arms"]):
        color, marker = _KINDS.get(arm, _CONTROL)
        kappas = table.relative_flatness[table.arm == arm].dropna()
        panel.plot(kappas, _spread(index, len(kappas)), marker, color=color, alpha=0.85, markersize=5.5)
    _log_axes(panel, "x")
    _name_arms(panel, run)
    panel.set_title("Relative flatness when test accuracy first is 99 %")
    panel.set_xlabel("$\\kappa$ on the training pairs (nats, log scale)")
    return figure


@_style.styled
def kappa_against_loss(run: Run) -> Figure:
    """kappa against the train loss, a point a probe after memorization: baseline left, arms with a held loss right."""
    figure, axes = _style.panels(run, 2, 3.6, sharex=True, sharey=True)
    groups = (("baseline",), ("anti_released", "norms_released", "flooding", "smoothing"))
    for panel, arms, title in zip(axes, groups, ("Baseline", "Loss or norms held up"), strict=True):
        for arm, (color, marker) in zip(arms, _style.CLASS_STYLES, strict=False):
            rows = after_memorizing(run, arm)
            look: dict[str, Any] = {"color": color, "markersize": 3.2, "alpha": 0.5, "markeredgewidth": 0}
            name = ARMS[arm].removesuffix(", released")
            panel.plot(rows.train_loss, rows.relative_flatness, marker, label=name, **look)
        panel.set_xlabel("train loss (nats, log scale)")
        panel.set_title(title)
        panel.legend(loc="upper left", fontsize=8, markerscale=2)
    _log_axes(axes[0], "xy")  # shared by both
    axes[0].set_ylabel("$\\kappa$ (nats, log scale)")
    return figure


def _trajectories(run: Run, arms: tuple[str, ...]) -> Figure:
    figure, axes = _style.panels(run, len(arms), 5.6, len(_ROWS), sharex=True, sharey="row")
    frame, stops = run.to_frame(), run.config["release"]
    for index, panel in enumerate(axes):
        (column, label), arm = _ROWS[index // len(arms)], arms[index % len(arms)]
        color, _ = _KINDS.get(arm, _CONTROL)
        for _, rows in frame[frame.arm == arm].groupby("seed"):
            panel.plot(rows.step, rows[column], color=color, linewidth=1.1, alpha=0.75)
        if arm in RELEASED:
            panel.axvline(stops, color=_style.INK, linestyle="--", linewidth=1.1)
        if column != "test_acc":
            panel.set_yscale("log")
        if index < len(arms):
            panel.set_title(ARMS[arm].capitalize(), fontsize=9)
        if index % len(arms) == 0:
            panel.set_ylabel(label)
    for panel in axes[-len(arms) :]:
        panel.set_xlabel("training step")
    return figure


def _log_axes(panel: Axes, which: str) -> None:
    """Logarithmic axes, also where a short run has no point to scale them by."""
    for name in which:
        low, high = getattr(panel, f"get_{name}lim")()
        if low <= 0 and not any(np.size(line.get_xdata()) for other in panel.figure.axes for line in other.lines):
            panel.set(**{f"{name}lim": (0.1, max(high, 1.0))})
        panel.set(**{f"{name}scale": "log"})


def _spread(index: int, count: int) -> np.ndarray:
    """Heights around the row `index`, so that equal marks do not hide each other."""
    return index + (np.linspace(-0.28, 0.28, count) if count > 1 else np.zeros(count))


def _name_arms(panel: Axes, run: Run) -> None:
    arms = run.config["arms"]
    panel.set_yticks(range(len(arms)), [ARMS.get(arm, arm) for arm in arms])
    panel.set_ylim(len(arms) - 0.5, -0.5)
    panel.set_ylabel("arm")
    panel.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    panel.set_axisbelow(True)
