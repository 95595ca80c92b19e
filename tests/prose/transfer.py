"""Numbers of the chapter on transfer."""

import math

from ncbook.readings import transfer as reading
from prose._counts import every, none, yes
from prose._ledger import no_seed, seeds
from prose._trials import trials_of

_POINTS = 0.02  # two points of accuracy, the least that counts by the rules


def _with_source(run):
    table = reading.ends(run)
    return table[table.arm == reading.PER_CLASS]


def _fewer(run):
    table = _with_source(run)
    return table[table.num_classes < run.config["target_classes"]]


def _similar(run):
    table = _with_source(run)
    return yes(table.cdnv_test <= 2 * table.cdnv_train)


def _falling(run):
    series = reading.ends(run).groupby(["arm", "seed"])
    return yes(reading.rank_correlation(rows.num_classes, rows.cdnv_target) <= -0.9 for _, rows in series)


def _all_but_one_falling(run):
    held, series = _falling(run)
    return series if series - held == 1 else math.nan


def _far_from_source(run):
    table = reading.ends(run)
    times = (table.cdnv_target / table.cdnv_test)[table.num_classes == table.num_classes.max()]
    return math.floor(times.min()), math.ceil(times.max())


def _two(run):
    table = _with_source(run)
    return table[table.num_classes == table.num_classes.min()]


def _below_pixels(run):
    lost = _fewer(run).pixels - _fewer(run).probe_acc_target
    return every(lost > 0), math.floor(100 * lost.min())


def _no_better_than_untrained(run):
    table = _two(run)
    return yes(table.probe_acc_target <= table.untrained)


def _coarse(run):
    since = reading.since_zero_error(run)
    return since[since.arm.isin(reading.COARSE)]


def _falls(run):
    table = _coarse(run)
    lost = table.probe_then - table.probe_end
    return *yes(lost >= _POINTS), (lost > 0.08).sum()


def _weaker(run):
    strong, weak = run.config["group_decays"]
    return strong / weak


def _middle(run):
    layers = reading.final_layers(run, "source").loc[reading.PER_CLASS]
    best = layers.drop(columns=[reading.INPUT, reading.LAST]).max(axis=1)
    return yes(best - layers[reading.LAST] >= _POINTS)


FACTS = {
    "that of training images in {17} of the {20} networks": _similar,
    "falls with $ in {seven} of the {eight} series": _falling,
    "falls with $ in all but one of {eight} series": _all_but_one_falling,
    "at {40} classes target CDNV": lambda run: max(run.config["source_counts"]),
    "is still {two} to {five} times that of new images": _far_from_source,
    "more than {three} times chance in every seed": lambda run: math.floor(
        _two(run).probe_acc_target.min() * run.config["target_classes"]
    ),
    "worse than the pixels in all {eight} networks, by {15} points or more": _below_pixels,
    "of the *untrained* network in {three} of {four} seeds": _no_better_than_untrained,
    "In none of the {eight} does accuracy fall by two points": lambda run: none(
        _fewer(run).probe_then - _fewer(run).probe_acc_target >= _POINTS
    ),
    "weight decay {ten} times weaker": _weaker,
    "to the end in {five} of the {eight} networks, and by more than eight points in {three} of them": _falls,
    "In {four} of the {five} networks with three measurements": lambda _: trials_of(
        "transfer", "more-collapse-worse-transfer"
    ),
    "hardly collapse in these {120} epochs": lambda run: run.config["group_epochs"],
    "in {15} of the {20} networks": _middle,
    "over two runs it counts about {seven} of {ten} seeds": lambda _: seeds(
        "transfer", "source-collapse-on-new-images"
    ),
    "the claim **holds**, in {ten} of {ten} seeds": lambda _: seeds("transfer", "unseen-accuracy-rises-with-classes"),
    "it falls in {nine} of {ten} seeds": lambda _: seeds("transfer", "unseen-cdnv-falls-with-classes"),
    "it does in {one} network of the {eleven} that can answer": lambda _: trials_of(
        "transfer", "longer-training-worse-few-classes", "laptop-again"
    ),
    "the ledger counts {7.5} of {nine} seeds": lambda _: seeds("transfer", "longer-training-worse-transfer"),
    "the ledger counts {seven} of {eight} seeds": lambda _: seeds("transfer", "more-collapse-worse-transfer"),
    "too **fails**, in all {ten} seeds of both runs": lambda _: no_seed("transfer", "longer-training-worse-weak-decay"),
    "the claim **fails**, in all {nine} seeds": lambda _: no_seed("transfer", "residual-recovers-fine-classes"),
}
GIVEN = ["The rule asked for 80 %"]
