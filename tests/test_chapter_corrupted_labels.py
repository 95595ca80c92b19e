"""What the chapter on corrupted labels says in words, its equations on numbers, and its exercises."""

import math

import numpy as np
import pytest
import torch

from ncbook import exercises, experiments, explorables, figures, metrics, readings, runs
from ncbook.claims import QUOTES
from ncbook.explorables.corrupted_labels import rates as plane_rates
from ncbook.figures.corrupted_labels import _moments
from ncbook.tables import MISSING

CORRUPTED = experiments.corrupted_labels
CORRUPTED_READING, TABLES = readings.corrupted_labels, readings.label_tables


@pytest.fixture(scope="module")
def run():
    return CORRUPTED.load("laptop")


@pytest.fixture(scope="module")
def frame(run):
    rows = run.to_frame()
    return rows[rows.part.isin(["rates", "training"])]


@pytest.fixture(scope="module")
def found(run):
    return readings.corrupted_labels.outcomes(run)


@pytest.fixture(scope="module")
def top(found):
    return found[found.label_noise == 0.4]


def by_seed(rows, column: str):
    """[seeds, arms]."""
    return rows.pivot(index="seed", columns="arm", values=column)


# --- the mathematics


def random_classes() -> tuple[torch.Tensor, torch.Tensor]:
    chance = torch.Generator().manual_seed(4)
    points = torch.randn(90, 6, generator=chance).double()
    return points / points.norm(dim=1, keepdim=True), torch.randint(3, (90,), generator=chance)


def test_the_rate_is_that_of_the_equation_and_counts_balls():
    points, _ = random_classes()
    values = torch.linalg.eigvalsh(points.T @ points / 90)
    rate = metrics.coding_rate(points, 0.3).item()
    assert rate == pytest.approx((1 + 6 * values / 0.3).log().sum().item() / 2)
    half_axes = (6 * values + 0.3).sqrt()
    assert math.exp(rate) == pytest.approx((half_axes / 0.3**0.5).prod().item())
    assert values.sum().item() == pytest.approx(1)


def test_the_rate_of_the_classes_is_their_average():
    points, labels = random_classes()
    parts = sum((labels == k).double().mean() * metrics.coding_rate(points[labels == k], 0.3) for k in range(3))
    assert metrics.class_coding_rate(points, labels, 0.3).item() == pytest.approx(parts.item())
    reduction = metrics.rate_reduction(points, labels, 0.3).item()
    assert reduction == pytest.approx((metrics.coding_rate(points, 0.3) - parts).item())


@pytest.mark.parametrize(("angle", "spread", "radius"), [(90, 0.02, 0.2), (25, 0.1, 0.5), (0, 0.0, 0.2), (60, 0.5, 1)])
def test_the_plane_of_figure_and_explorable_agrees_with_the_measure(angle, spread, radius):
    half = math.radians(angle) / 2
    classes = []
    for sign in (-1, 1):  # four points with the second moments of the class
        values, directions = np.linalg.eigh(_moments(sign * half, spread))
        points = np.concatenate([directions.T * np.sqrt(2 * values.clip(0))[:, None]] * 2)
        classes.append(torch.from_numpy(points * np.array([1, 1, -1, -1])[:, None]))
    whole, parts = plane_rates(angle, spread, radius)
    labels = torch.tensor([0] * 4 + [1] * 4)
    assert metrics.coding_rate(torch.cat(classes), radius**2).item() == pytest.approx(whole)
    assert metrics.class_coding_rate(torch.cat(classes), labels, radius**2).item() == pytest.approx(parts)


def test_what_the_reader_is_told_to_look_for():
    def reduction(*values: float) -> float:
        return float(np.subtract(*plane_rates(*values)))

    spreads = [reduction(90, spread, 0.2) for spread in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] == pytest.approx(0, abs=1e-12)
    radii = [reduction(90, 0, radius) for radius in (0.001, 0.01, 0.1, 1, 10)]
    assert radii == sorted(radii, reverse=True)
    assert radii[0] > 6
    assert radii[-1] < 0.001
    assert [reduction(0, spread, 0.2) for spread in (0, 0.2, 0.5)] == pytest.approx([0, 0, 0])


