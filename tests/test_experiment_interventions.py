"""The experiment `interventions`: each arm changes what it says, measures agree, and its rules give every verdict."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, experiments, metrics, models, runs, trainers
from ncbook.claims import NOT, PARTLY, REPRODUCED, UNTESTED
from ncbook.experiments import interventions
from ncbook.experiments.interventions.measure import class_means, measured
from ncbook.experiments.interventions.recipes import Restart
from ncbook.readings.interventions import ARMS, CONTROLS, delays, loss_correlations, outcomes
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


def made_up(times: dict[str, list[float]], kappa: dict[str, float] | None = None, ratio=None, final=None) -> runs.Run:
    """Test accuracy jumps to 1 at `times` (NEVER: at none); kappa and variance ratio are constant in an arm."""
    rows = []
    for arm in ARMS:
        for seed, time in enumerate(times.get(arm, times["baseline"])):
            for step in range(0, 3001, 100):
                accuracy = (final or {}).get(arm, 1.0) if step >= time else 0.0
                loss = 10.0 ** (-step / 300)
                rows.append({
                    "arm": arm, "seed": seed, "step": step, "train_acc": 1.0, "test_acc": accuracy,
                    "train_loss": loss, "relative_flatness": (kappa or {}).get(arm, 1.0),
                    "variance_ratio_train": (ratio or {}).get(arm, 0.1), "ncc_acc_test": 1.0, "uncertainty_train": loss,
                    "head_norm": 1.0, "feature_norm": 1.0,
                })  # fmt: skip
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run({"release": 1400, "arms": list(ARMS), "seeds": [0, 1]}, history, {}, {})


def verdict(name: str, run: runs.Run) -> str:
    (claim,) = [claim for claim in interventions.CLAIMS if claim.id == name]
    return claim.judge(run).verdict


BASE = [1000.0, 1000.0]
SPREAD = {"prevented": 3.0}


@pytest.mark.parametrize(
    ("name", "run", "expected"),
    [
        ("collapse-prevented-as-accurate", made_up({"baseline": BASE}, ratio=SPREAD), REPRODUCED),
        ("collapse-prevented-as-accurate", made_up({"baseline": BASE}, ratio=SPREAD, final={"prevented": 0.98}), NOT),
        ("collapse-prevented-as-accurate", made_up({"baseline": BASE}), UNTESTED),
        ("collapse-prevented-as-soon", made_up({"baseline": BASE, "prevented": [1200, 1300]}, ratio=SPREAD), PARTLY),
        ("collapse-prevented-as-soon", made_up({"baseline": BASE, "prevented": [2000, NEVER]}, ratio=SPREAD), NOT),
        ("collapse-prevented-as-soon", made_up({"baseline": [NEVER] * 2}, ratio=SPREAD), UNTESTED),
        ("anti-flatness-delays", made_up({"baseline": BASE, "anti_released": [1300, 2500]}), REPRODUCED),
        ("anti-flatness-delays", made_up({"baseline": BASE, "anti_released": [1200, 2500]}), PARTLY),
        ("anti-flatness-delays", made_up({"baseline": BASE, "anti_released": [NEVER] * 2}), NOT),
        ("delay-specific-to-flatness", made_up({"baseline": BASE, "anti_released": [2000, 2000]}), REPRODUCED),
        ("delay-specific-to-flatness", made_up({"baseline": BASE}), UNTESTED),
        ("flat-when-it-generalizes", made_up({"baseline": BASE}), REPRODUCED),
        ("flat-when-it-generalizes", made_up({"baseline": BASE}, kappa={"flooding": 11.0}), PARTLY),
        ("flat-when-it-generalizes", made_up({"baseline": [NEVER] * 2}), UNTESTED),
        ("collapsed-is-flat", made_up({"baseline": BASE}, ratio={"encouraged": 0.01}), REPRODUCED),
        ("collapsed-is-flat", made_up({"baseline": BASE}, {"encouraged": 1.1}, {"encouraged": 0.01}), NOT),
        ("collapsed-is-flat", made_up({"baseline": BASE}), UNTESTED),
    ],
)
def test_a_rule_gives_the_verdict_of_a_made_up_run(name, run, expected):
    assert verdict(name, run) == expected


@pytest.mark.parametrize("control", CONTROLS)
def test_one_control_that_delays_too_is_enough_to_deny_that_flatness_alone_does(control):
    times = {"baseline": BASE, "anti_released": [2000, 2000], control: [2000, 1000]}
    assert verdict("delay-specific-to-flatness", made_up(times)) == PARTLY
    assert verdict("delay-specific-to-flatness", made_up({**times, control: [2000, NEVER]})) == NOT


def test_a_training_that_never_gets_there_counts_with_its_last_step():
    ratios = delays(made_up({"baseline": [1000, NEVER], "prevented": [NEVER, 2000]}))
    assert ratios.prevented.tolist() == [3.0]


@pytest.mark.parametrize(("power", "expected"), [(1.0, REPRODUCED), (-1.0, NOT)])
def test_confidence_makes_flat_where_kappa_moves_with_the_loss(power, expected):
    run = made_up({"baseline": BASE})
    run.history["relative_flatness"] = run.history["train_loss"] ** power
    assert verdict("confidence-makes-flat", run) == expected
    assert loss_correlations(run).tolist() == pytest.approx([power, power])


def test_outcomes_are_read_at_the_first_probe_with_99_percent():
    run = made_up({"baseline": [1250, NEVER]})
    table = outcomes(run).set_index(["arm", "seed"]).loc["baseline"]
    assert table.generalized.iloc[0] == 1300
    assert table.generalized.iloc[1] == NEVER
    assert pd.isna(table.relative_flatness.iloc[1])
    assert table.release_train_loss.iloc[0] == pytest.approx(10 ** (-1400 / 300))
