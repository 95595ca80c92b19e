"""Relative flatness in closed form against the Hessian, 400-digit arithmetic, its invariances and its bounds."""

import decimal
import math

import numpy as np
import pytest
import torch
from draws import changed
from hypothesis import assume, given
from hypothesis import strategies as st
from tables import for_each
from torch.nn.functional import cross_entropy, mse_loss, one_hot
from torch.utils._python_dispatch import TorchDispatchMode

from ncbook.metrics import flatness
from ncbook.metrics.geometry import simplex_etf

MEASURES = (flatness.relative_flatness, flatness.relative_flatness_bound)

# --- slow definitions


def by_definition(features, weight, bias=None, tau=1.0):
    """(exact, bound) from the equations, in 400 digits: no network is confident enough to exhaust them."""
    with decimal.localcontext() as context:
        context.prec = 400
        h, w = ([[decimal.Decimal(value) for value in row] for row in each.tolist()] for each in (features, weight))
        b = [decimal.Decimal(value) for value in (bias.tolist() if bias is not None else [0.0] * len(w))]
        temperature, terms = decimal.Decimal(tau), []
        for phi in h:
            odds = [((_dot(row, phi) + shift) / temperature).exp() for row, shift in zip(w, b, strict=True)]
            p = [each / sum(odds) for each in odds]
            mean = [_dot(p, column) for column in zip(*w, strict=True)]
            variance = _dot(p, [_dot(row, row) for row in w]) - _dot(mean, mean)
            terms.append((_dot(phi, phi) * variance, _dot(phi, phi) * (1 - _dot(p, p))))
        exact, trace = (sum(column) / len(h) for column in zip(*terms, strict=True))
        return float(exact), float(trace * sum(_dot(row, row) for row in w))


def _dot(first, second):
    return sum(a * b for a, b in zip(first, second, strict=True))


def from_hessian(loss, weight):
    """sum_{s, s'} <w_s, w_s'> Tr d^2 L / dw_s dw_s', from the whole Hessian [K, d, K, d]."""
    blocks = torch.autograd.functional.hessian(loss, weight)
    total = 0.0
    for s in range(len(weight)):
        for other in range(len(weight)):
            total += (weight[s] @ weight[other] * blocks[s, :, other, :].trace()).item()
    return total


def plain(features, weight, tau=1.0):
    """The textbook formula in the precision of its arguments."""
    p = torch.softmax(features @ weight.T / tau, dim=1)
    variance = p @ weight.square().sum(1) - (p @ weight).square().sum(1)
    return (features.square().sum(1) * variance).mean().item()