def test_the_figure_of_balls_says_what_its_alternative_text_says(run):
    labels = " ".join(panel.get_xlabel() for panel in figures.counting_balls(run).axes)
    assert "whole 21.7 balls, class 9.6" in labels
    assert "whole 13.6 balls, class 9.6" in labels
    assert "whole 6.5 balls, class 6.5" in labels
    for number in ("ΔR = 0.81", "ΔR = 0.35", "ΔR = 0.00"):
        assert number in labels


def test_accuracy_on_corrupted_labels_is_that_of_the_equation(frame):
    rows = frame[(frame.part == "training") & (frame.label_noise > 0) & ~frame.arm.str.startswith("rate")]
    expected = (1 - rows.label_noise) * rows.test_acc + rows.label_noise / 10
    assert abs((rows.validation_acc - expected).mean()) < 0.02
    assert np.corrcoef(rows.validation_acc, expected)[0, 1] > 0.9


# --- the words about rates


def test_numbers_of_the_survey():
    published = CORRUPTED_READING.PUBLISHED
    for ratio, quote in ((0.0, "corruption-clean"), (0.4, "corruption-gap")):
        numbers = [f"{published[arm][ratio]:.1f} % by {arm}" for arm in ("cross-entropy", "rate reduction")]
        assert QUOTES[quote].text.endswith(", ".join(numbers))


def test_the_arrangements(frame):
    rows = frame[(frame.part == "rates") & (frame.dim == 128)]
    table = rows.groupby(["per_class", "arm"])[["coding_rate", "class_coding_rate", "rate_reduction"]].median()
    few, many = table.loc[100], table.loc[1000]
    assert few.rate_reduction.idxmin() == "simplex"
    subspaces, simplex = few.loc["orthogonal subspaces"], few.loc["simplex"]
    assert subspaces.class_coding_rate - simplex.class_coding_rate == pytest.approx(16, abs=0.5)
    assert subspaces.coding_rate - simplex.coding_rate == pytest.approx(52, abs=0.5)
    assert few.class_coding_rate.min() == pytest.approx(simplex.class_coding_rate)
    assert few.rate_reduction["random"] > few.rate_reduction["simplex"]
    assert many.rate_reduction["random"] < 2
    assert few.rate_reduction["simplex"] == pytest.approx(many.rate_reduction["simplex"])


def test_what_clean_networks_learn(found):
    clean = found[found.label_noise == 0]
    mid = clean.groupby("arm")[["class_rank_end", "rank_end", "unit_variance_ratio_train_end"]].median()
    assert mid.class_rank_end["cross-entropy"] < 1.5
    assert mid.rank_end["cross-entropy"] == pytest.approx(8, abs=0.5)
    assert mid.class_rank_end["rate reduction"] == pytest.approx(6, abs=0.5)
    assert mid.rank_end["rate reduction"] > 0.9 * 64
    assert mid.unit_variance_ratio_train_end["rate reduction"] / mid.unit_variance_ratio_train_end[
        "cross-entropy"
    ] == pytest.approx(100, rel=0.1)


# --- the words about corrupted labels


def test_sizes_of_the_text(run):
    config = run.config
    assert (10 * config["train_per_class"], config["held_out"], config["width"], config["dim"]) == (1200, 200, 128, 64)
    assert (config["batch_size"], config["learning_rate"], config["epochs"]) == (100, 0.05, 40)
    assert (config["large_batch"], config["small_rate"], config["long_epochs"]) == (500, 0.01, 120)
    assert (config["components"], config["longer"], config["probes"], config["eps_sq"]) == (6, 3, 9, 0.5)
    assert config["strong_decay"] == pytest.approx(20 * config["weight_decay"])
    assert len(config["seeds"]) == 3


