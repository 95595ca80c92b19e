"""What the chapter on the circuit says in words about the recorded run, and its exercises."""

import math

import numpy as np
import pytest
import torch

from ncbook import data, experiments, ledger, metrics, models, readings

CIRCUITS = experiments.circuits


@pytest.fixture(scope="module")
def run():
    return CIRCUITS.load("laptop", live=False)


@pytest.fixture(scope="module")
def found(run):
    return readings.circuits.phases(run).set_index("seed")


@pytest.fixture(scope="module")
def rows(run):
    return run.to_frame().set_index(["seed", "step"])


def at(rows, steps):
    """The rows of each seed at its own step."""
    return rows.loc[list(zip(steps.index, steps, strict=True))].reset_index().set_index("seed")


def test_five_seeds_modulo_29_that_all_grok(run, found):
    assert run.config["p"] == [29]
    assert run.config["fractions"] == [0.6]
    assert run.config["weight_decay"] == 1
    assert len(found) == 5
    assert np.isfinite(found.generalized).all()
    assert (found.memorized <= 50).all()
    assert run.provenance["preset"] == "laptop"


def test_four_or_five_of_fourteen_frequencies_each_seed_with_others(run):
    keys = run.arrays["pair_mlp-addition/keys"]
    assert keys.shape[1] - 1 == 14
    assert set(keys.sum(1)) == {4, 5}
    assert len({tuple(row) for row in keys}) == 5


def test_one_of_the_first_seed_s_frequencies_comes_late(run):
    frames, spectrum = (run.arrays[f"pair_mlp-addition/{name}"] for name in ("frames", "spectrum"))
    power = spectrum[0, :, 1:].astype(float) ** 2
    shares = power / power.sum(1, keepdims=True)
    keys = np.flatnonzero(run.arrays["pair_mlp-addition/keys"][0]) - 1
    first = sorted(frames[np.argmax(shares[:, k] >= 0.12)] for k in keys)
    assert first[-1] > first[-2] + 100


def test_at_step_100_all_that_the_published_projection_finds_is_memory(rows):
    then = rows.xs(100, level="step")
    assert then.published_acc.between(0.2, 0.61).all()
    assert (then.restricted_acc < 0.02).all()
    assert (then.test_acc < 0.005).all()


def test_before_the_jump_half_to_three_quarters(rows, found):
    onset = at(rows, found.onset)
    assert onset.restricted_acc.between(0.5, 0.755).all()
    assert (onset.averaged_acc < 0.2).all()
    assert (onset.averaged_acc >= onset.test_acc - 0.01).all()
    assert (rows.control_acc <= 0.14).all()


def test_averaging_is_ahead_of_the_test_accuracy_but_less(run, rows, found):
    for seed in run.config["seeds"]:
        own = rows.loc[seed]
        own = own[own.index >= found.memorized[seed]]
        averaged = own.index[own.averaged_acc >= 0.5][0]
        assert found.formed[seed] < averaged < found.half[seed]


def test_eleven_or_twelve_test_pairs_share_a_sum():
    for seed in experiments.circuits.Config().seeds:
        sums = torch.bincount(data.modular(29, fraction=0.6, split="unordered", seed=seed).test.labels)
        assert 11 <= sums.double().mean() <= 12


def test_losses(run, rows, found):
    then, onset, ends = at(rows, found.memorized), at(rows, found.onset), rows.xs(2400, level="step")
    assert (onset.restricted_loss / then.restricted_loss < 1 / 3).all()
    assert (rows.loc[:, "control_loss"].groupby("seed").min() > 0.97 * math.log(29)).all()
    assert (onset.train_loss < then.train_loss).all()
    assert ends.excluded_loss.between(0.9 * math.log(29), 1.4 * math.log(29)).all()
    assert (ends.control_excluded_loss < 1e-5).all()
    assert (then.excluded_loss > then.train_loss).all()


def test_ablation(rows):
    ends = rows.xs(2400, level="step")
    ratio = ends.restricted_loss / ends.test_loss
    assert 0.12 < ratio.min() < 0.13
    assert 0.45 < ratio.max() < 0.55
    assert ends.test_loss.between(1e-6, 1e-4).all()
    assert (ends.restricted_acc == 1).all()
    assert (ends.test_acc == 1).all()


def test_phases(rows, found):
    assert (found.memorized < found.formed).all()
    assert (found.formed < found.cleanup).all()
    assert (found.cleanup < found.generalized).all()
    assert (found.cleanup - found.formed).max() <= 300
    assert found.cleanup.between(found.onset, found.generalized).all()
    squares = [at(rows, found[name]).squared_weights for name in ("memorized", "formed", "generalized")]
    assert 0 < ((squares[0] - squares[1]) > (squares[1] - squares[2])).sum() < 5


