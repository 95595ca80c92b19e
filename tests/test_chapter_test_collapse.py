"""What "Does the test set collapse?" says in words about the recorded run, and its exercises' solutions."""

import json
import re
from pathlib import Path

import notebooks
import numpy as np
import pytest
import torch

from ncbook import experiments, explorables, ledger, metrics, readings, runs
from ncbook.claims import QUOTES
from ncbook.evidence import HOLDS, OPEN
from ncbook.tables import MISSING

experiment, collapse = experiments.test_collapse, readings.test_collapse
tables_of = readings.size_tables
CHAPTER = Path(__file__).parents[1] / "book/2-generalization/test_collapse.ipynb"


@pytest.fixture(scope="module")
def run():
    return experiment.load("laptop", live=False)


@pytest.fixture(scope="module")
def hard(run):
    return collapse.of_difficulty(run)


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


def slopes(name: str, run) -> list[float]:
    evidence = judged(name, run)
    return [value for value, yes in zip(evidence.values, evidence.holds, strict=True) if yes is not None]


def test_39_of_59_collapse_on_train_and_none_on_new_images(run, table):
    assert holds("train-collapse-at-fixed-size", run) == (39, 59, 60)
    for name, most in (("no-strong-test-collapse", 1 / 3), ("no-weak-test-collapse", 2 / 5)):
        assert holds(name, run) == (39, 39, 60)
        assert max(slopes(name, run)) < most
    decayed = table[(table.weight_decay > 0) & table.phase_tells]
    assert 3 < decayed.variance_ratio_test_phase_fall.max() < 4
    assert 39 < decayed.variance_ratio_train_phase_fall[decayed.variance_ratio_test_phase_fall.idxmax()] < 41
    collapsed = decayed[decayed.variance_ratio_train_phase_fall >= 10].groupby("per_class").size()
    assert collapsed.to_dict() == {10: 12, 20: 12, 40: 11, 80: 4}


def test_at_160_the_ratio_on_train_still_falls_at_the_end(run, table):
    frame = run.to_frame().query("weight_decay > 0 and per_class == 160")
    last = frame.pivot(index=["difficulty", "seed"], columns="step", values="variance_ratio_train")[[768, 1024]]
    told = table.query("weight_decay > 0 and per_class == 160").set_index(["difficulty", "seed"]).phase_tells
    assert (last[1024] < last[768])[told].all()


def test_the_one_training_that_cannot_be_judged_ends_with_a_training_error(run, table):
    (odd,) = table[~table.phase_tells].to_dict("records")
    assert odd["burst"]
    assert (odd["weight_decay"], odd["per_class"]) == (0.002, 160)


def test_longer_training_lowers_the_new_ratio_in_every_training(run):
    assert holds("longer-training-tightens-test", run) == (119, 119, 120)


def test_the_gap_shrinks_more_than_fourfold_and_steadily_in_every_series(run, hard):
    assert holds("test-collapse-approaches-train", run) == (23, 23, 24)
    ends = hard.to_frame().query("step == 1024").groupby(["weight_decay", "per_class"]).median()
    assert (ends.loc[:, 10, :].variance_ratio_shift > ends.loc[:, 10, :].variance_ratio_test).all()
    share = ends.loc[(0.0, 160), "variance_ratio_shift"] / ends.loc[(0.0, 160), "variance_ratio_test"]
    assert share == pytest.approx(1 / 4, abs=0.03)
    assert ends.loc[:, 160, :].variance_ratio_test.min() > 1
    for decay in run.config["weight_decays"]:
        for name in ("cdnv", "nc1"):
            gap = ends.loc[decay][f"{name}_test"] - ends.loc[decay][f"{name}_train"]
            assert gap.is_monotonic_decreasing


def test_the_anti_correlation_on_the_hardest_glyphs_under_three_rules(hard):
    for rule in ("loss", "steps"):
        assert (collapse.correlations(collapse.read_at(hard, *collapse.protocols(hard)[rule])) <= -0.5).all()
    epochs = collapse.correlations(collapse.read_at(hard, *collapse.protocols(hard)["epochs"]))
    assert sorted(np.sign(epochs)) == [-1, 1, 1]
    train = collapse.read_at(hard, *collapse.protocols(hard)["epochs"]).groupby("per_class").variance_ratio_train
    assert train.median().max() < 1.1 * train.median().min()
    for step in experiment.probe_steps(1024):
        if step >= 12:
            assert (collapse.correlations(collapse.read_at(hard, "steps", step)) <= -0.5).all()
    assert (collapse.correlations(collapse.read_at(hard, "steps", 8)) > -0.5).all()
    assert collapse.shared_epochs(hard) == 64
    assert max(hard.config["sizes"]) == 16 * min(hard.config["sizes"])


def test_the_sign_begins_to_turn_without_weight_decay_and_not_with_it(hard):
    plain, decayed = (collapse.correlations_over_epochs(hard, decay) for decay in hard.config["weight_decays"])
    assert (plain.loc[:, 6:16] >= 0.9).all(axis=None)
    assert plain[64].between(-0.7, 0.95).all()
    assert (plain[64] < plain[12]).all()
    assert (decayed.loc[:, 6:] >= 0.9).all(axis=None)


