"""The four properties, and the picture of them, in networks whose features need no projection."""

from collections.abc import Callable

import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.collapse import COLLAPSED
from ncbook.readings.simplex import fitting_ends, least_and_most
from ncbook.runs import Run

_CONTROL = (
    "the network of four classes with a tenth of the weight decay, and four classes in two dimensions, where no "
    "simplex fits"
)
# Beyond these a picture no longer looks like a simplex: 5 % of the length, about 3 degrees, a tenth of the size.
_LENGTHS, _ANGLES, _DUALITY, _APART = 0.05, 0.05, 0.01, 0.1


def _every(column: str, holds: Callable[[pd.Series], pd.Series], unit: str) -> Callable[[Run], Evidence]:
    """A rule that asks one column of each training."""

    def judge(run: Run) -> Evidence:
        values = fitting_ends(run)[column]
        return Evidence.of(holds(values), values.dropna(), unit)

    return judge


def _meet(run: Run) -> Evidence:
    """The largest of the three distances from the vertices, training by training."""
    worst = fitting_ends(run)[["off_means", "off_rows", "off_points"]].max(axis=1)
    return Evidence.of(worst <= _APART, worst, "of the radius")


def _enough_for_the_error(run: Run) -> Evidence:
    least, most = least_and_most(run)
    extra = 100 * (least.test_error - most.test_error)
    return Evidence.of(extra <= 1, extra, "points of test error above d = 128")


def _enough_for_the_simplex(run: Run) -> Evidence:
    least, _ = least_and_most(run)
    holds = (least.fall >= COLLAPSED) & (least.nc2_angles_train <= _ANGLES)
    return Evidence.of(holds, least.nc2_angles_train, "off in the cosine, with d = 9")


CLAIMS = read(
    __file__,
    {
        "simplex-nc1": _every("fall", lambda fall: fall >= COLLAPSED, "fold"),
        "simplex-nc2-lengths": _every("nc2_norms_train", lambda values: values <= _LENGTHS, "std / mean"),
        "simplex-nc2-angles": _every("nc2_angles_train", lambda values: values <= _ANGLES, "off in the cosine"),
        "simplex-nc3": _every("nc3_train", lambda values: values <= _DUALITY, ""),
        "simplex-nc4": _every("nc4_train", lambda values: values == 0, "of the points differ"),
        "simplex-meeting": _meet,
        "enough-dimensions-for-the-error": _enough_for_the_error,
        "enough-dimensions-for-the-simplex": _enough_for_the_simplex,
    },
)
