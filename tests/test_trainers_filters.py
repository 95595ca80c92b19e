"""Gradient filters, StableMax and AdamW's constants against slow loops in float64."""

import math
from dataclasses import replace

import pytest
import torch
from tables import for_each
from trainings import blobs, network, weights

from ncbook import data, models, trainers

AMPLIFIED, ORTHOGONAL = trainers.Amplified(0.9, 3.0), trainers.Orthogonal()
FILTERS = [(AMPLIFIED,), (ORTHOGONAL,), (AMPLIFIED, ORTHOGONAL), (ORTHOGONAL, AMPLIFIED)]
PAIRS = [data.modular(7, fraction=fraction, seed=seed).train for seed, fraction in enumerate((0.3, 0.7))]
SGD = trainers.Recipe(12, 0.05, momentum=0.0)
ADAMW = trainers.Recipe(12, 3e-3, optimizer="adamw", betas=(0.8, 0.95), eps=1e-3, weight_decay=0.5)


def pair_mlp(seed: int) -> models.Classifier:
    torch.manual_seed(seed)
    return models.PairMLP(7, embedding_dim=6, width=10).double()


def gradients_of(model: models.Classifier, train: data.Split) -> list[torch.Tensor]:
    loss = torch.nn.functional.cross_entropy(model(train.inputs), train.labels)
    return list(torch.autograd.grad(loss, list(model.parameters())))


