"""Exercises: the folded solutions are right, and wrong answers get a hint."""

import importlib
import math
from pathlib import Path

import pytest
import torch

from ncbook import exercises, experiments, metrics, readings

BOOK = Path(__file__).parents[1] / "book"
SOLUTIONS = {
    "collapse/angle": lambda: math.degrees(math.acos(-1 / 9)),
    "collapse/noise": lambda: _measured_noise(),
    "collapse/blind-spot": lambda: 1 / 16,
    "collapse/control": lambda: _control(),
}


def _measured_noise() -> float:
    corners, labels = metrics.simplex_etf(10, 16), torch.arange(200_000) % 10
    noise = 0.2 * torch.randn(200_000, 16, generator=torch.Generator().manual_seed(0))
    return metrics.collapse(corners[labels] + noise, labels, corners).nc1


def _control() -> float:  # as in the chapter's solution
    arms = readings.collapse.falls(experiments.collapse.load("laptop"))
    medians = arms[arms.network == "mlp"].groupby("weight_decay", sort=False).fall_train.median()
    return medians.iloc[0] / medians.iloc[1]


for _pattern in ("test_chapter_*.py", "test_experiment_*.py"):  # each keeps the solutions of its own exercises
    for _path in Path(__file__).parent.glob(_pattern):
        SOLUTIONS |= getattr(importlib.import_module(_path.stem), "SOLUTIONS", {})


def test_every_exercise_has_its_solution():
    missing = set(exercises.EXERCISES) - set(SOLUTIONS)
    assert not missing, f"add to SOLUTIONS in tests/test_experiment_NAME.py: {missing}"
    assert set(SOLUTIONS) == set(exercises.EXERCISES)


@pytest.mark.parametrize("name", sorted(SOLUTIONS))
def test_the_solution_is_accepted(name, capsys):
    exercises.check(name, SOLUTIONS[name]())
    assert capsys.readouterr().out == "Right.\n"


@pytest.mark.parametrize("name", sorted(SOLUTIONS))
def test_a_wrong_answer_gets_a_hint(name, capsys):
    exercises.check(name, 1.1 * SOLUTIONS[name]())
    assert exercises.EXERCISES[name].hint in capsys.readouterr().out


def test_every_exercise_stands_in_a_chapter():
    chapters = "".join(path.read_text(encoding="utf-8") for path in BOOK.rglob("*.ipynb"))
    assert [name for name in exercises.EXERCISES if f'exercises.check(\\"{name}\\"' not in chapters] == []


def test_no_answer_yet(capsys):
    exercises.check("collapse/angle", None)
    assert "No answer yet" in capsys.readouterr().out


def test_an_unknown_exercise_lists_the_known_ones():
    with pytest.raises(ValueError, match="collapse/angle"):
        exercises.check("nothing", 1.0)


def test_an_answer_that_is_no_number():
    with pytest.raises(ValueError, match="answer: expected a number, got 'ninety'"):
        exercises.check("collapse/angle", "ninety")


def test_nc1_is_blind_to_the_flat_crosses():
    assert metrics.collapse(*exercises.flat_crosses(), weight=torch.eye(2)).nc1 == 0
