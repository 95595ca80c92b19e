"""Figures of `imbalance`: rare rows that become one, the geometry in their place, and accuracy on rare classes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings import imbalance as reading
from ncbook.readings.imbalance import FEW, FIXED, FREE, HEAD, LIMIT, NETWORK, OVERSAMPLED, PLAIN, SHIFTED
from ncbook.runs import Run


@_style.styled
def rare_rows_become_one(run: Run) -> Figure:
    """Free features: cosine between the rows of W, and between the features, of two rare classes against R.

    A curve a pair of decays of W and H, median and range of the starts; dotted where theory puts the end.
    """
    table = reading.ends(run, FREE)
    table = table[table.arm == PLAIN]
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    columns = {"cos_rows_rare": "rows of W", "cos_means_rare": "features"}
    for panel, (column, title) in zip(axes, columns.items(), strict=True):
        for style, pair in enumerate(reading.pairs(run)):
            _band(panel, reading.of_pair(table, pair), "ratio", column, "{:g}, {:g}".format(*pair), style)
            panel.axvline(reading.critical(run.config, *pair), color=_style.FAINT, linestyle=":")
        panel.set(title=title, xlabel="imbalance ratio R")
        _style.log_axis(panel.xaxis)
    axes[0].set_ylabel("cosine of two rare classes")
    _style.legend_above(figure, axes[0], columns=4)
    return figure


@_style.styled
def nearness_to_seli(run: Run) -> Figure:
    """Free features at R = 10: distance of the Gram matrices to SELI and to a simplex against the strength."""
    table = reading.ends(run, LIMIT)
    figure, axes = _style.panels(run, 2, height=3.4, sharey=True)
    for panel, (kind, title) in zip(axes, {"rows": "rows of W", "means": "features"}.items(), strict=True):
        for style, (ideal, name) in enumerate({"seli": "to SELI", "etf": "to the simplex"}.items()):
            _band(panel, table, "weight_decay", f"{ideal}_{kind}", name, style)
        panel.set(title=title, xlabel="weight decay and feature decay")
        _style.log_axis(panel.xaxis)
        panel.invert_xaxis()
    axes[0].set(ylabel="distance of Gram matrices", ylim=(0, None))  # of both panels, once both are drawn
    axes[0].legend()
    return figure


@_style.styled
def rows_of_networks(run: Run) -> Figure:
    """Networks without a remedy: cosine of rare rows against R, and the distance of the rows to SELI and a simplex."""
    table = reading.ends(run, NETWORK)
    figure, axes = _style.panels(run, 2, height=3.6)
    for style, decay in enumerate(run.config["weight_decays"]):
        rows = table[(table.arm == PLAIN) & (table.weight_decay == decay)]
        _band(axes[0], rows, "ratio", "cos_rows_rare", f"weight decay {decay:g}", style)
    rows = table[(table.arm == PLAIN) & (table.weight_decay == reading.strongest(run))]
    for style, (ideal, name) in enumerate({"seli": "to SELI", "etf": "to the simplex"}.items(), start=2):
        _band(axes[1], rows, "ratio", f"{ideal}_rows", name, style)
    axes[0].set(title="Rare rows of W", ylabel="cosine of two rare rows")
    axes[1].set(title="All rows of W", ylabel="distance of Gram matrices", ylim=(0, None))
    for panel in axes:
        panel.set(xlabel="imbalance ratio R")
        _style.log_axis(panel.xaxis)
        panel.legend()
    return figure


@_style.styled
def few_or_unequal(run: Run) -> Figure:
    """Test accuracy on the rare classes against R: unequal classes, and as few images of every class.

    A panel a weight decay; the frequent classes of the unequal set beside it.
    """
    table = reading.ends(run, NETWORK)
    figure, axes = _style.panels(run, len(run.config["weight_decays"]), height=3.6, sharey=True)
    for panel, decay in zip(axes, run.config["weight_decays"], strict=True):
        own = table[table.weight_decay == decay]
        plain, few = own[own.arm == PLAIN], own[own.arm == FEW]
        _band(panel, plain, "ratio", f"frequent_acc_{HEAD}", "frequent classes", 0, scale=100)
        _band(panel, few, "ratio", f"rare_acc_{HEAD}", "rare classes, all classes as few", 2, scale=100)
        _band(panel, plain, "ratio", f"rare_acc_{HEAD}", "rare classes", 1, scale=100)
        panel.set(title=f"weight decay {decay:g}", xlabel="imbalance ratio R")
        _style.log_axis(panel.xaxis)
    axes[0].set_ylabel("test accuracy (%)")
    _style.legend_above(figure, axes[0], columns=3)
    return figure


@_style.styled
def accuracy_and_geometry(run: Run) -> Figure:
    """Accuracy on rare classes against the distance of the rows of W from a simplex: a mark a seed.

    At the ratio of the remedies; a panel a weight decay. Adjusting the logits afterwards moves no row.
    """
    ways = {
        "plain": (PLAIN, HEAD), "logits adjusted afterwards": (PLAIN, SHIFTED), "oversampling": (OVERSAMPLED, HEAD),
        "fixed simplex head": (FIXED, HEAD),
    }  # fmt: skip
    figure, axes = _style.panels(run, len(run.config["weight_decays"]), height=3.6, sharey=True)
    for panel, decay in zip(axes, run.config["weight_decays"], strict=True):
        for (name, (arm, rule)), (color, marker) in zip(ways.items(), _style.ARM_STYLES, strict=True):
            rows, right = (reading.beside(run, column).loc[decay][arm] for column in ("etf_rows", f"rare_acc_{rule}"))
            panel.plot(rows, 100 * right, marker, color=color, label=name, linestyle="none", alpha=0.8)
        panel.set(title=f"weight decay {decay:g}", xlabel="rows of W to the simplex", xlim=(-0.03, None))
    axes[0].set_ylabel("test accuracy, rare classes (%)")
    _style.legend_above(figure, axes[0], columns=4)
    return figure


def _band(panel: Axes, rows: pd.DataFrame, clock: str, column: str, label: str, style: int, scale: float = 1) -> None:
    table = scale * rows.pivot(index="seed", columns=clock, values=column)
    _bands.draw_band(panel, table.columns.to_numpy(dtype=float), table.to_numpy(), label, style, every=1)
