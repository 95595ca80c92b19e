"""The experiment `test_collapse`: its measures on features with known answers, its readings, and its rules."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
import torch
from repeats import assert_the_last_seed_repeats

from ncbook import data, experiments, metrics, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import test_collapse as collapse_on_test
from ncbook.experiments.test_collapse import claims
from ncbook.readings import test_collapse as reading

SMOKE = collapse_on_test.Config.preset("smoke")
TINY = replace(SMOKE, difficulties=(0.65, 0.85), sizes=(10, 20), steps=6, stop_loss=2.0)


# --- the measures


def two_points(share_wrong: float, count: int = 100) -> tuple[torch.Tensor, torch.Tensor]:
    """Features -1 and 1 for the classes 0 and 1, of which a share sits on the other class's point."""
    labels = torch.arange(2).repeat_interleave(count)
    signs = 2.0 * labels - 1
    wrong = torch.arange(2 * count) % count < round(share_wrong * count)
    return torch.where(wrong, -signs, signs)[:, None], labels


def test_strong_collapse_onto_the_training_means_is_zero_in_all():
    features, labels = two_points(0)
    found = collapse_on_test.spreads(features, labels, features, labels, 2)
    assert (found.train, found.test, found.shift, found.weak, found.test_train_means) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_weak_without_strong_collapse_has_the_closed_form(share):
    train, train_labels = two_points(0)
    found = collapse_on_test.spreads(train, train_labels, *two_points(share), 2)
    assert found.weak == 0
    assert found.test == pytest.approx(4 * share * (1 - share) / (1 - 2 * share) ** 2)
    assert found.test_train_means == pytest.approx(4 * share / (1 - 2 * share) ** 2)


def test_a_shift_of_the_means_is_seen_with_training_means_alone():
    train, labels = two_points(0)
    found = collapse_on_test.spreads(train, labels, train + 3, labels, 2)
    assert (found.train, found.test, found.weak) == (0, 0, 0)
    assert found.shift == found.test_train_means == 9


def random_features(seed: int = 0) -> tuple:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(4).repeat(30)
    centers = 2 * torch.randn(4, 6, generator=generator, dtype=torch.float64)
    train, test = (centers[labels] + torch.randn(120, 6, generator=generator, dtype=torch.float64) for _ in range(2))
    return train, labels, test, labels, 4


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_are_ordered_and_add_up_to_the_distance_from_the_training_means(seed):
    train, labels, test, _, _ = arguments = random_features(seed)
    found = collapse_on_test.spreads(*arguments)
    assert found.weak <= found.test <= found.test_train_means
    means = metrics.class_means(train, labels, 4)
    own = metrics.class_means(test, labels, 4)
    between = (own - own.mean(0)).square().sum() / 4
    direct = (test - means[labels]).square().sum(1).mean() / between
    assert found.test_train_means == pytest.approx(direct.item())


def test_scale_rotation_and_a_common_shift_change_nothing():
    train, labels, test, _, _ = arguments = random_features()
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
    moved = collapse_on_test.spreads(3 * train @ turn + 5, labels, 3 * test @ turn + 5, labels, 4)
    first = collapse_on_test.spreads(*arguments)
    assert vars(moved) == pytest.approx(vars(first))


# --- the design


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_sizes_double_and_fill_whole_batches_so_that_epochs_meet_at_measured_steps(preset):
    config = collapse_on_test.Config.preset(preset)
    assert all(later == 2 * size for size, later in zip(config.sizes, config.sizes[1:], strict=False))
    assert 10 * config.sizes[0] % config.batch_size == 0
    assert config.weight_decays[0] == 0
    assert not set(config.seeds) & {0, 90, 91} or preset == "smoke"


def test_the_difficulties_are_evenly_spaced_up_to_the_one_at_which_the_effect_was_first_seen():
    laptop = collapse_on_test.Config.preset("laptop")
    assert laptop.difficulties == (0.55, 0.65, 0.75, 0.85)
    assert laptop.difficulties == tuple(each / 100 for each in claims.DIFFICULTIES)
    assert SMOKE.difficulties == laptop.difficulties  # so that the chapter prints as many lines


def test_measured_steps():
    assert collapse_on_test.probe_steps(13) == (0, 1, 2, 3, 4, 6, 8, 12, 13)
    assert collapse_on_test.probe_steps(768)[-3:] == (384, 512, 768)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return collapse_on_test.run(TINY)


