"""Attacks: what they may move, where they go, and training on attacked points."""

import torch
from tables import for_each
from trainings import blobs, network, weights

from ncbook import data, models, trainers


def linear(weight):
    """A network whose features are its inputs."""
    model = models.Classifier({"same": torch.nn.Flatten()}, weight.shape[1], len(weight))
    with torch.no_grad():
        model.head.weight.copy_(weight)
        model.head.bias.zero_()
    return model.eval()


def fitted():
    model = network()
    trainers.fit(model, blobs(), trainers.Recipe(60, 0.1), seed=0)
    return model.eval()


def gap(model, split):
    """Best other logit minus that of the label."""
    with torch.no_grad():
        rows = model(split.inputs)
    others = rows.clone()
    others[torch.arange(len(rows)), split.labels] = -torch.inf
    return others.amax(1) - rows[torch.arange(len(rows)), split.labels]


def test_against_a_linear_network_of_two_classes_the_attack_is_known():
    weight = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.0, 0.5]])
    points = data.Split(torch.randn(8, 3, generator=torch.Generator().manual_seed(1)), torch.arange(8) % 2)
    slope = torch.stack([weight[1] - weight[0], weight[0] - weight[1]])[points.labels]
    attacked = trainers.Attack(0.3, steps=4)(linear(weight), points)
    torch.testing.assert_close(attacked.inputs, points.inputs + 0.3 * slope.sign())
    toward = trainers.Attack(0.3, steps=4, toward=True)(linear(weight), points)
    torch.testing.assert_close(toward.inputs, points.inputs - 0.3 * slope.sign())
    assert torch.equal(attacked.labels, points.labels)


@for_each("radius", [0.1, 1.0, 3.0])
def test_no_entry_moves_further_than_the_radius_and_the_margin_falls(radius):
    model, points = fitted(), blobs()
    before = weights(model)
    attacked = trainers.Attack(radius)(model, points)
    assert (attacked.inputs - points.inputs).abs().max() <= radius * (1 + 1e-5)
    assert (gap(model, attacked) > gap(model, points)).float().mean() > 0.9
    noise = radius * torch.randn(points.inputs.shape, generator=torch.Generator().manual_seed(0)).sign()
    assert gap(model, attacked).mean() > gap(model, data.Split(points.inputs + noise, points.labels)).mean()
    assert torch.equal(weights(model), before)
    assert all(parameter.grad is None or parameter.grad.abs().sum() >= 0 for parameter in model.parameters())
    assert not model.training


def test_attacks_toward_a_class_arrive_there():
    model, points = fitted(), blobs()
    wanted = data.Split(points.inputs, (points.labels + 1) % 3)
    attacked = trainers.Attack(4.0, toward=True)(model, wanted)
    with torch.no_grad():
        assert (model(attacked.inputs).argmax(1) == wanted.labels).float().mean() > 0.9


def test_the_scale_of_the_logits_does_not_matter():
    model, points = fitted(), blobs()
    attacked = trainers.Attack(1.0)(model, points)
    with torch.no_grad():
        model.head.weight *= 2.0**6
        model.head.bias *= 2.0**6
    assert torch.equal(trainers.Attack(1.0)(model, points).inputs, attacked.inputs)


def test_a_recipe_trains_on_what_its_attack_returns():
    seen = []

    def noted(model, batch):
        seen.append((model, len(batch)))
        return data.Split(0 * batch.inputs, batch.labels)

    model = network()
    trainers.fit(model, blobs(), trainers.Recipe(3, 0.1, batch_size=20, attack=noted), seed=0)
    assert seen == [(model, 20)] * 3
    blank = data.Split(0 * blobs().inputs, blobs().labels)
    other = network()
    trainers.fit(other, blank, trainers.Recipe(3, 0.1, batch_size=20), seed=0)
    assert torch.equal(weights(model), weights(other))


def withstood(attack):
    """The share of digits that are decided rightly under an attack of radius 0.3, after training on `attack`."""
    digits = data.digits(20, seed=1)
    with models.seeded(1):
        model = models.mlp(digits.input_shape, 10, width=32)
    trainers.fit(model, digits.train, trainers.Recipe(150, 0.05, batch_size=50, attack=attack), seed=1)
    return gap(model.eval(), trainers.Attack(0.3)(model, digits.train)).lt(0).float().mean().item()


def test_training_on_attacked_points_withstands_more():
    assert withstood(trainers.Attack(0.3, steps=3)) > withstood(None) + 0.2
