"""Numbers in words."""

import pandas as pd

from ncbook import readings
from ncbook.readings.moments import COLLAPSED, FOLLOWS, log_slope
from prose._counts import every, none, same, yes
from prose._limits import less_than, more_than
from prose._trials import answers, load

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


def _small_sets(run):
    """The smallest median of the falls on train, of the hardest images and at most 40 of each class."""
    own = _judged(COLLAPSE.of_difficulty(run))
    return own[own.per_class <= 40].groupby("per_class").variance_ratio_train_phase_fall.median().min()


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


def _together_after_twelve(run):
    """Epochs, if on the hardest images, without weight decay, more of them go with a lower ratio on train and new."""
    rows = COLLAPSE.read_at(COLLAPSE.of_difficulty(run), "epochs", 12).groupby("per_class").median()
    assert rows.variance_ratio_train.is_monotonic_decreasing
    assert rows.variance_ratio_test.is_monotonic_decreasing
    return 12


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


_MNIST = ("laptop-mnist", "laptop-mnist-again")


def _on_mnist(of):
    """`of` each run on MNIST, one after the other."""
    return pd.concat([of(load("test_collapse", preset)) for preset in _MNIST])


def _all_on_mnist(*claims):
    """How many trials of both runs can answer, if the rules of all these claims say yes of each."""
    return same(every(answers("test_collapse", claim, *_MNIST)) for claim in claims)


def _after_epochs(epochs, decay=0.0):
    """Rank correlations of train with new images, a row a seed of both runs on MNIST."""
    return _on_mnist(lambda run: COLLAPSE.correlations_over_epochs(run, decay))[epochs]


def _ordered_on_mnist(_):
    """The seeds of both runs, if at equal loss and at equal steps every correlation is -0.9 or -1.

    And if after equal epochs all have the same order.
    """
    rules = (
        "mnist-anti-correlation", "mnist-anti-correlation-at-equal-steps", "mnist-correlation-after-equal-epochs",
    )  # fmt: skip
    table = _on_mnist(COLLAPSE.over_difficulties).loc[0.0]
    assert table[["train_new_loss", "train_new_steps"]].isin([-0.9, -1]).all(axis=None)
    return _all_on_mnist(*rules)


def _turned(_):
    """Seeds with a negative correlation after so many epochs, of how many; the other one."""
    found = _after_epochs(48)
    (other,) = found[found >= 0]
    return 48, *yes(found < 0), other


def _never_turned(_):
    return 48, 64, same(pd.concat([_after_epochs(48, 0.002), _after_epochs(64, 0.002)]))


def _errs_again(_):
    """Of the trainings with the most images, and weight decay."""
    table = _on_mnist(COLLAPSE.terminal).query("weight_decay > 0 and per_class == 400")
    return yes(table.zero_error < table.phase_start)


def _not_judged(_):
    """In the second run, with weight decay: at 400 and at 200 images per class; elsewhere all are."""
    table = COLLAPSE.terminal(load("test_collapse", _MNIST[1]))
    assert _on_mnist(COLLAPSE.terminal).phase_tells.sum() == 80 - 5
    missing = table[~table.phase_tells]
    assert (missing.phase_start > 1024).all()
    return [(missing.per_class == size).sum() for size in (400, 200)]


def _collapsed_on_mnist(*sizes):
    return _on_mnist(lambda run: _collapses(run, *sizes))


def _new_follow_more(_):
    """Trainings with a log-slope of one half or more, and of how many, at the largest size; at others there is none."""
    own = _on_mnist(_judged)
    slope = log_slope(own.variance_ratio_test_phase_fall, own.variance_ratio_train_phase_fall)
    assert round(slope[own.per_class == 25].median(), 1) == 0.2
    assert 0.45 < slope[own.per_class == 400].median() < 0.55
    assert (slope.groupby(own.per_class).median().diff().dropna() > 0).all()
    assert (slope[own.per_class < 400] < FOLLOWS).all()
    return yes(slope[own.per_class == 400] >= FOLLOWS)


def _both_fall(_):
    table = _on_mnist(COLLAPSE.terminal)
    table = table[table.phase_tells]
    return every((table.variance_ratio_train_phase_fall > 1) & (table.variance_ratio_test_phase_fall > 1))


