"""Who watches a training hears of every step and probe, may end it, and hears of no other thread's."""

import threading
from types import SimpleNamespace

import pytest
import torch

from ncbook import data, models, trainers

STEPS = trainers.Recipe(steps=4, learning_rate=0.1)


@pytest.fixture
def heard():
    """What one hears, in its order, and the two functions to hear with."""
    events = []
    return SimpleNamespace(
        events=events,
        step=lambda step, steps: events.append((step, steps)),
        probe=lambda result: events.append(result),
    )


def fit(recipe=STEPS, **more):
    network = models.mlp((2,), 2, width=4)
    split = data.Split(torch.eye(2).repeat(3, 1), torch.arange(2).repeat(3))
    return trainers.fit(network, split, recipe, 0, lambda model, step: f"at {step}", (0, 2, 4), **more)


def fit_ensemble():
    split = data.modular(5).train
    members = [trainers.Member(0), trainers.Member(1)]
    build = lambda seed: models.PairMLP(5)  # noqa: E731 - as short as can be
    return trainers.fit_ensemble(build, split, STEPS, members, lambda ensemble, step: f"at {step}", (0, 2, 4))


@pytest.mark.parametrize("train", [fit, fit_ensemble])
def test_every_step_and_every_probe_is_told_in_order(train, heard):
    with trainers.watched(heard.step, heard.probe):
        train()
    assert heard.events == [(0, 4), "at 0", (1, 4), "at 2", (2, 4), (3, 4), "at 4", (4, 4)]


def test_each_of_two_trainings_says_where_it_starts(heard):
    with trainers.watched(heard.step, heard.probe):
        fit()
        fit()
    assert heard.events[:8] == heard.events[8:]


def test_a_training_that_goes_on_says_where(heard, tmp_path):
    class Interrupted(Exception):
        pass

    def stop(step):
        if step == 3:
            raise Interrupted

    keep = {"checkpoint": tmp_path / "state", "checkpoint_seconds": 0}
    with pytest.raises(Interrupted):
        fit(on_step=stop, **keep)
    with trainers.watched(heard.step, heard.probe):
        fit(**keep)
    assert heard.events == [(2, 4), (3, 4), "at 4", (4, 4)]


def test_the_caller_s_own_function_hears_the_steps_too(heard):
    own = []
    with trainers.watched(heard.step, heard.probe):
        fit(on_step=own.append)
    assert own == [1, 2, 3, 4]


def test_what_it_raises_ends_the_training(heard):
    class Enough(Exception):
        pass

    def end(step, steps):
        heard.step(step, steps)
        if step == 2:
            raise Enough

    with pytest.raises(Enough), trainers.watched(end, heard.probe):
        fit()
    assert heard.events[-1] == (2, 4)
    assert not trainers.is_watched()
    before = len(heard.events)
    fit()
    assert len(heard.events) == before


def test_the_inner_of_two_blocks_hears_and_then_the_outer_again(heard):
    inner = []
    with trainers.watched(heard.step, heard.probe):
        with trainers.watched(lambda step, steps: inner.append(step), inner.append):
            fit()
        assert heard.events == []
        fit()
    assert len(inner) == len(heard.events) == 8


def test_it_hears_of_this_thread_alone(heard):
    with trainers.watched(heard.step, heard.probe):
        other = threading.Thread(target=fit)
        other.start()
        other.join()
    assert heard.events == []


def test_no_bar_shows(monkeypatch, heard):
    bars = []
    monkeypatch.setattr(trainers.loop, "tqdm", lambda **options: bars.append(options) or pytest.fail("a bar"))
    with trainers.watched(heard.step, heard.probe):
        fit()
    assert bars == []


def test_a_bar_shows_where_nobody_watches(monkeypatch):
    bars = []

    class Bar:
        def __init__(self, **options):
            bars.append(options["total"])

        __enter__ = lambda self: self  # noqa: E731 - no more than a stand-in needs
        __exit__ = lambda self, *_: None  # noqa: E731
        update = lambda self: None  # noqa: E731

    monkeypatch.setattr(trainers.loop, "tqdm", Bar)
    fit()
    assert bars == [4]
