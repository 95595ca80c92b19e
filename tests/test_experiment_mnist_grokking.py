"""The result `mnist_grokking`: what is timed on made-up curves, the verdicts of its rules, and what is measured."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ncbook.evidence import FAILS, HOLDS, UNTESTED
from ncbook.experiments import mnist_grokking
from ncbook.experiments._experiment import plain
from ncbook.readings import coupling
from ncbook.readings import mnist_grokking as reading
from ncbook.readings.mnist_grokking import FAR, FASTER, FEW, LARGE, MANY, NEAR, TWICE, USUAL
from ncbook.runs import Run

ROOT = Path(__file__).parents[1]
FILES = [
    *ROOT.glob("ncbook/*/mnist_grokking.*"),
    *ROOT.glob("ncbook/experiments/mnist_grokking/*.*"),
    *ROOT.glob("tests/*/mnist_grokking.py"),
    ROOT / "book/4-grokking/mnist_grokking.ipynb",
]
CONFIG = mnist_grokking.Config()
SOLUTIONS = {
    "mnist_grokking/later": lambda: np.log(10 / 8) / (6e-3 * 0.2),
    "mnist_grokking/norms": lambda: _norm_ratio(mnist_grokking.load("laptop")),
}


def _norm_ratio(run):
    """From the history: the norm at the first probe with half of the rise of the test accuracy since memorizing."""
    found = {}
    for arm, rows in run.to_frame().groupby("arm"):
        norms = []
        for _, own in rows.groupby("seed"):
            late = own[own.step >= own.step[own.train_acc >= 0.9].min()]
            start, end = late.test_acc.iloc[0], late.test_acc.tail(3).median()
            norms.append(late.weight_norm[late.test_acc >= start + (end - start) / 2].iloc[0])
        found[arm] = np.median(norms)
    return found[FAR] / found[NEAR]


JUDGES = {claim.id: claim.judge for claim in mnist_grokking.CLAIMS}
STEPS = np.arange(0, 3401, 10)
SEEDS = range(6)
# --- made-up runs: each arm memorizes at step 50, and its test accuracy is half-way at
ONSETS = {LARGE: 1600, FASTER: 1070, TWICE: 800, NEAR: 600, FAR: 1000, FEW: 800, MANY: 820}
WIDE = 400  # steps that a change takes
LATE = dict.fromkeys(reading.COLLAPSE, -300.0)


def _share(at: float) -> np.ndarray:
    return np.clip((STEPS - at + WIDE / 2) / WIDE, 0, 1)


def _curve(at: float, start: float, end: float) -> np.ndarray:
    """From `start` to `end` along a straight line of the logarithm that is half-way at `at`."""
    return np.exp((1 - _share(at)) * np.log(start) + _share(at) * np.log(end))


def made_up(moves=None, onsets=None, changes=None) -> Run:
    """`moves`: how many steps before the test accuracy a measure crosses, in all arms; `onsets`: of arms;

    `changes`: (arm, column) -> a function of the column's values and the onset.
    """
    moves, rows = moves or {}, []
    for arm in CONFIG.arms:
        at = (ONSETS | (onsets or {})).get(arm, 0)
        columns = {"train_acc": np.where(STEPS >= 50, 1.0, 0.1), "test_acc": 0.1 + 0.7 * _share(at), "step": STEPS}
        if arm == USUAL:
            columns["test_acc"] = np.where(STEPS >= 20, 0.8, 0.1)
        for name in reading.MEASURES:
            own = at - moves.get(name, 0.0)
            start, end = (1e5, 50.0) if name == "relative_flatness" else (4.0, 0.2)
            columns[name] = 0.6 + 0.2 * _share(own) if name == "ncc_acc_test" else _curve(own, start, end)
        if arm == USUAL:
            columns["relative_flatness"] = np.full(len(STEPS), 30.0)
        for (where, column), change in (changes or {}).items():
            if where == arm:
                columns[column] = change(columns[column], at)
        own = {name: np.tile(values, len(SEEDS)) for name, values in columns.items()}
        rows.append(own | {"arm": np.full(len(own["step"]), arm), "seed": np.repeat(SEEDS, len(STEPS))})
    config = plain(CONFIG) | {"seeds": list(SEEDS)}
    return Run(config, {name: np.concatenate([each[name] for each in rows]) for name in rows[0]})


def always(value):
    return lambda values, at: np.full(len(values), value)


def at_a_step(step):
    return lambda values, at: _curve(step, 4.0, 0.2)


def starts(column, change):
    return {(arm, column): change for arm in reading.STARTS}


def test_leads_and_crossings_are_those_of_the_curves():
    run = made_up({"relative_flatness": 200.0, "rnc1_train": -100.0})
    found = reading.leads(run)
    assert found.memorized.tolist() == [50] * 6
    assert found.onset.tolist() == [1600] * 6
    assert found.relative_flatness.tolist() == [200] * 6
    assert found.rnc1_train.tolist() == [-100] * 6
    table = reading.crossings(run).set_index(["arm", "seed"])
    assert table.relative_flatness[LARGE, 0] == 1400
    assert table.clock[FASTER, 0] == pytest.approx(1070 * 9e-4)
    assert table.norm[LARGE, 0] == pytest.approx(np.sqrt(4.0 * 0.2))


def test_a_training_that_is_taken_to_end_sooner_is_read_as_if_it_had():
    run = made_up({"weight_norm": -1400.0})  # from step 2800 on
    whole, cut = (reading.leads(run, rule=reading.Rule(share, 0.5)) for share in (1.0, 0.85))
    assert whole.weight_norm[0] == -1400
    assert cut.weight_norm[0] > -1400
    assert reading.leads(run, rule=reading.Rule(0.7, 0.5)).weight_norm.isna().all()  # it has not moved by then
    assert (whole.onset == cut.onset).all()


def test_there_are_nine_rules_and_the_first_is_that_of_the_config():
    rules = reading.rules(plain(CONFIG))
    assert len(set(map(str, rules))) == len(rules) == 9
    assert (rules[0].cut, rules[0].share) == (1.0, CONFIG.share)


def test_a_training_that_does_not_generalize_is_left_out():
    run = made_up(changes={(LARGE, "test_acc"): always(0.2), (FEW, "train_acc"): always(0.5)})
    assert reading.leads(run).empty
    assert set(reading.crossings(run).arm) == set(ONSETS) - {LARGE, FEW}
    assert reading.by_arm(run, "onset", (FEW, MANY))[FEW].isna().all()


def test_slopes_tell_a_clock_from_what_goes_along(monkeypatch):
    monkeypatch.setattr(coupling, "_RESAMPLES", 10)  # no interval is looked at but that of equal values
    run = made_up(changes=starts("variance_ratio_train", lambda values, at: _curve(1.5 * at, 4.0, 0.2))
                  | starts("weight_norm", at_a_step(700)))  # fmt: skip
    found = reading.slopes(run, reading.STARTS)
    assert found.variance_ratio_train.to_numpy() == pytest.approx(1)
    assert found.relative_flatness.to_numpy() == pytest.approx(1)
    assert found.weight_norm.to_numpy() == pytest.approx(0)
    assert found.onsets.to_numpy() == pytest.approx(1000 / 600)
    coupled = reading.coupling(run, reading.STARTS)
    assert coupled.loc["variance_ratio_train", ["rank", "rank_low", "ratio", "ratio_high"]].tolist() == (
        pytest.approx([1, 1, 1, 1])
    )
    assert coupled.loc["weight_norm"].isna().all()  # it does not vary


def test_the_interval_of_coupling_holds_the_value_and_that_of_other_seeds(monkeypatch):
    monkeypatch.setattr(coupling, "_RESAMPLES", 250)
    run, shifts = made_up(), np.array([0, 40, -40, 80, -80, 20])
    frame = run.to_frame()
    frame["step"] = (frame.step + shifts[frame.seed] * (frame.step > 100)).clip(lower=0)
    moved = Run(run.config, {name: frame[name].to_numpy() for name in frame})
    table = reading.coupling(moved, (LARGE,))
    assert table.loc["variance_ratio_train", "rank"] == pytest.approx(1)
    assert (table.ratio_low <= table.ratio).all()
    assert (table.ratio <= table.ratio_high).all()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_to_be_written(path):
    left = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "TODO" in line]
    assert not left, "\n".join(left)


@pytest.mark.parametrize(
    ("claim", "run", "word"),
    [
        ("mnist-large-start-delays", made_up(), HOLDS),
        ("mnist-large-start-delays", made_up(onsets={LARGE: 120}), FAILS),
        (
            "mnist-large-start-delays",
            made_up(changes={(USUAL, "test_acc"): lambda values, at: 0.1 + 0.7 * _share(500)}),
            FAILS,
        ),
        ("mnist-large-start-delays", made_up(changes={(USUAL, "test_acc"): always(0.5)}), UNTESTED),
        ("mnist-large-start-delays", made_up(changes={(LARGE, "train_acc"): always(0.5)}), UNTESTED),
        ("mnist-time-inverse-to-decay", made_up(), HOLDS),
        ("mnist-time-inverse-to-decay", made_up(onsets={TWICE: 1100}), FAILS),
        ("mnist-time-inverse-to-decay", made_up(onsets={TWICE: 600}), FAILS),
        ("mnist-time-inverse-to-decay", made_up(onsets={TWICE: 9000}), UNTESTED),
        ("mnist-time-inverse-to-rate-and-decay", made_up(), HOLDS),
        ("mnist-time-inverse-to-rate-and-decay", made_up(onsets={FASTER: 1600, TWICE: 1600}), FAILS),
        ("mnist-generalizes-at-one-norm", made_up(), HOLDS),
        (
            "mnist-generalizes-at-one-norm",
            made_up(changes={(arm, "weight_norm"): always(f) for arm, f in ((NEAR, 6.0), (TWICE, 8.0), (FAR, 10.0))}),
            FAILS,
        ),
        ("mnist-as-late-with-more-images", made_up(), HOLDS),
        ("mnist-as-late-with-more-images", made_up(onsets={MANY: 600}), FAILS),
        ("mnist-as-late-with-more-images", made_up(onsets={MANY: 1050}), FAILS),
        ("mnist-flatness-before-generalization", made_up({"relative_flatness": 20.0}), HOLDS),
        ("mnist-flatness-before-generalization", made_up({"relative_flatness": -20.0}), FAILS),
        ("mnist-flatness-before-under-any-rule", made_up({"relative_flatness": 300.0}), HOLDS),
        ("mnist-flatness-before-under-any-rule", made_up({"relative_flatness": -300.0}), FAILS),
        ("mnist-flatness-before-the-norm", made_up({"relative_flatness": 50.0, "weight_norm": 20.0}), HOLDS),
        ("mnist-flatness-before-the-norm", made_up({"relative_flatness": 50.0, "weight_norm": 50.0}), FAILS),
        ("mnist-collapse-after-generalization", made_up(LATE), HOLDS),
        ("mnist-collapse-after-generalization", made_up(LATE | {"nc1_train": 10.0}), FAILS),
        ("mnist-collapse-after-generalization", made_up(LATE, changes={(LARGE, "rnc1_train"): always(0.1)}), UNTESTED),
        ("mnist-collapse-after-under-any-rule", made_up(LATE), HOLDS),
        ("mnist-collapse-after-under-any-rule", made_up({"variance_ratio_train": 300.0}), FAILS),
        ("mnist-collapse-falls-in-memorizing", made_up(), FAILS),
        (
            "mnist-collapse-falls-in-memorizing",
            made_up(changes={(LARGE, "cdnv_train"): lambda values, at: np.where(STEPS < 50, 3, 1) * values}),
            HOLDS,
        ),
        ("mnist-rescaled-variability-with-generalization", made_up({"cdnv_train": -300.0}), HOLDS),
        ("mnist-rescaled-variability-with-generalization", made_up({"rnc1_train": -100.0}), FAILS),
        (
            "mnist-rescaled-variability-with-generalization",
            made_up({"rnc1_train": -900.0, "cdnv_train": -1000.0}),
            FAILS,
        ),
        ("mnist-rescaled-variability-inverse-to-decay", made_up(), HOLDS),
        ("mnist-rescaled-variability-inverse-to-decay", made_up({"rnc1_train": -1000.0}), FAILS),
        ("mnist-spread-goes-with-the-onset", made_up(), HOLDS),
        ("mnist-spread-goes-with-the-onset", made_up(changes=starts("variance_ratio_train", at_a_step(700))), FAILS),
        ("mnist-flatness-goes-with-the-onset", made_up(), HOLDS),
        ("mnist-flatness-goes-with-the-onset", made_up(changes=starts("relative_flatness", at_a_step(700))), FAILS),
        (
            "mnist-spread-goes-further-than-flatness",
            made_up(changes=starts("relative_flatness", at_a_step(700))),
            HOLDS,
        ),
        (
            "mnist-spread-goes-further-than-flatness",
            made_up(changes=starts("variance_ratio_train", at_a_step(700))),
            FAILS,
        ),
        ("mnist-equally-accurate-not-equally-flat", made_up(), HOLDS),
        ("mnist-equally-accurate-not-equally-flat", made_up({"relative_flatness": 400.0}), FAILS),
        ("mnist-untrained-is-flatter", made_up(), HOLDS),
        ("mnist-untrained-is-flatter", made_up(changes={(USUAL, "relative_flatness"): always(60.0)}), FAILS),
        ("mnist-generalizes-before-collapse", made_up(LATE), HOLDS),
        ("mnist-generalizes-before-collapse", made_up({"cdnv_train": 200.0}), FAILS),
        ("mnist-centers-know-what-the-network-does-not", made_up(), HOLDS),
        (
            "mnist-centers-know-what-the-network-does-not",
            made_up(changes={(LARGE, "ncc_acc_test"): always(0.35)}),
            FAILS,
        ),
    ],
)  # fmt: skip
def test_a_rule_gives_the_word_of_a_made_up_run(claim, run, word):
    evidence = JUDGES[claim](run)
    assert evidence.word == word
    assert set(evidence.seeds) <= set(SEEDS)


def test_every_rule_has_a_made_up_run_that_holds_and_one_that_fails():
    (parametrized,) = test_a_rule_gives_the_word_of_a_made_up_run.pytestmark
    told = {(claim, word) for claim, _, word in parametrized.args[1]}
    assert told >= {(claim, word) for claim in JUDGES for word in (HOLDS, FAILS)}


# --- what is trained and measured


@pytest.fixture(scope="module")
def smoke():
    return mnist_grokking.run(mnist_grokking.Config.preset("smoke"))


def test_every_arm_and_seed_is_measured_at_every_probe(smoke):
    frame, config = smoke.to_frame(), mnist_grokking.Config.preset("smoke")
    assert list(dict.fromkeys(frame.arm)) == list(config.arms)
    for steps, (_, rows) in zip(config.steps, frame.groupby("arm", sort=False), strict=True):
        for _, own in rows.groupby("seed"):
            assert own.step.is_monotonic_increasing
            assert {0, 3, 6, 9, steps} <= set(own.step)
    assert np.isfinite(frame.select_dtypes("number").to_numpy()).all()


def test_starts_differ_by_their_factor_alone(smoke):
    start = smoke.to_frame().query("step == 0").pivot(index="seed", columns="arm", values="weight_norm")
    for arm, factor in zip(CONFIG.arms, CONFIG.factors, strict=True):
        np.testing.assert_allclose(start[arm] / start[USUAL], factor, rtol=1e-5)


def test_every_large_start_decays_to_the_same_size():
    """By decay alone, as the config's docstring says."""
    for arm in set(CONFIG.arms) - {USUAL}:
        own = reading.settings(plain(CONFIG), arm)
        assert own["factor"] * np.exp(-own["product"] * own["steps"]) == pytest.approx(1.04, rel=0.01)


