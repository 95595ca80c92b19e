"""Runs of `next_token`: language models at their end and over the steps, by the next word and by kind of context."""

import numpy as np
import pandas as pd

from ncbook.readings import _rows
from ncbook.readings.measures import Measure, both_sides
from ncbook.readings.once import once_a_run
from ncbook.readings.words import cell, span, spread
from ncbook.runs import Run

WIDTH, START, DECAY = "width", "initial weights", "weight decay"  # arms: what is changed
FOLLOWERS, SMALL_TEXT = "followers", "small text"
KEYS = ("arm", "dim", "weight_decay", "followers", "initial", "seed")
WORSE = 0.1  # nats by which the test loss has to rise again where a network counts as trained past its best
COLUMNS: dict[str, Measure] = {
    "followers": Measure("followers", "how many words may follow an open context"),
    "initial": Measure("initial weights", "number of the draw of initial weights and batches of a seed"),
    "between_kinds": Measure("share between kinds", "of the variance within words, that between kinds of contexts"),
    "between_shuffled": Measure("share between shuffled kinds", "the same for shuffled kinds"),
    "energy_means": Measure("energy of the means", "mean of log(1 / distance) of two centered class means of length 1"),
    "energy_head": Measure("energy of the rows of W", "mean of log(1 / distance) of two centered rows of length 1"),
    "energy_random": Measure("energy of random directions", "mean of log(1 / distance) of two of as many random ones"),
    "cdnv_frequent": Measure("CDNV, frequent words", "mean over the words that are more frequent than the median"),
    "cdnv_rare": Measure("CDNV, rare words", "mean over the other words"),
    "frequency_correlation": Measure("frequency and CDNV", "Spearman's correlation over words"),
    "kinds_correlation": Measure("kinds and CDNV", "Spearman's, with the entropy of the kinds before a word"),
    **both_sides("best_loss", "best possible loss", "mean entropy of the true next word after the contexts", "nats"),
    **both_sides("cdnv_kind", "CDNV by kind", "class-distance normalized variance of the kinds of contexts"),
}  # fmt: skip


@once_a_run
def outcomes(run: Run) -> pd.DataFrame:
    """A row a training, at its last step, with `excess`: nats of test loss above the best possible one."""
    rows = _rows.last(run.to_frame(), KEYS)
    return rows.assign(excess=rows.test_loss - rows.best_loss_test)


def varied(run: Run, arm: str) -> pd.DataFrame:
    """The rows of `outcomes` of one arm, and those of the usual network, from which it differs in one setting."""
    table = outcomes(run)
    usual = _rows.chosen(table, arm=WIDTH, dim=run.config["width"])
    own = table[table.arm == arm]
    return own if arm == WIDTH else pd.concat([usual, own], ignore_index=True)


def rank_correlations(table: pd.DataFrame, first: str, second: str) -> "pd.Series[float]":
    """Spearman's, of two columns: one number a seed."""
    return pd.Series(
        {seed: own[first].corr(own[second], method="spearman") for seed, own in table.groupby("seed", sort=False)},
        name="correlation",
    )


def by_setting(run: Run, arm: str, setting: str, column: str) -> pd.DataFrame:
    """A row a seed, a column a value of the setting that the arm changes."""
    return varied(run, arm).pivot(index="seed", columns=setting, values=column)


@once_a_run
def beside_widths(run: Run) -> pd.DataFrame:
    """A row a seed and weight decay: `same_loss`, the CDNV on the training contexts that a network of another width has
    at the same test loss.

    That is on the line between the two widths nearest in test loss, in the logarithm of CDNV; nan outside of them.
    """
    found = []
    for seed, own in varied(run, WIDTH).groupby("seed", sort=False):
        ordered = own.sort_values("test_loss")
        decayed = varied(run, DECAY)
        decayed = decayed[(decayed.seed == seed) & (decayed.arm == DECAY)]
        logs = np.interp(decayed.test_loss, ordered.test_loss, np.log(ordered.cdnv_train), np.nan, np.nan)
        found.append(decayed.assign(same_loss=np.exp(logs)))
    return pd.concat(found, ignore_index=True)


