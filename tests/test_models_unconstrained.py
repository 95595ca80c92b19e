"""Unconstrained features reach their closed-form minima; deep linear networks; heads other than a linear one."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook import models
from ncbook.metrics import (
    collapse,
    simplex_etf,
    unconstrained_cross_entropy,
    unconstrained_square_loss,
)
from ncbook.models.heads import CosineHead, FixedHead, narrow_features, reduce_features, replace_head
from ncbook.models.unconstrained import DeepLinear, UnconstrainedFeatures, unconstrained_objective


def balanced(num_classes: int, per_class: int) -> torch.Tensor:
    return torch.arange(num_classes).repeat_interleave(per_class)


def free(num_classes=3, per_class=4, dim=5, bias=True, seed=0) -> UnconstrainedFeatures:
    torch.manual_seed(seed)
    return UnconstrainedFeatures(balanced(num_classes, per_class), dim, num_classes, bias).double()


def minimize(model: UnconstrainedFeatures, **objective) -> float:
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=400,
        history_size=20,
        tolerance_grad=1e-10,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        loss = unconstrained_objective(model, **objective)
        loss.backward()
        return loss

    optimizer.step(closure)
    return closure().item()


# K, n, lambda_W, lambda_H; the first three are those of the closed forms' published checks, all with K r < 1.
SETTINGS = [(4, 10, 5e-3, 5e-4), (10, 5, 1e-3, 1e-3), (3, 20, 5e-3, 1e-4), (2, 3, 1e-2, 1e-2)]


@for_each(
    ("setting", "loss", "seed"),
    zip(SETTINGS, ("cross_entropy", "square", "square", "cross_entropy"), range(4), strict=True),
)
def test_random_starts_end_at_the_closed_form_minimum(setting, loss, seed):
    num_classes, per_class, weight_decay, feature_decay = setting
    closed_form = {"cross_entropy": unconstrained_cross_entropy, "square": unconstrained_square_loss}[loss]
    truth = closed_form(num_classes, num_classes + 2, per_class, weight_decay, feature_decay)
    model = free(num_classes, per_class, num_classes + 2, seed=seed)
    reached = minimize(model, weight_decay=weight_decay, feature_decay=feature_decay, loss=loss)
    assert reached == pytest.approx(truth.loss, rel=1e-5)
    assert_same_logits(model, truth)
    result = collapse(model.features().detach(), model.labels, model.head.weight.detach(), model.head.bias.detach())
    for measure in (result.nc1, result.nc2_norms, result.nc2_angles, result.nc2_angles_head, result.nc3):
        assert measure < 1e-2
    assert (result.nc4, result.ncc_error) == (0, 0)


def assert_same_logits(model, truth):
    """The minimizer is unique up to rotations of the d dimensions: the centered logits are the same."""
    logits = (model.features() @ model.head.weight.T).detach()
    torch.testing.assert_close(logits, truth.features @ truth.weight.T, rtol=0, atol=1e-2 * truth.logit_gap)
    ratio = model.head.weight.square().sum(1).mean() / model.points.square().sum(1).mean()
    assert ratio.item() == pytest.approx(truth.norm_ratio, rel=1e-2)


def test_the_square_loss_without_a_bias_ends_at_an_orthogonal_frame():
    truth = unconstrained_square_loss(4, 5, 6, 5e-3, 5e-4, bias=False)
    model = free(4, 6, 5, bias=False)
    reached = minimize(model, weight_decay=5e-3, feature_decay=5e-4, loss="square")
    assert reached == pytest.approx(truth.loss, rel=1e-5)
    assert_same_logits(model, truth)
    rows = torch.nn.functional.normalize(model.head.weight.detach())
    torch.testing.assert_close(rows @ rows.T, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-3)


@for_each("loss", ["cross_entropy", "square"])
def test_decays_above_the_threshold_leave_nothing(loss):
    """K sqrt(n lambda_W lambda_H) = 1.2."""
    decay = 1.2 / (4 * math.sqrt(10))
    model = free(4, 10)
    reached = minimize(model, weight_decay=decay, feature_decay=decay, loss=loss)
    assert reached == pytest.approx(math.log(4) if loss == "cross_entropy" else 3 / 8, rel=1e-6)
    assert model.points.norm().item() < 1e-3
    assert model.head.weight.norm().item() < 1e-3


def slow_objective(model, weight_decay, feature_decay, bias_decay, loss) -> float:
    w, h, b = (t.detach().numpy() for t in (model.head.weight, model.points, model.head.bias))
    labels, total = model.labels.tolist(), 0.0
    for point, label in zip(h, labels, strict=True):
        z = w @ point + b
        if loss == "cross_entropy":
            total += math.log(sum(math.exp(each) for each in z)) - z[label]
        else:
            total += sum((each - (k == label)) ** 2 for k, each in enumerate(z)) / 2
    penalty = weight_decay * (w**2).sum() + feature_decay * (h**2).sum() + bias_decay * (b**2).sum()
    return total / len(labels) + penalty / 2


@given(
    labels=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    decays=st.tuples(*[st.floats(0, 3)] * 3),
    loss=st.sampled_from(["cross_entropy", "square"]),
    seed=st.integers(0, 1000),
)
def test_the_objective_is_its_definition(labels, decays, loss, seed):
    """Empty classes and any imbalance included; the bias away from its start."""
    torch.manual_seed(seed)
    model = UnconstrainedFeatures(torch.tensor(labels), 3, 4).double()
    torch.nn.init.normal_(model.head.bias)
    names = ("weight_decay", "feature_decay", "bias_decay")
    arguments = {**dict(zip(names, decays, strict=True)), "loss": loss}
    assert unconstrained_objective(model, **arguments).item() == pytest.approx(slow_objective(model, **arguments))


def test_points_are_read_by_index_and_all_at_once():
    model = free()
    some = torch.tensor([7, 0, 7])
    assert torch.equal(model.features(some), model.points[some])
    assert torch.equal(model.features(), model.points)
    assert torch.equal(model(some), model()[some])
    assert torch.equal(model.layers(some)["points"], model.points[some])
    assert [name for name, _ in model.named_parameters()] == ["blocks.points.weight", "head.weight", "head.bias"]
    assert "labels" in model.state_dict()


def test_unconstrained_features_start_as_they_say():
    torch.manual_seed(0)
    model = UnconstrainedFeatures(balanced(50, 20), 100, 50)
    assert model.points.std().item() == pytest.approx(0.1, rel=0.02)
    assert model.head.weight.std().item() == pytest.approx(0.1, rel=0.05)
    assert not model.head.bias.any()
    assert UnconstrainedFeatures(balanced(2, 1), 3, 2, bias=False).head.bias is None


@for_each(
    ("arguments", "message"),
    [
        ((torch.tensor([0, 0]), 3, 1), "num_classes: expected an integer >= 2, got 1"),
        ((torch.tensor([0, 1]), 0, 2), "dim: expected an integer >= 1, got 0"),
        ((torch.tensor([0, 2]), 3, 2), r"labels: expected classes in 0..1, got 0..2"),
        ((torch.tensor([-1, 1]), 3, 2), r"labels: expected classes in 0..1, got -1..1"),
        ((torch.tensor([0.0, 1.0]), 3, 2), "labels: .*float32"),
        ((torch.tensor([[0, 1]]), 3, 2), r"labels: .*got \[1, 2\]"),
        ((torch.tensor([], dtype=torch.long), 3, 2), r"labels: .*got \[0\]"),
    ],
)
def test_points_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        UnconstrainedFeatures(*arguments)


@for_each("name", ["weight_decay", "feature_decay", "bias_decay"])
@for_each("decay", [-1e-3, math.nan, math.inf])
def test_decays_must_be_finite_and_the_loss_known(name, decay):
    with pytest.raises(ValueError, match=f"{name}: .*got {decay}"):
        unconstrained_objective(free(), **{"weight_decay": 1.0, "feature_decay": 1.0, name: decay})
    with pytest.raises(ValueError, match="loss: 'hinge' is unknown; use one of cross_entropy, square"):
        unconstrained_objective(free(), 1.0, 1.0, loss="hinge")


# Deep linear networks


@for_each("depth", [1, 2, 3, 6])
def test_a_deep_linear_network_is_the_product_of_its_matrices(depth):
    torch.manual_seed(0)
    model = DeepLinear((2, 3), 4, width=5, depth=depth).double()
    inputs = torch.randn(7, 2, 3, dtype=torch.float64)
    matrices = [parameter.detach().numpy() for parameter in model.parameters()]
    assert len(matrices) == depth
    product = np.eye(6)
    for matrix in matrices:
        product = matrix @ product
    np.testing.assert_allclose(model.product().detach().numpy(), product, atol=1e-12)
    np.testing.assert_allclose(model(inputs).detach().numpy(), inputs.flatten(1).numpy() @ product.T, atol=1e-12)
    assert list(model.layers(inputs)) == ["inputs", *(f"linear{level}" for level in range(1, depth))]
    assert model.features(inputs).shape == (7, 6 if depth == 1 else 5)


@for_each("depth", [1, 2, 4])
@for_each("scale", [1.0, 1e-3])
def test_the_scale_is_that_of_the_product(depth, scale):
    """E ||W_L ... W_1 x||^2 = scale^2 K / d_{L-1} ... = scale^2 K ||x||^2 / D: every fan-in is divided out."""
    torch.manual_seed(0)
    model = DeepLinear((300,), 200, width=250, depth=depth, scale=scale)
    size = model.product().square().sum().item()
    assert size == pytest.approx(scale**2 * 200, rel=0.1)


@for_each(
    ("arguments", "message"),
    [
        ({"num_classes": 1}, "num_classes: expected an integer >= 2, got 1"),
        ({"width": 0}, "width: expected an integer >= 1, got 0"),
        ({"depth": 0}, "depth: expected an integer >= 1, got 0"),
        ({"input_shape": (0,)}, "input_shape: expected an integer >= 1, got 0"),
        ({"scale": 0.0}, "scale: expected a finite number > 0, got 0.0"),
    ],
)
def test_deep_linear_refuses_bad_sizes(arguments, message):
    with pytest.raises(ValueError, match=message):
        DeepLinear(**{"input_shape": (3,), "num_classes": 2, **arguments})


# Heads


@given(dim=st.integers(1, 6), classes=st.integers(1, 6), temperature=st.floats(0.01, 10), seed=st.integers(0, 1000))
def test_cosine_logits_are_cosines_over_the_temperature(dim, classes, temperature, seed):
    torch.manual_seed(seed)
    head = CosineHead(dim, classes, temperature).double()
    features = 50 * torch.randn(5, dim, dtype=torch.float64)
    rows, points = head.parametrizations.weight.original.detach().numpy(), features.numpy()
    truth = [[w @ h / (np.linalg.norm(w) * np.linalg.norm(h)) / temperature for w in rows] for h in points]
    np.testing.assert_allclose(head(features).detach().numpy(), truth, atol=1e-9 / temperature)


def test_metrics_read_the_decisions_of_a_cosine_head():
    torch.manual_seed(0)
    head = CosineHead(4, 3)
    with torch.no_grad():
        head.parametrizations.weight.original.mul_(torch.tensor([[1.0], [20.0], [400.0]]))  # lengths must not matter
    features = torch.randn(300, 4)
    assert head.weight.norm(dim=1).tolist() == pytest.approx([10.0] * 3)
    assert torch.equal((features @ head.weight.T).argmax(1), head(features).argmax(1))
    assert head.bias is None
    assert collapse(features, head(features).argmax(1), head.weight.detach()).nc2_norms_head < 1e-6


@for_each("temperature", [0.1, 1.0])
def test_the_least_cross_entropy_of_a_cosine_head_is_the_one_stated(temperature):
    head = CosineHead(7, 5, temperature).double()
    frame = simplex_etf(5, 7)
    with torch.no_grad():
        head.parametrizations.weight.original.copy_(3 * frame)
    loss = torch.nn.functional.cross_entropy(head(0.2 * frame), torch.arange(5)).item()
    assert loss == pytest.approx(math.log(1 + 4 * math.exp(-5 / (4 * temperature))), rel=1e-9)


@for_each(
    ("dtype", "scale"), [(torch.float16, 300), (torch.float16, 15_000), (torch.bfloat16, 1), (torch.float32, 1e-18)]
)
def test_cosine_logits_in_low_precision(dtype, scale):
    torch.manual_seed(0)
    head, features = CosineHead(64, 5, temperature=1.0), scale * torch.randn(9, 64)
    truth = head.double()(features.double())
    logits = head.to(dtype)(features.to(dtype))
    assert logits.dtype == dtype
    torch.testing.assert_close(logits.double(), truth, rtol=0, atol=4 * torch.finfo(dtype).eps)


def test_a_feature_of_zero_gets_cosine_logits_of_zero():
    features = torch.zeros(2, 4, requires_grad=True)
    logits = CosineHead(4, 3)(features)
    logits.sum().backward()
    assert not logits.any()
    assert features.grad.isfinite().all()


@for_each(
    ("arguments", "message"),
    [
        ((0, 3), "feature_dim: .*got 0"),
        ((3, 0), "num_classes: .*got 0"),
        ((3, 3, 0.0), "temperature: .*got 0.0"),
        ((3, 3, math.nan), "temperature: .*got nan"),
    ],
)
def test_a_cosine_head_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        CosineHead(*arguments)


def test_a_fixed_head_is_linear_and_not_trained():
    weight, bias = simplex_etf(4, 6), torch.arange(4.0, dtype=torch.float64)
    head, features = FixedHead(weight, bias), torch.randn(5, 6, dtype=torch.float64)
    torch.testing.assert_close(head(features), features @ weight.T + bias)
    assert list(head.parameters()) == []
    assert set(head.state_dict()) == {"weight", "bias"}
    assert torch.equal(head.weight, weight)
    assert (head.in_features, head.out_features) == (6, 4)
    weight.zero_()
    assert head.weight.any()  # a copy, not the caller's tensor


@for_each(
    ("arguments", "message"),
    [
        ((torch.ones(3),), r"weight: .*got a tensor .*\[3\]"),
        ((torch.ones(3, 2, dtype=torch.long),), "weight: .*int64"),
        ((torch.full((3, 2), math.nan),), "weight: expected finite"),
        ((torch.ones(3, 2), torch.ones(2)), r"bias: expected finite \[3\] .*got a tensor torch.float32 \[2\]"),
        ((torch.ones(3, 2), torch.full((3,), math.inf)), "bias: expected finite"),
    ],
)
def test_a_fixed_head_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        FixedHead(*arguments)


def small() -> models.Classifier:
    torch.manual_seed(0)
    return models.mlp((1, 4, 4), 5, width=12, depth=2).eval()


@for_each("head", [CosineHead(12, 5), FixedHead(simplex_etf(5, 12))])
def test_a_replaced_head_keeps_the_contract(head):
    model = replace_head(small(), copy.deepcopy(head))
    inputs = torch.randn(3, 1, 4, 4)
    assert model(inputs).dtype == torch.float32  # a float64 frame follows its network
    assert torch.equal(model.head(model.features(inputs)), model(inputs))
    assert model.head.weight.shape == (5, 12)
    assert model.head.weight.dtype == torch.float32
    restored = replace_head(small(), copy.deepcopy(head))
    restored.load_state_dict(model.state_dict())
    assert torch.equal(restored(inputs), model(inputs))


@for_each("weight", [torch.ones(5, 11), torch.ones(4, 12)])
def test_a_head_of_another_size_is_refused(weight):
    with pytest.raises(ValueError, match=rf"head: expected weight \[5, 12\], got \[{len(weight)}, {weight.shape[1]}\]"):
        replace_head(small(), FixedHead(weight))


def test_reduced_features_are_a_linear_map_of_the_old_ones():
    model, inputs = small().double(), torch.randn(3, 1, 4, 4, dtype=torch.float64)
    before = model.features(inputs)
    reduced = reduce_features(model, 4)
    assert list(reduced.layers(inputs)) == ["hidden1", "hidden2", "reduced"]
    torch.testing.assert_close(reduced.features(inputs), before @ reduced.blocks["reduced"].weight.T)
    assert reduced(inputs).shape == (3, 5)
    assert reduced.head.weight.shape == (5, 4)
    assert reduced.head.weight.dtype == torch.float64


@for_each("bias", [True, False])
def test_reduced_features_keep_the_bias_as_it_was(bias):
    model = DeepLinear((3,), 4) if not bias else small()
    assert (reduce_features(model, 2).head.bias is not None) == bias


def test_a_simplex_fits_into_k_minus_1_reduced_features():
    """The whole chain: reduced features and a fixed frame, of which only the backbone learns."""
    model = replace_head(reduce_features(small(), 4), FixedHead(simplex_etf(5, 4)))
    model(torch.randn(3, 1, 4, 4)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert "head.weight" not in dict(model.named_parameters())


def test_reduced_features_need_a_dimension():
    with pytest.raises(ValueError, match="dim: expected an integer >= 1, got 0"):
        reduce_features(small(), 0)


def reads_the_first(model: models.Classifier, count: int) -> models.Classifier:
    """`model` with a fixed head that reads so many features alone."""
    weight = torch.zeros_like(model.head.weight)
    weight[:, :count] = torch.randn(len(weight), count, generator=torch.Generator().manual_seed(1))
    return replace_head(model, FixedHead(weight))


def trained(model: models.Classifier) -> torch.Tensor:
    """Logits after twenty steps, with batch norm, momentum and weight decay."""
    chance = torch.Generator().manual_seed(2)
    inputs, labels = torch.randn(20, 1, 4, 4, generator=chance), torch.arange(20) % 5
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model.train()(inputs), labels).backward()
        optimizer.step()
    return model.eval()(inputs)


def test_narrow_features_train_as_a_head_that_reads_them_alone():
    wide = reads_the_first(small(), 5)
    narrow = replace_head(narrow_features(small(), 5), FixedHead(wide.head.weight[:, :5]))
    before, after = (wide.eval()(torch.ones(2, 1, 4, 4)), trained(wide))
    assert (after[:2] - before).abs().max() > 0.1  # something was trained
    torch.testing.assert_close(trained(narrow), after, rtol=1e-4, atol=1e-4)
    assert sum(each.numel() for each in narrow.parameters()) < sum(each.numel() for each in wide.parameters())


def test_narrow_features_take_a_whole_layer_along():
    model = small()
    model.eval()(torch.zeros(1, 1, 4, 4))
    narrow = narrow_features(model, 3)
    linear, norm = (part for part in narrow.blocks["hidden2"] if list(part.parameters()))
    assert (linear.out_features, norm.num_features) == (3, 3)
    assert linear.weight.shape == (3, 12)
    assert norm.running_mean.shape == norm.weight.shape == (3,)
    assert narrow.head.weight.shape == (5, 3)
    assert all(parameter.requires_grad for parameter in narrow.parameters())


@for_each(
    ("model", "dim", "message"),
    [
        (small, 0, r"dim: expected an integer in 1..12, got 0"),
        (small, 13, r"dim: expected an integer in 1..12, got 13"),
        (lambda: models.build("convnet", (1, 8, 8), 5, 16), 17, r"dim: .*got 17"),
        (lambda: reduce_features(small(), 4), 2, "model: expected a last block of a linear layer"),
    ],
)
def test_what_cannot_be_narrowed_is_refused(model, dim, message):
    with pytest.raises(ValueError, match=message):
        narrow_features(model(), dim)
