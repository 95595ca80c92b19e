"""Numbers in words."""

from ncbook import readings
from ncbook.readings.moments import COLLAPSED, NEVER
from prose._counts import same, yes
from prose._trials import BOTH, FIRST, SECOND, answers, judged, load

BIAS = readings.implicit_bias


def _norms(run):
    last = BIAS.ends(run, "escape")
    solved = last[(last.method == "depth2") & (last.determinant > 0)]
    return solved.frobenius_norm.median() / last[last.determinant < 0].frobenius_norm.median()


def _falls(run, part):
    """Of NC1 in the terminal phase, on true labels without weight decay."""
    found = BIAS.phases(run)
    return found[(found.part == part) & (found.labels == "true") & (found.weight_decay == 0)].nc1_fall


def _without_decay(run):
    second, first = _falls(run, "batch_norm"), _falls(run, "network")
    return second.min(), second.max(), first.min(), first.max()


def _with_decay(run):
    """The least and the largest fall of NC1 with true labels and weight decay, in how many phases of how many."""
    found = BIAS.phases(run)
    found = found[(found.part == "batch_norm") & (found.labels == "true") & (found.weight_decay > 0)]
    told = found[found.phase_tells]
    assert (found[~found.phase_tells].phase_start != NEVER).all()  # it came too late, and it came
    return told.nc1_fall.min(), told.nc1_fall.max(), len(told), len(found)


def _less(run):
    """Seeds with weight decay in which NC1 falls by fewer times with random labels, of those that can answer."""
    found = BIAS.phases(run)
    table = found[found.part == "batch_norm"].set_index(["weight_decay", "seed", "labels"])
    table = table[["nc1_fall", "phase_tells"]].unstack()
    less = (table.nc1_fall.random < table.nc1_fall.true)[table.phase_tells.all(axis=1)]
    plain, decayed = (less.xs(decay) for decay in (0.0, 2e-3))
    assert plain.all()
    assert len(plain) == len(run.config["seeds"])
    return decayed.sum(), len(decayed)


def _random_collapse(preset):
    """Networks that fit random labels with weight decay and collapse, of those whose terminal phase is long enough."""
    found = BIAS.phases(load("implicit_bias", preset))
    told = found[(found.labels == "random") & found.phase_tells]
    decayed = told[(told.part == "batch_norm") & (told.weight_decay > 0)]
    collapsed = decayed.nc1_fall >= COLLAPSED
    assert collapsed.sum() == (told.nc1_fall >= COLLAPSED).sum()  # no other network does
    return collapsed.sum(), len(decayed)


def _collapsed_errors(_run):
    """How many networks collapse on random labels in both runs, and the range of their test errors in percent."""
    found = [judged("implicit_bias", "collapse-brings-generalization", preset) for preset in BOTH]
    errors = [value for each in found for value, told in zip(each.values, each.holds, strict=True) if told is not None]
    return len(errors), min(errors), max(errors)


def _random_ends(run):
    """NC1 at the end with random labels over that with true ones, for the two weight decays."""
    found = BIAS.phases(run)
    ends = found[found.part == "batch_norm"].groupby(["weight_decay", "labels"]).nc1_end.median().unstack()
    return sorted(ends.random / ends.true)


FACTS = {
    "has a norm {three} times that of the control": _norms,
    "the second comes to {3.1}- to {6.8}-fold, the first to {1.1}- to {1.4}-fold": _without_decay,
    "falls {47}- to {123}-fold in the {seven} of {eight} seeds that can answer": _with_decay,
    "With weight decay that is so in {four} of the {six} seeds": _less,
    "In the median it ends {six} to {seven} times as high with random labels": _random_ends,
    "it falls by fewer times in {11} of {16} comparisons": lambda _run: yes(
        answers("implicit_bias", "random-labels-collapse-less", SECOND)
    ),
    "in {six} of the {seven} networks whose phase is long enough": lambda _run: _random_collapse(FIRST),
    "and in the second run in all {eight}": lambda _run: same(_random_collapse(SECOND)),
    "Every one of these {14} collapsed networks has a test error between {87} and {94} %": _collapsed_errors,
}
GIVEN = [
    "the tenfold fall that this book calls collapse",
    "NC1 falls at least tenfold in the terminal phase",
    "In none: collapse by ten times without weight decay",
    "how much do ten times as many constant steps bring?",  # in the lab
    "with a constant one, for 10,000 and for 100,000 steps.",
]
