"""The figures of `next_token`."""

from collections import Counter

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Points, by_seed, median_and_range

SIDES = {"train": "training contexts", "test": "new sentences"}


def _ends(run: Run):
    frame = run.to_frame()
    own = frame[frame.arm != "small text"]
    return own[own.step == run.config["steps"]]


def _by(run: Run, arm: str, setting: str, column: str):
    """The usual network, and those that differ from it in one setting."""
    ends = _ends(run)
    usual = (ends.arm == "width") & (ends.dim == run.config["width"]) & (arm != "width")
    ends = ends.assign(excess=ends.test_loss - ends.best_loss_test)
    return ends[usual | (ends.arm == arm)].pivot(index="seed", columns=setting, values=column)


def _contexts(run: Run):
    words = [word for word, _ in Counter(sorted(run.arrays["plane_word"])).most_common()]
    for panel, word in enumerate(words):
        points, kinds = (run.arrays[name][run.arrays["plane_word"] == word] for name in ("plane", "plane_kind"))
        top = [kind for kind, _ in Counter(sorted(kinds)).most_common(4)]
        for number, kind in enumerate(top, start=1):
            x, y = np.array([point for point, own in zip(points, kinds, strict=True) if own == kind]).T
            yield Points(panel, f"kind {number}", x, y)
        others = np.array([point for point, own in zip(points, kinds, strict=True) if own not in top])
        yield Points(panel, "other kinds", *others.reshape(-1, 2).T)


def _widths(run: Run):
    for side, label in SIDES.items():
        yield from median_and_range(0, label, _by(run, "width", "dim", f"cdnv_{side}"))
    yield Axis(0, "log", "log")
    ends = _ends(run)
    for label, arm in (("widths", "width"), ("weight decay", "weight decay")):
        own = ends[ends.arm == arm]
        yield Points(1, label, own.test_loss, own.cdnv_train)
    yield Axis(1, "linear", "log")


def _past(run: Run):
    frame = run.to_frame()
    rows = frame[frame.arm == "small text"]
    names = ({side: f"{side}_loss" for side in SIDES}, {side: f"cdnv_{side}" for side in SIDES},
             {side: f"cdnv_kind_{side}" for side in SIDES})  # fmt: skip
    for panel, columns in enumerate(names):
        for side, column in columns.items():
            yield from median_and_range(panel, SIDES[side], by_seed(rows, column, "step"))
    for panel in (1, 2):
        yield Axis(panel, "linear", "log")


def _ambiguity(run: Run):
    for panel, columns in enumerate((
        {"cdnv_test": "CDNV by word", "cdnv_kind_test": "CDNV by kind"},
        {"best_loss_test": "best possible", "excess": "above it"},
    )):  # fmt: skip
        for column, label in columns.items():
            yield from median_and_range(panel, label, _by(run, "followers", "followers", column))
    yield Axis(0, "log", "log")
    yield Axis(1, "log")


def _words(run: Run):
    for panel, name in enumerate(("word_frequency", "word_kinds")):
        yield Points(panel, None, run.arrays[name], run.arrays["word_cdnv"])
    yield Axis(0, "log", "log")
    yield Axis(1, "linear", "log")


EXPECTED = {
    "contexts_of_words": _contexts, "collapse_by_width": _widths, "past_the_best_loss": _past,
    "collapse_by_ambiguity": _ambiguity, "words_by_kinds": _words,
}  # fmt: skip
