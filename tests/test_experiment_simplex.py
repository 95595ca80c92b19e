"""The experiment `simplex`: distances from a simplex in closed form, the picture, and rules that can say everything."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import metrics, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import simplex
from ncbook.experiments.simplex import picture
from ncbook.readings import simplex as reading

TINY = replace(simplex.Config.preset("smoke"), seeds=(0,), steps=20, probes=4)
CLAIMS = {claim.id: claim for claim in simplex.CLAIMS}


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    with trainers.threads(1):
        return simplex.run(TINY, "cpu")


# --- distances


def moved(means: torch.Tensor, dim: int) -> torch.Tensor:
    """`means`, turned, scaled and shifted in `dim` dimensions."""
    generator = torch.Generator().manual_seed(3)
    turn = torch.linalg.qr(torch.randn(dim, dim, generator=generator, dtype=torch.float64)).Q
    padded = torch.nn.functional.pad(means, (0, dim - means.shape[1]))
    return 7 * padded @ turn + torch.randn(dim, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("size", "dim"), [(3, 2), (4, 3), (4, 9), (10, 9)])
def test_a_moved_simplex_is_at_distance_zero(size, dim):
    means = moved(metrics.simplex_etf(size, size - 1), dim)
    off = picture.off_simplex(means, means - means.mean(0), means, torch.arange(size))
    assert off == pytest.approx({"off_means": 0, "off_rows": 0, "off_points": 0}, abs=1e-7)


def test_a_square_is_as_far_from_a_tetrahedron_as_worked_out_by_hand():
    square = torch.tensor([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=torch.float64)
    off = picture.off_simplex(moved(square, 2), square, moved(square, 2), torch.arange(4))
    # both singular values of simplex^T square are sqrt(4/3) sqrt(2): Procrustes
    assert off["off_means"] == pytest.approx((2 - 2 * 2 * (8 / 3) ** 0.5 / 4) ** 0.5, abs=1e-9)


def test_rows_that_point_the_other_way_are_two_radii_off():
    means = metrics.simplex_etf(4, 3)
    off = picture.off_simplex(means, -5 * means, means, torch.arange(4))
    assert off["off_rows"] == pytest.approx(2)


def test_noise_shows_in_the_points_alone():
    means, labels = metrics.simplex_etf(3, 2), torch.arange(30_000) % 3
    noise = 0.1 * torch.randn(30_000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    off = picture.off_simplex(means, means, means[labels] + noise, labels)
    assert off["off_points"] == pytest.approx(0.1 * 2**0.5, rel=0.02)
    assert off["off_means"] == pytest.approx(0, abs=1e-7)


# --- a run


def test_every_arm_is_measured_at_every_probe(tiny):
    probes = trainers.log_spaced(TINY.steps, TINY.probes)
    asked = list(zip(TINY.num_classes, TINY.dims, TINY.weight_decays, strict=True))
    names = ("num_classes", "dim", "weight_decay", "step")
    found = list(zip(*(tiny.history[name].tolist() for name in names), strict=True))
    assert found == [(*setting, step) for setting in asked for step in probes]
    assert {"seed", "off_means", "off_rows", "off_points", "nc1_train", "nc4_test_train_means"} <= set(tiny.history)


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(tiny):
    small = replace(TINY, num_classes=(3, 4), dims=(2, 32), weight_decays=(5e-3, 5e-3))
    with trainers.threads(1):
        again, other = (simplex.run(replace(small, seeds=(seed,)), "cpu") for seed in (0, 1))
    rows = (tiny.history["num_classes"] == 3) & (tiny.history["dim"] == 2)
    mine = again.history["num_classes"] == 3
    np.testing.assert_array_equal(again.history["train_loss"][mine], tiny.history["train_loss"][rows])
    assert (other.history["train_loss"][mine] != again.history["train_loss"][mine]).all()


def test_classes_are_numbered_in_the_order_asked_for():
    from ncbook import data

    dataset, whole = simplex._dataset("digits", (8, 3), "cpu"), data.load("digits")
    assert dataset.class_names == ("8", "3")
    assert torch.equal(dataset.train.inputs[dataset.train.labels == 0], whole.train.inputs[whole.train.labels == 8])
    assert torch.equal(dataset.test.inputs[dataset.test.labels == 1], whole.test.inputs[whole.test.labels == 3])


def test_only_where_the_dimension_is_the_width_there_is_no_map():
    dataset = simplex._dataset("digits", (3, 5, 8), "cpu")
    plain, reduced = (simplex.build(TINY, dataset, dim, 0) for dim in (TINY.width, 2))
    assert "reduced" not in plain.blocks
    assert reduced.blocks["reduced"].weight.shape == (2, TINY.width)
    assert (plain.features(dataset.test.inputs) >= 0).all()
    assert (reduced.features(dataset.test.inputs) < 0).any()


def pictured(run: runs.Run, setting: int) -> dict[str, np.ndarray]:
    return reading.pictured(run, setting)


@pytest.mark.parametrize("setting", [0, 1, 2])
def test_the_picture_shows_nc3_and_the_decisions_exactly(tiny, setting):
    arrays, config = pictured(tiny, setting), tiny.config
    gaps = ((arrays["classifier"] - arrays["means"]) ** 2).sum((1, 2)) / config["num_classes"][setting]
    rows = np.ones(len(tiny.history["step"]), dtype=bool)
    for name, key in (("num_classes", "num_classes"), ("dim", "dims"), ("weight_decay", "weight_decays")):
        rows &= tiny.history[name] == config[key][setting]
    np.testing.assert_allclose(gaps, tiny.history["nc3_train"][rows], rtol=1e-4)
    features, labels, weight, bias = simplex.final(tiny, setting)
    means = metrics.class_means(features, labels)
    radius = (means - means.mean(0)).square().sum(1).mean().sqrt()
    turn = np.linalg.lstsq(((means - means.mean(0)) / radius).numpy(), arrays["means"][-1], rcond=None)[0]
    drawn = ((features.double() - means.mean(0)) / radius).numpy() @ turn
    decided = (drawn @ arrays["classifier"][-1].T + arrays["offsets"][-1]).argmax(1)
    np.testing.assert_allclose(turn @ turn.T, np.eye(len(turn)), atol=1e-9)
    assert decided.tolist() == (features @ weight.T + bias).argmax(1).tolist()


def test_kept_features_belong_to_the_last_setting(tiny):
    kept = simplex.kept(tiny)
    assert kept["train_features"].shape == (10 * TINY.kept, TINY.width)
    assert torch.bincount(kept["test_labels"]).tolist() == [TINY.kept] * 10
    assert kept["weight"].shape == (10, TINY.width)


def test_cosines_are_those_of_the_last_means(tiny):
    features, labels, _, _ = simplex.final(tiny, 1)
    means = metrics.class_means(features, labels)
    unit = torch.nn.functional.normalize(means - means.mean(0), dim=1)
    expected = [float(unit[i] @ unit[j]) for i in range(4) for j in range(i + 1, 4)]
    np.testing.assert_allclose(pictured(tiny, 1)["cosines"], [expected], rtol=1e-6)


# --- the rules, on runs whose answer is known

GOOD = {
    "train_error": 0.0, "test_error": 0.01, "nc1_train": 0.01, "nc2_norms_train": 0.01, "nc2_angles_train": 0.01,
    "nc3_train": 0.001, "nc4_train": 0.0, "off_means": 0.01, "off_rows": 0.01, "off_points": 0.01,
}  # fmt: skip
BAD = {
    "simplex-nc1": {"nc1_train": 0.2}, "simplex-nc2-lengths": {"nc2_norms_train": 0.06},
    "simplex-nc2-angles": {"nc2_angles_train": 0.06}, "simplex-nc3": {"nc3_train": 0.02},
    "simplex-nc4": {"nc4_train": 0.01}, "simplex-meeting": {"off_points": 0.2},
    "enough-dimensions-for-the-error": {"test_error": 0.03},
    "enough-dimensions-for-the-simplex": {"nc2_angles_train": 0.06},
}  # fmt: skip


SEEDS = range(6)


def made_up(bad_seeds: tuple[int, ...], change: dict[str, float], settings=((3, 2), (4, 3), (10, 9), (10, 64))):
    """Three probes an arm, with an error in the first, and NC1 at 1 in the first two; in the arms of bad seeds `change`
    at the end."""
    rows = []
    for count, dim in settings:
        for decay in (0.1, 0.01) if dim < 4 else (0.1,):
            for seed in SEEDS:
                hit = seed in bad_seeds and dim != 64
                end = GOOD | (change if hit else {}) if decay == 0.1 else dict.fromkeys(GOOD, 0.5)
                about = {"num_classes": count, "dim": dim, "weight_decay": decay, "seed": seed}
                early = about | GOOD | {"nc1_train": 1.0}
                rows += [early | {"step": 0, "train_error": 0.5}, early | {"step": 1}, about | end | {"step": 9}]
    return runs.Run({}, {name: np.array([row[name] for row in rows]) for name in rows[0]})


def test_every_claim_is_tried():
    assert set(CLAIMS) == set(BAD)


@pytest.mark.parametrize("claim", BAD)
@pytest.mark.parametrize(("bad", "word"), [((), HOLDS), ((1, 3, 5), OPEN), (tuple(SEEDS), FAILS)])
def test_each_rule_says_what_the_made_up_runs_are(claim, bad, word):
    assert CLAIMS[claim].judge(made_up(bad, BAD[claim])).word == word


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_run_without_the_settings_cannot_tell(claim):
    only_square = made_up((), {}, settings=((4, 2),))
    assert CLAIMS[claim].judge(only_square).word == UNTESTED


@pytest.mark.parametrize("claim", BAD)
def test_an_arm_that_never_loses_its_errors_cannot_tell(claim):
    run = made_up((0,), {})
    run.history["train_error"][:] = 0.1
    assert CLAIMS[claim].judge(run).word == UNTESTED


def test_an_arm_whose_terminal_phase_is_short_is_not_counted():
    run = made_up((), {})
    run.history["step"] = np.where(run.history["step"] == 1, 6, run.history["step"])  # of 9
    assert CLAIMS["simplex-nc1"].judge(run).word == UNTESTED


def test_the_fall_is_counted_from_the_start_of_the_terminal_phase():
    arms = reading.ends(made_up((), {}))
    main = arms[(arms.num_classes == 3) & (arms.weight_decay == 0.1)]
    assert main.fall.tolist() == main.phase_fall.tolist() == pytest.approx([100] * 6)
    assert main.zero_error_step.tolist() == main.phase_start.tolist() == [1] * 6
    assert main.phase_at_full_rate.all()


def test_other_seeds_are_other_seeds_and_nothing_else():
    config, again = simplex.Config.preset("laptop"), simplex.Config.preset("laptop-again")
    assert replace(again, seeds=config.seeds) == config
    assert not set(again.seeds) & set(config.seeds)
