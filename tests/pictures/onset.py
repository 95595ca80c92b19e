"""The figures of `onset`."""

import numpy as np
import pandas as pd

from ncbook import readings
from ncbook.runs import Run
from pictures import Axis, Image, Line, Text, median_and_range

NAMES = {
    "relative_flatness": "relative flatness κ",
    "relative_flatness_bound": "upper bound of κ",
    "train_loss": "training loss",
    "uncertainty_train": "uncertainty 1 − |p|²",
    "fourier_gini": "Gini of the embedding",
    "weight_norm": "norm of all weights",
    "ncc_acc_test": "nearest-center accuracy, test",
    "cdnv_train": "CDNV",
    "cdnv_test": "CDNV, test set",
    "variance_ratio_train": "variance ratio R",
    "variance_ratio_test": "variance ratio R, test set",
    "nc1_train": "NC1",
    "rnc1_train": "RNC1",
    "rnc1_test": "RNC1, test set",
}


def _after_start(run: Run, part: str, column: str):
    frame = run.to_frame()
    frame = frame[(frame.part == part) & (frame.step > 0)]
    return frame.pivot(index="seed", columns="step", values=column)


def _measures(run: Run):
    panels = (
        {"train_acc": "training accuracy", "test_acc": "test accuracy"},
        {"train_loss": "training loss", "relative_flatness": "κ"},
        {"cdnv_train": "CDNV", "variance_ratio_train": "R", "rnc1_train": "RNC1"},
    )
    for panel, labels in enumerate(panels):
        for column, label in labels.items():
            yield from median_and_range(panel, label, _after_start(run, "addition", column))
        yield Axis(panel, "log", "log" if panel else "linear")


def _way(run: Run):
    """From memorizing to the median of the last six probes, in logarithms but for the accuracy."""
    frame = run.to_frame()
    rows = frame[(frame.part == "addition") & (frame.seed == readings.onset.leads(run).index[0])]
    rows = rows[rows.step >= rows.step[rows.train_acc >= 0.99].min()]
    for name in ("test_acc", "relative_flatness", "train_loss", "fourier_gini", "cdnv_train", "rnc1_train"):
        values = rows[name].astype(float) if name == "test_acc" else np.log(rows[name].astype(float))
        share = (values - values.iloc[0]) / (values.tail(6).median() - values.iloc[0])
        yield Line(0, NAMES.get(name, "test accuracy"), rows.step, share)
        yield Line(0, None, rows.step[share >= 0.5].head(1), share[share >= 0.5].head(1))


def _marks(table, falling: bool):
    """A row a column of `table`, sorted by its median; columns of the same median stay in their order."""
    for row, name in enumerate(sorted(table, key=table.median().get, reverse=falling)):
        seen = table[name].dropna()
        yield Line(0, None, seen, row + 0.12 * (np.arange(len(seen)) % 3 - 1))
        yield Line(0, None, [seen.median()] * 2, [row - 0.36, row + 0.36])


def _leads(run: Run):
    yield from _marks(readings.onset.leads(run)[list(NAMES)], falling=False)


def _digits_leads(run: Run):
    found = readings.onset.leads(run, "digits")
    lacking = ("relative_flatness_bound", "uncertainty_train", "fourier_gini")
    crossings = {name: (found.onset - found[name]) / found.onset for name in NAMES if name not in lacking}
    yield from _marks(found[[]].assign(**crossings), falling=True)
    yield Axis(0, x="log")


def _rules(run: Run):
    shown = [
        "relative_flatness", "train_loss", "fourier_gini", "weight_norm", "cdnv_train", "variance_ratio_train",
        "nc1_train", "rnc1_train",
    ]  # fmt: skip
    table = np.array([
        readings.onset.leads(run, rule=rule)[shown].median() for rule in readings.onset.rules(run.config)
    ])  # fmt: skip
    yield Image(0, np.sign(table) * np.sqrt(abs(table)))
    for (row, column), value in np.ndenumerate(table):
        yield Text(0, f"{value:+.0f}".replace("-", "−") if np.isfinite(value) else "–", column, row)


def _crossings(run: Run):
    found = readings.onset.leads(run)
    for name in ("variance_ratio_train", "relative_flatness", "fourier_gini", "rnc1_train"):
        yield Line(0, NAMES[name], found.onset, found.onset - found[name])
    ends = [found.onset.min(), found.onset.max()]
    yield Line(0, "at the same step", ends, ends)


def _over_rates(run: Run):
    """Of all nine arms; then medians over seeds, times rate and decay."""
    names = ("variance_ratio_train", "relative_flatness", "fourier_gini", "train_loss")
    arms = {"addition": (1.0, 1.0)}
    for factor in (0.5, 0.7, 1.4, 2.0):
        arms |= {f"{factor:g} times the decay": (1.0, factor), f"{factor:g} times the rate": (factor, 1.0)}
    found = {arm: readings.onset.leads(run, arm) for arm in arms}
    whole = pd.concat(found.values())
    for name in names:
        yield Line(0, NAMES[name], whole.onset, whole.onset - whole[name])
    yield Line(0, "at the same step", [whole.onset.min(), whole.onset.max()], [whole.onset.min(), whole.onset.max()])
    for name in ("onset", *names[:2]):
        for which, setting in enumerate(("rate", "decay")):
            own = sorted((values[0] * values[1], arm) for arm, values in arms.items() if values[which] == 1)
            steps = [(found[arm].onset - (0 if name == "onset" else found[arm][name])).median() for _, arm in own]
            clock = [step * product * 0.01 for step, (product, _) in zip(steps, own, strict=True)]
            label = f"{NAMES.get(name, 'onset')}, {'rate' if setting == 'decay' else 'decay'}"
            yield Line(1, label, [product for product, _ in own], clock)
    for panel in (0, 1):
        yield Axis(panel, "log", "log")


def _costs(run: Run):
    classes = np.array(run.config["classes"])
    yield Line(0, "circle", classes, np.sqrt(2 * classes))
    yield Line(0, "simplex", classes, np.sqrt(classes * (classes - 1)))
    yield Line(1, "formula", classes, run.arrays["codes/formula"])
    yield Line(1, "solved", classes, run.arrays["codes/direct"])
    yield Axis(1, "log", "log")


def _shapes(run: Run):
    index = np.arange(1, 30)
    for part, label in (("addition", "weight decay"), ("undecayed", "no weight decay")):
        values = pd.DataFrame(run.arrays[f"shapes/{part}/head/singular"].astype(float), columns=index)
        yield from median_and_range(0, label, values)
        yield Line(1, None, np.arange(29), run.arrays[f"shapes/{part}/means/profile"][1])
    yield Line(0, "simplex", index, (index <= 28).astype(float))
    yield Line(0, "circle", index, (index <= 2).astype(float))


def _digits(run: Run):
    for panel, part in enumerate(("digits", "small start")):
        for column, label in (("train_acc", "training set"), ("test_acc", "test set")):
            yield from median_and_range(panel, label, _after_start(run, part, column))
        yield Axis(panel, x="log")


EXPECTED = {
    "onset_measures": _measures,
    "share_of_the_way": _way,
    "lead_times": _leads,
    "digits_leads": _digits_leads,
    "lead_rules": _rules,
    "crossings_against_onset": _crossings,
    "crossings_over_rates": _over_rates,
    "circle_and_simplex_costs": _costs,
    "trained_shapes": _shapes,
    "digits_from_large_start": _digits,
}

PRESETS = {"crossings_over_rates": "laptop-rates"}
