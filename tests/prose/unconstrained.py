"""Numbers in words."""

import math

from ncbook import readings
from prose._limits import more_than

COLLAPSE = readings.unconstrained.COLLAPSE


def _creeping(run):
    shares = 100 * readings.unconstrained.ends(run, "flow", method="gd").margin_ratio
    for _, own in readings.unconstrained.rows(run, "flow", method="gd").groupby(["setting", "seed"]):
        at = [own.margin_ratio.iloc[(own.step / step - 1).abs().argmin()] for step in (100, 1000, 10_000)]
        assert 0 < at[2] - at[1] < at[1] - at[0]
    return math.floor(shares.min()), math.ceil(shares.max())


def _scaled(run):
    last = readings.unconstrained.ends(run, "flow", method="scaled")
    return run.config["scaled_steps"] / 1000, more_than(100 * last.margin_ratio.min(), 99.9)


def _angles_kept(run):
    """How many of how many seeds kept more than half of the angles' deviation, and with how many classes."""
    frame = readings.unconstrained.rows(run, "flow", method="gd")
    early = frame[frame.step >= 100].groupby(["setting", "seed"])[COLLAPSE].first()
    left = frame.groupby(["setting", "seed"])[COLLAPSE].last() / early
    assert (left < 1).all(axis=None)
    kept = left[(left > 0.5).any(axis=1)]
    assert (kept.nc2_angles_train > 0.5).all()
    (setting,) = set(kept.index.get_level_values("setting"))
    return len(kept), len(left.loc[setting]), run.config["flow_classes"][setting]


FACTS = {
    "end between {82} and {99} % of the bound, and each tenfold of steps adds less": _creeping,
    "in {six} thousand steps get to {99.9} % and beyond": _scaled,
    "for {two} of the {three} seeds with {ten} classes the angles": _angles_kept,
}
GIVEN = [
    "Doubling $ and $ makes it four times as large",
    "within 1 % of the bound",
]
