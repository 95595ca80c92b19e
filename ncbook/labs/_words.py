"""What every lab says in words: the same as the curves, for those who do not see them."""

from collections.abc import Sequence
from html import escape

from ncbook import look
from ncbook.labs import _drawing
from ncbook.labs._background import Background

_CELL = "padding:.1em .7em .1em 0;text-align:right;white-space:nowrap"


def message(text: str) -> str:
    """An error or a warning as HTML; empty for none."""
    if not text:
        return ""
    style = f"border-left:4px solid {look.ARMS[1]};padding:.3em .8em;line-height:1.5"
    return f'<div role="alert" style="{style}">{escape(text)}</div>'


def status(text: str) -> str:
    """Where the last run is, as HTML."""
    return f'<div role="status" style="line-height:1.5">{text}</div>'


def pace(run: Background | None) -> str:
    """Percent, time left and the time a unit takes, or how it ended."""
    if run is None:
        return ""
    if not run.running:
        return f"{run.state} after {_seconds(run.seconds)}"
    if run.done == 0:
        return "starting"
    pace = run.seconds / run.done
    left = pace * (run.planned - run.done)
    return f"{100 * run.done // run.planned} %, about {_seconds(left)} left, {1000 * pace:.3g} ms a {run.unit}"


def table(headings: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """Rows of cells, whose first may be HTML, under their headings; empty without a row."""
    if not lines:
        return ""
    head = "".join(f'<th scope="col" style="{_CELL};font-weight:600">{text}</th>' for text in headings)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>" for cells in lines)
    return (
        '<table style="border-collapse:collapse;line-height:1.5">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def swatch(index: int) -> str:
    """The color and the number of a run, as HTML."""
    return f'<span aria-hidden="true" style="color:{_drawing.color(index)}">&#9632;</span> {index + 1}'


def reached(run: Background) -> str:
    """How far a run came, and how it ended if not by itself."""
    return str(run.done) if run.state in ("training", "done") else f"{run.done}, {run.state}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
