"""Which trainings a checkpoint takes for the same: told by code and values, in the same words in every process."""

import functools
import math
import operator
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tables import for_each
from trainings import blobs, network

import ncbook
from ncbook import trainers
from ncbook.trainers.identity import identity

RATE = 0.5


def scaled(step: int, by: float = 1.0) -> float:
    return by


def reads_a_global(step: int) -> float:
    return RATE


def calls_another(step: int) -> float:
    return scaled(step)


class Stepped:
    """An object with a default repr."""

    def __init__(self, by: float) -> None:
        self.by = by

    def __call__(self, step: int) -> float:
        return self.by


@dataclass(frozen=True)
class Frozen:
    by: float = 1.0

    def __call__(self, step: int) -> float:
        return self.by * scaled(step)


class Slotted:
    __slots__ = ("by",)

    def __init__(self, by: float) -> None:
        self.by = by

    def __call__(self, step: int) -> float:
        return self.by


def closed_over(value) -> trainers.recipe.Schedule:
    return lambda step: float(value is not None)


def with_local(value: float) -> trainers.recipe.Schedule:
    return lambda step: value


@functools.lru_cache
def cached(step: int) -> float:
    return 1.0


def schedules() -> dict:
    """All of them different; made anew by each call."""
    return {
        "lambda 1": lambda step: 1.0,
        "lambda 0": lambda step: 0.0,
        "two names": lambda step: math.cos(step),
        "another name": lambda step: math.sin(step),
        "default": lambda step, by=1.0: by,
        "another default": lambda step, by=2.0: by,
        "keyword": lambda step, *, by=2.0: by,
        "inner": lambda step: (lambda: 3.0)(),
        "another inner": lambda step: (lambda: 4.0)(),
        "set": lambda step: float(step in {"a", "b", "c", "d"}),
        "named": scaled,
        "global": reads_a_global,
        "calls": calls_another,
        "closure": with_local(1.0),
        "another closure": with_local(2.0),
        "partial": functools.partial(scaled, by=1.0),
        "another partial": functools.partial(scaled, by=2.0),
        "partial of a partial": functools.partial(functools.partial(scaled), by=3.0),
        "object": Stepped(1.0),
        "another object": Stepped(2.0),
        "method": Stepped(3.0).__call__,
        "dataclass": Frozen(),
        "another dataclass": Frozen(2.0),
        "slots": Slotted(1.0),
        "another slots": Slotted(2.0),
        "cached": cached,
        "tensor": with_local(torch.tensor([1.0, 2.0])),
        "another tensor": with_local(torch.tensor([2.0, 1.0])),
        "array": with_local(np.array([1.0])),
        "list's own": [1.0, 0.5].__getitem__,
        "another list's own": [0.5, 1.0].__getitem__,
        "of C": operator.itemgetter(1),
        "another of C": operator.itemgetter(2),
        "builtin": abs,
        "numpy": np.sqrt,
        "ours": trainers.constant,
        "our object": trainers.Cosine(3),
        "module": with_local(torch.nn.Linear(2, 2).requires_grad_(False).eval()),
        "generator": with_local(np.random.default_rng(0)),
        "class": with_local(Stepped),
        "another class": with_local(Frozen),
    }


def told(schedule) -> str:
    return identity(network(), blobs(), replace(RECIPE, schedule=schedule), 0)["schedule"]


RECIPE = trainers.Recipe(3, 0.1)


def all_told() -> dict[str, str]:
    torch.manual_seed(0)
    return {name: told(schedule) for name, schedule in schedules().items()}


def test_different_functions_are_different():
    words = all_told()
    assert len(set(words.values())) == len(words), "\n".join(sorted(words.values()))


def test_the_same_functions_are_the_same_in_another_process():
    """With another seed of hashes, which orders sets otherwise."""
    here = all_told()
    code = "import test_trainers_identity as t\nfor each in t.all_told().items(): print(*each, sep='|')"
    paths = [str(Path(__file__).parent), str(Path(ncbook.__file__).parents[1])]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert dict(line.split("|", 1) for line in done.stdout.splitlines()) == here
    assert "0x" not in done.stdout


def test_a_change_of_what_a_function_reads_or_calls_is_told(monkeypatch):
    before = told(reads_a_global), told(calls_another)
    monkeypatch.setitem(globals(), "RATE", 0.25)
    monkeypatch.setitem(globals(), "scaled", lambda step: 0.25)
    after = told(reads_a_global), told(calls_another)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_functions_that_hold_themselves_come_to_an_end():
    def again(step: int) -> float:
        return again(step - 1) if step else 1.0

    holder = Stepped(1.0)
    holder.by = holder
    assert told(again) != told(holder)


def test_what_holds_the_network_itself_does_not_depend_on_its_weights():
    """They change in the training, after which another call in the same process is to find its checkpoint."""
    model, train = network(), blobs()
    recipe = replace(RECIPE, schedule=closed_over(model))
    before = identity(model, train, recipe, 0)
    trainers.fit(model, train, RECIPE, 0)
    assert identity(model, train, recipe, 0) == before


@for_each("value", [threading.Lock(), (step for step in range(3)), sys.stderr])
def test_what_cannot_be_told_is_refused_before_the_training_with_the_way_out(value):
    seen = []
    recipe = replace(RECIPE, schedule=closed_over(value))
    with pytest.raises(ValueError, match=r"recipe\.schedule: a checkpoint cannot tell a value of type .*partial"):
        trainers.fit(network(), blobs(), recipe, 0, on_step=seen.append, checkpoint="training.pt")
    assert seen == []
    assert not Path("training.pt").exists()
    assert trainers.fit(network(), blobs(), recipe, 0).step == 3  # without a checkpoint it need not be told


@for_each(
    "change",
    [
        {"loss": trainers.Focal()}, {"loss": trainers.Focal(2.0)}, {"steps": 4}, {"augment": lambda x, g: x},
        {"regularizers": (trainers.Regularizer(lambda outputs: outputs.mean(outputs.logits[:, 0]), 0.1),)},
        {"filters": (trainers.Amplified(),)}, {"stop": (trainers.LossBelow(0.1),)}, {"learning_rate": 0.2},
    ],
)  # fmt: skip
def test_each_part_of_a_recipe_is_told_by_its_name(change):
    one, other = (identity(network(), blobs(), recipe, 0) for recipe in (RECIPE, replace(RECIPE, **change)))
    assert [name for name in one if one[name] != other[name]] == list(change)


def test_numbers_are_told_by_their_value():
    assert told(with_local(np.float64(1.0))) == told(with_local(1.0))
