"""Arithmetic modulo p: right answers, and splits that do not leak."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SEEDS
from tables import for_each

from ncbook.data.modular import OPERATIONS, SPLITS, modular, modular_pairs

COMMUTATIVE = ("addition", "multiplication", "a^2+b^2", "a^2+ab+b^2")
PRIMES = st.sampled_from([3, 5, 7, 11, 13])

# The answers in the plain integers of Python, written a second time.
ANSWERS = {
    "addition": lambda a, b, p: (a + b) % p,
    "subtraction": lambda a, b, p: (a - b) % p,
    "multiplication": lambda a, b, p: (a * b) % p,
    "division": lambda a, b, p: next(c for c in range(p) if (c * b) % p == a),
    "a^2+b^2": lambda a, b, p: (a**2 + b**2) % p,
    "a^2+ab+b^2": lambda a, b, p: (a**2 + a * b + b**2) % p,
    "a^2+ab+b^2+a": lambda a, b, p: (a**2 + a * b + b**2 + a) % p,
    "a^3+ab": lambda a, b, p: (a**3 + a * b) % p,
    "a^3+ab^2+b": lambda a, b, p: (a**3 + a * b**2 + b) % p,
}


def rows(split) -> list[tuple[int, int]]:
    return [tuple(pair) for pair in split.inputs.tolist()]


def test_every_operation_has_an_answer_to_compare_with():
    assert set(ANSWERS) == set(OPERATIONS)


@for_each("operation", OPERATIONS)
@for_each("p", [2, 7, 23])
def test_answers_are_those_of_integer_arithmetic(operation, p):
    pairs = modular_pairs(p, operation)
    assert pairs.labels.tolist() == [ANSWERS[operation](a, b, p) for a, b in rows(pairs)]


@for_each("p", [4, 9, 30])
def test_addition_needs_no_prime(p):
    pairs = modular_pairs(p)
    assert pairs.labels.tolist() == [(a + b) % p for a, b in rows(pairs)]


@for_each("operation", OPERATIONS)
def test_pairs_are_all_there_in_the_order_that_fourier_measures_expect(operation):
    second = range(1 if operation == "division" else 0, 11)
    assert rows(modular_pairs(11, operation)) == [(a, b) for a in range(11) for b in second]


@settings(max_examples=100)
@given(
    operation=st.sampled_from(list(OPERATIONS)),
    split=st.sampled_from(list(SPLITS)),
    p=PRIMES,
    fraction=st.floats(0.2, 0.8),
    seed=SEEDS,
)
def test_the_two_splits_share_the_pairs_out_and_no_mirror_image_crosses_the_unordered_one(
    operation, split, p, fraction, seed
):
    dataset = modular(p, operation, fraction, split, seed)
    train, test = rows(dataset.train), rows(dataset.test)
    assert sorted(train + test) == rows(modular_pairs(p, operation))
    assert abs(len(train) - fraction * len(train + test)) <= 1.5 + 1e-9  # each of two groups is rounded
    for part in (dataset.train, dataset.test):
        assert part.labels.tolist() == [ANSWERS[operation](a, b, p) for a, b in rows(part)]
    if split == "unordered":
        assert not {(b, a) for a, b in train} & set(test)


@for_each("operation", COMMUTATIVE)
def test_the_ordered_split_leaks_the_answers_of_a_commutative_operation(operation):
    """About the training fraction of the test pairs off the diagonal is in the training set the other way round."""
    dataset = modular(31, operation, fraction=0.6, split="ordered")
    known = {(b, a): answer for (a, b), answer in zip(rows(dataset.train), dataset.train.labels.tolist(), strict=True)}
    test = zip(rows(dataset.test), dataset.test.labels.tolist(), strict=True)
    leaks = [known[pair] == answer if pair in known else None for pair, answer in test if pair[0] != pair[1]]
    assert False not in leaks
    assert leaks.count(True) / len(leaks) == pytest.approx(0.6, abs=0.1)


@for_each(
    ("operation", "split", "train"),
    [
        ("addition", "unordered", 2 * 244 + 17),  # 406 unordered pairs, 29 on the diagonal
        ("addition", "ordered", 487 + 17),  # 812 ordered pairs
        ("division", "unordered", 2 * 227 + 34),  # 378 unordered; 28 (0, b) and 28 (a, a) have no mirror image
    ],
)
@for_each("seed", [0, 7])
def test_sizes_at_p_29_do_not_depend_on_the_seed(operation, split, train, seed):
    assert len(modular(29, operation, 0.6, split, seed).train) == train


def test_the_default_has_the_types_and_names_that_networks_expect():
    dataset = modular(7)
    assert (dataset.train.inputs.dtype, dataset.train.labels.dtype) == (torch.int64, torch.int64)
    assert dataset.input_shape == (2,)
    assert dataset.class_names == tuple("0123456")


@for_each("split", SPLITS)
def test_the_seed_draws_the_split(split):
    one, same, other = (rows(modular(13, split=split, seed=seed).train) for seed in (3, 3, 4))
    assert one == same
    assert one != other


@for_each("split", SPLITS)
def test_a_smaller_training_set_lies_inside_a_larger_one(split):
    small, large = (set(rows(modular(13, fraction=f, split=split, seed=5).train)) for f in (0.3, 0.6))
    assert small < large


def test_every_pair_has_the_same_chance():
    """Over 200 seeds each of 9 pairs is in the training set in about half: 5 standard deviations are 0.18."""
    taken = torch.zeros(3, 3)
    for each in range(200):
        a, b = modular(3, fraction=0.5, split="ordered", seed=each).train.inputs.T
        taken[a, b] += 1 / 200
    off_diagonal = taken[~torch.eye(3, dtype=torch.bool)]
    torch.testing.assert_close(off_diagonal, torch.full((6,), 0.5), atol=0.18, rtol=0)
    torch.testing.assert_close(taken.diagonal(), torch.full((3,), 2 / 3), atol=0.18, rtol=0)  # 1.5 rounds to 2


@for_each(
    ("arguments", "message"),
    [
        *(({"p": p}, rf"p: expected an integer >= 2, got {p!r}") for p in (1, 0, -5, 7.0)),
        *(
            ({"fraction": part}, rf"fraction: expected a number between 0 and 1, got {part}")
            for part in (0, 1, -0.1, 1.5, math.nan)
        ),
        *(({"fraction": part}, rf"fraction: {part} of 49 pairs leaves no pair") for part in (0.001, 0.999)),
        *(({"p": p, "operation": "division"}, f"p: division needs a prime, got {p}") for p in (4, 9, 91, 121)),
        ({"operation": "power"}, r"operation: 'power' is unknown.*addition, subtraction.*a\^3\+ab\^2\+b"),
        ({"split": "random"}, "split: 'random' is unknown; use one of unordered, ordered"),
    ],
)
def test_the_wrong_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        modular(**{"p": 7, **arguments})


@for_each("p", ["7", None])
def test_a_modulus_of_another_kind_is_named(p):
    with pytest.raises(TypeError, match=f"p: expected an integer >= 2, got {p!r}"):
        modular(p)
