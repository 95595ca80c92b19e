"""The experiment `onset`: crossings of made-up curves, codes against closed forms, and every verdict of its rules."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import experiments, metrics, runs
from ncbook.claims import THEOREM
from ncbook.evidence import FAILS, HOLDS, UNTESTED
from ncbook.experiments import onset
from ncbook.experiments._experiment import plain
from ncbook.experiments.onset import codes
from ncbook.readings import onset as reading
from ncbook.readings.onset import COLLAPSE, Rule, is_accuracy

LAPTOP = onset.Config.preset("laptop")
TINY = replace(
    onset.Config.preset("smoke"), p=7, steps=30, every=10, control_every=30, digits_steps=(6, 4), digits_probes=3,
    digits_width=16, classes=(10, 97),
)  # fmt: skip
STEPS = np.arange(0, 1001, 10)

# --- crossings, on curves whose answer is known


def curve(at: float, start: float, end: float) -> np.ndarray:
    """`start` until 100 steps before `at`, then a straight line of the logarithm that is half-way at `at`."""
    share = np.clip((STEPS - at + 100) / 200, 0, 1)
    return np.exp((1 - share) * np.log(start) + share * np.log(end))


def jump(at: float, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """From `low` to `high` along a line that is half-way at `at`."""
    return low + (high - low) * np.clip((STEPS - at + 100) / 200, 0, 1)


def made_up(moves: dict[str, float], part: str = "addition", onsets=(500.0, 500.0), small: float = 1.0) -> runs.Run:
    """Every seed memorizes at step 50 and generalizes half-way at its onset; measures cross `moves` steps earlier.

    A measure that is not in `moves` crosses with the test accuracy. CDNV has a step-0 value 4 times that of step 10 on.
    """
    rows = []
    for seed, at in enumerate(onsets):
        columns = {"train_acc": np.where(STEPS >= 50, 1.0, 0.1), "test_acc": jump(at)}
        for name in reading.MEASURES:
            own = at - moves.get(name, 0.0)
            columns[name] = jump(own, 0.3) if is_accuracy(name) else curve(own, 8.0, 0.02)
        columns["cdnv_train"][0] *= 4
        for place, step in enumerate(STEPS):
            rows.append({"part": part, "seed": seed, "step": step} | {name: c[place] for name, c in columns.items()})
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run(plain(LAPTOP), history, {}, {})


def judged(name: str, run: runs.Run):
    (claim,) = [claim for claim in onset.CLAIMS if claim.id == name]
    return claim.judge(run)


def word(name: str, run: runs.Run) -> str:
    return judged(name, run).word


def test_the_lead_is_the_onset_minus_the_crossing():
    found = reading.leads(made_up({"relative_flatness": 200, "rnc1_train": -100}))
    assert found.memorized.tolist() == [50, 50]
    assert found.onset.tolist() == [500, 500]
    assert found.generalized.tolist() == [600, 600]
    assert found.relative_flatness.tolist() == [200, 200]
    assert found.rnc1_train.tolist() == [-100, -100]
    assert found.variance_ratio_train.tolist() == [0, 0]


def test_a_smaller_share_of_the_way_is_crossed_sooner():
    run = made_up({"relative_flatness": 100})
    early, late = (reading.leads(run, rule=Rule("", None, share)).relative_flatness[0] for share in (0.25, 0.75))
    assert early == pytest.approx(150, abs=10)
    assert late == pytest.approx(50, abs=10)


def test_without_the_logarithm_a_fall_is_crossed_sooner():
    run = made_up({"relative_flatness": 100})
    plain = reading.leads(run, rule=Rule("", None, 0.5, log=False)).relative_flatness[0]
    assert plain > reading.leads(run).relative_flatness[0]


def test_an_earlier_end_of_the_way_makes_a_measure_cross_sooner():
    run = made_up({"relative_flatness": -300})
    late, early = (reading.leads(run, rule=Rule("", after, 0.5)).relative_flatness[0] for after in (None, 150))
    assert late == -300
    assert early > late


def test_the_steepest_place_is_the_middle_of_the_fall():
    run = made_up({"relative_flatness": 200})
    assert reading.leads(run, rule=Rule("", None, None)).relative_flatness[0] == pytest.approx(
        200, abs=80
    )  # the fall is straight


def test_a_measure_that_hardly_moves_has_no_crossing():
    run = made_up({})
    run.history["relative_flatness"][:] = np.linspace(1, 1.05, len(run.history["step"]))
    run.history["ncc_acc_test"][:] = 0.9
    found = reading.leads(run)
    assert found.relative_flatness.isna().all()
    assert found.ncc_acc_test.isna().all()


def test_a_seed_that_does_not_generalize_is_left_out():
    run = made_up({}, onsets=(500.0, 2000.0))
    assert reading.leads(run).index.tolist() == [0]


def test_the_primary_rule_is_the_one_of_the_config_and_comes_first():
    primary, *others = reading.rules(vars(LAPTOP))
    assert (primary.after, primary.share, primary.log) == (None, LAPTOP.share, True)
    assert len(others) == len({rule.name for rule in others}) == 3 * 3 - 1 + 2
    assert primary not in others


def test_the_way_goes_from_memorizing_to_the_end():
    run = made_up({"relative_flatness": 200})
    assert reading.medians(run).shape == (len(reading.rules(run.config)), len(reading.MEASURES))
    way = reading.way(run).relative_flatness
    assert way.index[0] == 50
    assert way.iloc[0] == 0
    assert way.iloc[-1] == pytest.approx(1)


# --- rules of the claims

AHEAD = {"relative_flatness": 100.0}
LATE = dict.fromkeys(COLLAPSE, -50.0)
SIX = (500.0,) * 6
APART = (300.0, 400.0, 500.0, 600.0, 700.0, 800.0)  # onsets


def six(moves: dict[str, float], part: str = "addition") -> runs.Run:
    return made_up(moves, part, SIX)


@pytest.mark.parametrize(
    ("name", "run", "expected"),
    [
        ("only-flatness-predicts", six(AHEAD | LATE), HOLDS),
        ("only-flatness-predicts", six(AHEAD | LATE | {"nc1_train": 20.0}), HOLDS),
        ("only-flatness-predicts", six(AHEAD | LATE | {"cdnv_train": 20.0}), FAILS),
        ("only-flatness-predicts", six(LATE), FAILS),
        ("only-flatness-predicts", made_up({}, onsets=(2000.0,)), UNTESTED),
        ("only-flatness-predicts-nc1", six(AHEAD | LATE), HOLDS),
        ("only-flatness-predicts-nc1", six(AHEAD | LATE | {"nc1_train": 20.0}), FAILS),
        ("only-flatness-under-any-rule", six({"relative_flatness": 100.0, "cdnv_train": -100.0}), HOLDS),
        ("only-flatness-under-any-rule", six(LATE | {"relative_flatness": -300.0}), FAILS),
        ("flatness-before-the-loss", six(AHEAD | {"train_loss": 50.0}), HOLDS),
        ("flatness-before-the-loss", six(AHEAD | {"train_loss": 100.0}), FAILS),
        ("flatness-before-the-loss", six({"relative_flatness": -10.0, "train_loss": -50.0}), FAILS),
        ("both-near-the-onset", six({"cdnv_train": -400.0}), FAILS),
        ("both-near-the-onset", six({"relative_flatness": 300.0}), FAILS),
        ("flatness-measure-rises-with-accuracy", six({}), FAILS),
        ("collapse-falls-in-memorizing", six({}), HOLDS),
        ("collapsed-when-memorized", six({}), FAILS),
        ("rescaled-variability-in-arithmetic", six({"cdnv_train": -100.0}), HOLDS),
        ("rescaled-variability-in-arithmetic", six({"rnc1_train": -100.0}), FAILS),
        ("rescaled-variability-in-arithmetic", six({"rnc1_train": -300.0, "cdnv_train": -400.0}), FAILS),
        ("rescaled-variability-with-generalization", six({"cdnv_train": -100.0}, "digits"), HOLDS),
        ("rescaled-variability-with-generalization", six({"cdnv_train": -100.0}), UNTESTED),
        ("class-ratio-before-generalization", six({}), HOLDS),
        ("class-ratio-before-generalization", six({"variance_ratio_train": -200.0}), FAILS),
    ],
)
def test_a_rule_gives_the_word_of_a_made_up_run(name, run, expected):
    assert word(name, run) == expected


def test_a_collapse_that_comes_in_memorizing_is_too_early_to_predict():
    run = six(AHEAD | {"cdnv_train": 20.0})
    assert word("only-flatness-predicts", run) == FAILS
    start = np.where(run.history["step"] == 0, 1e4, 1.0)  # nearly all of the fall
    run = replace(run, history=run.history | {"cdnv_train": start * run.history["cdnv_train"]})
    assert word("only-flatness-predicts", run) == HOLDS
    assert word("collapsed-when-memorized", run) == HOLDS


def keeping(name: str, step: float) -> runs.Run:
    """Seeds of different onsets; `name` crosses at one step in all of them, the other measures with the accuracy."""
    run = made_up({}, onsets=APART)
    run.history[name] = np.concatenate([curve(step, 8.0, 0.02)] * len(APART))
    return run


def test_a_clock_is_told_from_what_goes_with_the_onset():
    run = keeping("relative_flatness", 500.0)
    assert word("spread-goes-with-the-onset", run) == HOLDS
    assert word("flatness-keeps-time", run) == HOLDS
    run = keeping("variance_ratio_train", 500.0)
    assert word("spread-goes-with-the-onset", run) == FAILS
    assert word("flatness-keeps-time", run) == FAILS


def test_near_the_onset_must_be_nearer_than_that_of_other_seeds():
    run = made_up({}, onsets=(200.0, 350.0, 600.0, 900.0, 250.0, 450.0))
    evidence = judged("both-near-the-onset", run)
    assert evidence.chance < 0.5
    assert word("both-near-the-onset", run) == HOLDS
    assert judged("both-near-the-onset", six({})).chance == 1
    less = replace(run, history=run.history | {"cdnv_train": run.history["cdnv_train"] ** 0.2})  # a fall of threefold
    assert word("both-near-the-onset", less) == FAILS


def test_a_measure_that_peaks_while_the_accuracy_rises_is_said():
    run = six({})
    bound, steps = run.history["relative_flatness_bound"], run.history["step"]
    bound[steps == 500] = 1e3
    assert word("flatness-measure-rises-with-accuracy", run) == HOLDS


def test_collapse_that_does_not_fall_while_memorizing_is_said():
    run = six({})
    run.history["cdnv_train"][run.history["step"] == 0] /= 3
    assert word("collapse-falls-in-memorizing", run) == FAILS
    run = six({})
    run.history["test_acc"][:] = 1.0
    assert word("collapse-falls-in-memorizing", run) == FAILS


def test_a_rule_is_one_answer_a_seed_however_many_rules_for_leads():
    evidence = judged("only-flatness-under-any-rule", six(AHEAD | LATE))
    assert evidence.seeds == tuple(range(6))
    assert all(0 <= share <= 1 for share in evidence.values)


@pytest.mark.parametrize(
    ("large", "small", "expected"),
    [(400.0, 0.0, HOLDS), (400.0, 300.0, FAILS), (60.0, 0.0, FAILS), (2000.0, 0.0, HOLDS), (400.0, 2000.0, UNTESTED)],
)
def test_a_delay_needs_a_control_without_one(large, small, expected):
    """An onset of 2000 is later than the steps that there are: late for the large start, unknown for the control."""
    parts = [made_up({}, "digits", (large,) * 6), made_up({}, "small start", (small,) * 6)]
    history = {name: np.concatenate([part.history[name] for part in parts]) for name in parts[0].history}
    assert word("large-start-delays", runs.Run(parts[0].config, history, {}, {})) == expected


def shaped(rows: torch.Tensor, control: torch.Tensor) -> runs.Run:
    """A run whose networks all end with `rows` for their classifier and class means, without weight decay `control`."""
    run, arrays = six({}), {}
    for part, own, count in (("addition", rows, 6), ("undecayed", control, 1)):
        for which in ("head", "means"):
            found = codes.geometry(own) | {"frequencies": np.array(1)}
            found["effective_rank"] = np.array(metrics.effective_rank(own - own.mean(0)).item())
            arrays |= {f"shapes/{part}/{which}/{name}": np.stack([value] * count) for name, value in found.items()}
    return runs.Run({**run.config, "seeds": list(range(6))}, run.history, arrays, {})


RANDOM = torch.randn(29, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
CIRCLES = torch.cat([codes.circle(29, frequency) for frequency in (2, 5, 7)], dim=1)


@pytest.mark.parametrize(
    ("name", "rows", "control", "expected"),
    [
        ("classifier-of-rank-two", codes.circle(29), RANDOM, HOLDS),
        ("classifier-of-rank-two", CIRCLES, RANDOM, FAILS),
        ("classifier-of-low-rank", CIRCLES, RANDOM, HOLDS),
        ("classifier-of-low-rank", RANDOM, RANDOM, FAILS),
        ("classifier-of-low-rank", CIRCLES, codes.circle(29), FAILS),
        ("nearer-to-a-circle", codes.circle(29, 3), RANDOM, HOLDS),
        ("nearer-to-a-circle", codes.simplex(29), RANDOM, FAILS),
    ],
)
def test_a_rule_on_shapes_gives_the_word_of_a_known_one(name, rows, control, expected):
    assert word(name, shaped(rows, control)) == expected


# --- codes


@pytest.mark.parametrize("num_classes", [5, 10, 29, 97])
def test_nuclear_norms_are_the_closed_forms(num_classes):
    flat, tall = codes.closed_norms(num_classes)
    assert codes.nuclear_norm(codes.circle(num_classes)) == pytest.approx(flat, rel=1e-12)
    assert codes.nuclear_norm(codes.simplex(num_classes)) == pytest.approx(tall, rel=1e-12)
    assert flat == pytest.approx((2 * num_classes) ** 0.5)


def test_the_published_penalty_for_97_classes_and_its_neighbors():
    assert codes.log_bessel(1.0) == pytest.approx(0.236, abs=5e-4)
    assert codes.critical_penalty(97, 1.0) == pytest.approx(2.86e-3, abs=5e-6)
    assert codes.critical_penalty(53, 1.0) == pytest.approx(5.59e-3, abs=5e-6)
    assert codes.critical_penalty(10, 1.0) == pytest.approx(4.70e-2, abs=5e-5)


def test_the_gap_of_the_losses_tends_to_the_bessel_function():
    gaps = [codes.code_loss(codes.circle(k), 1.0) - codes.code_loss(codes.simplex(k), 1.0) for k in (10, 100, 1000)]
    errors = [abs(gap / codes.log_bessel(1.0) - 1) for gap in gaps]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.005


def test_at_the_direct_penalty_both_codes_cost_the_same():
    penalty = codes.direct_penalty(29, 1.0)
    assert codes.excess(29, 1.0, penalty) == pytest.approx(0, abs=1e-9)
    assert codes.excess(29, 1.0, 0.9 * penalty) > 0 > codes.excess(29, 1.0, 1.1 * penalty)


def test_the_rule_on_codes_is_for_many_classes():
    found, name, seeds = codes.curves((10, 97), 1.0), "circle-beats-simplex", [7, 8]
    assert {claim.id: claim.kind for claim in onset.CLAIMS}[name] == THEOREM
    evidence = judged(name, runs.Run({"classes": [10, 97], "seeds": seeds}, {}, found, {}))
    assert evidence.holds == (None, True)
    assert evidence.seeds == (7, 7)
    wrong = found | {"codes/closed": 2 * found["codes/closed"]}
    assert judged(name, runs.Run({"classes": [10, 97], "seeds": seeds}, {}, wrong, {})).holds == (None, False)


@pytest.mark.parametrize(("rows", "zero"), [(codes.simplex(29), 0), (3 * codes.circle(29, 4) + 5, 1), (CIRCLES, 2)])
def test_distances_of_a_known_shape(rows, zero):
    distances = codes.geometry(rows)["distances"]
    assert distances[zero] == pytest.approx(0, abs=1e-7)
    assert (np.delete(distances[:2], [zero] if zero < 2 else []) > 0.5).all()


def test_the_profile_of_a_circle_is_a_cosine_and_that_of_a_simplex_flat():
    shifts = np.arange(29)
    np.testing.assert_allclose(codes.geometry(codes.circle(29, 3))["profile"], np.cos(2 * np.pi * 3 * shifts / 29))
    np.testing.assert_allclose(codes.geometry(codes.simplex(29))["profile"][1:], -1 / 28)
    assert reading.power_rank(codes.geometry(CIRCLES)["singular"]) == 6
    assert reading.power_rank(codes.geometry(codes.simplex(29))["singular"]) == 26  # 90 % of 28


# --- a run made now


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return onset.run(TINY, "cpu")


def test_every_part_seed_and_probe_has_a_row(tiny):
    counts = pd.DataFrame({name: tiny.history[name] for name in ("part", "seed")}).value_counts(sort=False)
    assert set(counts.index.get_level_values("part")) == set(reading.PARTS)
    assert (counts["addition"] == 4).all()
    assert counts["undecayed"].index.tolist() == [361]
    assert counts["digits"].index.tolist() == counts["small start"].index.tolist() == [375, 376]


def test_arithmetic_is_finite_and_digits_lack_what_they_cannot_have(tiny):
    frame = tiny.to_frame()
    assert np.isfinite(frame[frame.part == "addition"].drop(columns="part")).all().all()
    digits = frame[frame.part == "digits"].drop(columns="part")
    missing = digits.columns[digits.isna().any()]
    assert set(missing) == {"relative_flatness_bound", "uncertainty_train", "fourier_gini"}


def test_a_large_start_is_the_small_one_multiplied(tiny):
    frame = tiny.to_frame()
    first = frame[(frame.step == 0) & frame.part.isin(["digits", "small start"])]
    norms = first.pivot(index="seed", columns="part", values="weight_norm")
    np.testing.assert_allclose(norms.digits / norms["small start"], 6, rtol=1e-5)


def test_the_same_config_gives_the_same_numbers(tiny):
    again = onset.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


def test_seeds_are_fresh_and_each_preset_has_two_lengths_of_training():
    used, again = {0, 1, 2, 3, *range(100, 108), *range(301, 309)}, onset.Config.preset("laptop-again")
    assert not {*LAPTOP.seeds, *LAPTOP.digits_seeds} & {*used, *again.seeds, *again.digits_seeds}
    for name in experiments.PRESETS:
        config = onset.Config.preset(name)
        assert len(config.alphas) == len(config.digits_steps) == 2
        assert config.shares.count(config.share) == 1
        assert config.addition().seeds == config.seeds
