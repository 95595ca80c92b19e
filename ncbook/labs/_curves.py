"""The curves of a lab, which grow while it trains."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ncbook import look
from ncbook.labs import _drawing
from ncbook.labs._plan import SPLITS, Curve, Panel, Plan
from ncbook.labs._training import Training

_PALE, _THIN = 0.45, 0.35
_DASHES: dict[str, Any] = {"train": "-", "test": (0, (4, 2)), "": "-"}


def png(plan: Plan, runs: Sequence[Training], large: bool = False) -> bytes:
    """The curves of all runs as an image; every run but the last is pale, and of several lines the median is thick."""
    tables = [table(run) for run in runs]
    prepare, draw = partial(_prepare, plan), partial(_draw, plan, runs, tables)
    return _drawing.png((plan.panels, plan.unit, plan.log_x), large, len(plan.panels), prepare, draw)


def table(run: Training) -> pd.DataFrame:
    """What its plan shows of a run, which may be growing."""
    return run.plan.table(list(run.rows), run.values)


def _prepare(plan: Plan, panels: list[Axes]) -> None:
    for axes, panel in zip(panels, plan.panels, strict=True):
        _drawing.frame(axes, panel.title, panel.x_label or plan.unit, panel.y_label)
        if panel.scale == "log":
            _drawing.log_axis(axes)
        if panel.scale == "error":
            look.percent_axis(axes, lowest=-0.02)
        if plan.log_x and not panel.x:
            axes.set_xscale("log")
    both = next((at for at, panel in enumerate(plan.panels) if set(SPLITS) <= _splits(panel)), None)
    if both is not None:
        handles = [Line2D([], [], color=look.INK, linestyle=_DASHES[split], label=split) for split in SPLITS]
        panels[both].legend(handles=handles, frameon=False, fontsize="medium", loc="best")


def _splits(panel: Panel) -> set[str]:
    return {curve.split for curve in panel.curves}


def _draw(plan: Plan, runs: Sequence[Training], tables: list[pd.DataFrame], panels: list[Axes]) -> None:
    for axes, panel in zip(panels, plan.panels, strict=True):
        for index, rows in enumerate(tables):
            for curve in panel.curves:
                _draw_curve(axes, plan, panel, curve, rows, index, latest=index == len(tables) - 1)
        _mark(axes, plan, panel, runs)
        _limit(axes, plan, panel, runs, tables)


def _draw_curve(
    axes: Axes, plan: Plan, panel: Panel, curve: Curve, rows: pd.DataFrame, index: int, latest: bool
) -> None:
    values = lines(plan, panel, curve, rows)
    if values.empty:
        return
    color, dash, alpha = _drawing.color(index), _DASHES[curve.split], 1 if latest else _PALE
    several = values.shape[1] > 1
    if several and latest:
        axes.plot(values.index, values.to_numpy(), color=color, linestyle=dash, linewidth=0.9, alpha=_THIN)
    middle = values.median(axis=1)
    axes.plot(middle.index, middle, color=color, linestyle=dash, linewidth=2, alpha=alpha, zorder=2 + alpha)
    known = middle.dropna()
    if len(known) and curve is panel.curves[-1]:
        _drawing.number(axes, index, (known.index[-1], known.iloc[-1]), alpha)


def lines(plan: Plan, panel: Panel, curve: Curve, rows: pd.DataFrame) -> pd.DataFrame:
    """What a curve shows: a column a line, indexed by the horizontal axis."""
    x = panel.x or plan.x
    if curve.column not in rows or x not in rows:
        return pd.DataFrame()
    rows = rows.dropna(subset=[curve.column, x])
    if panel.x:
        rows = rows[rows[plan.x] == rows[plan.x].max()]
    elif plan.log_x:
        rows = rows[rows[x] > 0]  # a logarithmic axis has no place for the start
    keys = [key for key in ("training", *plan.lines) if key in rows]
    line = rows.groupby(keys, sort=False).ngroup() if keys else 0
    values = rows.assign(line=line).pivot_table(index=x, columns="line", values=curve.column, aggfunc="last")
    return values.where(np.isfinite(values)) * (100 if panel.percent else 1)


def _mark(axes: Axes, plan: Plan, panel: Panel, runs: Sequence[Training]) -> None:
    if not runs:
        return
    moment = None if panel.x else plan.moment(runs[-1].values)
    level = None if panel.level is None else panel.level(runs[-1].values)
    if moment is not None:
        axes.axvline(moment, color=look.INK, linestyle=":", linewidth=1)
    if level is not None:
        axes.axhline(level, color=look.INK, linestyle=":", linewidth=1)


def _limit(axes: Axes, plan: Plan, panel: Panel, runs: Sequence[Training], tables: list[pd.DataFrame]) -> None:
    if panel.scale == "log":
        _drawing.log_range(axes)
    elif panel.limits:
        axes.set_ylim(*panel.limits)
    elif panel.scale == "linear":
        axes.relim()
        axes.autoscale(axis="y")
    if panel.x or plan.log_x:
        axes.relim()
        axes.autoscale(axis="x")
        if axes.get_xscale() == "log":
            look.plain_numbers(axes.xaxis)
    else:
        _drawing.reach(axes, _horizon(plan, runs, tables))


def _horizon(plan: Plan, runs: Sequence[Training], tables: list[pd.DataFrame]) -> float:
    """Last value on the axis of time. It doubles as the curves grow, so that they always fill the panel."""
    reached = max((float(rows[plan.x].max()) for rows in tables if plan.x in rows), default=0.0)
    if not reached:
        return 1.0
    if not runs[-1].running:
        return reached
    return float(2 ** np.ceil(np.log2(reached)))
