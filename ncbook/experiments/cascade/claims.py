"""What the literature says of collapse in the layers before the last, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.cascade import effective_depths, hidden, law, terminal, theory, tunnels
from ncbook.runs import Run

STRAIGHT = -0.98  # a correlation of log D with the layer at most this is called a line
EVEN = 0.5  # a fall of log D may differ from the mean fall by this share of it
BETTER, SAME = 1e-3, 1e-6  # relative differences of losses
ROUNDING = 1e-9  # of the Hessian's eigenvalues, over the largest


def _by_layer(run: Run) -> Evidence:
    ratios = hidden(run, "plain")
    falls = (ratios.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    return Evidence.of(
        falls, ratios.iloc[:, 0] / ratios.iloc[:, -1], "fold fall from the first hidden layer to the last"
    )


def _middle(run: Run) -> Evidence:
    falls = (hidden(run, "plain", 0) / hidden(run, "plain")).iloc[:, :-1]
    return Evidence.of((falls > 1).all(axis=1), falls.min(axis=1), "fold fall in the layer where it is least")


def _middle_terminal(run: Run) -> Evidence:
    then, end = terminal(run, "plain", "variance_ratio_train")
    falls = (then / end).iloc[:, :-1]
    return Evidence.of((falls > 1).all(axis=1), falls.min(axis=1), "fold fall in the layer where it is least")


def _ends(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = law(run)
    found = found[found.arm == "plain"]
    return found[found.step == 0].set_index("seed"), found[found.step == found.step.max()].set_index("seed")


def _line(run: Run) -> Evidence:
    found = _ends(run)[1].correlation
    return Evidence.of(found <= STRAIGHT, found, "correlation of log D with the layer")


def _emerges(run: Run) -> Evidence:
    before, end = _ends(run)
    holds = (before.correlation > STRAIGHT) & (end.correlation <= STRAIGHT)
    return Evidence.of(holds, before.correlation, "correlation before training")


def _even(run: Run) -> Evidence:
    end = _ends(run)[1]
    holds = (end.least >= 1 - EVEN) & (end.most <= 1 + EVEN)
    return Evidence.of(holds, end.most, "times the mean fall, at the layer where it is largest")


def _mismatch(run: Run, side: str) -> Evidence:
    then, end = terminal(run, "plain", f"nc4_{side}")
    holds = (end <= then).all(axis=1) & (end < then).any(axis=1)
    return Evidence.of(holds, (then - end).iloc[:, 0] * 100, "points less mismatch in the first hidden layer")


def _mismatch_train(run: Run) -> Evidence:
    return _mismatch(run, "train")


def _mismatch_test(run: Run) -> Evidence:
    return _mismatch(run, "test")


def _random_labels(run: Run) -> Evidence:
    depths = effective_depths(run).pivot(index="seed", columns="arm", values="depth")
    series = depths[["plain", "half random", "all random"]]
    steady = (series.diff(axis=1).iloc[:, 1:] >= 0).all(axis=1)
    grown = series["all random"] - series["plain"]
    return Evidence.of(steady & (grown > 0), grown, "layers deeper with random labels")


def _tunnel(run: Run) -> Evidence:
    found = tunnels(run).layers
    return Evidence.of(found >= run.config["depth"] / 4, found, "layers in the tunnel")


def _tunnel_rank(run: Run) -> Evidence:
    found = tunnels(run)
    fall = found.rank_then / found["rank"]
    return Evidence.of(fall >= 2, fall, "fold fall of the effective rank")


def _tunnel_other(run: Run) -> Evidence:
    found = tunnels(run)
    fall = found.other_then - found.other
    return Evidence.of((fall >= 0.02) & (fall > found.untrained_fall), 100 * fall, "points lost on other digits")


def _beyond(run: Run, model: str) -> pd.DataFrame:
    found = theory(run)
    return found[(found.arm == model) & (found.num_classes > 2) & (found.num_layers > 2)]


def _relu_beaten(run: Run) -> Evidence:
    found = _beyond(run, "deep relu").best
    return Evidence.of(found < 1 - BETTER, found, "times the collapsed loss")


def _linear_beaten(run: Run) -> Evidence:
    found = _beyond(run, "deep linear").best
    return Evidence.of(found < 1 - BETTER, found, "times the collapsed loss")


def _low_rank(run: Run) -> Evidence:
    found = _beyond(run, "deep linear")
    found = found[found.best < 1 - BETTER]
    return Evidence.of(found["rank"] < found.num_classes - 1, found["rank"], "dimensions of the logits")


def _persists(run: Run) -> Evidence:
    found = theory(run)
    found = found[found.arm == "deep linear"]
    holds = (found.curvature >= -ROUNDING) & (found.lowest_nudged >= 1 - SAME) & (found.highest_nudged <= 1 + SAME)
    return Evidence.of(holds, found.lowest_nudged, "times the collapsed loss after a nudge")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "cascade-ratio-by-layer", "hui2022limitations", "on cascading collapse; survey, section 5",
        "The variance ratio of the training set increases monotonically from the last layer to the first.",
        "For each seed, at the end, Tr Sigma_W / Tr Sigma_B falls from every hidden layer to the next.",
        "The same networks before training; networks without batch norm, and without activations.",
        _by_layer, "layer-numbers",
    ),
    Claim(
        "cascade-middle-layers", "hui2022limitations", "on cascading collapse; survey, section 5",
        "The variance ratio decreases during training in the middle layers too.",
        "For each seed, it is lower at the end than before training in every hidden layer but the last.",
        "The last layer; test images.",
        _middle, "layer-numbers",
    ),
    Claim(
        "cascade-middle-layers-terminal", "hui2022limitations", "on cascading collapse, read for the terminal phase",
        "It goes on decreasing in the middle layers after the training error is zero.",
        "For each seed, it is lower at the end than at the first measurement without a training error in every "
        "hidden layer but the last.",
        "The last layer.",
        _middle_terminal, "layer-numbers",
    ),
    Claim(
        "separation-law", "he2023law", "the law of data separation",
        "In a trained network log D falls linearly with the layer.",
        "For each seed, Pearson's correlation of log D with the hidden layer is at most -0.98 at the end.",
        "Before training; without batch norm; without activations; random labels.",
        _line, "law-numbers",
    ),
    Claim(
        "separation-law-emerges", "he2023law", "on the law over the time of training",
        "The law is not there at the start and emerges in training.",
        "For each seed, the correlation is above -0.98 before training and at most -0.98 at the end.",
        "The slope over the same steps.",
        _emerges, "law-numbers",
    ),
    Claim(
        "separation-equal-factors", "he2023law", "the law of data separation, read layer by layer",
        "Each layer multiplies D by about the same factor.",
        "For each seed, at the end, each fall of log D from a hidden layer to the next is 0.5 to 1.5 times the mean "
        "fall.",
        "The correlation of the same numbers.",
        _even, "law-numbers",
    ),
    Claim(
        "mismatch-falls-train", "benshaul2022nearest", "conjecture, training set",
        "In every layer the nearest class mean comes to agree with the network's decision after interpolation.",
        "For each seed, on the training set: from the first measurement without a training error to the end the "
        "mismatch rises in no hidden layer and falls in one at least.",
        "Test images.",
        _mismatch_train, "mismatch-numbers",
    ),
    Claim(
        "mismatch-falls-test", "benshaul2022nearest", "conjecture, test set",
        "The same on the test set.",
        "For each seed, on test images with their own class means: the mismatch rises in no hidden layer and falls in "
        "one at least.",
        "The training set.",
        _mismatch_test, "mismatch-numbers",
    ),
    Claim(
        "effective-depth-random-labels", "galanti2022minimal", "abstract",
        "The effective depth grows with the share of random labels.",
        "For each seed, with no, half and all labels random: the first hidden layer with at most 1 % nearest-mean "
        "error on the training set never comes earlier, and comes later with all than with none.",
        "Networks of twice the width; the training error.",
        _random_labels, "depth-numbers",
    ),
    Claim(
        "tunnel-exists", "masarczyk2023tunnel", "definition of extractor and tunnel",
        "The first layers make the classes linearly separable, and the rest add little: they form a tunnel.",
        "For each seed, at least a quarter of the layers come after the first one whose linear probe has 98 % of the "
        "last layer's test accuracy.",
        "The same network before training.",
        _tunnel, "tunnel-numbers",
    ),
    Claim(
        "tunnel-compresses", "masarczyk2023tunnel", "on the rank of representations",
        "The tunnel compresses the representation to a low rank.",
        "For each seed, the effective rank of the features at least halves from the extractor's end to the last layer.",
        "The same network before training.",
        _tunnel_rank, "tunnel-numbers",
    ),
    Claim(
        "tunnel-hurts-other-classes", "masarczyk2023tunnel", "on out-of-distribution data",
        "In the tunnel features get worse for data of other classes.",
        "For each seed, a linear probe for four digits that the network never saw loses 2 points or more of test "
        "accuracy in the tunnel, and more than in the same layers before training.",
        "The same network before training.",
        _tunnel_other, "tunnel-numbers",
    ),
    Claim(
        "deep-collapse-beaten-relu", "sukenik2024low", "abstract",
        "Collapse in all layers is not optimal for deep unconstrained features with ReLUs beyond two classes and two "
        "layers.",
        "For each number of classes and of layers above two: the best of the random starts is more than 0.1 % below "
        "the collapsed loss.",
        "Two classes; one and two layers.",
        _relu_beaten, "deep-numbers",
    ),
    Claim(
        "deep-collapse-beaten-linear", "garrod2024persistence", "abstract",
        "Collapse is not optimal for deep linear unconstrained features with the cross-entropy either.",
        "As for ReLUs.",
        "Two classes; one and two layers.",
        _linear_beaten, "deep-numbers",
    ),
    Claim(
        "deep-solutions-low-rank", "sukenik2024low", "abstract, on the low-rank bias; read for the linear model",
        "What beats collapse has a lower rank than K - 1.",
        "For each number of classes and of layers above two where collapse is beaten by more than 0.1 %: the logits "
        "of the best solution have a rank below K - 1.",
        "One and two layers.",
        _low_rank, "deep-numbers",
    ),
    Claim(
        "deep-collapse-local-minimum", "garrod2024persistence", "abstract",
        "Collapse persists as a local minimum.",
        "For each number of classes and layers of the linear model: no eigenvalue of the Hessian at the collapsed "
        "solution is below -1e-9 of the largest, and descent from every disturbance ends at its loss within 1e-6.",
        "The same descent from random starts.",
        _persists, "deep-local",
    ),
)  # fmt: skip
