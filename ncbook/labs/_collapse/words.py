"""What the lab says in words."""

from collections.abc import Sequence

from ncbook.labs import _words
from ncbook.labs._collapse.training import Training

_HEADINGS = (
    "run", "network", "width", "weight decay", "learning rate", "seed", "epochs",
    "training error", "test error", "NC1 on train", "NC1 on test",
)  # fmt: skip


def table(runs: Sequence[Training]) -> str:
    """Every run with its settings and last measurement, as HTML."""
    return _words.table(_HEADINGS, [_line(index, run) for index, run in enumerate(runs) if run.rows])


def standing(run: Training) -> str:
    """The last measurement."""
    if not run.rows:
        return "No measurement yet."
    row, percent = run.rows[-1], _words.percent
    return (
        f"Epoch {run.epoch} of {run.planned}. Measured at epoch {row['epoch']}: "
        f"training error {percent(row['train_error'])}, test error {percent(row['test_error'])}; "
        f"NC1 {row['nc1_train']:.3g} on train, {row['nc1_test']:.3g} on test; "
        f"NC3 {row['nc3_train']:.3g} on train, {row['nc3_test']:.3g} on test."
    )


def _line(index: int, run: Training) -> list[object]:
    asked, row = run.settings, run.rows[-1]
    return [
        _words.swatch(index), asked.network, asked.width, f"{asked.weight_decay:g}", f"{asked.learning_rate:g}",
        asked.seed, _words.reached(run), _words.percent(row["train_error"]), _words.percent(row["test_error"]),
        f"{row['nc1_train']:.3g}", f"{row['nc1_test']:.3g}",
    ]  # fmt: skip