@once_a_run
def past_best(run: Run) -> pd.DataFrame:
    """A row a seed of the small text: `best_step`, where its test loss is lowest, and columns there and at the end.

    They end in `_best` and `_end`; `rise` is that of the test loss in nats, and `tells` whether it is enough.
    """
    columns = ["train_loss", "test_loss", "cdnv_train", "cdnv_test", "cdnv_kind_train", "cdnv_kind_test"]
    rows = []
    for seed, own in small_text(run).groupby("seed", sort=False):
        best, end = own.loc[own.test_loss.idxmin()], own.iloc[-1]
        row = {"seed": seed, "best_step": best.step, "rise": end.test_loss - best.test_loss}
        row |= {f"{name}_{when}": at[name] for when, at in (("best", best), ("end", end)) for name in columns}
        rows.append(row)
    found = pd.DataFrame(rows)
    return found.assign(tells=found.rise >= WORSE)


def small_text(run: Run) -> pd.DataFrame:
    """The history of the small text."""
    return _rows.chosen(run.to_frame(), arm=SMALL_TEXT)


def widths_table(run: Run) -> pd.DataFrame:
    """A row a width: losses in nats and measures of collapse at the end, medians."""
    rows = []
    for dim, own in varied(run, WIDTH).groupby("dim"):
        row: dict[str, object] = {"d": int(dim), "test loss": spread(own.test_loss, "{:.2f}")}
        row["above the best"] = cell(own.excess.median(), "{:.2f}")
        row["CDNV"] = spread(own.cdnv_train, "{:.2f}")
        row["NC1"] = cell(own.nc1_train.median(), "{:.3f}")
        rows.append(
            row | {"NC3": cell(own.nc3_train.median(), "{:.2f}"), "NC4": cell(own.nc4_train.median(), "{:.2f}")}
        )
    return pd.DataFrame(rows)


def causes_table(run: Run) -> pd.DataFrame:
    """A row a setting that is changed: lowest and highest loss and CDNV, and their rank correlation over the seeds."""
    rows = []
    for arm in (WIDTH, START, DECAY):
        table = varied(run, arm)
        row = {"what differs": arm, "networks a seed": len(table) // table.seed.nunique()}
        for name, column, form in (("test loss", "test_loss", "{:.2f}"), ("CDNV", "cdnv_train", "{:.3f}")):
            row[name] = span(table[column], form)
        rows.append(row | {"rank correlation": spread(rank_correlations(table, "test_loss", "cdnv_train"), "{:.2f}")})
    return pd.DataFrame(rows)


def spread_table(run: Run) -> pd.DataFrame:
    """A row a width: mean energy of class means, of rows of W and of random directions, medians."""
    return pd.DataFrame([
        {
            "d": int(dim), "class means": cell(own.energy_means.median(), "{:.3f}"),
            "rows of W": cell(own.energy_head.median(), "{:.3f}"),
            "random directions": cell(own.energy_random.median(), "{:.3f}"),
        }
        for dim, own in varied(run, WIDTH).groupby("dim")
    ])  # fmt: skip


def followers_table(run: Run) -> pd.DataFrame:
    """A row a number of followers: best possible loss, what is above it, and CDNV by word and by kind; medians."""
    return pd.DataFrame([
        {
            "followers": int(count), "best loss": cell(own.best_loss_test.median(), "{:.2f}"),
            "above it": spread(own.excess, "{:.2f}"), "CDNV by word": spread(own.cdnv_test, "{:.2f}"),
            "CDNV by kind": spread(own.cdnv_kind_test, "{:.3f}"),
            "between kinds, %": cell(100 * own.between_kinds.median(), "{:.0f}"),
        }
        for count, own in varied(run, FOLLOWERS).groupby("followers")
    ])  # fmt: skip
