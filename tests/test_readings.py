"""Readings: moments mean the same everywhere, and every meaning stands once."""

import ast
import gc
import math
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ncbook
from ncbook import experiments, models, readings
from ncbook.readings import moments
from ncbook.readings.moments import NEVER
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

PACKAGE = Path(ncbook.__file__).parent


def training(errors: list[float], spacing: int = 10) -> pd.DataFrame:
    return pd.DataFrame({
        "step": np.arange(len(errors)) * spacing, "epoch": np.arange(len(errors)),
        "train_error": errors, "train_acc": 1 - np.array(errors), "test_acc": 1 - np.array(errors),
    })  # fmt: skip


# --- moments


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_first_is_the_smallest_moment_that_holds(holds):
    clock = np.arange(len(holds)) * 3 + 1
    slow = min((float(c) for c, yes in zip(clock, holds, strict=True) if yes), default=NEVER)
    assert moments.first(clock, np.array(holds)) == slow
    assert moments.first(pd.Series(clock, index=reversed(range(len(holds)))), pd.Series(holds)) == slow


def test_never_is_later_than_every_step_and_is_printed_as_never():
    assert moments.first([1, 2], [False, False]) == NEVER > 10**12
    assert np.median([5, NEVER, NEVER]) == NEVER
    assert [moments.when(each) for each in (NEVER, 1200.0, 0.5)] == ["never", "1200", "0.5"]
    assert moments.when(250000, "steps") == "250000 steps"
    assert moments.when(NEVER, "steps") == "never"


def test_memorized_and_generalized_are_99_percent():
    rows = training([0.5, 0.011, 0.01, 0.0])
    assert moments.memorized(rows) == moments.generalized(rows) == 20
    assert moments.generalized(rows, 0.4, "epoch") == 0
    assert moments.generalized(training([0.5, 0.4])) == NEVER


def test_at_a_loss_stands_the_value_on_a_line_in_its_logarithm():
    rows = pd.DataFrame({"train_loss": [1.0, 0.01, 0.1], "test_acc": [0.1, 0.7, 0.5]})  # it rises again at the end
    for loss, expected in ((1.0, 0.1), (0.1, 0.5), (0.01, 0.7), (10**-0.5, 0.3), (10**-1.5, 0.6)):
        assert moments.at_loss(rows, rows.test_acc, loss) == pytest.approx(expected)
    assert math.isnan(moments.at_loss(rows, rows.test_acc, 0.009))
    assert math.isnan(moments.at_loss(rows[:0], rows.test_acc[:0], 0.1))


def test_at_a_moment_stands_its_row_and_at_never_none():
    rows = training([0.5, 0.0])
    assert moments.at(rows, 10).train_error == 0
    assert moments.at(rows, 1, "epoch").step == 10
    assert moments.at(rows, NEVER).isna().all()
    assert moments.at(rows, 5).isna().all()


@pytest.mark.parametrize(
    ("errors", "zero", "start", "length", "tells"),
    [
        ([0.5, 0.0, 0.0, 0.0], 10, 10, 20, True),  # longer than what came before
        ([0.5, 0.1, 0.1, 0.0, 0.0], 30, 30, 10, False),  # too short to answer
        ([0.5, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0], 10, 30, 30, True),  # a burst: the phase starts after it
        ([0.5, 0.0, 0.0, 0.1], 10, NEVER, 0, False),  # a burst at the end
        ([0.5, 0.4], NEVER, NEVER, 0, False),
        ([0.5, 0.4, 0.0], 20, 20, 0, False),  # the last probe alone
        ([0.0, 0.0], 0, 0, 10, True),
    ],
)
def test_the_terminal_phase_starts_after_the_last_training_error(errors, zero, start, length, tells):
    rows = training(errors)
    assert moments.zero_error(rows) == zero
    found = moments.terminal_phase(rows)
    assert found == {"phase_start": start, "phase_length": length, "phase_tells": tells}
    assert moments.terminal_phase(rows, "epoch")["phase_start"] == start / 10


def test_by_training_gives_a_row_a_training_in_the_order_of_the_run():
    frame = pd.concat([training([0.5, 0.0]).assign(arm=arm, seed=seed) for arm, seed in (("b", 2), ("a", 1))])
    table = moments.by_training(frame, ("arm", "seed"), lambda rows: {"zero": moments.zero_error(rows)})
    assert table.to_dict("list") == {"arm": ["b", "a"], "seed": [2, 1], "zero": [10, 10]}


