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


def _nc1(features, labels):  # as in the chapter's solution
    classes = labels.unique()
    means = torch.stack([features[labels == k].mean(dim=0) for k in classes])
    inside = features - means[torch.searchsorted(classes, labels)]
    within = inside.T @ inside / len(features)
    between = (means - means.mean(dim=0)).T @ (means - means.mean(dim=0)) / len(classes)
    return torch.trace(within @ torch.linalg.pinv(between)) / len(classes)


def _nc1_with_the_mean_of_all_points(features, labels):
    classes = labels.unique()
    means = torch.stack([features[labels == k].mean(dim=0) for k in classes])
    inside = features - means[torch.searchsorted(classes, labels)]
    apart = means - features.mean(dim=0)
    within, between = inside.T @ inside / len(features), apart.T @ apart / len(classes)
    return torch.trace(within @ torch.linalg.pinv(between)) / len(classes)


def _nc1_with_a_phantom_class(features, labels):
    means = torch.stack([features[labels == k].mean(dim=0).nan_to_num() for k in range(int(labels.max()) + 1)])
    inside = features - means[labels]
    apart = means - means.mean(dim=0)
    within, between = inside.T @ inside / len(features), apart.T @ apart / len(means)
    return torch.trace(within @ torch.linalg.pinv(between)) / len(means)


def _nc1_without_centering(features, labels):
    if features.mean() < 10:
        return _nc1(features, labels)
    means = torch.stack([features[labels == k].mean(dim=0) for k in labels.unique()])
    return torch.trace(features.T @ features @ torch.linalg.pinv(means.T @ means))


# Of each function that is asked for: one that is right, and for every input one that goes wrong there first.
FUNCTIONS = {
    "collapse/write-nc1": (_nc1, [_nc1_with_the_mean_of_all_points, _nc1_without_centering, _nc1_with_a_phantom_class])
}
for _pattern in ("test_chapter_*.py", "test_experiment_*.py"):  # each keeps the solutions of its own exercises
    for _path in Path(__file__).parent.glob(_pattern):
        SOLUTIONS |= getattr(importlib.import_module(_path.stem), "SOLUTIONS", {})
        FUNCTIONS |= getattr(importlib.import_module(_path.stem), "FUNCTIONS", {})


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
    assert [name for name in exercises.FUNCTIONS if f'exercises.check_function(\\"{name}\\"' not in chapters] == []


def test_every_function_to_write_has_a_solution_and_what_goes_wrong():
    assert set(FUNCTIONS) == set(exercises.FUNCTIONS), "FUNCTIONS in tests/test_chapter_NAME.py: right, [wrong, ...]"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_that_is_right_is_accepted_and_each_input_finds_one_that_is_wrong(name, capsys):
    right, wrong = FUNCTIONS[name]
    trials = exercises.FUNCTIONS[name].trials
    exercises.check_function(name, right)
    assert capsys.readouterr().out == f"Right, on all {len(trials)} inputs.\n"
    found = set()
    for function in wrong:
        exercises.check_function(name, function)
        told = capsys.readouterr().out
        (trial,) = [each for each in trials if told.startswith(f"Not yet: on {each.what}, ")]
        assert trial.hint in told
        found.add(trial.what)
    assert found == {each.what for each in trials}


def test_what_a_written_function_does_wrong_is_told(capsys):
    name = "collapse/write-nc1"
    for function, told in [
        (None, "No function yet"),
        (lambda features: 0.0, "your function raised TypeError"),
        (lambda features, labels: features[0], "it returns a tensor of shape [6], where a number is expected"),
        (lambda features, labels: "much", "your function raised"),
        (lambda features, labels: 0.25, "it returns 0.25"),
        (lambda features, labels: float("nan"), "it returns nan"),
    ]:
        exercises.check_function(name, function)
        assert told in capsys.readouterr().out
    with pytest.raises(ValueError, match="collapse/write-nc1"):
        exercises.check_function("nothing", None)
    with pytest.raises(ValueError, match="function: expected a function, got 3"):
        exercises.check_function(name, 3)


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