def sample(points=20, dim=5, classes=4, seed=0, dtype=torch.float64, scale=1.0, offset=0.0):
    """Features [N, d], weight [K, d], bias [K] and labels [N], all random."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    labels = torch.randint(classes, (points,), generator=generator)
    return (
        (offset + scale * normal(points, dim)).to(dtype),
        (normal(classes, dim) / dim**0.5).to(dtype),
        normal(classes).to(dtype),
        labels,
    )


def confident(loss, dtype):
    """Noisy points around four orthogonal means, and as head those means, scaled to a mean cross-entropy of `loss`."""
    means, labels = torch.linalg.qr(sample(6, 4, seed=1)[0]).Q.T, torch.arange(4).repeat(6)
    features = means[labels] + 0.05 * sample(24, 6, seed=2)[0]
    low, high = 0.0, 1e3  # the loss falls from ln 4 to 0 between them
    for _ in range(100):
        scale = (low + high) / 2
        low, high = (scale, high) if _small_cross_entropy(features, scale * means, labels) > loss else (low, scale)
    assert _small_cross_entropy(features, scale * means, labels) == pytest.approx(loss, rel=1e-6, abs=0)
    return features.to(dtype), (scale * means).to(dtype)


def _small_cross_entropy(features, weight, labels):
    """Mean of log(1 + sum of the other classes' odds), which keeps its digits below 1e-16."""
    logits = features @ weight.T
    odds = (logits - logits.gather(1, labels[:, None])).exp().masked_fill(one_hot(labels, 4).bool(), 0.0)
    return torch.log1p(odds.sum(1)).mean().item()


SAMPLES = st.fixed_dictionaries(
    {
        "points": st.integers(1, 12),
        "dim": st.integers(1, 8),
        "classes": st.integers(2, 7),
        "seed": st.integers(0, 2**31),
        "scale": st.sampled_from([0.3, 1.0, 5.0]),
    }
)


# --- the values


@given(SAMPLES, st.booleans(), st.sampled_from([0.5, 1.0, 2.0]))
def test_exact_and_bound_agree_with_the_definitions(arguments, with_bias, tau):
    features, weight, bias, _ = sample(**arguments)
    bias = bias if with_bias else None
    exact, bound = by_definition(features, weight, bias, tau)
    assert flatness.relative_flatness(features, weight, bias, tau).item() == pytest.approx(exact, rel=1e-10, abs=0)
    assert flatness.relative_flatness_bound(features, weight, bias, tau).item() == pytest.approx(
        bound, rel=1e-10, abs=0
    )


@for_each("with_bias", [False, True])
@for_each(
    ("points", "dim", "classes"),
    [(20, 7, 5), (8, 3, 6), (1, 4, 2), (5, 1, 3), (3, 9, 2), (30, 4, 12)],
)
def test_exact_agrees_with_the_hessian_of_cross_entropy(points, dim, classes, with_bias):
    features, weight, bias, labels = sample(points, dim, classes, seed=points)
    bias = bias if with_bias else torch.zeros(classes, dtype=torch.float64)
    expected = from_hessian(lambda w: cross_entropy(features @ w.T + bias, labels), weight)
    measured = flatness.relative_flatness(features, weight, bias if with_bias else None)
    assert measured.item() == pytest.approx(expected, rel=1e-8, abs=0)


def test_temperature_leaves_out_the_square_that_the_hessian_carries():
    features, weight, bias, labels = sample()
    expected = from_hessian(lambda w: cross_entropy((features @ w.T + bias) / 2, labels), weight)
    measured = flatness.relative_flatness(features, weight, bias, temperature=2)
    assert measured.item() / 4 == pytest.approx(expected, rel=1e-8, abs=0)


def test_the_bound_is_the_square_of_the_norm_times_the_trace():
    features, weight, bias, labels = sample()
    hessian = torch.autograd.functional.hessian(lambda w: cross_entropy(features @ w.T + bias, labels), weight)
    expected = weight.square().sum() * hessian.reshape(weight.numel(), -1).trace()
    measured = flatness.relative_flatness_bound(features, weight, bias)
    assert measured.item() == pytest.approx(expected.item(), rel=1e-8, abs=0)


@given(SAMPLES)
def test_the_means_are_over_the_terms_of_single_points(arguments):
    features, weight, bias, _ = sample(**arguments)
    pairs = [
        (flatness.relative_flatness, flatness.relative_flatness_per_sample),
        (flatness.relative_flatness_bound, flatness.relative_flatness_bound_per_sample),
    ]
    for mean, per_sample in pairs:
        terms = per_sample(features, weight, bias)
        assert terms.shape == (len(features),)
        assert terms.mean().item() == mean(features, weight, bias).item()
        singles = [mean(row[None], weight, bias).item() for row in features]
        assert terms.tolist() == pytest.approx(singles, rel=1e-12, abs=0)


@for_each("elements", [1, 40, 10**6])
def test_the_block_size_does_not_change_the_result(monkeypatch, elements):
    features, weight, bias, _ = sample(50)
    functions = (flatness.relative_flatness_per_sample, flatness.relative_flatness_bound_per_sample)
    before = [each(features, weight, bias) for each in functions]
    before += [flatness.relative_flatness_mse(features, weight), flatness.normalize_features(features, weight).scale]
    monkeypatch.setattr(flatness, "_BLOCK_ELEMENTS", elements)
    after = [each(features, weight, bias) for each in functions]
    after += [flatness.relative_flatness_mse(features, weight), flatness.normalize_features(features, weight).scale]
    torch.testing.assert_close(after, before, rtol=1e-12, atol=0)


class LargestTensor(TorchDispatchMode):
    """Notes the number of entries of the largest tensor that any operation returns."""

    def __init__(self):
        super().__init__()
        self.entries = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and not func.is_view:
            self.entries = max(self.entries, result.numel())
        return result


@for_each(("points", "dim", "classes"), [(1000, 20, 10), (1000, 2, 60), (500, 300, 16)])
def test_memory_is_one_block_one_matrix_of_classes_and_one_number_a_point(monkeypatch, points, dim, classes):
    monkeypatch.setattr(flatness, "_BLOCK_ELEMENTS", 2**12)
    features, weight, bias, _ = sample(points, dim, classes, dtype=torch.float32)
    for measure in MEASURES:
        with LargestTensor() as largest:
            value = measure(features, weight, bias).item()
        assert largest.entries <= max(2**12, classes * classes, classes * dim, points)
        assert value > 0


def test_a_thousand_classes():
    features, weight, _, _ = sample(50, 64, 1000, dtype=torch.float32)
    expected = plain(features.double(), weight.double())
    assert flatness.relative_flatness(features, weight).item() == pytest.approx(expected, rel=1e-9, abs=0)


# --- precision


@for_each("loss", [1e-6, 1e-8, 1e-10])
def test_a_confident_network_in_float32(loss):
    features, weight = confident(loss, torch.float32)
    exact, bound = by_definition(features, weight)
    assert flatness.relative_flatness(features, weight).item() == pytest.approx(exact, rel=1e-6, abs=0)
    assert flatness.relative_flatness_bound(features, weight).item() == pytest.approx(bound, rel=1e-6, abs=0)


@for_each(("loss", "error"), [(1e-6, 1e-3), (1e-8, 0.5), (1e-10, 0.5)])
def test_what_the_textbook_formula_loses_in_float32(loss, error):
    """Why the form over pairs is there: the difference of two nearly equal numbers of size ||w||^2."""
    features, weight = confident(loss, torch.float32)
    exact, _ = by_definition(features, weight)
    assert abs(plain(features, weight) / exact - 1) > error


@for_each("loss", [1e-14, 1e-30])
def test_a_confident_network_beyond_the_digits_of_float64(loss):
    features, weight = confident(loss, torch.float64)
    exact, bound = by_definition(features, weight)
    assert abs(plain(features, weight) / exact - 1) > 1e-5  # how far it errs is a matter of rounding
    assert flatness.relative_flatness(features, weight).item() == pytest.approx(exact, rel=1e-9, abs=0)
    assert flatness.relative_flatness_bound(features, weight).item() == pytest.approx(bound, rel=1e-9, abs=0)


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type(dtype):
    features, weight, bias, _ = sample(dtype=dtype)
    exact, bound = by_definition(features, weight, bias)
    measured = flatness.relative_flatness(features, weight, bias)
    assert measured.dtype == torch.float64
    assert measured.item() == pytest.approx(exact, rel=1e-10, abs=0)
    assert flatness.relative_flatness_bound(features, weight, bias).item() == pytest.approx(bound, rel=1e-10, abs=0)


@for_each(
    "arguments",
    [
        pytest.param({"dtype": torch.float16, "scale": 300.0}, id="float16 at scale 300"),
        pytest.param({"dtype": torch.bfloat16, "scale": 300.0}, id="bfloat16 at scale 300"),
        pytest.param({"dtype": torch.float32, "offset": 1000.0, "scale": 1e-4}, id="offset 1000"),
        pytest.param({"scale": 1e-6}, id="float64 at scale 1e-6"),
        pytest.param({"dtype": torch.float32, "scale": 1e-25}, id="squares below float32"),
        pytest.param({"points": 3, "dim": 40}, id="d > N"),
        pytest.param({"dim": 3, "classes": 25}, id="K > d"),
    ],
)
def test_awkward_input(arguments):
    features, weight, _, _ = sample(**{"points": 12, **arguments})
    exact, bound = by_definition(features, weight)
    assert flatness.relative_flatness(features, weight).item() == pytest.approx(exact, rel=1e-9, abs=0)
    assert flatness.relative_flatness_bound(features, weight).item() == pytest.approx(bound, rel=1e-9, abs=0)


def test_equal_rows_have_no_variance_and_a_bound():
    features, weight, _, _ = sample()
    same = weight[:1].repeat(4, 1)
    assert flatness.relative_flatness(features, same).item() == 0
    mean_square = features.square().sum(1).mean()
    expected = (same.square().sum() * 0.75 * mean_square).item()
    assert flatness.relative_flatness_bound(features, same).item() == pytest.approx(expected, rel=1e-12, abs=0)


def test_two_equal_rows_beside_others():
    features, weight, _, _ = sample()
    weight[2] = weight[0]
    exact, bound = by_definition(features, weight)
    assert flatness.relative_flatness(features, weight).item() == pytest.approx(exact, rel=1e-10, abs=0)
    assert flatness.relative_flatness_bound(features, weight).item() == pytest.approx(bound, rel=1e-10, abs=0)


def test_rows_equal_but_for_rounding_never_give_less_than_zero():
    """Beside a row far away and out of play, whose size sets the rounding of all distances."""
    bias = torch.tensor([0.0, 0.0, -1e4], dtype=torch.float64)
    for seed in range(50):
        features, weight, _, _ = sample(classes=3, seed=seed)
        weight[1] = weight[0] * (1 + 1e-15)
        assert flatness.relative_flatness(features, weight, bias).item() >= 0


# --- invariances


@given(SAMPLES, st.sampled_from([1.0, 1e5]))
def test_one_vector_added_to_all_rows_changes_the_bound_only(arguments, size):
    features, weight, bias, _ = sample(**arguments)
    assume(arguments["points"] > 1)
    shift = size * sample(seed=arguments["seed"] + 1, dim=weight.shape[1], points=1)[0]
    before = flatness.relative_flatness(features, weight, bias).item()
    assert flatness.relative_flatness(features, weight + shift, bias).item() == pytest.approx(before, rel=1e-9, abs=0)
    # the rows' mean is the shift that makes the bound least: moving away from it adds K ||shift||^2 to ||W||_F^2
    centered = weight - weight.mean(0)
    least = flatness.relative_flatness_bound(features, centered, bias).item()
    moved = flatness.relative_flatness_bound(features, centered + shift, bias).item()
    growth = 1 + (len(weight) * shift.square().sum() / centered.square().sum()).item()
    assert moved == pytest.approx(growth * least, rel=1e-9, abs=0)
    assert growth > 1


@given(SAMPLES, st.floats(1e-3, 1e3), st.sampled_from(MEASURES))
def test_scaling_features_up_and_the_weight_down_changes_nothing(arguments, c, measure):
    features, weight, bias, _ = sample(**arguments)
    assert measure(c * features, weight / c, bias).item() == pytest.approx(
        measure(features, weight, bias).item(), rel=1e-9, abs=0
    )


@given(SAMPLES, st.sampled_from(MEASURES))
def test_a_rotation_of_feature_space_changes_nothing(arguments, measure):
    features, weight, bias, _ = sample(**arguments)
    dim = weight.shape[1]
    turn = torch.linalg.qr(sample(dim, dim, seed=arguments["seed"] + 1)[0]).Q
    assert measure(features @ turn, weight @ turn, bias).item() == pytest.approx(
        measure(features, weight, bias).item(), rel=1e-9, abs=0
    )


def test_scaling_single_features_changes_both_unless_they_are_normalized():
    features, weight, _, _ = sample(scale=0.7, offset=0.2)
    factors = torch.tensor([0.1, 0.5, 1.0, 4.0, 20.0], dtype=torch.float64)
    ours = flatness.normalize_features(features, weight)
    theirs = flatness.normalize_features(features * factors, weight / factors)
    for measure in (flatness.relative_flatness, flatness.relative_flatness_bound):
        before, after = measure(features, weight).item(), measure(features * factors, weight / factors).item()
        assert abs(math.log(after / before)) > 1
        first, second = (measure(each.features, each.weight).item() for each in (ours, theirs))
        assert first == pytest.approx(second, rel=1e-10, abs=0)


# --- bounds


@given(SAMPLES)
def test_exact_stays_below_the_bound_point_by_point(arguments):
    features, weight, bias, _ = sample(**arguments)
    exact = flatness.relative_flatness_per_sample(features, weight, bias)
    bound = flatness.relative_flatness_bound_per_sample(features, weight, bias)
    assert bool((exact <= bound * (1 + 1e-12)).all())


def test_exact_reaches_the_bound_for_two_opposite_rows():
    features, weight, _, _ = sample(classes=2)
    weight[1] = -weight[0]
    exact, bound = (each(features, weight).item() for each in MEASURES)
    assert exact == pytest.approx(bound, rel=1e-12, abs=0)


@given(SAMPLES)
def test_the_bound_is_tied_to_cross_entropy(arguments):
    """1 - ||p||^2 <= 2 (1 - p_y) <= 2 CE for any label, so no labels of a trained network are needed."""
    features, weight, bias, labels = sample(**arguments)
    logits = features @ weight.T + bias
    for targets in (labels, logits.argmax(1)):
        ceiling = 2 * weight.square().sum() * features.square().sum(1).max() * cross_entropy(logits, targets)
        assert flatness.relative_flatness_bound(features, weight, bias) <= ceiling * (1 + 1e-12)


def test_the_ceiling_of_the_regularizer_is_reached_by_an_even_softmax_only():
    """phi of length 1 outside the softmax: at most ||W||_F^2 (1 - 1/K)."""
    features, weight, _, _ = sample()
    lengths = features.square().sum(1)
    ceiling = weight.square().sum().item() * 0.75

    def regularizer(temperature):
        return (flatness.relative_flatness_bound_per_sample(features, weight, None, temperature) / lengths).mean()

    assert regularizer(2.0) < 0.99 * ceiling
    assert regularizer(1e6).item() == pytest.approx(ceiling, rel=1e-9, abs=0)
    p = torch.softmax(features @ weight.T / 2, 1)
    expected = weight.square().sum() * (1 - p.square().sum(1)).mean()
    assert regularizer(2.0).item() == pytest.approx(expected.item(), rel=1e-12, abs=0)


# --- gradients


@for_each("measure", MEASURES)
@for_each("with_bias", [False, True])
def test_the_gradient_agrees_with_finite_differences(measure, with_bias):
    features, weight, bias, _ = sample(4, 3, 3)
    arguments = [features, weight] + [bias] * with_bias
    inputs = [tensor.requires_grad_() for tensor in arguments]
    assert torch.autograd.gradcheck(measure, inputs)
    assert torch.autograd.gradgradcheck(measure, inputs)


@for_each("measure", MEASURES)
def test_the_gradient_where_rows_are_equal_and_a_feature_is_zero(measure):
    features, weight, _, _ = sample(4, 3, 3)
    features[0], weight[1] = 0.0, weight[0]
    assert torch.autograd.gradcheck(measure, [features.requires_grad_(), weight.requires_grad_()])


@for_each("measure", MEASURES)
def test_the_gradient_of_a_confident_network_in_float32_is_that_of_float64(measure):
    gradients = []
    for dtype in (torch.float32, torch.float64):
        features, weight = confident(1e-8, torch.float32)
        inputs = [tensor.to(dtype).requires_grad_() for tensor in (features, weight)]
        gradients.append([each.double() for each in torch.autograd.grad(measure(*inputs), inputs)])
    for ours, truth in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, truth, rtol=1e-6, atol=1e-6 * truth.abs().max().item())
        assert truth.abs().max() > 0


