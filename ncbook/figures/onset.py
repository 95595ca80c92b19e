"""Figures of the experiment `onset`: what moves when a network groks, and when."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from ncbook.figures import _bands, _marks, _style
from ncbook.readings import rates
from ncbook.readings.onset import ADDITION, DIGITS, NAMES, SMALL, STEEPEST, UNDECAYED, leads, medians, way
from ncbook.runs import Run

_LINES = ("-", "--", ":", "-.")
_IN_TABLE = (
    "relative_flatness", "train_loss", "fourier_gini", "weight_norm", "cdnv_train", "variance_ratio_train", "nc1_train",
    "rnc1_train",
)  # fmt: skip

_OVER_RATES = ("variance_ratio_train", "relative_flatness", "fourier_gini", "train_loss")
_ONSET = (_style.INK, "*")
_NEARLY_THERE = 0.95  # of the way, where the picture of it may end


@_style.styled
def onset_measures(run: Run) -> Figure:
    """Accuracies, flatness with the training loss, and collapse, of all seeds of modular addition on one time axis."""
    figure, axes = _style.panels(run, 3, height=4.0)
    groups: tuple[tuple[tuple[str, str, int | str], ...], ...] = (
        (("train_acc", "training accuracy", "train"), ("test_acc", "test accuracy", "test")),
        (("train_loss", "training loss", 0), ("relative_flatness", "κ", 1)),
        (("cdnv_train", "CDNV", 0), ("variance_ratio_train", "R", 1), ("rnc1_train", "RNC1", 2)),
    )
    titles = ("learned, understood", "flat", "collapsed")
    for panel, group, title in zip(axes, groups, titles, strict=True):
        for column, label, style in group:
            steps, values = _table(run, ADDITION, column)
            _bands.draw_band(panel, steps[1:], values[:, 1:], label, style, every=24)
        panel.set(xscale="log", xlabel="steps (log)")
        panel.set_title(title)
        panel.legend(loc="upper left", bbox_to_anchor=(0, -0.22))
    axes[0].set_ylabel("share of right answers")
    for panel in axes[1:]:
        panel.set_yscale("log")
        panel.set_ylabel("measure (log)")
    return figure


def _table(run: Run, part: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    """steps [P] and values [S, P] of one column of one part."""
    frame = run.to_frame()
    table = frame[frame.part == part].pivot_table(index="seed", columns="step", values=column)
    return table.columns.to_numpy(), table.to_numpy()


@_style.styled
def share_of_the_way(run: Run) -> Figure:
    """The rule in one picture: the share of its way that each measure has made, for one seed of modular addition.

    Until the last of them has nearly arrived.
    """
    figure, (panel,) = _style.panels(run, 1, height=3.6)
    share = run.config["share"]
    shown = way(run)[["test_acc", "cdnv_train", "relative_flatness", "fourier_gini", "rnc1_train", "train_loss"]]
    for index, (name, values) in enumerate(shown.items()):
        color, marker = ((_style.TEST, "*"), *_style.ARM_STYLES, (_style.INK, "v"))[index]
        width, label = 2.6 if index == 0 else 1.6, NAMES.get(name, "test accuracy")
        panel.plot(values.index, values, _LINES[(index + 1) % 4], color=color, linewidth=width, label=label)
        reached = values[values >= share].head(1)
        panel.plot(reached.index, reached, marker, color=color, markersize=10 if index == 0 else 7)
    panel.axhline(share, color=_style.FAINT, linewidth=0.8)
    arrived = (shown >= _NEARLY_THERE).all(axis=1).to_numpy()
    panel.set(xlabel="steps", ylabel="share of the way", ylim=(-0.1, 1.1))
    if arrived.any():
        panel.set_xlim(0, 1.05 * shown.index[arrived.argmax()])
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@_style.styled
def lead_times(run: Run) -> Figure:
    """How many steps before the test accuracy each measure of modular addition crosses; one mark a seed."""
    figure, (panel,) = _style.panels(run, 1, height=4.6)
    _marks.draw_marks(panel, leads(run)[list(NAMES)])
    panel.axvline(0, color=_style.INK, linewidth=1)
    panel.set_xlabel("steps before the test accuracy is half-way (negative: after)")
    return figure


@_style.styled
def digits_leads(run: Run) -> Figure:
    """The same for digits from a large start, as a multiple of the steps to generalize, below 1 for a lead."""
    figure, (panel,) = _style.panels(run, 1, height=3.8)
    found = leads(run, DIGITS)
    names = [name for name in NAMES if name not in ("relative_flatness_bound", "uncertainty_train", "fourier_gini")]
    _marks.draw_marks(panel, found[names].rsub(found.onset, axis=0).div(found.onset, axis=0), ascending=True)
    panel.axvline(1, color=_style.INK, linewidth=1)
    if len(found):
        _style.log_axis(panel.xaxis)
    panel.set_xlabel("steps to cross, over the steps until the test accuracy is half-way (log)")
    return figure


@_style.styled
def lead_rules(run: Run) -> Figure:
    """Median lead of eight measures of modular addition under every rule; purple is before, green after."""
    figure, (panel,) = _style.panels(run, 1, height=4.8)
    found = medians(run)[list(_IN_TABLE)]
    table = found.to_numpy()
    shown = np.sign(table) * np.sqrt(np.abs(table))
    limit = np.sqrt(float(np.nanmax(np.abs(table), initial=1.0)))
    panel.imshow(shown, cmap="PRGn_r", norm=TwoSlopeNorm(0, -limit, limit), aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        dark = np.isfinite(value) and abs(shown[row, column]) > 0.5 * limit
        text = f"{value:+.0f}".replace("-", "−") if np.isfinite(value) else "–"
        panel.text(column, row, text, ha="center", va="center", color="white" if dark else _style.INK, fontsize=9)
    short = [NAMES[name].replace(" of the embedding", "").replace("relative flatness ", "") for name in _IN_TABLE]
    short = [name.replace("norm of all weights", "norm").replace("variance ratio ", "") for name in short]
    panel.set_xticks(range(len(short)), short)
    panel.set_yticks(range(len(table)), [_short(rule) for rule in found.index])
    panel.set(xlabel="median lead in steps", ylabel="rule: where the way ends, share of it")
    panel.yaxis.label.set_visible(False)
    return figure


def _short(rule: str) -> str:
    return (
        rule.replace("steps after generalization", "steps later").replace(STEEPEST, "steepest")
        .replace("generalization", "t99").replace("end of training", "end").replace("no logarithm", "no log")
    )  # fmt: skip


@_style.styled
def crossings_against_onset(run: Run) -> Figure:
    """The step at which four measures cross, against the step at which the test accuracy is half-way; a mark a seed."""
    figure, (panel,) = _style.panels(run, 1, height=3.8)
    found = leads(run)
    names = ("variance_ratio_train", "relative_flatness", "fourier_gini", "rnc1_train")
    for name, (color, marker) in zip(names, _style.ARM_STYLES, strict=True):
        crossing = found.onset - found[name]
        panel.plot(found.onset, crossing, marker, color=color, label=NAMES[name], linestyle="none", alpha=0.85)
    if len(found):
        ends = np.array([found.onset.min(), found.onset.max()])
        panel.plot(ends, ends, color=_style.FAINT, linewidth=1, label="at the same step")
    panel.set(xlabel="step at which the test accuracy is half-way", ylabel="step at which the measure crosses")
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@_style.styled
def crossings_over_rates(run: Run) -> Figure:
    """Left: crossings against the onset, a mark a network of any rate and decay. Right: on the clock of rate and decay,

    medians over seeds against the product, once changed by the decay and once by the rate.
    """
    figure, axes = _style.panels(run, 2, height=4.0)
    table = rates.crossings(run)
    for name, (color, marker) in zip(_OVER_RATES, _style.ARM_STYLES, strict=False):
        label = NAMES[name]
        axes[0].plot(table.onset, table[name], marker, color=color, label=label, linestyle="none", alpha=0.75, ms=5)
    if len(table):
        ends = np.array([table.onset.min(), table.onset.max()])
        axes[0].plot(ends, ends, color=_style.FAINT, linewidth=1, label="at the same step")
    for name, (color, marker) in zip(("onset", *_OVER_RATES[:2]), (_ONSET, *_style.ARM_STYLES), strict=False):
        for line, setting in zip(_LINES, (rates.DECAY, rates.RATE), strict=False):
            factors, clock = _clock(run, name, setting)
            label = f"{NAMES.get(name, 'onset')}, {setting}"
            axes[1].plot(factors, clock, line, color=color, marker=marker, markersize=5, label=label)
    axes[0].set(xlabel="step of the onset (log)", ylabel="step of the crossing (log)")
    axes[1].set(xlabel="rate × decay, in standard ones (log)", ylabel="rate × decay × steps (log)")
    for panel in axes:
        for axis in (panel.xaxis, panel.yaxis):
            _style.log_axis(axis)
        panel.legend(loc="upper left", bbox_to_anchor=(0, -0.24))
    return figure


def _clock(run: Run, name: str, setting: str) -> tuple[np.ndarray, np.ndarray]:
    """Products of rate and decay, as multiples of the standard one, and rate times decay times a step of `crossings`:

    the median over seeds in the arms that differ in one of them.
    """
    products = rates.varied(run.config, setting)[rates.BOTH].sort_values()
    steps = rates.by_arm(run, name, setting).median()[products.index]
    standard = run.config["learning_rate"] * run.config["weight_decay"]
    return products.to_numpy(), (steps * products).to_numpy() * standard


@_style.styled
def circle_and_simplex_costs(run: Run) -> Figure:
    """Left: nuclear norms of both codes. Right: the penalty above which the circle is cheaper, and its formula."""
    figure, axes = _style.panels(run, 2, height=3.4)
    classes, norms = np.array(run.config["classes"]), run.arrays["codes/norms"]
    for index, label in enumerate(("circle", "simplex")):
        color, marker = _style.ARM_STYLES[index]
        axes[0].plot(classes, norms[:, index], _LINES[index], color=color, marker=marker, label=label)
    axes[0].set(xlabel="number of classes K", ylabel="nuclear norm")
    axes[0].legend()
    (color, marker), (other, _) = _style.ARM_STYLES[:2]
    axes[1].plot(classes, run.arrays["codes/formula"], "--", color=other, label="formula")
    axes[1].plot(classes, run.arrays["codes/direct"], marker, color=color, label="solved", linestyle="none")
    axes[1].set(xlabel="number of classes K (log)", ylabel="penalty λ (log)", xscale="log", yscale="log")
    ticks = classes[[*range(len(classes) - 2), -1]]  # the last two are close
    axes[1].set_xticks(ticks, [str(each) for each in ticks], minor=False)
    axes[1].xaxis.minorticks_off()
    axes[1].set_title("above: circle, below: simplex")
    axes[1].legend()
    return figure


@_style.styled
def trained_shapes(run: Run) -> Figure:
    """Left: singular values of the centered classifier. Right: cosines of the class means of one seed."""
    figure, axes = _style.panels(run, 2, height=3.6)
    for style, (part, label) in enumerate(((ADDITION, "weight decay"), (UNDECAYED, "no weight decay"))):
        values = run.arrays[f"shapes/{part}/head/singular"].astype(float)
        _bands.draw_band(axes[0], np.arange(1, values.shape[1] + 1), values, label, style)
    num_classes = run.config["p"]
    for style, (end, label) in enumerate(((num_classes - 1, "simplex"), (2, "circle")), 2):
        ideal, color = (np.arange(1, num_classes + 1) <= end).astype(float), _style.ARM_STYLES[style][0]
        axes[0].step(
            range(1, num_classes + 1), ideal, _LINES[style], color=color, where="mid", linewidth=1.2, label=label
        )
    axes[0].set(xlabel="number of the singular value", ylabel="over the largest", ylim=(-0.03, 1.1))
    _draw_profiles(axes[1], run)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _draw_profiles(panel: Axes, run: Run) -> None:
    """Mean cosine of the class means of c and c + j, of one seed that both parts have: weight decay, and none."""
    num_classes = run.config["p"]
    shifts = np.arange(num_classes)
    parts = (ADDITION, UNDECAYED)
    last = len(run.arrays[f"shapes/{UNDECAYED}/means/profile"]) - 1
    for (color, marker), line, part in zip(_style.ARM_STYLES, _LINES, parts, strict=False):
        profile = run.arrays[f"shapes/{part}/means/profile"][last]
        panel.plot(shifts, profile, line, color=color, marker=marker, markersize=4, linewidth=1.2)
    panel.axhline(-1 / (num_classes - 1), color=_style.OLIVE, linestyle=":", linewidth=1.2)
    panel.set(xlabel="difference of the two classes, modulo p", ylabel="cosine of their means", ylim=(-1.05, 1.05))
    panel.set_title("class means, one seed")


@_style.styled
def digits_from_large_start(run: Run) -> Figure:
    """Training and test accuracy on digits over steps, from a large start and from a usual one; all seeds."""
    figure, axes = _style.panels(run, 2, height=3.4, sharey=True)
    for panel, part, alpha in zip(axes, (DIGITS, SMALL), run.config["alphas"], strict=True):
        for split, label in (("train", "training set"), ("test", "test set")):
            steps, values = _table(run, part, f"{split}_acc")
            _bands.draw_band(panel, steps[1:], values[:, 1:], label, split, every=8)
        panel.set(xscale="log", xlabel="steps (log)", ylim=(-0.03, 1.03))
        panel.set_title(f"start times {alpha:g}")
    axes[0].set_ylabel("share of right answers")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
