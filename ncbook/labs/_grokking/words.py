"""What the lab says in words."""

from collections.abc import Sequence

import numpy as np

from ncbook.labs import _words
from ncbook.labs._grokking.settings import NONE, Settings
from ncbook.labs._grokking.training import Training
from ncbook.readings import moments

_HEADINGS = (
    "run", "p", "share to train on", "weight decay", "learning rate", "width", "regularizer", "first seed", "steps",
    "test accuracy (median)", "seeds at 99 %", "at step (median)",
)  # fmt: skip


def table(runs: Sequence[Training]) -> str:
    """Every run with its settings and what it reached, as HTML."""
    return _words.table(_HEADINGS, [_line(index, run) for index, run in enumerate(runs) if run.rows])


def standing(run: Training) -> str:
    """The last measurement."""
    if not run.rows:
        return "No measurement yet."
    row, percent = run.rows[-1], _words.percent
    middle = {name: float(np.median(values)) for name, values in row.items() if name != "step"}
    there = _there(run)
    return (
        f"Step {run.done} of {run.planned}. Measured at step {row['step']}, medians of {len(row['test_acc'])} seeds: "
        f"training accuracy {percent(middle['train_acc'])}, test accuracy {percent(middle['test_acc'])} "
        f"(from {percent(min(row['test_acc']))} to {percent(max(row['test_acc']))}); "
        f"relative flatness {middle['relative_flatness']:.3g}; "
        f"variance ratio {middle['variance_ratio_train']:.3g} on train; "
        f"Gini coefficient {middle['fourier_gini']:.2f}. "
        f"{len(there)} of {len(row['test_acc'])} seeds have reached 99 % on test."
    )


def _line(index: int, run: Training) -> list[object]:
    asked, there = run.settings, _there(run)
    return [
        _words.swatch(index), asked.p, f"{asked.fraction:g}", f"{asked.weight_decay:g}", f"{asked.learning_rate:g}",
        asked.width, _regularizer(asked), asked.seed, _words.reached(run),
        _words.percent(float(np.median(run.rows[-1]["test_acc"]))), f"{len(there)} of {len(asked.seeds)}",
        f"{np.median(there):g}" if there else "&ndash;",
    ]  # fmt: skip


def _regularizer(asked: Settings) -> str:
    if asked.regularizer == NONE:
        return NONE
    return f"{asked.regularizer}, {asked.strength:g}, to step {asked.release}"


def _there(run: Training) -> list[float]:
    """Steps of the seeds that generalize."""
    return [step for step in run.generalized() if step < moments.NEVER]
