"""metrics.collapse and metrics.cdnv against the slow definitions, on easy and on awkward input."""

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
import reference
import torch
from draws import around, changed, exact
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import classes
from tables import for_each
from torch import Tensor

from ncbook import metrics
from ncbook.metrics import _classes
from ncbook.metrics._second_pass import SecondPass


@dataclass
class Case:
    """Arguments of metrics.collapse."""

    features: Tensor
    labels: Tensor
    weight: Tensor
    bias: Tensor | None = None

    def measured(self) -> dict:
        return asdict(metrics.collapse(self.features, self.labels, self.weight, self.bias))

    def expected(self) -> dict:
        """The truth of the numbers as they are stored."""
        bias = None if self.bias is None else self.bias.double().numpy()
        return reference.collapse(exact(self.features), self.labels.numpy(), exact(self.weight), bias)


def sample(counts, dim, seed=0, dtype=torch.float64, offset=0.0, spread=0.5, separation=1.0) -> Case:
    """Gaussian classes of the given sizes around random means, in random order, and a random head with bias."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    means = separation * normal(len(counts), dim)
    features = (offset + means[labels] + spread * normal(len(labels), dim)).to(dtype)
    return Case(features, labels, normal(len(counts), dim).to(dtype), normal(len(counts)).to(dtype))


def assert_agrees(case: Case, rtol=1e-6, atol=1e-9) -> None:
    """Every field and cdnv; geometric ones are of order one, so `atol` only speaks where a value is rounding noise.

    Ratios of variances get no such allowance: they are compared at whatever size they are.
    """
    measured, expected = case.measured(), case.expected()
    for name, doubt in (("nc4", "doubtful"), ("ncc_error", "doubtful_error")):
        assert abs(measured.pop(name) - expected.pop(name)) <= expected.pop(doubt) + 1e-12
    for name in ("nc1", "cdnv", "variance_ratio"):
        assert measured.pop(name) == pytest.approx(expected.pop(name), rel=rtol, abs=0)
    assert measured == pytest.approx(expected, rel=rtol, abs=atol)
    spread = metrics.cdnv(case.features, case.labels).item()
    assert spread == pytest.approx(reference.cdnv(exact(case.features), case.labels.numpy()), rel=rtol, abs=0)


# --- random input

CASES = classes(sizes=(1, 16), number=(2, 9), dims=(1, 16))


@settings(max_examples=50)
@given(CASES)
def test_agrees_with_the_definitions(arguments):
    assert_agrees(sample(**arguments))


@given(CASES, st.integers(0, 8))
def test_agrees_without_bias_and_with_a_missing_class(arguments, missing):
    case = sample(**arguments)
    kept = case.labels != missing
    if len(case.labels[kept].unique()) < 2:
        return
    assert_agrees(Case(case.features[kept], case.labels[kept], case.weight))


# --- awkward sizes and imbalance


@for_each(
    ("counts", "dim"),
    [
        pytest.param([9] * 20, 5, id="K > d"),
        pytest.param([9] * 6, 5, id="K = d + 1"),
        pytest.param([3] * 4, 100, id="d > N"),
        pytest.param([40, 40], 1, id="d = 1"),
        pytest.param([1000, 320, 100, 32, 10], 8, id="imbalance 100:1"),
        pytest.param([1, 1, 7], 4, id="classes of one point"),
    ],
)
@for_each("dtype", [torch.float32, torch.float64])
def test_awkward_sizes(counts, dim, dtype):
    assert_agrees(sample(counts, dim, dtype=dtype))


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type(dtype):
    assert_agrees(sample([30] * 5, 12, dtype=dtype))


@for_each("labels_dtype", [torch.uint8, torch.int16, torch.int32])
def test_every_integer_type_of_labels(labels_dtype):
    case = sample([10] * 4, 6)
    assert (
        asdict(metrics.collapse(case.features, case.labels.to(labels_dtype), case.weight, case.bias)) == case.measured()
    )


def test_features_that_are_a_view_with_strides():
    case = sample([10] * 4, 6)
    view = torch.stack([case.features, -case.features], dim=2)[:, :, 0]
    assert not view.is_contiguous()
    assert replace(case, features=view).measured() == pytest.approx(case.measured(), rel=1e-12)


@for_each("elements", [1, 7, 50])
def test_the_block_size_does_not_change_the_result(monkeypatch, elements):
    case = sample([20] * 4, 6)
    whole, spread = case.measured(), metrics.cdnv(case.features, case.labels).item()
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", elements)
    assert case.measured() == pytest.approx(whole, rel=1e-12)
    assert metrics.cdnv(case.features, case.labels).item() == pytest.approx(spread, rel=1e-12)


# --- precision


@for_each(
    ("counts", "dim", "arguments"),
    [
        # the residuals are one or two units in the last place of the features
        ([200] * 4, 8, {"dtype": torch.float32, "offset": 1000.0, "spread": 1e-4, "separation": 1e-2}),
        ([200] * 4, 8, {"offset": 1e6, "spread": 1e-4, "separation": 1e-2}),
        # around means of order one, float32 would round residuals of 1e-9 away
        ([50] * 4, 8, {"spread": 1e-9}),
        ([50] * 4, 8, {"spread": 1e-6, "separation": 1e-6}),
        # squares of such features exceed the largest float16, 65504, and those of float32 its range
        ([50] * 4, 8, {"dtype": torch.float16, "spread": 300.0, "separation": 300.0}),
        ([20] * 3, 5, {"dtype": torch.float32, "spread": 5e-26, "separation": 1e-25}),
        ([20] * 3, 5, {"dtype": torch.float32, "spread": 5e24, "separation": 1e25}),
    ],
)
def test_offsets_and_scales(counts, dim, arguments):
    assert_agrees(sample(counts, dim, **arguments))


SCALES = (1.0, 1e-30, 1e-18, 1e18, 1e30, 0.0)  # of rows; float32 cannot hold the squares of some


@for_each("dim", [1, 63, 64, 65, 1000, 20_000])
@for_each("scales", [*((scale,) for scale in SCALES), SCALES])
def test_squared_lengths_of_float32_rows_are_those_of_float64(dim, scales):
    """Also of equal numbers, each of whose squares float32 would round to the same side."""
    rows = torch.cat([torch.full((1, dim), 0.7), sample([1, 1], dim, dtype=torch.float32).features])
    rows = torch.cat([scale * rows for scale in scales])
    expected = np.square(exact(rows)).sum(1)
    assert _classes.squared_norms(rows).numpy() == pytest.approx(expected, rel=1e-12, abs=0)


def test_a_small_residual_beside_a_large_nuisance_direction():
    """Within-class variance a million times larger outside the span of the means must not leak into NC1."""
    features, labels = around(torch.eye(3, 6), 0.01)
    nuisance = torch.zeros(6)
    nuisance[5] = 10.0
    signs = torch.randn(len(features), 1, generator=torch.Generator().manual_seed(0))
    assert_agrees(Case(features + signs * nuisance, labels, torch.eye(3, 6)))


# --- exact geometry


@for_each("classes", [2, 3, 10])
def test_the_simplex_itself_has_no_distance_from_collapse(classes):
    etf = metrics.simplex_etf(classes, classes + 2)
    measured = metrics.collapse(etf.repeat(5, 1), torch.arange(classes).repeat(5), 3 * etf)
    for name, value in asdict(measured).items():
        if not name.startswith("num_classes"):
            assert value == pytest.approx(0, abs=1e-14), name


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_exact_collapse_has_nc1_and_cdnv_zero(dtype):
    means = sample([1] * 5, 7, dtype=dtype).features
    features, labels = means.repeat(30, 1), torch.arange(5).repeat(30)
    assert metrics.collapse(features, labels, means).nc1 == 0
    assert metrics.cdnv(features, labels).item() == 0


def test_exact_collapse_in_float64_leaves_the_square_of_one_rounding():
    """The mean of 30 equal float64 numbers need not be that number."""
    means = sample([1] * 5, 7).features
    features, labels = means.repeat(30, 1), torch.arange(5).repeat(30)
    assert metrics.collapse(features, labels, means).nc1 < 1e-29
    assert metrics.cdnv(features, labels).item() < 1e-29


@for_each("dtype", [torch.float32, torch.float64])
@for_each("scale", [1e-3, 0.1, 2.0])
def test_closed_forms_of_nc1_and_cdnv_around_the_simplex(scale, dtype):
    """Sigma_W = s^2/d I and Sigma_B = P/(K-1): NC1 = s^2 (K-1)^2 / (K d), and CDNV = s^2 (K-1) / (2K)."""
    classes, dim = 4, 6
    etf = metrics.simplex_etf(classes, dim)
    features, labels = around(etf, scale)
    features = features.to(dtype)
    rel = 1e-12 if dtype == torch.float64 else 1e-4  # in float32 mean + 1e-3 is itself rounded to 1e-4 of 1e-3
    assert metrics.collapse(features, labels, etf).nc1 == pytest.approx(scale**2 * 9 / (4 * dim), rel=rel)
    assert metrics.cdnv(features, labels).item() == pytest.approx(scale**2 * 3 / 8, rel=rel)


def test_nc1_grows_with_the_square_of_the_noise():
    means = sample([1] * 5, 7).features
    scales = np.geomspace(1e-4, 1, 9)
    values = [metrics.collapse(*around(means, scale), means).nc1 for scale in scales]
    slope = np.polyfit(np.log(scales), np.log(values), 1)[0]
    assert slope == pytest.approx(2, abs=1e-9)


# --- rank


@for_each("dtype", [torch.float32, torch.float64])
def test_collinear_means_are_inverted_on_their_line_only(dtype):
    """Rounding spans further directions; inverting those would give a number of size 1 / eps."""
    line = torch.tensor([-2.0, -0.5, 1.0, 3.0])[:, None] * torch.tensor([[0.3, -0.7, 0.2, 0.5, 0.1]])
    features, labels = around(line, 0.2)
    weight = sample([1] * 4, 5).weight
    assert_agrees(Case(features.to(dtype), labels, weight))


def test_two_equal_class_means_lower_the_rank_and_make_cdnv_infinite():
    means = sample([1] * 4, 6).features
    means[3] = means[1]
    features, labels = around(means, 0.2)
    measured = metrics.collapse(features, labels, means)
    assert measured.nc1 == pytest.approx(reference.nc1(exact(features), labels.numpy()), rel=1e-6)
    assert metrics.cdnv(features, labels).item() == math.inf


def test_all_class_means_equal_gives_infinite_nc1():
    features, labels = around(torch.ones(3, 4), 0.5)
    assert metrics.collapse(features, labels, torch.eye(3, 4)).nc1 == math.inf


def test_all_features_equal_leaves_nc1_undefined():
    assert math.isnan(metrics.collapse(torch.ones(6, 4), torch.arange(3).repeat(2), torch.eye(3, 4)).nc1)


def test_a_classifier_of_zeros_leaves_only_its_own_measures_undefined():
    case = sample([10] * 3, 5)
    measured = replace(case, weight=torch.zeros(3, 5), bias=None).measured()
    undefined = {name for name, value in measured.items() if math.isnan(value)}
    assert undefined == {"nc2_norms_head", "nc2_angles_head", "nc2_equiangularity_head", "nc3", "nc3_etf"}
    assert measured["nc1"] == case.measured()["nc1"]


# --- classes that do not occur


def test_a_missing_class_is_left_out_and_said():
    case = sample([20] * 5, 7)
    kept = case.labels != 2
    measured = metrics.collapse(case.features[kept], case.labels[kept], case.weight, case.bias)
    fewer = metrics.collapse(
        case.features[kept],
        (case.labels[kept] > 2) * -1 + case.labels[kept],
        case.weight[[0, 1, 3, 4]],
        case.bias[[0, 1, 3, 4]],
    )
    assert measured.num_classes_present == 4
    assert (measured.num_classes_empty, fewer.num_classes_empty) == (1, 0)
    theirs = {"nc4": None, "num_classes_empty": None}
    assert asdict(measured) | theirs == asdict(fewer) | theirs
    assert_agrees(Case(case.features[kept], case.labels[kept], case.weight, case.bias))


def test_a_missing_class_is_no_mean_at_zero():
    """Points near the origin would be nearer to a phantom mean there than to their own."""
    features = torch.tensor([[0.1], [1.9], [-0.1], [-1.9]])
    measured = metrics.collapse(features, torch.tensor([0, 0, 2, 2]), torch.tensor([[1.0], [0.0], [-1.0]]))
    assert measured.nc4 == 0
    assert measured.num_classes_present == 2


def test_the_network_may_still_choose_a_missing_class():
    features = torch.tensor([[0.1], [1.9], [-0.1], [-1.9]])
    weight, bias = torch.tensor([[1.0], [0.0], [-1.0]]), torch.tensor([0.0, 1.0, 0.0])
    assert metrics.collapse(features, torch.tensor([0, 0, 2, 2]), weight, bias).nc4 == 0.5


def test_cdnv_leaves_missing_classes_out():
    case = sample([10] * 3, 4)
    assert metrics.cdnv(case.features, 2 * case.labels, num_classes=9) == metrics.cdnv(case.features, case.labels)


def test_empty_and_single_classes_are_counted():
    case = sample([3, 1, 4, 1, 5], 4)
    measured = metrics.collapse(case.features, 2 * case.labels, num_classes=12)
    assert (measured.num_classes_present, measured.num_classes_empty, measured.num_classes_single) == (5, 7, 2)


# --- without a linear head

HEAD = ("nc2_norms_head", "nc2_angles_head", "nc2_equiangularity_head", "nc3", "nc3_etf")


def test_without_a_head_all_else_is_measured():
    case = sample([10, 20, 5], 4)
    bare, whole = asdict(metrics.collapse(case.features, case.labels)), case.measured()
    assert {name for name, value in bare.items() if math.isnan(value)} == {*HEAD, "nc4"}
    assert bare == pytest.approx(whole | dict.fromkeys((*HEAD, "nc4"), math.nan), rel=1e-12, nan_ok=True)


@for_each("counts", [[10, 20, 5], [4] * 9])
def test_logits_decide(counts):
    case = sample(counts, 4)
    logits, whole = case.features @ case.weight.T + case.bias, case.measured()
    alone = asdict(metrics.collapse(case.features, case.labels, logits=logits))
    assert alone == pytest.approx(whole | dict.fromkeys(HEAD, math.nan), rel=1e-12, nan_ok=True)
    masked = logits.half().masked_fill(logits < 0, -math.inf)
    decided = metrics.collapse(case.features, case.labels, logits=masked).nc4
    means = metrics.class_means(case.features, case.labels)
    assert decided == (torch.cdist(case.features, means).argmin(1) != masked.argmax(1)).double().mean().item()


def test_weight_gives_the_geometry_and_logits_the_decisions():
    case = sample([10, 20, 5], 4)
    means = metrics.class_means(case.features, case.labels)
    nearest = torch.nn.functional.one_hot(torch.cdist(case.features, means).argmin(1), 3).double()
    both = asdict(metrics.collapse(case.features, case.labels, case.weight, case.bias, logits=nearest))
    assert both == pytest.approx(case.measured() | {"nc4": 0.0}, rel=1e-12)


def test_the_number_of_classes_is_the_first_that_is_known():
    case, wide = sample([10, 20, 5], 4), torch.eye(6)[:, :4].double()
    logits = torch.zeros(35, 5)
    for arguments, known in (
        ({"num_classes": 7}, 7),
        ({"weight": wide}, 6),
        ({"logits": logits}, 5),
        ({}, 3),
    ):
        assert metrics.collapse(case.features, case.labels, **arguments).num_classes_empty == known - 3
    with pytest.raises(ValueError, match=r"logits: expected shape \[35, 6\], got \[35, 5\]"):
        metrics.collapse(case.features, case.labels, wide, logits=logits)


# --- NC4


def test_a_bias_can_decide_nc4():
    features, labels = torch.tensor([[1.0], [1.2], [-1.0], [-1.2]]), torch.tensor([0, 0, 1, 1])
    weight = torch.tensor([[1.0], [-1.0]])
    assert metrics.collapse(features, labels, weight).nc4 == 0
    assert metrics.collapse(features, labels, weight, torch.tensor([0.0, 5.0])).nc4 == 0.5


def test_nc4_asks_for_agreement_with_the_network_and_not_with_the_label():
    features, labels = torch.tensor([[1.0], [1.2], [-1.0], [-1.2]]), torch.tensor([0, 0, 1, 1])
    assert metrics.collapse(features, labels, torch.tensor([[-1.0], [1.0]])).nc4 == 1


@for_each("dtype", [torch.float32, torch.float64])
@for_each("offset", [0.0, 1000.0])
def test_mismatch_against_means_of_another_set(dtype, offset):
    train, test = (sample([40] * 4, 3, seed, dtype, offset) for seed in (0, 1))
    means = reference.class_means(exact(train.features), train.labels.numpy())
    expected, doubtful = reference.nc4(exact(test.features), means, range(4), exact(test.weight), exact(test.bias))
    measured = metrics.nearest_mean_mismatch(test.features, torch.from_numpy(means), test.weight, test.bias)
    assert doubtful == 0
    assert measured == expected
    assert 0 < measured < 1


# --- invariances


def _rotated(case):
    turn = torch.linalg.qr(sample([1] * 7, 7, seed=5).features).Q
    return replace(case, features=case.features @ turn.T, weight=case.weight @ turn.T)


def _scaled(case):
    return replace(case, features=37 * case.features, bias=37 * case.bias)


def _shifted(case):
    shift = sample([1, 1], 7, seed=6).features[0]
    return replace(case, features=case.features + shift, bias=case.bias - case.weight @ shift)


def _relabeled(case):
    order = torch.tensor([3, 0, 4, 1, 2])
    return replace(case, labels=order.argsort()[case.labels], weight=case.weight[order], bias=case.bias[order])


def _shuffled(case):
    order = torch.randperm(len(case.labels), generator=torch.Generator().manual_seed(1))
    return replace(case, features=case.features[order], labels=case.labels[order])


@for_each("change", [_rotated, _scaled, _shifted, _relabeled, _shuffled])
def test_invariance(change):
    case = sample([20, 30, 5, 12, 40], 7)
    changed = change(case)
    assert changed.measured() == pytest.approx(case.measured(), rel=1e-9)
    before, after = (metrics.cdnv(each.features, each.labels).item() for each in (case, changed))
    assert after == pytest.approx(before, rel=1e-9)


# --- gradients


def test_the_gradient_of_cdnv_agrees_with_finite_differences():
    case = sample([4, 3, 5], 3)
    features = case.features.requires_grad_()
    assert torch.autograd.gradcheck(lambda h: metrics.cdnv(h, case.labels), features)


def test_the_gradient_of_cdnv_in_float32_is_that_of_float64():
    case = sample([20] * 3, 4, dtype=torch.float32, offset=100.0)
    gradients = []
    for dtype in (torch.float32, torch.float64):
        features = case.features.detach().to(dtype).clone().requires_grad_()
        metrics.cdnv(features, case.labels).backward()
        gradients.append(features.grad.double())
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-7)


def test_collapse_takes_features_that_require_a_gradient():
    case = sample([10] * 3, 4)
    features, weight = (tensor.clone().requires_grad_() for tensor in (case.features, case.weight))
    assert replace(case, features=features, weight=weight).measured() == case.measured()


# --- errors

H, Y, W, B = (
    torch.randn(6, 3, generator=torch.Generator().manual_seed(0)),
    torch.arange(3).repeat(2),
    torch.eye(3),
    torch.zeros(3),
)


@for_each(
    ("arguments", "message"),
    [
        pytest.param((H, changed(Y, 1, -1), W), r"labels: -1 is outside 0\.\.2", id="negative label"),
        pytest.param((H, changed(Y, 1, 3), W), r"labels: 3 is outside 0\.\.2", id="label too large"),
        pytest.param((H, Y.float(), W), r"labels: .*torch\.float32", id="float labels"),
        pytest.param((H, Y > 0, W), r"labels: .*torch\.bool", id="bool labels"),
        pytest.param((H, Y[:5], W), r"labels: .*\[6\].*\[5\]", id="too few labels"),
        pytest.param((H, Y[:, None], W), r"labels: .*\[6, 1\]", id="labels in a column"),
        pytest.param((H, torch.ones(6, dtype=torch.long), W), r"labels: only class \[1\]", id="one class occurs"),
        pytest.param((changed(H, (4, 2), math.nan), Y, W), r"features: entry \[4, 2\] is nan", id="nan feature"),
        pytest.param((changed(H, (1, 0), math.inf), Y, W), r"features: entry \[1, 0\] is inf", id="inf feature"),
        pytest.param((changed(H, (1, 0), -math.inf), Y, W), r"features: entry \[1, 0\] is -inf", id="-inf feature"),
        pytest.param((H.long(), Y, W), r"features: .*torch\.int64", id="integer features"),
        pytest.param((H[0], Y, W), r"features: .*\[3\]", id="features in one dimension"),
        pytest.param((H[:0], Y[:0], W), r"features: .*\[0, 3\]", id="no features"),
        pytest.param((H, Y, torch.eye(4)[:3]), r"weight: .*\[3, 3\].*\[3, 4\]", id="weight of another dimension"),
        pytest.param((H, Y, W[0]), r"weight: .*\[3\]", id="weight in one dimension"),
        pytest.param((H, Y, changed(W, (2, 0), math.nan)), r"weight: entry \[2, 0\] is nan", id="nan weight"),
        pytest.param((H, Y, W, torch.zeros(4)), r"bias: .*\[3\].*\[4\]", id="bias too long"),
        pytest.param((H, Y, W, changed(B, 1, math.inf)), r"bias: entry \[1\] is inf", id="inf bias"),
        pytest.param((H, Y, W, B, 4), r"weight: .*\[4, 3\].*\[3, 3\]", id="num_classes unlike weight"),
        pytest.param((H, Y, W, B, 2), r"labels: 2 is outside 0\.\.1", id="num_classes too small"),
        pytest.param((H, Y, W, B, 1), r"num_classes: .*1", id="K = 1"),
        pytest.param((H, Y, W, B, 0), r"num_classes: .*0", id="K = 0"),
        pytest.param((H, Y, None, B), r"bias: expected None without a weight.*\[3\]", id="bias alone"),
        pytest.param((H, Y, None, None, None, H[0]), r"logits: .*\[6, K\].*\[3\]", id="logits in one dimension"),
        pytest.param((H, Y, None, None, None, H[:4]), r"logits: .*\[6, K\].*\[4, 3\]", id="too few logits"),
        pytest.param((H, Y, None, None, 4, H), r"logits: .*\[6, 4\].*\[6, 3\]", id="num_classes unlike logits"),
        pytest.param((H, Y, None, None, None, changed(H, (3, 1), math.nan)), r"logits: row 3 .*nan", id="nan logit"),
        pytest.param((H, Y * 0, W[:1]), r"num_classes: .*1", id="K = 1 from the weight"),
    ],
)
def test_collapse_names_the_wrong_argument_and_its_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.collapse(*arguments)


@for_each(
    ("arguments", "message"),
    [
        pytest.param((H, changed(Y, 1, -2)), "labels: -2 ", id="negative label"),
        pytest.param((H, Y, 2), r"labels: 2 is outside 0\.\.1", id="label too large"),
        pytest.param((H, Y * 0), "num_classes: .*1", id="only class 0 occurs"),
        pytest.param((H, Y * 0, 3), r"labels: only class \[0\]", id="only class 0 of three occurs"),
        pytest.param((changed(H, (0, 1), math.nan), Y), r"features: entry \[0, 1\] is nan", id="nan feature"),
        pytest.param((H.int(), Y), r"features: .*torch\.int32", id="integer features"),
        pytest.param((H, Y[:5]), r"labels: .*\[6\].*\[5\]", id="too few labels"),
    ],
)
def test_cdnv_names_the_wrong_argument_and_its_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.cdnv(*arguments)


@for_each(
    ("arguments", "message"),
    [
        pytest.param((changed(H, (4, 2), math.nan), W, W), r"features: entry \[4, 2\] is nan", id="nan feature"),
        pytest.param((H, changed(W, (0, 0), math.nan), W), r"class_means: entry \[0, 0\] is nan", id="nan mean"),
        pytest.param((H, torch.eye(3, 4), W), r"class_means: .*\[3, 4\]", id="means of another dimension"),
        pytest.param((H, W, torch.eye(4, 3)), r"weight: .*\[4, 3\]", id="more rows than means"),
        pytest.param((H.int(), W, W), r"features: .*torch\.int32", id="integer features"),
    ],
)
def test_mismatch_names_the_wrong_argument_and_its_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        metrics.nearest_mean_mismatch(*arguments)


# --- conventions that differ between papers


def test_nc1_with_and_without_the_number_of_classes():
    case = sample([10, 20, 30], 5)
    divided = metrics.nc1(case.features, case.labels)
    assert divided == pytest.approx(case.expected()["nc1"], rel=1e-9)
    assert metrics.nc1(case.features, case.labels, divide_by_classes=False) == pytest.approx(3 * divided, rel=1e-12)


def test_nc1_divides_by_the_classes_that_occur():
    case = sample([10, 20], 5)
    assert metrics.nc1(case.features, case.labels, num_classes=7) == metrics.nc1(case.features, case.labels)


def cdnv_by_pairs(case, value):
    """Mean over ordered pairs of value(Var_i, Var_j, squared distance)."""
    features, labels = exact(case.features), case.labels.numpy()
    groups = [features[labels == label] for label in np.unique(labels)]
    variances = [((group - group.mean(0)) ** 2).sum(1).mean() for group in groups]
    pairs = [(i, j) for i in range(len(groups)) for j in range(len(groups)) if i != j]
    return np.mean(
        [value(variances[i], variances[j], ((groups[i].mean(0) - groups[j].mean(0)) ** 2).sum()) for i, j in pairs]
    )


@for_each(
    ("normalization", "value"),
    [
        ("half-sum", lambda one, other, distance: (one + other) / (2 * distance)),
        ("one-sided", lambda one, other, distance: one / distance),
        ("sum", lambda one, other, distance: (one + other) / distance),
    ],
)
def test_normalizations_of_cdnv(normalization, value):
    case = sample([10, 20, 30, 5], 6)
    measured = metrics.cdnv(case.features, case.labels, normalization=normalization).item()
    assert measured == pytest.approx(cdnv_by_pairs(case, value), rel=1e-9)


def test_an_unknown_normalization_is_named():
    case = sample([10, 20], 5)
    with pytest.raises(ValueError, match="normalization: 'thirds' is unknown; use one of half-sum"):
        metrics.cdnv(case.features, case.labels, normalization="thirds")


def test_cdnv_of_every_pair():
    case = sample([10, 20, 30], 5)
    pairs = metrics.cdnv_pairs(case.features, case.labels)
    groups = [exact(case.features)[case.labels.numpy() == label] for label in range(3)]
    for i in range(3):
        assert math.isnan(pairs[i, i])
        for j in set(range(3)) - {i}:
            variance = ((groups[i] - groups[i].mean(0)) ** 2).sum(1).mean()
            distance = ((groups[i].mean(0) - groups[j].mean(0)) ** 2).sum()
            assert pairs[i, j].item() == pytest.approx(variance / distance, rel=1e-9)


def test_zhus_duality_is_zero_on_a_collapsed_network_and_blind_to_scale():
    etf = metrics.simplex_etf(4, 6)
    labels = torch.arange(8) % 4
    measured = metrics.collapse(3 * etf[labels] + 1, labels, 0.2 * etf)
    assert measured.nc3_etf == pytest.approx(0, abs=1e-12)
    assert metrics.collapse(3 * etf[labels], labels, etf.flip(0)).nc3_etf > 1


def test_the_single_functions_agree_with_the_fields_of_collapse():
    case = sample([10, 20, 30], 5)
    measured = metrics.collapse(case.features, case.labels, case.weight, case.bias)
    means = torch.stack([case.features[case.labels == label].mean(0) for label in range(3)])
    assert metrics.nc1(case.features, case.labels) == measured.nc1
    assert metrics.cdnv(case.features, case.labels).item() == pytest.approx(measured.cdnv, rel=1e-12)
    assert metrics.variance_ratio(case.features, case.labels).item() == pytest.approx(
        measured.variance_ratio, rel=1e-12
    )
    assert metrics.nearest_class_center_error(case.features, case.labels, means) == measured.ncc_error


def test_more_classes_than_dimensions_use_little_memory():
    """Blocks are cut by the width of what is computed from them: [B, 2K] here, not [B, d]."""
    classes = _classes.group(torch.randn(4000, 2), torch.arange(4000) % 1000, None)[0]
    second = SecondPass(classes, torch.randn(1000, 2))
    rows = next(iter(_classes.blocks(classes.features, second.columns.shape[1])))
    assert (rows.stop - rows.start) * second.columns.shape[1] <= _classes._BLOCK_ELEMENTS
