"""Experiment `deep_unconstrained`: the problems and descents, and the rules on made-up runs."""

import dataclasses

import pandas as pd
import pytest
import torch
from repeats import assert_the_last_seed_repeats

from ncbook import experiments, metrics, runs
from ncbook.evidence import FAILS, HOLDS, UNTESTED
from ncbook.experiments.deep_unconstrained import claims as rules
from ncbook.experiments.deep_unconstrained import descents
from ncbook.readings import deep_unconstrained as reading

deep = experiments.deep_unconstrained
TINY = deep.Config(seeds=(0, 1), classes=(2, 3), layers=(1, 2), descent_steps=30)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return deep.run(TINY)


# --- the run


def test_every_problem_is_solved_from_two_starts_a_seed(tiny):
    frame = reading.descents(tiny)
    assert len(frame) == len(reading.MODELS) * 2 * 2 * 2 * 2
    assert set(frame.start) == {"random", "nudged"}


def test_a_seed_gives_the_same_rows_alone_and_again(tiny):
    assert_the_last_seed_repeats(deep.EXPERIMENT, TINY, tiny)


# --- problems and descents


@pytest.mark.parametrize("model", reading.MODELS)
@pytest.mark.parametrize(("classes", "layers"), [(2, 1), (4, 3)])
def test_the_collapsed_point_has_the_closed_form_loss_and_is_critical(model, classes, layers):
    problem = deep.Deep(model, classes, layers, classes + 2, 1e-2)
    size, loss = deep.collapsed(problem)
    point = deep.collapsed_point(problem).requires_grad_()
    value = problem.loss(point)
    assert value.item() == pytest.approx(loss, rel=1e-9)
    (slope,) = torch.autograd.grad(value, point)
    assert slope.abs().max() < 1e-5
    logits = problem.outputs(point.detach())[-1]
    assert logits.diagonal().sub(logits[0, 1]).allclose(torch.tensor(size, dtype=torch.float64))


def test_the_closed_form_of_two_factors_is_that_of_unconstrained_features():
    problem = deep.Deep("deep linear", 4, 1, 6, 1e-2)
    # decay / 2 of the squares; one feature a class
    known = metrics.unconstrained_cross_entropy(4, 6, 1, 1e-2, 1e-2)
    assert deep.collapsed(problem)[1] == pytest.approx(known.loss, rel=1e-8)


def test_schatten_is_the_least_sum_of_squares_of_the_factors():
    problem = deep.Deep("deep linear", 4, 2, 6, 1e-2)
    point = deep.collapsed_point(problem)
    logits = problem.outputs(point)[-1]
    assert point.square().sum().item() == pytest.approx(deep.schatten(logits, 3).item())
    spread = torch.cat([part * scale for part, scale in zip(point.split([24, 36, 24]), (2.0, 1.0, 0.5), strict=True)])
    assert torch.allclose(problem.outputs(spread)[-1], logits)
    assert spread.square().sum() > point.square().sum()


def test_descent_finds_the_closed_form_where_it_is_known_to_be_best():
    problem = deep.Deep("deep linear", 3, 1, 5, 1e-2)
    start = torch.randn(5 * 3 + 3 * 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = deep.descend(problem, start, 500)
    assert problem.loss(found).item() == pytest.approx(deep.collapsed(problem)[1], rel=1e-6)
    assert descents.rank(problem.outputs(found)[-1]) == 2


def test_curvature_tells_a_minimum_from_a_saddle():
    problem = deep.Deep("deep linear", 3, 1, 5, 1e-2)
    assert deep.lowest_curvature(problem, deep.collapsed_point(problem)) > -1e-9
    assert deep.lowest_curvature(problem, torch.zeros(30, dtype=torch.float64)) < -0.1


def test_other_seeds_start_elsewhere_and_those_of_the_presets_at_0():
    arm = ("deep linear", 2, 1)
    laptop, again = (deep.Config.preset(name) for name in ("laptop", "laptop-again"))
    first, second = (
        descents.deep_rows(dataclasses.replace(config, seeds=config.seeds[:2], descent_steps=1), arm)
        for config in (laptop, again)
    )
    assert [row["seed"] for row in first] == [0, 0, 1, 1]
    assert not {row["seed"] for row in first} & {row["seed"] for row in second}
    assert first[0]["regularized_loss"] != second[0]["regularized_loss"]


# --- rules on made-up runs

SEEDS = (1, 2, 3, 4, 5, 6)


def made_up(
    relative=0.9, rank=1, curvature=0.0, nudged=1.0, model="deep linear", classes=(4,), layers=(3,)
) -> runs.Run:
    """Six starts, each also from a disturbance of the collapsed solution."""
    about = {"arm": model, "step": 30, "collapsed_loss": 2.0, "lowest_curvature": curvature,
             "logit_rank": rank, "inner_rank": rank}  # fmt: skip
    frame = pd.DataFrame([
        about | {"num_classes": number, "num_layers": layer, "start": start, "seed": seed}
        | {"regularized_loss": 2 * value}
        for number in classes
        for layer in layers
        for seed in SEEDS
        for start, value in (("random", relative), ("nudged", nudged))
    ])  # fmt: skip
    return runs.Run({"seeds": list(SEEDS)}, {name: frame[name].to_numpy() for name in frame}, {}, {})


def judged(name: str, run: runs.Run):
    (claim,) = [each for each in deep.CLAIMS if each.id == name]
    evidence = claim.judge(run)
    assert set(evidence.seeds) <= set(SEEDS)
    return evidence


def test_every_trial_is_plain(tiny):
    for claim in deep.CLAIMS:
        evidence = claim.judge(tiny)
        assert {type(each) for each in evidence.holds} <= {bool, type(None)}
        assert {type(each) for each in evidence.values} <= {float}


@pytest.mark.parametrize("model", reading.MODELS)
@pytest.mark.parametrize(("relative", "word"), [(0.9, HOLDS), (0.9995, UNTESTED), (1.0, UNTESTED)])
def test_collapse_is_beaten(model, relative, word):
    """A search that finds nothing lower is shown, and is no answer."""
    found = judged(f"deep-collapse-beaten-{model.split()[1]}", made_up(relative, model=model))
    assert found.holds == ((True,) if word == HOLDS else (None,))
    assert found.values == (relative,)


def test_two_classes_or_two_layers_are_not_asked():
    run = made_up(classes=(2,), layers=(3,))
    assert judged("deep-collapse-beaten-linear", run).word == UNTESTED
    run = made_up(classes=(4,), layers=(1, 2))
    assert judged("deep-collapse-beaten-linear", run).word == UNTESTED


@pytest.mark.parametrize(("relative", "rank", "word"), [(0.9, 2, HOLDS), (0.9, 3, FAILS), (1.0, 2, UNTESTED)])
def test_low_rank(relative, rank, word):
    assert judged("deep-solutions-low-rank", made_up(relative, rank)).word == word


@pytest.mark.parametrize(
    ("curvature", "nudged", "word"), [(0.0, 1.0, HOLDS), (-1e-3, 1.0, FAILS), (0.0, 0.9, FAILS), (0.0, 1.1, FAILS)]
)
def test_local_minimum(curvature, nudged, word):
    run = made_up(curvature=curvature, nudged=nudged)
    assert judged("deep-collapse-local-minimum", run).word == word


def test_rules_are_those_of_the_claims():
    assert (rules.BETTER, rules.SAME) == (1e-3, 1e-6)
