"""What "What collapses when a network groks" says in words about the recorded run, and its exercises' solutions."""

import base64
import json
import math
import re

import numpy as np
import pytest
import torch
from prose._ledger import entries

from ncbook import explorables, readings, runs
from ncbook.evidence import CHECKED, FAILS, HOLDS, OPEN
from ncbook.experiments import onset
from ncbook.readings.onset import COLLAPSE


@pytest.fixture(scope="module")
def run():
    return onset.load("laptop", live=False)


@pytest.fixture(scope="module")
def found(run):
    return readings.onset.leads(run)


def holds(name: str, run) -> tuple[int, int]:
    (claim,) = [each for each in onset.CLAIMS if each.id == name]
    evidence = claim.judge(run)
    return evidence.yes, len(evidence.by_seed)


def columns(run, part: str):
    frame = run.to_frame()
    return frame[frame.part == part]


# --- on one axis


def test_twelve_seeds_of_which_eleven_generalize(run, found):
    assert len(run.config["seeds"]) == 12
    assert len(found) == 11
    assert run.config["p"] == 29
    assert run.config["fraction"] == 0.6


def test_cdnv_falls_fivefold_while_memorizing_and_a_hundredfold_in_all_and_rnc1_does_not(run, found):
    own = columns(run, "addition")
    start, end = (own[own.step == step].set_index("seed") for step in (0, run.config["steps"]))
    then = own[own.step == own.seed.map(found.memorized)].set_index("seed")
    first = (start.cdnv_train / then.cdnv_train).dropna()
    assert first.min() > 4
    assert 4.5 < first.median() < 5.5
    assert (start.variance_ratio_train / then.variance_ratio_train).dropna().min() > 4
    assert (start.cdnv_train / end.cdnv_train).min() > 100
    rescaled = (start.rnc1_train / then.rnc1_train).dropna()
    assert (rescaled < 1).sum() > 6
    assert rescaled.max() < 1.005
    assert then.test_acc.max() < 0.02


# --- leads


def test_leads_under_the_rule_fixed_before(run, found):
    middle = found.median()
    assert middle.relative_flatness == 120
    assert middle.train_loss == 200
    assert middle.fourier_gini == 160
    assert (found.relative_flatness > 0).sum() == 9
    assert ((found[["cdnv_train", "variance_ratio_train", "rnc1_train"]] < 0).sum() == 10).all()
    assert (found.fourier_gini > 0).all()
    always = found.drop(columns=["memorized", "generalized", "onset"]).gt(0).all()
    assert always[always].index.tolist() == ["fourier_gini"]
    assert (found.relative_flatness.min(), found.relative_flatness.max()) == (-80, 280)
    assert 0.45 < found.cdnv_train.std() / found.relative_flatness.std() < 0.6
    assert (found.nc1_train.min(), found.nc1_train.max()) == (-840, 660)


def test_only_flatness_is_true_of_eight_and_with_nc1_of_nine(run, found):
    assert holds("only-flatness-predicts", run) == (8, 11)
    assert ((found.relative_flatness > 0) & ~(found.cdnv_train > 0)).sum() == 8
    assert holds("only-flatness-predicts-nc1", run) == (9, 11)
    fell = readings.onset.falls(run, "nc1_train").loc[found.index[found.nc1_train > 0]]
    assert (np.log(fell.fold) > np.log(fell.whole) / 2).all()


def test_kappa_is_nearly_a_clock_and_never_before_the_loss(run, found):
    crossing = found.onset - found.relative_flatness
    assert found.onset.max() - found.onset.min() == 520
    assert crossing.max() - crossing.min() < 260
    assert crossing.std() / found.onset.std() == pytest.approx(1 / 3, abs=0.02)
    assert (found.onset - found.train_loss).std() / found.onset.std() == pytest.approx(1 / 4, abs=0.02)
    assert crossing.corr(found.onset) > 0.9
    assert set(found.onset.nsmallest(2).index) == set(found.index[found.relative_flatness < 0])
    assert round(readings.onset.loss_correlations(run).min(), 3) == 0.998
    assert holds("flatness-before-the-loss", run) == (0, 11)
    ratio = (found.onset - found.variance_ratio_train).std() / found.onset.std()
    assert round(ratio, 2) == 1.06
    assert holds("flatness-keeps-time", run) == (11, 11)
    assert holds("spread-goes-with-the-onset", run) == (8, 11)


