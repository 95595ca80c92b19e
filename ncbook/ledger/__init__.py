"""The reproduction ledger: every claim that the book teaches, the source's number, ours, and a verdict.

It reads recorded runs and trains nothing; a verdict follows from the rule of its claim and is never typed in.

>>> from ncbook import experiments, ledger
>>> entries = ledger.of_experiment(experiments.get("simplex"))
>>> {entry.experiment for entry in entries}
{'simplex'}
"""

from ncbook.ledger.answers import table as answers
from ncbook.ledger.judging import Entry, as_json, entries, judged, of_experiment
from ncbook.ledger.page import box, lines

__all__ = ["Entry", "answers", "as_json", "box", "entries", "judged", "lines", "of_experiment"]
