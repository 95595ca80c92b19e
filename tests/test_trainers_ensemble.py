"""Ensembles: each member is the single run, whatever happens to the others."""

import signal
from dataclasses import replace

import pytest
import torch
from tables import for_each

from ncbook import data, models, trainers
from ncbook.trainers import Ensemble, Member, fit_ensemble, over_members, stacked
from ncbook.trainers import ensemble as stepping

STEPS = 40
PAIRS = data.modular(7, fraction=0.6).train
REGULARIZERS = (
    trainers.Regularizer(trainers.variance_ratio, 0.02, torch.log1p, start=10, stop=30),
    trainers.Regularizer(trainers.relative_flatness, -0.01, torch.log1p, start=20),
)
SGD = trainers.Recipe(STEPS, 0.02, weight_decay=1e-3, schedule=trainers.WarmUp(10), regularizers=REGULARIZERS)
ADAMW = replace(SGD, optimizer="adamw", learning_rate=3e-3, betas=(0.9, 0.98), weight_decay=0.5, head_norm=2.0)
ALWAYS = replace(SGD, steps=20, regularizers=tuple(replace(term, start=0, stop=None) for term in REGULARIZERS))
PLAIN = trainers.Recipe(5, 0.05)
MEMBERS = (
    Member(5),
    Member(6, learning_rate=2e-3, weight_decay=0.0, coefficients=(0.1, 0.05)),
    Member(7, weight_decay=0.1, init_scale=0.7, coefficients=(0.0, 0.0)),
)


def blobs(size: int = 40, seed: int = 40) -> data.Split:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(size, 3, 2, 2, generator=generator, dtype=torch.float64)
    return data.Split(inputs, inputs.flatten(1).argmax(1) % 4)


@pytest.fixture
def soon_traced(monkeypatch):
    """Steps are traced, and captured on a GPU, after the first few, so that both kinds are in a short training."""
    for module in (stepping, stacked):
        monkeypatch.setattr(module, "EAGER_STEPS", 5)


@pytest.fixture
def all_traced(monkeypatch, soon_traced):
    """And in trainings that would be too short."""
    monkeypatch.setattr(stepping, "_WORTH_TRACING", 0)


def pair_mlp(seed: int) -> models.Classifier:
    torch.manual_seed(seed)
    return models.PairMLP(7, embedding_dim=6, width=10).double()


def nanda(seed: int) -> models.Classifier:
    torch.manual_seed(seed)
    return models.NandaTransformer(7, dim=8, heads=2, width=12).double()


def mlp(seed: int) -> models.Classifier:
    torch.manual_seed(seed)
    return models.mlp((3, 2, 2), 4, width=9, depth=2, batch_norm=False).double()


def normed(seed: int) -> models.Classifier:
    torch.manual_seed(seed)
    return models.mlp((3, 2, 2), 4, width=9, depth=2).double()


