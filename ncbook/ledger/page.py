"""The ledger in words: the page of the book, a box for each chapter, and lines for the terminal."""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable
from configparser import ConfigParser
from pathlib import Path

from ncbook import experiments
from ncbook.claims import KINDS, STATED
from ncbook.evidence import WORDS
from ncbook.ledger import judging
from ncbook.ledger.judging import Entry, of_experiment

# The book's own sources, which come first: the survey and the two papers that it reproduces.
SOURCES = {
    "agarwal2022what": "The survey of Agarwal and others",
    "hui2022limitations": "Hui, Belkin and Nakkiran on what collapse does not say",
    "han2025flatness": "Han and others on grokking, collapse and flatness",
}
_NAMED = re.compile(r"\{([\w-]+): ([\w ]+)\}")  # a claim, and the verdict that a sentence was written for
# Beside a page of hundreds of claims stand the chapters alone.
_RULES = """\
---
tocdepth: 2
---
# The rules of the ledger

What is behind each row of [the ledger](ledger.md): the claim in our words, the rule that decides, and all numbers.
"""


def page() -> str:
    """The page of the book, in MyST Markdown: a table a paper, those of the book's sources first."""
    found = judging.entries()
    stated = [entry for entry in found if entry.kind == STATED]
    counts = f"So far: {len(found)} claims, of which {len(stated)} are stated by a source: {_tally(stated)}.\n"
    parts = [_beside("introduction.txt"), counts]
    others = [source for source in dict.fromkeys(entry.source for entry in found) if source not in SOURCES]
    for source, heading in SOURCES.items():
        own = [entry for entry in found if entry.source == source]
        parts += [f"## {heading}\n", f"{{cite:p}}`{source}`\n", conclusion(source, found), _table(own)]
    parts.append("## Other papers\n")
    for source in others:
        parts += [f"### {{cite:t}}`{source}`\n", _table([entry for entry in found if entry.source == source])]
    return "\n".join(parts)


def rules() -> str:
    """The page of rules, in MyST Markdown: a section a claim, in the order of the book."""
    found, parts = judging.entries(), [_RULES]
    titles = {entry.id: experiments.get(entry.experiment).title for entry in found}
    for title in dict.fromkeys(titles.values()):
        parts.append(f"## {title}\n")
        parts += [_section(entry) for entry in found if titles[entry.id] == title]
    return "\n".join(parts)


def lines(found: Iterable[Entry]) -> str:
    """A line a claim, for the terminal.

    >>> len(ledger.lines(entries).splitlines()) >= len(entries)
    True
    """
    return "\n".join(f"{entry.id:42} {entry.said:48} {entry.ours}" for entry in found)


def box(*names: str) -> str:
    """The claims of some experiments as HTML, folded, with links to their rules; for the end of a chapter.

    >>> "<details" in ledger.box("simplex")
    True
    """
    own = [entry for name in names for entry in of_experiment(experiments.get(name))]
    rows = [
        f'<tr><td><a href="../rules.html#{entry.id}">{html.escape(_title(entry))}</a></td>'
        f"<td>{html.escape(entry.said)}</td><td>{html.escape(entry.ours)}</td></tr>"
        for entry in own
    ]
    head = "<tr><th>claim</th><th>verdict</th><th>effect</th></tr>"
    summary = f"What our runs say of the {len(own)} claims of this chapter: {_tally(own)}"
    table = f"<table>{head}{''.join(rows)}</table>"
    return f'<details class="ledger-box"><summary>{summary}</summary>{table}</details>'


def conclusion(source: str, found: Iterable[Entry]) -> str:
    """What was found of one of the book's sources, in a few sentences.

    A sentence names in braces the claims that it rests on, with the verdict that it was written for, as in
    {nearest-mean-decides: holds}; the numbers are filled in. Raises ValueError where the verdict is another by now:
    then the sentence has to be written anew.
    """
    own = read_words("conclusions.ini")[source]
    text = filled(own["text"], found, lambda entry: f"[{_unbroken(entry.counted) or entry.verdict}]({entry.id})")
    return "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"


