"""Curvature by products against whole Hessians, formed by autograd or by finite differences of the gradient."""

import math

import numpy as np
import pytest
import torch
from draws import changed
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from ncbook.metrics import curvature, flatness


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


class Network:
    """tanh(x A^T) B^T with cross-entropy; the weight under study is the hidden layer A [hidden, inputs]."""

    def __init__(self, inputs=4, hidden=3, classes=5, points=12, seed=0, dtype=torch.float64):
        self.x, self.hidden = normal(points, inputs, seed=seed, dtype=dtype), normal(hidden, inputs, seed=seed + 1)
        self.hidden, self.head = self.hidden.to(dtype), normal(classes, hidden, seed=seed + 2, dtype=dtype)
        self.labels = torch.randint(classes, (points,), generator=torch.Generator().manual_seed(seed))

    def outputs(self, weight):
        return torch.tanh(self.x @ weight.T) @ self.head.T

    def criterion(self, outputs):
        return cross_entropy(outputs, self.labels)

    def loss(self, weight):
        return self.criterion(self.outputs(weight))

    def hessian_product(self):
        return curvature.hessian_product(self.loss, self.hidden)

    def hessian(self):
        return _square(torch.autograd.functional.hessian(self.loss, self.hidden))


def _square(blocks):
    return blocks.reshape(math.isqrt(blocks.numel()), -1)


def whole(product, weight):
    """The matrix of a product, column by column."""
    units = torch.eye(weight.numel(), dtype=weight.dtype)
    return torch.stack([product(unit.reshape(weight.shape)).flatten() for unit in units], dim=1)


def relative_flatness(matrix, weight):
    """sum_{s, s'} <w_s, w_s'> Tr C_{s, s'}, by loops."""
    rows, columns = weight.shape
    blocks = matrix.reshape(rows, columns, rows, columns)
    total = 0.0
    for s in range(rows):
        for other in range(rows):
            for i in range(columns):
                total += (weight[s] @ weight[other] * blocks[s, i, other, i]).item()
    return total


def quadratic(matrix):
    """A loss whose Hessian is `matrix`, for weights with as many entries."""
    return lambda weight: weight.flatten() @ matrix @ weight.flatten() / 2


def symmetric(size, seed=0):
    square = normal(size, size, seed=seed)
    return square + square.T


# --- products


@given(st.integers(1, 5), st.integers(1, 5), st.integers(2, 5), st.integers(1, 9), st.integers(0, 999))
def test_products_are_those_of_the_whole_matrices(inputs, hidden, classes, points, seed):
    network = Network(inputs, hidden, classes, points, seed)
    torch.testing.assert_close(
        whole(network.hessian_product(), network.hidden), network.hessian(), rtol=1e-9, atol=1e-12
    )


def test_the_hessian_product_agrees_with_differences_of_the_gradient():
    network, step = Network(), 1e-5
    direction = normal(3, 4, seed=9)

    def gradient(weight):
        return torch.func.grad(network.loss)(weight)

    difference = gradient(network.hidden + step * direction) - gradient(network.hidden - step * direction)
    torch.testing.assert_close(network.hessian_product()(direction), difference / (2 * step), rtol=1e-7, atol=1e-9)


def test_a_loss_linear_in_the_weight_has_no_curvature():
    weight = normal(2, 3)
    other = normal(2, 3, seed=1).requires_grad_()
    for loss in (lambda w: w.sum(), lambda w: (w * other).sum()):
        product = curvature.hessian_product(loss, weight)
        assert torch.equal(product(normal(2, 3, seed=2)), torch.zeros(2, 3, dtype=torch.float64))


def test_products_work_without_gradients_and_leave_none_behind():
    network = Network()
    network.head.requires_grad_()
    expected = network.hessian_product()(network.hidden)
    with torch.no_grad():
        assert torch.equal(network.hessian_product()(network.hidden), expected)
    assert network.head.grad is None
    assert not network.hidden.requires_grad


# --- relative flatness of a layer


