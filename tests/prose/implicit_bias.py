"""Numbers in words."""

from ncbook import readings
from ncbook.readings.implicit_bias import NETWORKS

BIAS = readings.implicit_bias
HALVED = 2  # fold fall of NC1 after zero error from which on a network counts as collapsing


def _norms(run):
    last = BIAS.ends(run, "escape")
    solved = last[(last.method == "depth2") & (last.determinant > 0)]
    return solved.frobenius_norm.median() / last[last.determinant < 0].frobenius_norm.median()


def _collapse_without_decay(run):
    """Networks whose NC1 halves after zero error in every seed, and all."""
    pairs = [BIAS.since_zero_error(run, part, "true", 0.0) for part in NETWORKS]
    falls = [each.nc1_train_then / each.nc1_train_end for each in pairs]
    return sum((fall >= HALVED).all() for fall in falls), len(falls)


FACTS = {
    "has a norm {three} times that of the control": _norms,
    "collapse without weight decay, in {one} of {two} networks": _collapse_without_decay,
}
GIVEN = ["over the last tenfold of"]