def test_every_arm_is_measured_at_every_step_and_every_number_is_finite(tiny):
    frame = tiny.to_frame()
    assert len(frame) == 2 * 2 * 2 * 2 * len(collapse_on_test.probe_steps(6))
    assert frame.notna().all(axis=None)
    assert (frame.step == frame.epoch * frame.per_class / 10).all()
    assert (frame.variance_ratio_weak <= frame.variance_ratio_test * (1 + 1e-9)).all()


def test_a_seed_gives_the_same_rows_alone_and_again(tiny):
    assert_the_last_seed_repeats(collapse_on_test.EXPERIMENT, TINY, tiny)


def test_the_arms_of_a_seed_start_from_the_same_network_and_part_later(tiny):
    frame = tiny.to_frame().set_index(["difficulty", "seed", "weight_decay", "per_class", "step"])
    assert frame.loc[(0.65, 0, 0.0, 10, 0), "test_error"] == frame.loc[(0.65, 0, 0.002, 20, 0), "test_error"]
    ratios = frame.variance_ratio_test
    assert ratios[0.65, 0, 0.0, 10, 6] != ratios[0.65, 0, 0.0, 20, 6]


def test_other_difficulties_are_other_images_alone(tiny):
    frame = tiny.to_frame().set_index(["difficulty", "seed", "weight_decay", "per_class", "step"])
    assert frame.variance_ratio_test[0.65, 0, 0.0, 10, 0] < frame.variance_ratio_test[0.85, 0, 0.0, 10, 0]
    drawn = [collapse_on_test._dataset(TINY, each, 0, "cpu") for each in TINY.difficulties]
    models = [collapse_on_test._build(TINY, each, 0) for each in drawn]
    first, second = (list(model.parameters()) for model in models)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


# --- MNIST

MNIST = collapse_on_test.Config.preset("laptop-mnist")


