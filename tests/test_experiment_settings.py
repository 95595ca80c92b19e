"""The experiment `settings`: its design, its own measure, its records, and that its rules can give every verdict."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from repeats import assert_the_last_seed_repeats

from ncbook import experiments, metrics, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import settings
from ncbook.experiments._experiment import plain
from ncbook.readings.moments import NEVER
from ncbook.readings.settings import outcomes

LAPTOP = settings.Config.preset("laptop")
TINY = replace(settings.Config.preset("smoke"), datasets=("glyphs",), networks=("mlp",), losses=("ce", "mse"),
               learning_rates=(0.05, 0.05), weight_decays=(5e-3,), plain_networks=(), seeds=(0, 1), epochs=2,
               glyphs_per_class=5)  # fmt: skip


# --- the design


def test_every_arm_differs_from_the_base_in_one_thing_but_for_batch_norm_and_weight_decay():
    base = ("mlp", "ce", 5e-3)
    for arm in settings.arms(LAPTOP):
        changes = sum(
            mine != other for mine, other in zip((arm.network, arm.loss_name, arm.weight_decay), base, strict=True)
        )
        assert changes <= (2 if arm.network == "mlp_no_bn" else 1)


def test_the_arms_of_the_laptop_run():
    arms = settings.arms(LAPTOP)
    assert len(set(arms)) == len(arms)
    assert Counter(arm.dataset for arm in arms) == {"digits": 4 * 11, "glyphs": 4 * 6}
    crossed = {(arm.network, arm.weight_decay) for arm in arms if arm.dataset == "digits" and arm.loss_name == "ce"}
    assert crossed >= {(network, decay) for network in ("mlp", "mlp_no_bn") for decay in LAPTOP.weight_decays}


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_every_loss_has_a_rate_and_is_known(preset):
    config = settings.Config.preset(preset)
    assert len(config.losses) == len(config.learning_rates)
    assert set(config.losses) <= set(settings.LOSSES)


@pytest.mark.parametrize(("network", "loss", "rate"), [("mlp", "mse_rescaled", 0.01), ("mlp_no_bn", "ce", 0.2)])
def test_the_recipe_of_an_arm(network, loss, rate):
    recipe = settings.recipe_of(LAPTOP, settings.Arm("digits", network, loss, 5e-4, 0), points=1000)
    assert (recipe.learning_rate, recipe.weight_decay, recipe.steps) == (rate, 5e-4, 1500)
    assert recipe.loss == settings.LOSSES[loss]
    assert recipe.schedule == trainers.Cosine(1500, start=900)
    assert recipe.batch_size == (None if network == "mlp_no_bn" else 100)


# --- the share of the classifier outside the span of the means


def frame_of(rows: int, columns: int) -> torch.Tensor:
    """Orthonormal rows."""
    generator = torch.Generator().manual_seed(0)
    return torch.linalg.qr(torch.randn(columns, rows, generator=generator, dtype=torch.float64)).Q.T


def test_outside_span_of_known_parts():
    corners, apart = metrics.simplex_etf(4, 8), torch.zeros(4, 8)
    apart[:, 7] = torch.tensor([1.0, -1.0, 1.0, -1.0])  # length 2, as has the simplex; outside its span
    assert corners[:, 7].abs().max() < 1e-6
    means = corners + 5.0  # the global mean takes no part
    assert settings.outside_span(corners, means) == pytest.approx(0, abs=1e-6)
    assert settings.outside_span(apart, means) == pytest.approx(1)
    assert settings.outside_span(3 * corners + 4 * apart, means) == pytest.approx(0.64, rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.36, 0.9])
def test_nc3_of_a_classifier_that_is_the_means_and_a_part_outside(share):
    """NC3 = 2 - 2 sqrt(1 - s), as the chapter says."""
    directions = frame_of(8, 8)
    corners = metrics.simplex_etf(4, 4).double() @ directions[:4]
    outside = directions[4:]  # four orthonormal rows: length 2, as has the simplex
    weight = (1 - share) ** 0.5 * corners + share**0.5 * outside
    measured = metrics.collapse(corners.repeat(2, 1), torch.arange(4).repeat(2), weight)
    assert measured.nc3 == pytest.approx(2 - 2 * (1 - share) ** 0.5, abs=1e-9)
    assert settings.outside_span(weight, corners) == pytest.approx(share, abs=1e-9)


# --- what is recorded


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return settings.run(TINY, "cpu")


def test_every_arm_is_measured_at_every_probe(tiny):
    probes = settings.probed_epochs(TINY)
    names = ("dataset", "network", "loss_name", "weight_decay", "seed", "epoch")
    rows = list(zip(*(tiny.history[name].tolist() for name in names), strict=True))
    assert rows == [
        (arm.dataset, arm.network, arm.loss_name, arm.weight_decay, arm.seed, epoch)
        for arm in settings.arms(TINY)
        for epoch in probes
    ]


def test_a_seed_gives_the_same_rows_alone_and_again_and_another_seed_others(tiny):
    assert_the_last_seed_repeats(settings.EXPERIMENT, TINY, tiny)
    by_seed = tiny.to_frame().groupby("seed").nc1_train.apply(list)
    assert by_seed[0] != by_seed[1]


def test_the_trained_loss_is_the_loss_that_is_trained(tiny):
    frame = tiny.to_frame()
    assert frame[frame.loss_name == "ce"].trained_loss.to_numpy() == pytest.approx(
        frame[frame.loss_name == "ce"].train_loss, 1e-5
    )
    start = frame[(frame.loss_name == "mse") & (frame.epoch == 0)]
    assert (abs(start.trained_loss - 1) < 0.5).all()  # small logits: the error of the one entry that should be 1
    assert (abs(start.trained_loss - start.train_loss) > 0.5).all()


def test_the_recorded_run_is_finite_and_complete():
    run = settings.EXPERIMENT.recorded("laptop")
    assert len(run.history["seed"]) == len(settings.arms(LAPTOP)) * len(settings.probed_epochs(LAPTOP))
    for name, column in run.history.items():
        assert column.dtype.kind != "f" or np.isfinite(column).all(), name


# --- outcomes and rules, on made-up runs

QUIET = {"nc1": 20.0, "test": 2.0, "shape": 4.0, "error": 0.02, "then_error": 0.02, "zero": 1, "nc4": 0.0}
SIX = replace(LAPTOP, seeds=(0, 1, 2, 3, 4, 5))


def made_up(story=lambda arm: {}, config=SIX) -> runs.Run:
    """Epochs 0, 1, 4 and 9 of an arm. story(arm) changes QUIET: how many times nc1, nc1 on test, and nc2 and nc3 fall
    in the last step, test errors, nc4 at the end, and from which of the epochs on there is no training error."""
    rows = []
    for arm in settings.arms(config):
        told = QUIET | story(arm)
        for index, epoch in enumerate((0, 1, 4, 9)):
            last = index == 3
            shape = 0.4 / (told["shape"] if last else 1)
            rows.append({
                **vars(arm), "epoch": epoch, "step": 10 * epoch,
                "train_error": 0.0 if index >= told["zero"] else 0.5,
                "test_error": told["error"] if last else told["then_error"],
                "nc1_train": 0.2 / (told["nc1"] if last else 1), "nc1_test": 0.3 / (told["test"] if last else 1),
                "nc2_norms_train": shape, "nc2_angles_train": shape, "nc3_train": shape, "nc4_train": told["nc4"],
                "outside_span": 0.1,
            })  # fmt: skip
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run(plain(config), history, {}, {})


def word(name: str, run: runs.Run) -> str:
    return judged(name, run).word


def judged(name: str, run: runs.Run):
    (claim,) = [claim for claim in settings.CLAIMS if claim.id == name]
    return claim.judge(run)


def half(change: dict):
    return lambda arm: change if arm.seed % 2 else {}


def always(change: dict):
    return lambda arm: change


def without_decay(change: dict):
    return lambda arm: change if arm.weight_decay == 0 else {}


def with_decay(change: dict):
    return lambda arm: change if arm.weight_decay == 5e-3 else {}


def other_losses(change: dict):
    return lambda arm: change if arm.loss_name != "ce" else {}


def half_of(story):
    return lambda arm: story(arm) if arm.seed % 2 else {}


NOT_RUN = "all-losses-alike-when-large-and-long"
NEVER_ZERO, LATE = {"zero": 9}, {"zero": 3}  # at no probe, at the last: the phase is shorter than what came before it
REDUCED = {"zero": 2}  # the rate falls from 5.4 on: less of the phase runs at the full rate than came before it
CASES = [
    ("collapse-across-data-and-networks", always({}), HOLDS),
    ("collapse-across-data-and-networks", half({"nc1": 9.9}), OPEN),
    ("collapse-across-data-and-networks", always({"nc1": 9.9}), FAILS),
    ("collapse-across-data-and-networks", always(LATE), UNTESTED),
    ("simplex-across-data-and-networks", always({}), HOLDS),
    ("simplex-across-data-and-networks", half({"shape": 1.9}), OPEN),
    ("simplex-across-data-and-networks", always({"shape": 1.9}), FAILS),
    ("simplex-across-data-and-networks", always({"nc4": 0.01}), FAILS),
    ("simplex-across-data-and-networks", always(NEVER_ZERO), UNTESTED),
    ("no-test-collapse-across-data", always({}), HOLDS),
    ("no-test-collapse-across-data", half({"test": 4.5}), OPEN),  # a log-slope just above one half
    ("no-test-collapse-across-data", always({"test": 4.5}), FAILS),
    ("no-test-collapse-across-data", always({"nc1": 9.9}), UNTESTED),  # nothing to follow
    ("all-losses-collapse", always({}), HOLDS),
    ("all-losses-collapse", half_of(other_losses({"nc1": 2.0})), OPEN),
    ("all-losses-collapse", other_losses({"nc1": 2.0}), FAILS),
    ("all-losses-collapse", other_losses(LATE), UNTESTED),
    ("all-losses-same-features", other_losses({"nc1": 35.0}), HOLDS),
    ("all-losses-same-features", half_of(other_losses({"nc1": 45.0})), OPEN),
    ("all-losses-same-features", other_losses({"shape": 1.0}), FAILS),
    ("all-losses-same-features", lambda arm: LATE if arm.loss_name == "ce" else {}, UNTESTED),
    ("all-losses-same-test-error", other_losses({"error": 0.029}), HOLDS),
    ("all-losses-same-test-error", half_of(other_losses({"error": 0.05})), OPEN),
    ("all-losses-same-test-error", other_losses({"error": 0.009}), FAILS),
    ("all-losses-same-test-error", other_losses(NEVER_ZERO), UNTESTED),
    ("weight-decay-makes-collapse", without_decay({"nc1": 2.0}), HOLDS),
    ("weight-decay-makes-collapse", half_of(without_decay({"nc1": 2.0})), OPEN),
    ("weight-decay-makes-collapse", always({}), FAILS),
    ("weight-decay-makes-collapse", without_decay(LATE), UNTESTED),
    ("drift-without-weight-decay", without_decay({"nc1": 1.2, "shape": 1.1}), HOLDS),
    ("drift-without-weight-decay", half({"shape": 0.9}), OPEN),
    ("drift-without-weight-decay", without_decay({"nc1": 0.9}), FAILS),
    ("drift-without-weight-decay", always(LATE), UNTESTED),
    ("collapse-without-batch-norm", always({}), HOLDS),
    ("collapse-without-batch-norm", half_of(lambda arm: {"nc1": 1.0} if arm.network == "mlp_no_bn" else {}), OPEN),
    ("collapse-without-batch-norm", lambda arm: {"nc1": 1.0} if arm.network == "mlp_no_bn" else {}, FAILS),
    ("collapse-without-batch-norm", lambda arm: REDUCED if arm.network == "mlp_no_bn" else {}, UNTESTED),
    ("collapse-without-batch-norm", lambda arm: {"nc1": 9.9} if arm.network == "mlp" else {}, UNTESTED),
    ("weight-decay-regularizes", with_decay({"error": 0.01}), HOLDS),
    ("weight-decay-regularizes", half_of(with_decay({"error": 0.01})), OPEN),
    ("weight-decay-regularizes", always({}), FAILS),
    ("weight-decay-regularizes", without_decay(NEVER_ZERO), UNTESTED),
]


@pytest.mark.parametrize(("name", "story", "expected"), CASES, ids=[f"{name}-{e}" for name, _, e in CASES])
def test_a_rule_says_what_the_made_up_run_is(name, story, expected):
    assert word(name, made_up(story)) == expected


def test_every_rule_has_been_seen_to_give_every_word():
    for claim in settings.CLAIMS:
        if claim.id == NOT_RUN:
            continue
        assert {e for name, _, e in CASES if name == claim.id} == {HOLDS, OPEN, FAILS, UNTESTED}, claim.id


@pytest.mark.parametrize("name", [claim.id for claim in settings.CLAIMS if claim.id != NOT_RUN])
def test_trials_that_cannot_answer_are_not_counted(name):
    base = without_decay({"nc1": 2.0}) if name == "weight-decay-makes-collapse" else with_decay({"error": 0.01})
    whole, cut = (judged(name, made_up(lambda arm, last=last: NEVER_ZERO if arm.seed == last else base(arm)))
                  for last in (99, 5))  # fmt: skip
    assert (set(whole.by_seed), set(cut.by_seed)) == (set(range(6)), set(range(5)))


def test_what_was_not_trained_is_not_tested():
    assert word(NOT_RUN, made_up()) == UNTESTED


def test_at_weight_decays_without_a_collapsed_twin_nothing_is_asked_of_the_plain_network():
    evidence = judged("collapse-without-batch-norm", made_up(without_decay({"nc1": 2.0})))
    assert (evidence.word, evidence.valid, len(evidence.holds)) == (HOLDS, 12, 18)


def test_a_run_without_the_network_cannot_tell():
    run = made_up(config=replace(SIX, plain_networks=()))
    assert word("collapse-without-batch-norm", run) == UNTESTED


def test_test_errors_are_compared_within_a_seed():
    def story(arm):
        first = 0.01 * arm.seed
        return {"error": first if arm.loss_name == "ce" else first + (0.009 if arm.loss_name == "mse" else -0.011)}

    evidence = judged("all-losses-same-test-error", made_up(story))
    assert sum(evidence.holds) == 12  # one loss, two data sets, six seeds
    assert set(np.round(evidence.values, 6)) == {0.9, 1.1}


def test_other_seeds_are_other_seeds_and_nothing_else():
    again = settings.Config.preset("laptop-again")
    assert replace(again, seeds=LAPTOP.seeds) == LAPTOP
    assert not set(again.seeds) & set(LAPTOP.seeds)


def test_outcomes_compare_the_first_zero_error_with_the_end():
    table = outcomes(made_up(lambda arm: NEVER_ZERO if arm.network == "mlp_no_bn" else {}))
    assert len(table) == len(settings.arms(SIX))
    reached, missed = (table[(table.network == "mlp_no_bn") == plain] for plain in (False, True))
    assert (reached.zero_error_epoch == 1).all()
    assert reached.fall_train.to_numpy() == pytest.approx(20)
    assert (missed.zero_error_epoch == NEVER).all()
    assert missed.fall_train.isna().all()
    assert missed.nc1_train_end.to_numpy() == pytest.approx(0.01)