@for_each(("inputs", "hidden"), [(4, 3), (3, 4), (1, 5), (5, 1)])
def test_relative_flatness_with_every_direction_is_the_sum_over_blocks(inputs, hidden):
    network = Network(inputs, hidden, seed=inputs)
    estimate = curvature.layer_relative_flatness(network.hessian_product(), network.hidden)
    expected = relative_flatness(network.hessian(), network.hidden)
    assert estimate.value == pytest.approx(expected, rel=1e-8, abs=0)
    assert estimate.standard_error == 0
    assert estimate.products == min(inputs, hidden) * inputs


@given(st.integers(1, 12), st.integers(1, 6), st.integers(2, 6), st.integers(0, 999))
def test_relative_flatness_of_the_last_layer_is_the_closed_form(points, dim, classes, seed):
    features, weight = normal(points, dim, seed=seed), normal(classes, dim, seed=seed + 1)
    labels = torch.arange(points) % classes
    product = curvature.hessian_product(lambda w: cross_entropy(features @ w.T, labels), weight)
    expected = flatness.relative_flatness(features, weight).item()
    assert curvature.layer_relative_flatness(product, weight).value == pytest.approx(expected, rel=1e-8, abs=0)


@for_each("shape", [(3, 4), (4, 3)])
def test_the_mean_over_all_signs_is_exact(shape):
    """Unbiased: sum over all 2^(r m) probes of a quadratic form, with the lift that the estimate uses."""
    weight, matrix = normal(*shape), symmetric(12, seed=3)
    product = curvature.hessian_product(quadratic(matrix), weight)
    seen = []

    def recorded(direction):
        seen.append(direction)
        return product(direction)

    # the unit directions V_ai, from which every lifted probe is a signed sum
    expected = curvature.layer_relative_flatness(recorded, weight).value
    units = torch.stack(seen).reshape(len(seen), -1)
    assert expected == pytest.approx(relative_flatness(matrix, weight), rel=1e-10, abs=0)
    signs = 2 * (torch.arange(2 ** len(units))[:, None] >> torch.arange(len(units)) & 1) - 1
    lifted = signs.double() @ units
    assert ((lifted @ matrix) * lifted).sum(1).mean().item() == pytest.approx(expected, rel=1e-9, abs=0)
    seen.clear()
    curvature.layer_relative_flatness(recorded, weight, probes=5)
    for direction in seen:  # each random direction is one of those signed sums
        weights = torch.linalg.lstsq(units.T, direction.flatten()).solution
        torch.testing.assert_close(weights.abs(), torch.ones_like(weights), rtol=1e-9, atol=0)


@for_each("measure", [curvature.layer_relative_flatness, curvature.curvature_trace])
def test_the_standard_error_is_the_size_of_the_error(measure):
    """Over 60 seeds, errors in units of the standard error have mean 0 and variance 1, but for sampling."""
    weight, matrix = normal(4, 6), symmetric(24, seed=2)
    product = curvature.hessian_product(quadratic(matrix), weight)
    truth = measure(product, weight).value
    estimates = [measure(product, weight, probes=20, seed=seed) for seed in range(60)]
    errors = np.array([(each.value - truth) / each.standard_error for each in estimates])
    assert abs(errors.mean()) < 0.3
    assert 0.8 < errors.std() < 1.3
    assert {each.products for each in estimates} == {20}


