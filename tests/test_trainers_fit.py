"""Training: steps, batches, probes, optimizers, and the way to known answers."""

import importlib
import os
import signal
import threading

import numpy as np
import pytest
import scipy.optimize
import torch
import torch.nn.functional as F
from tables import for_each
from tqdm.auto import tqdm
from trainings import blobs, network, weights

from ncbook import data, metrics, models, trainers

RECIPE = trainers.Recipe(steps=42, learning_rate=0.1, batch_size=8, weight_decay=5e-4)  # 6 epochs of 7 batches


def quiet(step: int) -> None:
    """In place of a progress bar."""


def trained(recipe=RECIPE, init: int = 0, seed: int = 0, train: data.Split | None = None) -> models.Classifier:
    model = network(init)
    trainers.fit(model, blobs() if train is None else train, recipe, seed, on_step=quiet)
    return model.eval()


# --- seeds


def test_the_same_seeds_give_the_same_weights_to_the_bit():
    with trainers.threads(1):
        assert torch.equal(weights(trained()), weights(trained()))


@for_each("change", [{"seed": 1}, {"init": 1}])
def test_another_seed_gives_other_weights(change):
    assert not torch.equal(weights(trained(**change)), weights(trained()))


def test_the_batches_do_not_depend_on_the_global_random_state():
    """Measuring between two steps may draw random numbers without changing the run."""

    def run(noise: int) -> torch.Tensor:
        model = network()
        trainers.fit(model, blobs(), RECIPE, 0, on_step=lambda _: torch.rand(noise))
        return weights(model)

    assert torch.equal(run(0), run(5))


# --- batches


def inputs_seen(recipe: trainers.Recipe, train: data.Split) -> list[torch.Tensor]:
    seen, model = [], network()
    model.blocks["hidden1"].register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].flatten(1)))
    trainers.fit(model, train, recipe, 0, on_step=quiet)
    return seen


def test_a_batch_that_is_not_full_is_left_out():
    seen = inputs_seen(trainers.Recipe(5, 0.1, 25), blobs())  # 60 points
    assert [len(batch) for batch in seen] == [25] * 5
    first, second = torch.cat(seen[:2]), torch.cat(seen[2:4])
    assert len(first.unique(dim=0)) == len(second.unique(dim=0)) == 50


def test_each_epoch_visits_the_points_in_another_order():
    train = blobs()
    first, second = inputs_seen(trainers.Recipe(2, 0.1, 60), train)
    assert not torch.equal(first, second)
    everything = train.inputs.flatten(1).sort(dim=0).values
    assert all(torch.equal(epoch.sort(dim=0).values, everything) for epoch in (first, second))


def test_without_a_batch_size_every_step_takes_all_points_in_their_order():
    train = blobs()
    assert all(torch.equal(seen, train.inputs.flatten(1)) for seen in inputs_seen(trainers.Recipe(3, 0.1), train))