def test_twenty_points_and_what_is_left_of_them(top):
    ends = by_seed(top, "end")
    gap = ends["rate reduction"] - ends["cross-entropy"]
    assert sorted((100 * gap).round()) == [18, 20, 20]
    assert (100 * ends.median()[["cross-entropy", "same schedule"]]).round().tolist() == [71, 82]
    left = (ends["rate reduction"] - by_seed(top, "best_end")["same schedule"]) / gap
    assert left.between(0.27, 0.4).all()
    assert ((ends["same schedule"] - ends["cross-entropy"]) / gap > 0.5).all()
    longer = (ends["rate reduction, longer"] - ends["cross-entropy"]) / gap
    assert [round(100 * share) for share in (longer.min(), longer.max())] == [21, 39]
    assert ends["rate reduction, longer"].median() == pytest.approx(0.76, abs=0.01)
    others = ends[["label smoothing", "weight decay"]].sub(ends["cross-entropy"], axis=0)
    assert others.abs().to_numpy().max() == pytest.approx(0.05, abs=0.003)


def test_each_loss_has_its_classifier(frame):
    last = frame[frame.label_noise == 0.4].groupby(["arm", "seed"], sort=False).tail(1)
    mid = 100 * last.groupby("arm")[["test_acc", "unit_ncc_acc_test", "subspace_acc_test"]].median()
    crossed, reduced = mid.loc["cross-entropy"], mid.loc["rate reduction"]
    assert crossed.test_acc - crossed.subspace_acc_test == pytest.approx(19, abs=0.5)
    assert reduced.subspace_acc_test - reduced.unit_ncc_acc_test == pytest.approx(5, abs=0.5)
    for arm in ("same schedule", "label smoothing", "weight decay"):
        assert mid.subspace_acc_test[arm] < mid.test_acc[arm]


def test_memorized_labels(top, frame):
    share = by_seed(top, "wrong_acc_given_end")
    everything = share[["cross-entropy", "label smoothing", "weight decay"]]
    assert (everything > 0.995).all().all()
    assert share["rate reduction, longer"].median() == pytest.approx(0.9, abs=0.02)
    at_half = {}
    for arm, own in (
        ("cross-entropy", "test_acc"),
        ("same schedule", "test_acc"),
        ("rate reduction, longer", "subspace_acc_test"),
    ):
        nets = frame[(frame.label_noise == 0.4) & (frame.arm == arm)].groupby("seed")
        at_half[arm] = np.median([np.interp(0.5, np.maximum.accumulate(net.wrong_acc_given), net[own])
                                  for _, net in nets])  # fmt: skip
    assert [round(100 * value) for value in at_half.values()] == [76, 86, 91]


def test_early_stopping(top):
    stopped, ends, best = (by_seed(top, column) for column in ("stopped", "end", "best"))
    assert stopped["cross-entropy"].median() == pytest.approx(0.91, abs=0.005)
    assert (best - stopped)["cross-entropy"].max() < 0.01
    gain = stopped["cross-entropy"] - ends["cross-entropy"]
    assert gain.median() == pytest.approx((ends["rate reduction"] - ends["cross-entropy"]).median(), abs=0.005)
    lead = 100 * stopped.sub(stopped["rate reduction"], axis=0).abs()
    assert [lead["cross-entropy"].min().round(1), lead["cross-entropy"].max().round(1)] == [1.5, 6.5]
    assert lead["same schedule"].between(1.8, 3.5).all()
    assert (stopped["rate reduction"] > stopped["same schedule"]).all()
    crossed = top[top.arm == "cross-entropy"]
    assert (crossed.unit_variance_ratio_train_stop / crossed.unit_variance_ratio_train_end).median() == pytest.approx(
        4, abs=0.3
    )
    assert crossed.own_train_stop.median() == pytest.approx(0.6, abs=0.03)


def test_all_stay_above_ninety_percent_when_stopped(found):
    shown = found[found.arm.isin(("cross-entropy", "same schedule", "rate reduction"))]
    assert (shown.groupby(["arm", "label_noise"]).stopped.median() > 0.9).all()