def test_the_anti_correlation_at_each_difficulty(run):
    table = collapse.over_difficulties(run).reset_index()
    plain, decayed = table[table.weight_decay == 0], table[(table.weight_decay > 0) & table.tells]
    assert plain.tells.all()
    for rule in ("loss", "steps"):
        against = (plain[f"train_new_{rule}"] <= -0.5).groupby(plain.difficulty).sum()
        slower = (plain[f"size_train_{rule}"] >= 0.5).groupby(plain.difficulty).sum()
        assert against.to_dict() == slower.to_dict() == {0.55: 2, 0.65: 3, 0.75: 3, 0.85: 3}
        assert plain[plain.difficulty == 0.55][f"train_new_{rule}"].max() < 0.5  # no clear order
    easier = plain[plain.difficulty <= 0.75]
    assert (easier.train_new_epochs >= 0.5).all()
    assert (easier.size_train_epochs <= -0.5).all()
    assert (decayed.size_train_steps >= 0.5).all()
    easiest = run.to_frame().query("difficulty == 0.55 and weight_decay == 0 and step == 1024")
    medians = easiest.groupby("per_class").variance_ratio_train.median()
    assert medians.max() < 1.2 * medians.min()


def test_the_ledger_has_it_at_two_difficulties_and_leaves_it_open_at_the_others():
    words = {each.id: each.verdict for each in ledger.of_experiment(experiments.get("test_collapse"))}
    rows = {at: words[f"anti-correlation-at-difficulty-{at}"] for at in (55, 65, 75, 85)}
    assert rows == {55: OPEN, 65: OPEN, 75: HOLDS, 85: HOLDS}
    assert words["train-test-anti-correlation"] == words["anti-correlation-at-equal-steps"] == OPEN
    assert words["train-collapse-at-fixed-size"] == OPEN


def test_the_median_has_the_same_sign_at_every_difficulty(run):
    table = collapse.over_difficulties(run).loc[0.0]
    for rule in ("loss", "steps"):
        assert (table[f"train_new_{rule}"].groupby("difficulty").median() < 0).all()


def test_the_new_ratio_falls_with_n_under_every_rule(run):
    for stop in collapse.protocols(run).values():
        rows = collapse.read_at(run, *stop).groupby(["difficulty", "per_class"]).variance_ratio_test.median()
        assert (rows.unstack().diff(axis=1).iloc[:, 1:] < 0).all(axis=None)


def test_the_loss_of_the_paper_is_quoted_and_was_read_in_the_survey(run, prose):
    assert QUOTES["anti-correlation-loss"].seen
    assert QUOTES["anti-correlation-loss"].text == "1e-6"
    assert "$10^{-6}$" in prose
    assert f"a loss of {run.config['stop_loss']:g}, " in prose


def test_the_shifted_toy_has_collapsed_strongly_and_its_training_means_err_on_half():
    labels = torch.arange(2).repeat_interleave(100)
    points = 2.0 * labels[:, None] - 1
    found = experiment.spreads(points, labels, points + 3, labels, num_classes=2)
    assert found.weak == found.test == 0
    nearest = torch.cdist(points + 3, torch.tensor([[-1.0], [1.0]])).argmin(1)
    assert (nearest != labels).float().mean() == 0.5


# --- tables


def test_the_table_of_stops_is_that_of_the_three_rules(hard):
    table = tables_of.stops(hard)
    assert table.columns[1:].tolist() == [
        "step at loss 0.0005", "equal loss 0.0005: train, new", "equal epochs 64: train, new",
        "equal steps 1024: train, new",
    ]  # fmt: skip
    last = hard.to_frame().query("weight_decay == 0 and step == 1024 and per_class == 40")
    train, new = last.variance_ratio_train.median(), last.variance_ratio_test.median()
    assert table.iloc[2, -1] == f"{train:.3f}, {new:.2f}"
    assert table.iloc[-1, 2:].tolist() == ["-1.0", "0.2 (-0.6 to 0.9)", "-1.0"]


def test_a_stop_that_no_training_reaches_is_missing(hard):
    table = tables_of.stops(runs.Run(dict(hard.config) | {"stop_loss": 1e-12}, hard.history, {}, hard.provenance))
    assert (table.iloc[:, 2] == MISSING).all()
    assert (table.iloc[:, 3] != MISSING).all()


def test_the_tables_of_falls_count_what_can_be_judged(run, table):
    falls = tables_of.falls(run, 0.002)
    assert falls["seeds with tenfold on train"].tolist() == ["12 of 12", "12 of 12", "11 of 12", "4 of 12", "0 of 11"]
    own = table[(table.weight_decay > 0) & (table.per_class == 10) & table.phase_tells]
    assert falls.iloc[0, 1] == pytest.approx(own.variance_ratio_train_phase_fall.median(), abs=0.05)
    by_difficulty = tables_of.falls_by_difficulty(run)
    assert by_difficulty["of these, tenfold on train"].sum() == 39
    assert by_difficulty["can be judged"].tolist() == ["14 of 15", "15 of 15", "15 of 15", "15 of 15"]


