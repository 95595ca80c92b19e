"""What "Transfer" says in words about the recorded run, its equations on numbers, and its exercises' solutions."""

import json
import re
from itertools import pairwise

import pytest
import torch

from ncbook import experiments, explorables, metrics, readings, runs
from ncbook.readings import transfer as reading

transfer = experiments.transfer


@pytest.fixture(scope="module")
def run():
    return transfer.load("laptop", live=False)


@pytest.fixture(scope="module")
def table(run):
    return reading.ends(run)


@pytest.fixture(scope="module")
def since(run):
    return reading.since_zero_error(run)


def holds(name: str, run) -> tuple[int, int]:
    (claim,) = [each for each in transfer.CLAIMS if each.id == name]
    found = claim.judge(run)
    return found.holds.count(True), found.valid


# --- the equations


def test_cdnv_is_the_formula_of_the_chapter():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(2).repeat(20)
    points = torch.randn(40, 5, generator=generator, dtype=torch.float64)
    first, second = (points[labels == c] for c in (0, 1))
    spread = sum((each - each.mean(0)).square().sum(1).mean() for each in (first, second))
    expected = spread / (2 * (first.mean(0) - second.mean(0)).square().sum())
    assert metrics.cdnv(points, labels).item() == pytest.approx(expected.item())
    bound = metrics.ncc_error_bound(points, labels, shots=5).item()
    assert bound == pytest.approx(16 * 1 * (1 + 2 / 5) * expected.item())


# --- source classes


def test_the_source_collapses_on_training_images_and_not_on_new_ones(run, table):
    assert holds("source-collapse-on-new-images", run) == (0, 20)
    each = table[table.arm == "per class"]
    assert (each.cdnv_test / each.cdnv_train).min() > 37
    for arm in ("per class", "total"):
        assert table[table.arm == arm].groupby("num_classes").cdnv_test.median().idxmin() == 2
    phases = reading.source_phases(run)
    phases = phases[phases.arm == "per class"]
    assert (len(phases), phases.phase_tells.sum()) == (20, 19)
    assert phases[phases.num_classes <= 10].cdnv_fall.min() > 2900
    assert phases[phases.num_classes == 40].cdnv_fall.max() < 20


