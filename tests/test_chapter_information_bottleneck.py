"""The chapter "The information bottleneck": its numbers are those of the recorded run."""

import math

import pytest
import torch

from ncbook import exercises, experiments, metrics, readings, runs
from ncbook.evidence import OPEN

IB, READING = experiments.information_bottleneck, readings.information_bottleneck


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return IB.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def frame(run):
    return run.to_frame()


@pytest.fixture(scope="module")
def found(run):
    return READING.compression(run)


def test_sizes_of_the_text(run):
    config = run.config
    assert config["hidden"] == [10, 7, 5, 4, 3]
    assert (config["sampled"], config["train_share"], config["plane_seeds"]) == (512, 0.8, 4)
    assert (config["noise"], config["bin_size"], config["bin_count"]) == (1e-3, 0.07, 30)
    assert (10 * config["train_per_class"], config["width"], config["depth"], config["digits_seeds"]) == (500, 64, 3, 4)
    assert (config["digits_noise"], config["digits_share"], config["digits_steps"]) == (0.1, 0.01, 2000)
    assert (config["code"], len(config["betas"]), config["vib_seeds"]) == (12, 6, 4)


def test_equation_of_the_kernel_bounds():
    features = torch.randn(20, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    distances = (features[:, None] - features).square().sum(-1)
    found = metrics.mutual_information_kde(features, torch.arange(20) % 2, 0.3)
    for factor, value in ((2, found.input_upper), (8, found.input_lower)):
        right = -(-distances / (factor * 0.3)).exp().mean(1).log().mean()
        torch.testing.assert_close(value, right)


def test_estimates_within_five_percent(frame):
    tests = frame[frame.part == "estimators"]
    error = (tests.information / tests.true_information - 1).abs()
    kernels, bins = tests.estimator == "kernel", tests.estimator == "bins"
    assert (error[kernels] <= 0.05).mean() < 0.06
    assert (error[bins & (tests.dim == 1)] <= 0.05).mean() > 0.9
    below = bins & (tests.true_information < 0.5 * tests.num_points.map(math.log))
    assert (error[below] <= 0.05).mean() > 0.9
    inside = kernels & (tests.true_information < 0.5 * tests.num_points.map(math.log))
    assert (tests[inside].information_lower < tests[inside].true_information).all()
    assert (tests[inside].information > tests[inside].true_information).all()


def test_compression_of_the_two_activations(found):
    fixed = found[found.estimator == "fixed noise"]
    assert (fixed[fixed.activation == "tanh"].fall >= math.log(2)).all()
    assert (fixed[fixed.activation == "relu"].fall < math.log(2)).all()
    assert fixed[fixed.activation == "relu"].test_error.max() < 0.015
    assert (found[found.activation == "tanh"].fall >= math.log(2)).all()
    scaled = found[found.estimator.str.startswith("scaled") & (found.activation == "relu")]
    assert scaled.fall.min() > 0.5
    assert (len(scaled), (scaled.fall >= math.log(2)).sum()) == (8, 3)
    tanh = found[found.estimator.str.startswith("scaled") & (found.activation == "tanh")]
    assert tanh.fall.min() > 4 * scaled.fall.max()


def test_no_network_has_both_phases(found):
    fixed = found[found.estimator == "fixed noise"]
    assert len(fixed) == 8
    assert (fixed[fixed.activation == "tanh"].rise < math.log(2)).all()
    assert (fixed[fixed.activation == "relu"].rise >= math.log(2)).all()


def test_a_layer_times_a_hundred_goes_to_the_cap():
    features = 0.01 * torch.randn(64, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    once, larger = (
        float(metrics.mutual_information_kde(c * features, torch.arange(64) % 2, 1e-3).input_upper) for c in (1, 100)
    )
    assert once < 1
    assert larger > 0.98 * math.log(64)


def test_the_shelf_at_log_k(frame):
    curve = frame[(frame.estimator == "noise curve") & (frame.weight_decay == 0.01)]
    middle = curve.groupby(["step", "relative_noise"]).information.median()
    near = (middle / math.log(10) - 1).abs() <= 0.05
    assert near.groupby("step").sum().tolist() == [0, 2]


def test_the_course_at_two_noises(run, frame):
    rows = frame[(frame.part == "digits") & (frame.weight_decay == 0.01)]
    table = rows.pivot_table(index=["split", "estimator"], columns="step", values="information", aggfunc="median")
    fixed, scaled = table.loc[("train", "fixed noise")], table.loc[("train", "scaled noise")]
    assert fixed.iloc[0] < 1
    assert fixed.max() > 6
    assert (round(fixed.iloc[-1], 1), round(scaled.iloc[-1], 1)) == (2.8, 2.6)
    assert scaled.max() - scaled.iloc[0] < 1e-3
    assert scaled.iloc[0] > 0.999 * math.log(500)
    assert table.loc["test"].loc[["fixed noise", "scaled noise"], 2000].min() > 4
    last = READING.ends(run, "digits", split="train", weight_decay=0.01)
    last = last[last.estimator != "noise curve"]
    assert last.label_information.round(2).eq(2.30).all()
    assert last.groupby("estimator").information_lower.median().round(1).tolist() == [2.4, 2.4]
    assert last.information.min() > 1.1 * math.log(10)


def test_variational_bottlenecks(frame):
    mid = frame[frame.part == "vib"].groupby("beta")[["rate", "test_error", "nc1_train"]].median()
    assert mid.nc1_train.idxmin() == 0.3
    assert mid.test_error.idxmin() == 0.01
    assert mid.nc1_train[0.0] / mid.nc1_train[0.3] == pytest.approx(60, abs=5)
    assert round(mid.rate[0.3], 1) == 2.7
    assert mid.nc1_train[0.3] < mid.nc1_train[0.01] / 3
    assert mid.rate[1.0] == pytest.approx(0.1, abs=0.02)


def test_transitions(run):
    spread = run.arrays["frames/random"] - 1
    assert (spread[:, -1] / spread[:, 0]).min() == pytest.approx(5.82, abs=0.01)
    ends = READING.transitions(run).groupby("weight_decay").median(numeric_only=True)
    assert ends.spread_end.round(1).tolist() == [2.7, 2.7]
    assert (ends.spread_end < ends.spread_then).all()
    assert ends.nc1_train_end[0.001] / ends.nc1_train_end[0.01] == pytest.approx(10, abs=1)


def test_verdicts_of_the_text(run):
    shares = {claim.id: claim.judge(run).share for claim in IB.CLAIMS}
    assert len(shares) == 13
    assert {name for name, share in shares.items() if share == 1} == {
        "tanh-compresses", "relu-does-not-compress", "two-phases-digits", "no-compression-no-harm",
        "layers-keep-label-information", "bottleneck-helps",
    }  # fmt: skip
    assert {name for name, share in shares.items() if share == 0} == {
        "relu-does-not-compress-digits", "two-phases", "collapse-is-optimal-trade-off", "collapse-merges-transitions",
    }  # fmt: skip
    words = {claim.judge(run).word for claim in IB.CLAIMS}
    assert words == {OPEN}  # four seeds are too few for more


def test_the_network_of_digits_rises_and_falls_with_the_stronger_decay_alone(run):
    found = READING.digits_courses(run)
    fixed = found[found.estimator == "fixed noise"].groupby("weight_decay")[["rise", "fall"]].median()
    assert fixed.round(1).loc[0.01].tolist() == [5.3, 3.4]
    assert fixed.fall[0.001] < math.log(2)


def test_layers_of_relu_networks_do_not_compress_at_fixed_noise(run):
    rises = READING.largest_rises(run)
    assert (rises.loc["tanh"] <= -0.05).all()
    low = (rises.loc["relu"] <= -0.05).groupby("estimator").sum()
    assert low.to_dict() == {"fixed bins": 0, "fixed noise": 0, "scaled bins": 4, "scaled noise": 0}
    assert rises.max() < 0.05


def test_tables_count_what_the_text_says(run):
    tables = readings.information_tables
    falls = tables.falls(run).set_index(["network", "measured with"])["falls by a bit or more"]
    assert set(falls["tanh"]) == {"4 of 4"}
    assert falls["ReLU"].to_dict() == {
        "fixed noise": "0 of 4", "scaled noise": "1 of 4", "fixed bins": "0 of 4", "scaled bins": "2 of 4",
    }  # fmt: skip
    less = tables.layers(run).set_index(["network", "measured with"])["every layer keeps less"]
    assert less[less == "4 of 4"].index.tolist() == [("tanh", name) for name in falls["tanh"].index] + [
        ("ReLU", "scaled bins")
    ]
    assert tables.shelf(run).set_index(["weight decay", "features"])["noises near log K"].to_dict() == {
        (0.01, "before training"): "0 of 19", (0.01, "after training"): "2 of 19",
        (0.001, "before training"): "0 of 19", (0.001, "after training"): "0 of 19",
    }  # fmt: skip


def test_tables_of_the_digits_and_of_bottlenecks(run, frame):
    tables = readings.information_tables
    ranks = tables.courses(run).set_index(["images", "noise"])["rank correlation with NC1"]
    assert ranks.xs("scaled", level="noise").min() > 0.9
    assert ranks.xs("fixed", level="noise").max() < 0
    errors = frame[frame.part == "vib"].groupby("beta").test_error.median()
    assert tables.strengths(run)["test error, %"].tolist() == [f"{100 * error:.2f}" for error in errors]
    last = tables.critical(run).set_index(["weight decay", "moment"])["last over first"].astype(float)
    assert (last.xs("end", level="moment") < last.xs("first without training error", level="moment")).all()
    assert tables.corner(run)["MI(Y; T), nats"].eq("2.30").all()


def test_the_toy_has_as_many_groups_as_the_noise_leaves_apart():
    labels = torch.arange(500) % 10
    clouds = 0.001 * torch.randn(500, 16, generator=torch.Generator().manual_seed(0))
    features = metrics.simplex_etf(10, 16)[labels] + clouds
    for variance, groups in ((1e-8, 500), (1e-2, 10), (1e4, 1)):
        found = metrics.mutual_information_kde(features, labels, variance).input_upper.exp()
        assert float(found) == pytest.approx(groups, rel=0.01)


# --- exercises, as their folded solutions say


def scaled_fall() -> float:
    found = READING.compression(IB.load("laptop"))
    return float(found[(found.estimator == "scaled noise") & (found.activation == "relu")].fall.median())


SOLUTIONS = {
    "bottleneck/correlation": lambda: math.sqrt(3) / 2,
    "bottleneck/two-points": lambda: math.sqrt(-2 * math.log(math.sqrt(2) - 1)),
    "bottleneck/transition": lambda: 1.25,
    "bottleneck/scaled-fall": scaled_fall,
}


def test_numbers_of_the_solutions():
    assert math.sqrt(3) / 2 == pytest.approx(0.866, abs=5e-4)
    assert SOLUTIONS["bottleneck/two-points"]() == pytest.approx(1.328, abs=5e-4)
    points = torch.tensor([[0.0], [SOLUTIONS["bottleneck/two-points"]()]], dtype=torch.float64)
    bound = metrics.mutual_information_kde(points, torch.tensor([0, 1]), 1.0).input_upper
    assert float(bound) == pytest.approx(math.log(2) / 2)
    assert scaled_fall() == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize(
    ("name", "wrong"), [("correlation", 0.75), ("two-points", 1.0), ("transition", 1.2), ("scaled-fall", 0.1)]
)
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"bottleneck/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")


def upper_bound(features, sigma_sq):  # as in the chapter's solution
    distances = (features[:, None] - features).square().sum(-1)
    return -(-distances / (2 * sigma_sq)).exp().mean(1).log().mean()


def lower_bound(features, sigma_sq):
    return upper_bound(features, 4 * sigma_sq)


def with_a_mean_over_coordinates(features, sigma_sq):
    return upper_bound(features, sigma_sq * features.shape[1])


def by_squared_lengths(features, sigma_sq):
    lengths = features.square().sum(1)
    distances = lengths[:, None] + lengths - 2 * features @ features.T
    return -(-distances / (2 * sigma_sq)).exp().mean(1).log().mean()


FUNCTIONS = {
    "bottleneck/write-bound": (upper_bound, [lower_bound, with_a_mean_over_coordinates, by_squared_lengths]),
}