def filled(text: str, found: Iterable[Entry], show: Callable[[Entry], str]) -> str:
    """`text` with what `show` makes of each claim in braces; ValueError where its verdict is not the one written."""
    known = {entry.id: entry for entry in found}

    def shown(match: re.Match[str]) -> str:
        entry, expected = known[match[1]], match[2]
        if entry.verdict != expected:
            raise ValueError(f"a text was written for {entry.id}: {expected}, but: {entry.said}; write it anew")
        return show(entry)

    return _NAMED.sub(shown, text)


def named(text: str) -> set[str]:
    """The ids of the claims that `text` names in braces."""
    return {name for name, _ in _NAMED.findall(text)}


def read_words(name: str) -> ConfigParser:
    """A file of texts in this folder."""
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(_beside(name))
    return parser


def _beside(name: str) -> str:
    """The text of a file in this folder."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _unbroken(counted: str) -> str:
    """`counted` with its interval on one line."""
    return re.sub(r"(?<=\d) to (?=\d)", "&nbsp;to&nbsp;", counted)


def _tally(found: list[Entry]) -> str:
    counts = Counter(entry.verdict for entry in found)
    return ", ".join(f"{word} {counts[word]}" for word in WORDS if counts[word])


def _table(found: list[Entry]) -> str:
    rows = ["::::{div} ledger-table", "| claim | kind | verdict | seeds | effect |", "| --- | --- | --- | --- | --- |"]
    for entry in found:
        cells = (f"[{_title(entry)}]({entry.id})", entry.kind, entry.verdict, entry.counted, entry.ours)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, "::::"]) + "\n"


def _title(entry: Entry) -> str:
    """The claim's id in words, those that readers know from elsewhere, with an initial capital."""
    words = re.sub(r"\bnc([1-4])", r"NC\1", entry.id.replace("-", " "))
    words = re.sub(r"\btrain(?= loss)", "training", words)
    return words[0].upper() + words[1:]


def _section(entry: Entry) -> str:
    chapter, anchor = entry.cell.split("#")
    rows = {
        "Claim": f"{entry.statement} {{cite:p}}`{entry.source}`, {entry.where}",
        "Kind": f"{entry.kind}: {KINDS[entry.kind]}",
        "Verdict": ", ".join(filter(None, (f"**{entry.verdict}**", entry.counted))),
        "Trials": _trials(entry),
        "Their number": entry.theirs,
        "Effect": f"{entry.ours} ({entry.spread})" if entry.ours else "",
        "Threshold": _threshold(entry),
        "Noise": f"would pass the rule in {100 * entry.chance:.0f} % of seeds" if entry.noisy else "",
        "Rule": entry.rule,
        "Control": entry.control,
        "Runs": _runs(entry),
        "Shown in": f'[](/book/{chapter}.ipynb), <a href="{chapter}.html#{anchor}">cell `{anchor}`</a>',
    }
    parts = [f"({entry.id})=", f"### {_title(entry)}", ""]
    parts += [f"- **{name}.** {text}" for name, text in rows.items() if text]
    return "\n".join(parts) + "\n"


def _trials(entry: Entry) -> str:
    silent = entry.trials - entry.valid
    return f"{entry.trials}, of which {silent} cannot answer" if silent else ""


def _threshold(entry: Entry) -> str:
    if entry.limit is None:
        return ""
    turn = f"; with {entry.turns:.3g} the verdict would be another" if entry.turns is not None else ""
    return f"{entry.limit:.3g}{turn}"


def _runs(entry: Entry) -> str:
    if not entry.runs:
        return f"{entry.experiment}: none is recorded"
    told = []
    for run in entry.runs:
        seen = "" if run.blind else ", rule not blind"
        told.append(f"preset {run.preset}, seeds {', '.join(map(str, run.seeds))}{seen}: {run.said}")
    return f"{entry.experiment}; " + "; ".join(told) + (" (the two disagree)" if entry.disagrees else "")