def test_accuracy_rises_with_l(run, table):
    assert holds("unseen-accuracy-rises-with-classes", run) == (8, 8)
    ordered = table.sort_values("num_classes").groupby(["arm", "seed"]).probe_acc_target
    assert sum(each.is_monotonic_increasing for _, each in ordered) == 4
    assert all(each.iloc[-1] > each.iloc[0] for _, each in ordered)
    assert (run.config["total"] // 40, run.config["total"] // 2) == (12, 250)


def test_target_cdnv_falls_in_two_of_eight_and_the_gap_in_five(run, table):
    assert holds("unseen-cdnv-falls-with-classes", run) == (2, 8)
    assert holds("unseen-gap-falls-with-classes", run) == (5, 8)
    early = table[table.arm == "per class"].groupby("seed")
    assert all(reading.rank_correlation(own.num_classes, own.cdnv_then) <= -0.9 for _, own in early)
    total = table[table.arm == "total"]
    assert total.groupby("num_classes").cdnv_target.median().idxmin() == 10
    assert all(reading.rank_correlation(own.num_classes, own.cdnv_target) > -0.9 for _, own in total.groupby("seed"))
    times = (table.cdnv_target / table.cdnv_test)[table.num_classes == 40]
    assert times.between(2, 8).all()


def test_the_target_does_not_collapse_with_many_source_classes(run):
    assert holds("unseen-accuracy-high", run) == (4, 4)
    assert holds("unseen-classes-collapse", run) == (0, 3)
    phases = reading.source_phases(run)
    most = phases[(phases.arm == "per class") & (phases.num_classes == 40)]
    assert most.target_fall.between(4.7, 6).all()


def test_against_the_pixels(table):
    assert table.pixels.median() == pytest.approx(2 / 3, abs=0.02)
    assert (table.probe_acc_target < table.pixels)[table.num_classes <= 20].all()
    above = (table.probe_acc_target > table.pixels)[table.num_classes == 40]
    assert above.groupby(table.arm).all().to_dict() == {"per class": True, "total": False}
    assert not above[table.arm == "total"].any()


def test_fewer_source_classes(run, table):
    assert holds("fewer-source-classes-impossible", run) == (0, 8)
    assert holds("fewer-source-classes-lose-information", run) == (6, 8)
    phases = reading.source_phases(run)
    phases = phases[(phases.arm == "per class") & (phases.num_classes < 10)]
    assert phases.phase_tells.all()
    assert phases.cdnv_fall.min() > 5000
    assert holds("longer-training-worse-few-classes", run) == (8, 8)
    nets = table[table.arm == "per class"]
    few = nets[nets.num_classes < 10]
    assert (few.pixels - few.probe_acc_target).min() >= 0.22
    assert (few.probe_then - few.probe_acc_target).min() > 0.09
    two, five = nets[nets.num_classes == 2], nets[nets.num_classes == 5]
    assert two.probe_acc_target.between(0.21, 0.25).all()
    assert five.probe_acc_target.min() > 0.3
    assert (two.untrained - two.probe_acc_target).min() > 0.11
    assert (five.probe_acc_target < five.untrained).sum() == 2
    for rows in (two, five):
        assert (rows.probe_then > rows.untrained).median() == 1
    many = nets[nets.num_classes >= 10]
    assert (many.probe_acc_target < many.probe_then).all()


# --- super-classes


def test_the_probe_falls_in_five_of_the_seven_that_can_be_judged(run, since):
    assert holds("longer-training-worse-transfer", run) == (5, 7)
    coarse = since[since.arm.isin(reading.COARSE)]
    lost = coarse.probe_then - coarse.probe_end
    assert (lost > 0.08).sum() == 3
    last = coarse.epoch == run.config["group_epochs"]
    assert last.sum() == 1
    assert (lost[~last] <= 0).sum() == 2
    assert (coarse.ratio_end < 0.02).all()
    assert holds("more-collapse-worse-transfer", run) == (4, 5)
    (claim,) = [each for each in transfer.CLAIMS if each.id == "more-collapse-worse-transfer"]
    assert claim.judge(run).chance == 0.5


def test_the_nearest_mean_falls_in_all_seven(run, since):
    rows = since[since.arm.isin(reading.COARSE) & (since.epoch < run.config["group_epochs"])]
    assert len(rows) == 7
    assert (rows.ncc_then > 0.8).all()
    assert (rows.ncc_end < 0.5).all()
    unharmed = rows[rows.probe_then <= rows.probe_end]
    assert (unharmed.ratio_then / unharmed.ratio_end > 700).all()


def test_the_controls(run, since):
    assert holds("longer-training-worse-weak-decay", run) == (0, 4)
    by = dict(list(since.groupby("arm")))
    weak, fine, random = by["odd or even, weak decay"], by["fine"], by["random"]
    assert (weak.ratio_end > 0.9).all()
    assert (weak.probe_then - weak.probe_end < 0.01).all()
    assert (fine.probe_end > 0.98).all()
    assert fine.ratio_end.median() < since[since.arm.isin(reading.COARSE)].ratio_end.median()
    assert (random.probe_end < 0.61).all()
    assert (random.ratio_end > 0.1).all()


def test_layers_after_super_classes(run):
    assert holds("middle-layer-better-after-super-classes", run) == (7, 7)
    layers = reading.final_layers(run, "groups").loc[list(reading.COARSE)]
    hidden = layers.drop(columns="input")
    assert (hidden.idxmax(axis=1) == "hidden1").all()
    assert (hidden.hidden1 - hidden["last"]).min() > 0.04
    assert (hidden.hidden1 - layers.input).min() > 0.03


def test_layers_after_source_classes(run):
    assert holds("middle-layer-better-for-unseen", run) == (19, 19)
    layers = reading.final_layers(run, "source").loc["per class"]
    few = layers[layers.index.get_level_values("num_classes") < 10]
    assert (few.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)
    gain = layers.drop(columns=["input", "last"]).max(axis=1) - layers["last"]
    counts = layers.index.get_level_values("num_classes")
    assert (gain >= 0.02).sum() == 20
    assert gain[(counts == 10) | (counts == 20)].between(0.1, 0.19).all()
    assert gain[counts == 40].between(0.045, 0.075).all()


def test_the_residual_loses_the_fine_classes(run, since):
    assert holds("residual-recovers-fine-classes", run) == (0, 7)
    coarse = since[since.arm.isin(reading.COARSE)]
    assert coarse.cluster_end.median() == pytest.approx(0.4, abs=0.03)
    assert coarse.cluster_end.max() < 0.5
    falls = (coarse.ratio_then / coarse.ratio_end)[coarse.epoch < run.config["group_epochs"]]
    assert falls.min() > 50
    assert falls.max() < 1100
    assert coarse.probe_end.median() == pytest.approx(0.9, abs=0.02)
    frame = reading.part(run, "groups")
    medians = frame[frame.arm.isin(reading.COARSE)].groupby(["arm", "layer", "epoch"]).cluster_acc_train.median()
    for arm in reading.COARSE:
        assert medians[arm, "input", 0] > medians[arm, "last"].max()
    weak = since[since.arm == "odd or even, weak decay"]
    assert (weak.cluster_end > weak.cluster_then).sum() == 4
    assert since[since.arm == "random"].cluster_end.max() < 0.3


# --- super-classes of MNIST


def test_on_mnist_collapse_and_loss_come_with_the_strong_decay_alone():
    mnist = transfer.load("laptop-mnist", live=False)
    table, below = reading.since_memorized(mnist), reading.below_weak(mnist).below
    assert table.tells.all()
    strong, weak = (table[table.arm.isin(arms)] for arms in (reading.COARSE, reading.WEAKLY))
    assert strong.ratio_fall.min() > 100
    assert weak.ratio_end.min() > 1
    assert (strong.probe_best - strong.probe_end).min() > 0.02 > (weak.probe_best - weak.probe_end).max()
    assert below.min() > 0.05
    assert strong.correlation.min() >= 0.5
    assert strong.cluster_end.between(0.25, 0.31).all()
    assert not reading.phases(mnist).phase_tells.all()  # so that its rules are others than those of the digits


def test_on_mnist_both_decays_learn_the_super_classes_equally_well():
    last = reading.part(transfer.load("laptop-mnist", live=False), "groups", reading.LAST)
    ended = last[last.epoch == last.epoch.max()].groupby("arm")[["test_error", "ncc_acc_test"]].median()
    for strong, weak in zip(reading.COARSE, reading.WEAKLY, strict=True):
        assert ended.test_error[strong] == pytest.approx(ended.test_error[weak], abs=0.01)
    assert (1 - ended.test_error - ended.ncc_acc_test).abs().max() < 0.01


# --- exercises


def _lost() -> float:  # as in the chapter's solution
    since = reading.since_zero_error(transfer.load("laptop", live=False))
    rows = since[since.arm == "odd or even"]
    return (rows.probe_then - rows.probe_end).median()


SOLUTIONS = {
    "transfer/points": lambda: 0.4,
    "transfer/useful": lambda: 0.00248,
    "transfer/lost": _lost,
}


def _few_shot(shown, labels, new):  # as in the chapter's solution
    names = labels.unique()
    means = torch.stack([shown[labels == name].mean(0) for name in names])
    return names[torch.cdist(new, means).argmin(dim=1)]


def nearest_point(shown, labels, new):
    return labels[torch.cdist(new, shown).argmin(dim=1)]


def by_product(shown, labels, new):
    names = labels.unique()
    means = torch.stack([shown[labels == name].mean(0) for name in names])
    return names[(new @ means.T).argmax(dim=1)]


def places(shown, labels, new):
    return torch.searchsorted(labels.unique(), _few_shot(shown, labels, new))


FUNCTIONS = {"transfer/write-few-shot": (_few_shot, [nearest_point, by_product, places])}


def test_the_bound_that_would_help_is_far_below_what_was_measured(table):
    assert table.cdnv_target.min() > 100 * 0.00248
    best = table.loc[table.cdnv_target.idxmin()]
    assert best.ncc_acc_target > 0.5


# --- the explorable


def test_the_explorable_holds_the_probes_and_is_small(run):
    fragment = explorables.transfer(run)._repr_html_()
    data = json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))
    assert [arm["name"] for arm in data["arms"]] == list(reading.ARMS)
    frame = reading.part(run, "groups")
    rows = frame[(frame.arm == "random") & (frame.epoch == data["epochs"][-1]) & (frame.layer == data["layers"][1])]
    assert data["arms"][4]["probe"]["middle"][-1][1] == pytest.approx(rows.probe_acc_target.median(), rel=1e-3)
    assert data["arms"][4]["ncc"]["low"][-1][1] == pytest.approx(rows.ncc_acc_target.min(), rel=1e-3)
    assert data["arms"][4]["trained"]["test"][-1] == pytest.approx(1 - rows.test_error.median(), rel=1e-3)
    assert "http" not in fragment.replace("http://www.w3.org", "")
    assert len(fragment) < 60_000