def test_inputs_are_augmented_batch_by_batch_and_from_the_seed():
    def shifted(inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return inputs + torch.rand(1, generator=generator)

    train, recipe = blobs(), trainers.Recipe(4, 0.1, augment=shifted)
    seen = [batch - train.inputs.flatten(1) for batch in inputs_seen(recipe, train)]
    assert all(shift.std().item() < 1e-6 for shift in seen)
    assert len({round(shift.mean().item(), 4) for shift in seen}) == 4
    again = [batch - train.inputs.flatten(1) for batch in inputs_seen(recipe, train)]
    assert all(torch.equal(*pair) for pair in zip(seen, again, strict=True))


def test_a_batch_larger_than_the_training_set_is_refused():
    with pytest.raises(ValueError, match="batch_size: 61 is more than the 60"):
        trained(trainers.Recipe(1, 0.1, 61))


@for_each(
    ("labels", "message"),
    [
        ([0, 1, 3], r"labels: expected classes in 0\.\.2, got 0\.\.3"),
        ([0, -1, 2], r"labels: expected classes in 0\.\.2, got -1\.\.2"),
        ([], "train: expected one point at least"),
    ],
)
def test_data_that_does_not_fit_the_network_is_refused(labels, message):
    train = data.Split(torch.zeros(len(labels), 3, 1, 1), torch.tensor(labels, dtype=torch.long))
    with pytest.raises(ValueError, match=message):
        trained(trainers.Recipe(1, 0.1), train=train)


@for_each(
    ("change", "message"),
    [
        (lambda inputs: inputs.double(), r"train\.inputs: expected float32, .*use train\.inputs\.to\(torch\.float32\)"),
        (lambda inputs: inputs.half(), r"train\.inputs: expected float32, .*got float16"),
        (
            lambda inputs: inputs.long(),
            r"train\.inputs: expected what the network takes .*torch\.int64",
        ),
        (
            lambda inputs: inputs[:, :2],
            r"train\.inputs: expected what the network takes .*got a tensor .*60, 2, 1, 1\]",
        ),
        (lambda inputs: inputs.log(), r"train\.inputs: expected finite numbers, got infinite .* in row \d+"),
    ],
)
def test_inputs_that_do_not_fit_the_network_are_refused(change, message):
    train = blobs()
    with pytest.raises(ValueError, match=message):
        trained(trainers.Recipe(1, 0.1), train=data.Split(change(train.inputs), train.labels))


def test_a_schedule_that_gives_no_number_is_named():
    with pytest.raises(ValueError, match="schedule: expected it to give a finite number for step 1, got nan"):
        trained(trainers.Recipe(2, 0.1, schedule=lambda step: float("nan") if step else 1.0))


def test_a_stop_rule_is_not_asked_amid_an_epoch():
    """The sums over a part of an epoch, at the last step, are below the means over the whole of it."""
    seen = []
    model, rule = network(), lambda so_far: bool(seen.append(so_far))
    fitted = trainers.fit(model, blobs(), trainers.Recipe(10, 0.1, 8, stop=(rule,)), 0, on_step=quiet)
    assert (fitted.ended, [each.step for each in seen]) == ("steps", [7])


def test_data_on_another_device_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"train: expected on cpu, .*train\.to\('cpu'\), got meta"):
        trained(trainers.Recipe(1, 0.1), train=blobs().to("meta"))


# --- the optimizers, against the equations