# --- every meaning once


@cache
def sources() -> dict[str, ast.AST]:
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def test_the_threshold_of_generalization_stands_once():
    """0.99 means memorized or generalized; what else is 0.99 says here what it is."""
    other = {
        "trainers/recipe.py",
        "experiments/implicit_bias/claims.py",  # a share of the largest margin, as in the next
        "experiments/unconstrained/claims.py",
        "experiments/reliability/claims.py",  # a cosine of two sets of class means
        "labs/_drawing.py",  # where a picture's right margin is
    }
    found = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and math.isclose(node.value, 0.99)
    }
    assert found - other == {"readings/moments.py"}, "use moments.GENERALIZED, moments.MEMORIZED or their functions"


def test_another_level_than_that_of_generalization_has_a_name():
    found = [
        f"{name}: {ast.unparse(node)}"
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and re.search(r"\b(generalized|memorized)$", ast.unparse(node.func))
        and any(
            isinstance(getattr(each, "value", None), float | int)
            for each in (*node.args, *(word.value for word in node.keywords))
        )
    ]
    assert found == [], "a level of its own is a constant that says what it is for, in the module of the reading"


@pytest.mark.parametrize(
    ("name", "reading", "keys"),
    [
        ("circuits", "phases", ("network", "operation", "seed")), ("grokking", "milestones", ("weight_decay", "seed")),
        ("interventions", "outcomes", ("arm", "seed")), ("numerics", "outcomes", ("part", "arm", "seed")),
    ],
)  # fmt: skip
def test_readings_of_a_recorded_run_mean_99_percent(name, reading, keys):
    run = experiments.get(name).load("laptop")
    table = getattr(getattr(readings, name), reading)(run)
    for moment, column in (("memorized", "train_acc"), ("generalized", "test_acc")):
        reached = {}
        for *key, step, accuracy in zip(*(run.history[each] for each in (*keys, "step", column)), strict=True):
            if accuracy >= 0.99:
                reached.setdefault(tuple(key), step)
        for row in table.itertuples() if moment in table else ():
            key = tuple(getattr(row, each) for each in keys)
            assert getattr(row, moment) == reached.get(key, math.inf), (moment, key)


def test_a_table_is_made_once_for_each_run_and_given_as_a_copy():
    asked = []

    @once_a_run
    def reading(run: Run) -> pd.DataFrame:
        asked.append(run.config["name"])
        return pd.DataFrame({"name": [run.config["name"]]})

    first, second = (Run({"name": name}, {}) for name in "ab")
    table = reading(first)
    table.loc[0, "name"] = "spoiled"
    assert [reading(run).name[0] for run in (first, second, first)] == ["a", "b", "a"]
    assert asked == ["a", "b"]
    del first
    gc.collect()
    others = [Run({"name": str(number)}, {}) for number in range(50)]  # some may get the place of one that is gone
    assert [reading(run).name[0] for run in others] == [str(number) for number in range(50)]


def test_what_a_table_is_asked_with_tells_it_from_others():
    asked = []

    @once_a_run
    def reading(run: Run, part: str = "whole") -> pd.DataFrame:
        asked.append(part)
        return pd.DataFrame({"part": [part]})

    run = Run({}, {})
    found = [reading(run), reading(run, "half"), reading(run, part="half"), reading(run, "half"), reading(run)]
    assert [table.part[0] for table in found] == ["whole", "half", "half", "half", "whole"]
    assert asked == ["whole", "half", "half"]


def test_zero_training_error_is_looked_for_in_one_place():
    """Whether there is none at the end is another question, and is asked of `train_error_end` or of the last row."""
    at_the_end = {
        "experiments/fixed_head/claims.py",
        "experiments/flatness/claims.py",
        "experiments/margins/training.py",
        "experiments/targets/claims.py",
        "readings/transfer.py",
        "readings/imbalance.py",
        "readings/reliability.py",
    }
    found = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq)
        and re.search(r"train_error\b", ast.unparse(node.left))
        and ast.unparse(node.comparators[0]) in ("0", "0.0")
    }
    assert found - at_the_end == {"readings/moments.py"}, "use moments.zero_error or moments.terminal_phase"


def test_every_network_has_a_name_for_readers():
    assert set(readings.names.NETWORKS) == set(models.NETWORKS)


@pytest.mark.parametrize("name", list(readings.measures.SHARED))
def test_a_measure_says_what_it_is(name):
    measure = readings.measures.SHARED[name]
    assert measure.label
    assert measure.meaning
