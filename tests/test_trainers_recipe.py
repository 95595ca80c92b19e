"""Recipes: schedules, stop rules, and what is refused."""

import math

import pytest
from tables import for_each

from ncbook import trainers


def rates(schedule, steps: int) -> list[float]:
    return [schedule(step) for step in range(steps)]


def test_schedules_give_the_rates_that_they_promise():
    assert rates(trainers.constant, 3) == [1.0, 1.0, 1.0]
    assert rates(trainers.Drops((2, 4)), 6) == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert rates(trainers.Drops((1,), factor=0.5), 2) == [1.0, 0.5]
    assert rates(trainers.Drops(()), 2) == [1.0, 1.0]
    schedule = trainers.Cosine(10, last=0.2)
    assert schedule(0) == 1.0
    assert schedule(5) == pytest.approx(0.6)
    assert schedule(10) == schedule(99) == pytest.approx(0.2)
    assert rates(schedule, 11) == sorted(rates(schedule, 11), reverse=True)
    held = trainers.Cosine(10, start=6)
    assert rates(held, 12) == pytest.approx([1] * 7 + [0.8536, 0.5, 0.1464, 0, 0], abs=1e-4)
    assert rates(trainers.WarmUp(4), 6) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
    assert rates(trainers.WarmUp(2, then=trainers.Drops((3,))), 5) == pytest.approx([0.5, 1, 1, 0.1, 0.1])


def seen(step=100, loss=0.5, error=0.1, zero=None) -> trainers.Seen:
    return trainers.Seen(step, loss, error, zero)


@for_each(
    ("rule", "holds", "fails"),
    [
        (trainers.LossBelow(0.3), seen(loss=0.29), seen(loss=0.3)),
        (trainers.AccuracyAbove(0.9), seen(error=0.05), seen(error=0.2)),
        (trainers.AccuracyAbove(1.0), seen(error=0.0), seen(error=1e-6)),
        (trainers.AfterZeroError(40), seen(zero=60), seen(zero=61)),
        (trainers.AfterZeroError(40), seen(zero=0), seen(zero=None)),
    ],
)
def test_a_stop_rule(rule, holds, fails):
    assert rule(holds)
    assert not rule(fails)


@for_each(
    ("setting", "value"),
    [
        ("steps", 0),
        *(("batch_size", value) for value in (1, 0, -3)),
        *(("learning_rate", value) for value in (0.0, -1.0, math.nan, math.inf)),
        *(("momentum", value) for value in (1.0, -0.1, math.nan)),
        ("betas", (0.9, 1.0)),
        *(("eps", value) for value in (0.0, -1e-8, math.inf, math.nan)),
        *(("weight_decay", value) for value in (-1e-4, math.nan, math.inf)),
        *(("head_norm", value) for value in (0.0, -1.0, math.nan)),
        ("optimizer", "adam"),
        ("precision", "float8"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(setting, value):
    settings = {"steps": 6, "learning_rate": 0.1} | {setting: value}
    with pytest.raises(ValueError, match=f"{setting}: ") as caught:
        trainers.Recipe(**settings)
    assert str(value) in str(caught.value)


@for_each(
    ("setting", "value"),
    [
        ("batch_size", 10),
        ("augment", lambda inputs, generator: inputs),
        ("attack", trainers.Attack(0.1)),
        ("filters", (trainers.Orthogonal(),)),
    ],
)
def test_lbfgs_refuses_what_changes_from_step_to_step(setting, value):
    with pytest.raises(ValueError, match=f"{setting}: expected .* since L-BFGS"):
        trainers.Recipe(6, 1.0, optimizer="lbfgs", **{setting: value})


@for_each(
    ("build", "name"),
    [
        (lambda: trainers.Drops((1,), factor=1.5), "factor"),
        (lambda: trainers.Cosine(0), "steps"),
        (lambda: trainers.Cosine(5, last=2.0), "last"),
        (lambda: trainers.Cosine(5, start=5), "start"),
        (lambda: trainers.WarmUp(0), "steps"),
        (lambda: trainers.LossBelow(math.nan), "level"),
        (lambda: trainers.AccuracyAbove(1.5), "level"),
        (lambda: trainers.AfterZeroError(-1), "steps"),
    ],
)
def test_schedules_and_rules_refuse_what_makes_no_sense(build, name):
    with pytest.raises(ValueError, match=f"{name}: "):
        build()


def test_recipes_of_equal_settings_are_equal():
    assert trainers.Recipe(5, 0.1, loss=trainers.Focal()) == trainers.Recipe(5, 0.1, loss=trainers.Focal())
    assert trainers.Recipe(5, 0.1) != trainers.Recipe(5, 0.1, loss=trainers.Focal())


@for_each(("points", "batch_size", "expected"), [(60, 25, 2), (60, 60, 1), (7, None, 1)])
def test_steps_of_an_epoch(points, batch_size, expected):
    assert trainers.steps_per_epoch(points, batch_size) == expected


# --- probes


@for_each(("last", "count"), [(1, 1), (1, 5), (12, 6), (200, 40), (350, 12)])
def test_log_spaced_starts_at_zero_ends_at_the_last_and_rises(last, count):
    numbers = trainers.log_spaced(last, count)
    assert numbers[0] == 0
    assert numbers[-1] == last or count == 1
    assert list(numbers) == sorted(set(numbers))
    assert len(numbers) <= count + 1
    assert all(type(number) is int for number in numbers)
    assert trainers.log_spaced(10_000, 5) == (0, 1, 10, 100, 1000, 10_000)  # by about the same factor