def test_gradients_of_every_parameter_have_its_own_type():
    features, weight, bias, _ = sample(dtype=torch.bfloat16)
    inputs = [tensor.requires_grad_() for tensor in (features, weight, bias)]
    for gradient in torch.autograd.grad(flatness.relative_flatness(*inputs), inputs):
        assert gradient.dtype == torch.bfloat16
        assert bool(gradient.any())


# --- squared error


@for_each(("points", "dim", "classes"), [(20, 5, 1), (6, 4, 3), (3, 7, 2)])
def test_squared_error_agrees_with_the_hessian(points, dim, classes):
    features, weight, bias, labels = sample(points, dim, classes)
    targets = one_hot(labels, classes).double()
    summed = from_hessian(lambda w: (features @ w.T + bias - targets).square().sum(1).mean(), weight)
    averaged = from_hessian(lambda w: mse_loss(features @ w.T + bias, targets), weight)
    measured = flatness.relative_flatness_mse(features, weight).item()
    assert measured == pytest.approx(summed, rel=1e-8, abs=0)
    assert measured / classes == pytest.approx(averaged, rel=1e-8, abs=0)


def test_squared_error_is_a_ridge_penalty():
    features, weight, _, _ = sample()
    penalty = flatness.relative_flatness_mse(features, weight) / weight.square().sum()
    assert flatness.relative_flatness_mse(features, 3 * weight).item() == pytest.approx(
        (9 * weight.square().sum() * penalty).item(), rel=1e-12, abs=0
    )
    assert torch.autograd.gradcheck(
        flatness.relative_flatness_mse, [features.requires_grad_(), weight.requires_grad_()]
    )


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_squared_error_at_scale_300_does_not_overflow(dtype):
    features, weight, _, _ = sample(dtype=dtype, scale=300.0)
    expected = 2 * (weight.double() ** 2).sum() * (features.double() ** 2).sum(1).mean()
    assert flatness.relative_flatness_mse(features, weight).item() == pytest.approx(expected.item(), rel=1e-12, abs=0)


