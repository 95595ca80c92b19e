"""What "Does the test set collapse?" says in words about the recorded run, and its exercises' solutions."""

import json
import re
from pathlib import Path

import notebooks
import numpy as np
import pytest

from ncbook import experiments, explorables, readings, runs
from ncbook.claims import QUOTES

experiment, collapse = experiments.test_collapse, readings.test_collapse
CHAPTER = Path(__file__).parents[1] / "book/2-generalization/test_collapse.ipynb"


@pytest.fixture(scope="module")
def run():
    return experiment.load("laptop", live=False)


@pytest.fixture(scope="module")
def table(run):
    return collapse.terminal(run)


@pytest.fixture(scope="module")
def prose() -> str:
    notebook = notebooks.read(CHAPTER)
    return " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def judged(name: str, run):
    (claim,) = [each for each in experiment.CLAIMS if each.id == name]
    return claim.judge(run)


def holds(name: str, run) -> tuple[int, int, int]:
    """How many trials say yes, can answer, and there are."""
    evidence = judged(name, run)
    return evidence.holds.count(True), evidence.valid, len(evidence.holds)


def test_ten_of_twenty_collapse_on_train_and_none_on_new_images(run, table):
    assert holds("train-collapse-at-fixed-size", run) == (10, 11, 20)
    for name, most in (("no-strong-test-collapse", 1 / 4), ("no-weak-test-collapse", 1 / 3)):
        assert holds(name, run) == (10, 10, 20)
        evidence = judged(name, run)
        slopes = [value for value, yes in zip(evidence.values, evidence.holds, strict=True) if yes]
        assert max(slopes) < most
    decayed = table[table.weight_decay > 0]
    assert (decayed[["variance_ratio_test_fall", "variance_ratio_weak_fall"]] < 10).all(axis=None)
    collapsed = decayed[decayed.variance_ratio_train_fall >= 10].groupby("per_class").size()
    assert collapsed.to_dict() == {10: 4, 20: 4, 40: 2}
    assert 3 < decayed.variance_ratio_test_fall.max() < 4
    assert decayed.variance_ratio_train_fall[decayed.variance_ratio_test_fall.idxmax()] > 500
    assert (decayed[decayed.per_class == 10].variance_ratio_train_fall > 250).all()


def test_bursts_undo_the_collapse_of_two_seeds_at_40_and_touch_all_at_80(run):
    frame = run.to_frame()
    decayed = frame[frame.weight_decay > 0]
    last = decayed[decayed.step == 768].set_index(["per_class", "seed"])
    before = decayed[decayed.step == 512].set_index(["per_class", "seed"])
    assert sorted((last.loc[40].train_error > 0.5).tolist()) == [False, False, True, True]
    assert (before.loc[40].train_error == 0).all()
    starts = (
        collapse.terminal(run).query("weight_decay > 0 and per_class == 40").set_index("seed").variance_ratio_train_then
    )
    assert (starts / before.loc[40].variance_ratio_train >= 10).all()
    assert (last.loc[80].variance_ratio_train > before.loc[80].variance_ratio_train).all()
    assert (last.loc[80].train_error > 0).sum() == 3


def test_at_160_the_error_is_first_zero_at_the_last_step_in_three_seeds(table):
    assert (table.query("weight_decay > 0 and per_class == 160").zero_error == 768).sum() == 3


def test_longer_training_and_its_five_exceptions(run, table):
    assert ((table.variance_ratio_test_fall > 1).sum(), len(table)) == (35, 40)
    assert holds("longer-training-tightens-test", run) == (30, 30, 40)
    others = table[table.variance_ratio_test_fall <= 1]
    assert (others.weight_decay > 0).all()
    assert others.per_class.tolist().count(40) == 2
    assert (others[others.per_class == 160].zero_error == 768).all()


