"""Transformations of a data set: counts, ratios, seeds, and what they leave alone."""

import math
from collections import Counter
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook.data.dataset import Dataset, Split
from ncbook.data.transformations import (
    ExponentialImbalance,
    LabelNoise,
    NoisySplit,
    Oversampling,
    RandomLabels,
    StepImbalance,
    Subset,
    SuperClasses,
    WrongLabelNoise,
    hold_out,
)

seeds = st.integers(0, 2**31)
sizes = st.lists(st.integers(1, 12), min_size=2, max_size=6)  # training images of each class


def _dataset(counts, seed: int = 0) -> Dataset:
    """Each input is a number of its own; label = (number // 1000), so that an input tells its true class."""
    numbers = [1000 * c + i for c, count in enumerate(counts) for i in range(count)]
    train = torch.tensor(numbers)[torch.randperm(len(numbers), generator=torch.Generator().manual_seed(seed))]
    test = torch.tensor([1000 * c + 900 + i for i in range(3) for c in range(len(counts))])
    splits = (Split(each.float()[:, None], each // 1000) for each in (train, test))
    return Dataset("numbers", *splits, tuple(f"class {c}" for c in range(len(counts))))


def _counts(split: Split) -> list[int]:
    tally = Counter(split.labels.tolist())
    return [tally[c] for c in range(max(tally) + 1)]


def _same(first: Split, second: Split) -> bool:
    return torch.equal(first.inputs, second.inputs) and torch.equal(first.labels, second.labels)


def _is_subsequence(part: torch.Tensor, whole: torch.Tensor) -> bool:
    remaining = iter(whole.flatten().tolist())
    return all(each in remaining for each in part.flatten().tolist())


def _labels_are_true(split: Split) -> bool:
    return torch.equal(split.inputs[:, 0].long() // 1000, split.labels)


NOISES = [LabelNoise(0.4), WrongLabelNoise(0.4), RandomLabels()]
TRAIN_ONLY = [*NOISES, Subset(3), ExponentialImbalance(4), StepImbalance(4, 2)]


@for_each("transformation", [*TRAIN_ONLY, Oversampling()])
def test_the_test_split_and_the_old_data_set_stay_as_they_were(transformation):
    dataset, untouched = _dataset([8] * 4), _dataset([8] * 4)
    changed = transformation(dataset)
    assert changed.test is dataset.test
    assert (changed.name, changed.class_names) == (dataset.name, dataset.class_names)
    assert changed.train.labels.dtype == torch.int64
    assert _same(dataset.train, untouched.train)


@for_each("transformation", TRAIN_ONLY)
def test_a_seed_is_reproducible_and_another_differs(transformation):
    dataset = _dataset([50] * 4)
    assert _same(transformation(dataset).train, transformation(dataset).train)
    assert not _same(transformation(dataset).train, replace(transformation, seed=1)(dataset).train)


@for_each("transformation", [*TRAIN_ONLY, SuperClasses((0, 1, 1, 0), ("a", "b"))])
def test_transformations_are_values(transformation):
    assert transformation == replace(transformation)
    assert len({transformation, replace(transformation)}) == 1


# Rows that stay


@given(counts=sizes, seed=seeds, data=st.data())
def test_a_subset_has_as_many_of_each_class_in_their_old_order(counts, seed, data):
    dataset, per_class = _dataset(counts, seed), data.draw(st.integers(1, min(counts)))
    train = Subset(per_class, seed)(dataset).train
    assert _counts(train) == [per_class] * len(counts)
    assert _is_subsequence(train.inputs, dataset.train.inputs)
    assert _labels_are_true(train)


@given(counts=sizes, seed=seeds, data=st.data())
def test_subsets_of_one_seed_are_nested(counts, seed, data):
    dataset, large = _dataset(counts), data.draw(st.integers(1, min(counts)))
    small = data.draw(st.integers(1, large))
    assert _is_subsequence(Subset(small, seed)(dataset).train.inputs, Subset(large, seed)(dataset).train.inputs)


def test_a_subset_of_all_is_the_whole():
    dataset = _dataset([7] * 5)
    assert _same(Subset(7, seed=3)(dataset).train, dataset.train)


def test_every_row_is_as_likely_to_stay():
    """4 of 10 rows of each class over 1000 seeds: each stays 400 times, give or take five standard deviations."""
    dataset, tally = _dataset([10, 10]), Counter()
    for seed in range(1000):
        tally.update(Subset(4, seed)(dataset).train.inputs.flatten().tolist())
    assert len(tally) == 20
    assert max(abs(count - 400) for count in tally.values()) < 5 * math.sqrt(1000 * 0.4 * 0.6)


@for_each(
    ("ratio", "expected"),
    [
        (1, [500] * 10),
        (10, [500, 387, 300, 232, 180, 139, 108, 83, 65, 50]),
        (100, [500, 300, 180, 108, 65, 39, 23, 14, 8, 5]),
        (500, [500, 251, 126, 63, 32, 16, 8, 4, 2, 1]),
    ],
)
def test_exponential_imbalance_has_the_sizes_of_its_formula(ratio, expected):
    assert _counts(ExponentialImbalance(ratio)(_dataset([500] * 10)).train) == expected


@given(num_classes=st.integers(2, 7), size=st.integers(1, 40), seed=seeds, data=st.data())
def test_exponential_imbalance_falls_geometrically(num_classes, size, seed, data):
    ratio = data.draw(st.floats(1, size))
    dataset = _dataset([size] * num_classes, seed)
    train = ExponentialImbalance(ratio, seed)(dataset).train
    for c, count in enumerate(_counts(train)):
        assert abs(count - size / ratio ** (c / (num_classes - 1))) <= 0.5 + 1e-9
    assert _is_subsequence(train.inputs, dataset.train.inputs)
    assert _labels_are_true(train)


@given(num_classes=st.integers(2, 7), size=st.integers(1, 40), seed=seeds, data=st.data())
def test_step_imbalance_has_two_sizes(num_classes, size, seed, data):
    divisor = data.draw(st.sampled_from([each for each in range(1, size + 1) if size % each == 0]))
    minority = data.draw(st.integers(1, num_classes - 1))
    dataset = _dataset([size] * num_classes, seed)
    train = StepImbalance(divisor, minority, seed)(dataset).train
    assert _counts(train) == [size] * (num_classes - minority) + [size // divisor] * minority
    assert _is_subsequence(train.inputs, dataset.train.inputs)
    assert _labels_are_true(train)


def test_imbalance_starts_from_the_smallest_class():
    assert _counts(StepImbalance(2, 1)(_dataset([9, 6, 8])).train) == [6, 6, 3]
    assert _counts(ExponentialImbalance(4)(_dataset([9, 8, 10])).train) == [8, 4, 2]


@given(counts=sizes, seed=seeds)
def test_oversampling_repeats_images_equally_often(counts, seed):
    dataset = _dataset(counts, seed)
    train = Oversampling(seed)(dataset).train
    assert _counts(train) == [max(counts)] * len(counts)
    assert _labels_are_true(train)
    copies = Counter(train.inputs.flatten().tolist())
    assert set(copies) == set(dataset.train.inputs.flatten().tolist())
    for number, times in copies.items():
        assert times in (max(counts) // counts[int(number) // 1000], -(-max(counts) // counts[int(number) // 1000]))


def test_the_seed_of_oversampling_draws_who_has_one_copy_more():
    drawn = {tuple(Oversampling(seed)(_dataset([5, 3])).train.inputs.flatten().tolist()) for seed in range(20)}
    assert len(drawn) == 3  # two of three images have a second copy


# Labels that change


@for_each("transformation", NOISES)
def test_noise_keeps_inputs_and_true_labels(transformation):
    dataset = _dataset([20] * 4)
    train = transformation(dataset).train
    assert train.inputs is dataset.train.inputs
    assert torch.equal(train.true_labels, dataset.train.labels)
    assert train.wrong.tolist() == [
        a != b for a, b in zip(train.labels.tolist(), train.true_labels.tolist(), strict=True)
    ]
    assert train.wrong.any()


@given(counts=sizes, rate=st.floats(0, 1), seed=seeds)
def test_noisy_labels_are_labels(counts, rate, seed):
    dataset = _dataset(counts)
    for transformation in (LabelNoise(rate, seed), WrongLabelNoise(rate, seed)):
        labels = transformation(dataset).train.labels
        assert 0 <= labels.min() <= labels.max() < len(counts)


@for_each("transformation", [LabelNoise, WrongLabelNoise])
def test_no_noise_changes_nothing(transformation):
    dataset = _dataset([20] * 4)
    assert _same(transformation(0.0)(dataset).train, dataset.train)


@given(counts=sizes, seed=seeds)
def test_wrong_noise_of_rate_1_never_leaves_the_true_label(counts, seed):
    assert WrongLabelNoise(1.0, seed)(_dataset(counts)).train.wrong.all()


@for_each(("transformation", "correct"), [(LabelNoise, True), (WrongLabelNoise, False)])
@for_each("rate", [0.1, 0.5, 1.0])
def test_noise_has_the_transition_matrix_of_its_definition(transformation, correct, rate):
    """Entry (true, label): each of K^2 frequencies of 40,000 images within five binomial standard deviations."""
    num_classes, size = 5, 40000
    labels = torch.arange(num_classes).repeat_interleave(size)
    split = Split(torch.zeros(len(labels), 1), labels)
    train = transformation(rate, seed=7)(Dataset("zeros", split, split, tuple("abcde"))).train
    for true in range(num_classes):
        found = train.labels[labels == true].bincount(minlength=num_classes).double() / size
        for label in range(num_classes):
            if correct:
                expected = rate / num_classes + (1 - rate) * (label == true)
            else:
                expected = 1 - rate if label == true else rate / (num_classes - 1)
            assert abs(found[label].item() - expected) <= 5 * math.sqrt(expected * (1 - expected) / size)


@given(counts=sizes, seed=seeds)
def test_random_labels_are_the_old_ones_in_another_order(counts, seed):
    dataset = _dataset(counts)
    assert _counts(RandomLabels(seed)(dataset).train) == counts


def test_random_labels_know_nothing_of_the_input():
    """Of 4000 labels in 4 classes, 1000 are right by chance, give or take five standard deviations."""
    right = int((~RandomLabels(1)(_dataset([900] * 4)).train.wrong).sum())
    assert abs(right - 900) < 5 * math.sqrt(3600 * 0.25 * 0.75)


def test_true_labels_survive_more_noise_and_fewer_rows():
    train = Subset(5)(WrongLabelNoise(1.0)(LabelNoise(0.5)(_dataset([30] * 3)))).train
    assert isinstance(train, NoisySplit)
    assert torch.equal(train.inputs[:, 0].long() // 1000, train.true_labels)
    assert _counts(train) == [5] * 3


def test_a_noisy_split_moves_to_a_device_as_a_whole():
    train = LabelNoise(0.5)(_dataset([5] * 3)).to("meta").train
    assert isinstance(train, NoisySplit)
    assert {each.device.type for each in (train.inputs, train.labels, train.true_labels)} == {"meta"}


# Other classes


@given(counts=sizes, data=st.data())
def test_super_classes_map_both_splits(counts, data):
    drawn = data.draw(st.lists(st.integers(0, 2), min_size=len(counts), max_size=len(counts)))
    groups = (0, 1, *drawn[2:])
    names = ("even", "odd", "other")[: max(groups) + 1]
    dataset = _dataset(counts)
    coarse = SuperClasses(groups, names)(dataset)
    assert coarse.class_names == names
    for old, new in ((dataset.train, coarse.train), (dataset.test, coarse.test)):
        assert new.inputs is old.inputs
        assert new.labels.dtype == torch.int64
        assert new.labels.tolist() == [groups[c] for c in old.labels.tolist()]


def test_super_classes_of_noisy_labels_map_the_true_ones_too():
    noisy = WrongLabelNoise(1.0)(_dataset([10] * 4))
    train = SuperClasses((0, 0, 1, 1), ("low", "high"))(noisy).train
    assert torch.equal(train.true_labels, noisy.train.true_labels // 2)
    assert torch.equal(train.labels, noisy.train.labels // 2)


@given(counts=st.lists(st.integers(1, 12), min_size=4, max_size=7), data=st.data())
def test_held_out_classes_part_the_images(counts, data):
    order = data.draw(st.permutations(range(len(counts))))
    target_classes = order[: data.draw(st.integers(2, len(counts) - 2))]
    dataset = _dataset(counts)
    source, target = hold_out(dataset, target_classes)
    chosen = (sorted(set(range(len(counts))) - set(target_classes)), target_classes)
    for part, classes in zip((source, target), chosen, strict=True):
        assert part.class_names == tuple(f"class {c}" for c in classes)
        for split, whole in ((part.train, dataset.train), (part.test, dataset.test)):
            assert [classes[label] for label in split.labels.tolist()] == (split.inputs[:, 0].long() // 1000).tolist()
            assert _is_subsequence(split.inputs, whole.inputs)
    for name in ("train", "test"):
        assert len(getattr(source, name)) + len(getattr(target, name)) == len(getattr(dataset, name))


# Bad input


@for_each(
    ("transformation", "message"),
    [
        (Subset(0), r"per_class: expected an integer in 1\.\.6, .*got 0"),
        (Subset(7), r"per_class: expected an integer in 1\.\.6, .*got 7"),
        (ExponentialImbalance(0.5), r"ratio: expected a number in 1\.\.6, .*got 0\.5"),
        (ExponentialImbalance(6.5), "ratio: .*got 6.5"),
        (ExponentialImbalance(math.nan), "ratio: .*got nan"),
        (StepImbalance(math.inf, 1), "ratio: .*got inf"),
        (StepImbalance(2, 0), r"minority: expected an integer in 1\.\.2 .*got 0"),
        (StepImbalance(2, 3), r"minority: expected an integer in 1\.\.2 .*got 3"),
        (LabelNoise(-0.1), r"rate: expected a number in \[0, 1\], got -0\.1"),
        (LabelNoise(math.nan), "rate: .*got nan"),
        (WrongLabelNoise(1.1), r"rate: expected a number in \[0, 1\], got 1\.1"),
        (SuperClasses((0, 1), ("a", "b")), "groups: 2 numbers for 3 classes"),
        (lambda dataset: hold_out(dataset, (1, 3)), r"classes: expected an integer in 0\.\.2, got 3"),
        (lambda dataset: hold_out(dataset, (1, 1)), r"classes: expected each once, got \(1, 1\)"),
        (lambda dataset: hold_out(dataset, (0, 1)), "classes: .* leaves 1 source and 2 target"),
        (lambda dataset: hold_out(LabelNoise(0.1)(dataset), (0, 1)), "dataset: its training labels are noisy"),
    ],
)
def test_bad_input_is_named(transformation, message):
    with pytest.raises(ValueError, match=message):
        transformation(_dataset([9, 6, 8]))


@for_each("transformation", [ExponentialImbalance(1), LabelNoise(0.5), WrongLabelNoise(0.5)])
def test_a_single_class_is_refused(transformation):
    with pytest.raises(ValueError, match=r"dataset: .* K >= 2 classes, got 1"):
        transformation(_dataset([4]))


@for_each(
    ("groups", "names", "message"),
    [
        ((0, 0), ("all",), "names: expected the names of at least two"),
        ((0, 2), ("a", "b"), r"groups: expected an integer in 0\.\.1, got 2"),
        ((0, 0), ("a", "b"), r"groups: expected every number of 0\.\.1, got \(0, 0\)"),
    ],
)
def test_super_classes_refuse_names_and_numbers_that_do_not_fit(groups, names, message):
    with pytest.raises(ValueError, match=message):
        SuperClasses(groups, names)


def test_a_noisy_split_refuses_true_labels_that_do_not_fit():
    labels = torch.zeros(4, dtype=torch.long)
    with pytest.raises(ValueError, match=r"true_labels: expected one for each of 4 inputs, got \[3\]"):
        NoisySplit(torch.zeros(4, 1), labels, labels[:3])
