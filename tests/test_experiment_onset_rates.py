"""Runs of `onset` with other rates and decays: clocks on made-up curves, every verdict of the rules, and the training.

In a made-up run the onset comes at 500 steps over the product of rate and decay, and a measure where a test puts it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ncbook import runs
from ncbook.evidence import FAILS, HOLDS, UNTESTED
from ncbook.experiments import onset
from ncbook.experiments._experiment import plain
from ncbook.readings import coupling, moments, rates
from ncbook.readings.onset import MEASURES

CONFIG = onset.Rates(seeds=tuple(range(6)))
ARMS = rates.settings(vars(CONFIG))
SHIFTS = np.array([1.0, 1.15, 0.87, 1.3, 0.77, 1.07])  # how much later a seed generalizes than the first
Crossing = Callable[[float, pd.Series], float]  # (onset, rate and decay and product) -> step


def same(onset: float, arm: pd.Series) -> float:
    return onset


def counting(onset: float, arm: pd.Series) -> float:
    return 400.0


def decaying(onset: float, arm: pd.Series) -> float:
    return 400.0 / arm["product"]


def _share(steps: np.ndarray, at: float) -> np.ndarray:
    """0 until a tenth before `at`, 1 from a tenth after it on, and half-way there on a logarithmic axis."""
    return np.clip(0.5 + np.log(np.maximum(steps, 1) / at) / 0.2, 0, 1)


def made_up(
    moves: dict[str, Crossing] | None = None, onset_at: Crossing = lambda _, arm: 500 / arm["product"]
) -> runs.Run:
    """All seeds memorize at step 40. A measure that is not in `moves` crosses with the test accuracy."""
    rows, moves = [], moves or {}
    for part, arm in ARMS.iterrows():
        steps = np.arange(0, 2400 / arm["product"] + 1, 4)
        for seed, shift in enumerate(SHIFTS):
            at = shift * onset_at(0.0, arm)
            columns = {"train_acc": np.where(steps >= 40, 1.0, 0.1), "test_acc": _share(steps, at)}
            for name in MEASURES:
                crossing = moves.get(name, same)(at, arm)
                columns[name] = np.exp(np.log(8) - np.log(400) * _share(steps, crossing))
            rows.append(pd.DataFrame(columns).assign(part=part, seed=seed, step=steps))
    frame = pd.concat(rows)
    return runs.Run(plain(CONFIG), {name: frame[name].to_numpy() for name in frame}, {}, {})


def word(name: str, run: runs.Run) -> str:
    (claim,) = [claim for claim in onset.CLAIMS if claim.id == name]
    assert claim.preset == "laptop-rates"
    return claim.judge(run).word


# --- readings


def test_each_factor_is_once_on_the_decay_and_once_on_the_rate():
    assert len(ARMS) == 9
    assert ARMS.index[0] == "addition"
    assert ARMS.loc["0.5 times the rate"].to_dict() == {"rate": 0.5, "decay": 1.0, "product": 0.5}
    assert rates.varied(vars(CONFIG), rates.DECAY).rate.tolist() == [1] * 5
    assert rates.varied(vars(CONFIG), rates.RATE).decay.tolist() == [1] * 5
    assert len(rates.varied(vars(CONFIG), rates.BOTH)) == 9


@pytest.mark.parametrize("at_level", [False, True])
def test_a_slope_tells_what_a_crossing_counts(at_level):
    run = made_up({"relative_flatness": counting, "weight_norm": decaying})
    slopes = {
        name: rates.slope_on_setting(run, name, rates.BOTH, at_level).to_numpy()
        for name in ("relative_flatness", "weight_norm", "cdnv_train")
    }
    assert slopes["relative_flatness"] == pytest.approx(0, abs=0.02)
    assert slopes["weight_norm"] == pytest.approx(-1, abs=0.02)
    assert slopes["cdnv_train"] == pytest.approx(-1, abs=0.02)
    assert rates.slope_on_onset(run, "cdnv_train").to_numpy() == pytest.approx(1, abs=0.02)
    assert rates.slope_on_onset(run, "relative_flatness").to_numpy() == pytest.approx(0, abs=0.02)


def test_slopes_on_the_decay_and_on_the_rate_are_told_apart():
    run = made_up(onset_at=lambda _, arm: 500 / (arm["rate"] * arm["decay"] ** 0.5))
    assert rates.slope_on_setting(run, "onset", rates.RATE).to_numpy() == pytest.approx(-1, abs=0.02)
    assert rates.slope_on_setting(run, "onset", rates.DECAY).to_numpy() == pytest.approx(-0.5, abs=0.02)


def test_the_level_is_that_of_the_standard_setting_and_the_same_for_all():
    run = made_up({"relative_flatness": counting})
    level = rates.levels(run).loc["relative_flatness"]
    assert level.level == pytest.approx(8 / 20)
    assert level.falls
    history = dict(run.history)
    elsewhere = history["part"] == "2 times the rate"
    history["relative_flatness"] = np.where(elsewhere, 5.0, 1.0) * history["relative_flatness"]
    moved = runs.Run(run.config, history)
    own, common = (rates.by_arm(moved, "relative_flatness", at_level=each) for each in (False, True))
    pd.testing.assert_frame_equal(own, rates.by_arm(run, "relative_flatness"))
    assert (common["2 times the rate"] > own["2 times the rate"]).all()
    assert (common["2 times the decay"] == own["2 times the decay"]).all()


def test_a_level_that_is_not_passed_is_no_crossing():
    run = made_up()
    high = run.history["part"] == "2 times the rate"
    history = run.history | {"cdnv_train": np.where(high, 1e3, 1.0) * run.history["cdnv_train"]}
    found = rates.slope_on_setting(runs.Run(run.config, history), "cdnv_train", rates.BOTH, at_level=True)
    assert found.isna().all()


def test_seeds_alone_are_told_from_settings(monkeypatch):
    monkeypatch.setattr(coupling, "_RESAMPLES", 20)
    run = made_up({"relative_flatness": decaying, "train_loss": counting})
    over, alone = rates.coupled(run), rates.coupled(run, seeds_alone=True)
    assert over.loc["cdnv_train", ["rank", "ratio"]].tolist() == pytest.approx([1, 1])
    assert alone.loc["cdnv_train", ["rank", "ratio"]].tolist() == pytest.approx([1, 1])
    assert over.loc["relative_flatness", "rank"] > 0.8  # the settings move it, and the onset
    assert alone.loc["relative_flatness", "ratio"] < 0.05  # the seeds do not
    assert over.loc["train_loss"].isna().all()  # nothing moves it


def test_a_slope_needs_every_value():
    base = pd.DataFrame([[1.0, 2.0, 4.0]] * 2)
    found = coupling.log_slopes(pd.DataFrame([[9.0, 36.0, 144.0], [1.0, np.nan, 1.0]]), base)
    assert found[0] == pytest.approx(2)
    assert np.isnan(found[1])


# --- rules


@pytest.mark.parametrize(
    ("name", "run", "expected"),
    [
        ("onset-inverse-to-rate-and-decay", made_up(), HOLDS),
        ("onset-inverse-to-rate-and-decay", made_up(onset_at=counting), FAILS),
        ("onset-inverse-to-rate-and-decay", made_up(onset_at=lambda _, arm: 500 / arm["product"] ** 1.5), FAILS),
        ("onset-inverse-to-rate-and-decay", made_up(onset_at=lambda *_: 9000.0), UNTESTED),
        ("onset-the-same-by-rate-or-decay", made_up(), HOLDS),
        ("onset-the-same-by-rate-or-decay", made_up(onset_at=lambda _, arm: 500 / arm["rate"]), FAILS),
        ("norm-inverse-to-the-rate", made_up({"weight_norm": decaying}), HOLDS),
        ("norm-inverse-to-the-rate", made_up({"weight_norm": counting}), FAILS),
        ("flatness-inverse-to-rate-and-decay", made_up({"relative_flatness": decaying}), HOLDS),
        ("flatness-inverse-to-rate-and-decay", made_up({"relative_flatness": counting}), FAILS),
        ("flatness-counts-steps", made_up({"relative_flatness": counting}), HOLDS),
        ("flatness-counts-steps", made_up({"relative_flatness": decaying}), FAILS),
        ("flatness-counts-steps-at-one-level", made_up({"relative_flatness": counting}), HOLDS),
        ("flatness-counts-steps-at-one-level", made_up({"relative_flatness": decaying}), FAILS),
        ("spread-follows-the-onset-over-rates", made_up(), HOLDS),
        ("spread-follows-the-onset-over-rates", made_up({"variance_ratio_train": counting}), FAILS),
        ("flatness-follows-the-onset-over-rates", made_up(), HOLDS),
        ("flatness-follows-the-onset-over-rates", made_up({"relative_flatness": counting}), FAILS),
    ],
)
def test_a_rule_gives_the_word_of_a_made_up_run(name, run, expected):
    assert word(name, run) == expected


def _loosely(size: float, over: str) -> Crossing:
    """A crossing that strays from the onset by `size` in the logarithm, from setting to setting or seed to seed."""

    def crossing(onset: float, arm: pd.Series) -> float:
        seed = int(np.abs(SHIFTS - onset * arm["product"] / 500).argmin())
        place = ARMS.index.get_loc(arm.name) if over == "settings" else seed
        return onset * float(np.exp(size * (-1) ** place))

    return crossing


def _ordered(over: str, reverse: bool = False) -> dict[str, Crossing]:
    sizes = [0.02, 0.06, 0.1, 0.14, 0.18, 0.22]
    return {name: _loosely(size, over) for name, size in zip(rates.STEADY, sizes[:: -1 if reverse else 1], strict=True)}


def _both(reverse: bool) -> dict[str, Crossing]:
    """Measures that stray over settings in one order, and over seeds in the same or in the reverse one."""
    first, second = _ordered("settings"), _ordered("seeds", reverse)
    return {
        name: lambda onset, arm, name=name: first[name](onset, arm) * second[name](onset, arm) / onset for name in first
    }


def test_the_order_of_measures_is_the_same_over_both_or_not():
    name = "same-order-over-rates-and-over-seeds"
    assert word(name, made_up(_both(reverse=False))) == HOLDS
    assert word(name, made_up(_both(reverse=True))) == FAILS


def test_a_seed_that_does_not_generalize_in_every_arm_cannot_tell():
    run = made_up()
    lost = (run.history["part"] == "2 times the rate") & (run.history["seed"] == 3)
    history = run.history | {"test_acc": np.where(lost, 0.1, run.history["test_acc"])}
    (claim,) = [claim for claim in onset.CLAIMS if claim.id == "onset-inverse-to-rate-and-decay"]
    assert claim.judge(runs.Run(run.config, history)).holds == (True, True, True, None, True, True)


# --- training


def test_every_arm_is_trained_until_decay_has_done_as_much():
    tiny = replace(CONFIG, p=7, steps=40, every=10, seeds=(1, 2), factors=(0.5, 2.0))
    frame = onset.run(tiny, "cpu").to_frame()
    last = frame.groupby("part").step.max()
    assert last.to_dict() == {
        "addition": 40, "0.5 times the decay": 80, "0.5 times the rate": 80, "2 times the decay": 20,
        "2 times the rate": 20,
    }  # fmt: skip
    start = frame[frame.step == 0].groupby("seed").weight_norm.agg(["min", "max"])
    assert (start["min"] == start["max"]).all()  # the same weights in all arms
    then = frame[(frame.step == 20) & (frame.seed == 1)].set_index("part").weight_norm
    assert then.nunique() == 5


def test_seeds_are_fresh_and_learned_means_what_it_does_elsewhere():
    first, second = (onset.Config.preset(name) for name in ("laptop-rates", "laptop-rates-again"))
    assert replace(first, seeds=()) == replace(second, seeds=())
    others = {seed for name in ("laptop", "laptop-again") for seed in onset.Config.preset(name).seeds}
    assert not {*first.seeds} & {*second.seeds}
    assert not {*first.seeds, *second.seeds} & {*others, *range(90, 100)}
    assert first.learned == moments.GENERALIZED