def test_dilation(found, frame):
    crossed = found[found.arm == "cross-entropy"]
    ends = crossed.pivot(index="seed", columns="label_noise", values="unit_variance_ratio_test_end")
    assert (ends[0.4] / ends[0.0]).median() == pytest.approx(14, abs=0.5)
    course = frame[(frame.arm == "cross-entropy") & (frame.label_noise > 0)]
    medians = course.pivot_table(
        index="epoch", columns="label_noise", values="unit_variance_ratio_test", aggfunc="median"
    )
    assert (medians.idxmin() == 2).all()
    smooth = found[found.arm == "label smoothing"].set_index("seed").unit_variance_ratio_test_end
    assert (smooth > ends[0.4]).all()


def test_the_indicator(top):
    for _, nets in top.groupby("seed"):
        assert nets.unit_variance_ratio_train_end.rank().corr(nets.end.rank()) > 0.7
        assert nets.wrong_acc_given_end.rank().corr(nets.end.rank()) == pytest.approx(-0.94, abs=0.005)
    mid = top.groupby("arm")[["unit_variance_ratio_train_end", "end"]].median()
    assert mid.unit_variance_ratio_train_end.idxmin() == "weight decay"
    assert mid.unit_variance_ratio_train_end["rate reduction, longer"] == pytest.approx(8, abs=0.2)
    assert abs(mid.end["weight decay"] - mid.end["cross-entropy"]) < 0.01


# --- the explorable


def test_verdicts_of_the_text(run):
    found = {claim.id: claim.judge(run) for claim in experiments.corrupted_labels.CLAIMS}
    assert {name for name, evidence in found.items() if evidence.share == 0} == {
        "robustness-is-in-the-loss", "rate-reduction-does-not-fit-labels", "smoothing-dilates-less",
    }  # fmt: skip
    assert {evidence.share for evidence in found.values()} == {0, 1}
    assert found["collapse-indicates-no-robustness"].chance == pytest.approx(0.15, abs=0.005)


def test_cross_entropy_does_not_collapse_after_its_last_error(run):
    phases = readings.corrupted_labels.phases(run)
    top = phases[(phases.arm == "cross-entropy") & (phases.label_noise == 0.4)]
    assert top.ratio_fall.between(1, 1.1).all()
    assert not top.phase_tells.any()


def test_the_long_training_collapses_on_its_wrong_labels(run):
    fitted = readings.corrupted_labels.outcomes(run, "fitted")
    assert (fitted.own_train_end == 1).all()
    assert fitted.unit_variance_ratio_train_end.max() < 0.02
    assert (fitted.epoch_stop == 24).all()
    phases = readings.corrupted_labels.phases(run, "fitted")
    assert phases.phase_tells.all()
    assert (phases.ratio_fall >= 10).all()