def test_the_ratio_is_ahead_of_95_percent_in_six(run, found):
    assert holds("class-ratio-before-generalization", run) == (6, 11)
    assert found.variance_ratio_train.median() < 0


def test_the_sign_depends_on_the_rule(run):
    medians = readings.onset.medians(run)
    assert len(medians) == 11
    signs = np.sign(medians[["relative_flatness", "train_loss"]])
    assert (signs.relative_flatness == signs.train_loss).all()
    assert (signs > 0).sum().tolist() == [9, 9]
    for name in ("cdnv_train", "variance_ratio_train", "rnc1_train"):
        assert medians[name].min() < 0 < medians[name].max()
    assert (medians.loc["generalization, 50%", ["cdnv_train", "variance_ratio_train"]] > 0).all()
    assert (medians.loc["end of training, 75%", ["cdnv_train", "variance_ratio_train"]] == -400).all()
    assert (medians.relative_flatness - medians.cdnv_train).min() == 80
    assert holds("only-flatness-under-any-rule", run) == (0, 11)
    (claim,) = [each for each in onset.CLAIMS if each.id == "only-flatness-under-any-rule"]
    shares = np.array(claim.judge(run).values)
    assert (shares < 0.31).all()


# --- rates and decays


def test_over_rates_and_decays_kappa_counts_steps_and_collapse_goes_with_the_onset():
    rates, swept = readings.rates, onset.load("laptop-rates", live=False)

    def slope(name, setting=rates.BOTH, at_level=False):
        return round(rates.slope_on_setting(swept, name, setting, at_level).median(), 2)

    assert (slope("onset", rates.DECAY), slope("onset", rates.RATE)) == (-1.05, -0.82)
    assert (slope("relative_flatness"), slope("relative_flatness", at_level=True)) == (-0.32, -0.12)
    assert abs(slope("train_loss")) < abs(slope("relative_flatness"))
    assert slope("weight_norm", rates.RATE) == -1.69
    coupled, alone = rates.coupled(swept), rates.coupled(swept, seeds_alone=True)
    assert coupled.loc["relative_flatness", "ratio"] < 1 / 3
    assert (
        coupled.loc[["cdnv_train", "variance_ratio_train", "rnc1_train", "fourier_gini"], "ratio"]
        .between(0.95, 1.05)
        .all()
    )
    assert alone.loc["relative_flatness", "ratio"] < coupled.loc["relative_flatness", "ratio"]
    norm = rates.by_arm(swept, "weight_norm", rates.DECAY)
    assert norm["2 times the decay"].isna().all()
    nc1 = rates.by_arm(swept, "nc1_train").where(rates.by_arm(swept, "onset").notna(), 0)
    assert nc1.isna().any(axis=None)


# --- tables


def test_the_table_of_leads_has_the_onset_first_and_counts_the_seeds_that_are_ahead(found, run):
    table = readings.onset_tables.leads_and_clocks(run).set_index("measure")
    assert table.index[0] == "onset of generalization"
    assert table["deviation of the crossing"].iloc[0] == f"{found.onset.std():.0f}"
    kappa = table.loc["relative flatness κ"]
    assert kappa["seeds in which it is ahead"] == "9 of 11"
    assert kappa["lead, steps"] == "120 (-80 to 280)"
    assert kappa["deviation of the lead"] == f"{found.relative_flatness.std():.0f}"
    assert kappa["deviation of the crossing"] == f"{(found.onset - found.relative_flatness).std():.0f}"


def test_the_tables_of_rates_say_what_a_clock_of_decay_and_one_of_steps_would():
    swept = onset.load("laptop-rates", live=False)
    slopes = readings.onset_tables.slopes(swept).set_index("crossing of")
    assert slopes.loc["onset", "slope on the decay"].startswith("-1.05 (")
    assert slopes.loc["κ", "on the product, at one level"].startswith("-0.12 (")
    assert slopes.loc["norm", "slope on the decay"] == "–"
    coupled = readings.onset_tables.coupled(swept).set_index("measure")
    alone = readings.rates.coupled(swept, seeds_alone=True)
    assert coupled.loc["κ", "rank correlation"].startswith("0.86 (")
    assert coupled.loc["κ", "ratio of spreads, seeds alone"] == f"{alone.loc['relative_flatness', 'ratio']:.2f}"


