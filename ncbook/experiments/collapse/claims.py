"""Claims that `collapse` decides, and the rules by which it does."""

from collections.abc import Iterator

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.runs import Run

_TENFOLD = 10.0  # the fall of NC1 in the terminal phase that counts as collapse


def _phases(run: Run) -> Iterator[tuple[pd.Series, pd.Series] | None]:
    """Of each network and seed at the first weight decay: its first measured epoch with zero training error and its
    last one, or None where the training error never reaches zero."""
    frame = run.to_frame()
    frame = frame[frame.weight_decay == run.config["weight_decays"][0]]
    for _, arm in frame.groupby(["network", "seed"], sort=False):
        reached = arm[arm.train_error == 0]
        yield (reached.iloc[0], arm.iloc[-1]) if len(reached) else None


def _ratios(run: Run, *columns: str) -> list[float]:
    """The end as a share of the start, the largest among `columns`; inf for an arm without a terminal phase."""
    ratios = []
    for phase in _phases(run):
        each = [phase[1][name] / phase[0][name] for name in columns] if phase else [float("inf")]
        ratios.append(float(max(each)))
    return ratios


def _falls(run: Run, column: str) -> list[float]:
    return [1 / ratio for ratio in _ratios(run, column)]


def _variability(run: Run) -> Evidence:
    falls = _falls(run, "nc1_train")
    return Evidence(tuple(fall >= _TENFOLD for fall in falls), tuple(falls), "fold fall of NC1 on train")


def _halved(run: Run, *columns: str, unit: str) -> Evidence:
    ratios = _ratios(run, *columns)
    return Evidence(tuple(ratio <= 0.5 for ratio in ratios), tuple(ratios), unit)


def _simplex(run: Run) -> Evidence:
    return _halved(run, "nc2_norms_train", "nc2_angles_train", unit="of the start: the slower of lengths and angles")


def _duality(run: Run) -> Evidence:
    return _halved(run, "nc3_train", unit="of NC3 at the start")


def _decisions(run: Run) -> Evidence:
    ends = [phase and 100 * float(phase[1].nc4_train) for phase in _phases(run)]
    values = tuple(end for end in ends if end is not None)
    return Evidence(tuple(end == 0 for end in ends), values, "% of training points decided otherwise")


def _test_error(run: Run) -> Evidence:
    changes = [phase and 100 * float(phase[1].test_error - phase[0].test_error) for phase in _phases(run)]
    values = tuple(change for change in changes if change is not None)
    return Evidence(tuple(change is not None and change <= 0 for change in changes), values, "percentage points")


def _no_test_collapse(run: Run) -> Evidence:
    """Without a terminal phase there is no fall to speak of, and nothing that holds."""
    falls = _falls(run, "nc1_test")
    return Evidence(tuple(0 < fall < _TENFOLD for fall in falls), tuple(falls), "fold fall of NC1 on test")


_TRIAL = "a trial is a network and a seed at the first weight decay"
_CONTROL = "the same networks and seeds with a tenth of the weight decay"

CLAIMS = (
    Claim(
        id="variability-collapses",
        source="papyan2020prevalence", where="results, NC1",
        statement="In the terminal phase of training the features of each class collapse to their class mean.",
        rule="NC1 on train falls tenfold or more from the first measured epoch with zero training error to the last; "
        f"{_TRIAL}.",
        control=_CONTROL, judge=_variability, cell="how-far",
    ),
    Claim(
        id="class-means-form-a-simplex",
        source="papyan2020prevalence", where="results, NC2",
        statement="In the terminal phase the centred class means become equally long, and the cosine between any two "
        "of them approaches -1/(K-1).",
        rule="NC2 of the means on train, of lengths and of angles, each falls to half or less from the first measured "
        f"epoch with zero training error to the last; {_TRIAL}.",
        control=_CONTROL, judge=_simplex, cell="fig-frame",
    ),
    Claim(
        id="classifier-meets-the-means",
        source="papyan2020prevalence", where="results, NC3",
        statement="In the terminal phase the classifier and the class means converge to each other, up to scale.",
        rule="NC3 on train falls to half or less from the first measured epoch with zero training error to the last; "
        f"{_TRIAL}.",
        control=_CONTROL, judge=_duality, cell="fig-duality",
    ),
    Claim(
        id="nearest-mean-decides",
        source="papyan2020prevalence", where="results, NC4",
        statement="In the terminal phase the network comes to choose the class whose training mean is nearest.",
        rule=f"At the end the two rules agree on every training point; {_TRIAL}.",
        control=_CONTROL, judge=_decisions, cell="fig-decisions",
    ),
    Claim(
        id="training-past-zero-error-helps",
        source="agarwal2022what", where="section 1",
        statement="Training past zero error can be beneficial: the test error goes on falling.",
        rule="The test error at the last epoch is not above that at the first measured epoch with zero training "
        f"error; {_TRIAL}.",
        control=_CONTROL, judge=_test_error, cell="test-errors",
    ),
    Claim(
        id="no-collapse-on-test",
        source="hui2022limitations", where="abstract",
        statement="Collapse happens on the training set and not on the test set.",
        rule="NC1 on test, with the class means of the test set, falls less than tenfold in the terminal phase: by "
        f"the rule that finds collapse on train, there is none on test; {_TRIAL}.",
        control="the same features measured on the training set",
        judge=_no_test_collapse, cell="how-far",
    ),
)  # fmt: skip