def test_circles(run):
    keys, controls = (np.concatenate(readings.circuits.unevenness(run, name)) for name in ("keys", "controls"))
    assert keys.max() < 0.065
    assert controls.min() >= 0.245


def test_every_claim_of_the_recorded_run_holds(run):
    evidence = [claim.judge(run) for claim in CIRCUITS.CLAIMS if claim.preset == "laptop"]
    assert {found.word for found in evidence} == {"holds"}
    assert {found.holds for found in evidence} == {(True,) * 5}


def test_the_lead_of_exercise_2(found):
    assert (found.half - found.formed).median() == 150


def _three() -> float:
    with torch.no_grad():
        logits = models.gromov_solution(29, width=500, seed=0)(data.modular_pairs(29).inputs)
    return metrics.fourier_restricted_accuracy(logits, [1, 2, 3]).item()


def test_three_slow_waves_are_not_enough():
    assert _three() < 1


def _lead() -> float:
    phases = readings.circuits.phases(CIRCUITS.load("laptop"))
    return (phases.half - phases.formed).median()


SOLUTIONS = {"circuits/noise": lambda: 11**-0.5, "circuits/lead": _lead, "circuits/three-frequencies": _three}


def test_the_step_of_the_opening(rows):
    own = rows.loc[391, 600]
    assert own.test_acc < 0.2
    assert own.restricted_acc == pytest.approx(0.8, abs=0.005)


# --- the exercise to write


def _waves(count, numbers, key):
    turns = 2 * math.pi * key * numbers.double() / count
    return torch.stack([turns.cos(), turns.sin()]) * 2**0.5 / count


def _numbers(count):
    return torch.arange(count).repeat_interleave(count), torch.arange(count).repeat(count)


def projection(logits, key):
    first, second = _numbers(logits.shape[1])
    waves = _waves(logits.shape[1], first + second, key)
    return waves.T @ (waves @ logits)


def without_length(logits, key):
    return projection(logits, key) * logits.shape[1] ** 2 / 2


def cosine_alone(logits, key):
    first, second = _numbers(logits.shape[1])
    waves = _waves(logits.shape[1], first + second, key)[:1]
    return waves.T @ (waves @ logits)


def with_waves_of_the_first_number(logits, key):
    waves = _waves(logits.shape[1], _numbers(logits.shape[1])[0], key)
    return projection(logits, key) + waves.T @ (waves @ logits)


def one_frequency_for_all(logits, key):
    return projection(logits, 2)


FUNCTIONS = {
    "circuits/write-projection": (
        projection,
        [without_length, cosine_alone, with_waves_of_the_first_number, one_frequency_for_all],
    ),
}


# --- the transformer


@pytest.fixture(scope="module")
def long():
    return CIRCUITS.load("laptop-long", live=False)


def test_two_transformers_memorize_in_100_steps_and_grok_late(long):
    found = readings.circuits.phases(long).set_index("seed")
    assert long.config["p"] == [67]
    assert long.config["fractions"] == [0.5]
    assert long.config["steps"] == [16_000]
    assert list(found.memorized) == [100, 100]
    assert sorted(found.generalized) == [9_200, 13_800]
    assert round(long.provenance["seconds"] / 60) == 39


def test_a_transformer_looks_idle_and_is_not(long):
    found, frame = readings.circuits.phases(long).set_index("seed"), long.to_frame()
    assert frame[frame.step == 5_000].test_acc.max() < 0.1
    assert ((found.half - found.formed) >= 2_000).all()
    early = frame[frame.step.between(100, 5_000)]
    assert (early.published_acc > early.restricted_acc).all()
    at_onset = at(frame.set_index(["seed", "step"]), found.onset)
    assert (at_onset.excluded_loss > 3).all()
    assert (at_onset.averaged_acc > at_onset.test_acc).all()


def test_of_the_transformer_s_claims_one_fails_in_both_seeds(long):
    verdicts = {c.id: c.judge(long).holds for c in CIRCUITS.CLAIMS if c.preset == "laptop-long"}
    assert len(verdicts) == 7
    assert verdicts.pop("cleanup-with-the-jump-transformer") == (False, False)
    assert set(verdicts.values()) == {(True, True)}
    found = readings.circuits.phases(long)
    assert (found.cleanup - found.generalized).between(50, 200).all()


def test_over_six_transformers_three_claims_hold_and_four_are_open():
    words = {entry.id: entry.verdict for entry in ledger.of_experiment(CIRCUITS.EXPERIMENT)}
    held = ("transformer-groks", "restricted-before-test-transformer", "key-frequencies-suffice-transformer")
    assert {words.pop(name) for name in held} == {"holds"}
    assert {word for name, word in words.items() if name.endswith("-transformer")} == {"open"}


def test_a_first_attempt_ended_too_early(long):
    frame = long.to_frame()
    assert (frame[frame.step <= 6_800].test_acc < 0.99).all()
