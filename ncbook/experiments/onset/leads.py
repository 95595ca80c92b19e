"""How long before generalization a measure moves: one rule, and the rules that it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ncbook.experiments.grokking.milestones import first_step
from ncbook.runs import Run

ADDITION, UNDECAYED, DIGITS, SMALL = "addition", "undecayed", "digits", "small start"
FLATNESS = ("relative_flatness", "relative_flatness_bound")
COLLAPSE = ("cdnv_train", "variance_ratio_train", "nc1_train", "rnc1_train")  # of the training set, as in the claims
OTHERS = (
    "train_loss", "uncertainty_train", "weight_norm", "fourier_gini", "cdnv_test", "variance_ratio_test", "rnc1_test",
    "ncc_acc_test",
)  # fmt: skip
MEASURES = (*FLATNESS, *COLLAPSE, *OTHERS)
STEEPEST = "steepest place of the logarithm"


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


def rules(config: Mapping[str, Any]) -> list[Rule]:
    """The primary rule first; then every other end and share, the values themselves, and the steepest place."""
    ends = {None: "end of training"} | {after: _end(after) for after in config["afters"]}
    shares = [config["share"], *(share for share in config["shares"] if share != config["share"])]
    crossings = [Rule(f"{name}, {share:.0%}", after, share) for after, name in ends.items() for share in shares]
    plain = Rule("end of training, no logarithm", None, config["share"], log=False)
    return [*crossings, plain, Rule(STEEPEST, None, None)]


def _end(after: int) -> str:
    return f"{after} steps after generalization" if after else "generalization"


def leads(run: Run, part: str = ADDITION, rule: Rule | None = None) -> pd.DataFrame:
    """One row a seed of `part` that generalizes, by seed, under `rule` (None: the primary one). In steps:

    memorised, generalized: the first probes with the train and test accuracy that count; onset: the first at which
    test accuracy has made half of its way from memorisation to the end of training, whatever the rule; and each
    measure's lead, onset minus crossing, positive where it moves first and nan where it has no crossing.
    """
    rule = rule or rules(run.config)[0]
    frame = run.to_frame()
    groups = frame[frame.part == part].groupby("seed", sort=False)
    found = {int(seed): _leads(own.reset_index(drop=True), run.config, part, rule) for seed, own in groups}
    rows = {seed: row for seed, row in found.items() if row}
    names = ["memorised", "generalized", "onset", *MEASURES]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype=float)


def _leads(own: pd.DataFrame, config: Mapping[str, Any], part: str, rule: Rule) -> dict[str, float]:
    """Empty for a seed that does not memorise, or not generalize afterwards."""
    steps, level = own.step.to_numpy(), config["learned" if part == ADDITION else "digits_learned"]
    memorised = first_step(steps, own.train_acc.to_numpy(), config["learned"])
    generalized = first_step(steps, own.test_acc.to_numpy(), level)
    if not memorised < generalized:  # nan too
        return {}
    late = own[own.step >= memorised]
    onset = _crossing(late, "test_acc", Rule("onset", None, 0.5), config, generalized)
    row = {"memorised": memorised, "generalized": generalized, "onset": onset}
    return row | {name: onset - _crossing(late, name, rule, config, generalized) for name in MEASURES}


def _crossing(
    late: pd.DataFrame, name: str, rule: Rule, config: Mapping[str, Any], generalized: float
) -> float:  # steps
    if rule.share is None:
        return _steepest(late, name, config)
    ways = progress(late, name, rule, config, generalized)
    return first_step(late.step.to_numpy(), ways, rule.share)


def progress(
    late: pd.DataFrame, name: str, rule: Rule, config: Mapping[str, Any], generalized: float
) -> np.ndarray:  # [P]
    """The share of its way that a measure has made at each probe since memorisation, the first row of `late`.

    nan throughout for a measure that hardly changes.
    """
    values = scaled(late[name].to_numpy(dtype=float), name, rule.log)
    end = np.median(values[-config["last"] :])
    if rule.after is not None:
        end = values[late.step.to_numpy() <= generalized + rule.after][-1]
    way = end - values[0]
    least = np.log(config["least_fold"]) if not is_accuracy(name) else config["least_change"]
    moved = scaled(late[name].to_numpy(dtype=float), name, log=True)
    if not abs(moved[-1] - moved[0]) >= least or way == 0:
        return np.full(len(values), np.nan)
    return (values - values[0]) / way


def scaled(values: np.ndarray, name: str, log: bool) -> np.ndarray:
    """The logarithm of a positive measure; an accuracy as it is."""
    return np.log(np.maximum(values, 1e-30)) if log and not is_accuracy(name) else values


def is_accuracy(name: str) -> bool:
    return "acc" in name.split("_")


def _steepest(late: pd.DataFrame, name: str, config: Mapping[str, Any]) -> float:
    """The middle of the `window` probes over which the logarithm changes fastest, towards its value at the end."""
    window, steps = config["window"], late.step.to_numpy()
    values = scaled(late[name].to_numpy(dtype=float), name, log=True)
    if len(values) <= window or not np.isfinite(values).all():
        return float("nan")
    slopes = (values[window:] - values[:-window]) / (steps[window:] - steps[:-window])
    best = int(np.argmax(slopes * np.sign(values[-1] - values[0])))
    return float(steps[best] + steps[best + window]) / 2


def medians(run: Run, part: str = ADDITION) -> pd.DataFrame:
    """Median lead in steps: a row a rule, a column a measure."""
    return pd.DataFrame({rule.name: leads(run, part, rule)[list(MEASURES)].median() for rule in rules(run.config)}).T


def loss_correlations(run: Run) -> pd.Series:
    """By seed of addition that memorises: the correlation of log kappa with the log of the train loss from then on."""
    frame, found = run.to_frame(), {}
    for seed, own in frame[frame.part == ADDITION].groupby("seed"):
        step = first_step(own.step.to_numpy(), own.train_acc.to_numpy(), run.config["learned"])
        late = own[own.step >= step]
        if len(late) > 2:
            kappa, loss = (np.log(late[name].to_numpy(dtype=float)) for name in ("relative_flatness", "train_loss"))
            found[int(seed)] = float(np.corrcoef(kappa, loss)[0, 1])
    return pd.Series(found, dtype=float)


def lead_arrays(run: Run) -> dict[str, np.ndarray]:
    """What figures show, under the primary rule if they name none; P parts that are timed, S seeds that generalize:

    leads/<part>/<column> [S] of `leads`, its seeds and columns; leads/medians [rules, measures] with leads/rules
    [rules], of addition; way/<part>/<measure> [probes] of the first such seed since memorisation, and its steps.
    """
    table = medians(run)
    found = {"leads/medians": table.to_numpy(), "leads/rules": np.array(table.index, dtype=str)}
    for part in (ADDITION, DIGITS):
        own = leads(run, part)
        found |= {f"leads/{part}/{name}": own[name].to_numpy(dtype=float) for name in own}
        found[f"leads/{part}/seeds"] = own.index.to_numpy(dtype=int)
        found |= _ways(run, part, own)
    return found


def _ways(run: Run, part: str, own: pd.DataFrame) -> dict[str, np.ndarray]:
    """Empty arrays where no seed generalizes."""
    frame = run.to_frame()
    names = ("steps", "test_acc", *MEASURES)
    if own.empty:
        return {f"way/{part}/{name}": np.zeros(0) for name in names}
    first = own.iloc[0]
    late = frame[(frame.part == part) & (frame.seed == own.index[0]) & (frame.step >= first.memorised)]
    rule = rules(run.config)[0]
    found = {f"way/{part}/{name}": progress(late, name, rule, run.config, first.generalized) for name in names[1:]}
    return found | {f"way/{part}/steps": late.step.to_numpy()}
