"""Losses for classes of unequal size against loops over points in float64."""

import math

import pytest
import torch
from tables import for_each

from ncbook import trainers

COUNTS = (40, 40, 8, 2)


def sample(dtype=torch.float64, mask=None):
    chance = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(12, 4, generator=chance, dtype=torch.float64)
    labels = torch.arange(12) % 4
    return trainers.Outputs(logits.to(dtype), logits.to(dtype), labels, torch.eye(4, dtype=dtype), mask)


def slow(outputs, weights=(1, 1, 1, 1), shifts=(0, 0, 0, 0)):
    """Mean of weight times -log softmax of the shifted logits, over the points of the mask."""
    mask = torch.ones(len(outputs.labels)) if outputs.mask is None else outputs.mask
    total = 0.0
    for row, label, counted in zip(
        outputs.logits.double().tolist(), outputs.labels.tolist(), mask.tolist(), strict=True
    ):
        shifted = [z + shift for z, shift in zip(row, shifts, strict=True)]
        total += counted * weights[label] * (math.log(sum(math.exp(z) for z in shifted)) - shifted[label])
    return total / mask.sum().item()


WEIGHTS = [90 / (4 * count) for count in COUNTS]
LOGS = [math.log(count / 90) for count in COUNTS]
CASES = [
    (trainers.Reweighted(COUNTS), {"weights": WEIGHTS}),
    (trainers.LogitAdjusted(COUNTS), {"shifts": LOGS}),
    (trainers.LogitAdjusted(COUNTS, 0.5), {"shifts": [each / 2 for each in LOGS]}),
]


@for_each("mask", [None, torch.tensor([1.0] * 7 + [0.0] * 5), torch.arange(1.0, 13.0)])
@for_each(("loss", "expected"), CASES)
def test_losses_are_those_of_loops(loss, expected, mask):
    outputs = sample(mask=mask)
    assert loss(outputs).item() == pytest.approx(slow(outputs, **expected), rel=1e-12)
    low = sample(torch.bfloat16, mask)
    assert loss(low).dtype == torch.float32
    assert loss(low).item() == pytest.approx(slow(low, **expected), rel=1e-5)


def test_weights_have_mean_one_over_the_training_set():
    assert sum(count * weight for count, weight in zip(COUNTS, WEIGHTS, strict=True)) == pytest.approx(90)
    labels = torch.arange(4).repeat_interleave(torch.tensor(COUNTS))
    flat = trainers.Outputs(*(torch.zeros(90, 4),) * 2, labels, torch.eye(4))  # each point loses log 4
    assert trainers.Reweighted(COUNTS)(flat).item() == pytest.approx(math.log(4), rel=1e-6)


@for_each(
    "loss", [trainers.Reweighted((5, 5, 5, 5)), trainers.LogitAdjusted((5, 5, 5, 5)), trainers.LogitAdjusted(COUNTS, 0)]
)
def test_with_equal_sizes_they_are_cross_entropy(loss):
    outputs = sample()
    assert loss(outputs).item() == pytest.approx(trainers.CrossEntropy()(outputs).item(), rel=1e-12)


@for_each("loss", [loss for loss, _ in CASES])
def test_they_run_for_all_members_of_an_ensemble(loss):
    outputs = sample()
    both = trainers.Outputs(
        *(None if each is None else torch.stack([each, 2 * each]) for each in outputs[:2]),
        torch.stack([outputs.labels] * 2),
        torch.stack([outputs.weight] * 2),
    )
    alone = [loss(trainers.Outputs(*(each[member] for each in both[:4]))) for member in (0, 1)]
    torch.testing.assert_close(trainers.over_members(loss, both), torch.stack(alone))


@for_each("kind", [trainers.Reweighted, trainers.LogitAdjusted])
def test_counts_must_fit(kind):
    with pytest.raises(ValueError, match=r"class_counts: expected one for each of 4 classes, got .*\(3, 4\)"):
        kind((3, 4))(sample())
    with pytest.raises(ValueError, match=r"class_counts: expected a finite number > 0, got 0"):
        kind((3, 0))
    with pytest.raises(ValueError, match="class_counts: expected the number of training points"):
        kind((3,))
