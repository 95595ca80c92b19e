"""Numbers in words."""

from ncbook import readings
from ncbook.readings.moments import COLLAPSED
from prose._counts import every, none, same, yes
from prose._limits import less_than, more_than
from prose._trials import load

COLLAPSE = readings.test_collapse


def _judged(run):
    """The trainings with weight decay whose terminal phase can be judged."""
    table = COLLAPSE.terminal(run)
    return table[(table.weight_decay == run.config["weight_decays"][1]) & table.phase_tells]


def _collapses(run, *sizes):
    own = _judged(run)
    return own.variance_ratio_train_phase_fall[own.per_class.isin(sizes or own.per_class.unique())] >= COLLAPSED


def _none_on_new_images(run):
    falls = _judged(run)[["variance_ratio_test_phase_fall", "variance_ratio_weak_phase_fall"]]
    return none((falls >= COLLAPSED).any(axis=1))


def _at_160(run):
    assert none(_collapses(run, 160)) == 11
    own = _judged(run)
    falls = own.variance_ratio_train_phase_fall[own.per_class == 160]
    assert falls.min() > 4
    return less_than(falls.max(), 6)


def _gaps(run):
    """Strong ratio on new images minus that on train at the end: a row a series of sizes, a column a size."""
    ends = run.to_frame().groupby(COLLAPSE.KEYS, sort=False).tail(1)
    gaps = ends.assign(gap=ends.variance_ratio_test - ends.variance_ratio_train)
    return gaps.pivot(index=["difficulty", "weight_decay", "seed"], columns="per_class", values="gap")


def _longer(run):
    table = COLLAPSE.terminal(run)
    return every(table.variance_ratio_test_phase_fall[table.phase_tells] > 1)


def _again(run):
    """At equal loss and at equal steps alike, in the second run; on harder glyphs in all."""
    table = COLLAPSE.over_difficulties(load("test_collapse")).reset_index()
    table = table[table.weight_decay == 0]
    found = [table[f"train_new_{rule}"] <= -COLLAPSE.CORRELATED for rule in ("loss", "steps")]
    easier, harder = table.difficulty <= 0.65, table.difficulty >= 0.75
    assert all(each[harder].all() for each in found)
    return same(yes(each[table.difficulty == at]) for each in found for at in table.difficulty[easier].unique())


FACTS = {
    "the ratio falls tenfold or more in {39} of the {59} trainings with weight decay that can be judged": lambda run: (
        yes(_collapses(run))
    ),
    "At 10 and at 20 images a class all {24} trainings fall tenfold": lambda run: every(_collapses(run, 10, 20)),
    "at 40 images {11} of the {12} do": lambda run: yes(_collapses(run, 40)),
    "At 80 images a class it is {four} of the {12}": lambda run: yes(_collapses(run, 80)),
    "at 160 none: there the ratio falls four- to {sixfold}": _at_160,
    "trainings that are too short for the largest sets to collapse {tenfold}": lambda run: (
        COLLAPSED if not _collapses(run, 160).any() else 0
    ),
    "neither the strong nor the weak ratio falls tenfold in any of the {59}": _none_on_new_images,
    "The largest fall of the strong one is less than {fourfold}": lambda run: less_than(
        _judged(run).variance_ratio_test_phase_fall.max(), 4
    ),
    "In all {119} trainings that can be judged": _longer,
    "shrinks more than {fourfold} from the smallest set to the largest": lambda run: more_than(
        (_gaps(run).iloc[:, 0] / _gaps(run).iloc[:, -1]).min(), 4
    ),
    "it shrinks at each doubling in all {24} series": lambda run: every(
        (_gaps(run).diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    ),
    "n epoch of the largest set has {sixteen} times as many steps": lambda run: (
        max(run.config["sizes"]) / min(run.config["sizes"])
    ),
    "has it in {two} of {three} seeds at 0.55 and at 0.65": _again,
    "After {64} epochs it is not there": COLLAPSE.shared_epochs,
    "Does {64} epochs stand for": COLLAPSE.shared_epochs,
    "How far it has turned after {64} epochs": COLLAPSE.shared_epochs,
    "it does not turn: after {64} epochs": COLLAPSE.shared_epochs,
}
GIVEN = [
    "we call it collapse when a ratio falls tenfold or more",
    "which asks for a tenfold fall at every size",
    "in the larger ones they come less far",
    "whose learning rate was about three times as large",
    "a share of 5 % of the new points",
]