# --- normalized features


@given(SAMPLES)
def test_normalizing_keeps_the_logits_and_gives_unit_variance(arguments):
    assume(arguments["points"] > 1)
    features, weight, _, _ = sample(**arguments)
    result = flatness.normalize_features(features, weight)
    torch.testing.assert_close(result.features @ result.weight.T, features @ weight.T, rtol=1e-9, atol=1e-12)
    assert np.std(result.features.numpy(), axis=0) == pytest.approx(np.ones(weight.shape[1]), rel=1e-9, abs=0)
    assert not bool(result.constant.any())


@for_each("value", [0.0, 0.1, -1e6, 1e-30])
def test_a_constant_feature_is_left_alone_and_said(value):
    features, weight, _, _ = sample(30)
    features[:, 2] = value
    result = flatness.normalize_features(features, weight)
    assert result.constant.tolist() == [False, False, True, False, False]
    assert result.scale[2] == 1
    assert bool((result.features[:, 2] == value).all())
    assert torch.equal(result.weight[:, 2], weight[:, 2])
    assert bool(torch.isfinite(result.features).all())


def test_a_single_point_has_constant_features_only():
    features, weight, _, _ = sample(1)
    result = flatness.normalize_features(features, weight)
    assert bool(result.constant.all())
    assert torch.equal(result.features, features)


