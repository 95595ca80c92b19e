"""What the chapters cost: python tools/seconds.py prints the table of the page on running, `book/seconds.md`.

Trainings have their seconds in the recorded runs. Those of executing a chapter against these runs are read off the last
build, by python tools/seconds.py record, into `benchmarks/chapters.json`. That build must have been made by python
tools/build.py alone: kernels of `make book` are forks, which have nothing to import.
"""

import json
import os
import platform
import sqlite3
import sys
from datetime import date
from pathlib import Path

from ncbook import experiments
from ncbook.results import CHAPTERS
from ncbook.runs import Run

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "_build" / ".jupyter_cache" / "global.db"
CHAPTER_SECONDS = ROOT / "benchmarks" / "chapters.json"
AGAIN = "-again"
_HEAD = """\
| chapter | execute | run | arms and seeds | train | other seeds | GPU |
| --- | ---: | --- | ---: | ---: | ---: | ---: |"""
_UNMEASURED = "not measured"


def record() -> None:
    """Writes the seconds that the build spent in each chapter, and on which machine."""
    with sqlite3.connect(BUILT) as cache:
        found = {uri: json.loads(data) for uri, data in cache.execute("select uri, data from nbcache")}
    seconds = {
        chapter: round(found[uri]["execution_seconds"], 1)
        for chapter in dict.fromkeys(CHAPTERS.values())
        for uri in found
        if uri.endswith(f"/book/{chapter}.ipynb")
    }
    machine = f"{platform.machine()} CPU, {os.cpu_count()} cores"
    about = {"hardware": machine, "date": str(date.today()), "seconds": seconds}
    CHAPTER_SECONDS.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def table() -> str:
    """The table: a row a preset of which a run is recorded, in the order of the book."""
    chapters = json.loads(CHAPTER_SECONDS.read_text(encoding="utf-8"))
    opened: set[str] = set()
    rows = []
    for name, chapter in CHAPTERS.items():
        for cells in result_rows(name) or [[""] * 5]:
            rows.append(" | ".join([*opening(chapter, chapters["seconds"], opened), *cells]))
    return "\n".join([":::{container} seconds", _HEAD, *(f"| {row} |" for row in rows), ":::", "", _hardware(chapters)])


def opening(chapter: str, seconds: dict[str, float], opened: set[str]) -> list[str]:
    """Link and seconds of a chapter, in its first row alone."""
    if chapter in opened:
        return ["", ""]
    opened.add(chapter)
    return [f"[](/book/{chapter}.ipynb)", f"{seconds[chapter]:.0f} s" if chapter in seconds else _UNMEASURED]


def recorded(name: str) -> dict[str, Run]:
    """The recorded runs of an experiment, by their presets."""
    found = {preset: experiments.get(name).recorded(preset) for preset in experiments.get(name).presets()}
    return {preset: run for preset, run in found.items() if run is not None}


def result_rows(name: str) -> list[list[str]]:
    """Of each preset that is recorded: its name, cells, seconds, those of other seeds, and those on a GPU."""
    if name not in experiments.names():
        return []  # a chapter that reads the runs of others
    runs = recorded(name)
    gpu = _seconds(runs.pop("gpu", None)) or _UNMEASURED
    return [
        [f"`{_named(name, preset)}`", str(cells(name, run)), _seconds(run), _seconds(runs.get(preset + AGAIN)), gpu]
        for preset, run in runs.items()
        if not preset.endswith(AGAIN)
    ]


def _named(name: str, preset: str) -> str:
    """The preset, after its experiment where that is not called as the chapter is."""
    return preset if CHAPTERS[name].endswith(f"/{name}") else f"{name} {preset}"


def cells(name: str, run: Run) -> int:
    """How many combinations of arm and seed a run has measured."""
    return len(run.to_frame()[list(experiments.get(name).keys)].drop_duplicates())


def _seconds(run: Run | None) -> str:
    if run is None:
        return ""
    workers = run.provenance["workers"]
    return f"{run.provenance['seconds']:.0f} s" + (f" on {workers}" if workers > 1 else "")


def _hardware(chapters: dict[str, object]) -> str:
    """On what all of this was measured."""
    every = (run for name in experiments.names() for run in recorded(name).values())
    machines = "; ".join(sorted({run.provenance["hardware"] for run in every}))
    executed = f"{chapters['hardware']}, {chapters['date']}, while the whole book was built, a chapter on each core"
    return f"Trained on: {machines}. Executed on: {executed}.\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    else:
        print(table(), end="")