def test_the_tables_of_falls_codes_ends_and_digits(run):
    tables = readings.onset_tables
    assert tables.early_falls(run).set_index("measure").loc["RNC1", "until memorized"] == "0.8 (0.7 to 1.0)"
    codes = tables.code_costs(run).set_index("classes K")
    assert codes.loc[29].tolist() == ["7.62", "28.50", "0.01130", "0.01010"]
    ends = tables.ends(run).set_index("matrix")
    assert ends.index.tolist() == ["W", "means", "W, no decay", "means, no decay"]
    assert ends.loc["W", ["directions", "frequencies", "to circles"]].tolist() == ["8 (6 to 10)", "4", "0.09"]
    digits = tables.on_digits(run).set_index("measure")
    assert digits.loc["training loss", "step over that of the onset"] == "0.30 (0.25 to 0.40)"
    assert (digits["seeds in which it crosses"] == "5 of 5").all()


# --- codes and shapes


def test_the_formula_is_for_many_classes(run):
    ratio = dict(zip(run.config["classes"], run.arrays["codes/formula"] / run.arrays["codes/direct"], strict=True))
    assert 1.4 < ratio[10] < 1.5
    assert ratio[97] < 1.04
    assert 1.1 < ratio[29] < 1.2
    assert max(ratio[53], ratio[113]) < 1.1
    (claim,) = [each for each in onset.CLAIMS if each.id == "circle-beats-simplex"]
    assert claim.judge(run).holds == (None, None, True, True, True)


def test_networks_end_in_eight_directions_of_four_frequencies(run):
    head, means = (readings.onset.shapes(run, "addition", which) for which in ("head", "means"))
    assert head["rank"].median() == 8
    assert head.frequencies.median() == 4
    assert round(head.effective_rank.median()) == 16
    assert round(float(means.to_circles.median()), 2) == 0.09
    assert 1 < (means.to_circles > 0.2).sum() < 6
    assert means.to_circles.max() < 0.35
    control = readings.onset.shapes(run, "undecayed", "head")
    assert control["rank"].median() == 20
    assert (control.to_simplex < control.to_circle).all()
    for name, expected in (("classifier-of-rank-two", 0), ("classifier-of-low-rank", 11), ("nearer-to-a-circle", 11)):
        assert holds(name, run) == (expected, 11)
    undecayed = columns(run, "undecayed")
    assert (undecayed[undecayed.step == run.config["steps"]].train_acc == 1).all()


# --- digits


def test_digits_grok_from_a_large_start_and_collapse_afterwards(run):
    large = readings.onset.leads(run, "digits")
    ratio = large.generalized / large.memorized
    assert 7 < ratio.min() < ratio.max() < 10
    assert 300 < large.memorized.median() < 450
    assert holds("large-start-delays", run) == (5, 5)
    crossing = {name: (large.onset - large[name]) / large.onset for name in (*COLLAPSE, "relative_flatness")}
    assert all(1.8 < crossing[name].min() < crossing[name].max() + 1e-9 < 2.6 for name in COLLAPSE)
    assert 1 <= crossing["relative_flatness"].min() <= crossing["relative_flatness"].max() < 1.2
    assert ((large.onset - large.weight_norm) / large.onset).between(0.8, 1).all()
    assert (crossing["rnc1_train"] > crossing["cdnv_train"]).sum() == 3
    assert holds("rescaled-variability-with-generalization", run) == (0, 5)
    assert holds("rescaled-variability-in-arithmetic", run) == (1, 11)
    first = columns(run, "digits").query("step == 0")
    assert round(float(first.ncc_acc_test.min()), 2) >= 0.84
    steps = np.unique(columns(run, "digits").step)
    assert (steps[-10:] / steps[-11:-1]).max() < 1.18


# --- exercises


def _spread() -> float:  # as in the chapter's solution
    found = readings.onset.leads(onset.load("laptop", live=False))
    return (found.onset - found.relative_flatness).std() / found.onset.std()


SOLUTIONS = {
    "onset/penalty": lambda: math.log(1.26607) / (math.sqrt(53 * 52) - math.sqrt(2 * 53)),
    "onset/circles": lambda: math.sqrt(8 * 29),
    "onset/spread": _spread,
}