def _epochs_on_mnist(_):
    """Equal epochs; the steps of the smallest and of the largest set in them, all before the rate falls."""
    config = load("test_collapse", _MNIST[0]).config
    steps = [config["equal_epochs"] * 10 * size // config["batch_size"] for size in config["sizes"]]
    assert steps[-1] < config["falls_from"]
    return config["equal_epochs"], steps[0], steps[-1]


FACTS = {
    "the ratio falls tenfold or more in {39} of the {59} trainings with weight decay that can be judged": lambda run: (
        yes(_collapses(run))
    ),
    "all {24} with 10 or 20 images per class fall tenfold": lambda run: every(_collapses(run, 10, 20)),
    "{11} of the {12} with 40": lambda run: yes(_collapses(run, 40)),
    "{four} of the {12} with 80": lambda run: yes(_collapses(run, 80)),
    "and none with 160, where the ratio falls four- to {sixfold}": _at_160,
    "trainings that are too short for the largest sets to collapse {tenfold}": lambda run: (
        COLLAPSED if not _collapses(run, 160).any() else 0
    ),
    "With up to 40 images per class the ratio on train falls more than {tenfold}": lambda run: more_than(
        _small_sets(run), COLLAPSED
    ),
    "Neither the strong nor the weak ratio falls {tenfold} anywhere": lambda run: (
        COLLAPSED if _none_on_new_images(run) else 0
    ),
    "neither ratio falls tenfold in any of the {59}": _none_on_new_images,
    "the strong one less than {fourfold}": lambda run: less_than(_judged(run).variance_ratio_test_phase_fall.max(), 4),
    "In all {119} trainings that can be judged": _longer,
    "shrinks more than {fourfold} from the smallest set to the largest": lambda run: more_than(
        (_gaps(run).iloc[:, 0] / _gaps(run).iloc[:, -1]).min(), 4
    ),
    "to the largest, in all {24} series": lambda run: every((_gaps(run).diff(axis=1).iloc[:, 1:] < 0).all(axis=1)),
    "an epoch of the largest set has {sixteen} times as many steps": lambda run: (
        max(run.config["sizes"]) / min(run.config["sizes"])
    ),
    "has the opposite order in {two} of {three} seeds at 0.55 and at 0.65": _again,
    "After {64} epochs it is gone": COLLAPSE.shared_epochs,
    "We chose {64} epochs before the run": COLLAPSE.shared_epochs,
    "How far it has turned after {64} epochs": COLLAPSE.shared_epochs,
    "Stop all networks after {twelve} epochs": _together_after_twelve,
    "in all {eight} seeds of the two recorded runs": _ordered_on_mnist,
    "We read after {eight} epochs, in which the smallest set has {16} steps and the largest {256}": _epochs_on_mnist,
    "makes this order, after only {16} steps": lambda run: _epochs_on_mnist(run)[1],
    "**After {eight} epochs**": lambda run: _epochs_on_mnist(run)[0],
    "the same order after {eight} epochs": lambda run: _epochs_on_mnist(run)[0],
    "the correlation after {48} epochs is negative in {seven} of the {eight} seeds, and in the eighth it is {0.7}": (
        _turned
    ),
    "after {48} and after {64} epochs the correlation is {1} in every seed": _never_turned,
    "falls tenfold or more in all {24} trainings at 25, 50 and 100 images": lambda run: every(
        _collapsed_on_mnist(25, 50, 100)
    ),
    "in {one} of the {seven} trainings at 200 that can be judged": lambda run: yes(_collapsed_on_mnist(200)),
    "and at 400 in none of the {four}": lambda run: none(_collapsed_on_mnist(400)),
    "{six} of the {eight} trainings at 400 images per class make training errors again": _errs_again,
    "these {four} are not counted, nor is {one} at 200": _not_judged,
    "Of all these, the strong ratio falls less than {threefold}": lambda run: less_than(
        _on_mnist(_judged).variance_ratio_test_phase_fall.max(), 3
    ),
    "except in {three} of the {four} at 400": _new_follow_more,
    "within one training both ratios fall, in all {75} on MNIST that can be judged": _both_fall,
}
GIVEN = [
    "we call it collapse when a ratio falls tenfold or more",
    "whose learning rate was about three times as large",
    "a share of 5 % of the new points",
    "with sixteen times as many images, which ratio",  # in the lab: 10 and 160 images a class
    "Last, stop after 12 epochs.",
]