def slow_amplified(gradient: torch.Tensor, average: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    average = gradient if average is None else 0.9 * average + 0.1 * gradient
    return gradient + 3.0 * average, average


def slow_orthogonal(gradient: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """Along the projection on what is orthogonal to the parameter, as long as before."""
    unit = parameter.flatten() / parameter.norm() if parameter.norm() > 0 else torch.zeros(parameter.numel()).double()
    rest = gradient.flatten() - (gradient.flatten() @ unit) * unit
    return (rest / rest.norm() * gradient.norm()).view_as(gradient)


def slow_run(filters, train: data.Split, seed: int, steps: int) -> torch.Tensor:
    """Plain gradient descent."""
    model, averages = pair_mlp(seed), {}
    for _ in range(steps):
        for index, (parameter, gradient) in enumerate(
            zip(list(model.parameters()), gradients_of(model, train), strict=True)
        ):
            for own in filters:
                if own is ORTHOGONAL:
                    gradient = slow_orthogonal(gradient, parameter.detach())
                else:
                    gradient, averages[index] = slow_amplified(gradient, averages.get(index))
            parameter.data -= SGD.learning_rate * gradient
    return weights(model)


@for_each("filters", FILTERS)
def test_a_single_training_is_the_slow_one(filters):
    model = pair_mlp(3)
    trainers.fit(model, PAIRS[0], replace(SGD, filters=filters), 0)
    torch.testing.assert_close(weights(model), slow_run(filters, PAIRS[0], 3, 12), rtol=1e-9, atol=1e-9)


@for_each("filters", FILTERS)
def test_each_member_is_filtered_by_itself(filters):
    members = [trainers.Member(3), trainers.Member(4)]
    ensemble = trainers.fit_ensemble(pair_mlp, PAIRS, replace(SGD, filters=filters), members).ensemble
    for index, train in enumerate(PAIRS):
        slow = slow_run(filters, train, members[index].seed, 12)
        torch.testing.assert_close(weights(ensemble.model(index)), slow, rtol=1e-9, atol=1e-9)


@for_each("filters", FILTERS[1:3])
def test_members_are_the_single_runs_with_adamw(filters):
    recipe = replace(ADAMW, filters=filters)
    ensemble = trainers.fit_ensemble(pair_mlp, PAIRS, recipe, [trainers.Member(3), trainers.Member(4)]).ensemble
    for index, seed in enumerate((3, 4)):
        model = pair_mlp(seed)
        trainers.fit(model, PAIRS[index], recipe, 0)
        torch.testing.assert_close(weights(ensemble.model(index)), weights(model), rtol=1e-8, atol=1e-8)


def test_eps_is_that_of_adamw():
    """First step from 0 moments: the sign of the gradient, but for eps."""
    model = pair_mlp(3)
    before, gradient = weights(model), torch.cat([each.flatten() for each in gradients_of(model, PAIRS[0])])
    recipe = replace(ADAMW, steps=1, weight_decay=0.0, schedule=trainers.constant)
    trainers.fit(model, PAIRS[0], recipe, 0)
    torch.testing.assert_close(weights(model), before - 3e-3 * gradient / (gradient.abs() + 1e-3), rtol=1e-9, atol=1e-9)


def test_a_filtered_training_that_was_left_goes_on_to_the_same_bits(tmp_path):
    recipe = trainers.Recipe(30, 0.05, 8, filters=(AMPLIFIED, ORTHOGONAL))

    def leave(step: int) -> None:
        if step == 13:
            raise KeyboardInterrupt

    whole, left, resumed = network(), network(), network()
    trainers.fit(whole, blobs(), recipe, 0)
    file = tmp_path / "training.pt"
    with pytest.raises(KeyboardInterrupt):
        trainers.fit(left, blobs(), recipe, 0, on_step=leave, checkpoint=file, checkpoint_seconds=0.0)
    trainers.fit(resumed, blobs(), recipe, 0, checkpoint=file)
    assert torch.equal(weights(resumed), weights(whole))
    assert not torch.equal(weights(left), weights(whole))


def test_an_orthogonal_step_changes_no_length_at_first_order_and_leaves_zeros_alone():
    generator = torch.Generator().manual_seed(0)
    parameter = torch.randn(2, 9, generator=generator, dtype=torch.float64)
    parameter[1] = 0
    gradient = torch.randn(2, 9, generator=generator, dtype=torch.float64)
    (turned,) = ORTHOGONAL([gradient], [parameter], [], torch.zeros(1))
    assert abs(float(turned[0] @ parameter[0])) < 1e-12
    assert float(turned[0].norm()) == pytest.approx(float(gradient[0].norm()))
    torch.testing.assert_close(turned[1], gradient[1])


def test_a_gradient_along_the_parameter_leaves_nothing_that_is_not_finite():
    parameter = torch.ones(1, 4)
    for gradient in (2 * parameter, torch.zeros(1, 4)):
        (turned,) = ORTHOGONAL([gradient], [parameter], [], torch.zeros(1))
        assert bool(turned.isfinite().all())


def test_parameters_out_of_reach_stay_without_a_gradient():
    """The head of a contrastive loss does not even decay."""
    model = network().double()
    train = data.Split(blobs().inputs.double(), blobs().labels)
    before = model.head.weight.clone()
    recipe = trainers.Recipe(3, 0.05, weight_decay=0.5, loss=trainers.SupervisedContrastive(), filters=(AMPLIFIED,))
    trainers.fit(model, train, recipe, 0)
    assert torch.equal(model.head.weight, before)


@for_each(("setting", "value"), [("decay", 1.0), ("decay", -0.1), ("strength", 0.0), ("strength", math.nan)])
def test_an_average_that_makes_no_sense_is_refused(setting, value):
    with pytest.raises(ValueError, match=f"^{setting}: "):
        trainers.Amplified(**{setting: value})


# --- StableMax


def stretched(x: float) -> float:
    return x + 1 if x >= 0 else 1 / (1 - x)


def stable_max(logits: torch.Tensor, labels: torch.Tensor, **settings) -> torch.Tensor:
    return trainers.StableMax(**settings)(trainers.Outputs(logits, logits, labels, logits))


def test_stable_max_is_its_definition():
    generator = torch.Generator().manual_seed(1)
    logits = 20 * torch.randn(8, 5, generator=generator, dtype=torch.float64)
    labels = torch.arange(8) % 5
    rows = [[stretched(x) for x in row] for row in logits.tolist()]
    expected = sum(-math.log(row[y] / sum(row)) for row, y in zip(rows, labels.tolist(), strict=True)) / 8
    assert stable_max(logits, labels).item() == pytest.approx(expected, rel=1e-12)
    assert stable_max(logits.float(), labels, float64=True).dtype == torch.float64


def test_stable_max_at_zero_has_the_slope_of_both_sides():
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    stable_max(logits, torch.tensor([0])).backward()
    assert logits.grad.tolist()[0] == pytest.approx([-2 / 3, 1 / 3, 1 / 3])


def test_stable_max_keeps_a_gradient_where_softmax_has_none():
    """The correct class leads by 40: in float32 its probability rounds to 1."""
    labels = torch.tensor([0])
    for loss, is_zero in ((trainers.CrossEntropy(), True), (trainers.StableMax(), False)):
        logits = torch.tensor([[40.0, 0.0, 0.0]], requires_grad=True)
        loss(trainers.Outputs(logits, logits, labels, logits)).backward()
        assert (logits.grad[0, 0] == 0) == is_zero
