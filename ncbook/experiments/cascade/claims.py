"""What the literature says of collapse in the layers before the last, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import Evidence, read
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


CLAIMS = read(
    __file__,
    {
        "cascade-ratio-by-layer": _by_layer,
        "cascade-middle-layers": _middle,
        "cascade-middle-layers-terminal": _middle_terminal,
        "separation-law": _line,
        "separation-law-emerges": _emerges,
        "separation-equal-factors": _even,
        "mismatch-falls-train": _mismatch_train,
        "mismatch-falls-test": _mismatch_test,
        "effective-depth-random-labels": _random_labels,
        "tunnel-exists": _tunnel,
        "tunnel-compresses": _tunnel_rank,
        "tunnel-hurts-other-classes": _tunnel_other,
        "deep-collapse-beaten-relu": _relu_beaten,
        "deep-collapse-beaten-linear": _linear_beaten,
        "deep-solutions-low-rank": _low_rank,
        "deep-collapse-local-minimum": _persists,
    },
)
