"""The figures of `test_collapse`."""

from ncbook.readings import test_collapse as reading
from ncbook.runs import Run
from pictures import Axis, Line, Points, median_and_range


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
    decayed = run.to_frame().query("weight_decay == 0.002 and step > 0")
    for panel, size in enumerate((10, 40, 160)):
        yield from _spreads(panel, decayed[decayed.per_class == size], "step")


def _against_size(run: Run):
    ends = run.to_frame().query("step == 768")
    for panel, decay in enumerate((0.0, 0.002)):
        yield from _spreads(panel, ends[ends.weight_decay == decay], "per_class")


def _by_protocol(run: Run):
    for panel, (rule, value) in enumerate((("loss", 3e-4), ("epochs", 48), ("steps", 768))):
        found = reading.read_at(run, rule, value)
        for name, labeled in (("seed", False), ("per_class", True)):
            for size, own in found.groupby(name):
                kind, label = (Points, f"{size:.0f}") if labeled else (Line, None)
                yield kind(panel, label, own.variance_ratio_train, own.variance_ratio_test)
        yield Axis(panel, y="log")


def _over_epochs(run: Run):
    frame = run.to_frame()
    for decay, label in ((0.0, "weight decay 0"), (0.002, "weight decay 0.002")):
        own = frame[(frame.weight_decay == decay) & frame.epoch.isin([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48])]
        ranks = own.groupby(["epoch", "seed"]).apply(
            lambda rows: rows.variance_ratio_train.rank().corr(rows.variance_ratio_test.rank())
        )
        yield from median_and_range(0, label, ranks.unstack(0))
    yield Axis(0, x="log")


EXPECTED = {
    "collapse_at_fixed_size": _fixed_size,
    "collapse_against_size": _against_size,
    "collapse_by_protocol": _by_protocol,
    "anti_correlation_over_epochs": _over_epochs,
}
