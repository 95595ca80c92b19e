"""The experiment `interventions`: each arm changes what it says, measures agree, and its rules give every verdict."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, experiments, metrics, models, runs, trainers
from ncbook.claims import OURS
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import interventions
from ncbook.experiments.interventions.measure import class_means, measured
from ncbook.experiments.interventions.recipes import Restart
from ncbook.readings.interventions import ARMS, CONTROLS, against_baseline, delays, loss_correlations, outcomes
from ncbook.readings.moments import NEVER

LAPTOP = interventions.Config.preset("laptop")
TINY = replace(
    interventions.Config.preset("smoke"), arms=("baseline", "anti_released"), steps=(20, 20), release=10, p=7,
    probe_every=5,
)  # fmt: skip

# --- the design


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_every_arm_has_steps_and_the_release_is_probed(preset):
    config = interventions.Config.preset(preset)
    assert len(config.arms) == len(config.steps)
    assert config.release % config.probe_every == 0
    assert all(steps % config.probe_every == 0 for steps in config.steps)
    for arm in config.arms:
        assert interventions.recipe_of(config, arm).steps > 0


def test_the_book_has_eight_seeds_that_no_strength_was_chosen_on():
    assert len(LAPTOP.seeds) >= 8
    assert not {0, 1, 2, 3, 311, 312} & set(LAPTOP.seeds)


def differences(arm: str) -> dict:
    base, other = (interventions.recipe_of(LAPTOP, name) for name in ("baseline", arm))
    names = [name for name in vars(base) if name != "steps" and getattr(base, name) != getattr(other, name)]
    return {name: getattr(other, name) for name in names}


@pytest.mark.parametrize(
    ("arm", "changed"),
    [
        ("baseline", set()), ("encouraged", {"regularizers"}), ("prevented", {"regularizers"}),
        ("anti_released", {"regularizers"}), ("anti_kept", {"regularizers"}), ("norms_released", {"regularizers"}),
        ("confidence", {"regularizers", "head_norm"}), ("flooding", {"loss"}), ("smoothing", {"loss"}),
        ("baseline_schedule", {"schedule"}), ("kept_schedule", {"regularizers", "schedule"}),
    ],
)  # fmt: skip
def test_an_arm_changes_what_it_says_and_nothing_else(arm, changed):
    assert set(differences(arm)) == changed


def test_released_is_kept_until_the_release_and_no_longer():
    (kept,), (released,) = (interventions.recipe_of(LAPTOP, f"anti_{how}").regularizers for how in ("kept", "released"))
    assert released == replace(kept, stop=LAPTOP.release)
    assert released.active(LAPTOP.release - 1)
    assert not released.active(LAPTOP.release)
    assert kept.active(LAPTOP.release)


def test_an_unknown_arm_is_named():
    with pytest.raises(ValueError, match="arm: 'left_alone' is unknown; use one of baseline, encouraged"):
        interventions.recipe_of(replace(LAPTOP, arms=("left_alone",), steps=(10,)), "left_alone")


def test_the_restart_multiplies_the_rate_and_then_falls_to_zero():
    schedule = Restart(at=100, factor=10.0, end=200)
    assert [schedule(step) for step in (0, 99, 100)] == [1, 1, 10]
    assert schedule(150) == pytest.approx(5)
    assert schedule(200) == schedule(300) == pytest.approx(0)


# --- measures


def test_measures_are_those_of_the_metrics():
    sets = [data.modular(7, fraction=0.6, seed=seed) for seed in (1, 2)]
    train, test = [each.train for each in sets], [each.test for each in sets]
    members = [trainers.Member(1), trainers.Member(2)]
    ensemble = trainers.Ensemble(lambda seed: built(seed), train, interventions.recipe_of(TINY, "baseline"), members)
    columns = measured(ensemble, train, test)
    for index in range(2):
        model, split = ensemble.model(index), train[index]
        features = model.features(split.inputs).detach()
        weight = model.head.weight.detach()
        head = (features, weight)
        expected = {
            "relative_flatness": metrics.relative_flatness(*head),
            "relative_flatness_bound": metrics.relative_flatness_bound(*head),
            "variance_ratio_train": metrics.variance_ratio(features, split.labels),
            "cdnv_train": metrics.cdnv(features, split.labels),
            "train_acc": (model(split.inputs).argmax(1) == split.labels).double().mean(),
            "head_norm": weight.norm(),
            "feature_norm": features.norm(dim=1).mean(),
        }
        for name, value in expected.items():
            assert columns[name][index].item() == pytest.approx(float(value), rel=1e-4), name


def built(seed: int) -> models.PairMLP:
    torch.manual_seed(seed)
    return models.PairMLP(7, 4, 8)


def test_class_means_of_points_that_are_known():
    features = torch.tensor([[[0.0, 0.0], [2.0, 4.0], [5.0, 5.0]]])
    outputs = trainers.Outputs(features, torch.zeros(1, 3, 2), torch.tensor([[0, 0, 1]]), torch.zeros(1, 2, 2))
    assert class_means(outputs).tolist() == [[[1.0, 2.0], [5.0, 5.0]]]


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return interventions.run(TINY, "cpu")


def test_every_arm_and_seed_is_measured_at_every_probe(tiny):
    rows = list(zip(*(tiny.history[name].tolist() for name in ("arm", "step", "seed")), strict=True))
    assert rows == [(arm, step, seed) for arm in TINY.arms for step in (0, 5, 10, 15, 20) for seed in TINY.seeds]
    assert all(np.isfinite(column).all() for column in tiny.history.values() if column.dtype.kind == "f")


def test_the_same_config_gives_the_same_numbers(tiny):
    again = interventions.run(TINY, "cpu")
    assert all((again.history[name] == column).all() for name, column in tiny.history.items())


def test_arms_start_from_the_same_networks(tiny):
    frame = tiny.to_frame()
    first = frame[frame.step == 0].pivot(index="seed", columns="arm", values="train_loss")
    assert (first.baseline == first.anti_released).all()
    last = frame[frame.step == 10].pivot(index="seed", columns="arm", values="relative_flatness")
    assert (last.anti_released > last.baseline).all()  # the push that it was made for


# --- rules, on runs whose answer is known


LAST = {"baseline": 1800, "encouraged": 1000, "confidence": 2000, "flooding": 2000, "smoothing": 2000}


def made_up(times: dict[str, list[float]], kappa: dict[str, float] | None = None, ratio=None, final=None) -> runs.Run:
    """Test accuracy jumps to 1 at `times` (NEVER: at none), or to `final`; kappa falls with the training loss.

    `kappa` is an arm's over the baseline's at the same step, and `ratio` its variance ratio, which is constant. CDNV is
    that ratio too. Steps end at `LAST`, else at 3000.
    """
    rows = []
    for arm in ARMS:
        for seed, time in enumerate(times.get(arm, times["baseline"])):
            for step in range(0, LAST.get(arm, 3000) + 1, 100):
                accuracy = (final or {}).get(arm, 1.0) if step >= time else 0.0
                loss = 10.0 ** (-step / 300 + 0.02 * (step // 100 % 2))
                own = (ratio or {}).get(arm, 0.1)
                rows.append({
                    "arm": arm, "seed": seed, "step": step, "train_acc": 1.0, "test_acc": accuracy,
                    "train_loss": loss, "relative_flatness": loss * (kappa or {}).get(arm, 1.0),
                    "variance_ratio_train": own, "cdnv_train": own, "ncc_acc_test": 1.0, "uncertainty_train": loss,
                    "head_norm": 1.0, "feature_norm": 1.0, "squared_norms": 1.0,
                })  # fmt: skip
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    seeds = list(range(len(times["baseline"])))
    return runs.Run({"release": 1400, "arms": list(ARMS), "seeds": seeds}, history, {}, {})


def judged(name: str, run: runs.Run):
    (claim,) = [claim for claim in interventions.CLAIMS if claim.id == name]
    evidence = claim.judge(run)
    assert {type(each) for each in evidence.holds} <= {bool, type(None)}
    assert {type(each) for each in evidence.values} <= {float}
    assert {type(each) for each in evidence.seeds} <= {int}
    return evidence


BASE = [800.0] * 6
LATE = [2000.0] * 6
SPREAD = {"prevented": 3.0}
TIGHT = {"encouraged": 0.01}
SOON = {"baseline": BASE, "encouraged": [400.0] * 6}


@pytest.mark.parametrize(
    ("name", "run", "expected"),
    [
        ("collapse-prevented-as-accurate", made_up({"baseline": BASE}, ratio=SPREAD), HOLDS),
        ("collapse-prevented-as-accurate", made_up({"baseline": BASE}, ratio=SPREAD, final={"prevented": 0.98}), FAILS),
        ("collapse-prevented-as-accurate", made_up({"baseline": BASE}), UNTESTED),
        ("collapse-prevented-as-soon", made_up({"baseline": BASE, "prevented": [900] * 6}, ratio=SPREAD), HOLDS),
        ("collapse-prevented-as-soon", made_up({"baseline": BASE, "prevented": [900, 1100] * 3}, ratio=SPREAD), OPEN),
        ("collapse-prevented-as-soon", made_up({"baseline": BASE, "prevented": [NEVER] * 6}, ratio=SPREAD), FAILS),
        ("collapse-prevented-as-soon", made_up({"baseline": [NEVER] * 6}, ratio=SPREAD), UNTESTED),
        ("collapse-encouraged-as-accurate", made_up(SOON, ratio=TIGHT), HOLDS),
        ("collapse-encouraged-as-accurate", made_up(SOON, ratio=TIGHT, final={"encouraged": 0.98}), FAILS),
        ("collapse-encouraged-as-accurate", made_up(SOON), UNTESTED),
        ("collapse-encouraged-sooner", made_up(SOON, ratio=TIGHT), HOLDS),
        ("collapse-encouraged-sooner", made_up({"baseline": BASE, "encouraged": [900] * 6}, ratio=TIGHT), FAILS),
        ("collapse-encouraged-sooner", made_up({"baseline": BASE, "encouraged": [NEVER] * 6}, ratio=TIGHT), FAILS),
        ("collapse-encouraged-sooner", made_up({"baseline": [1500.0] * 6, "encouraged": [NEVER] * 6}, ratio=TIGHT),
         UNTESTED),
        ("collapse-encouraged-sooner", made_up(SOON), UNTESTED),
        ("anti-flatness-delays", made_up({"baseline": BASE, "anti_released": [1300, 2500] * 3}), HOLDS),
        ("anti-flatness-delays", made_up({"baseline": BASE, "anti_released": [NEVER] * 6}), HOLDS),
        ("anti-flatness-delays", made_up({"baseline": BASE, "anti_released": [900, 2500] * 3}), OPEN),
        ("anti-flatness-delays", made_up({"baseline": BASE}), FAILS),
        ("anti-flatness-delays", made_up({"baseline": [NEVER] * 6}), UNTESTED),
        ("anti-flatness-released-generalizes", made_up({"baseline": BASE, "anti_released": LATE}), HOLDS),
        ("anti-flatness-released-generalizes", made_up({"baseline": BASE, "anti_released": [NEVER] * 6}), FAILS),
        ("anti-flatness-released-generalizes", made_up({"baseline": BASE}), UNTESTED),
        ("delay-specific-to-flatness", made_up({"baseline": BASE, "anti_released": LATE}), HOLDS),
        ("delay-specific-to-flatness", made_up({"baseline": BASE}), UNTESTED),
        ("flat-when-it-generalizes", made_up({"baseline": BASE}), HOLDS),
        ("flat-when-it-generalizes", made_up({"baseline": BASE}, dict.fromkeys(ARMS, 20.0) | {"baseline": 1.0}), FAILS),
        ("flat-when-it-generalizes", made_up({"baseline": BASE}, {"flooding": 11.0}), FAILS),
        ("flat-when-it-generalizes", made_up({"baseline": [NEVER] * 6}), UNTESTED),
        ("flat-when-it-generalizes-at-equal-loss", made_up({"baseline": BASE}), HOLDS),
        ("flat-when-it-generalizes-at-equal-loss",
         made_up({"baseline": BASE}, dict.fromkeys(ARMS, 20.0) | {"baseline": 1.0}), FAILS),
        ("collapsed-is-flat", made_up(SOON, {"encouraged": 0.9}, TIGHT), HOLDS),
        ("collapsed-is-flat", made_up(SOON, {"encouraged": 1.1}, TIGHT), FAILS),
        ("collapsed-is-flat", made_up(SOON), UNTESTED),
        ("collapsed-is-flat-at-equal-loss", made_up(SOON, {"encouraged": 0.9}, TIGHT), HOLDS),
        ("collapsed-is-flat-at-equal-loss", made_up(SOON, {"encouraged": 1.1}, TIGHT), FAILS),
    ],
)  # fmt: skip
def test_a_rule_gives_the_word_of_a_made_up_run(name, run, expected):
    assert judged(name, run).word == expected


def test_what_is_encouraged_is_compared_at_the_same_step_and_loss_and_not_each_at_its_own_moment():
    """It generalizes at step 400, the baseline at 800: with the same kappa at each step, sharper at its own moment."""
    found = against_baseline(made_up(SOON, ratio=TIGHT))
    own = found[found.arm == "encouraged"]
    assert own.at_step.tolist() == pytest.approx([1.0] * 6)
    assert own.at_loss.tolist() == pytest.approx([1.0] * 6)
    assert own.tighter.all()


def test_flatness_at_a_loss_that_the_baseline_does_not_have_is_unknown():
    run = made_up({"baseline": BASE})
    flooded = (run.history["arm"] == "flooding") & (run.history["step"] > 0)
    run.history["train_loss"][flooded] = 20.0
    found = against_baseline(run)
    assert found[found.arm == "flooding"].at_loss.isna().all()
    assert found[found.arm == "flooding"].at_step.notna().all()
    late = against_baseline(made_up({"baseline": BASE, "anti_released": LATE}))
    assert late[late.arm == "anti_released"].at_step.isna().all()  # the baseline has 1800 steps


def test_an_accuracy_that_still_rises_when_steps_end_is_shown_and_not_judged():
    run = made_up({"baseline": BASE, "anti_released": [NEVER] * 6})
    own = (run.history["arm"] == "anti_released") & (run.history["step"] > 2500) & (run.history["seed"] == 3)
    run.history["test_acc"][own] = 0.9
    evidence = judged("anti-flatness-released-generalizes", run)
    assert evidence.holds == (False, False, False, None, False, False)


@pytest.mark.parametrize("control", CONTROLS)
def test_one_control_that_delays_too_is_enough_to_deny_that_flatness_alone_does(control):
    times = {"baseline": BASE, "anti_released": LATE, control: [1500.0, 800.0] * 3}
    assert judged("delay-specific-to-flatness", made_up(times)).word == OPEN
    assert judged("delay-specific-to-flatness", made_up({**times, control: [1500.0, NEVER] * 3})).word == FAILS


def test_a_control_with_too_few_steps_to_be_late_tells_nothing():
    times = {"baseline": [1700.0] * 6, "anti_released": [2900.0] * 6, "flooding": [NEVER] * 6}
    run = made_up(times)
    assert judged("delay-specific-to-flatness", run).word == UNTESTED
    assert judged("delay-specific-to-flatness", made_up(times | {"norms_released": [2900.0] * 6})).word == FAILS


def test_a_training_that_never_gets_there_counts_with_its_last_step():
    ratios = delays(made_up({"baseline": [1000, NEVER], "prevented": [NEVER, 2000]}))
    assert ratios.prevented.tolist() == [3.0]


def collapsing(sign: float) -> runs.Run:
    """Eight arms that differ, of which half generalize; with sign 1 those that do are the more collapsed ones."""
    arms = [arm for arm in ARMS if arm not in ("baseline_schedule", "anti_kept", "kept_schedule")]
    run = made_up({arm: [900.0 if at < 4 else NEVER] * 6 for at, arm in enumerate(arms)})
    for at, arm in enumerate(arms):
        run.history["cdnv_train"][run.history["arm"] == arm] = np.exp(sign * at)
        own = (run.history["arm"] == arm) & (run.history["step"] == 1000)
        run.history["test_acc"][own] = 1 - at / 10
    return run


def test_collapse_goes_with_accuracy_over_the_arms():
    name = "collapse-goes-with-accuracy"
    assert judged(name, collapsing(1.0)).word == HOLDS
    assert judged(name, collapsing(-1.0)).word == FAILS
    assert 0 < judged(name, collapsing(1.0)).chance < 0.05  # of eight arms


def test_confidence_makes_flat_where_kappa_moves_with_the_loss():
    """Changes from probe to probe: another curve that falls as evenly does not do."""
    run = made_up({"baseline": BASE})
    assert judged("confidence-makes-flat", run).word == HOLDS
    assert judged("confidence-makes-flat", run).chance < 0.01
    assert loss_correlations(run).tolist() == pytest.approx([1.0] * 6)
    wobble = 10 ** (-run.history["step"] / 300 - 0.02 * (run.history["step"] // 100 % 2))
    run.history["relative_flatness"] = wobble
    assert (loss_correlations(run) > 0.99).all()
    assert judged("confidence-makes-flat", run).word == FAILS


def test_readings_of_the_book_are_called_its_own():
    ours = {claim.id for claim in interventions.CLAIMS if claim.kind == OURS}
    assert ours == {
        "collapse-prevented-as-soon", "collapse-encouraged-sooner", "delay-specific-to-flatness", "collapsed-is-flat",
        "collapsed-is-flat-at-equal-loss", "flat-when-it-generalizes-at-equal-loss",
    }  # fmt: skip


def test_outcomes_are_read_at_the_first_probe_with_99_percent():
    run = made_up({"baseline": [1250, NEVER]})
    table = outcomes(run).set_index(["arm", "seed"]).loc["baseline"]
    assert table.generalized.iloc[0] == 1300
    assert table.generalized.iloc[1] == NEVER
    assert pd.isna(table.relative_flatness.iloc[1])
    assert table.release_train_loss.iloc[0] == pytest.approx(10 ** (-1400 / 300))