def test_on_mnist_a_second_run_has_other_seeds_and_whole_batches_make_every_size():
    again = collapse_on_test.Config.preset("laptop-mnist-again")
    assert replace(again, seeds=MNIST.seeds) == MNIST
    used = [collapse_on_test.Config.preset(each).seeds for each in ("laptop", "laptop-again")]
    drawn = [seed for seeds in (*used, MNIST.seeds, again.seeds) for seed in seeds]
    assert len(set(drawn)) == len(drawn)
    assert all(10 * size % MNIST.batch_size == 0 for size in MNIST.sizes)
    steps = [10 * size // MNIST.batch_size * MNIST.equal_epochs for size in MNIST.sizes]
    assert set(steps) < set(collapse_on_test.probe_steps(MNIST.steps))
    assert max(steps) < MNIST.falls_from


def test_on_mnist_the_rate_falls_to_0_and_on_glyphs_it_is_constant():
    fading, constant = collapse_on_test.schedule(MNIST), collapse_on_test.schedule(SMOKE)
    assert [fading(step) for step in (19, MNIST.falls_from)] == [1, 1]
    assert fading(1536) == pytest.approx(1 / 2)
    assert fading(MNIST.steps) == 0
    assert [constant(step) for step in (19, SMOKE.steps)] == [1, 1]


@pytest.fixture(scope="module")
def pixels() -> data.Dataset:
    return collapse_on_test._dataset(MNIST, 0.0, 7, "cpu")


def test_on_mnist_each_size_has_the_first_images_of_each_class_and_new_ones_are_new(pixels):
    assert pixels.input_shape == (1, 14, 14)
    assert pixels.test.labels.bincount().tolist() == [MNIST.population_per_class] * 10
    small, large = (collapse_on_test._first(pixels, size) for size in (25, 400))
    assert torch.equal(large.inputs, pixels.train.inputs)
    for label in range(10):
        own = small.inputs[small.labels == label]
        assert torch.equal(own, large.inputs[large.labels == label][:25])


def test_of_glyphs_each_size_is_the_beginning_of_the_stream():
    drawn = collapse_on_test._dataset(SMOKE, 0.65, 0, "cpu")
    found = collapse_on_test._first(drawn, 20)
    assert torch.equal(found.inputs, drawn.train.inputs[:200])
    assert torch.equal(found.labels, drawn.train.labels[:200])


# --- readings of made-up histories


def made_up(
    train, test, losses=(1.0, 1e-2, 1e-4), weak=None, seeds=(1, 2), decays=(0.0, 1e-3), wrong=lambda size, seed: (0,),
    difficulty=0.85,
) -> runs.Run:  # fmt: skip
    """Three sizes of one difficulty, measured at steps 0, 8 and 16; train(size, step), test(size, step): the ratios.

    wrong(size, seed) names the steps with training errors.
    """
    sizes, rows = (10, 20, 40), []
    for seed in seeds:
        for decay in decays:
            for size in sizes:
                for step, loss in zip((0, 8, 16), losses, strict=True):
                    ratios = {"variance_ratio_train": train(size, step), "variance_ratio_test": test(size, step)}
                    ratios |= {"variance_ratio_weak": (weak or test)(size, step), "variance_ratio_shift": 0.0}
                    rows.append({
                        "difficulty": difficulty, "weight_decay": decay, "per_class": size, "seed": seed,
                        "step": step, "epoch": 10 * step / size, "train_loss": loss,
                        "train_error": float(step in wrong(size, seed)), "test_error": 0.1, **ratios,
                    })  # fmt: skip
    frame = pd.DataFrame(rows)
    config = {
        "difficulties": [difficulty], "sizes": list(sizes), "weight_decays": list(decays), "seeds": list(seeds),
        "steps": 16, "stop_loss": 1e-3,
    }  # fmt: skip
    return runs.Run(config, {name: frame[name].to_numpy() for name in frame}, {}, {})


def falling(size, step):
    return 1.0 / (1 + step)


def test_a_loss_is_read_between_two_measured_steps():
    rows = reading.read_at(made_up(lambda n, t: float(t), falling), "loss", 1e-3)
    assert rows.step.tolist() == pytest.approx([12.0] * 6)
    assert rows.variance_ratio_train.tolist() == pytest.approx([12.0] * 6)
    assert rows.train_loss.iloc[0] == pytest.approx((1e-2 + 1e-4) / 2)


def test_epochs_and_steps_are_read_at_the_last_measured_step_that_is_not_past_them():
    run = made_up(falling, falling)
    assert reading.read_at(run, "steps", 10).step.tolist() == [8] * 6
    assert reading.shared_epochs(run) == 4
    assert reading.read_at(run, "epochs", 4).step.tolist() == [0, 8, 16] * 2


def test_equal_epochs_are_those_of_the_config_where_it_names_them():
    run = made_up(falling, falling)
    assert reading.protocols(run)["epochs"] == ("epochs", 4)
    few = replace(run, config=dict(run.config) | {"equal_epochs": 2})
    assert reading.protocols(few)["epochs"] == ("epochs", 2)


def test_what_is_not_reached_is_nan_and_gives_no_correlation():
    rows = reading.read_at(made_up(falling, falling), "loss", 1e-9)
    assert rows.per_class.tolist() == [10, 20, 40] * 2
    assert rows.variance_ratio_train.isna().all()
    assert reading.correlations(rows).empty


@pytest.mark.parametrize(("rule", "decay", "word"), [("hours", 0.0, "rule"), ("loss", 0.5, "weight_decay")])
def test_errors_name_the_argument(rule, decay, word):
    with pytest.raises(ValueError, match=word):
        reading.read_at(made_up(falling, falling), rule, 1.0, decay)


def swept(*parts: runs.Run) -> runs.Run:
    """One run of several with the same seeds that have other difficulties."""
    frame = pd.concat([part.to_frame() for part in parts])
    difficulties = [each for part in parts for each in part.config["difficulties"]]
    config = dict(parts[0].config) | {"difficulties": difficulties}
    return runs.Run(config, {name: frame[name].to_numpy() for name in frame}, {}, {})


def test_one_difficulty_is_a_run_of_its_own():
    easy, hard = made_up(up, down, difficulty=0.5), made_up(down, up)
    whole = swept(easy, hard)
    for found, part in ((reading.of_difficulty(whole, 0.5), easy), (reading.of_difficulty(whole), hard)):
        assert found.to_frame().equals(part.to_frame())
        assert found.config == part.config
    with pytest.raises(ValueError, match=r"difficulty: 0\.6 was not trained; there are \[0\.5, 0\.85\]"):
        reading.of_difficulty(whole, 0.6)


def test_rank_correlations_over_difficulties():
    table = reading.over_difficulties(swept(made_up(up, down, difficulty=0.5), made_up(down, down)))
    assert table.index.names == ["weight_decay", "difficulty", "seed"]
    assert len(table) == 2 * 2 * 2
    assert table.tells.all()
    for rule in reading.RULES:
        assert (table.xs(0.5, level="difficulty")[f"train_new_{rule}"] == -1).all()
        assert (table.xs(0.85, level="difficulty")[f"train_new_{rule}"] == 1).all()
        assert (table.xs(0.5, level="difficulty")[f"size_train_{rule}"] == 1).all()
        assert (table.xs(0.85, level="difficulty")[f"size_train_{rule}"] == -1).all()


def test_rank_correlations_that_are_missing_are_nan_and_errors_at_the_end_tell_nothing():
    missed = reading.over_difficulties(made_up(up, down, losses=(1.0, 1.0, 1.0)))
    assert missed.train_new_loss.isna().all()
    assert missed.train_new_steps.notna().all()
    assert not reading.over_difficulties(made_up(up, down, **BURST)).tells.any()


def test_a_rank_correlation_of_one_half_is_one_half():
    """In floating point it may come out as 0.49999999999999994, on the wrong side of a threshold at one half."""
    orders = [order for order in permutations(range(5)) if sum((a - b) ** 2 for a, b in enumerate(order)) == 10]
    rows = pd.DataFrame([
        {"difficulty": 0.5, "per_class": place, "seed": seed, "variance_ratio_train": place,
         "variance_ratio_test": sign * value}
        for seed, (order, sign) in enumerate(product(orders, (1, -1))) for place, value in enumerate(order)
    ])  # fmt: skip
    assert set(reading.correlations(rows)) == {0.5, -0.5}


def test_correlations_over_epochs_are_those_at_each(tiny):
    found = reading.correlations_over_epochs(tiny, 0.0)
    assert found.columns.tolist() == [1, 2, 3]
    for epoch in found:
        assert found[epoch].equals(reading.correlations(reading.read_at(tiny, "epochs", epoch)))


def test_the_first_zero_error_is_a_moment_and_never_is_later_than_all():
    run = made_up(falling, falling)
    found = reading.terminal(run)
    assert found.zero_error.tolist() == found.phase_start.tolist() == [8.0] * 12
    assert found.variance_ratio_train_fall.tolist() == pytest.approx([17 / 9] * 12)
    assert found.variance_ratio_train_phase_fall.tolist() == pytest.approx([17 / 9] * 12)
    wrong = replace(run, history=dict(run.history) | {"train_error": np.ones(len(run.history["step"]))})
    assert reading.terminal(wrong).zero_error.tolist() == [np.inf] * 12
    assert not reading.terminal(wrong).burst.any()  # it has never been there


def test_a_burst_is_an_error_at_the_end_after_there_was_none():
    found = reading.terminal(made_up(falling, falling, wrong=lambda size, seed: (0, 16) if size == 20 else (0,)))
    assert (found.burst == (found.per_class == 20)).all()
    assert (found.phase_tells == (found.per_class != 20)).all()


# --- the rules

SIX = (1, 2, 3, 4, 5, 6)


def judged(name: str, run: runs.Run):
    (claim,) = [each for each in collapse_on_test.CLAIMS if each.id == name]
    return claim.judge(run)


def fold(factor):
    """A ratio that has fallen by `factor` at the end, from the first step without an error."""
    return lambda size, step: 1.0 if step < 16 else 1 / factor


def joined(*parts: runs.Run) -> runs.Run:
    """One run of several that have other seeds."""
    frame = pd.concat([part.to_frame() for part in parts])
    seeds = [seed for part in parts for seed in part.config["seeds"]]
    return runs.Run(dict(parts[0].config) | {"seeds": seeds}, {name: frame[name].to_numpy() for name in frame}, {}, {})


def words(name: str, right, wrong) -> list[str]:
    """Of six seeds of which all, every other and none are made as in `right`, a run of given seeds; else in `wrong`."""
    runs_of = [right(SIX), joined(right(SIX[::2]), wrong(SIX[1::2])), wrong(SIX)]
    return [judged(name, each).word for each in runs_of]


def seeds_of(train, test, **told):
    return lambda seeds: made_up(train, test, seeds=seeds, **told)


ALL = [HOLDS, OPEN, FAILS]


def test_every_trial_is_plain():
    run = made_up(lambda size, step: size - step / 10, lambda size, step: step + 1 / size)
    for claim in collapse_on_test.CLAIMS:
        evidence = claim.judge(run)
        assert {type(each) for each in evidence.holds} <= {bool, type(None)}
        assert {type(each) for each in evidence.values} <= {float}
        assert {type(each) for each in evidence.seeds} <= {int}


def test_train_collapse():
    assert words("train-collapse-at-fixed-size", seeds_of(fold(10), falling), seeds_of(fold(9), falling)) == ALL


@pytest.mark.parametrize("name", ["no-strong-test-collapse", "no-weak-test-collapse"])
def test_no_test_collapse_where_train_has(name):
    """Against a fall of a hundredfold on train, tenfold is a log-slope of one half."""
    assert words(name, seeds_of(fold(100), fold(9)), seeds_of(fold(100), fold(11))) == ALL
    assert judged(name, made_up(fold(9), fold(1), seeds=SIX)).word == UNTESTED


def test_the_weak_ratio_is_the_weak_ratio():
    run = made_up(fold(100), fold(1), weak=fold(50), seeds=SIX)
    assert judged("no-strong-test-collapse", run).word == HOLDS
    assert judged("no-weak-test-collapse", run).word == FAILS


def test_longer_training():
    name = "longer-training-tightens-test"
    assert words(name, seeds_of(falling, fold(1.1)), seeds_of(falling, fold(0.9))) == ALL


def up(size, step):
    return float(size)


def down(size, step):
    return 1.0 / size


OPPOSED = ["train-test-anti-correlation", "anti-correlation-at-equal-steps", "anti-correlation-at-difficulty-85"]


@pytest.mark.parametrize("name", OPPOSED)
def test_anti_correlation(name):
    assert words(name, seeds_of(up, down), seeds_of(up, up)) == ALL


def test_anti_correlation_at_equal_loss_and_at_equal_steps_can_differ():
    """The sizes order each other one way at step 8, where the loss is reached, and the other way at step 16."""
    run = made_up(lambda n, t: float(n if t == 8 else 1 / n), down, losses=(1.0, 1e-3, 1e-4), seeds=SIX)
    assert [judged(name, run).word for name in OPPOSED] == [HOLDS, FAILS, HOLDS]


@pytest.mark.parametrize("name", ["train-test-anti-correlation", "more-data-less-collapse-at-equal-loss"])
def test_over_the_sweep_a_trial_is_a_difficulty_and_a_seed(name):
    parts = [made_up(up if each > 0.7 else down, down, seeds=SIX, difficulty=each) for each in (0.55, 0.65, 0.75, 0.85)]
    evidence = judged(name, swept(*parts))
    assert evidence.valid == 4 * 6
    assert set(evidence.by_seed.values()) == {1 / 2}
    assert evidence.word == OPEN
    apart = {each: judged(f"anti-correlation-at-difficulty-{each}", swept(*parts)) for each in claims.DIFFICULTIES}
    assert {each: found.word for each, found in apart.items()} == {55: FAILS, 65: FAILS, 75: HOLDS, 85: HOLDS}
    assert {found.valid for found in apart.values()} == {6}


def test_a_difficulty_that_was_not_trained_is_not_tested():
    assert judged("anti-correlation-at-difficulty-55", made_up(up, down)).word == UNTESTED


def test_chance_of_an_anti_correlation():
    assert judged("train-test-anti-correlation", made_up(up, down)).chance == pytest.approx(1 / 2)  # three sizes


def test_a_seed_with_a_size_that_misses_the_loss_is_shown_and_not_judged():
    missed = made_up(up, down, losses=(1.0, 1.0, 1.0), seeds=(7,))
    evidence = judged("train-test-anti-correlation", joined(made_up(up, down, seeds=SIX), missed))
    assert evidence.holds == (True,) * 6 + (None,)


def test_the_rebuttal_can_go_either_way():
    """At equal epochs the three sizes are read at steps 0, 8 and 16; at equal loss all at step 16."""
    early, late = (
        seeds_of(lambda n, t, push=push: n + push * (16 - t), down, losses=(1.0, 1e-2, 1e-3)) for push in (100, -100)
    )
    for each in (early, late):
        assert judged("train-test-anti-correlation", each(SIX)).word == HOLDS
    name = "anti-correlation-only-at-equal-loss"
    assert words(name, early, late) == ALL
    assert judged(name, early(SIX)).chance == pytest.approx(1 / 2)  # that three sizes have no such order by noise


def test_the_rebuttal_is_not_tested_where_there_is_nothing_to_rebut():
    assert judged("anti-correlation-only-at-equal-loss", made_up(up, up, seeds=SIX)).word == UNTESTED


def test_more_data_more_slowly():
    for name in ("more-data-collapses-more-slowly", "more-data-less-collapse-at-equal-loss"):
        assert words(name, seeds_of(up, down), seeds_of(down, down)) == ALL


def tiny_ratio(size, step):
    return 1e-9


def test_the_gap_shrinks():
    assert words("test-collapse-approaches-train", seeds_of(tiny_ratio, down), seeds_of(tiny_ratio, up)) == ALL


BURST = {"wrong": lambda size, seed: (0, 16) if size == 20 else (0,)}


SERIES = {"more-data-collapses-more-slowly": 2, "test-collapse-approaches-train": 2, **dict.fromkeys(OPPOSED, 1)}


@pytest.mark.parametrize(("name", "decays"), SERIES.items())
@pytest.mark.parametrize("steps", [(0, 8, 16), (0, 16), (0, 8)], ids=["never", "burst", "at the last step"])
def test_a_series_with_a_size_that_has_no_terminal_phase_cannot_tell(name, decays, steps):
    late = made_up(up, down, seeds=(7,), wrong=lambda size, seed: steps if size == 20 else (0,))
    evidence = judged(name, joined(made_up(up, down, seeds=SIX), late))
    assert set(evidence.by_seed) == set(SIX)
    assert len(evidence.holds) == 7 * decays


@pytest.mark.parametrize("steps", [(0, 8, 16), (0, 16), (0, 8)], ids=["never", "burst", "at the last step"])
def test_a_rule_about_the_terminal_phase_is_not_tested_without_one(steps):
    run = made_up(fold(100), fold(2), seeds=SIX, wrong=lambda size, seed: steps)
    asked = ["train-collapse-at-fixed-size", "no-strong-test-collapse", "no-weak-test-collapse"]
    for name in (*asked, "longer-training-tightens-test"):
        assert judged(name, run).word == UNTESTED


def test_the_published_size_and_loss_are_not_tested():
    run = made_up(up, down, seeds=SIX)
    for name in ("no-test-collapse-at-the-published-size", "anti-correlation-at-the-published-loss"):
        assert judged(name, run).word == UNTESTED


def test_new_images_of_mnist_follow_less_even_without_a_collapse_on_train():
    name = "mnist-new-images-follow-less"
    assert words(name, seeds_of(fold(9), fold(2.9)), seeds_of(fold(9), fold(3.1))) == ALL
    burst = made_up(fold(9), fold(2), seeds=SIX, wrong=lambda size, seed: (0, 16))
    assert judged(name, burst).word == UNTESTED


def test_train_and_new_images_go_together_after_equal_epochs():
    """The three sizes are read at steps 0, 8 and 16, and a terminal phase is not asked for."""
    name = "mnist-correlation-after-equal-epochs"
    assert words(name, seeds_of(down, down), seeds_of(up, down)) == ALL
    turned = made_up(lambda n, t: 100 - t - n / 100, down, seeds=SIX, wrong=lambda size, seed: (0, 16))
    assert judged(name, turned).word == HOLDS
    assert judged(name, turned).chance == pytest.approx(1 / 2)


MNIST_AS = {
    "mnist-train-collapse": "train-collapse-at-fixed-size",
    "mnist-no-strong-test-collapse": "no-strong-test-collapse",
    "mnist-no-weak-test-collapse": "no-weak-test-collapse",
    "mnist-anti-correlation": "train-test-anti-correlation",
    "mnist-anti-correlation-at-equal-steps": "anti-correlation-at-equal-steps",
    "mnist-more-data-collapses-more-slowly": "more-data-collapses-more-slowly",
    "mnist-longer-training-tightens-test": "longer-training-tightens-test",
}


@pytest.mark.parametrize(("name", "glyphs"), MNIST_AS.items())
def test_on_mnist_the_rules_are_those_of_glyphs(name, glyphs):
    found, other = (next(each for each in collapse_on_test.CLAIMS if each.id == one) for one in (name, glyphs))
    assert found.judge is other.judge
    assert (found.preset, found.kind, found.source) == ("laptop-mnist", other.kind, other.source)


def test_other_seeds_are_other_seeds_and_nothing_else():
    config, again = collapse_on_test.Config.preset("laptop"), collapse_on_test.Config.preset("laptop-again")
    assert replace(again, seeds=config.seeds) == config
    assert not set(again.seeds) & set(config.seeds)