@for_each(
    ("arguments", "working"),
    [
        pytest.param({"dtype": torch.float32, "offset": 1000.0, "scale": 1e-4}, torch.float32, id="offset 1000"),
        pytest.param({"dtype": torch.float16, "scale": 300.0}, torch.float32, id="float16 at scale 300"),
        pytest.param({"dtype": torch.bfloat16}, torch.float32, id="bfloat16"),
        pytest.param({"scale": 1e-6}, torch.float64, id="float64 at scale 1e-6"),
        pytest.param({"scale": 1e-60}, torch.float64, id="float64 at scale 1e-60"),
        pytest.param({"offset": 1e6, "scale": 1e-6}, torch.float64, id="float64 at offset 1e6"),
    ],
)
def test_normalizing_awkward_features(arguments, working):
    features, weight, _, _ = sample(200, **arguments)
    result = flatness.normalize_features(features, weight)
    stored = features.double().numpy()
    deviation = np.std(stored - stored[0], axis=0)
    assert result.features.dtype == result.weight.dtype == result.scale.dtype == working
    assert result.scale.double().numpy() == pytest.approx(deviation, rel=1e-6, abs=0)
    assert result.features.double().numpy() == pytest.approx(stored / deviation, rel=1e-6, abs=0)
    assert result.weight.double().numpy() == pytest.approx(weight.double().numpy() * deviation, rel=1e-6, abs=0)
    assert not bool(result.constant.any())


