"""Numbers in words."""

from ncbook import readings
from prose._counts import yes
from prose._trials import BOTH, SECOND, answers, load

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


def _rises_again(_run):
    run = load("implicit_bias")
    assert (_falls(run, "batch_norm") > 1).all()
    falls = _falls(run, "network")
    return (falls < 1).sum(), len(falls)


def _random_ends(run):
    """NC1 at the end with random labels over that with true ones, for the two weight decays."""
    found = BIAS.phases(run)
    ends = found[found.part == "batch_norm"].groupby(["weight_decay", "labels"]).nc1_end.median().unstack()
    return sorted(ends.random / ends.true)


def _off_the_margin(_run):
    checked = answers("implicit_bias", "logistic-max-margin", *BOTH)
    return len(checked) - sum(checked), len(checked)


FACTS = {
    "has a norm {three} times that of the control": _norms,
    "the second comes to {2.8} to {5.1}-fold, the first to {1.1} to {1.4}-fold": _without_decay,
    "NC1 even rises a little in the first network, in {two} of {eight} seeds": _rises_again,
    "ends {seven} to {eight} times as high": _random_ends,
    "it falls by fewer times in {13} of {15} comparisons": lambda _run: yes(
        answers("implicit_bias", "random-labels-collapse-less", SECOND)
    ),
    "in {one} of {32} trials the direction is slightly farther": _off_the_margin,
}
GIVEN = [
    "over the last tenfold of",
    "NC1 falls at least tenfold from the start of the terminal phase on",
    "No network with random labels collapses tenfold",
    "In none: collapse by ten times without weight decay",
]
