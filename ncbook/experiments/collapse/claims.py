"""Claims that `collapse` decides, and the rules by which it does."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.collapse import COLLAPSED, falls
from ncbook.runs import Run


def _trials(run: Run) -> pd.DataFrame:
    """The networks and seeds at the first weight decay, as `falls` reads them."""
    table = falls(run)
    return table[table.weight_decay == run.config["weight_decays"][0]]


def _variability(run: Run) -> Evidence:
    fall = _trials(run).fall_train.fillna(0.0)
    return Evidence.of(fall >= COLLAPSED, fall, "fold fall of NC1 on train")


def _halved(run: Run, *columns: str, unit: str) -> Evidence:
    """The end as a share of the start, the largest among `columns`; inf without a terminal phase."""
    table = _trials(run)
    ratios = pd.DataFrame({name: table[f"{name}_end"] / table[f"{name}_then"] for name in columns})
    largest = ratios.max(axis=1).fillna(np.inf)
    return Evidence.of(largest <= 0.5, largest, unit)


def _simplex(run: Run) -> Evidence:
    return _halved(run, "nc2_norms_train", "nc2_angles_train", unit="of the start: the slower of lengths and angles")


def _duality(run: Run) -> Evidence:
    return _halved(run, "nc3_train", unit="of NC3 at the start")


def _decisions(run: Run) -> Evidence:
    table = _trials(run)
    ends = 100 * table.nc4_train_end[np.isfinite(table.zero_error_epoch)]
    return Evidence.of(ends.reindex(table.index) == 0, ends, "% of training points decided otherwise")


def _test_error(run: Run) -> Evidence:
    table = _trials(run)
    changes = 100 * (table.test_error_end - table.test_error_then)
    return Evidence.of(changes <= 0, changes.dropna(), "percentage points")


def _no_test_collapse(run: Run) -> Evidence:
    """Without a terminal phase there is no fall to speak of, and nothing that holds."""
    fall = _trials(run).fall_test.fillna(0.0)
    return Evidence.of((fall > 0) & (fall < COLLAPSED), fall, "fold fall of NC1 on test")


_TRIAL = "a trial is a network and a seed at the first weight decay"
_CONTROL = "the same networks and seeds with a tenth of the weight decay"

CLAIMS = (
    Claim(
        id="variability-collapses",
        source="papyan2020prevalence",
        where="results, NC1",
        statement="In the terminal phase of training the features of each class collapse to their class mean.",
        rule="NC1 on train falls tenfold or more from the first measured epoch with zero training error to the last; "
        f"{_TRIAL}.",
        control=_CONTROL,
        judge=_variability,
        cell="how-far",
    ),
    Claim(
        id="class-means-form-a-simplex",
        source="papyan2020prevalence",
        where="results, NC2",
        statement="In the terminal phase the centered class means become equally long, and the cosine between any two "
        "of them approaches -1/(K-1).",
        rule="NC2 of the means on train, of lengths and of angles, each falls to half or less from the first measured "
        f"epoch with zero training error to the last; {_TRIAL}.",
        control=_CONTROL,
        judge=_simplex,
        cell="fig-frame",
    ),
    Claim(
        id="classifier-meets-the-means",
        source="papyan2020prevalence",
        where="results, NC3",
        statement="In the terminal phase the classifier and the class means converge to each other, up to scale.",
        rule="NC3 on train falls to half or less from the first measured epoch with zero training error to the last; "
        f"{_TRIAL}.",
        control=_CONTROL,
        judge=_duality,
        cell="fig-duality",
    ),
    Claim(
        id="nearest-mean-decides",
        source="papyan2020prevalence",
        where="results, NC4",
        statement="In the terminal phase the network comes to choose the class whose training mean is nearest.",
        rule=f"At the end the two rules agree on every training point; {_TRIAL}.",
        control=_CONTROL,
        judge=_decisions,
        cell="fig-decisions",
    ),
    Claim(
        id="training-past-zero-error-helps",
        source="agarwal2022what",
        where="section 1",
        statement="Training past zero error can be beneficial: the test error goes on falling.",
        rule="The test error at the last epoch is not above that at the first measured epoch with zero training "
        f"error; {_TRIAL}.",
        control=_CONTROL,
        judge=_test_error,
        cell="test-errors",
    ),
    Claim(
        id="no-collapse-on-test",
        source="hui2022limitations",
        where="abstract",
        statement="Collapse happens on the training set and not on the test set.",
        rule="NC1 on test, with the class means of the test set, falls less than tenfold in the terminal phase: by "
        f"the rule that finds collapse on train, there is none on test; {_TRIAL}.",
        control="the same features measured on the training set",
        judge=_no_test_collapse,
        cell="how-far",
    ),
)
