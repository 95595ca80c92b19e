"""The figures of `test_collapse`."""

import pandas as pd

from ncbook.readings import test_collapse as reading
from ncbook.runs import Run
from pictures import Axis, Band, Line, Points, Text, median_and_range


def _spreads(panel: int, frame, x: str):
    """The four ratios of the rows of one panel."""
    index = frame.set_index(["seed", x])
    columns = {
        "new images, training means": index.variance_ratio_test + index.variance_ratio_shift,
        "new images, own means (strong)": index.variance_ratio_test,
        "new images, nearest of K points (weak)": index.variance_ratio_weak,
        "training images": index.variance_ratio_train,
    }
    for label, values in columns.items():
        yield from median_and_range(panel, label, values.unstack())
    yield Axis(panel, "log", "log")


def _fixed_size(run: Run):
    decayed = run.to_frame().query("difficulty == 0.85 and weight_decay == 0.002 and step > 0")
    for panel, size in enumerate((10, 40, 160)):
        yield from _spreads(panel, decayed[decayed.per_class == size], "step")


def _against_size(run: Run):
    ends = run.to_frame().query("difficulty == 0.85 and step == 1024")
    for panel, decay in enumerate((0.0, 0.002)):
        yield from _spreads(panel, ends[ends.weight_decay == decay], "per_class")


def _by_protocol(run: Run):
    for panel, (rule, value) in enumerate((("loss", 5e-4), ("epochs", 64), ("steps", 1024))):
        found = reading.read_at(run, rule, value).query("difficulty == 0.85")
        x, y = found.variance_ratio_train, found.variance_ratio_test
        yield Points(panel, None, x, y)
        sizes = (10, 20, 40, 80, 160)
        middles = [[values[found.per_class == size].median() for size in sizes] for values in (x, y)]
        yield Line(panel, None, *middles)
        for end in (0, -1):
            yield Text(panel, f"n = {sizes[end]}", *(middle[end] for middle in middles))
        yield Axis(panel, "log", "log")


def _over_epochs(run: Run):
    yield from _ranks_over_epochs(run.to_frame().query("difficulty == 0.85"))


def _on_mnist(run: Run):
    frame = run.to_frame()
    yield from _ranks_over_epochs(frame)
    falls = []
    for (size, _), rows in frame[frame.weight_decay == 0.002].groupby(["per_class", "seed"]):
        first = rows[rows.step > rows.step[rows.train_error > 0].max()].head(1)
        if len(first) and first.step.item() <= 1024:  # of 2048 steps
            then, end = (
                each[["variance_ratio_train", "variance_ratio_test"]].iloc[0] for each in (first, rows.tail(1))
            )
            falls.append({"size": size, **(then / end)})
    falls = pd.DataFrame(falls)
    for size, own in falls.groupby("size"):
        yield Points(1, f"{size}", own.variance_ratio_train, own.variance_ratio_test)
    most = falls.variance_ratio_train.max()
    yield Line(1, "log-slope 1", [1, most], [1, most])
    yield Line(1, "log-slope 0.5", [1, most], [1, most**0.5])
    yield Axis(1, "log", "log")


def _ranks_over_epochs(frame):
    for decay, label in ((0.0, "weight decay 0"), (0.002, "weight decay 0.002")):
        own = frame[(frame.weight_decay == decay) & frame.epoch.isin([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64])]
        ranks = own.groupby(["epoch", "seed"]).apply(
            lambda rows: rows.variance_ratio_train.rank().corr(rows.variance_ratio_test.rank())
        )
        yield from median_and_range(0, label, ranks.unstack(0))
    yield Axis(0, x="log")


def _over_difficulty(run: Run):
    plain = run.to_frame().query("weight_decay == 0")
    late = plain[plain.step > plain[plain.train_error > 0].groupby(reading.KEYS).step.max().reindex(
        pd.MultiIndex.from_frame(plain[reading.KEYS])).to_numpy()]  # fmt: skip
    starts = late.groupby(reading.KEYS).step.min().unstack("per_class")
    judged = (starts <= 512).sum(axis=1) == 5  # of 1024 steps
    rules = {"equal loss": ("loss", 5e-4), "equal epochs": ("epochs", 64), "equal steps": ("steps", 1024)}
    pairs = (("variance_ratio_train", "variance_ratio_test"), ("per_class", "variance_ratio_train"))
    for panel, (first, second) in enumerate(pairs):
        for label, stop in rules.items():
            series = reading.read_at(run, *stop).set_index(["difficulty", "seed"]).loc[list(_kept(judged))]
            ranks = series.groupby(level=[0, 1]).apply(
                lambda rows, first=first, second=second: rows[first].rank().corr(rows[second].rank())
            )
            by_difficulty = ranks.groupby(level=0)
            x = list(by_difficulty.groups)
            yield Line(panel, label, x, by_difficulty.median())
            yield Band(panel, x, by_difficulty.min(), by_difficulty.max())


def _kept(judged):
    return {(difficulty, seed) for (difficulty, _, seed), told in judged.items() if told}


PRESETS = {"collapse_on_mnist": "laptop-mnist"}
EXPECTED = {
    "collapse_on_mnist": _on_mnist,
    "collapse_at_fixed_size": _fixed_size,
    "collapse_against_size": _against_size,
    "collapse_by_protocol": _by_protocol,
    "anti_correlation_over_difficulty": _over_difficulty,
    "anti_correlation_over_epochs": _over_epochs,
}
