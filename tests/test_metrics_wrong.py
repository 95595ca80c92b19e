"""Shapes that do not fit are refused by name, all integers are labels, and the ways out that errors print work."""

import re

import pytest
import torch
import wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import for_each
from wrong_metrics import CALLS, D, H, K, Y, normal

from ncbook import metrics

SHAPES = {
    "features": "Nd",
    "labels": "N",
    "weight": "Kd",
    "bias": "K",
    "class_means": "Kd",
    "logits": "NK",
    "ood_features": "Md",
    "train_features": "Md",
    "train_labels": "M",
    "x": "Na",
    "y": "Nb",
}
SHAPED = [  # functions that take tensors of these names alone; the last would look for a margin that is not there
    name
    for name, one in CALLS.items()
    if (tensors := {key for key, value in one.arguments.items() if isinstance(value, torch.Tensor)})
    and len(tensors) > 1
    and tensors <= set(SHAPES)
    and "." not in name
    and name not in ("max_margin_classifier", "fourier_excluded_loss")
]


def fit(shapes):
    """Whether each letter has one size in all shapes, and none is 0."""
    sizes = {}
    for name, shape in shapes.items():
        if len(shape) != len(SHAPES[name]):
            return False
        for letter, size in zip(SHAPES[name], shape, strict=True):
            if size == 0 or sizes.setdefault(letter, size) != size:
                return False
    return True


def of_shape(name, shape):
    if name.endswith("labels"):
        return (torch.arange(torch.Size(shape).numel()) % 2).reshape(shape)
    return normal(*shape)


@given(data=st.data(), name=st.sampled_from(SHAPED))
@settings(max_examples=400, deadline=None)
def test_shapes_that_do_not_fit_are_refused_by_name(data, name):
    call = CALLS[name]
    sizes = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=3)
    shapes = {key: data.draw(sizes, key) for key in call.arguments if key in SHAPES}
    try:
        call(**{key: of_shape(key, shape) for key, shape in shapes.items()})
    except (ValueError, TypeError) as error:
        wrong.check_named(str(error), set(call.arguments), str(shapes))
    else:
        assert fit(shapes), f"{name} took {shapes}"


@for_each("name", [name for name, one in CALLS.items() if "labels" in one.arguments and "." not in name])
@for_each("dtype", [torch.int8, torch.uint8, torch.int16, torch.int32])
def test_any_integers_are_labels(name, dtype):
    call = CALLS[name]
    converted = {key: value.to(dtype) for key, value in call.arguments.items() if key.endswith("labels")}
    assert repr(call(**converted)) == repr(call())


def test_the_way_from_a_numpy_array_works_as_printed():
    features, labels = H.numpy(), Y.numpy()
    with pytest.raises(TypeError, match=re.escape("numpy array float32 [12, 4]; use torch.from_numpy(features)")):
        metrics.nc1(features, labels)
    assert metrics.nc1(torch.from_numpy(features), torch.from_numpy(labels)) == metrics.nc1(H, Y)


def test_a_count_may_come_from_numpy():
    counts = torch.tensor([K, D]).numpy()
    assert torch.equal(metrics.simplex_etf(*counts), metrics.simplex_etf(K, D))