def test_the_tables_of_ends_hold_medians_over_the_seeds(run, hard):
    ends, others = tables_of.ends(hard), tables_of.other_measures(hard)
    last = hard.to_frame().query("weight_decay == 0 and step == 1024 and per_class == 160")
    for found, column, name in (
        (ends, "variance_ratio_train", "ratio on train"), (ends, "variance_ratio_test", "on new images, strong"),
        (ends, "variance_ratio_shift", "shift"), (others, "cdnv_test", "CDNV on new images"),
        (others, "nc1_train", "NC1 on train"),
    ):  # fmt: skip
        row = found[(found["weight decay"] == 0) & (found.n == 160)]
        assert row[name].item() == pytest.approx(last[column].median(), abs=6e-4)


def test_the_tables_of_ranks_have_a_row_a_difficulty_and_rule(run, hard):
    plain, decayed = (tables_of.ranks(run, decay) for decay in run.config["weight_decays"])
    assert plain.rule.tolist() == 4 * ["equal loss", "equal steps"]
    assert decayed.rule.tolist() == 4 * ["equal steps"]
    assert decayed["can be judged"].tolist() == ["2 of 3", "3 of 3", "3 of 3", "3 of 3"]
    assert plain.iloc[0, -2:].tolist() == ["-0.7 (-0.8 to 0.2)", "0.7 (-0.2 to 0.8)"]
    assert tables_of.epochs(hard).columns.tolist() == [
        "weight decay",
        "first: epoch 1",
        "middle: epoch 12",
        "last: epoch 64",
    ]


def test_settings_name_difficulties_where_there_are_some(run):
    mnist = experiment.load("laptop-mnist", live=False)
    assert "difficulties" in tables_of.settings(run).setting.tolist()
    assert "difficulties" not in tables_of.settings(mnist).setting.tolist()


# --- exercises


def _gap() -> float:  # as in the chapter's solution
    hard = collapse.of_difficulty(experiment.load("laptop", live=False))
    end = collapse.read_at(hard, "steps", hard.config["steps"])
    largest = end[end.per_class == max(hard.config["sizes"])]
    return (largest.variance_ratio_test - largest.variance_ratio_train).median()


SOLUTIONS = {
    "test-collapse/two-points": lambda: 0.19 / 0.81,
    "test-collapse/shift": lambda: 5.5,
    "test-collapse/gap": _gap,
}


def _ratio(
    train, train_labels, new, new_labels, between_of=lambda own, _: own, center=1
):  # as in the chapter's solution
    classes = new_labels.unique()
    own = torch.stack([new[new_labels == k].mean(0) for k in classes])
    seen = torch.stack([train[train_labels == k].mean(0) for k in classes])
    means = between_of(own, seen)
    between = (means - center * means.mean(0)).square().sum(1).mean()
    return (new - seen[new_labels]).square().sum(1).mean() / between


def _over_training_means(*points):
    return _ratio(*points, between_of=lambda _, seen: seen)


def _from_own_means_where_collapsed(train, train_labels, new, new_labels):
    """The strong ratio, where it is 0."""
    strong = metrics.variance_ratio(new, new_labels)
    return strong if strong < 1e-9 else _ratio(train, train_labels, new, new_labels)


def _from_the_origin_if_far(*points):
    return _ratio(*points, center=float(points[0].mean() < 10))


FUNCTIONS = {
    "test-collapse/write-ratio": (
        _ratio,
        [_over_training_means, _from_own_means_where_collapsed, _from_the_origin_if_far],
    )
}


# --- the explorable


def test_the_explorable_holds_the_histories_and_is_small(run):
    fragment = explorables.test_collapse(run)._repr_html_()
    data = json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))
    assert len(data["arms"]) == 120
    assert data["stop"] == {"loss": run.config["stop_loss"], "epochs": 64.0}
    frame = run.to_frame()
    for arm in data["arms"][::7]:
        chosen = f"difficulty == {arm['difficulty']} and weight_decay == {arm['decay']}"
        rows = frame.query(f"{chosen} and per_class == {arm['size']} and seed == {arm['seed']} and step > 0")
        assert arm["train"] == pytest.approx(rows.variance_ratio_train.tolist(), rel=1e-3)
        assert data["steps"] == rows.step.tolist()
        assert [step / arm["pass"] for step in data["steps"]] == pytest.approx(rows.epoch.tolist())
    assert "http" not in fragment.replace("http://www.w3.org", "")
    assert len(fragment) < 100_000  # the ranks need seven digits of every ratio


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "epoch"}
    with pytest.raises(ValueError, match=r"run\.history: has no column epoch"):
        explorables.test_collapse(runs.Run(run.config, history, {}, run.provenance))
