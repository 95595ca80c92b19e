"""What the chapters cost: the table of the page on running is that of the recorded runs."""

import json

import numpy as np
import seconds

from ncbook.results import CHAPTERS
from ncbook.runs import Run


def test_the_table_is_that_of_the_recorded_runs():
    assert (seconds.ROOT / "book" / "seconds.md").read_text(encoding="utf-8") == seconds.table(), "make ledger"


def test_the_seconds_of_chapters_are_those_of_chapters():
    measured = json.loads(seconds.CHAPTER_SECONDS.read_text(encoding="utf-8"))["seconds"]
    assert set(measured) <= set(CHAPTERS.values()), "python tools/seconds.py record"
    assert all(spent > 0 for spent in measured.values())


def made_up(preset: str, **about: object) -> Run:
    history = {"weight_decay": np.array([0.0, 0.0, 1.0]), "seed": np.array([0, 0, 0])}
    return Run({}, history, provenance={"preset": preset, "seconds": 60.4, "workers": 1, "hardware": "a chip"} | about)


def test_a_row_has_the_seconds_of_both_runs_and_those_on_a_gpu_where_there_are_any(monkeypatch):
    runs = {"laptop": made_up("laptop"), "laptop-again": made_up("laptop-again", workers=2)}
    monkeypatch.setattr(seconds, "recorded", lambda name: runs)
    (row,) = seconds.result_rows("grokking")
    assert row == ["`laptop`", "2", "60 s", "60 s on 2", "not measured"]
    runs["gpu"] = made_up("gpu", seconds=7.0)
    (row,) = seconds.result_rows("grokking")
    assert row[-1] == "7 s"


def test_a_run_of_another_experiment_than_the_chapters_own_is_named(monkeypatch):
    monkeypatch.setattr(seconds, "recorded", lambda name: {"laptop": made_up("laptop")})
    monkeypatch.setattr(seconds, "cells", lambda name, run: 1)
    assert seconds.result_rows("double_descent")[0][0] == "`double_descent laptop`"


def test_the_link_and_the_seconds_of_a_chapter_stand_once():
    opened: set[str] = set()
    assert seconds.opening("a/b", {"a/b": 3.6}, opened) == ["[](/book/a/b.ipynb)", "4 s"]
    assert seconds.opening("a/b", {"a/b": 3.6}, opened) == ["", ""]
    assert seconds.opening("a/c", {}, opened)[1] == "not measured"