def test_the_gap_at_the_other_ratios(run):
    between = readings.corrupted_labels.outcomes(run, "ratios")
    gaps = between.pivot(index=["label_noise", "seed"], columns="arm", values="end")
    gaps = (gaps["rate reduction"] - gaps["cross-entropy"]).unstack("label_noise")
    assert (gaps.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert gaps[0.5].min() > 0.18


def test_the_explorable_says_its_numbers_without_html(run):
    text = repr(explorables.corrupted_labels(run))
    assert "neural collapse of two classes: one line: whole 7.14 balls, class 7.14." in text
    assert "simplex 12.4" in text


def test_the_explorable_is_small_and_asks_for_nothing(run):
    fragment = explorables.corrupted_labels(run)._repr_html_()
    assert len(fragment.encode()) < 50_000
    assert "https:" not in fragment
    assert fragment.count("<label") == 4
    assert fragment.count('role="img" tabindex="0"') == fragment.count("<canvas ") == 1


def test_the_explorable_refuses_other_runs():
    with pytest.raises(ValueError, match="no part 'rates'"):
        explorables.corrupted_labels(experiments.margins.load("laptop"))


# --- tables


def test_what_is_left_of_the_lead(run, top):
    leads = CORRUPTED_READING.leads(run)
    ends, stopped = by_seed(top, "end"), by_seed(top, "stopped")
    for column, ahead in (
        ("each in its own setting", ends["rate reduction"] - ends["cross-entropy"]),
        ("best classifier", ends["rate reduction"] - by_seed(top, "best_end")["cross-entropy"]),
        ("same schedule", ends["rate reduction"] - ends["same schedule"]),
        ("same schedule, best classifier", ends["rate reduction"] - by_seed(top, "best_end")["same schedule"]),
        ("rate reduction trained longer", ends["rate reduction, longer"] - ends["cross-entropy"]),
        ("both stopped early", stopped["rate reduction"] - stopped["cross-entropy"]),
        ("same schedule, stopped early", stopped["rate reduction"] - stopped["same schedule"]),
    ):
        assert leads[column].tolist() == pytest.approx((100 * ahead).tolist())
    assert leads["same schedule, half memorized"].between(4, 6).all()


def test_nothing_is_compared_where_half_is_never_memorized(run):
    seen = run.history["wrong_acc_given"]
    little = runs.Run(run.config, run.history | {"wrong_acc_given": seen / 4}, run.arrays, run.provenance)
    assert CORRUPTED_READING.leads(little)["same schedule, half memorized"].isna().all()


def test_the_table_of_the_survey_stands_beside_ours(run):
    table = TABLES.corruption(run).set_index("corruption ratio")
    assert table.index.tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert table.loc[0.5].tolist()[:2] == ["60.3", "84.3"]
    assert table.loc[0.4, "here, cross-entropy, %"] == "70.5"
    assert table.loc[0.4, "ahead by, points"] == "20.3 (17.6 to 20.3)"
    stopped = TABLES.stopped(run).set_index("corruption ratio")
    assert stopped.loc[0.4, "ahead by, points"] == "3.5 (1.5 to 6.5)"
    assert stopped.loc[0.3, "same schedule, %"] == MISSING


def test_a_ratio_that_the_survey_has_not_is_left_open(run):
    ratios = run.history["label_noise"]
    other = run.history | {"label_noise": np.where(ratios == 0.1, 0.15, ratios)}
    table = TABLES.corruption(runs.Run(run.config, other, run.arrays, run.provenance)).set_index("corruption ratio")
    assert table.loc[0.15].tolist()[:2] == [MISSING, MISSING]


def test_tables_hold_medians_over_the_seeds(run, found, top):
    clean = TABLES.clean(run).set_index("training")
    assert clean.index.tolist() == ["cross-entropy", "same schedule", "rate reduction"]
    medians = found[found.label_noise == 0].groupby("arm").class_rank_end.median()
    assert clean["directions per class"].to_dict() == pytest.approx(medians.to_dict())
    classifiers, stops = (each(run).set_index("training") for each in (TABLES.classifiers, TABLES.stopping))
    assert classifiers["wrong labels memorized, %"]["rate reduction"] == pytest.approx(50, abs=0.5)
    assert stops.index[-1] == "cross-entropy, 600 epochs"
    assert stops["variance ratio at the end"].iloc[-1] < 0.013 < stops["variance ratio at the end"]["weight decay"]
    assert stops["stopped, %"].to_dict().items() >= (100 * top.groupby("arm").stopped.median()).to_dict().items()


def test_the_tables_of_arrangements_of_dilation_and_of_ranks(run):
    rates = TABLES.arrangements(run).set_index("arrangement")
    assert rates.loc["simplex", "ΔR by hand"] == pytest.approx(rates.loc["simplex", "ΔR, 1000 points"])
    assert np.isnan(rates.loc["random", "ΔR by hand"])
    wide = TABLES.dilation(run).set_index(["training", "corruption ratio"])["variance ratio at the end"]
    assert wide.index.tolist()[-1] == ("label smoothing", 0.4)
    assert wide.is_monotonic_increasing
    assert TABLES.ranks(run)["wrong labels memorized"].tolist() == ["-0.94", "-0.77"]


# --- exercises, as their folded solutions say


def stopped() -> float:
    found = readings.corrupted_labels.outcomes(CORRUPTED.load("laptop"))
    own = found[found.label_noise == 0.4].pivot(index="seed", columns="arm", values="stopped")
    return float(100 * (own["rate reduction"] - own["cross-entropy"]).median())


SOLUTIONS = {
    "corrupted/two": lambda: math.log(3) - math.log(5) / 2,
    "corrupted/limit": lambda: 60 * math.log(1 + 128 / 60) - 6 * math.log(1 + 128 / 6),
    "corrupted/wrong": lambda: 0.36,
    "corrupted/stopped": stopped,
}


def rate(features, eps_sq):
    moments = features.T @ features / len(features)
    return (torch.eye(features.shape[1]) + features.shape[1] / eps_sq * moments).logdet() / 2


def reduction(features, labels, eps_sq, weigh=lambda own, features: len(own) / len(features)):
    parts = (features[labels == k] for k in labels.unique())
    return rate(features, eps_sq) - sum(weigh(own, features) * rate(own, eps_sq) for own in parts)


def with_the_sum_of_the_rates(features, labels, eps_sq):
    return reduction(features, labels, eps_sq, lambda own, features: 1)


def with_classes_that_count_alike(features, labels, eps_sq):
    return reduction(features, labels, eps_sq, lambda own, features: 1 / len(labels.unique()))


def around_the_mean(features, labels, eps_sq):
    return reduction(features - features.mean(0), labels, eps_sq)


def with_the_radius_squared_twice(features, labels, eps_sq):
    return reduction(features, labels, eps_sq**2)


FUNCTIONS = {
    "corrupted/write-reduction": (
        reduction,
        [
            with_the_sum_of_the_rates,
            with_classes_that_count_alike,
            around_the_mean,
            with_the_radius_squared_twice,
        ],
    )
}


def test_numbers_of_the_solutions():
    assert SOLUTIONS["corrupted/two"]() == pytest.approx(0.294, abs=5e-4)
    assert SOLUTIONS["corrupted/limit"]() == pytest.approx(49.9, abs=0.05)
    assert stopped() == pytest.approx(3.5, abs=0.05)


@pytest.mark.parametrize(("name", "wrong"), [("two", 0.805), ("limit", 48.68), ("wrong", 0.4), ("stopped", 20.0)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"corrupted/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")


# ---- the explorable of the trainings ----


@pytest.fixture(scope="module")
def trainings(run):
    return explorables.corrupted_trainings(run).data


def test_each_training_of_the_explorable_has_epochs_of_its_own(trainings, frame):
    labels = [arm["label"] for arm in trainings["arms"]]
    assert len(set(labels)) == len(labels) == 18
    for arm, longest in (("cross-entropy", 40), ("rate reduction, longer", 360)):
        epochs = trainings["arms"][labels.index(f"{arm}, ratio 0.4")]["steps"]
        assert epochs == sorted(frame[(frame.arm == arm) & (frame.label_noise == 0.4)].epoch.unique())
        assert epochs[-1] == longest
    assert trainings["steps"] == sorted({epoch for arm in trainings["arms"] for epoch in arm["steps"]})


def test_the_answers_of_the_explorable_of_trainings_are_those_of_the_run(trainings, top):
    asked = trainings["questions"]
    for arm in ("cross-entropy", "rate reduction"):
        own = top[top.arm == arm]
        assert f"{100 * own.end.median():.0f} % with {arm}, ratio 0.4" in asked["ahead"]["answer"]
        ratio = own.unit_variance_ratio_train_end.median()
        assert f"{ratio:.2g} with {arm}, ratio 0.4" in asked["collapse"]["answer"]
    end = top[top.arm == "same schedule"].end.median()
    assert f"{100 * end:.0f} % with cross-entropy, same schedule, ratio 0.4" in asked["schedule"]["answer"]


def test_the_explorable_of_trainings_says_what_is_missing(run):
    with pytest.raises(ValueError, match=r"run\.history: has no part 'training'; .*corrupted_labels"):
        explorables.corrupted_trainings(runs.Run(run.config, {}, {}, run.provenance))