def test_the_gradient_through_normalized_features():
    features, weight, _, _ = sample(6, 3, 3)

    def measure(features, weight):
        result = flatness.normalize_features(features, weight)
        return flatness.relative_flatness(result.features, result.weight)

    assert torch.autograd.gradcheck(measure, [features.requires_grad_(), weight.requires_grad_()])


# --- exact collapse


@for_each(
    ("alignment", "expected"),
    [(5.0, (1.833, 16.498, 90.258, 0.0342)), (10.0, (0.0299, 0.269, 1.494, None))],
)
def test_known_values_at_ten_classes(alignment, expected):
    values = flatness.collapsed_flatness(10, 1.0, alignment)
    measured = (values.exact, values.bound, values.proposition, values.cross_entropy)
    for value, known in zip(measured, expected, strict=True):
        assert known is None or float(f"{value.item():.{_digits(known)}f}") == known


def _digits(number):
    return len(str(number).split(".")[1])


@given(st.integers(2, 20), st.floats(0.3, 3.0), st.floats(0.1, 12.0))
def test_the_closed_forms_are_the_measures_on_a_simplex(classes, norm, alignment):
    features = norm * simplex_etf(classes, classes + 1)
    weight, labels = alignment * features, torch.arange(classes)
    values = flatness.collapsed_flatness(classes, norm, alignment)
    exact, bound = (measure(features, weight).item() for measure in MEASURES)
    assert values.exact.item() == pytest.approx(exact, rel=1e-8, abs=0)
    assert values.bound.item() == pytest.approx(bound, rel=1e-8, abs=0)
    assert values.bound.item() == pytest.approx((classes - 1) * exact, rel=1e-8, abs=0)
    assert values.bound <= values.proposition * (1 + 1e-12)
    # 1 + 1e-16 is 1: cross-entropy of a softmax in float64 is good to about that
    loss = cross_entropy(features @ weight.T, labels).item()
    assert values.cross_entropy.item() == pytest.approx(loss, rel=1e-6, abs=1e-14)


