"""The experiment `numerics`: each arm changes what it says, spikes are counted, and its rules give every verdict."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, experiments, models, runs, trainers
from ncbook.claims import THEOREM, not_tested
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import numerics
from ncbook.experiments.numerics.training import measured, zero_share
from ncbook.readings import numerics as reading

LAPTOP = numerics.Config.preset("laptop")
TINY = replace(
    numerics.Config.preset("smoke"), p=7, width=8, embedding_dim=4, speed_steps=25, stuck_steps=25, memorize_steps=10,
    frozen_steps=25, thaw_steps=25, slingshot_steps=20,
)  # fmt: skip

# --- the design


@pytest.mark.parametrize("preset", [*experiments.PRESETS, "laptop-again"])
def test_steps_are_whole_probes_and_seeds_are_shared(preset):
    config = numerics.Config.preset(preset)
    for part, recipes in numerics.arms_of(config).items():
        every = config.slingshot_every if part == "slingshot" else config.probe_every
        assert all(recipe.steps % every == 0 for recipe in recipes.values())
    assert set(config.stuck_seeds) | set(config.slingshot_seeds) <= set(config.seeds)


def test_no_seed_of_the_book_was_used_to_choose_a_constant():
    again = numerics.Config.preset("laptop-again")
    assert not {0, 1} & {*LAPTOP.seeds, *again.seeds}
    assert not set(LAPTOP.seeds) & set(again.seeds)
    assert len(LAPTOP.seeds) >= 6


def changed(part: str, arm: str, other: str) -> set[str]:
    recipes = numerics.arms_of(LAPTOP)[part]
    pair = recipes[arm], recipes[other]
    return {name for name in vars(pair[0]) if getattr(pair[0], name) != getattr(pair[1], name)}


@pytest.mark.parametrize(
    ("part", "arm", "other", "names"),
    [
        ("speed", "baseline", "grokfast", {"filters"}), ("speed", "baseline", "rate", {"learning_rate"}),
        ("speed", "baseline", "rate_held", {"learning_rate", "weight_decay"}),
        ("speed", "baseline", "momentum", {"betas"}),
        ("stuck", "single", "double", {"loss"}), ("stuck", "double", "stablemax", {"loss"}),
        ("stuck", "single", "orthogonal_single", {"filters"}), ("stuck", "double", "orthogonal_double", {"filters"}),
        ("frozen", "frozen", "frozen_double", {"loss"}), ("frozen", "frozen", "thawed", {"steps", "weight_decay"}),
        ("slingshot", "single", "large_eps", {"eps"}), ("slingshot", "single", "double", {"loss"}),
    ],
)  # fmt: skip
def test_an_arm_changes_what_it_says_and_nothing_else(part, arm, other, names):
    assert changed(part, arm, other) == names


def test_what_stands_without_weight_decay():
    recipes = numerics.arms_of(LAPTOP)
    assert all(recipe.weight_decay == 0 for part in ("stuck", "slingshot") for recipe in recipes[part].values())
    rate, held = recipes["speed"]["baseline"], recipes["speed"]["rate_held"]
    assert held.learning_rate * held.weight_decay == pytest.approx(rate.learning_rate * rate.weight_decay)
    assert held.learning_rate == pytest.approx(3 * rate.learning_rate)


# --- measures


def test_the_share_of_zero_gradients_is_that_of_autograd():
    for lead, dtype, expected in ((40.0, torch.float32, 1.0), (40.0, torch.float64, 1.0), (20.0, torch.float64, 0.0),
                                  (20.0, torch.float32, 1.0), (5.0, torch.float32, 0.0)):  # fmt: skip
        logits = torch.tensor([[lead, 0.0, 0.0]], dtype=dtype, requires_grad=True)
        labels = torch.tensor([0])
        torch.nn.functional.cross_entropy(logits, labels).backward()
        share = zero_share(trainers.Outputs(logits.detach(), logits.detach(), labels, logits.detach()))
        assert share == expected == float(logits.grad[0, 0] == 0)


def built(seed: int) -> models.PairMLP:
    torch.manual_seed(seed)
    return models.PairMLP(7, 4, 8)


def test_measures_are_those_of_the_networks():
    sets = [data.modular(7, fraction=0.6, seed=seed) for seed in (1, 2)]
    recipe = numerics.arms_of(TINY)["speed"]["baseline"]
    members = [trainers.Member(1), trainers.Member(2)]
    ensemble = trainers.Ensemble(built, [each.train for each in sets], recipe, members)
    columns = measured(ensemble, sets)
    for at, own in enumerate(sets):
        model = ensemble.model(at)
        logits = model(own.train.inputs).detach()
        right = (model(own.test.inputs).argmax(1) == own.test.labels).double().mean()
        loss = torch.nn.functional.cross_entropy(logits.double(), own.train.labels)
        assert columns["train_loss"][at].item() == pytest.approx(loss.item())
        assert columns["test_acc"][at].item() == pytest.approx(right.item())
        assert columns["head_norm"][at].item() == pytest.approx(model.head.weight.norm().item())


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return numerics.run(TINY, "cpu")


def test_every_arm_and_seed_is_there_and_starts_at_step_0(tiny):
    frame = tiny.to_frame()
    for part, recipes in numerics.arms_of(TINY).items():
        assert set(frame[frame.part == part].arm) == set(recipes)
    starts = frame[frame.step == 0]
    assert len(starts) == 16 * 2
    assert (starts.moved == 0).all()
    assert set(reading.outcomes(tiny).part) == {"speed", "stuck", "frozen", "slingshot"}


def test_arms_of_a_part_start_from_the_same_networks(tiny):
    frame = tiny.to_frame()
    starts = frame[(frame.step == 0) & (frame.arm != "frozen_double")]
    assert (starts.groupby(["part", "seed"]).train_loss.nunique() == 1).all()
    heads = frame[frame.step == 0].groupby("part").head_norm.max()
    assert heads.frozen > 20 * heads.speed


def test_a_run_is_the_same_each_time(tiny):
    again = numerics.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


# --- spikes


def curves(**jumps: tuple[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """A loss of 1e-6 with jumps, and a norm that grows by 1 % a probe."""
    loss, norm = np.full(60, 1e-6), 1.01 ** np.arange(60)
    for at, height in jumps.values():
        loss[at] = height
    return loss, norm


def test_spikes_are_counted_once_and_again_after_the_loss_is_back():
    assert reading.spikes(*curves(first=(20, 0.5))) == [20]
    assert reading.spikes(*curves(first=(20, 0.5), second=(21, 0.3))) == [20]
    assert reading.spikes(*curves(first=(20, 0.5), second=(40, 0.3))) == [20, 40]
    assert reading.spikes(*curves()) == []


def test_what_is_no_spike():
    assert reading.spikes(*curves(small=(20, 5e-4))) == []
    loss, norm = curves(first=(20, 0.5))
    assert reading.spikes(loss, np.ones_like(norm)) == []  # the norm did not grow
    assert reading.spikes(loss + 1e-2, norm) == []  # not learned before


# --- the rules, on runs made up so that the answer is known


def row(part: str, arm: str, seed: int, step: int, **values) -> dict:
    return {
        "part": part, "arm": arm, "seed": seed, "step": step, "train_acc": 1.0, "test_acc": 0.0, "train_loss": 1e-6,
        "train_loss_float32": 1e-6, "zero_float32": 0.0, "zero_float64": 0.0, "relative_flatness_float32": 1.0,
        "head_norm": 1.0,
        "moved": 0.0,
    } | values  # fmt: skip


def made(rows: list[dict]) -> runs.Run:
    return runs.Run({}, {name: np.array([each[name] for each in rows]) for name in rows[0]}, {}, {})


def trained(part: str, arm: str, seed: int, reached: float | None, last: int = 100, **values) -> list[dict]:
    """0 % test accuracy until `reached`."""
    steps = range(0, last + 1, 25)
    return [
        row(part, arm, seed, step, test_acc=float(reached is not None and step >= reached), **values) for step in steps
    ]


def judged(name: str, rows: list[dict]):
    (claim,) = [each for each in numerics.CLAIMS if each.id == name]
    evidence = claim.judge(made(rows))
    assert all(type(each) in (bool, type(None)) for each in evidence.holds)
    assert all(type(each) is float for each in evidence.values)
    assert all(type(each) is int for each in evidence.seeds)
    return evidence


def speed(*pairs) -> list[dict]:
    return [
        each
        for seed, (baseline, grokfast) in enumerate(pairs)
        for each in trained("speed", "baseline", seed, baseline) + trained("speed", "grokfast", seed, grokfast)
    ]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(75, 50)] * 6, HOLDS), ([(75, 50), (50, 75)] * 3, OPEN), ([(50, 50)] * 6, FAILS), ([(50, None)] * 6, FAILS),
        ([(None, None)], UNTESTED), ([(None, 25)] * 6, UNTESTED),
    ],
)  # fmt: skip
def test_grokfast_must_be_sooner_than_its_baseline(pairs, expected):
    assert judged("grokfast-sooner", speed(*pairs)).word == expected


def test_what_is_later_than_the_steps_is_later_and_a_late_baseline_tells_nothing():
    evidence = judged("grokfast-sooner", speed((50, None), (None, 25)))
    assert evidence.holds == (False, None)
    assert evidence.values[0] == np.inf


def frozen(seed: int, zero: float = 1.0, moved: float = 0.0, accuracy: float = 0.0) -> list[dict]:
    values = {"zero_float32": zero, "test_acc": accuracy}
    return [row("frozen", "frozen", seed, 0, **values), row("frozen", "frozen", seed, 25, **values | {"moved": moved})]


def test_a_collapsed_network_must_stand_still():
    name = "softmax-collapse-stands-still"
    rows = frozen(1) + frozen(2, moved=1e-9) + frozen(3, zero=0.9) + frozen(4, accuracy=0.5)
    assert judged(name, rows).holds == (True, False, None, None)
    assert {claim.id: claim.kind for claim in numerics.CLAIMS}[name] == THEOREM


def stuck(seed: int, reached: dict) -> list[dict]:
    arms = ("single", "double", "stablemax", "orthogonal_single", "orthogonal_double")
    return [each for arm in arms for each in trained("stuck", arm, seed, reached.get(arm))]


@pytest.mark.parametrize("name", ["softmax-collapse-is-the-obstacle", "stablemax-groks"])
def test_what_takes_more_steps_than_these_is_not_judged(name):
    (claim,) = [each for each in numerics.CLAIMS if each.id == name]
    assert claim.judge is not_tested
    assert claim.rule.startswith("Not judged")
    assert judged(name, stuck(1, {"stablemax": 50})).word == UNTESTED


BOTH = {"orthogonal_single": 50, "orthogonal_double": 75}


@pytest.mark.parametrize(
    ("reached", "share", "expected"),
    [
        (BOTH, 1, HOLDS), ({"orthogonal_single": 50}, 0.5, OPEN), ({}, 0, FAILS), (BOTH | {"single": 50}, 1, HOLDS),
        (BOTH | {"single": 50, "double": 50}, None, UNTESTED),
    ],
)  # fmt: skip
def test_orthogonal_gradients_must_grok_where_whole_ones_do_not(reached, share, expected):
    """The two precisions of a seed count once."""
    evidence = judged("orthogonal-gradients-grok", [each for seed in range(6) for each in stuck(seed, reached)])
    assert evidence.word == expected
    assert evidence.by_seed == ({} if share is None else dict.fromkeys(range(6), share))


def slung(seed: int, arm: str, spikes: int) -> list[dict]:
    return [
        row("slingshot", arm, seed, 10 * at, head_norm=1.01**at, train_loss=0.5 if at in (20, 40)[:spikes] else 1e-6)
        for at in range(60)
    ]


def slingshots(*counts: tuple[int, int]) -> list[dict]:
    """(spikes with the small eps, with the large one) a seed."""
    return [
        each
        for seed, (small, large) in enumerate(counts)
        for each in slung(seed, "single", small) + slung(seed, "large_eps", large)
    ]


@pytest.mark.parametrize(
    ("counts", "cyclic", "rarer"),
    [
        ([(2, 0), (2, 1)] * 3, HOLDS, HOLDS), ([(2, 2), (1, 0)] * 3, OPEN, OPEN), ([(1, 1)] * 6, FAILS, FAILS),
        ([(0, 0)] * 6, FAILS, UNTESTED),
    ],
)  # fmt: skip
def test_slingshots_must_come_twice_and_be_rarer_with_a_large_eps(counts, cyclic, rarer):
    assert judged("slingshots-come-in-cycles", slingshots(*counts)).word == cyclic
    assert judged("slingshots-need-a-small-eps", slingshots(*counts)).word == rarer


def test_a_training_that_is_late_enters_with_its_last_step():
    ratios = reading.times(made(speed((50, None), (None, 25))))
    assert ratios.index.tolist() == [0]
    assert ratios.grokfast.tolist() == [2.0]


def test_outcomes_are_those_of_the_rows():
    table = reading.outcomes(made(speed((75, None))))
    assert isinstance(table, pd.DataFrame)
    assert table.set_index("arm").generalized.baseline == 75
    assert np.isinf(table.set_index("arm").generalized.grokfast)
    assert table["last"].tolist() == [100, 100]
