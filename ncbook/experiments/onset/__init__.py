"""What collapses when a network groks, and when: many measures on one axis, and one rule for who comes first.

Four parts. Modular addition in the standard setting, twelve seeds with everything measured; some of them without
weight decay, as the control of the geometry that comes out; digits from a large start and from a usual one; and the
closed forms of Tan et al. (2026) for a circle and a simplex.
"""

from functools import partial

import numpy as np

from ncbook import runs
from ncbook.experiments._experiment import Arrays, Experiment, Rows, history, plain
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

PARTS = (ADDITION, UNDECAYED, DIGITS, SMALL)

__all__ = [
    "ADDITION",
    "CLAIMS",
    "DIGITS",
    "EXPERIMENT",
    "MEASURES",
    "PARTS",
    "SMALL",
    "UNDECAYED",
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


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train all parts.

    history: a row for each part of `PARTS`, seed and probed step; columns train_acc, test_acc and those of
    `MEASURES`, nan where a part has no such measure; float32.
    arrays: what `addition.shapes`, `codes.curves` and `leads.lead_arrays` return.
    """
    parts = sweep(partial(_part, config, device), PARTS)
    rows = [row for rows, _ in parts for row in rows]
    arrays = {name: array for _, arrays in parts for name, array in arrays.items()}
    arrays |= curves(config.classes, config.temperature)
    return rows, arrays | lead_arrays(runs.Run(plain(config), history(rows), arrays))


def _part(config: Config, device: str, part: str) -> Part:
    if part in (ADDITION, UNDECAYED):
        return train_addition(config, device, part)
    return train_digits(config, device, part), {}


EXPERIMENT = Experiment("onset", "What collapses when a network groks", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
