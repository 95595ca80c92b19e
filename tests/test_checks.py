"""What the checks of arguments take, and how they show a value. What they refuse is in test_wrong_arguments.py."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from tables import for_each

from ncbook import _checks, metrics, models, trainers


@for_each(
    ("value", "words"),
    [
        (None, "None"),
        (0.5, "0.5"),
        ("a word", "'a word'"),
        (np.int64(3), repr(np.int64(3))),
        ([1, 2], "list [1, 2]"),
        (np.zeros((2, 3)), "a numpy array float64 [2, 3]"),
        (torch.zeros(2, 3), "a tensor torch.float32 [2, 3] on cpu"),
        (torch.tensor(0.5), "tensor(0.5)"),
        (torch.zeros((), device="meta"), "a tensor torch.float32 [] on meta"),
        (int, "type <class 'int'>"),
    ],
)
def test_a_value_is_shown_in_a_few_words(value, words):
    assert _checks.described(value) == words


def test_a_long_value_is_shortened_and_stays_on_one_line():
    words = _checks.described({"steps": "many\n" * 1000, "other": list(range(1000))})
    assert len(words) < 400
    assert "\n" not in words
    assert "/a/path/of/more/than/thirty/letters/run.npz" in _checks.described(
        "/a/path/of/more/than/thirty/letters/run.npz"
    )


def test_numbers_of_numpy_are_numbers():
    _checks.require_integer("n", np.int32(3), 1)
    _checks.require_positive("n", np.float32(0.5))
    _checks.require_flag("n", np.True_)
    for value in (True, np.True_, Fraction(1, 2), "1", 1j):
        with pytest.raises(TypeError, match=r"^n: expected a finite number > 0, got "):
            _checks.require_positive("n", value)


def test_a_tensor_is_a_number_for_a_metric_and_none_for_a_setting():
    one, features = torch.tensor(1.0), torch.eye(3)
    assert metrics.coding_rate(features, one) == metrics.coding_rate(features, 1.0)
    with pytest.raises(TypeError, match=r"^learning_rate: expected a finite number > 0, got tensor\(1.0\)"):
        trainers.Recipe(3, one)


def test_the_largest_seeds_work():
    metrics.curvature_trace(lambda direction: 2 * direction, torch.ones(9), probes=2, seed=2**64 - 1)
    np.random.default_rng(2**64 - 1)
    for seed in (-(2**63), 2**64 - 1):
        with models.seeded(seed):
            pass
    with pytest.raises(ValueError, match=r"^seed: expected an integer in -9223372036854775808\.\.18446744073709551615"):
        models.seeded(2**64).__enter__()


def test_runs_are_read_without_torch():
    """The checks know a tensor where there can be one, and do not import torch to ask."""
    code = "import sys; from ncbook import _checks, runs; _checks.described([1]); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
