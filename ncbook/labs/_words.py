"""What every lab says in words: the same as the curves, for those who do not see them."""

from collections.abc import Sequence
from html import escape

from ncbook import look
from ncbook.labs import _drawing
from ncbook.labs._curves import table as rows_of
from ncbook.labs._plan import Choice, Plan, Setting
from ncbook.labs._training import Training

# What scrolls where the screen is narrower, reached with keys too, and does not widen the box that it stands in.
SCROLLS = 'tabindex="0" style="overflow:auto;width:0;min-width:100%"'
_CELL = "padding:.1em .7em .1em 0;text-align:right;white-space:nowrap"


def message(text: str) -> str:
    """An error or a warning as HTML; empty for none."""
    if not text:
        return ""
    style = f"border-left:4px solid {look.ARMS[1]};padding:.3em .8em;line-height:1.5"
    return f'<div role="alert" style="{style}">{escape(text)}</div>'


def status(text: str) -> str:
    """Where the last run is, as HTML."""
    return f'<div role="status" style="line-height:1.5">{escape(text)}</div>'


def pace(run: Training | None) -> str:
    """Percent, time left and the time a step takes, or how it ended."""
    if run is None:
        return ""
    if not run.running:
        return f"{run.state} after {_seconds(run.seconds)}"
    if run.done == 0:
        return "starting"
    pace = run.seconds / run.done
    left = pace * (run.planned - run.done)
    return f"{100 * run.done // run.planned} %, about {_seconds(left)} left, {1000 * pace:.3g} ms a step"


def standing(plan: Plan, run: Training) -> str:
    """Where a run is, and its last measurement, in a sentence or two."""
    rows = rows_of(run)
    if plan.x not in rows:
        return "No measurement yet."
    told = "; ".join(f"{outcome.heading} {outcome.told(rows, plan.x)}" for outcome in plan.outcomes)
    far = f"{plan.unit.capitalize()} {rows[plan.x].max():g}"
    keys = [key for key in plan.lines if key in rows]
    several = len(rows.drop_duplicates(keys)) if keys else 1
    medians = f", medians of {several}" if several > 1 else ""
    return f"{far}{medians}: {told}."


def table(plan: Plan, runs: Sequence[Training]) -> str:
    """Every run with its settings and what it reached, as HTML; empty without a run."""
    lines = [_line(plan, index, run) for index, run in enumerate(runs) if run.rows]
    if not lines:
        return ""
    headings = [
        "run",
        *(setting.label for setting in plan.settings),
        "ended",
        *(each.heading for each in plan.outcomes),
    ]
    head = "".join(f'<th scope="col" style="{_CELL};font-weight:600">{escape(text)}</th>' for text in headings)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>" for cells in lines)
    return (
        f'<div role="group" aria-label="All runs" {SCROLLS}><table style="border-collapse:collapse;line-height:1.5">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _line(plan: Plan, index: int, run: Training) -> list[str]:
    rows = rows_of(run)
    settings = [escape(_shown(setting, run.values[setting.name])) for setting in plan.settings]
    outcomes = [escape(outcome.told(rows, plan.x)) for outcome in plan.outcomes]
    return [_swatch(index), *settings, run.state, *outcomes]


def _shown(setting: Setting, value: object) -> str:
    return setting.words(str(value)) if isinstance(setting, Choice) else setting.written(value)


def _swatch(index: int) -> str:
    """The color and the number of a run, as HTML."""
    return f'<span aria-hidden="true" style="color:{_drawing.color(index)}">&#9632;</span> {index + 1}'


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
