"""The circuit: what is read from a network of known frequencies, a run's shape, and rules that say yes and no."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, metrics, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import circuits
from ncbook.experiments.circuits import measures, training
from ncbook.experiments.circuits.config import Arm
from ncbook.experiments.circuits.training import Snapshot
from ncbook.readings import moments
from ncbook.readings.circuits import POWER, phases, steepest_fall, steepest_fall_range
from ncbook.readings.grokking import NANDA

CLAIMS = {claim.id: claim for claim in circuits.CLAIMS}
TINY = circuits.Config(
    seeds=(1, 2), networks=(NANDA, POWER, POWER), operations=("addition", "division", "addition"), p=(7, 5, 7),
    fractions=(0.3, 0.4, 0.3), dims=(8,) * 3, widths=(8,) * 3, learning_rates=(1e-3,) * 3, steps=(20,) * 3,
    every=(10,) * 3, batches=(0, 4, 0), share=0.5, frames=3, circles=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return circuits.run(TINY, "cpu")


def waves(p: int, *frequencies: int) -> torch.Tensor:
    """[p, 2 a frequency]: circles of radius 1, 2, ..."""
    angles = 2 * math.pi * torch.arange(p, dtype=torch.float64) / p
    parts = [size * torch.stack([(k * angles).cos(), (k * angles).sin()], 1) for size, k in enumerate(frequencies, 1)]
    return torch.cat(parts, 1)


# --- measures


def test_key_and_control_frequencies_are_apart_and_equally_many():
    chance = torch.randn(23, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = measures.frequencies_of(torch.cat([waves(23, 4, 9), 0.05 * chance], 1), 0.9)
    assert found.keys.tolist() == [4, 9]
    assert len(found.controls) == 2
    assert not set(found.controls.tolist()) & {4, 9}


def test_controls_are_all_others_where_there_are_few():
    found = measures.frequencies_of(waves(7, 1, 2) + torch.zeros(7, 4), 0.9)
    assert found.keys.tolist() == [1, 2]
    assert found.controls.tolist() == [3]


def test_a_network_of_one_clock_is_dissected():
    p = 11
    lag = (torch.arange(p)[:, None] + torch.arange(p)).reshape(-1, 1) - torch.arange(p)
    logits = 9 * torch.cos(2 * math.pi * 3 * lag.double() / p)
    train = torch.rand(p * p, generator=torch.Generator().manual_seed(0)) < 0.5
    found = measures.dissect(logits, measures.Frequencies(torch.tensor([3]), torch.tensor([5])), train)
    answers = data.modular_pairs(p).labels
    whole = torch.nn.functional.cross_entropy(logits[~train], answers[~train]).item()
    assert found["restricted_acc"] == found["published_acc"] == found["averaged_acc"] == 1
    assert found["restricted_loss"] == pytest.approx(whole, rel=1e-9)
    assert found["control_acc"] == pytest.approx(1 / p)
    assert found["control_loss"] == pytest.approx(math.log(p))
    assert found["excluded_loss"] == pytest.approx(math.log(p))
    assert found["control_excluded_loss"] < math.log(p) / 2


def test_without_frequencies_left_there_is_no_control():
    logits = torch.randn(49, 7, generator=torch.Generator().manual_seed(0))
    none = measures.Frequencies(torch.tensor([1, 2, 3]), torch.tensor([], dtype=torch.int64))
    found = measures.dissect(logits, none, torch.rand(49, generator=torch.Generator().manual_seed(1)) < 0.3)
    assert {name for name, value in found.items() if math.isnan(value)} == {
        "control_loss", "control_acc", "control_excluded_loss"
    }  # fmt: skip


def test_a_circle_is_even_and_a_line_is_not():
    turned = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)).double())[0]
    uneven = measures.unevenness_by_frequency(waves(13, 2, 5) @ turned + 3)
    assert uneven[[1, 4]] == pytest.approx([0, 0], abs=1e-6)
    line = torch.stack([torch.arange(-2.0, 3), torch.zeros(5)], 1)
    assert measures.unevenness(line) == pytest.approx(np.std([2, 1, 0, 1, 2]) / 1.2)


def test_circles_are_seen_in_the_plane_of_the_end():
    p = 13
    steps = [
        Snapshot({}, torch.zeros(1), torch.randn(p, 4).double()),
        Snapshot({}, torch.zeros(1), waves(p, 2, 5)),
    ]
    found = measures.circles(steps, [0, 1], [5, 2])
    assert found.shape == (2, 2, p, 2)
    assert np.linalg.norm(found[1], axis=2) == pytest.approx(np.array([[2.0] * p, [1.0] * p]), abs=2e-3)


def test_the_training_mask_names_the_training_pairs():
    arm = TINY.arms()[1]
    dataset = data.modular(5, "division", 0.6, "unordered", seed=1)
    mask, pairs = training.training_mask(dataset, arm), data.modular_pairs(5, "division").inputs
    assert sorted(pairs[mask].tolist()) == sorted(dataset.train.inputs.tolist())


# --- runs


def test_shapes_and_columns(tiny):
    frame = tiny.to_frame()
    assert list(frame[["network", "operation"]].drop_duplicates().itertuples(index=False, name=None)) == [
        ("nanda", "addition"), ("power", "division"), ("power", "addition"),
    ]  # fmt: skip
    assert frame.groupby(["network", "operation", "seed"]).step.apply(list).map(tuple).nunique() == 1
    assert frame[frame.operation == "division"].restricted_loss.isna().all()
    assert frame[frame.operation == "addition"].notna().all().all()
    assert tiny.arrays["nanda-addition/circles"].shape == (2, 3, 2, 7, 2)
    assert tiny.arrays["nanda-addition/unevenness"].shape == (2, 3)
    assert tiny.arrays["power-division/spectrum"].shape == (2, 3, 3)
    assert "power-division/keys" not in tiny.arrays


def test_frequencies_are_read_at_the_end(tiny):
    keys = [np.flatnonzero(row) for row in tiny.arrays["nanda-addition/keys"]]
    spectra = tiny.arrays["nanda-addition/spectrum"][:, -1].astype(float)
    for own, spectrum in zip(keys, spectra, strict=True):
        power = spectrum[1:] ** 2
        assert power[own - 1].sum() >= 0.5 * power.sum()
        assert power[own - 1].sum() - power[own - 1].min() < 0.5 * power.sum()


def test_a_run_is_repeated_to_the_same_numbers(tiny):
    again = circuits.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


def test_a_seed_trains_alone_as_in_company(tiny):
    alone = circuits.run(replace(TINY, seeds=(2,)), "cpu").to_frame()
    together = tiny.to_frame()
    together = together[together.seed == 2].reset_index(drop=True)
    for name in ("train_loss", "test_loss", "squared_weights"):
        assert alone[name].to_numpy() == pytest.approx(together[name].to_numpy(), rel=1e-3)


def test_snapshots_hold_the_networks_own_logits_and_weights():
    arm, pairs = TINY.arms()[0], data.modular_pairs(7)
    network, train = training.build(arm, 3), torch.arange(49) < 20
    taken = training._snapshot({"seed": 3}, pairs, train, network, 5)
    torch.testing.assert_close(taken.logits, network(pairs.inputs).detach())
    squares = sum(each.square().sum().item() for each in network.parameters())
    assert taken.row["squared_weights"] == pytest.approx(squares, rel=1e-5)
    assert (taken.row["seed"], taken.row["step"]) == (3, 5)
    right = taken.logits.argmax(1) == pairs.labels
    assert taken.row["test_acc"] == pytest.approx(right[20:].double().mean().item())


@pytest.mark.parametrize(
    "name", ["smoke", "laptop", "laptop-again", "laptop-long", "laptop-long-again", "gpu", "paper"]
)
def test_presets_have_one_entry_an_arm(name):
    arms = circuits.Config.preset(name).arms()
    assert all(isinstance(arm, Arm) and 0 < arm.fraction < 1 for arm in arms)
    assert len({arm.name for arm in arms}) == len(arms)


def test_published_settings():
    arms = {arm.name: arm for arm in circuits.Config.preset("paper").arms()}
    nanda, power = arms["nanda-addition"], arms["power-division"]
    assert (nanda.p, nanda.fraction, nanda.dim, nanda.width, nanda.steps, nanda.batch) == (
        113,
        0.3,
        128,
        512,
        50_000,
        0,
    )
    assert (power.p, power.fraction, power.dim, power.steps, power.batch) == (97, 0.5, 128, 100_000, 512)
    assert circuits.Config.preset("paper").split == "ordered"


# --- moments and rules


def series(**changes) -> pd.DataFrame:
    """A network that does as the source says: memorized at 100, circuit at 400, jump at 700 to 900, then quiet."""
    steps = np.arange(0, 2401, 100)
    ramp = np.interp
    table = {
        "train_acc": (steps >= 100).astype(float),
        "test_acc": ramp(steps, [600, 900], [0.0, 1.0]),
        "train_loss": ramp(steps, [0, 100, 600], [3.0, 0.1, 0.01]),
        "test_loss": ramp(steps, [0, 100, 600, 900], [3.0, 10.0, 8.0, 0.01]),
        "restricted_loss": ramp(steps, [0, 100, 600], [3.0, 5.0, 0.005]),
        "control_loss": np.full(len(steps), 5.0),
        "restricted_acc": ramp(steps, [200, 600], [0.0, 1.0]),
        "excluded_loss": ramp(steps, [0, 100, 200, 800], [3.0, 0.5, 0.2, 3.0]),
        "control_excluded_loss": ramp(steps, [0, 100, 600], [3.0, 0.2, 0.01]),
        "squared_weights": ramp(steps, [0, 600, 800, 2400], [1000.0, 990.0, 500.0, 480.0]),
    }
    return pd.DataFrame({"step": steps} | table | changes)


def made(*seeds: pd.DataFrame, network: str = "pair_mlp", arrays: dict | None = None) -> runs.Run:
    frames = [own.assign(network=network, operation="addition", seed=seed) for seed, own in enumerate(seeds)]
    frame = pd.concat(frames)
    history = {name: frame[name].to_numpy() for name in frame}
    about = {"network": history["network"].astype("U16"), "operation": history["operation"].astype("U16")}
    return runs.Run({"seeds": list(range(len(seeds)))}, history | about, arrays or {}, {})


def judged(name: str, *seeds: pd.DataFrame, **more):
    return CLAIMS[name].judge(made(*seeds, **more))


def test_moments_of_the_textbook_network():
    found = phases(made(series())).iloc[0]
    moments = [found[name] for name in ("memorized", "formed", "onset", "half", "cleanup", "generalized")]
    assert moments == [100, 400, 600, 800, 700, 900]


def test_a_network_that_never_learns_has_no_moments():
    nothing = series(train_acc=np.zeros(25), test_acc=np.zeros(25))
    found = phases(made(nothing)).iloc[0]
    assert (found[["memorized", "generalized", "onset", "half", "formed"]] == moments.NEVER).all()
    assert np.isnan(found.test_then)


def test_the_steepest_fall():
    assert steepest_fall(series(), 100.0) == 700
    assert steepest_fall(series(squared_weights=np.arange(1.0, 26)), 100.0) == moments.NEVER
    early = np.interp(np.arange(0, 2401, 100), [100, 200, 1500, 1700], [1000, 100, 99, 80])
    assert steepest_fall(series(squared_weights=early), 100.0) == 1600  # the first window is left out


GOOD = series()
BAD = {
    "restricted-before-test": series(restricted_loss=np.full(25, 5.0)),
    "excluded-rises": series(excluded_loss=np.full(25, 0.2)),
    "key-frequencies-suffice": series(restricted_loss=np.interp(GOOD.step, [0, 100, 600], [3.0, 5.0, 0.02])),
    "three-phases": series(restricted_acc=GOOD.test_acc.shift(3, fill_value=0.0)),
    "cleanup-with-the-jump": series(squared_weights=np.interp(GOOD.step, [0, 1500, 1700], [1000.0, 990.0, 500.0])),
}


NEVER = series(test_acc=np.zeros(25))


@pytest.mark.parametrize("name", sorted(BAD))
def test_each_rule_gives_every_word(name):
    assert judged(name, *[GOOD] * 6).word == HOLDS
    assert judged(name, *[GOOD] * 3, *[BAD[name]] * 3).word == OPEN
    assert judged(name, *[BAD[name]] * 6).word == FAILS
    assert judged(name, *[NEVER] * 6).word == UNTESTED
    assert judged(f"{name}-transformer", *[GOOD] * 6, network="nanda").word == HOLDS


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_seed_that_does_not_grok_is_shown_and_not_judged(name):
    evidence = judged(name, GOOD, NEVER, GOOD)
    assert evidence.holds == (True, None, True)
    assert evidence.seeds == (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("restricted-before-test", {"control_loss": GOOD.restricted_loss}),
        ("restricted-before-test", {"restricted_acc": GOOD.test_acc}),
        ("excluded-rises", {"control_excluded_loss": GOOD.excluded_loss}),
        ("excluded-rises", {"train_loss": GOOD.excluded_loss}),
        ("three-phases", {"restricted_acc": np.zeros(25)}),
        ("three-phases", {"squared_weights": np.arange(1.0, 26)}),
    ],
)
def test_a_rule_also_asks_its_control(name, changes):
    assert judged(name, *[series(**changes)] * 6).word == FAILS


def test_luck_of_the_cleanup_is_the_share_of_its_range():
    """Windows of 200 steps after memorizing at 100: middles from 400 to 2300; the jump lasts from 600 to 900."""
    assert steepest_fall_range(2400.0, 100.0) == (400, 2300)
    assert judged("cleanup-with-the-jump", GOOD, GOOD).chance == pytest.approx(300 / 1900)


def test_what_is_measured_by_the_rules():
    assert judged("restricted-before-test", GOOD).values == pytest.approx((0.001,))
    assert judged("key-frequencies-suffice", GOOD).values == pytest.approx((0.5,))
    assert judged("cleanup-with-the-jump", GOOD).values == pytest.approx((7 / 9,))


def test_the_rule_of_the_transformer():
    early = series(test_acc=GOOD.train_acc)
    assert judged("transformer-groks", *[GOOD] * 6, network="nanda").word == HOLDS
    assert judged("transformer-groks", *[GOOD] * 3, *[early] * 3, network="nanda").word == OPEN
    assert judged("transformer-groks", *[early] * 6, network="nanda").word == FAILS
    assert judged("transformer-groks", *[NEVER] * 6, network="nanda").word == UNTESTED  # its steps ran out
    assert judged("transformer-groks", GOOD).word == UNTESTED  # no transformer


def test_the_rule_of_the_circles():
    keys, controls = np.zeros((2, 6), dtype=bool), np.zeros((2, 6), dtype=bool)
    keys[:, 2] = controls[:, 4] = True
    uneven = np.array([[0.5, 0.1, 0.5, 0.4, 0.5], [0.5, 0.3, 0.5, 0.4, 0.5]])
    arrays = {"keys": keys, "controls": controls, "unevenness": uneven}
    evidence = judged(
        "numbers-on-circles", GOOD, GOOD, arrays={f"pair_mlp-addition/{name}": each for name, each in arrays.items()}
    )
    assert evidence.holds == (True, False)
    assert evidence.values == pytest.approx((0.25, 0.75))


def test_evidence_is_plain():
    for claim in circuits.CLAIMS:
        if claim.id.startswith("numbers"):
            continue
        evidence = claim.judge(made(GOOD, network="nanda"))
        json.dumps([evidence.holds, evidence.values, evidence.seeds])
        assert all(type(answer) in (bool, type(None)) for answer in evidence.holds)


def test_the_spectrum_of_a_snapshot_is_that_of_the_metrics(tiny):
    last = tiny.arrays["nanda-addition/spectrum"][0, 0]
    network = training.build(TINY.arms()[0], 1)
    assert last == pytest.approx(metrics.fourier_spectrum(network.embedding).detach().numpy(), rel=1e-5)
