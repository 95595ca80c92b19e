"""Data sets as tensors: shapes, splits and scale. The real sets are in test_torchvision.py."""

import numpy as np
import pytest
import torch
from tables import for_each

from ncbook import data


@pytest.fixture(scope="module")
def digits() -> data.Dataset:
    return data.digits()


def test_digits_have_the_shapes_types_and_scale_that_they_say(digits):
    assert digits.train.inputs.shape == (1000, 1, 8, 8)
    assert digits.test.inputs.shape == (797, 1, 8, 8)
    assert digits.input_shape == (1, 8, 8)
    assert digits.num_classes == 10
    for part in (digits.train, digits.test):
        assert (part.inputs.dtype, part.labels.dtype) == (torch.float32, torch.int64)
    # scaled by the training set alone
    assert digits.train.inputs.mean().item() == pytest.approx(0, abs=1e-5)
    assert digits.train.inputs.std().item() == pytest.approx(1, abs=1e-5)
    assert digits.test.inputs.mean().item() != pytest.approx(0, abs=1e-5)


@for_each("per_class", [1, 100, 150])
def test_digits_trains_on_the_same_number_of_each_class(per_class):
    split = data.digits(per_class)
    assert split.train.labels.bincount().tolist() == [per_class] * 10
    assert split.test.labels.unique().tolist() == list(range(10))


def _images(split: data.Split) -> list[tuple]:
    return [tuple(image.flatten().mul(1000).round().tolist()) for image in split.inputs]


def test_every_digit_is_used_once(digits):
    """The 1797 images differ from each other, so that none is lost, none is doubled and none is in both splits."""
    assert len(set(_images(digits.train) + _images(digits.test))) == 1797


def test_digits_keep_their_labels():
    """Class means of the two splits look alike: a label that came loose from its image would blur them."""
    split = data.digits()
    means = [
        torch.stack([part.inputs[part.labels == c].mean(0).flatten() for c in range(10)])
        for part in (split.train, split.test)
    ]
    assert torch.cdist(*means).argmin(1).tolist() == list(range(10))


def test_the_same_seed_gives_the_same_split_and_another_seed_another(digits):
    assert torch.equal(data.digits(seed=0).train.inputs, digits.train.inputs)
    assert not torch.equal(data.digits(seed=1).train.inputs, digits.train.inputs)


@for_each("per_class", [0, -1, 151])
def test_digits_refuses_a_split_without_train_or_test_images(per_class):
    with pytest.raises(ValueError, match=f"train_per_class: .*got {per_class}"):
        data.digits(per_class)


def test_a_split_refuses_labels_that_do_not_fit():
    with pytest.raises(ValueError, match=r"labels: expected one for each of 4 inputs, got \[3\]"):
        data.Split(torch.zeros(4, 1, 8, 8), torch.zeros(3, dtype=torch.long))


def test_load_knows_digits_by_name(digits):
    assert torch.equal(data.load("digits").train.inputs, digits.train.inputs)


@for_each("loader", [data.load, data.real])
def test_an_unknown_name_is_answered_with_the_names_that_there_are(loader):
    with pytest.raises(ValueError, match=r"'letters'.*mnist, fashion_mnist, cifar10"):
        loader("letters")


def test_a_data_set_moves_to_a_device(digits):
    moved = digits.to("meta")
    assert {part.device.type for split in (moved.train, moved.test) for part in (split.inputs, split.labels)} == {
        "meta"
    }
    assert moved.class_names == digits.class_names


# --- labels and inputs of one's own


@for_each("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_labels_of_every_integer_type_number_the_classes(dtype):
    labels = data.Split(torch.zeros(3, 2), torch.tensor([0, 1, 2], dtype=dtype)).labels
    assert labels.dtype == torch.int64
    assert labels.tolist() == [0, 1, 2]


@for_each(
    ("labels", "message"),
    [
        (torch.eye(4), r"labels: expected \[N\], got rows \[4, 4\]; use labels\.argmax\(1\) if they are one-hot"),
        (torch.zeros(4, 1), r"labels: expected \[N\], got a column \[4, 1\]; use labels\[:, 0\]"),
        (torch.zeros(4), r"labels: expected integers, got torch\.float32; use labels\.long\(\)"),
        (torch.zeros(4).bool(), r"labels: expected integers, got torch\.bool"),
        (
            np.zeros(4, int),
            r"labels: expected a tensor .*, got a numpy array int64 \[4\]; use torch\.as_tensor\(labels\)",
        ),
        ([0, 1, 0, 1], r"labels: expected a tensor .*got list \[0, 1, 0, 1\]; use torch\.as_tensor\(labels\)"),
        (None, r"labels: expected a tensor .*got None"),
        (torch.zeros(4).long().to("meta"), "labels: expected on cpu, as inputs are, got meta"),
    ],
)
def test_labels_of_another_form_are_refused_with_the_way_out(labels, message):
    with pytest.raises(ValueError if isinstance(labels, torch.Tensor) else TypeError, match=message):
        data.Split(torch.zeros(4, 2), labels)


def test_a_data_set_refuses_a_label_that_is_no_class():
    split = data.Split(torch.zeros(2, 3), torch.tensor([0, 2]))
    with pytest.raises(ValueError, match=r"train\.labels: expected classes in 0\.\.1, got 0\.\.2"):
        data.Dataset("mine", split, split, ("a", "b"))
    assert data.Dataset("mine", split, split, ["a", "b", "c"]).class_names == ("a", "b", "c")
