"""What a student takes away: the numbers, the picture, the lines that repeat the runs, and a code of the settings."""

import base64
from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qsl, urlencode

import pandas as pd

from ncbook.labs._curves import table
from ncbook.labs._plan import Plan, Values
from ncbook.labs._training import Training
from ncbook.labs._words import SCROLLS


def csv(plan: Plan, runs: Sequence[Training]) -> str:
    """A line a measurement, below a line of headings: the number of the run, its settings, what was measured."""
    tables = [_table(plan, number, run) for number, run in enumerate(runs, 1) if run.rows]
    return str(pd.concat(tables, ignore_index=True).to_csv(index=False)) if tables else ""


def _table(plan: Plan, number: int, run: Training) -> pd.DataFrame:
    rows = table(run)
    if "training" in rows and rows["training"].nunique() == 1:  # there is nothing to be told apart
        rows = rows.drop(columns="training")
    settings = {setting.name: run.values[setting.name] for setting in plan.settings if setting.name not in rows}
    return pd.concat([pd.DataFrame({"run": number} | settings, index=rows.index), rows], axis=1)


def lines(plan: Plan, runs: Sequence[Training], called: str) -> str:
    """A line of Python a run, which trains it again; `called` is what runs the plan."""
    head = "from ncbook import labs\n" if called.startswith("labs.") else f"# {called}: the labs.Plan of this lab\n"
    ends = [f"run {number}" + ("" if run.state == "done" else f", {run.state}") for number, run in enumerate(runs, 1)]
    calls = [plan.recipe(run.values, called) for run in runs]
    return "\n".join([head, *(f"{call}  # {end}" for call, end in zip(calls, ends, strict=True))])


def links(plan: Plan, runs: Sequence[Training], picture: bytes, called: str) -> str:
    """Two files to be saved, and a line of Python a run, as HTML."""
    if not any(run.rows for run in runs):
        return "<div>Nothing to export yet: train first.</div>"
    files = [
        _file(f"ncbook-{plan.name}.csv", "text/csv", csv(plan, runs).encode(), "The numbers (CSV)"),
        _file(f"ncbook-{plan.name}.png", "image/png", picture, "The picture (PNG)"),
    ]
    return (
        f'<div style="line-height:1.6">{" &middot; ".join(files)}<br>These lines of Python train the same again:'
        f"<pre {SCROLLS}>{escape(lines(plan, runs, called))}</pre></div>"
    )


def _file(name: str, kind: str, content: bytes, words: str) -> str:
    address = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return f'<a download="{escape(name)}" href="{address}" style="text-decoration:underline">{escape(words)}</a>'


def code(plan: Plan, texts: dict[str, str]) -> str:
    """The settings on one line, to be sent to somebody else: those that are not the usual ones."""
    usual = plan.written(plan.values({}))
    given = {name: text.strip() for name, text in texts.items() if text.strip() != usual[name]}
    return f"{plan.name}?{urlencode(given)}"


def settings(plan: Plan, text: str) -> Values:
    """The settings that a code means; ValueError, with the way out, for another lab's or a damaged one."""
    name, mark, query = text.strip().partition("?")
    if name != plan.name or not mark:
        raise ValueError(f"code: must begin with {plan.name + '?'!r}, as that of this lab does, got {text.strip()!r}")
    try:
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise ValueError(f"code: cannot be read, copy it whole: {text.strip()!r}") from None
    usual = plan.written(plan.values({}))
    unknown = sorted(set(given) - set(usual))
    if unknown:
        raise ValueError(f"code: this lab has no setting {unknown[0]!r}; use one of {', '.join(usual)}")
    return plan.read(usual | given)