@for_each(("classes", "proposition", "bound"), [(3, 2.655, 2.584), (10, 3.498, 3.247), (97, 5.350, 4.849)])
def test_collapse_alone_is_not_flat(classes, proposition, bound):
    """Both rise, peak at a known confidence lambda delta, and only then fall."""
    confidence = torch.linspace(0.01, 20, 20000, dtype=torch.float64)
    norm = 1.7
    values = flatness.collapsed_flatness(classes, norm, confidence * (classes - 1) / classes / norm**2)
    assert confidence[values.proposition.argmax()].item() == pytest.approx(proposition, abs=2e-3)
    assert confidence[values.bound.argmax()].item() == pytest.approx(bound, abs=2e-3)
    assert values.exact.argmax() == values.bound.argmax()
    for curve in (values.exact, values.proposition):
        peak = int(curve.argmax())
        assert bool((curve[: peak + 1].diff() > 0).all())
        assert bool((curve[peak:].diff() < 0).all())


def test_ratios_at_97_classes():
    values = flatness.collapsed_flatness(97, 1.0, torch.tensor([5.0, 10.0]))
    to_bound, to_exact = values.proposition / values.bound, values.proposition / values.exact
    assert bool(((to_bound > 35) & (to_bound < 50)).all())
    assert bool(((to_exact > 3500) & (to_exact < 4800)).all())


def test_collapse_may_be_as_confident_as_float64_can_hold():
    values = flatness.collapsed_flatness(10, 1.0, 500.0)
    odds = math.exp(-500 * 10 / 9)
    assert values.exact.item() == pytest.approx(500**2 * 10 / 9 * 9 * odds * 2, rel=1e-9, abs=0)
    assert values.cross_entropy.item() == pytest.approx(9 * odds, rel=1e-9, abs=0)


