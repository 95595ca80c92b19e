"""Numbers in words."""

from ncbook import readings
from ncbook.readings.moments import COLLAPSED
from prose._counts import yes
from prose._limits import less_than, more_than
from prose._trials import FIRST, answers

COLLAPSE = readings.test_collapse


def _decayed(run):
    table = COLLAPSE.terminal(run)
    return table[table.weight_decay == run.config["weight_decays"][1]]


def _none_on_new_images(run):
    table = _decayed(run)
    assert (table[["variance_ratio_test_fall", "variance_ratio_weak_fall"]] < COLLAPSED).all(axis=None)
    return len(table)


def _gaps(run):
    """Strong ratio on new images minus that on train at the end: a row a weight decay and seed, a column a size."""
    ends = run.to_frame().groupby(COLLAPSE.KEYS, sort=False).tail(1)
    gaps = ends.assign(gap=ends.variance_ratio_test - ends.variance_ratio_train)
    return gaps.pivot(index=["weight_decay", "seed"], columns="per_class", values="gap")


def _shrink_steadily(run):
    falls = (_gaps(run).diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    return falls.sum(), len(falls)


def _longer(run):
    falls = COLLAPSE.terminal(run).variance_ratio_test_fall
    return (falls > 1).sum(), len(falls)


def _judged(run):
    """Trainings with weight decay whose terminal phase can be judged, all of them, and those that collapse."""
    collapse, valid = yes(answers("test_collapse", "train-collapse-at-fixed-size", FIRST))
    return valid, len(_decayed(run)), collapse


FACTS = {
    "the ratio falls tenfold or more in {ten} of the {twenty} trainings with weight decay": lambda run: (
        (_decayed(run).variance_ratio_train_fall >= COLLAPSED).sum(),
        len(_decayed(run)),
    ),
    "neither the strong nor the weak ratio falls tenfold in any of the {twenty}": _none_on_new_images,
    "The largest fall of the strong one is less than {fourfold}": lambda run: less_than(
        _decayed(run).variance_ratio_test_fall.max(), 4
    ),
    "{Eleven} of the {twenty} have one that is long enough to be judged, and {ten} of these collapse": _judged,
    "In {35} of the {40} trainings the new ratio is lower at the end": _longer,
    "shrinks more than {fivefold} from the smallest set to the largest": lambda run: more_than(
        (_gaps(run).iloc[:, 0] / _gaps(run).iloc[:, -1]).min(), 5
    ),
    "it shrinks at each doubling in {seven} of the {eight} series": _shrink_steadily,
    "An epoch of the largest set has {sixteen} times as many steps": lambda run: (
        max(run.config["sizes"]) / min(run.config["sizes"])
    ),
    "It is also there after {48} epochs": COLLAPSE.shared_epochs,
    "Does {48} epochs stand for": COLLAPSE.shared_epochs,
    "it does not turn: after {48} epochs": COLLAPSE.shared_epochs,
}
GIVEN = [
    "we call it collapse when a ratio falls tenfold or more",
    "a share of 5 % of the new points",
]
