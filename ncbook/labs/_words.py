"""What a lab says in words: the same numbers as the curves, for those who do not see them."""

from collections.abc import Sequence
from html import escape

from ncbook.labs import _curves
from ncbook.labs._training import Training

_CELL = "padding:.1em .7em .1em 0;text-align:right;white-space:nowrap"
_HEADINGS = (
    "run", "network", "width", "weight decay", "learning rate", "seed", "epochs",
    "error train", "error test", "NC1 train", "NC1 test",
)  # fmt: skip


def message(text: str) -> str:
    """An error as HTML; empty for no error."""
    if not text:
        return ""
    style = "border-left:4px solid #D55E00;padding:.3em .8em;line-height:1.5"
    return f'<div role="alert" style="{style}">{escape(text)}</div>'


def status(run: Training | None) -> str:
    """Where the last run is, as HTML."""
    text = "No run yet. Choose the settings and press Train." if run is None else _standing(run)
    return f'<div role="status" style="line-height:1.5">{text}</div>'


def pace(run: Training | None) -> str:
    """Percent and time left, or how it ended."""
    if run is None:
        return ""
    if not run.running:
        return f"{run.state} after {_seconds(run.seconds)}"
    if run.epoch == 0:
        return "starting"
    left = run.seconds / run.epoch * (run.settings.epochs - run.epoch)
    return f"{100 * run.epoch // run.settings.epochs} %, about {_seconds(left)} left"


def table(runs: Sequence[Training]) -> str:
    """Every run with its settings and last measurement, as HTML."""
    lines = [_line(place, run) for place, run in enumerate(runs) if run.rows]
    if not lines:
        return ""
    head = "".join(f'<th scope="col" style="{_CELL};font-weight:600">{text}</th>' for text in _HEADINGS)
    return (
        '<table style="border-collapse:collapse;line-height:1.5">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _standing(run: Training) -> str:
    if not run.rows:
        return "No measurement yet."
    row = run.rows[-1]
    return (
        f"Epoch {run.epoch} of {run.settings.epochs}. Measured at epoch {row['epoch']}: "
        f"error {_percent(row['train_error'])} on train, {_percent(row['test_error'])} on test; "
        f"NC1 {row['nc1_train']:.3g} on train, {row['nc1_test']:.3g} on test; "
        f"NC3 {row['nc3_train']:.3g} on train, {row['nc3_test']:.3g} on test."
    )


def _line(place: int, run: Training) -> str:
    asked, row = run.settings, run.rows[-1]
    swatch = f'<span aria-hidden="true" style="color:{_curves.color(place)}">&#9632;</span> {place + 1}'
    reached = str(run.epoch) if run.state in ("training", "done") else f"{run.epoch}, {run.state}"
    cells = [
        swatch, asked.network, asked.width, f"{asked.weight_decay:g}", f"{asked.learning_rate:g}", asked.seed,
        reached, _percent(row["train_error"]), _percent(row["test_error"]),
        f"{row['nc1_train']:.3g}", f"{row['nc1_test']:.3g}",
    ]  # fmt: skip
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