def test_the_explorable_opens_before_the_fall(run):
    fragment = explorables.transfer(run)._repr_html_()
    data = json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))
    (start,) = re.findall(r'name="epoch"[^>]*value="(\d+)"', fragment)
    last = [layers[-1] for layers in data["arms"][0]["ncc"]["middle"]]
    falls = [before - after for before, after in pairwise(last)]
    assert int(start) == falls.index(max(falls))
    assert max(falls) > 0.3


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "layer"}
    with pytest.raises(ValueError, match=r"run\.history: has no column layer"):
        explorables.transfer(runs.Run(run.config, history, {}, run.provenance))


# --- the tables


def test_the_tables_say_what_the_readings_say(run, table, since):
    tables = readings.transfer_tables
    longer = tables.longer(run).set_index("trained on")
    assert list(longer.index) == list(reading.ARMS)
    rows = since[since.arm == "odd or even"]
    assert (
        longer["nearest mean, %"]["odd or even"]
        == f"{100 * rows.ncc_then.median():.1f} to {100 * rows.ncc_end.median():.1f}"
    )
    against = tables.against_classes(run)
    assert len(against) == 10
    own = table[(table.arm == "total") & (table.num_classes == 40)]
    assert against.iloc[-1]["V, target"] == f"{own.cdnv_target.median():.2f}"
    few = tables.few(run).set_index("source classes")
    assert few["above pixels"].to_dict() == {count: f"{4 * (count == 40)} of 4 seeds" for count in (2, 5, 10, 20, 40)}
