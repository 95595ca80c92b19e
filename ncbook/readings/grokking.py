"""Runs of `grokking`: when a network memorizes and when it generalizes, what it is then, and the phase diagram."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.readings.words import cell, count, span, spread
from ncbook.runs import Run

PAIR, NANDA = "pair_mlp", "nanda"  # networks
NOTHING, HALF = 0.1, 0.5  # test accuracies up to which nothing is understood, and half-way
LATE = 5.0  # times the steps to memorize from which on a network generalizes long afterwards
# The arms of the leak, network/split, and the pairs that are told apart there, as readers call them.
LEAKS = {
    f"{NANDA}/ordered": "transformer, each pair for itself",
    f"{NANDA}/unordered": "transformer, mirror images together",
    f"{PAIR}/ordered": "perceptron, each pair for itself",
    f"{PAIR}/unordered": "perceptron, mirror images together",
}
KINDS = {"train": "training pairs", "mirror": "test, mirror image trained on", "rest": "other test pairs"}
COLUMNS = {
    "fourier_gini_head": Measure("Gini coefficient of W", "of the Fourier components of the classifier"),
    "fourier_top_share": Measure("share of the strongest frequency", "of the power of the embedding"),
    "fourier_frequencies": Measure("key frequencies", "the fewest that hold 90 % of the power of the embedding"),
}


@once_a_run
def milestones(run: Run) -> pd.DataFrame:
    """One row for each weight decay and seed.

    memorized, generalized: moments; delay, from the one to the other; test_then and gini_then, test accuracy and the
    embedding's Gini coefficient at memorized; gini_onset, its value at the last probe before generalized with a test
    accuracy of at most 0.1, nan for never; gini_end and test_end, at the last step.
    """
    return moments.by_training(run.to_frame(), ("weight_decay", "seed"), _milestones)


def _milestones(rows: pd.DataFrame) -> dict[str, float]:
    memorized, generalized = moments.memorized(rows), moments.generalized(rows)
    then, end = moments.at(rows, memorized), rows.iloc[-1]
    quiet = rows[(rows.step >= memorized) & (rows.step < generalized) & (rows.test_acc <= NOTHING)]
    onset = float(quiet.step.iloc[-1]) if len(quiet) and np.isfinite(generalized) else moments.NEVER
    return {
        "memorized": memorized,
        "generalized": generalized,
        "delay": generalized - memorized if np.isfinite(memorized) else moments.NEVER,
        "test_then": float(then.test_acc),
        "gini_then": float(then.fourier_gini),
        "gini_onset": float(moments.at(rows, onset).fourier_gini),
        "gini_end": float(end.fourier_gini),
        "test_end": float(end.test_acc),
    }


def followed(run: Run, index: int = 0) -> pd.DataFrame:
    """`milestones` by seed at one of the weight decays: 0 is the one that is followed, 1 its control."""
    found = milestones(run)
    return found[found.weight_decay == run.config["weight_decays"][index]].set_index("seed")


def phase_table(run: Run) -> pd.DataFrame:
    """One row a training of the phase diagram: weight_decay, fraction, seed, memorized, generalized, final test_acc."""
    axes = {name: run.config[f"phase_{name}s"] for name in ("decay", "fraction", "seed")}
    index = pd.MultiIndex.from_product(axes.values(), names=["weight_decay", "fraction", "seed"])
    columns = {name: run.arrays[f"phase/{name}"].ravel() for name in ("memorized", "generalized", "test_acc")}
    return pd.DataFrame(columns, index=index).reset_index()


def phase_cells(run: Run) -> pd.DataFrame:
    """The columns of `phase_table` as medians over the seeds, by weight decay and fraction."""
    return phase_table(run).drop(columns="seed").groupby(["weight_decay", "fraction"]).median()


def power_shares(spectrum: np.ndarray) -> np.ndarray:
    """[..., p // 2]: share of the power at each frequency but the constant, from amplitudes [..., p // 2 + 1]."""
    power = spectrum[..., 1:].astype(float) ** 2
    shares: np.ndarray = power / power.sum(axis=-1, keepdims=True)
    return shares


def frame_at(run: Run, moment: float) -> int:
    """Index of the frame nearest to a moment; 0 for never."""
    frames = run.arrays["frames"]
    return int(np.abs(frames - moment).argmin()) if np.isfinite(moment) else 0


def delays(run: Run) -> pd.DataFrame:
    """A row a weight decay: seeds that grok, and the steps to memorize and to grok."""
    rows = [
        {
            "weight decay": decay,
            "seeds that grok": count(np.isfinite(own.generalized)),
            "steps to memorize": spread(own.memorized, "{:.0f}"),
            "steps to grok": spread(own.generalized, "{:.0f}"),
        }
        for decay, own in milestones(run).groupby("weight_decay", sort=False)
    ]
    return pd.DataFrame(rows)


def leaks(run: Run) -> pd.DataFrame:
    """A row a network on the ordered split: its last accuracy on test pairs with and without a known mirror image."""
    rows = [
        {
            "network": LEAKS[f"{network}/ordered"].split(",")[0],
            **{
                label: spread(pd.Series(100 * run.arrays[f"leak/{network}/ordered/{kind}"][:, -1]), "{:.0f}")
                for kind, label in (("mirror", "mirror image trained on, %"), ("rest", "others, %"))
            },
        }
        for network in (NANDA, PAIR)
    ]
    return pd.DataFrame(rows)


def products(run: Run) -> pd.DataFrame:
    """A row a training fraction at which some weight decay groks: the range of the steps, and of steps x decay."""
    table = phase_table(run)
    grokked = table[np.isfinite(table.generalized)]
    grokked = grokked.assign(product=grokked.generalized * grokked.weight_decay)
    rows = [
        {
            "training fraction": fraction,
            "steps": span(own.generalized, "{:.0f}"),
            "steps times decay": span(own["product"], "{:.0f}"),
        }
        for fraction, own in grokked.groupby("fraction")
    ]
    return pd.DataFrame(rows, columns=["training fraction", "steps", "steps times decay"])


def sparsity(run: Run) -> pd.DataFrame:
    """A row a weight decay: the embedding's Gini coefficient when memorized, when last quiet, and at the end.

    And the share of its rise when last quiet; medians over the seeds.
    """
    found = milestones(run)
    found = found.assign(rise=(found.gini_onset - found.gini_then) / (found.gini_end - found.gini_then))
    columns = {
        "gini_then": "when memorized",
        "gini_onset": "at the last quiet step",
        "gini_end": "at the end",
        "rise": "share of the rise",
    }
    medians = found.groupby("weight_decay", sort=False)[list(columns)].median()
    table = medians.map(lambda value: cell(value, "{:.2f}")).rename(columns=columns)
    return table.rename_axis("weight decay").reset_index()
