"""Experiment `cascade`: measures layer by layer, the probes, and the rules on made-up runs."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import torch
from repeats import assert_the_last_seed_repeats

from ncbook import experiments, metrics, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments.cascade import claims as rules
from ncbook.experiments.cascade import training
from ncbook.readings import cascade as reading

cascade = experiments.cascade
TINY = cascade.Config(seeds=(0, 1), depth=3, width=8, train_per_class=10, steps=6, batch_size=50, probes=2)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return cascade.run(TINY)


# --- the run


def test_every_arm_is_measured_in_every_layer_at_every_step(tiny):
    frame = reading.layers(tiny)
    steps = training.probe_steps(TINY)
    assert len(frame) == len(cascade.ARMS) * 2 * len(steps) * 4
    assert set(frame.layer) == {0, 1, 2, 3}
    assert (
        frame[
            [
                "variance_ratio_train",
                "variance_ratio_test",
                "nc1_train",
                "cdnv_test",
                "ncc_error_train",
                "ncc_error_test_train_means",
            ]
        ]
        .notna()
        .all(axis=None)
    )
    assert len(reading.part(tiny, "probe")) == 2 * 2 * 4


def test_a_seed_gives_the_same_rows_alone_and_again(tiny):
    assert_the_last_seed_repeats(cascade.EXPERIMENT, TINY, tiny)


def test_arms_with_one_network_start_alike_and_read_the_same_input(tiny):
    plain, noisy = (reading.layers(tiny, arm) for arm in ("plain", "all random"))
    inputs = plain[(plain.layer == 0) & (plain.seed == 0)]
    assert inputs.variance_ratio_train.nunique() == 1  # training does not move the input
    start = [frame[(frame.step == 0) & (frame.seed == 0)].variance_ratio_test.to_numpy() for frame in (plain, noisy)]
    assert np.allclose(*start)


def test_separation_is_the_trace_with_the_pseudo_inverse():
    chance = torch.Generator().manual_seed(0)
    features = torch.randn(60, 5, generator=chance, dtype=torch.float64)
    labels = torch.arange(60) % 3
    means = metrics.class_means(features, labels, 3)
    within = torch.cov((features - means[labels]).T, correction=0)
    between = torch.cov(means.T, correction=0)
    trace = torch.trace(within @ torch.linalg.pinv(between, rtol=1e-10)).item()
    assert 3 * metrics.nc1(features, labels) == pytest.approx(trace)


def test_linear_networks_have_no_activations_and_the_input_is_layer_0():
    dataset, other = training.arm_data(TINY, 0, "linear")
    assert other is None
    model = training.build(TINY, dataset, 0, "linear").double()
    first, second = dataset.train.inputs[:2].double()
    both = model(torch.stack([first, second, first + second]))
    assert torch.allclose(both[0] + both[1], both[2])
    assert next(iter(training.WithInputs(model).layers(dataset.train.inputs.double()))) == "inputs"


def test_six_digits_are_trained_on_and_four_held_out():
    seen, other = training.arm_data(TINY, 0, "six digits")
    assert seen.class_names == tuple("012345")
    assert other is not None
    assert other.class_names == tuple("6789")
    assert sorted(other.train.labels.unique().tolist()) == [0, 1, 2, 3]
    assert len(seen.train) == 60


def test_a_probe_reads_what_is_linear_and_scale_does_not_matter():
    chance = torch.Generator().manual_seed(0)
    points = torch.randn(400, 6, generator=chance)
    labels = (points[:, 0] > 0).long()
    first = cascade.probe_accuracy(points[:200], labels[:200], points[200:], labels[200:], 1e-3)
    scaled = 100 * points + 5
    assert first > 0.9
    assert cascade.probe_accuracy(scaled[:200], labels[:200], scaled[200:], labels[200:], 1e-3) == first
    hidden = (points[:, 0] * points[:, 1] > 0).long()  # not linear
    assert cascade.probe_accuracy(points[:200], hidden[:200], points[200:], hidden[200:], 1e-3) < 0.65


# --- readings and rules on made-up runs


DEPTH, STEPS = 4, (0, 10, 20, 30)
SEEDS = (1, 2, 3, 4, 5, 6)


def made_up(
    separation=lambda step, layer: math.exp(layer / 5 if step == 0 else -layer),
    ratio=lambda step, layer: math.exp(-layer - step / 10),
    mismatch=lambda step, layer: 0.1 / layer / (1 + step),
    centers=None,
    error=lambda step: float(step < 10),
    tunnel=(0.98, 30.0, 4.0, 0.9, 0.6),
    seeds=SEEDS,
) -> runs.Run:
    """Four hidden layers at four steps; every function may depend on the step and the layer, `ratio` on the seed."""
    centers = centers or {"plain": 1, "half random": 2, "all random": 3}
    centers |= dict.fromkeys(("six digits", "quarter decay", "no decay"), 1)
    rows = []
    for seed in seeds:
        for arm, first in centers.items():
            for step in STEPS:
                for layer in range(1, DEPTH + 1):
                    rows.append({
                        "part": "layer", "arm": arm, "seed": seed, "step": step, "layer": layer, "num_classes": 10,
                        "nc1_train": separation(step, layer) / 10, "nc1_test": 1.0,
                        "variance_ratio_train": ratio(step, layer),
                        "nc4_train": mismatch(step, layer), "nc4_test": mismatch(step, layer),
                        "ncc_error_train": 0.005 if layer >= first else 0.3, "train_error": error(step),
                    })  # fmt: skip
        seen, rank_then, rank, other_then, other = tunnel
        for step in (0, STEPS[-1]):
            for layer in range(1, DEPTH + 1):
                late = layer > 1 and step > 0
                rows.append({
                    "part": "probe", "arm": "six digits", "seed": seed, "step": step, "layer": layer,
                    "probe_acc_seen": seen if layer == 1 else 0.99, "probe_acc_other": other if late else other_then,
                    "effective_rank": rank if late else rank_then,
                })  # fmt: skip
    frame = pd.DataFrame(rows)
    return runs.Run({"depth": DEPTH, "seeds": list(seeds)}, {name: frame[name].to_numpy() for name in frame}, {}, {})


def judged(name: str, run: runs.Run):
    (claim,) = [each for each in cascade.CLAIMS if each.id == name]
    evidence = claim.judge(run)
    assert set(evidence.seeds) <= set(SEEDS)
    return evidence


def test_every_trial_is_plain(tiny):
    for claim in cascade.CLAIMS:
        evidence = claim.judge(tiny)
        assert {type(each) for each in evidence.holds} <= {bool, type(None)}
        assert {type(each) for each in evidence.values} <= {float}


@pytest.mark.parametrize(
    ("ratio", "word"),
    [(lambda s, i: 1 / i, HOLDS), (lambda s, i: 1.0 if i > 2 else 2.0, FAILS), (lambda s, i: float(i), FAILS)],
)
def test_ratio_by_layer(ratio, word):
    assert judged("cascade-ratio-by-layer", made_up(ratio=ratio)).word == word


def test_ratio_that_falls_in_half_of_the_seeds_only():
    run = made_up()
    ratios = run.history["variance_ratio_train"].copy()
    ratios[(run.history["seed"] <= 3) & (run.history["layer"] == 4)] = 9.0
    run = runs.Run(run.config, dict(run.history) | {"variance_ratio_train": ratios}, {}, {})
    assert judged("cascade-ratio-by-layer", run).word == OPEN


@pytest.mark.parametrize(
    ("ratio", "overall", "late"),
    [
        (lambda s, i: 1 / (1 + s), HOLDS, HOLDS),
        (lambda s, i: 1.0 if s == 0 else 0.5, HOLDS, FAILS),
        (lambda s, i: 1.0 if i == 2 else 1 / (1 + s), FAILS, FAILS),
        (lambda s, i: 1.0 if i == DEPTH else 1 / (1 + s), HOLDS, HOLDS),  # the last layer is not asked
    ],
)
def test_middle_layers(ratio, overall, late):
    run = made_up(ratio=ratio)
    assert judged("cascade-middle-layers", run).word == overall
    assert judged("cascade-middle-layers-terminal", run).word == late


@pytest.mark.parametrize(
    "name",
    [
        "cascade-ratio-by-layer",
        "cascade-middle-layers",
        "cascade-middle-layers-terminal",
        "cascade-earlier-collapse",
        "separation-law",
        "separation-law-quarter-decay",
        "separation-law-no-decay",
        "separation-law-bends",
        "separation-law-emerges",
        "separation-equal-factors",
        "mismatch-falls-train",
        "mismatch-falls-test",
        "tunnel-exists",
        "tunnel-compresses",
        "tunnel-hurts-other-classes",
        "effective-depth-random-labels",
    ],
)
@pytest.mark.parametrize("first", [30, 99])
def test_without_a_terminal_phase_there_is_nothing_to_judge(name, first):
    assert judged(name, made_up(error=lambda step: float(step < first))).word == UNTESTED


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (lambda s, i: 1 / (1 + s) ** 3 if i >= DEPTH - 1 else 1.0, HOLDS),
        (lambda s, i: 1 / (1 + s) ** 3 if i == DEPTH else 1.0, FAILS),
        (lambda s, i: 1 / (1 + s), UNTESTED),  # from step 10 to 30 by less than ten times
    ],
)
def test_earlier_collapse_is_asked_where_the_last_layer_collapses(ratio, word):
    assert judged("cascade-earlier-collapse", made_up(ratio=ratio)).word == word


def bent(step, layer):
    return math.exp(layer / 5 if step == 0 else -(layer**3))


@pytest.mark.parametrize(
    ("separation", "line", "emerges", "even"),
    [
        (lambda s, i: math.exp(i / 5 if s == 0 else -i), HOLDS, HOLDS, HOLDS),
        (lambda s, i: math.exp(-i), HOLDS, FAILS, HOLDS),
        (lambda s, i: math.exp(i), FAILS, FAILS, HOLDS),
        (bent, FAILS, FAILS, FAILS),
    ],
)
def test_the_law(separation, line, emerges, even):
    run = made_up(separation=separation)
    words = [
        judged(name, run).word for name in ("separation-law", "separation-law-emerges", "separation-equal-factors")
    ]
    assert words == [line, emerges, even]


@pytest.mark.parametrize(
    ("name", "arm"),
    [
        ("separation-law", "plain"),
        ("separation-law-quarter-decay", "quarter decay"),
        ("separation-law-no-decay", "no decay"),
    ],
)
def test_the_law_is_asked_of_each_weight_decay(name, arm):
    run = made_up()
    assert judged(name, run).word == HOLDS
    own = (run.history["arm"] == arm) & (run.history["part"] == "layer")
    separation = np.where(own & (run.history["layer"] == DEPTH), 9.0, run.history["nc1_train"])
    assert judged(name, dataclasses.replace(run, history=dict(run.history) | {"nc1_train": separation})).word == FAILS
    error = np.where(own, 0.5, run.history["train_error"])
    assert judged(name, dataclasses.replace(run, history=dict(run.history) | {"train_error": error})).word == UNTESTED


@pytest.mark.parametrize(
    ("separation", "word"),
    [
        (lambda s, i: bent(s, i) if s == 30 else math.exp(-i), HOLDS),
        (lambda s, i: bent(s, i) if s == 10 else math.exp(-i), FAILS),
        (lambda s, i: bent(s, i) if s in (0, 20) else math.exp(-i - 1e-3 * i**2 * (s < 30)), FAILS),
    ],
)
def test_the_line_bends_in_the_terminal_phase(separation, word):
    """Asked from the last training error, at step 10 here, to the end, at step 30."""
    assert judged("separation-law-bends", made_up(separation=separation)).word == word


def test_the_weight_decay_of_an_arm_is_its_share():
    whole, quarter, none = (training.recipe(TINY, name) for name in ("plain", "quarter decay", "no decay"))
    assert (whole.weight_decay, quarter.weight_decay, none.weight_decay) == (TINY.decay, TINY.decay / 4, 0)
    assert whole.learning_rate == quarter.learning_rate == none.learning_rate == TINY.rate


def test_slope_and_correlation_of_a_known_line():
    found = reading.law(made_up(separation=lambda s, i: 7 * math.exp(-0.5 * i)))
    assert found.slope.to_numpy() == pytest.approx(-0.5)
    assert found.correlation.to_numpy() == pytest.approx(-1)
    assert found[["least", "most"]].to_numpy() == pytest.approx(1)


@pytest.mark.parametrize(
    ("mismatch", "word"),
    [
        (lambda s, i: 0.1 / (1 + s), HOLDS),
        (lambda s, i: 0.0, FAILS),  # nothing to fall
        (lambda s, i: 0.1 / (1 + s) if i > 1 else 0.1 * (1 + s), FAILS),
    ],
)
@pytest.mark.parametrize("side", ["train", "test"])
def test_mismatch(mismatch, word, side):
    assert judged(f"mismatch-falls-{side}", made_up(mismatch=mismatch)).word == word


@pytest.mark.parametrize(
    ("depths", "word"), [((1, 2, 4), HOLDS), ((2, 2, 2), FAILS), ((1, 3, 2), FAILS), ((1, 1, 9), HOLDS)]
)
def test_effective_depth(depths, word):
    centers = dict(zip(("plain", "half random", "all random"), depths, strict=True))
    run = made_up(centers=centers)
    assert judged("effective-depth-random-labels", run).word == word
    found = reading.effective_depths(run).groupby("arm").depth.first()
    assert found["all random"] == min(depths[2], DEPTH + 1)


@pytest.mark.parametrize(
    ("tunnel", "words"),
    [
        ((0.98, 30.0, 4.0, 0.9, 0.6), (HOLDS, HOLDS, HOLDS)),
        ((0.98, 30.0, 16.0, 0.9, 0.89), (HOLDS, FAILS, FAILS)),
    ],
)
def test_tunnel(tunnel, words):
    run = made_up(tunnel=tunnel)
    names = ("tunnel-exists", "tunnel-compresses", "tunnel-hurts-other-classes")
    assert tuple(judged(name, run).word for name in names) == words
    assert reading.tunnels(run).extractor.tolist() == [1] * len(SEEDS)


def test_no_tunnel_where_the_last_layer_is_needed():
    run = made_up()
    seen = run.history["probe_acc_seen"].copy()
    seen[(run.history["layer"] < DEPTH)] = 0.5
    run = runs.Run(run.config, dict(run.history) | {"probe_acc_seen": seen}, {}, {})
    assert judged("tunnel-exists", run).word == FAILS


def test_an_untrained_network_that_loses_as_much_has_no_tunnel_of_its_own():
    run = made_up()
    other = run.history["probe_acc_other"].copy()
    before = (run.history["step"] == 0) & (run.history["layer"] > 1)
    other[before] = 0.2
    run = runs.Run(run.config, dict(run.history) | {"probe_acc_other": other}, {}, {})
    assert judged("tunnel-hurts-other-classes", run).word == FAILS


def test_rules_are_those_of_the_claims():
    assert (rules.STRAIGHT, rules.EVEN) == (-0.98, 0.5)