@for_each("measure", [curvature.layer_relative_flatness, curvature.curvature_trace])
def test_probes_are_seeded_and_stop_at_the_exact_sum(measure):
    network = Network()
    product = network.hessian_product()
    first, again, other = (measure(product, network.hidden, probes=5, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.value != other.value
    for probes in (12, 13):
        assert measure(product, network.hidden, probes) == measure(product, network.hidden)
    assert measure(product, network.hidden, probes=11).standard_error > 0


def test_relative_flatness_does_not_depend_on_a_rescaling_between_layers():
    """(c A, B / c) is the same linear network; its Hessian is not the same."""
    network = Network()

    def loss(head):
        def value(weight):
            return cross_entropy(network.x @ weight.T @ head.T, network.labels)

        return value

    values, traces = [], []
    for c in (1.0, 7.0):
        product = curvature.hessian_product(loss(network.head / c), c * network.hidden)
        values.append(curvature.layer_relative_flatness(product, c * network.hidden).value)
        traces.append(curvature.curvature_trace(product, c * network.hidden).value)
    assert values[1] == pytest.approx(values[0], rel=1e-9, abs=0)
    assert traces[1] == pytest.approx(traces[0] / 49, rel=1e-9, abs=0)


def test_relative_flatness_of_a_weight_of_zeros_is_zero():
    network = Network()
    network.hidden = torch.zeros(3, 4, dtype=torch.float64)
    assert curvature.layer_relative_flatness(network.hessian_product(), network.hidden).value == 0


def test_float32_agrees_with_float64():
    single, double = Network(dtype=torch.float32), Network()
    double.x, double.hidden, double.head = single.x.double(), single.hidden.double(), single.head.double()
    for measure in (curvature.layer_relative_flatness, curvature.curvature_trace):
        values = [measure(each.hessian_product(), each.hidden).value for each in (single, double)]
        assert values[0] == pytest.approx(values[1], rel=1e-4, abs=0)


def test_bfloat16_is_accumulated_in_float64():
    """10 000 terms of one half: in bfloat16 a sum of ones stops growing at 256."""
    weight = torch.ones(100, 100, dtype=torch.bfloat16)
    estimate = curvature.curvature_trace(lambda direction: direction / 2, weight, probes=3)
    assert estimate.value == 5000


# --- trace


def test_the_trace_with_every_direction_is_exact():
    network = Network()
    estimate = curvature.curvature_trace(network.hessian_product(), network.hidden)
    assert estimate.value == pytest.approx(network.hessian().trace().item(), rel=1e-9, abs=0)
    assert (estimate.standard_error, estimate.products) == (0, 12)


def test_the_trace_of_a_weight_of_any_shape():
    """A convolution, and a bias."""
    image, labels = normal(5, 2, 6, 6), torch.arange(5) % 3
    for weight in (normal(3, 2, 3, 3, seed=1), normal(3, seed=2)):
        kernel = normal(3, 2, 3, 3, seed=3)

        def loss(value, kernel=kernel):
            shift = value[:, None, None] if value.ndim == 1 else 0
            maps = torch.nn.functional.conv2d(image, kernel if value.ndim == 1 else value) + shift
            return cross_entropy(torch.tanh(maps).mean((2, 3)), labels)

        expected = _square(torch.autograd.functional.hessian(loss, weight)).trace().item()
        product = curvature.hessian_product(loss, weight)
        assert curvature.curvature_trace(product, weight).value == pytest.approx(expected, rel=1e-8, abs=0)


def test_random_signs_are_exact_for_a_diagonal_matrix():
    diagonal = torch.diag(normal(20))
    product = curvature.hessian_product(quadratic(diagonal), normal(4, 5))
    estimate = curvature.curvature_trace(product, normal(4, 5), probes=2)
    assert estimate.value == pytest.approx(diagonal.trace().item(), rel=1e-12, abs=0)
    assert estimate.standard_error < 1e-12


# --- errors


W = normal(3, 4)
MEASURES = [curvature.layer_relative_flatness, curvature.curvature_trace]


@for_each("measure", MEASURES)
@for_each(
    ("weight", "message"),
    [
        pytest.param(changed(W, (1, 2), math.nan), r"weight: entry \[1, 2\] is nan", id="nan"),
        pytest.param(W.long(), r"weight: .*torch\.int64", id="integer"),
        pytest.param(W[:0], r"weight: .*\[0, 4\]", id="empty"),
    ],
)
def test_a_wrong_weight_is_named(measure, weight, message):
    with pytest.raises(ValueError, match=message):
        measure(torch.zeros_like, weight)
    with pytest.raises(ValueError, match=message):
        curvature.hessian_product(lambda w: w.square().sum(), weight)


@for_each("measure", MEASURES)
@for_each("probes", [1, 0, -3])
def test_too_few_probes_are_refused(measure, probes):
    with pytest.raises(ValueError, match=f"probes: .*{probes}"):
        measure(torch.zeros_like, W, probes)


def test_a_weight_that_is_no_matrix_has_no_relative_flatness():
    with pytest.raises(ValueError, match=r"weight: .*\[12\]"):
        curvature.layer_relative_flatness(torch.zeros_like, W.flatten())


@for_each(
    ("loss", "message"),
    [
        pytest.param(lambda w: w, "loss: ", id="not a scalar"),
        pytest.param(lambda w: w.sum() * math.nan, "loss: .*nan", id="nan"),
        pytest.param(lambda w: W.sum(), "loss: does not depend", id="constant"),
        pytest.param(lambda w: W.clone().requires_grad_().sum(), "loss: does not depend", id="of another tensor"),
    ],
)
def test_a_wrong_loss_is_named(loss, message):
    with pytest.raises(ValueError, match=message):
        curvature.hessian_product(loss, W)


TOKENS = normal(2, 5, 6)  # [batch, place, width]


def attention_loss(attend, weight):
    """One causal layer of attention with two heads; queries, keys and values by weight [18, 6]."""
    parts = (TOKENS.to(weight.dtype) @ weight.T).chunk(3, dim=2)
    heads = (part.unflatten(2, (2, 3)).transpose(1, 2) for part in parts)
    return attend(*heads).square().mean()


def fused(query, key, value):
    return torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)


def plain(query, key, value):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    return torch.softmax(scores.masked_fill(later, -math.inf), dim=-1) @ value


@for_each("dtype", [torch.float32, torch.float64])
def test_the_hessian_goes_through_fused_attention(dtype):
    weight, direction = normal(18, 6, dtype=dtype), normal(18, 6, seed=1, dtype=dtype)
    point = weight.clone().requires_grad_()
    slope = torch.autograd.grad(attention_loss(plain, point), point, create_graph=True)[0]
    expected = torch.autograd.grad(slope, point, direction)[0]
    assert expected.norm() > 0.1
    for loss in (
        lambda v: attention_loss(fused, v),
        lambda v: checkpoint(attention_loss, fused, v, use_reentrant=False),
    ):
        torch.testing.assert_close(curvature.hessian_product(loss, weight)(direction), expected)


class Square(torch.autograd.Function):
    """x^2 whose author did not think of second derivatives."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        return 2 * ctx.saved_tensors[0] * gradient


def alignment_loss(weight):
    """Connectionist temporal classification of one sequence of 12 steps and 3 symbols."""
    steps, targets = weight.flatten().repeat(3).view(12, 1, 3).log_softmax(2), torch.tensor([[1, 2]])
    return torch.nn.functional.ctc_loss(steps, targets, torch.tensor([12]), torch.tensor([2]))


@for_each(
    ("loss", "message"),
    [
        pytest.param(lambda w: Square.apply(w).sum(), "once_differentiable", id="once alone"),
        pytest.param(lambda w: Square.apply(w).sum() + w.pow(3).sum(), "once_differentiable", id="once in a sum"),
        pytest.param(alignment_loss, "ctc_loss_backward is not implemented", id="no second derivative"),
    ],
)
def test_a_loss_that_is_differentiable_once_is_refused(loss, message):
    """And not taken for a linear one, whose Hessian is 0."""
    with pytest.raises(ValueError, match=f"loss: expected operations that torch differentiates twice, got .*{message}"):
        curvature.hessian_product(loss, W)(W)


def test_the_hessian_of_a_linear_loss_is_zero():
    assert torch.equal(curvature.hessian_product(lambda w: 3 * w.sum(), W)(W), torch.zeros_like(W))


@for_each(
    ("direction", "message"),
    [
        pytest.param(W[0], r"direction: expected shape \[3, 4\], got \[4\]", id="a row"),
        pytest.param(W.numpy(), r"direction: .*use torch\.from_numpy\(direction\)", id="numpy"),
        pytest.param(W.to("meta"), "direction: expected on cpu as weight, got meta", id="elsewhere"),
    ],
)
def test_a_wrong_direction_is_named(direction, message):
    with pytest.raises((ValueError, TypeError), match=message):
        curvature.hessian_product(lambda w: w.square().sum(), W)(direction)
