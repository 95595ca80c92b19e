"""Runs of `onset`: how long before generalization a measure moves, by one rule and by others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.grokking import NOTHING
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

ADDITION, UNDECAYED, DIGITS, SMALL = "addition", "undecayed", "digits", "small start"
PARTS = (ADDITION, UNDECAYED, DIGITS, SMALL)
COLUMNS: dict[str, Measure] = {}
COLLAPSE = ("cdnv_train", "variance_ratio_train", "nc1_train", "rnc1_train")  # of the training set, as in the claims
# The measures that are timed, and how readers call them: those of the training set without their side.
NAMES = {
    "relative_flatness": "relative flatness κ",
    "relative_flatness_bound": "upper bound of κ",
    "train_loss": "training loss",
    "uncertainty_train": "uncertainty 1 − |p|²",
    "fourier_gini": "Gini of the embedding",
    "weight_norm": "norm of all weights",
    "ncc_acc_test": "nearest-center accuracy, test",
    "cdnv_train": "CDNV",
    "cdnv_test": "CDNV, test set",
    "variance_ratio_train": "variance ratio R",
    "variance_ratio_test": "variance ratio R, test set",
    "nc1_train": "NC1",
    "rnc1_train": "RNC1",
    "rnc1_test": "RNC1, test set",
}
MEASURES = tuple(NAMES)
LATE = 3.0  # times the steps to memorize from which on a network generalizes late
SAME_TIME = 1.5  # two steps coincide if they are within this factor
NEARLY = 0.95  # test accuracy of the claim about the variance ratio
STEEPEST = "steepest place of the logarithm"
_SMALLEST = 1e-30  # stands for 0 in a logarithm


@dataclass(frozen=True)
class Rule:
    """Where a measure's way ends, which share of it counts, and whether it is measured in the logarithm.

    after: the way ends so many steps after generalization; None for the end of training. share None: the steepest
    place of the logarithm in place of a crossing.
    """

    name: str
    after: int | None
    share: float | None
    log: bool = True


HALFWAY = Rule("onset", None, 0.5)  # of the test accuracy, whatever the rule for measures


def rules(config: Mapping[str, Any]) -> list[Rule]:
    """The primary rule first; then every other end and share, the values themselves, and the steepest place."""
    ends = {None: "end of training"} | {after: _end(after) for after in config["afters"]}
    shares = [config["share"], *(share for share in config["shares"] if share != config["share"])]
    crossings = [Rule(f"{name}, {share:.0%}", after, share) for after, name in ends.items() for share in shares]
    plain = Rule("end of training, no logarithm", None, config["share"], log=False)
    return [*crossings, plain, Rule(STEEPEST, None, None)]


def _end(after: int) -> str:
    return f"{after} steps after generalization" if after else "generalization"


@once_a_run
def leads(run: Run, part: str = ADDITION, rule: Rule | None = None) -> pd.DataFrame:
    """One row a seed of `part` that generalizes, by seed, under `rule` (None: the primary one). In steps:

    memorized, generalized: the first probes with the training and test accuracy that count; onset: the first at which
    test accuracy has made half of its way from memorization to the end of training, whatever the rule; and each
    measure's lead, onset minus crossing, positive where it moves first and nan where it has no crossing.
    """
    rule = rule or rules(run.config)[0]
    rows = {seed: leads_of(late, MEASURES, found, rule, run.config) for seed, late, found in generalizing(run, part)}
    names = ["memorized", "generalized", "onset", *MEASURES]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype=float)


def _trainings(run: Run, part: str) -> Iterator[tuple[int, pd.DataFrame, dict[str, float]]]:
    """seed, rows and the moments memorized and generalized of each training of `part`."""
    frame, config = run.to_frame(), run.config
    level = config["digits_learned" if part in (DIGITS, SMALL) else "learned"]
    for seed, rows in frame[frame.part == part].groupby("seed", sort=False):
        memorized = moments.memorized(rows, config["learned"])
        yield int(seed), rows, {"memorized": memorized, "generalized": moments.generalized(rows, level)}


def generalizing(run: Run, part: str) -> Iterator[tuple[int, pd.DataFrame, dict[str, float]]]:
    """The same of the trainings that generalize after memorizing, with their rows from memorizing on."""
    for seed, rows, found in _trainings(run, part):
        if found["memorized"] < found["generalized"] < moments.NEVER:
            yield seed, rows[rows.step >= found["memorized"]], found


def _columns(late: pd.DataFrame, measures: Sequence[str]) -> dict[str, np.ndarray]:
    """The step and all that is timed, as float64 arrays, each of which is asked for once a rule."""
    return {name: late[name].to_numpy(dtype=float) for name in ("step", "test_acc", *measures)}


def leads_of(
    rows: pd.DataFrame, measures: Sequence[str], found: Mapping[str, float], rule: Rule, config: Mapping[str, Any]
) -> dict[str, float]:
    """`found`, the onset, and the lead of each of `measures`, of the rows of one training from memorizing on.

    found: the moments memorized and generalized; config: settings of the rule as those of `onset` are named.
    """
    late = _columns(rows, measures)
    onset = _crossing(late, "test_acc", HALFWAY, config, found["generalized"])
    crossings = {name: _crossing(late, name, rule, config, found["generalized"]) for name in measures}
    return (
        dict(found)
        | {"onset": onset}
        | {name: onset - crossing if crossing < moments.NEVER else np.nan for name, crossing in crossings.items()}
    )


def _crossing(
    late: Mapping[str, np.ndarray], name: str, rule: Rule, config: Mapping[str, Any], generalized: float
) -> float:
    """The moment at which a measure crosses."""
    if rule.share is None:
        return _steepest(late, name, config["window"])
    return moments.first(late["step"], progress(late, name, rule, config, generalized) >= rule.share)


def progress(
    late: Mapping[str, np.ndarray], name: str, rule: Rule, config: Mapping[str, Any], generalized: float
) -> np.ndarray:  # [P]
    """The share of its way that a measure has made at each probe since memorization, the first of `late` [P].

    nan throughout for a measure that hardly changes.
    """
    values, logs = (scaled(late[name], name, log) for log in (rule.log, True))
    end = np.median(values[-config["last"] :])
    if rule.after is not None:
        end = values[late["step"] <= generalized + rule.after][-1]
    way = end - values[0]
    least = config["least_change"] if is_accuracy(name) else np.log(config["least_fold"])
    if not abs(logs[-1] - logs[0]) >= least or way == 0:
        return np.full(len(values), np.nan)
    shares: np.ndarray = (values - values[0]) / way
    return shares


def scaled(values: np.ndarray, name: str, log: bool = True) -> np.ndarray:
    """The logarithm of a positive measure; an accuracy as it is."""
    return np.log(np.maximum(values, _SMALLEST)) if log and not is_accuracy(name) else values


def is_accuracy(name: str) -> bool:
    return "acc" in name.split("_")


def _steepest(late: Mapping[str, np.ndarray], name: str, window: int) -> float:
    """The middle of the `window` probes over which the logarithm changes fastest, towards its value at the end."""
    values, steps = scaled(late[name], name), late["step"]
    if len(values) <= window or not np.isfinite(values).all():
        return moments.NEVER
    slopes = (values[window:] - values[:-window]) / (steps[window:] - steps[:-window])
    best = int(np.argmax(slopes * np.sign(values[-1] - values[0])))
    return float(steps[best] + steps[best + window]) / 2


def rescaled_with_onset(found: pd.DataFrame) -> pd.DataFrame:
    """By seed of `leads`: the step at which RNC1 crosses over the onset (`ratio`, inf without a crossing), and whether

    both coincide and CDNV crosses further from the onset (`holds`).
    """
    ratios = {name: (found.onset - found[name]) / found.onset for name in ("rnc1_train", "cdnv_train")}
    apart = {name: np.exp(np.abs(np.log(ratio))) for name, ratio in ratios.items()}
    holds = (apart["rnc1_train"] <= SAME_TIME) & (apart["rnc1_train"] < apart["cdnv_train"].fillna(np.inf))
    return pd.DataFrame({"ratio": ratios["rnc1_train"].fillna(np.inf), "holds": holds})


def medians(run: Run, part: str = ADDITION) -> pd.DataFrame:
    """Median lead in steps: a row a rule, a column a measure."""
    return pd.DataFrame({rule.name: leads(run, part, rule)[list(MEASURES)].median() for rule in rules(run.config)}).T


def way(run: Run, part: str = ADDITION) -> pd.DataFrame:
    """The share of its way that the test accuracy and each measure have made, under the primary rule: a row a step.

    Of the first seed of `part` that generalizes, since it memorized; no rows where none does.
    """
    names, rule = ("test_acc", *MEASURES), rules(run.config)[0]
    for _, late, found in generalizing(run, part):
        columns = _columns(late, MEASURES)
        ways = {name: progress(columns, name, rule, run.config, found["generalized"]) for name in names}
        return pd.DataFrame(ways, index=pd.Index(late.step, name="step"))
    return pd.DataFrame(columns=list(names), index=pd.Index([], name="step"), dtype=float)


def loss_correlations(run: Run) -> pd.Series:
    """By seed of addition that memorizes: the correlation of log kappa with the log training loss from then on."""
    found = {}
    for seed, rows, own in _trainings(run, ADDITION):
        late = rows[rows.step >= own["memorized"]]
        if len(late) > 2:
            kappa, loss = (
                scaled(late[name].to_numpy(dtype=float), name) for name in ("relative_flatness", "train_loss")
            )
            found[seed] = float(np.corrcoef(kappa, loss)[0, 1])
    return pd.Series(found, dtype=float)


@once_a_run
def falls(run: Run, column: str) -> pd.DataFrame:
    """By seed of addition that memorizes: `fold`, a column at the start over its value then, and test_acc then;

    `whole`, the column at the start over its value at the end, the median of the last probes.
    """
    found = {}
    for seed, rows, own in _trainings(run, ADDITION):
        then = moments.at(rows, own["memorized"])
        start, end = rows[column].iloc[0], rows[column].tail(run.config["last"]).median()
        found[seed] = {"fold": start / then[column], "test_acc": then.test_acc, "whole": start / end}
    return pd.DataFrame.from_dict(found, orient="index", columns=["fold", "test_acc", "whole"], dtype=float).dropna()


def peaks(run: Run, column: str) -> pd.DataFrame:
    """By seed of addition that generalizes: the step at which a column is highest since it memorized (`peak`),

    and the first since then with a test accuracy above `NOTHING` (`rise`).
    """
    found = {}
    for seed, late, _ in generalizing(run, ADDITION):
        rise = moments.first(late.step, late.test_acc > NOTHING)
        found[seed] = {"peak": float(late.step[late[column].idxmax()]), "rise": rise}
    return pd.DataFrame.from_dict(found, orient="index", columns=["peak", "rise"], dtype=float)


def foretold(found: pd.DataFrame, name: str) -> pd.Series:
    """By seed of `leads`: by how many steps its onset is missed that is foretold from the other seeds and a crossing.

    What is foretold is the step at which the measure crosses plus the median lead of the other seeds.
    """
    lead = found[name]
    usual = pd.Series({seed: lead.drop(seed).median() for seed in found.index}, dtype=float)
    return (lead - usual).abs()


def deviation(steps: pd.Series) -> pd.Series:
    """By seed: how far its step lies from the median of the other seeds."""
    return pd.Series({seed: abs(steps[seed] - steps.drop(seed).median()) for seed in steps.index}, dtype=float)


def ahead_of_nearly(run: Run) -> pd.Series:
    """Steps by which the variance ratio crosses before a test accuracy of 0.95, by seed that generalizes."""
    found = leads(run)
    late = pd.Series({seed: moments.generalized(rows, NEARLY) for seed, rows, _ in _trainings(run, ADDITION)})
    return late.reindex(found.index) - (found.onset - found.variance_ratio_train)


def digits_delays(run: Run) -> pd.DataFrame:
    """Steps to learn the test set over those to memorize: a row a seed, a column a start.

    inf for a network that does not learn it within its steps, nan for one that does not memorize.
    """
    found: dict[str, dict[int, float]] = {part: {} for part in (DIGITS, SMALL)}
    for part, ratios in found.items():
        for seed, _, own in _trainings(run, part):
            memorizes = own["memorized"] < moments.NEVER
            ratios[seed] = own["generalized"] / own["memorized"] if memorizes else np.nan
    return pd.DataFrame(found)


def shapes(run: Run, part: str = ADDITION, which: str = "head") -> pd.DataFrame:
    """One row a seed of `part`, of the classifier ("head") or the class means ("means") at the end of training:

    rank, directions that hold 90 % of the power; effective_rank; frequencies, that hold 90 % of the power of the rows;
    distances of the Gram matrix to the simplex, the nearest circle and the nearest sum of circles.
    """
    arrays = {name: run.arrays[f"shapes/{part}/{which}/{name}"] for name in ("effective_rank", "frequencies")}
    distances = run.arrays[f"shapes/{part}/{which}/distances"].T
    arrays |= dict(zip(("to_simplex", "to_circle", "to_circles"), distances, strict=True))
    arrays["rank"] = power_rank(run.arrays[f"shapes/{part}/{which}/singular"])
    return pd.DataFrame(arrays, index=pd.Index(run.config["seeds"][: len(arrays["rank"])], name="seed"))


def power_rank(singular: np.ndarray, share: float = 0.9) -> np.ndarray:
    """The fewest directions that hold `share` of the power, the squares of descending singular values [..., n]."""
    power = np.asarray(singular, dtype=float) ** 2
    before = power.cumsum(-1) - power
    ranks: np.ndarray = (before < share * power.sum(-1, keepdims=True)).sum(-1)
    return ranks