def crossing(steps, values, last=6):
    end = values[-last:].sort().values[[(last - 1) // 2, last // 2]].mean()
    return steps[(values - values[0]) / (end - values[0]) >= 0.5].min()


def lead(steps, measure, accuracy):
    return crossing(steps, accuracy) - crossing(steps, measure.log())


def without_the_logarithm(steps, measure, accuracy):
    return crossing(steps, accuracy) - crossing(steps, measure)


def of_a_falling_measure(steps, measure, accuracy):
    logs = measure.log()
    return crossing(steps, accuracy) - steps[(logs <= (logs[0] + logs[-6:].median()) / 2).int().argmax()]


def to_the_last_value(steps, measure, accuracy):
    return crossing(steps, accuracy) - crossing(steps, measure.log(), last=1)


def since_it_stayed(steps, measure, accuracy):
    logs = measure.log()
    short = steps[(logs - logs[0]) / (logs[-6:].median() - logs[0]) < 0.5].max()
    return crossing(steps, accuracy) - steps[steps > short].min()


FUNCTIONS = {
    "onset/write-lead": (lead, [without_the_logarithm, of_a_falling_measure, to_the_last_value, since_it_stayed]),
}


def test_the_nuclear_norm_of_several_circles():
    code = torch.cat([onset.codes.circle(29, frequency) for frequency in (1, 3, 4, 9)], dim=1) / 2
    assert torch.allclose(code.norm(dim=1), torch.ones(29, dtype=torch.float64))
    assert onset.codes.nuclear_norm(code) == pytest.approx(15.23, abs=0.005)
    assert onset.codes.closed_norms(29) == pytest.approx((7.62, 28.50), abs=0.005)


# --- the explorable


def page_data(fragment: str) -> dict:
    return json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))


def test_the_explorable_holds_the_curves_of_the_seeds_that_generalize(run, found):
    data = page_data(explorables.onset(run)._repr_html_())
    assert data["seeds"] == found.index.tolist()
    assert data["onset"] == found.onset.tolist()
    packed = data["curves"][0]
    logs = np.frombuffer(base64.b64decode(packed["int16"]), "<i2").reshape(packed["shape"]) * packed["scale"]
    kappa = columns(run, "addition").pivot(index="seed", columns="step", values="relative_flatness").loc[found.index]
    then = np.array([kappa.loc[seed, found.memorized[seed]] for seed in found.index])
    np.testing.assert_allclose(logs, np.log(kappa.to_numpy() / then[:, None]), atol=1e-3)


def test_the_explorable_says_what_it_shows_where_no_html_is(run, found):
    text = repr(explorables.onset(run))
    assert f"Relative flatness κ {found.relative_flatness.median():.0f}." in text


def test_the_explorable_asks_for_nothing_from_outside_and_is_small(run):
    fragment = explorables.onset(run)._repr_html_()
    assert "http" not in fragment
    assert len(fragment) < 100_000


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "rnc1_train"}
    with pytest.raises(ValueError, match=r"run\.history: has no column rnc1_train"):
        explorables.onset(runs.Run(run.config, history, run.arrays, run.provenance))


# --- what the two runs say together


@pytest.mark.parametrize(
    ("word", "names"),
    [
        (HOLDS, ["only-flatness-predicts", "only-flatness-predicts-nc1", "spread-goes-with-the-onset",
                 "flatness-keeps-time", "collapse-falls-in-memorizing", "classifier-of-low-rank", "nearer-to-a-circle",
                 "large-start-delays", "onset-inverse-to-rate-and-decay", "flatness-counts-steps",
                 "flatness-counts-steps-at-one-level", "spread-follows-the-onset-over-rates"]),
        (FAILS, ["only-flatness-under-any-rule", "flatness-before-the-loss", "flatness-measure-rises-with-accuracy",
                 "collapsed-when-memorized", "rescaled-variability-with-generalization",
                 "rescaled-variability-in-arithmetic", "classifier-of-rank-two", "norm-inverse-to-the-rate",
                 "flatness-inverse-to-rate-and-decay", "flatness-follows-the-onset-over-rates"]),
        (OPEN, ["both-near-the-onset", "class-ratio-before-generalization", "onset-the-same-by-rate-or-decay",
                "same-order-over-rates-and-over-seeds"]),
        (CHECKED, ["circle-beats-simplex"]),
    ],
)  # fmt: skip
def test_the_verdicts_are_those_of_the_words(word, names):
    rows = entries("onset").values()
    assert sorted(entry.id for entry in rows if entry.verdict == word) == sorted(names)


def test_in_all_seeds_but_one_of_both_runs_cdnv_comes_closer_than_rnc1(run):
    for which, closer in ((run, 1), (onset.load("laptop-again", live=False), 0)):
        leads = readings.onset.leads(which)
        within = ((leads.onset - leads.rnc1_train) / leads.onset).between(1 / 1.5, 1.5)
        assert within.all()
        assert holds("rescaled-variability-in-arithmetic", which)[0] == closer
