"""Print the page of columns: the names of measures in all histories, what they mean, and which results have them."""

from ncbook import experiments, readings
from ncbook.readings.measures import Measure

_INTRODUCTION = """\
# Columns

A run's history is a table with a row a measurement: `run.to_frame()`. A measure has the same name in every run.
`_train` is the training set, `_test` new points of the same distribution; shares and accuracies run from 0 to 1.
"""


def main() -> None:
    used: dict[str, list[str]] = {}
    for name in experiments.names():
        run = experiments.get(name).recorded("laptop")
        for column in run.history if run is not None else ():
            used.setdefault(column, []).append(name)
    shared = readings.measures.SHARED
    print(_INTRODUCTION)
    _table("In several results", {name: shared[name] for name in shared if name in used}, used)
    for name in experiments.names():
        own = {column: measure for column, measure in getattr(readings, name).COLUMNS.items() if column in used}
        if own:
            _table(f"`{name}`", own)


def _table(title: str, measures: dict[str, Measure], used: dict[str, list[str]] | None = None) -> None:
    """`used`, where several results have these measures, says which."""
    rows = [["column", "meaning"], ["---", "---"]]
    for name, measure in measures.items():
        meaning = measure.meaning.replace("|", chr(92) + "|")
        rows.append([f"`{name}`", meaning + (f", in {measure.unit}" if measure.unit else "")])
    results = ["results", "---", *(_results(used[name]) for name in measures)] if used else []
    print(f"## {title}\n")
    for place, cells in enumerate(rows):
        print(f"| {' | '.join([*cells, *results[place : place + 1]])} |")
    print()


def _results(names: list[str]) -> str:
    every = len(experiments.names())
    return "all" if len(names) == every else ", ".join(names)


if __name__ == "__main__":
    main()
