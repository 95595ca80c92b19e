"""Claims that `settings` decides, and the rules by which it does."""

import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.moments import COLLAPSED, FOLLOWS, log_slope
from ncbook.readings.settings import around_base, outcomes
from ncbook.runs import Run

_SHAPE = ("nc2_norms_train", "nc2_angles_train", "nc3_train")
_ALIKE = ("nc1_train_end", "nc2_angles_train_end", "nc3_train_end")


def _main(run: Run) -> pd.DataFrame:
    """The networks with batch norm at the first loss and weight decay."""
    return around_base(outcomes(run), run, network=run.config["networks"])


def _decays(run: Run) -> pd.DataFrame:
    """The base network and loss on the first data set, at every weight decay."""
    config = run.config
    return around_base(outcomes(run), run, dataset=config["datasets"][0], weight_decay=config["weight_decays"])


def _by_loss(run: Run) -> pd.DataFrame:
    """The base network and weight decay with every loss."""
    return around_base(outcomes(run), run, loss_name=run.config["losses"])


def _collapse(arms: pd.DataFrame, asked: pd.Series | bool = True) -> Evidence:
    fall, unit = arms.phase_fall_train, "fold fall of NC1 on train"
    return Evidence.compared(arms.seed, fall, ">=", COLLAPSED, unit, arms.phase_tells & asked)


def _across(run: Run) -> Evidence:
    return _collapse(_main(run))


def _shape(run: Run) -> Evidence:
    arms = _main(run)
    slowest = pd.DataFrame({name: arms[f"{name}_end"] / arms[f"{name}_start"] for name in _SHAPE}).max(axis=1)
    holds = (slowest <= 0.5) & (arms.nc4_train_end == 0)
    unit = "of its start: the slowest of NC2 lengths, NC2 angles and NC3"
    return Evidence.of(arms.seed, holds, slowest, unit, arms.phase_tells)


def _no_test_collapse(run: Run) -> Evidence:
    """Only where the training set has collapsed can one ask whether the test set follows."""
    arms = _main(run)
    slope = log_slope(arms.phase_fall_test, arms.phase_fall_train)
    asked = arms.phase_tells & (arms.phase_fall_train >= COLLAPSED)
    return Evidence.compared(arms.seed, slope, "<", FOLLOWS, "log-slope of NC1 on test against train", asked)


def _losses_collapse(run: Run) -> Evidence:
    arms = _by_loss(run)
    return _collapse(arms[arms.loss_name != run.config["losses"][0]])


def _beside_the_first_loss(run: Run) -> pd.DataFrame:
    """The trainings with another loss, with the columns of that with the first loss and the same seed as NAME_first."""
    arms, first = _by_loss(run), run.config["losses"][0]
    others, base = arms[arms.loss_name != first], arms[arms.loss_name == first]
    return others.merge(base, on=["dataset", "seed"], suffixes=("", "_first"))


def _losses_alike(run: Run) -> Evidence:
    """Of each other loss, data set and seed: the largest factor between it and the first loss."""
    pairs = _beside_the_first_loss(run)
    ratios = pd.DataFrame({name: pairs[name] / pairs[f"{name}_first"] for name in _ALIKE})
    farthest = ratios.where(ratios >= 1, 1 / ratios).max(axis=1)
    asked = pairs.phase_tells & pairs.phase_tells_first
    return Evidence.compared(pairs.seed, farthest, "<=", 2.0, "times apart, the farthest of three", asked)


def _losses_err_alike(run: Run) -> Evidence:
    """Of each other loss, data set and seed: how far its test error is from that of the first loss."""
    pairs = _beside_the_first_loss(run)
    apart = (100 * (pairs.test_error_end - pairs.test_error_end_first).abs()).round(9)
    fitted = pairs.phase_tells & pairs.phase_tells_first
    return Evidence.compared(pairs.seed, apart, "<=", 1.0, "percentage points from cross-entropy", fitted)


def _with_and_without(arms: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The trainings at the first weight decay, with the columns of that without any and the same seed as NAME_without.

    Empty where the run has none without weight decay.
    """
    decay = run.config["weight_decays"][0]
    with_decay, without = arms[arms.weight_decay == decay], arms[arms.weight_decay == 0]
    return with_decay.merge(without, on=["dataset", "network", "seed"], suffixes=("", "_without"))


def _decay_needed(run: Run) -> Evidence:
    pairs = _with_and_without(_decays(run), run)
    factors, unit = pairs.nc1_train_end_without / pairs.nc1_train_end, "times the NC1 with weight decay"
    asked = pairs.phase_tells & pairs.phase_tells_without
    return Evidence.compared(pairs.seed, factors, ">=", COLLAPSED, unit, asked)


def _drift(run: Run) -> Evidence:
    arms = _decays(run)
    arms = arms[arms.weight_decay == 0]
    slowest = pd.DataFrame({n: arms[f"{n}_end"] / arms[f"{n}_start"] for n in ("nc1_train", *_SHAPE)}).max(axis=1)
    unit = "of its start: the slowest of NC1 to NC3"
    return Evidence.compared(arms.seed, slowest, "<", 1.0, unit, arms.phase_tells, chance=SIGN)


def _plain(run: Run) -> Evidence:
    """Asked at weight decays at which the same network with batch norm has collapsed, from the same seed."""
    table, twin = outcomes(run), ["dataset", "loss_name", "weight_decay", "seed"]
    base = table[(table.network == run.config["networks"][0]) & table.phase_tells]
    collapsed = base[base.phase_fall_train >= COLLAPSED][twin].assign(twin_collapsed=True)
    plain = table[table.network.isin(run.config["plain_networks"])].merge(collapsed, on=twin, how="left")
    # Where their errors end when the rate has fallen already, there are no large steps left to collapse with.
    return _collapse(plain, plain.twin_collapsed.notna() & plain.phase_at_full_rate)


def _decay_regularizes(run: Run) -> Evidence:
    """Of the first network and of those without batch norm, on the first data set."""
    config = run.config
    arms = outcomes(run)
    arms = arms[arms.network.isin([config["networks"][0], *config["plain_networks"]])]
    arms = arms[(arms.dataset == config["datasets"][0]) & (arms.loss_name == config["losses"][0])]
    pairs = _with_and_without(arms, run)
    change = 100 * (pairs.test_error_end - pairs.test_error_end_without)
    fitted, unit = pairs.phase_tells & pairs.phase_tells_without, "points of test error, with against without"
    return Evidence.compared(pairs.seed, change, "<", 0.0, unit, fitted, chance=SIGN)


CLAIMS = read(
    __file__,
    {
        "collapse-across-data-and-networks": _across,
        "simplex-across-data-and-networks": _shape,
        "no-test-collapse-across-data": _no_test_collapse,
        "all-losses-collapse": _losses_collapse,
        "all-losses-same-features": _losses_alike,
        "all-losses-same-test-error": _losses_err_alike,
        "all-losses-alike-when-large-and-long": not_tested,
        "weight-decay-makes-collapse": _decay_needed,
        "drift-without-weight-decay": _drift,
        "collapse-without-batch-norm": _plain,
        "weight-decay-regularizes": _decay_regularizes,
    },
)