def single(build, train: data.Split, recipe: trainers.Recipe, member: Member) -> trainers.Training:
    """The member by itself."""
    model = build(member.seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= member.init_scale
    coefficients = member.coefficients or [term.coefficient for term in recipe.regularizers]
    pairs = zip(recipe.regularizers, coefficients, strict=True)
    own = {"regularizers": tuple(replace(term, coefficient=value) for term, value in pairs)}
    for name in ("learning_rate", "weight_decay"):
        if getattr(member, name) is not None:
            own[name] = getattr(member, name)
    return trainers.Training(model, train, replace(recipe, **own), seed=0)


def flat(model: models.Classifier) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def weights(ensemble: Ensemble) -> torch.Tensor:
    """[S, P]"""
    return torch.stack([flat(model) for model in ensemble.models()])


def distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Largest difference, in units of the root mean square."""
    return ((first - second).abs().max() / second.square().mean().sqrt()).item()


def compare(build, train, recipe, members, tolerance: float) -> None:
    """Trajectories of weights and losses, of the ensemble and of single runs."""
    together = Ensemble(build, train, recipe, members)
    splits = [train] * len(members) if isinstance(train, data.Split) else train
    alone = [single(build, *each) for each in zip(splits, [recipe] * len(members), members, strict=True)]
    for step in range(recipe.steps):
        together.advance()
        for training in alone:
            training.advance()
        if step % 20 == 0 or step == recipe.steps - 1:
            for index, training in enumerate(alone):
                assert distance(flat(together.model(index)), flat(training.model)) < tolerance, (step, index)
            losses = torch.stack([loss_of(training, recipe.loss) for training in alone])
            torch.testing.assert_close(together.losses(), losses, rtol=tolerance, atol=tolerance)


@torch.no_grad()
def loss_of(training: trainers.Training, loss) -> torch.Tensor:
    model, train = training.model.eval(), training.train
    features = model.features(train.inputs)
    return loss(trainers.Outputs(features, model.head(features), train.labels, model.head.weight))


# --- each member is the single run


@for_each(
    ("build", "train", "recipe"),
    [(pair_mlp, PAIRS, ADAMW), (nanda, PAIRS, SGD), (mlp, blobs(), ADAMW)],
)
def test_members_are_the_single_runs(build, train, recipe):
    compare(build, train, recipe, MEMBERS, 1e-8)


@for_each(("train", "recipe"), [(blobs(), ADAMW), ([blobs(seed=1), blobs(seed=2), blobs(seed=3)], SGD)])
def test_batch_norm_is_that_of_the_single_runs(train, recipe, all_traced):
    """Also its running moments, with which losses are evaluated between steps; before the step is traced and after."""
    compare(normed, train, recipe, MEMBERS, 1e-8)


@for_each(
    ("build", "train", "recipe"),
    [(pair_mlp, PAIRS, ADAMW), (nanda, PAIRS, SGD)],
)
def test_a_step_is_the_same_to_the_bit_before_and_after_it_is_traced(build, train, recipe, soon_traced):
    plain, program = (
        trainers.Ensemble(build, train, replace(recipe, steps=steps, schedule=trainers.constant), MEMBERS)
        for steps in (199, 200)
    )
    for _ in range(30):
        plain.advance()
        program.advance()
    assert not plain._programs
    assert set(program._programs) == {(), (0,), (0, 1)}
    assert all(torch.equal(value, program.parameters[name]) for name, value in plain.parameters.items())


def test_members_with_training_sets_of_their_own_are_the_single_runs():
    pairs = [data.modular(7, fraction=fraction, seed=seed).train for seed, fraction in enumerate((0.3, 0.7, 0.5))]
    compare(pair_mlp, pairs, SGD, MEMBERS, 1e-8)


def quadratic(seed: int) -> models.Classifier:
    torch.manual_seed(seed)
    return models.QuadraticMLP(7, width=12)


@for_each("recipe", [SGD, ADAMW])
def test_members_in_float32_are_the_single_runs(recipe):
    """A smooth network: with ReLUs, rounding now and then turns a unit on or off, and the paths part."""
    recipe = replace(recipe, loss=trainers.CrossEntropy(float64=True), regularizers=())
    members = [Member(5), Member(6, learning_rate=2e-3, weight_decay=0.1), Member(7, init_scale=0.7)]
    compare(quadratic, PAIRS, recipe, members, 1e-5)


@for_each(
    "loss",
    [
        trainers.CrossEntropy(smoothing=0.1),
        trainers.Focal(),
        trainers.SquaredError(on_target=2.0, height=3.0),
        trainers.SupervisedContrastive(),
        trainers.Flooded(trainers.CrossEntropy(), 1.0),
    ],
)
def test_every_loss_is_that_of_the_single_run_on_sets_of_unequal_size(loss, all_traced):
    recipe = replace(SGD, steps=15, loss=loss, regularizers=())
    members = [Member(1), Member(2)]
    compare(mlp, [blobs(30), blobs(21)], recipe, members, 1e-9)


@for_each(
    "measure",
    [
        trainers.variance_ratio,
        trainers.cdnv,
        trainers.relative_flatness,
        trainers.FlatnessBound(),
        trainers.uncertainty,
        trainers.squared_norms,
        trainers.feature_norm,
    ],
)
def test_every_regularizer_is_that_of_the_single_run_on_sets_of_unequal_size(measure, all_traced):
    recipe = replace(SGD, steps=15, regularizers=(trainers.Regularizer(measure, 0.03, torch.log1p),))
    compare(mlp, [blobs(30), blobs(21)], recipe, [Member(1), Member(2, coefficients=(-0.01,))], 1e-9)


def test_members_in_bfloat16_are_as_near_to_the_exact_ones_as_the_single_runs():
    recipe = replace(SGD, steps=20, precision="bfloat16", regularizers=())
    split = data.Split(blobs().inputs.float(), blobs().labels)
    together = fit_ensemble(lambda seed: mlp(seed).float(), split, recipe, [Member(3), Member(4)]).ensemble
    for index, member in enumerate(together.members):
        alone = single(lambda seed: mlp(seed).float(), split, recipe, member)
        exact = single(mlp, blobs(), replace(recipe, precision="float32"), member)
        for _ in range(20):
            alone.advance()
            exact.advance()
        error = distance(flat(alone.model), flat(exact.model))
        assert error / 3 < distance(flat(together.model(index)), flat(exact.model)) < 2 * error < 0.1


def test_parameters_that_the_loss_does_not_reach_stay_as_in_a_single_run():
    """The head of a contrastive loss does not even decay, nor does a parameter that is frozen."""

    def build(seed: int) -> models.Classifier:
        model = mlp(seed)
        model.blocks["hidden1"][1].bias.requires_grad_(False)
        return model

    recipe = replace(SGD, loss=trainers.SupervisedContrastive(), regularizers=(), steps=10, weight_decay=0.5)
    compare(build, blobs(), recipe, MEMBERS[:1], 1e-9)
    ensemble = fit_ensemble(build, blobs(), recipe, [Member(3)]).ensemble
    assert torch.equal(ensemble.model(0).head.weight, build(3).head.weight)


def test_heads_with_constants_or_a_map_of_their_own_stack():
    def cosine(seed: int) -> models.Classifier:
        return models.replace_head(mlp(seed), models.CosineHead(9, 4))

    def fixed(seed: int) -> models.Classifier:
        torch.manual_seed(seed)
        return models.replace_head(mlp(seed), models.FixedHead(torch.randn(4, 9)))

    for build in (cosine, fixed):
        compare(build, blobs(), replace(ALWAYS, learning_rate=0.01), [Member(1), Member(2)], 1e-9)


# --- members are independent


def test_a_diverging_member_is_named_and_disturbs_no_other():
    recipe = replace(SGD, regularizers=(), steps=60)
    calm = fit_ensemble(pair_mlp, PAIRS, recipe, [Member(1), Member(2), Member(3)])
    wild = fit_ensemble(pair_mlp, PAIRS, recipe, [Member(1), Member(2, learning_rate=1e9), Member(3)])
    assert (calm.diverged, wild.diverged) == ((False,) * 3, (False, True, False))
    assert not wild.ensemble.losses()[1].isfinite()
    for index in (0, 2):
        assert torch.equal(weights(calm.ensemble)[index], weights(wild.ensemble)[index])


def test_what_stands_in_the_padding_changes_nothing():
    splits, members = [blobs(30), blobs(21)], [Member(1), Member(2)]
    first, second = (Ensemble(mlp, splits, ALWAYS, members) for _ in range(2))
    second.train.inputs[1, 21:] = 50 * torch.randn(9, 3, 2, 2)
    second.train.labels[1, 21:] = 3
    for _ in range(ALWAYS.steps):
        first.advance()
        second.advance()
    torch.testing.assert_close(weights(second), weights(first), rtol=1e-10, atol=1e-10)


def test_another_order_of_the_members_gives_the_same_networks_in_that_order():
    splits, order = [blobs(30), blobs(21), blobs(26)], [2, 0, 1]
    recipe = replace(ADAMW, steps=20, regularizers=ALWAYS.regularizers)
    one = fit_ensemble(mlp, splits, recipe, MEMBERS).ensemble
    other = fit_ensemble(mlp, [splits[i] for i in order], recipe, [MEMBERS[i] for i in order]).ensemble
    torch.testing.assert_close(weights(other), weights(one)[order], rtol=1e-10, atol=1e-10)


# --- probes, and the end


def test_probes_see_the_networks_at_their_steps():
    def probe(ensemble: Ensemble, step: int):
        assert not torch.is_grad_enabled()
        return step, weights(ensemble)

    fitted = fit_ensemble(pair_mlp, PAIRS, PLAIN, MEMBERS[:1] * 2, probe, (0, 2, 5), on_step=lambda step: None)
    assert (fitted.step, fitted.ended) == (5, "steps")
    assert [step for step, _ in fitted.measured] == [0, 2, 5]
    assert torch.equal(fitted.measured[0][1][0], flat(pair_mlp(5)))
    assert torch.equal(fitted.measured[2][1], weights(fitted.ensemble))
    assert not torch.equal(fitted.measured[1][1], fitted.measured[2][1])


@for_each("test", [blobs(11), [blobs(11), blobs(6)]])
def test_outputs_are_those_of_the_networks(test):
    ensemble = fit_ensemble(mlp, blobs(), PLAIN, [Member(1), Member(2)]).ensemble
    outputs = ensemble.outputs(test)
    assert (outputs.mask is None) == isinstance(test, data.Split)
    measured = over_members(trainers.feature_norm, outputs)
    for index, model in enumerate(ensemble.models()):
        own = test if isinstance(test, data.Split) else test[index]
        features, count = model.features(own.inputs), len(own)
        assert not model.training
        torch.testing.assert_close(outputs.features[index, :count], features)
        torch.testing.assert_close(outputs.logits[index, :count], model.head(features))
        torch.testing.assert_close(outputs.weight[index], model.head.weight)
        torch.testing.assert_close(measured[index], features.square().sum(1).mean())
        assert torch.equal(outputs.labels[index, :count], own.labels)


def test_a_model_is_a_copy():
    ensemble = fit_ensemble(mlp, blobs(), PLAIN, [Member(1)]).ensemble
    before = weights(ensemble)
    with torch.no_grad():
        ensemble.model(0).head.weight.zero_()
    assert torch.equal(weights(ensemble), before)


def test_ctrl_c_ends_after_the_step_under_way():
    steps, before = [], signal.getsignal(signal.SIGINT)

    def on_step(step: int) -> None:
        steps.append(step)
        if step == 3:
            signal.raise_signal(signal.SIGINT)

    fitted = fit_ensemble(mlp, blobs(), PLAIN, [Member(1)], on_step=on_step)
    assert (fitted.step, fitted.ended, steps) == (3, trainers.INTERRUPTED, [1, 2, 3])
    assert signal.getsignal(signal.SIGINT) is before


# --- what is refused


@for_each(
    ("field", "value"),
    [
        ("optimizer", "lbfgs"),
        ("batch_size", 8),
        ("stop", (trainers.LossBelow(0.1),)),
        ("augment", lambda inputs, generator: inputs),
        ("attack", trainers.Attack(0.1)),
        ("compile", True),
        ("loss", trainers.RateReduction()),
        ("loss", trainers.Flooded(trainers.RateReduction(), 1.0)),
        ("regularizers", (trainers.Regularizer(trainers.RateReduction(), 1.0),)),
    ],
)
def test_recipes_that_do_not_stack_are_refused(field, value):
    with pytest.raises(ValueError, match=f"^{field}: "):
        fit_ensemble(mlp, blobs(), replace(PLAIN, **{field: value}), [Member(1)])


@for_each(
    ("field", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", float("inf")),
        ("weight_decay", -1.0),
        ("init_scale", 0.0),
        ("init_scale", float("nan")),
        ("coefficients", (float("nan"),)),
    ],
)
def test_members_that_make_no_sense_are_refused(field, value):
    with pytest.raises(ValueError, match=f"^{field}: "):
        Member(0, **{field: value})


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"^members: expected one member at least"):
        fit_ensemble(mlp, blobs(), PLAIN, [])
    with pytest.raises(ValueError, match=r"^train: expected one split, or one for each of 2 members, got 1"):
        fit_ensemble(mlp, [blobs()], PLAIN, [Member(1), Member(2)])
    with pytest.raises(ValueError, match=r"^train: expected points of one shape"):
        fit_ensemble(mlp, [blobs(), PAIRS], PLAIN, [Member(1), Member(2)])
    with pytest.raises(ValueError, match=r"^coefficients: expected one for each of 0 regularizers"):
        fit_ensemble(mlp, blobs(), PLAIN, [Member(1, coefficients=(1.0,))])


def test_networks_that_do_not_stack_are_refused():
    class Counts(torch.nn.Flatten):
        """How often it was asked, in a buffer."""

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("asked", torch.zeros(()))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            self.asked += 1
            return super().forward(inputs)

    def counting(seed: int) -> models.Classifier:
        return models.Classifier({"flat": Counts()}, 12, 4).double()

    def over_all_steps(seed: int) -> models.Classifier:
        model = normed(seed)
        for norm in (each for each in model.modules() if isinstance(each, torch.nn.BatchNorm1d)):
            norm.momentum = None
        return model

    def growing(seed: int) -> models.Classifier:
        return models.mlp((3, 2, 2), 4, width=8 + seed, batch_norm=False).double()

    with pytest.raises(
        ValueError, match=r"^build: expected networks without buffers that change .* fit, got list \['model.*asked'\]"
    ):
        fit_ensemble(counting, blobs(), PLAIN, [Member(1)])
    with pytest.raises(ValueError, match=r"^build: expected batch norm with a momentum"):
        fit_ensemble(over_all_steps, blobs(), PLAIN, [Member(1)])
    with pytest.raises(
        ValueError, match=r"^train: expected splits of one size for networks with batch norm.*, got list \[40, 30\]"
    ):
        fit_ensemble(normed, [blobs(), blobs(30)], PLAIN, [Member(1), Member(2)])
    with pytest.raises(ValueError, match=r"^build: expected networks of the same shapes, got another for member 1"):
        fit_ensemble(growing, blobs(), PLAIN, [Member(1), Member(2)])


def test_regularizers_that_reach_other_parameters_than_the_loss_are_refused_unless_always_on():
    recipe = replace(PLAIN, loss=trainers.SupervisedContrastive())
    term = trainers.Regularizer(trainers.uncertainty, -1.0, start=2)
    with pytest.raises(ValueError, match=r"^regularizers: expected the same parameters to be trained in all steps"):
        fit_ensemble(mlp, blobs(), replace(recipe, regularizers=(term,)), [Member(1)])
    compare(mlp, blobs(), replace(recipe, regularizers=(replace(term, start=0),)), [Member(1)], 1e-9)


# --- a known answer


def test_four_of_four_seeds_grok_modular_addition():
    """None generalizes when the training set is learned, each does within 2000 steps; each has a split of its own."""

    def build(seed: int) -> models.Classifier:
        torch.manual_seed(seed)
        return models.PairMLP(23)

    def accuracies() -> list[torch.Tensor]:
        outputs = [ensemble.outputs(splits) for splits in (train, test)]
        return [(each.logits.argmax(2) == each.labels).float().mean(1) for each in outputs]

    seeds = (201, 202, 203, 204)
    sets = [data.modular(23, fraction=0.7, split="unordered", seed=seed) for seed in seeds]
    train, test = [each.train for each in sets], [each.test for each in sets]
    recipe = trainers.Recipe(
        2000,
        1e-2,
        optimizer="adamw",
        betas=(0.9, 0.98),
        weight_decay=1.0,
        schedule=trainers.WarmUp(10),
        loss=trainers.CrossEntropy(float64=True),
    )
    ensemble, best = Ensemble(build, train, recipe, [Member(seed) for seed in seeds]), torch.zeros(len(seeds))
    while ensemble.step < recipe.steps and best.min() < 0.99:  # what comes after that is not asked
        ensemble.advance()
        if ensemble.step % 100 == 0:
            on_train, on_test = accuracies()
            best = torch.maximum(best, on_test)
        if ensemble.step == 100:
            assert on_train.min() > 0.99
            assert on_test.max() < 0.2
    assert best.min() >= 0.99


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@for_each("recipe", [SGD, ADAMW])
def test_a_captured_step_is_that_of_the_cpu(recipe, soon_traced):
    splits = [blobs(30), blobs(21), blobs(26)]
    expected = fit_ensemble(mlp, splits, recipe, MEMBERS).ensemble
    ours = fit_ensemble(mlp, [split.to("cuda") for split in splits], recipe, MEMBERS).ensemble
    assert distance(weights(ours).cpu(), weights(expected)) < 1e-7