def test_the_closed_forms_have_gradients():
    alignment = torch.tensor([0.5, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: tuple(vars(flatness.collapsed_flatness(4, 1.2, x)).values()), alignment)


# --- the form of the generalization bound


def test_the_generalization_bound_by_hand():
    """16^(-2/4+..): with d = 4 the exponent is -1/4, so N = 16 halves (8/8 + 0.5 + 0.25 / 0.5)."""
    value = flatness.relative_flatness_generalization_bound(8.0, 16, 4, 0.25, c1=0.5, c2=0.25)
    assert value == pytest.approx(1.0, rel=1e-12, abs=0)
    tensor = flatness.relative_flatness_generalization_bound(torch.tensor([8.0, 0.0]), 16, 4, 0.25, 0.5, 0.25)
    assert tensor.tolist() == pytest.approx([1.0, 0.5], rel=1e-6, abs=0)


@for_each(
    ("change", "message"),
    [
        ({"flatness": -1.0}, "flatness: .*-1.0"),
        ({"flatness": math.nan}, "flatness: .*nan"),
        ({"c1": -2.0}, "c1: .*-2.0"),
        ({"c2": math.nan}, "c2: .*nan"),
        ({"num_points": 0}, "num_points: .*0"),
        ({"dim": 0}, "dim: .*0"),
        ({"failure_probability": 0.0}, "failure_probability: .*0.0"),
        ({"failure_probability": 1.0}, "failure_probability: .*1.0"),
    ],
)
def test_the_generalization_bound_names_the_wrong_argument(change, message):
    arguments = {"flatness": 1.0, "num_points": 9, "dim": 2, "failure_probability": 0.1, "c1": 1.0, "c2": 1.0}
    with pytest.raises(ValueError, match=message):
        flatness.relative_flatness_generalization_bound(**(arguments | change))


# --- errors

H, W, B, _ = sample(6, 3, 3)


HEAD_ERRORS = [
    pytest.param((changed(H, (4, 2), math.nan), W), r"features: entry \[4, 2\] is nan", id="nan feature"),
    pytest.param((changed(H, (1, 0), math.inf), W), r"features: entry \[1, 0\] is inf", id="inf feature"),
    pytest.param((changed(H, (1, 0), -math.inf), W), r"features: entry \[1, 0\] is -inf", id="-inf feature"),
    pytest.param((H.long(), W), r"features: .*torch\.int64", id="integer features"),
    pytest.param((H[0], W), r"features: .*\[3\]", id="features in one dimension"),
    pytest.param((H[:0], W), r"features: .*\[0, 3\]", id="no features"),
    pytest.param((H, W[0]), r"weight: .*\[3\]", id="weight in one dimension"),
    pytest.param((H, torch.eye(4)), r"weight: .*\[4, 3\].*\[4, 4\]", id="weight of another dimension"),
    pytest.param((H, changed(W, (2, 0), math.nan)), r"weight: entry \[2, 0\] is nan", id="nan weight"),
]


@for_each("measure", MEASURES)
@for_each(
    ("arguments", "message"),
    [
        *HEAD_ERRORS,
        pytest.param((H, W[:1]), r"weight: .*K >= 2.*\[1, 3\]", id="K = 1"),
        pytest.param((H, W, torch.zeros(4)), r"bias: .*\[3\].*\[4\]", id="bias too long"),
        pytest.param((H, W, changed(B, 1, math.inf)), r"bias: entry \[1\] is inf", id="inf bias"),
        pytest.param((H, W, B, 0.0), r"temperature: .*0\.0", id="temperature 0"),
        pytest.param((H, W, B, -1), r"temperature: .*-1", id="negative temperature"),
        pytest.param((H, W, B, math.nan), r"temperature: .*nan", id="nan temperature"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(measure, arguments, message):
    with pytest.raises(ValueError, match=message):
        measure(*arguments)


@for_each("measure", [flatness.relative_flatness_mse, flatness.normalize_features])
@for_each(("arguments", "message"), HEAD_ERRORS)
def test_a_wrong_argument_is_named_by_the_others_too(measure, arguments, message):
    with pytest.raises(ValueError, match=message):
        measure(*arguments)


@for_each(
    ("arguments", "message"),
    [
        ((1, 1.0, 5.0), "num_classes: .*1"),
        ((10, 0.0, 5.0), "norm: .*0.0"),
        ((10, math.inf, 5.0), "norm: .*inf"),
        ((10, 1.0, 0.0), "alignment: .*0.0"),
        ((10, 1.0, torch.tensor([1.0, -2.0])), "alignment: .*-2.0"),
        ((10, 1.0, math.nan), "alignment: .*nan"),
        ((10, 1.0, torch.tensor([1.0, math.inf])), "alignment: .*inf"),
    ],
)
def test_collapsed_flatness_names_the_wrong_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        flatness.collapsed_flatness(*arguments)
