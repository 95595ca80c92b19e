"""Margins: lines under known densities, networks against the max-margin classifier, frames under noise, the rules."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import metrics, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED, Evidence, correlation_chance
from ncbook.experiments import margins
from ncbook.experiments.margins import exponent, plane, training
from ncbook.readings import margins as reading

TINY = replace(
    margins.Config.preset("smoke"), seeds=(4, 5), plane_seeds=1, training_seeds=1, steps=6, probes=2, family_steps=2,
    sigmas=(0.4, 0.2), draws=500,
)  # fmt: skip


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return margins.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return margins.run(TINY, "cpu")


# --- the plane


def test_the_error_of_a_line_is_the_share_of_fresh_points_on_its_wrong_side():
    line, chance = plane.Line(0.9, 0.3), np.random.default_rng(4)
    labels = chance.integers(2, size=200_000)
    points = plane.CENTERS[labels, chance.integers(2, size=len(labels))]
    points = points + plane.DEVIATION * chance.normal(size=points.shape)
    wrong = (line.heights(points) > 0) != labels
    assert plane.error(line) == pytest.approx(wrong.mean(), abs=4 * wrong.std() / len(labels) ** 0.5)


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_no_line_has_a_larger_margin_than_h3_and_it_is_that_of_a_support_vector_machine(seed):
    from sklearn.svm import SVC

    points, labels = plane.draw(12, seed)
    best = plane.margin(plane.lines(points, labels)[2], points, labels)
    machine = SVC(kernel="linear", C=1e8).fit(points, labels)
    assert best == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-3)
    for angle, offset in np.random.default_rng(seed).normal(size=(500, 2)):
        assert plane.margin(plane.Line(angle, offset), points, labels) <= best + 1e-12


@pytest.mark.parametrize("seed", [4, 5])
def test_h1_does_not_separate_and_h2_has_a_tenth_of_the_margin(seed):
    points, labels = plane.draw(12, seed)
    first, second, third = (plane.margin(line, points, labels) for line in plane.lines(points, labels))
    assert first < 0
    assert second == pytest.approx(0.1 * third, rel=0.05)


# --- networks


def collapsed(num_classes: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.nn.Linear]:
    means = metrics.simplex_etf(num_classes, 6).double()
    head = torch.nn.Linear(6, num_classes).double()
    with torch.no_grad():
        head.weight.copy_(3 * means)
        head.bias.zero_()
    labels = torch.arange(5 * num_classes) % num_classes
    return 2 * means[labels], labels, head


@torch.no_grad()
def test_relative_margins_under_collapse_have_the_closed_form_and_no_unit():
    features, labels, head = collapsed()
    found = training.relative_margins(features, labels, head)
    torch.testing.assert_close(found, torch.full_like(found, math.sqrt(4) / 3))
    assert training.ideal_margin(4) == pytest.approx(math.sqrt(4) / 3, rel=1e-12)
    head.weight.mul_(7)
    torch.testing.assert_close(training.relative_margins(0.1 * features, labels, head), found)


@torch.no_grad()
def test_a_collapsed_head_is_the_max_margin_classifier_and_another_head_is_not():
    features, labels, head = collapsed()
    found = training.against_max_margin(features + 5, labels, head.weight)
    assert found == pytest.approx({"svm_cosine": 1, "svm_share": 1, "means_svm_cosine": 1}, abs=1e-3)
    other = head.weight + 2 * torch.randn(4, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    worse = training.against_max_margin(features, labels, other)
    assert worse["svm_share"] < 0.95
    assert worse["svm_cosine"] < 0.95


@torch.no_grad()
def test_a_max_margin_classifier_that_is_not_found_is_not_compared():
    features, labels, head = collapsed()
    mistaken = labels.clone()
    mistaken[0] = 1  # beside four equal points of class 0
    found = training.against_max_margin(features, mistaken, head.weight)
    assert all(math.isnan(value) for value in found.values())


# --- frames under noise


def test_importance_sampling_agrees_with_the_closed_form_for_two_classes():
    means, chance = exponent.frame("simplex", 2, 0), torch.Generator().manual_seed(4)
    found, wrong = exponent.importance(means, 0.1, 50_000, chance)
    right = torch.special.ndtr(torch.tensor(-1 / 0.1, dtype=torch.float64)).item()
    assert found == pytest.approx(right, rel=0.03)
    assert 0.3 < wrong / 50_000 < 0.7


@pytest.mark.parametrize("name", exponent.FRAMES)
def test_both_methods_agree_where_errors_are_common(name):
    means = exponent.frame(name, 5, 4)
    one, two = (each(means, 0.5, 100_000, torch.Generator().manual_seed(4))[0]
                for each in (exponent.plain, exponent.importance))  # fmt: skip
    assert two == pytest.approx(one, abs=5 * math.sqrt(one / 100_000))


def test_limits_are_those_of_the_text(tiny):
    rows = tiny.to_frame()
    rows = rows[rows.part == "exponent"]
    simplex, orthogonal = (rows[rows.frame == name] for name in ("simplex", "orthogonal"))
    np.testing.assert_allclose(simplex.limit, simplex.num_classes / (4 * (simplex.num_classes - 1)))
    np.testing.assert_allclose(orthogonal.limit, 0.25)


# --- a run


def test_a_run_has_its_columns_and_a_curve_a_row(tiny, laptop):
    assert set(tiny.history) == set(laptop.history)
    for run in (tiny, laptop):
        frame = run.to_frame()
        trained = frame[frame.part == "training"]
        curves = run.arrays["training/curves"]
        assert curves.shape == (len(trained), 101)
        np.testing.assert_allclose(curves[:, 0], trained.smallest, rtol=1e-5, atol=1e-6)
        assert (np.diff(curves, axis=1) >= 0).all()


def test_the_networks_of_the_families_are_those_of_the_code(laptop):
    """They are recorded at the end alone, so that no probe of them can be made again."""
    config = margins.Config.preset("laptop")
    nets = training.families(config)
    assert len(nets) == 8 * (len(config.noises) + len(config.sizes) + 2 * 8) + len(config.seeds)
    recorded = reading.rows(laptop, "families")
    for name in vars(nets[0]):
        assert recorded[name].tolist() == [getattr(net, name) for net in nets], name
    assert (recorded.step == config.family_steps).all()
    assert training.families(replace(config, family_seeds=0)) == []


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny):
    again = margins.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


# --- the rules


def judged(name: str, rows: list[dict], **config) -> Evidence:
    columns = list(margins.EXPERIMENT.recorded("laptop").history)
    table = pd.DataFrame(rows).reindex(columns=columns)
    settings = {"weight_decays": [0.1, 0.01], "sizes": [10, 20], "sigmas": [0.1]} | config
    run = runs.Run(settings, {name: table[name].to_numpy() for name in columns}, {}, {})
    (claim,) = [each for each in margins.CLAIMS if each.id == name]
    evidence = claim.judge(run)
    assert all(hold is None or type(hold) is bool for hold in evidence.holds)
    assert all(type(value) is float for value in evidence.values)
    return evidence


def six(rows: list[dict], first: int = 0) -> list[dict]:
    """The rows, as six seeds in turn would give them."""
    return [{**row, "seed": first + seed} for seed in range(6) for row in rows]


def three(name: str, good: list, bad: list, **config) -> None:
    """The word of rows that hold, that do not, and of both, from six seeds each."""
    found = [judged(name, rows, **config) for rows in (six(good), six(bad), six(good) + six(bad, 10))]
    assert [evidence.word for evidence in found] == [HOLDS, FAILS, OPEN]
    assert set(found[-1].by_seed) == {*range(6), *range(10, 16)}


def unanswered(name: str, rows: list, **config) -> None:
    """Rows that cannot answer are shown and not counted."""
    evidence = judged(name, six(rows), **config)
    assert evidence.word == UNTESTED
    assert evidence.holds == (None,) * 6


def arm(family: str = "true labels", decay: float = 0.1, **columns) -> list[dict]:
    """Two steps; each column gives the value at the first zero training error and at the end."""
    about = {"part": "training", "family": family, "weight_decay": decay, "seed": 0, "train_error": 0.0}
    return [{**about, "step": step, **{k: v[step] for k, v in columns.items()}} for step in (0, 1)]


def test_rule_of_the_lines():
    def pair(second: float, third: float) -> list[dict]:
        return [{"part": "plane", "seed": 0, "family": name, "risk": error}
                for name, error in (("H1", 0.4), ("H2", second), ("H3", third))]  # fmt: skip

    three("wider-line-errs-less", pair(0.1, 0.05), pair(0.05, 0.1))


FALL = {"nc1_train": (1.0, 0.05)}


def late(rows: list[dict]) -> list[dict]:
    """With a training error until the last step, so that no terminal phase is left."""
    return [{**row, "train_error": 0.1 * (row["step"] == 0)} for row in rows]


def test_rule_of_the_max_margin_head():
    name, good = "collapsed-head-is-max-margin", arm(svm_cosine=(0.5, 0.96), svm_share=(0.1, 0.91), **FALL)
    three(name, good, arm(svm_cosine=(0.5, 0.96), svm_share=(0.1, 0.89), **FALL))
    three(name, good, arm(svm_cosine=(0.99, 0.94), svm_share=(0.99, 0.99), **FALL))
    unanswered(name, late(good))
    unanswered(name, arm(svm_cosine=(0.5, 0.96), svm_share=(0.1, 0.91), nc1_train=(1.0, 0.2)))


def test_rules_of_rising_and_flattening_margins():
    three("margin-rises-past-zero-error", arm(smallest=(0.1, 0.2)), arm(smallest=(0.2, 0.1)))
    three("margins-flatten", arm(spread=(0.2, 0.19)), arm(spread=(0.2, 0.21)))
    three("margins-become-equal", arm(spread=(0.2, 0.06), **FALL), arm(spread=(0.2, 0.07), **FALL))
    unanswered("margins-become-equal", arm(spread=(0.2, 0.01), nc1_train=(1.0, 0.2)))


def test_an_arm_without_a_terminal_phase_is_not_judged():
    rows = arm(smallest=(0.1, 0.2), spread=(0.2, 0.1))
    for name in ("margin-rises-past-zero-error", "margins-flatten"):
        unanswered(name, late(rows))
        unanswered(name, [{**row, "train_error": 0.1} for row in rows])


def test_rule_of_the_confidence():
    def pair(before: float, after: float) -> list[dict]:
        return arm(confidence=(0.5, before), doubled_confidence=(0.6, after), test_error=(0.5, 0.1))

    three("scale-spoils-confidence", pair(0.92, 0.97), pair(0.75, 0.89))


def test_rule_of_scaling():
    def pair(doubled: float, changed: float) -> list[dict]:
        return arm(raw=(1.0, 3.0), doubled_raw=(2.0, doubled), doubled_changed=(0.0, changed),
                   confidence=(0.5, 0.6), doubled_confidence=(0.6, 0.7))  # fmt: skip

    three("scale-moves-margins-alone", pair(6.0, 0.0), pair(6.0, 0.01))
    assert judged("scale-moves-margins-alone", six(pair(5.0, 0.0))).word == FAILS


def test_rule_of_the_feature_map():
    def pair(area: float, error: float) -> list[dict]:
        true = arm(decay=0.01, area=(0.1, 0.3), test_error=(0.2, 0.1))
        return true + arm("random labels", 0.01, area=(0.0, area), test_error=(0.9, error))

    three("feature-map-decides", pair(0.2, 0.9), pair(0.1, 0.9))
    unanswered("feature-map-decides", pair(0.2, 0.5))
    unanswered("feature-map-decides", late(pair(0.2, 0.9)))


def family(name: str, marks: list[float], errors: list[float], column: str = "area") -> list[dict]:
    return [{"part": "families", "family": name, "seed": 0, column: mark, "test_error": error}
            for mark, error in zip(marks, errors, strict=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "column"), [("margin-area-predicts", "area"), ("larger-smallest-margin-generalizes", "smallest")]
)
def test_rules_of_the_families(claim, column):
    with_it = family("label noise", [1, 2, 3, 4], [0.4, 0.3, 0.2, 0.1], column)
    against = family("label noise", [1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4], column)
    three(claim, with_it, against)
    seeds = family("seeds", [1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4], column)
    found = judged(claim, with_it + seeds)
    assert found.values == (1.0,)
    assert found.chance == correlation_chance(4, 0.5)
    unanswered(claim, family("label noise", [1, 1, 1, 1], [0.4, 0.3, 0.2, 0.1], column))


def test_rule_of_the_small_margin():
    def pair(smallest: float, error: float) -> list[dict]:
        few = {"per_class": 10, "smallest": 0.2, "area": 0.3, "test_error": 0.1}
        many = {"per_class": 20, "smallest": smallest, "area": 0.2, "test_error": error}
        about = {"part": "families", "family": "number of images", "seed": 0, "train_error": 0.0}
        return [{**about, **each} for each in (few, many)]

    three("small-margin-can-generalize", pair(0.1, 0.05), pair(0.3, 0.05))
    assert judged("small-margin-can-generalize", six(pair(0.1, 0.2))).word == FAILS
    unanswered("small-margin-can-generalize", [{**row, "train_error": 0.1} for row in pair(0.1, 0.05)])


def test_rules_of_the_exponents():
    def frames(simplex: float, orthogonal: float) -> list[dict]:
        found = {"simplex": simplex, "orthogonal": orthogonal, "random": 0.1}
        return [{"part": "exponent", "method": "importance", "num_classes": 3, "sigma": 0.1, "seed": 0, "frame": name,
                 "exponent": value} for name, value in found.items()]  # fmt: skip

    three("simplex-best-exponent-order", frames(0.37, 0.25), frames(0.24, 0.25))
    three("simplex-best-exponent-value", frames(0.39, 0.25), frames(0.40, 0.25))
