"""The four properties, and the picture of them, in networks whose features need no projection."""

from collections.abc import Callable

from ncbook.claims import read
from ncbook.evidence import Evidence
from ncbook.readings.moments import COLLAPSED, NEVER
from ncbook.readings.simplex import fitting_ends, least_and_most
from ncbook.runs import Run

# Beyond these a picture no longer looks like a simplex: 5 % of the length, about 3 degrees, a tenth of the size.
_LENGTHS, _ANGLES, _DUALITY, _APART = 0.05, 0.05, 0.01, 0.1


def _every(column: str, relation: str, limit: float, unit: str) -> Callable[[Run], Evidence]:
    """A rule that asks one column of each training."""

    def judge(run: Run) -> Evidence:
        table = fitting_ends(run)
        return Evidence.compared(table.seed, table[column], relation, limit, unit, table.phase_tells)

    return judge


def _meet(run: Run) -> Evidence:
    """The largest of the three distances from the vertices, training by training."""
    table = fitting_ends(run)
    worst = table[["off_means", "off_rows", "off_points"]].max(axis=1)
    return Evidence.compared(table.seed, worst, "<=", _APART, "of the radius", table.phase_tells)


def _enough_for_the_error(run: Run) -> Evidence:
    least, most = least_and_most(run)
    extra = (100 * (least.test_error - most.test_error)).round(9)
    fitted = (least.phase_start < NEVER) & (most.phase_start < NEVER)
    return Evidence.compared(least.index, extra, "<=", 1.0, "points of test error above d = 128", fitted)


def _enough_for_the_simplex(run: Run) -> Evidence:
    least, _ = least_and_most(run)
    holds = (least.phase_fall >= COLLAPSED) & (least.nc2_angles_train <= _ANGLES)
    unit = "off in the cosine, with d = 9"
    return Evidence.of(least.index, holds, least.nc2_angles_train, unit, least.phase_tells)


CLAIMS = read(
    __file__,
    {
        "simplex-nc1": _every("phase_fall", ">=", COLLAPSED, "fold"),
        "simplex-nc2-lengths": _every("nc2_norms_train", "<=", _LENGTHS, "std / mean"),
        "simplex-nc2-angles": _every("nc2_angles_train", "<=", _ANGLES, "off in the cosine"),
        "simplex-nc3": _every("nc3_train", "<=", _DUALITY, ""),
        "simplex-nc4": _every("nc4_train", "<=", 0.0, "of the points differ"),
        "simplex-meeting": _meet,
        "enough-dimensions-for-the-error": _enough_for_the_error,
        "enough-dimensions-for-the-simplex": _enough_for_the_simplex,
    },
)
