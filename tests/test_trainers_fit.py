"""Training: the schedule, the seed, the way to zero error, and what is refused."""

import math

import pytest
import torch

from ncbook import data, models, trainers

RECIPE = trainers.Recipe(epochs=6, batch_size=8, learning_rate=0.1)


def blobs(per_class: int = 20) -> data.Split:
    """Three classes that a line separates."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(3).repeat(per_class)
    inputs = 4 * torch.eye(3)[labels] + 0.3 * torch.randn(len(labels), 3, generator=generator)
    return data.Split(inputs.reshape(-1, 3, 1, 1), labels)


def trained(recipe=RECIPE, init: int = 0, seed: int = 0, train: data.Split | None = None) -> models.Classifier:
    torch.manual_seed(init)
    model = models.mlp((3, 1, 1), 3, width=16, depth=1)
    for _ in trainers.epochs(model, train or blobs(), recipe, seed):
        pass
    return model.eval()


def weights(model) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


# --- the schedule


@pytest.mark.parametrize(
    ("epochs", "first_drop", "second_drop"), [(350, 117, 234), (200, 67, 134), (12, 5, 9), (3, 2, 3)]
)
def test_the_learning_rate_drops_tenfold_after_a_third_and_after_two_thirds(epochs, first_drop, second_drop):
    recipe = trainers.Recipe(epochs, 8, 0.1)
    rates = [recipe.learning_rate_in(epoch) for epoch in range(1, epochs + 1)]
    expected = [0.1 if epoch < first_drop else 0.01 if epoch < second_drop else 0.001 for epoch in range(1, epochs + 1)]
    assert rates == pytest.approx(expected)


def test_the_optimizer_uses_the_schedule(monkeypatch):
    used, step = [], torch.optim.SGD.step

    def spy(optimizer, *arguments):
        used.append(optimizer.param_groups[0]["lr"])
        return step(optimizer, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", spy)
    trained()
    assert len(used) == 6 * (60 // 8)
    assert used == pytest.approx([rate for rate in (0.1, 0.01, 0.001) for _ in range(2 * 7)])


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_weight_decay_shrinks_the_weights(decay):
    recipe = trainers.Recipe(1, 60, 0.1, momentum=0.0, weight_decay=decay)
    torch.manual_seed(0)
    model = models.mlp((3, 1, 1), 3, width=16, depth=1)
    before, without = weights(model).clone(), weights(trained(trainers.Recipe(1, 60, 0.1, 0.0, 0.0)))
    after, rate = weights(trained(recipe)), recipe.learning_rate_in(1)
    torch.testing.assert_close(after - without, -rate * decay * before, rtol=1e-3, atol=1e-7)


# --- seeds


def test_the_same_seeds_give_the_same_weights_to_the_bit():
    with trainers.threads(1):
        assert torch.equal(weights(trained()), weights(trained()))


@pytest.mark.parametrize("change", [{"seed": 1}, {"init": 1}])
def test_another_seed_gives_other_weights(change):
    assert not torch.equal(weights(trained(**change)), weights(trained()))


def test_the_batches_do_not_depend_on_the_global_random_state():
    """Measuring between two epochs may draw random numbers without changing the run."""

    def run(noise: int) -> torch.Tensor:
        torch.manual_seed(0)
        model = models.mlp((3, 1, 1), 3, width=16, depth=1)
        for _ in trainers.epochs(model, blobs(), RECIPE, seed=0):
            torch.rand(noise)
        return weights(model)

    assert torch.equal(run(0), run(5))


# --- the loop


def test_a_separable_problem_is_learned_without_error():
    train = blobs()
    assert (trained(train=train)(train.inputs).argmax(1) == train.labels).all()


def test_epochs_counts_from_the_untrained_network():
    model = models.mlp((3, 1, 1), 3, width=16, depth=1)
    before = weights(model).clone()
    numbers = trainers.epochs(model, blobs(), RECIPE, seed=0)
    assert next(numbers) == 0
    assert torch.equal(weights(model), before)
    assert next(numbers) == 1
    assert not torch.equal(weights(model), before)
    assert list(numbers) == [2, 3, 4, 5, 6]


def test_a_batch_that_is_not_full_is_left_out():
    sizes = []
    model = models.mlp((3, 1, 1), 3, width=16, depth=1)
    model.register_forward_pre_hook(lambda _, arguments: sizes.append(len(arguments[0])))
    for _ in trainers.epochs(model, blobs(), trainers.Recipe(2, 25, 0.1), seed=0):
        pass
    assert sizes == [25, 25] * 2  # of 60 points


def test_each_epoch_visits_the_points_in_another_order():
    seen = []
    model = models.mlp((3, 1, 1), 3, width=16, depth=1)
    model.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].flatten(1)))
    train = blobs()
    for _ in trainers.epochs(model, train, trainers.Recipe(2, 60, 0.1), seed=0):
        pass
    first, second = seen
    assert not torch.equal(first, second)
    everything = train.inputs.flatten(1).sort(dim=0).values
    assert all(torch.equal(epoch.sort(dim=0).values, everything) for epoch in seen)


def test_fit_probes_the_asked_epochs_in_evaluation_mode_without_gradients():
    states, finished = [], []

    def probe(model, epoch):
        states.append((epoch, model.training, torch.is_grad_enabled()))
        return 10 * epoch

    model = models.mlp((3, 1, 1), 3, width=16, depth=1)
    assert trainers.fit(model, blobs(), RECIPE, 0, probe, {0, 2, 6}, finished.append) == [0, 20, 60]
    assert states == [(epoch, False, False) for epoch in (0, 2, 6)]
    assert finished == [1, 2, 3, 4, 5, 6]


def test_probing_does_not_change_the_training():
    def run(probes) -> torch.Tensor:
        torch.manual_seed(0)
        model, train = models.mlp((3, 1, 1), 3, width=16, depth=1), blobs()
        trainers.fit(model, train, RECIPE, 0, lambda model, _: model(train.inputs), probes)
        return weights(model)

    assert torch.equal(run(range(7)), run([]))


def test_an_absurd_learning_rate_diverges_with_advice():
    with pytest.raises(trainers.Diverged, match=r"epoch 1 at learning_rate=1e\+30; use a smaller"):
        trained(trainers.Recipe(6, 8, 1e30))


# --- what is refused


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("epochs", 0),
        ("batch_size", 1),
        *(("learning_rate", value) for value in (0.0, -1.0, math.nan, math.inf)),
        *(("momentum", value) for value in (1.0, -0.1, math.nan)),
        *(("weight_decay", value) for value in (-1e-4, math.nan, math.inf)),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(setting, value):
    settings = {"epochs": 6, "batch_size": 8, "learning_rate": 0.1} | {setting: value}
    with pytest.raises(ValueError, match=f"{setting}: .*{value}"):
        trainers.Recipe(**settings)


def test_a_batch_larger_than_the_training_set_is_refused():
    with pytest.raises(ValueError, match="batch_size: 61 is more than the 60"):
        trained(trainers.Recipe(1, 61, 0.1))


# --- probes


@pytest.mark.parametrize(("last", "count"), [(1, 1), (1, 5), (12, 6), (200, 40), (350, 12)])
def test_log_spaced_starts_at_zero_ends_at_the_last_and_rises(last, count):
    numbers = trainers.log_spaced(last, count)
    assert numbers[0] == 0
    assert numbers[-1] == last or count == 1
    assert list(numbers) == sorted(set(numbers))
    assert len(numbers) <= count + 1
    assert all(type(number) is int for number in numbers)


def test_log_spaced_grows_by_about_the_same_factor():
    numbers = trainers.log_spaced(10_000, 5)
    assert numbers == (0, 1, 10, 100, 1000, 10_000)


# --- devices and threads


def test_pick_device_takes_the_gpu_where_there_is_one():
    assert trainers.pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_pick_device_takes_a_device_or_its_name():
    assert trainers.pick_device("cpu") == trainers.pick_device(torch.device("cpu")) == torch.device("cpu")


def test_pick_device_refuses_a_name_that_is_no_device():
    with pytest.raises(ValueError, match="device: 'gpu' is not to be had here"):
        trainers.pick_device("gpu")


def test_pick_device_refuses_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"device: 'cuda' is not to be had here .*no GPU"):
        trainers.pick_device("cuda")


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_threads_holds_inside_the_block_and_restores_after_it():
    with trainers.threads(1) as count:
        assert (count, torch.get_num_threads()) == (1, 1)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_threads_restores_after_an_error():
    with pytest.raises(KeyError), trainers.threads(1):
        raise KeyError
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("variable", "expected"), [(None, 1), ("2", 2)])
def test_threads_follow_the_environment(monkeypatch, variable, expected):
    monkeypatch.delenv("NCBOOK_THREADS", raising=False)
    if variable:
        monkeypatch.setenv("NCBOOK_THREADS", variable)
    with trainers.threads() as count:
        assert count == torch.get_num_threads() == expected


def test_a_thread_count_that_is_no_number_is_named(monkeypatch):
    monkeypatch.setenv("NCBOOK_THREADS", "many")
    with pytest.raises(ValueError, match=r"NCBOOK_THREADS.*'many'"), trainers.threads():
        pass


@pytest.mark.parametrize(("epochs", "rates"), [(1, [1.0]), (2, [1.0, 0.1]), (3, [1.0, 0.1, 0.01])])
def test_short_trainings_start_at_the_full_learning_rate(epochs, rates):
    recipe = trainers.Recipe(epochs, batch_size=2, learning_rate=1.0)
    assert [recipe.learning_rate_in(epoch) for epoch in range(1, epochs + 1)] == pytest.approx(rates)
