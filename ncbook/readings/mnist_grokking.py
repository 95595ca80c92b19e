"""Runs of `mnist_grokking`: when each measure crosses, on which clock, and whether it moves with the onset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings import coupling as coupled
from ncbook.readings import moments, onset
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

LARGE, USUAL = "large start", "usual start"
FASTER, TWICE = "1.5 times the rate", "twice the decay"
NEAR, FAR = "start times 6", "start times 10"
FEW, MANY = "10 images a class", "40 images a class"
RATES = (LARGE, FASTER, TWICE)  # arms that differ in the learning rate times the weight decay
STARTS = (NEAR, TWICE, FAR)  # in the factor on the initial weights
SIZES = (FEW, TWICE, MANY)  # in the number of training images, and in nothing that weight decay sees
CHANCE = 0.1  # test accuracy of a guess
COLUMNS: dict[str, Measure] = {}
MEASURES = (
    "relative_flatness", "weight_norm", "ncc_acc_test", "nc1_train", "cdnv_train", "variance_ratio_train",
    "variance_ratio_test", "rnc1_train",
)  # fmt: skip
NAMES = {name: onset.NAMES[name] for name in MEASURES}  # how readers call what is timed
COLLAPSE = ("nc1_train", "cdnv_train", "variance_ratio_train", "rnc1_train")
_SETTINGS = ("factor", "rate", "decay", "images", "steps")
NEARLY = 0.9  # of the final test accuracy


@dataclass(frozen=True)
class Rule:
    """The training is taken to end after the share `cut` of its steps; a measure crosses at `share` of its way."""

    cut: float
    share: float

    def __str__(self) -> str:
        return f"{self.share:.0%} of the way to {self.cut:.0%} of the steps"


def rules(config: Mapping[str, Any]) -> list[Rule]:
    """The primary rule first, then every other end and share."""
    shares = (config["share"], *config["shares"])
    return [Rule(cut, share) for cut in (1.0, *config["cuts"]) for share in shares]


def settings(config: Mapping[str, Any], arm: str) -> dict[str, float]:
    """factor, rate, decay, images and steps of an arm; product, of rate and decay."""
    at = list(config["arms"]).index(arm)
    columns = ("factors", "learning_rates", "weight_decays", "images", "steps")
    found = {name: float(config[column][at]) for name, column in zip(_SETTINGS, columns, strict=True)}
    return found | {"product": found["rate"] * found["decay"]}


def _trainings(run: Run, arm: str) -> Iterator[tuple[int, pd.DataFrame]]:
    frame = run.to_frame()
    for seed, rows in frame[frame.arm == arm].groupby("seed", sort=False):
        yield int(seed), rows


def _generalizing(run: Run, arm: str) -> Iterator[tuple[int, pd.DataFrame, float]]:
    """seed, rows and the moment of memorizing of trainings whose test accuracy rises by `least_rise` after it."""
    for seed, rows in _trainings(run, arm):
        memorized = moments.memorized(rows, run.config["learned"])
        late = rows.test_acc[rows.step >= memorized]
        if len(late) and late.iloc[-1] - late.iloc[0] >= run.config["least_rise"]:
            yield seed, rows, memorized


@once_a_run
def leads(run: Run, arm: str = LARGE, rule: Rule | None = None) -> pd.DataFrame:
    """One row a seed of `arm` that generalizes after memorizing, by seed, under `rule` (None: the primary one).

    memorized and onset in steps, as in `readings.onset.leads`, with half-way to where the rule ends the training; and
    each measure's lead, onset minus crossing, nan where it has no crossing.
    """
    rule = rule or rules(run.config)[0]
    rows = {}
    for seed, whole, memorized in _generalizing(run, arm):
        late = whole[(whole.step >= memorized) & (whole.step <= rule.cut * whole.step.max())]
        found = {"memorized": memorized, "generalized": np.nan}
        rows[seed] = onset.leads_of(late, MEASURES, found, onset.Rule("", None, rule.share), run.config)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["memorized", "onset", *MEASURES], dtype=float)


@once_a_run
def crossings(run: Run) -> pd.DataFrame:
    """A row an arm and seed that generalizes after memorizing, under the primary rule:

    arm, seed, factor, rate, decay, images; memorized, onset and the step at which each measure crosses; clock, the
    onset times rate and decay; norm and kappa, of all weights and of the classifier, at the onset.
    """
    tables = []
    for arm in run.config["arms"]:
        found = leads(run, arm)
        about = settings(run.config, arm)
        table = found.assign(**{name: found.onset - found[name] for name in MEASURES})
        ends = [moments.at(rows, found.onset[seed]) for seed, rows in _trainings(run, arm) if seed in found.index]
        table = table.assign(
            arm=arm, clock=found.onset * about["product"],
            norm=[float(row.weight_norm) for row in ends], kappa=[float(row.relative_flatness) for row in ends],
            **{name: about[name] for name in ("factor", "rate", "decay", "images")},
        )  # fmt: skip
        tables.append(table.rename_axis("seed").reset_index())
    return pd.concat(tables, ignore_index=True)


def by_arm(run: Run, column: str, arms: Sequence[str]) -> pd.DataFrame:
    """A column of `crossings`: a row a seed, a column an arm of `arms`; nan where a training does not generalize."""
    table = crossings(run)
    return table.pivot(index="seed", columns="arm", values=column).reindex(index=_seeds(run), columns=list(arms))


def _seeds(run: Run) -> list[int]:
    return [int(seed) for seed in run.config["seeds"]]


def slopes(run: Run, arms: Sequence[str], columns: Sequence[str] = MEASURES) -> pd.DataFrame:
    """By seed that generalizes in all `arms`: the slope of the logarithm of each column's step on that of the onset.

    1 for what moves with the onset from arm to arm, 0 for what comes when it comes. nan where a crossing is missing.
    onsets: the latest onset over the earliest.
    """
    times = by_arm(run, "onset", arms).dropna()
    found = {column: coupled.log_slopes(by_arm(run, column, arms).loc[times.index], times) for column in columns}
    return pd.DataFrame(found, index=times.index).assign(onsets=times.max(axis=1) / times.min(axis=1))


def slope_on(run: Run, column: str, setting: str, arms: Sequence[str]) -> pd.Series:
    """By seed that generalizes in all `arms`: the slope of the logarithm of a column on that of a setting."""
    values = np.log(by_arm(run, column, arms).dropna())
    logs = np.log(pd.Series({arm: settings(run.config, arm)[setting] for arm in arms}))
    centered = logs - logs.mean()
    return values.mul(centered).sum(axis=1) / (centered**2).sum()


def coupling(run: Run, arms: Sequence[str]) -> pd.DataFrame:
    """`readings.coupling.coupling` of each measure with the onset, over all seeds in all `arms`."""
    table = crossings(run)
    return coupled.coupling(table[table.arm.isin(list(arms))], MEASURES)


def delays(run: Run) -> pd.DataFrame:
    """By seed, a column a start: the step with half of the final test accuracy above chance over that of memorizing.

    nan for a network that does not memorize. final_ARM: the test accuracy at the end.
    """
    found: dict[str, dict[int, float]] = {}
    for arm in (LARGE, USUAL):
        for seed, rows in _trainings(run, arm):
            end = _end(rows.test_acc, run)
            half = moments.first(rows.step, rows.test_acc >= (CHANCE + end) / 2)
            memorized = moments.memorized(rows, run.config["learned"])
            found.setdefault(arm, {})[seed] = half / memorized if memorized < moments.NEVER else np.nan
            found.setdefault(f"final_{arm}", {})[seed] = end
    return pd.DataFrame(found)


def _end(values: pd.Series, run: Run) -> float:
    return float(values.tail(run.config["last"]).median())


@once_a_run
def memorizing(run: Run) -> pd.DataFrame:
    """By seed whose large start memorizes, the columns at that moment, and fold: CDNV at the start over CDNV then."""
    found = {}
    for seed, rows in _trainings(run, LARGE):
        then = moments.at(rows, moments.memorized(rows, run.config["learned"]))
        if not np.isnan(then.step):
            found[seed] = {name: then[name] for name in ("test_acc", *MEASURES)} | {
                "fold": rows.cdnv_train.iloc[0] / then.cdnv_train
            }
    return pd.DataFrame.from_dict(found, orient="index", columns=["test_acc", *MEASURES, "fold"], dtype=float)


@once_a_run
def equally_accurate(run: Run) -> pd.DataFrame:
    """By seed whose large start generalizes: kappa where its test accuracy is half-way (`large`), and of the usual

    start where it first is as accurate (`usual`); of the usual start before training (`untrained`); of the large start
    at the end (`end`); accuracy: the test accuracy where it is half-way.
    """
    larges, usuals = (dict(_trainings(run, arm)) for arm in (LARGE, USUAL))
    found = {}
    for seed, row in leads(run).iterrows():
        large, usual = larges[seed], usuals[seed]
        then = moments.at(large, row.onset)
        like = moments.at(usual, moments.first(usual.step, usual.test_acc >= then.test_acc))
        found[seed] = {
            "accuracy": then.test_acc, "large": then.relative_flatness, "usual": like.relative_flatness,
            "untrained": usual.relative_flatness.iloc[0], "end": _end(large.relative_flatness, run),
        }  # fmt: skip
    columns = ["accuracy", "large", "usual", "untrained", "end"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns, dtype=float)


@once_a_run
def nearly_there(run: Run) -> pd.DataFrame:
    """By seed of the large start that generalizes, the first probe with `NEARLY` of its final test accuracy:

    step, test_acc, `MEASURES`, and MEASURE_fall: how many times NC1, CDNV and R have fallen since memorizing.
    """
    found = {}
    for seed, rows, memorized in _generalizing(run, LARGE):
        then = moments.at(rows, memorized)
        now = moments.at(rows, moments.first(rows.step, rows.test_acc >= NEARLY * _end(rows.test_acc, run)))
        falls = {f"{name}_fall": then[name] / now[name] for name in COLLAPSE[:3]}
        found[seed] = {name: now[name] for name in ("step", "test_acc", *MEASURES)} | falls
    columns = ["step", "test_acc", *MEASURES, *(f"{name}_fall" for name in COLLAPSE[:3])]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns, dtype=float)


def over_share(run: Run) -> Run:
    """The evenly spaced probes alone, with a column `percent`: the share of the steps of their arm."""
    frame, even = run.to_frame(), run.config["probes"]
    whole = frame.groupby("arm").step.transform("max")
    counts = {steps: {round(steps * count / even): count for count in range(even + 1)} for steps in whole.unique()}
    places = np.array([counts[steps].get(step, -1) for steps, step in zip(whole, frame.step, strict=True)])
    frame = frame.assign(percent=np.round(100 * places / even).astype(int))[places >= 0]
    return Run(run.config, {name: frame[name].to_numpy() for name in frame}, {}, run.provenance)


def at_level(run: Run, level: float = 0.4) -> pd.DataFrame:
    """A row an arm and seed: step, clock and norm of all weights at the first probe with that test accuracy.

    A definition of the onset that does not depend on where the test accuracy ends. Looked at after the first run.
    """
    found = []
    for arm in run.config["arms"]:
        product = settings(run.config, arm)["product"]
        for seed, rows in _trainings(run, arm):
            step = moments.first(rows.step, rows.test_acc >= level)
            norm = moments.at(rows, step).weight_norm
            found.append({"arm": arm, "seed": seed, "step": step, "clock": step * product, "norm": norm})
    return pd.DataFrame(found)
