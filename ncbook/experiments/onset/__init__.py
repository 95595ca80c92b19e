"""What collapses when a network groks, and when: many measures on one axis, and one rule for who comes first.

Four parts. Modular addition in the standard setting, twelve seeds with everything measured; some of them without
weight decay, as the control of the geometry that comes out; digits from a large start and from a usual one; and the
closed forms of Tan et al. (2026) for a circle and a simplex.
"""

import sys
from functools import partial

import numpy as np

from ncbook import runs, trainers
from ncbook.experiments import _history, _loading
from ncbook.experiments._sweep import sweep
from ncbook.experiments.onset.addition import train_addition
from ncbook.experiments.onset.claims import CLAIMS, shapes
from ncbook.experiments.onset.codes import critical_penalty, curves
from ncbook.experiments.onset.config import Config
from ncbook.experiments.onset.digits import train_digits
from ncbook.experiments.onset.leads import (
    ADDITION,
    DIGITS,
    MEASURES,
    SMALL,
    UNDECAYED,
    Rule,
    lead_arrays,
    leads,
    loss_correlations,
    medians,
    rules,
)

NAME = "onset"
TITLE = "What collapses when a network groks"
VERSION = 1
PARTS = (ADDITION, UNDECAYED, DIGITS, SMALL)

__all__ = [
    "ADDITION",
    "CLAIMS",
    "DIGITS",
    "MEASURES",
    "NAME",
    "PARTS",
    "SMALL",
    "TITLE",
    "UNDECAYED",
    "VERSION",
    "Config",
    "Rule",
    "critical_penalty",
    "leads",
    "load",
    "loss_correlations",
    "medians",
    "rules",
    "run",
    "shapes",
]

Part = tuple[list[dict], dict[str, np.ndarray]]


def load(preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
    """The run of a preset: recorded, else cached, else trained now with a progress bar. `live=True` always trains."""
    return _loading.load(sys.modules[__name__], preset, live, device)


def run(config: Config, device: str | None = None) -> runs.Run:
    """Train all parts.

    history: a row for each part of `PARTS`, seed and probed step; columns train_acc, test_acc and those of
    `MEASURES`, nan where a part has no such measure; float32.
    arrays: what `addition.shapes`, `codes.curves` and `leads.lead_arrays` return.
    """
    watch, place = _loading.Stopwatch(), trainers.pick_device(device)
    parts = sweep(partial(_part, config, str(place)), PARTS)
    rows = [row for rows, _ in parts for row in rows]
    history = _history.columns(rows)
    arrays = {name: array for _, arrays in parts for name, array in arrays.items()}
    arrays |= curves(config.classes, config.temperature)
    made = runs.Run(_loading.plain(config), history, arrays)
    return runs.Run(made.config, history, arrays | lead_arrays(made), watch.provenance(NAME, VERSION, config, place))


def _part(config: Config, device: str, part: str) -> Part:
    if part in (ADDITION, UNDECAYED):
        return train_addition(config, device, part)
    return train_digits(config, device, part), {}