def test_the_gap_shrinks_more_than_fivefold_and_steadily_in_seven_of_eight(run):
    evidence = judged("test-collapse-approaches-train", run)
    assert holds("test-collapse-approaches-train", run) == (4, 4, 8)
    assert evidence.holds == (True,) * 4 + (None,) * 4  # with weight decay every seed has a burst
    assert min(evidence.values) > 5
    steady = 0
    for decay in run.config["weight_decays"]:
        end = collapse.read_at(run, "steps", 768, decay).set_index(["seed", "per_class"])
        gaps = (end.variance_ratio_test - end.variance_ratio_train).unstack()
        steady += (gaps.diff(axis=1).iloc[:, 1:] < 0).all(axis=1).sum()
    assert steady == 7
    ends = run.to_frame().query("step == 768").groupby(["weight_decay", "per_class"]).median()
    assert (ends.loc[:, 10, :].variance_ratio_shift > ends.loc[:, 10, :].variance_ratio_test).all()
    assert ends.loc[(0.0, 160), "variance_ratio_shift"] / ends.loc[(0.0, 160), "variance_ratio_test"] == pytest.approx(
        0.2, abs=0.02
    )
    assert ends.loc[:, 160, :].variance_ratio_test.min() > 1
    plain = ends.loc[0.0]
    assert plain.cdnv_test.is_monotonic_decreasing
    assert plain.nc1_test.is_monotonic_decreasing


def test_the_anti_correlation_under_three_rules(run):
    assert holds("train-test-anti-correlation", run) == (4, 4, 4)
    assert holds("anti-correlation-only-at-equal-loss", run) == (0, 4, 4)
    assert holds("more-data-collapses-more-slowly", run) == (4, 4, 8)
    assert (np.array(judged("more-data-collapses-more-slowly", run).values) >= 0.5).all()
    assert (collapse.correlations(collapse.read_at(run, "steps", 768)) <= -0.5).all()
    for step in experiment.probe_steps(768):
        if step >= 16:
            assert (collapse.correlations(collapse.read_at(run, "steps", step)) <= -0.5).all()
    assert collapse.shared_epochs(run) == 48
    assert max(run.config["sizes"]) == 16 * min(run.config["sizes"])


def test_the_sign_turns_without_weight_decay_and_not_with_it(run):
    plain, decayed = (collapse.correlations_over_epochs(run, decay) for decay in run.config["weight_decays"])
    assert (plain.loc[:, :8] > 0.4).all(axis=None)
    assert (plain[48] < -0.5).all()
    assert (decayed.median() >= 0.5).all()
    assert (decayed[48] > 0.8).all()


def test_the_new_ratio_falls_with_n_under_every_rule(run):
    for stop in collapse.protocols(run).values():
        medians = collapse.read_at(run, *stop).groupby("per_class").variance_ratio_test.median()
        assert (medians.diff().dropna() < 0).all()


def test_the_loss_of_the_paper_is_quoted_and_was_read_in_the_survey(run, prose):
    assert QUOTES["anti-correlation-loss"].seen
    assert QUOTES["anti-correlation-loss"].text == "1e-6"
    assert "$10^{-6}$" in prose
    assert f"a loss of {run.config['stop_loss']:g} " in prose


# --- exercises


def _gap() -> float:  # as in the chapter's solution
    run = experiment.load("laptop", live=False)
    end = collapse.read_at(run, "steps", run.config["steps"])
    largest = end[end.per_class == max(run.config["sizes"])]
    return (largest.variance_ratio_test - largest.variance_ratio_train).median()


SOLUTIONS = {
    "test-collapse/two-points": lambda: 0.19 / 0.81,
    "test-collapse/shift": lambda: 5.5,
    "test-collapse/gap": _gap,
}


# --- the explorable


def test_the_explorable_holds_the_histories_and_is_small(run):
    fragment = explorables.test_collapse(run)._repr_html_()
    data = json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))
    assert len(data["arms"]) == 40
    assert data["stop"] == {"loss": run.config["stop_loss"], "epochs": 48.0}
    frame = run.to_frame()
    for arm in data["arms"][::7]:
        rows = frame.query(f"weight_decay == {arm['decay']} and per_class == {arm['size']} and seed == {arm['seed']}")
        assert arm["train"] == pytest.approx(rows.variance_ratio_train[rows.step > 0].tolist(), rel=1e-3)
    assert "http" not in fragment.replace("http://www.w3.org", "")
    assert len(fragment) < 100_000


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "epoch"}
    with pytest.raises(ValueError, match=r"run\.history: has no column epoch"):
        explorables.test_collapse(runs.Run(run.config, history, {}, run.provenance))