def test_the_test_set_is_balanced_and_holds_no_training_image():
    images = mnist_grokking.dataset(CONFIG, 20, 3)
    assert torch.bincount(images.test.labels).tolist() == [100] * 10
    assert torch.bincount(images.train.labels).tolist() == [20] * 10
    seen = {each.numpy().tobytes() for each in images.train.inputs}
    assert not any(each.numpy().tobytes() in seen for each in images.test.inputs)


def test_kappa_is_that_of_the_squared_error(smoke):
    """2 ||W||^2 mean ||h||^2, from the network itself; the loss has no factor 1/2 and sums over outputs."""
    images = mnist_grokking.dataset(CONFIG, 3, 5)
    network = torch.nn.Module()
    network.head = torch.nn.Linear(196, 10)
    network.features = lambda inputs: inputs.flatten(1)
    with torch.no_grad():
        found = mnist_grokking.measure(network, images)
        points = images.train.inputs.flatten(1).double()
        weight = network.head.weight.double()
        expected = 2 * weight.square().sum() * points.square().sum(1).mean()
        errors = network.head(points.float()) - torch.eye(10)[images.train.labels]
    assert found["relative_flatness"] == pytest.approx(expected.item(), rel=1e-5)
    assert found["train_loss"] == pytest.approx(errors.square().sum(1).mean().item(), rel=1e-5)
    assert found["weight_norm"] == pytest.approx(
        np.sqrt(weight.square().sum().item() + network.head.bias.double().square().sum().item()), rel=1e-5
    )