def plain_steps(recipe: trainers.Recipe, steps: int) -> torch.Tensor:
    """The same full-batch training with torch's optimizers and nothing of ours."""
    model, train = network().train(), blobs()
    torch_optimizer = {"sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}[recipe.optimizer]
    own = {"momentum": recipe.momentum} if recipe.optimizer == "sgd" else {"betas": recipe.betas}
    optimizer = torch_optimizer(model.parameters(), lr=1.0, weight_decay=recipe.weight_decay, **own)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = recipe.learning_rate * recipe.schedule(step)
        optimizer.zero_grad()
        F.cross_entropy(model(train.inputs), train.labels).backward()
        optimizer.step()
    return weights(model)


@for_each(
    "recipe",
    [
        trainers.Recipe(20, 0.1, momentum=0.5, weight_decay=0.1),
        trainers.Recipe(20, 0.1, weight_decay=0.1, schedule=trainers.Drops((5, 10))),
        trainers.Recipe(20, 0.01, optimizer="adamw", betas=(0.9, 0.98), weight_decay=1.0),
        trainers.Recipe(20, 0.01, optimizer="adamw", weight_decay=0.0, schedule=trainers.WarmUp(10)),
    ],
)
def test_a_step_is_that_of_the_optimizer(recipe):
    torch.testing.assert_close(weights(trained(recipe)), plain_steps(recipe, 20), rtol=1e-4, atol=1e-6)


def test_lbfgs_finds_the_minimum_that_gradient_descent_creeps_toward():
    """Softmax regression with a ridge is convex: at the minimum the gradient is zero."""
    train = blobs()
    model = models.DeepLinear((3, 1, 1), 3, depth=1).double()
    recipe = trainers.Recipe(10, 1.0, optimizer="lbfgs", weight_decay=0.01)
    trainers.fit(model, data.Split(train.inputs.double(), train.labels), recipe, 0, on_step=quiet)
    weight = model.head.weight.detach().requires_grad_()
    objective = F.cross_entropy(train.inputs.double().flatten(1) @ weight.T, train.labels)
    objective = objective + 0.005 * weight.square().sum()
    (gradient,) = torch.autograd.grad(objective, weight)
    assert gradient.abs().max().item() < 1e-7  # the line search compares losses, which are known to 1e-16


@for_each("decay", [0.0, 0.3])
def test_weight_decay_shrinks_the_weights(decay):
    before = weights(network())
    one = trainers.Recipe(1, 0.1, momentum=0.0, weight_decay=decay)
    without = weights(trained(trainers.Recipe(1, 0.1, momentum=0.0)))
    torch.testing.assert_close(weights(trained(one)) - without, -0.1 * decay * before, rtol=1e-3, atol=1e-7)


def test_the_norm_of_the_head_is_capped_after_each_step():
    norms, model = [], network()
    recipe = trainers.Recipe(30, 0.5, head_norm=0.9)
    trainers.fit(model, blobs(), recipe, 0, on_step=lambda _: norms.append(model.head.weight.norm().item()))
    assert max(norms) <= 0.9 * (1 + 1e-6)
    assert norms[-1] == pytest.approx(0.9, rel=1e-5)
    assert trained(trainers.Recipe(30, 0.5)).head.weight.norm().item() > 0.9


# --- losses and regularizers in the loop


def test_regularizers_act_in_their_window_alone():
    """Switched off from the start they change nothing; switched on at step 10 they change what comes after."""
    path: dict[str, list[torch.Tensor]] = {}
    for name, window in {"none": None, "late": (10, 20), "never": (100, None)}.items():
        terms = () if window is None else (trainers.Regularizer(trainers.feature_norm, 0.1, None, *window),)
        model, path[name] = network(), []
        recipe = trainers.Recipe(30, 0.05, regularizers=terms)
        trainers.fit(model, blobs(), recipe, 0, on_step=lambda _, m=model, n=name: path[n].append(weights(m)))
    assert all(torch.equal(*pair) for pair in zip(path["none"], path["never"], strict=True))
    assert all(torch.equal(*pair) for pair in zip(path["none"][:10], path["late"][:10], strict=True))
    assert not torch.equal(path["none"][10], path["late"][10])


@for_each(
    ("measure", "coefficient", "shape"),
    [
        (trainers.variance_ratio, 0.3, torch.log1p),
        (trainers.variance_ratio, 0.3, trainers.Floor(2.0)),
        (trainers.cdnv, -0.3, None),
        (trainers.relative_flatness, 0.1, torch.log1p),
        (trainers.relative_flatness, 0.3, trainers.Floor(1e3)),
        (trainers.uncertainty, 1.0, trainers.Floor(0.6)),
    ],
)
def test_a_regularizer_moves_its_measure(measure, coefficient, shape):
    """Against the same training without it, at the end of 100 steps."""

    def reached(*terms: trainers.Regularizer) -> float:
        model, train = network(), blobs()
        trainers.fit(model, train, trainers.Recipe(100, 0.02, regularizers=terms), 0, on_step=quiet)
        model.train()  # the statistics of the batch, as in training
        features = model.features(train.inputs)
        return measure(trainers.Outputs(features, model.head(features), train.labels, model.head.weight)).item()

    up = coefficient < 0 or isinstance(shape, trainers.Floor)
    with_term, without = reached(trainers.Regularizer(measure, coefficient, shape)), reached()
    assert with_term > 1.1 * without if up else with_term < 0.9 * without


@for_each(
    "loss",
    [
        trainers.CrossEntropy(),
        trainers.CrossEntropy(smoothing=0.1),
        trainers.CrossEntropy(float64=True),
        trainers.SquaredError(),
        trainers.SquaredError(on_target=2.0, height=3.0),
        trainers.Focal(),
        trainers.Flooded(trainers.CrossEntropy(), 0.1),
    ],
)
def test_every_loss_learns_a_separable_problem(loss):
    train = blobs()
    model = trained(trainers.Recipe(200, 0.05, loss=loss), train=train)
    assert (model(train.inputs).argmax(1) == train.labels).all()


@for_each("loss", [trainers.SupervisedContrastive(), trainers.RateReduction()])
def test_losses_of_the_features_separate_the_classes_and_leave_the_head_alone(loss):
    train, model = blobs(), network()
    head = model.head.weight.detach().clone()
    # at a larger rate, rate reduction shrinks the features until their ReLUs die
    trainers.fit(model, train, trainers.Recipe(100, 0.01, loss=loss), 0, on_step=quiet)
    model.eval()
    features = F.normalize(model.features(train.inputs), dim=1)
    means = metrics.class_means(features, train.labels, 3)
    assert (torch.cdist(features, means.float()).argmin(1) == train.labels).all()
    assert torch.equal(model.head.weight, head)


def test_bfloat16_trains_nearly_as_float32():
    """bfloat16 keeps 8 bits, so the first step's change agrees to a percent or so and not better."""

    def change(precision: str) -> torch.Tensor:
        return weights(trained(trainers.Recipe(1, 0.1, momentum=0.0, precision=precision))) - weights(network())

    half, single = change("bfloat16"), change("float32")
    assert 1e-5 < ((half - single).norm() / single.norm()).item() < 0.05


# --- probes and progress


def test_fit_probes_the_asked_steps_in_evaluation_mode_without_gradients():
    states, finished = [], []

    def probe(model, step):
        states.append((step, model.training, torch.is_grad_enabled()))
        return 10 * step

    fitted = trainers.fit(network(), blobs(), RECIPE, 0, probe, {0, 2, 42}, finished.append)
    assert fitted == trainers.Fitted([0, 20, 420], 42, "steps")
    assert states == [(step, False, False) for step in (0, 2, 42)]
    assert finished == list(range(1, 43))


def test_probing_does_not_change_the_training():
    def run(probes) -> torch.Tensor:
        model, train = network(), blobs()
        trainers.fit(model, train, RECIPE, 0, lambda model, _: model(train.inputs), probes, quiet)
        return weights(model)

    assert torch.equal(run(range(43)), run([]))


def test_a_probe_at_step_0_sees_the_untrained_network():
    model = network()
    before = weights(model)
    seen = trainers.fit(model, blobs(), RECIPE, 0, lambda model, _: weights(model), {0}, quiet).measured
    assert torch.equal(seen[0], before)


def test_a_bar_shows_the_time_left_once_training_takes_two_seconds(capsys, monkeypatch):
    asked = {}

    def at_once(**settings):
        asked.update(settings)
        return tqdm(**(settings | {"delay": 0, "mininterval": 0}))

    monkeypatch.setattr(importlib.import_module("ncbook.trainers.loop"), "tqdm", at_once)
    trainers.fit(network(), blobs(), RECIPE, 0)
    assert asked["delay"] == 2
    assert "42/42" in capsys.readouterr().err


def small_ensemble(probe, steps=()) -> trainers.EnsembleFitted:
    def build(seed: int) -> models.Classifier:
        return models.DeepLinear((3, 1, 1), 3, depth=1)

    members = [trainers.Member(0), trainers.Member(1)]
    return trainers.fit_ensemble(build, blobs(), trainers.Recipe(42, 0.1), members, probe, steps, quiet)


def single(probe, steps=()) -> trainers.Fitted:
    return trainers.fit(network(), blobs(), RECIPE, 0, probe, steps, quiet)


@for_each("training", [single, small_ensemble])
def test_first_probes_end_a_training_after_so_many_and_give_what_they_returned(training):
    taken: list[int] = []

    def probe(model, step: int) -> int:
        taken.append(step)
        return 10 * step

    with trainers.first_probes(2) as first:
        for _ in range(2):  # each training of the block
            with pytest.raises(trainers.FirstProbesDone):
                training(probe, {0, 7, 42})
    assert (first, taken) == ([0, 70, 0, 70], [0, 7, 0, 7])
    with trainers.first_probes(4) as first:  # a training that has fewer comes to its end
        assert training(probe, {0, 7, 42}).measured == [0, 70, 420] == first
    assert training(probe, {0, 7, 42}).step == 42  # outside of the block


@for_each("training", [single, small_ensemble])
def test_a_disturbance_changes_the_last_digits_of_the_weights_alone(training):
    def started(**disturbed) -> torch.Tensor:
        def probe(trained, step: int) -> torch.Tensor:
            parameters = trained.parameters
            return torch.cat(
                [each.flatten() for each in (parameters() if callable(parameters) else parameters.values())]
            )

        torch.manual_seed(0)
        with trainers.first_probes(1, **disturbed) as first, pytest.raises(trainers.FirstProbesDone):
            training(probe, {0})
        return first[0].detach().clone()

    exact, one, two = started(), started(disturbance=1), started(disturbance=2)
    assert torch.equal(one, started(disturbance=1))
    assert not torch.equal(one, two)
    for disturbed in (one, two):
        away = ((disturbed - exact) / exact)[exact != 0].abs() / torch.finfo(exact.dtype).eps
        assert (away > 0).float().mean() > 0.5
        assert away.max() < 20


def test_first_probes_hold_in_their_thread_alone_and_are_called_by_other_loops():
    with trainers.first_probes(1) as first:
        thread = threading.Thread(target=trainers.after_probe, args=([5],))
        thread.start()
        thread.join()
        assert first == []
        with pytest.raises(trainers.FirstProbesDone):
            trainers.after_probe(["one"])
        assert first == ["one"]
    trainers.after_probe(["two"])  # says nothing where nobody asked
    assert first == ["one"]


@for_each("training", [single, small_ensemble])
def test_the_whole_of_a_training_that_was_interrupted_is_an_interrupt(training):
    def interrupt(model, step: int) -> int:
        if step == 5:
            signal.raise_signal(signal.SIGINT)
        return step

    assert training(lambda _, step: step, (1, 5)).whole() == [1, 5]
    left = training(interrupt, (1, 5, 9))
    assert (left.ended, left.measured) == (trainers.INTERRUPTED, [1, 5])
    with pytest.raises(KeyboardInterrupt):
        left.whole()


# --- the end


def test_training_stops_once_the_loss_is_low():
    fitted = trainers.fit(
        network(), blobs(), trainers.Recipe(500, 0.1, stop=(trainers.LossBelow(0.1),)), 0, on_step=quiet
    )
    assert fitted.ended == "LossBelow(level=0.1)"
    assert 0 < fitted.step < 500


def test_training_stops_some_steps_after_zero_error():
    rule, errors = trainers.AfterZeroError(50), []
    model, train = network(), blobs()

    def watch(step: int) -> None:
        errors.append((model(train.inputs).argmax(1) != train.labels).float().mean().item())

    fitted = trainers.fit(model, train, trainers.Recipe(500, 0.05, stop=(rule,)), 0, on_step=watch)
    assert fitted.ended == repr(rule)
    first = errors.index(0.0) + 1  # after the step
    assert first + 50 <= fitted.step <= first + 50 + 2 * 10 + 1


def test_what_a_rule_ends_is_probed_at_the_end():
    recipe = trainers.Recipe(500, 0.1, 20, stop=(trainers.AccuracyAbove(0.99),))
    fitted = trainers.fit(network(), blobs(), recipe, 0, lambda _, step: step, {0}, quiet)
    assert fitted.measured == [0, fitted.step]
    assert fitted.step % 3 == 0  # rules are asked at the end of an epoch


def test_an_absurd_learning_rate_diverges_with_advice():
    with pytest.raises(trainers.Diverged, match=r"in step \d+ at learning_rate=1e\+30; use a smaller"):
        trained(trainers.Recipe(42, 1e30, 8))


def test_ctrl_c_ends_after_the_step_under_way_with_what_was_reached():
    def interrupt(step: int) -> None:
        if step == 5:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    fitted = trainers.fit(network(), blobs(), RECIPE, 0, lambda _, step: step, range(43), interrupt)
    assert fitted == trainers.Fitted([0, 1, 2, 3, 4, 5], 5, trainers.INTERRUPTED)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_at_once():
    def interrupt(step: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trainers.fit(network(), blobs(), RECIPE, 0, on_step=interrupt)
    assert signal.getsignal(signal.SIGINT) is before


def test_fit_works_in_a_thread_which_may_not_handle_signals():
    fitted = []
    thread = threading.Thread(target=lambda: fitted.append(trainers.fit(network(), blobs(), RECIPE, 0, on_step=quiet)))
    thread.start()
    thread.join()
    assert fitted[0].step == 42


# --- known answers


def test_a_tiny_network_learns_random_labels_by_heart():
    generator = torch.Generator().manual_seed(7)
    inputs = torch.randn(100, 10, generator=generator)
    train = data.Split(inputs, torch.randint(5, (100,), generator=generator))
    torch.manual_seed(0)
    model = models.mlp((10,), 5, width=64, depth=2)
    recipe = trainers.Recipe(2000, 0.1, stop=(trainers.AccuracyAbove(1.0),))
    assert trainers.fit(model, train, recipe, 0, on_step=quiet).ended == "AccuracyAbove(level=1.0)"
    assert (model.eval()(inputs).argmax(1) == train.labels).double().mean().item() >= 0.99


@for_each(
    ("optimizer", "loss", "decay"),
    [("sgd", "cross_entropy", 2e-3), ("lbfgs", "cross_entropy", 2e-3), ("lbfgs", "square", 5e-3)],
)
def test_unconstrained_features_reach_the_closed_form(optimizer, loss, decay):
    """From any start, to 1e-4 of the minimum's value; weight decay on W, H and b alike."""
    classes, per_class = 4, 5
    labels = torch.arange(classes).repeat(per_class)
    train = data.Split(torch.arange(len(labels)), labels)
    half = {"cross_entropy": trainers.CrossEntropy(), "square": _half_square}[loss]
    recipe = {
        "sgd": trainers.Recipe(4_000, 0.5, weight_decay=decay, loss=half),
        "lbfgs": trainers.Recipe(30, 1.0, optimizer="lbfgs", weight_decay=decay, loss=half),
    }[optimizer]
    torch.manual_seed(11)
    model = models.UnconstrainedFeatures(labels, 6, classes, bias=False).double()
    trainers.fit(model, train, recipe, 0, on_step=quiet)
    reached = models.unconstrained_objective(model, decay, decay, loss=loss).item()
    closed = {
        "cross_entropy": metrics.unconstrained_cross_entropy(classes, 6, per_class, decay, decay),
        "square": metrics.unconstrained_square_loss(classes, 6, per_class, decay, decay, bias=False),
    }[loss]
    assert reached == pytest.approx(closed.loss, rel=1e-4)


def _half_square(outputs: trainers.Outputs) -> torch.Tensor:
    return trainers.SquaredError()(outputs) / 2


def test_logistic_regression_turns_to_the_svm_at_the_rate_1_over_log_t():
    """Soudry et al. (2018): on separable data the direction of w_1 - w_0 tends to the hard-margin SVM's, at a distance
    that falls as 1/log t. Then 1/distance rises by as much from 300 to 1000 steps as from 900 to 3000; under 1/t, three
    times as much."""
    generator = torch.Generator().manual_seed(3)
    labels = torch.arange(40) % 2
    signs = (2 * labels - 1)[:, None]
    inputs = torch.randn(40, 2, generator=generator, dtype=torch.float64) + signs * torch.tensor([2.2, 1.2]).double()
    svm = _svm_through_the_origin((inputs * signs).numpy())

    def distance(model: models.Classifier, step: int) -> float:
        direction = F.normalize(model.head.weight[1] - model.head.weight[0], dim=0)
        return (direction - svm).norm().item()

    model = models.DeepLinear((2,), 2, depth=1).double()
    recipe = trainers.Recipe(3000, 2.0, momentum=0.0)
    steps = (300, 900, 1000, 3000)
    inverse = [
        1 / d for d in trainers.fit(model, data.Split(inputs, labels), recipe, 0, distance, steps, quiet).measured
    ]
    early, late = inverse[2] - inverse[0], inverse[3] - inverse[1]
    assert inverse[3] > 12  # the directions do meet: 5 degrees apart at the end
    assert late == pytest.approx(early, rel=0.25)


def _svm_through_the_origin(points: np.ndarray) -> torch.Tensor:
    """argmin ||w||^2 with w.z >= 1 for every row z, scaled to length 1; by quadratic programming."""
    found = scipy.optimize.minimize(
        lambda w: w @ w / 2,
        np.ones(2),
        jac=lambda w: w,
        method="SLSQP",
        options={"ftol": 1e-14},
        constraints=[{"type": "ineq", "fun": lambda w: points @ w - 1}],
    )
    return F.normalize(torch.from_numpy(found.x), dim=0)
