"""The four properties, and the picture of them, in networks whose features need no projection."""

from collections.abc import Callable

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.collapse import COLLAPSED
from ncbook.readings.simplex import fitting_ends, least_and_most
from ncbook.runs import Run

_SURVEY = "agarwal2022what"
_CONTROL = (
    "the network of four classes with a tenth of the weight decay, and four classes in two dimensions, where no "
    "simplex fits"
)
_WIDER = "the same network, seed and weight decay, without the linear map, and with one to 64 dimensions"
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


CLAIMS = (
    Claim(
        id="simplex-nc1",
        source=_SURVEY,
        where="section 2.2, equation (4)",
        statement="Past zero training error, the features of a class go on to collapse to their mean (NC1).",
        rule="NC1 on the training set falls at least tenfold from the first measured step without a training error "
        "to the end. A trial is one network of one seed, with K = 3, d = 2 or K = 4, d = 3.",
        control=_CONTROL,
        judge=_every("fall", lambda fall: fall >= COLLAPSED, "fold"),
        cell="fig-variability",
    ),
    Claim(
        id="simplex-nc2-lengths",
        source=_SURVEY,
        where="section 2.2, equation (5)",
        statement="The centered class means become equally long (NC2).",
        rule="At the end the standard deviation of their lengths is at most 5 % of the mean length. Trials as for NC1.",
        control=_CONTROL,
        judge=_every("nc2_norms_train", lambda values: values <= _LENGTHS, "std / mean"),
        cell="fig-geometry",
    ),
    Claim(
        id="simplex-nc2-angles",
        source=_SURVEY,
        where="section 2.2, equation (6)",
        statement="The cosine between every two centered class means becomes -1/(K-1) (NC2).",
        rule="At the end the mean of |cos + 1/(K-1)| is at most 0.05. Trials as for NC1.",
        control=_CONTROL,
        judge=_every("nc2_angles_train", lambda values: values <= _ANGLES, "off in the cosine"),
        cell="fig-geometry",
    ),
    Claim(
        id="simplex-nc3",
        source=_SURVEY,
        where="section 2.2, equation (7)",
        statement="The classifier becomes equal to the centered class means, up to scale (NC3).",
        rule="At the end NC3 is at most 0.01, which is a tenth of the size of either matrix. Trials as for NC1.",
        control=_CONTROL,
        judge=_every("nc3_train", lambda values: values <= _DUALITY, ""),
        cell="fig-geometry",
    ),
    Claim(
        id="simplex-nc4",
        source=_SURVEY,
        where="section 2.2, equation (8)",
        statement="The network decides by the nearest class mean of the training set (NC4).",
        rule="At the end the two decisions agree on every training point. Trials as for NC1.",
        control=_CONTROL,
        judge=_every("nc4_train", lambda values: values == 0, "of the points differ"),
        cell="fig-decisions",
    ),
    Claim(
        id="simplex-meeting",
        source="papyan2020prevalence",
        where="figure shown as figure 2 of the survey",
        statement="Features, class means and classifier rows meet at the vertices of one simplex.",
        rule="At the end, with the simplex of radius 1 that fits the class means best, the root mean square distance "
        "from the vertices is at most 0.1 for the class means, for the classifier rows and for the training features. "
        "Trials as for NC1.",
        control=_CONTROL,
        judge=_meet,
        cell="fig-space",
    ),
    Claim(
        id="enough-dimensions-for-the-error",
        source="agarwal2022what",
        where="section 5, of Zhou et al. (2022)",
        statement="No more feature dimensions than the simplex needs: the test error is no worse.",
        rule="Ten classes, for each seed: with d = 9 the test error is at most one percentage point above that with "
        "d = 128.",
        control=_WIDER,
        judge=_enough_for_the_error,
        cell="fig-reduced",
    ),
    Claim(
        id="enough-dimensions-for-the-simplex",
        source="zhou2022optimization",
        where="experiments on the feature dimension",
        statement="No more feature dimensions than the simplex needs: the features collapse to it as well.",
        rule="Ten classes with d = 9, for each seed: NC1 falls at least tenfold after zero training error, and the "
        "mean of |cos + 1/(K-1)| ends at 0.05 or less.",
        control=_WIDER,
        judge=_enough_for_the_simplex,
        cell="fig-reduced",
    ),
)
