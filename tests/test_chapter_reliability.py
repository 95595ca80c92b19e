"""What the chapter beyond the test set says in words about its recorded runs."""

import numpy as np
import pytest
from prose._trials import BOTH, load

from ncbook import data, labs
from ncbook.experiments.reliability import networks
from ncbook.experiments.reliability.config import Config
from ncbook.readings import reliability as reading
from ncbook.readings.reliability import FALLING, HIT, NOISE, PLAIN, ROBUST

STRONG, WEAK = 5e-3, 0.0


@pytest.fixture(scope="module", params=BOTH)
def run(request):
    return load("reliability", request.param)


def hit(run, column, radius, arm=FALLING, change=HIT, decay=STRONG):
    table = reading.changed(run, change, radius, arm)
    return table[table.weight_decay == decay][column].median()


def end(run, column, decay=STRONG, arm=PLAIN):
    return reading.beside(run, column, arm)[decay].median()


def test_noise_as_large_as_an_attack_changes_little(run):
    for radius in run.config["radii"]:
        assert hit(run, "hit_error_test", radius, change=NOISE) < 0.04
        assert hit(run, "nc1_hit", radius, change=NOISE) < hit(run, "nc1_hit", radius) or radius < 0.1


def test_fooled_images_come_nearer_to_the_wrong_corner_with_the_radius_and_with_collapse(run):
    for decay in run.config["weight_decays"]:
        ways = [hit(run, "to_corner", radius, decay=decay) for radius in (0.2, 0.3, 0.4)]
        assert ways == sorted(ways, reverse=True)
    assert hit(run, "to_corner", 0.2, decay=WEAK) == pytest.approx(0.5, abs=0.03)
    assert hit(run, "to_corner", 0.4) < hit(run, "to_corner", 0.4, decay=WEAK)
    assert all(hit(run, "at_nearest", 0.4, decay=decay) > 0.985 for decay in run.config["weight_decays"])


def test_both_trainings_collapse_and_one_alone_withstands(run):
    assert hit(run, "nc1_clean", 0.2) < 0.001
    assert hit(run, "nc1_clean", 0.2, ROBUST) < 0.003
    assert hit(run, "hit_error_test", 0.2, ROBUST) < 0.1 < 0.3 < hit(run, "hit_error_test", 0.2)


def test_most_of_detection_is_gained_before_the_last_training_error(run):
    table = reading.probes(run)
    table = table[(table.arm == PLAIN) & (table.weight_decay == WEAK)]
    medians = table.groupby("step").auroc_neco.median()
    first, early, last = medians.iloc[0], medians[medians.index <= 30].iloc[-1], medians.iloc[-1]
    assert early - first > 0.8 * (last - first)


def test_with_a_falling_rate_more_collapse_goes_with_better_detection(run):
    for name in reading.SCORES:
        assert end(run, f"auroc_{name}", STRONG, FALLING) > end(run, f"auroc_{name}", WEAK, FALLING)
    assert end(run, "auroc_neco", STRONG, FALLING) - end(run, "auroc_neco", WEAK, FALLING) > 0.03
    assert abs(end(run, "auroc_neco") - end(run, "auroc_neco", WEAK)) < 0.01


def test_nc1_falls_to_about_a_tenth_with_the_largest_decay(run):
    rows = reading.since_fitted(run, ["nc1_train"])
    own = rows[rows.weight_decay == STRONG]
    assert 0.05 < own.nc1_train_end.median() / own.nc1_train_then.median() < 0.2


def test_the_smallest_attack_of_the_chapter_is_little_more_than_a_gray_level(run):
    pixels = data.digits(100, run.config["seeds"][0]).train.inputs
    levels = pixels.unique(sorted=True).diff().median().item()  # standard deviations between two gray levels
    assert 1 < 0.2 / levels < 1.5


def test_nc5_falls_and_does_not_vanish_and_centered_it_rises(run):
    rows = reading.since_fitted(run, ["nc5", "nc5_centered"])
    own = rows[rows.weight_decay == STRONG]
    assert own.nc5_end.median() < own.nc5_then.median()
    assert own.nc5_end.min() > 0.25
    assert own.nc5_centered_end.median() > own.nc5_centered_then.median()


def test_the_nearest_image_is_ahead_of_every_score_in_the_median(run):
    nearest = reading.baselines(run)["nearest"].median()
    assert all(
        nearest > end(run, f"auroc_{name}", decay) for name in reading.SCORES for decay in run.config["weight_decays"]
    )


def test_temperature_goes_with_the_decay(run):
    best = [end(run, "temperature", decay) for decay in (WEAK, 5e-4, STRONG)]
    assert best == sorted(best, reverse=True)
    assert best[0] > 1 > best[2]
    assert end(run, "ece_mended") < 0.5 * end(run, "ece_half")
    assert end(run, "ece_mended") < 1.1 * end(run, "ece_calibrated")


def test_what_the_interactive_figure_shows_at_the_two_links():
    run = load("reliability", BOTH[0])
    radii = [0.0, *run.config["plane_radii"]]
    moved = {}
    for arm in (FALLING, ROBUST):
        points, means, labels = (run.arrays[f"{arm}/{name}"] for name in ("points", "means", "labels"))
        nearest = np.linalg.norm(points[radii.index(0.5)][:, None] - means, axis=2).argmin(1)
        moved[arm] = np.linalg.norm(points[radii.index(0.2)] - points[0], axis=1).mean()
        if arm == FALLING:
            assert (nearest[labels == 1] == 2).mean() > 0.5
    assert moved[ROBUST] / moved[FALLING] == pytest.approx(0.5, abs=0.1)


def test_the_sizes_that_the_chapter_names(run):
    found = networks.images(Config(), run.config["seeds"][0])
    assert len(found.known.train) == 800
    errors = reading.ends(run).test_error * len(found.known.test)
    assert 600 < len(found.known.test) < 680
    assert 4 < np.median(errors) < 14


def test_the_tasks_of_the_lab():
    """What the lesson says comes out, by its order."""
    strong, weak = (labs.reliability.run(weight_decay=decay).iloc[-1] for decay in (STRONG, WEAK))
    assert strong.nc1_train < 0.2 * weak.nc1_train
    assert strong.temperature < 1 < weak.temperature
    plain, robust = (labs.reliability.run(schedule="falling", trained_radius=each).iloc[-1] for each in (0, 0.2))
    assert robust.hit_error_test < 0.5 * plain.hit_error_test
    assert robust.test_error < plain.test_error + 0.01
