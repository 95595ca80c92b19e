"""The reproduction ledger: every claim that the book teaches, the source's number, ours, and a verdict."""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from ncbook import experiments
from ncbook.claims import QUOTES, VERDICTS, Claim, Evidence
from ncbook.experiments import Experiment
from ncbook.results import RESULTS
from ncbook.runs import Run

_INTRODUCTION = """\
# The reproduction ledger

Every claim of the literature that this book tests, with the verdict of our own run. A verdict is not an opinion: each
claim comes with a rule that was written down beside the experiment, the rule answers yes or no for each trial (mostly
a seed), and the verdict says how many of the answers were yes.

| verdict | means |
| --- | --- |
| reproduced | the rule holds in every trial |
| partly | it holds in some |
| not reproduced | it holds in none |
| not tested at this scale | there is no recorded run that could tell |

"Ours" is the median over the trials, and the spread runs from the lowest to the highest. `python -m ncbook ledger`
prints the same table, and `--json` gives it to a program.
"""


@dataclass(frozen=True)
class Entry:
    """One row. `theirs`, `ours` and `spread` are text with units, empty where there is none; `seeds` of the run."""

    id: str
    source: str
    where: str
    statement: str
    rule: str
    control: str
    experiment: str
    preset: str
    theirs: str
    ours: str
    spread: str
    seeds: tuple[int, ...]
    trials: str
    verdict: str
    cell: str


def entries() -> list[Entry]:
    """All claims, in the order of the book. Reads recorded runs only: nothing is trained."""
    return [entry for name in experiments.names() for entry in _entries_of(experiments.get(name))]


def _entries_of(experiment: Experiment) -> list[Entry]:
    recorded = cache(experiment.recorded)
    return [judged(experiment.name, claim, recorded(claim.preset)) for claim in experiment.claims]


def as_json() -> list[dict[str, Any]]:
    """The entries as JSON values."""
    return [asdict(entry) for entry in entries()]


def page() -> str:
    """The ledger as a page of the book, in MyST Markdown."""
    found = entries()
    counts = Counter(entry.verdict for entry in found)
    tally = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    parts = [_INTRODUCTION, f"So far: {len(found)} claims, {tally}.", _overview(found)]
    titles = {entry.id: experiments.get(entry.experiment).title for entry in found}
    for title in dict.fromkeys(titles.values()):
        parts.append(f"## {title}\n")
        parts += [_section(entry) for entry in found if titles[entry.id] == title]
    return "\n".join(parts)


def _overview(found: list[Entry]) -> str:
    lines = ["", "| claim | verdict | trials | ours |", "| --- | --- | --- | --- |"]
    lines += [f"| [{_title(entry)}]({entry.id}) | {entry.verdict} | {entry.trials} | {entry.ours} |" for entry in found]
    return "\n".join(lines) + "\n"


def _title(entry: Entry) -> str:
    """The claim's id in words, with an initial capital."""
    words = re.sub(r"\bnc([1-4])", r"NC\1", entry.id.replace("-", " "))
    return words[0].upper() + words[1:]


def judged(experiment: str, claim: Claim, run: Run | None) -> Entry:
    """One claim of an experiment, judged on a run of its preset; without one it is untested."""
    evidence, seeds = Evidence((), (), ""), ()
    if run is not None:
        evidence, seeds = claim.judge(run), tuple(run.config["seeds"])
    quote = QUOTES[claim.theirs].text if claim.theirs else ""
    trials = f"{sum(evidence.holds)} of {len(evidence.holds)}" if evidence.holds else ""
    return Entry(
        claim.id, claim.source, claim.where, claim.statement, claim.rule, claim.control, experiment, claim.preset,
        quote, evidence.ours, evidence.spread, seeds, trials, evidence.verdict, _place(experiment, claim),
    )  # fmt: skip


def _place(experiment: str, claim: Claim) -> str:
    """Chapter and cell: "4-grokking/grokking#gini"; the cell alone for an experiment that no chapter teaches."""
    return f"{RESULTS[experiment]}#{claim.cell}" if experiment in RESULTS else claim.cell


def _section(entry: Entry) -> str:
    chapter, anchor = entry.cell.split("#")
    made = f"{entry.experiment}, preset {entry.preset}"
    made += f", seeds {', '.join(map(str, entry.seeds))}" if entry.seeds else ": not recorded"
    rows = {
        "Claim": f"{entry.statement} {{cite:p}}`{entry.source}`, {entry.where}",
        "Verdict": f"**{entry.verdict}**" + (f", in {entry.trials} trials" if entry.trials else ""),
        "Their number": entry.theirs,
        "Ours": f"{entry.ours} ({entry.spread})" if entry.ours else "",
        "Rule": entry.rule,
        "Control": entry.control,
        "Run": made,
        "Shown in": f'[](/book/{chapter}.ipynb), <a href="{chapter}.html#{anchor}">cell `{anchor}`</a>',
    }
    lines = [f"({entry.id})=", f"### {_title(entry)}", ""]
    lines += [f"- **{name}.** {text}" for name, text in rows.items() if text]
    return "\n".join(lines) + "\n"
