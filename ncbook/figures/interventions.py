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
    "baseline": (_style.INK, "o"), "encouraged": (_style.GREEN, "s"), "prevented": (_style.GREEN, "s"),
    "anti_released": (_style.PURPLE, "D"), "anti_kept": (_style.PURPLE, "D"), "kept_schedule": (_style.PURPLE, "D"),
    "baseline_schedule": (_style.INK, "o"),
}  # fmt: skip
_CONTROL = (_style.OLIVE, "^")
_AGAINST_LOSS = (
    {"baseline": (_style.INK, "o")},
    {
        "anti_released": (_style.PURPLE, "D"), "norms_released": (_style.OLIVE, "^"),
        "flooding": (_style.LILAC, "v"), "smoothing": (_style.INK, "P"),
    },
)  # fmt: skip
_LABELS = {
    "test_acc": "test accuracy",
    "variance_ratio_train": "R (log scale)",
    "ncc_acc_test": "nearest-center\ntest accuracy",
    "relative_flatness": "$\\kappa$ (nats, log scale)",
}
_SHARES = ("test_acc", "ncc_acc_test")  # from 0 to 1, all others on a logarithmic axis


@_style.styled
def collapse_prevented(run: Run) -> Figure:
    """Test accuracy, variance ratio and nearest-center accuracy over training, of the baseline and without collapse.

    A line a seed; a dot where a network without collapse first has 99 % test accuracy.
    """
    figure, axes = _over_steps(run, "prevented", ("test_acc", "variance_ratio_train", "ncc_acc_test"), 3.0)
    frame, table = run.to_frame(), outcomes(run)
    color, marker = _KINDS["prevented"]
    for there in table[(table.arm == "prevented") & np.isfinite(table.generalized)].itertuples():
        rows = frame[(frame.arm == "prevented") & (frame.seed == there.seed) & (frame.step == there.generalized)]
        for panel, column in zip(axes, ("test_acc", "variance_ratio_train", "ncc_acc_test"), strict=True):
            panel.plot(rows.step, rows[column], marker, color=color, markersize=7, markeredgecolor="white", zorder=5)
    return figure


@_style.styled
def flatness_prevented(run: Run) -> Figure:
    """Test accuracy and kappa over training, of the baseline and of the arm that is pushed away from flatness."""
    figure, axes = _over_steps(run, "anti_released", ("test_acc", "relative_flatness"), 3.0)
    for panel in axes:
        _mark_release(panel, run)
    return figure


@_style.styled
def flatness_controls(run: Run) -> Figure:
    """Test accuracy over training with large norms, with low confidence and with label smoothing; a line a seed."""
    arms = ("norms_released", "confidence", "smoothing")
    figure, axes = _style.panels(run, len(arms), 2.9, sharex=True, sharey=True)
    for panel, arm in zip(axes, arms, strict=True):
        _seeds(panel, run, "baseline", "test_acc")
        _seeds(panel, run, arm, "test_acc")
        if arm in RELEASED:
            _mark_release(panel, run)
        panel.set_title(ARMS[arm].removesuffix(", released").capitalize(), pad=14)  # room for the word below it
        panel.set_xlabel("training step")
    axes[0].set_ylabel(_LABELS["test_acc"])
    return figure


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
        _style.open_marks(panel, late, _spread(index, len(late)), color)
    _name_arms(panel, run)
    panel.set_xlim(0)
    _mark_release(panel, run)
    panel.set_xlabel("training step")
    return figure


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
    panel.set_xlabel("$\\kappa$ on the training pairs (nats, log scale)")
    return figure


@_style.styled
def kappa_against_loss(run: Run) -> Figure:
    """kappa against the training loss, a point a probe after memorization: the baseline, and arms with a held loss."""
    figure, axes = _style.panels(run, 2, 3.6, sharex=True, sharey=True)
    for panel, arms, title in zip(axes, _AGAINST_LOSS, ("Baseline", "Loss or norms held up"), strict=True):
        for arm, (color, marker) in arms.items():
            rows = after_memorizing(run, arm)
            look: dict[str, Any] = {"color": color, "markersize": 3.2, "alpha": 0.5, "markeredgewidth": 0}
            name = ARMS[arm].removesuffix(", released")
            panel.plot(rows.train_loss, rows.relative_flatness, marker, label=name, **look)
        panel.set_xlabel("training loss (nats, log scale)")
        panel.set_title(title)
        panel.legend(loc="upper left", fontsize=8, markerscale=2)
    _log_axes(axes[0], "xy")  # shared by both
    axes[0].set_ylabel("$\\kappa$ (nats, log scale)")
    return figure


def _over_steps(run: Run, arm: str, columns: tuple[str, ...], height: float) -> tuple[Figure, list[Axes]]:
    """A panel a column: the baseline and one other arm, a line a seed."""
    figure, axes = _style.panels(run, len(columns), height, sharex=True)
    for panel, column in zip(axes, columns, strict=True):
        for name in ("baseline", arm):
            _seeds(panel, run, name, column)
        if column not in _SHARES:
            panel.set_yscale("log")
        panel.set(ylabel=_LABELS[column], xlabel="training step")
    _style.legend_above(figure, axes[0], 2)
    return figure, axes


def _seeds(panel: Axes, run: Run, arm: str, column: str) -> None:
    """A line a seed: the baseline's solid and dark, those of other arms dashed and in their color."""
    frame = run.to_frame()
    color, _ = _KINDS.get(arm, _CONTROL)
    line, label = ("-" if arm == "baseline" else "--"), ARMS[arm].removesuffix(", released")
    for _, rows in frame[frame.arm == arm].groupby("seed"):
        panel.plot(rows.step, rows[column], line, color=color, linewidth=1.2, alpha=0.8, label=label)
        label = ""


def _mark_release(panel: Axes, run: Run) -> None:
    panel.axvline(run.config["release"], color=_style.FAINT, linestyle=":", linewidth=1.3)
    panel.annotate(
        "release", (run.config["release"], 1), xycoords=("data", "axes fraction"), xytext=(3, 2),
        textcoords="offset points", va="bottom", fontsize=8, color=_style.INK,
    )  # fmt: skip


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
