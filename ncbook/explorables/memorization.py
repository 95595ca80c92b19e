"""Questions to the trainings of `memorization`: one measure of true, wrong and random labels over the epochs."""

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.memorization import SETTING, interpolations, labels_of
from ncbook.readings.moments import NEVER
from ncbook.readings.names import NETWORKS
from ncbook.readings.words import cell, count

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "train_error": ("Training error", False),
    "test_error": ("Test error", False),
    "train_loss": ("Training loss", True),
}
_Key = tuple[str, str, float]  # data set, network, label noise


def memorization(run: runs.Run) -> _page.Explorable:
    """Up to three settings of `run`, one of `experiments.memorization`, over the epochs: six questions, three measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "memorization", history=(*SETTING, "seed", "epoch", *_MEASURES))
    groups = dict(iter(run.to_frame().groupby(list(SETTING), sort=False)))
    arms = {key: _arms.arm(_label(run, key), rows, _MEASURES, "epoch", None) for key, rows in groups.items()}
    told = " ".join(_outcome(run, key) for key in arms)
    title = "True labels and random ones"
    return _arms.page(run, title, arms, _MEASURES, "epoch", _questions(run), told, log_time=True)


def _questions(run: runs.Run) -> dict[str, Question]:
    """What a network can fit and what it then says of new images; other images and networks where the run has them."""
    images, networks, noises = run.config["datasets"], run.config["networks"], run.config["noises"]
    true, *some, random = ((images[0], networks[0], noise) for noise in noises)
    found = {
        "labels": _fitted(run, "Which labels can a network fit?", true, random),
        "images": _tested(run, "What does it say of new images?", true, random),
        "loss": _lost(run, "Does the training loss tell them apart?", true, random),
        "noise": _tested(run, "What do a few wrong labels do?", true, *some[:2]),
    }
    for other in images[1:2]:
        ends = ((other, networks[0], noise) for noise in (noises[0], noises[-1]))
        found["other"] = _tested(run, f"Is it the same on {other}?", *ends)
    for other in networks[1:2]:
        found["network"] = _fitted(run, f"And a {NETWORKS[other]}?", random, (images[0], other, noises[-1]))
    return found


def _fitted(run: runs.Run, text: str, *keys: _Key) -> Question:
    """How many ever reach zero training error, and when."""
    epochs = {_label(run, key): _trainings(run, key).zero_error_epoch for key in keys}
    told = [
        f"{count(own != NEVER)} with {label} (median epoch: {cell(own.median(), '{:g}')})"
        for label, own in epochs.items()
    ]
    return Question(text, keys, "train_error", f"Networks that reach zero training error: {'; '.join(told)}.")


def _tested(run: runs.Run, text: str, *keys: _Key) -> Question:
    """The test error at the end, and the lowest on the way."""
    told = [
        f"{_percent(own.test_error_end)} with {_label(run, key)} (lowest on the way: {_percent(own.test_error_best)})"
        for key in keys
        for own in [_trainings(run, key)]
    ]
    return Question(text, keys, "test_error", f"Median test error at the end: {', '.join(told)}.")


def _lost(run: runs.Run, text: str, *keys: _Key) -> Question:
    """The training loss at the end."""
    last = run.to_frame().query("epoch == epoch.max()").groupby(list(SETTING)).train_loss.median()
    told = [f"{cell(last[key], '{:.2g}')} with {_label(run, key)}" for key in keys]
    return Question(text, keys, "train_loss", f"Median training loss at the end: {', '.join(told)}.")


def _trainings(run: runs.Run, key: _Key) -> pd.DataFrame:
    """The rows of `interpolations` of one setting."""
    return interpolations(run).set_index(list(SETTING)).sort_index().loc[[key]]


def _percent(shares: "pd.Series[float]") -> str:
    return cell(100 * shares.median(), "{:.1f} %")


def _label(run: runs.Run, key: _Key) -> str:
    """The labels, after what differs from the first data set and the first network."""
    dataset, network, noise = key
    others = [dataset] * (dataset != run.config["datasets"][0])
    others += [NETWORKS[network]] * (network != run.config["networks"][0])
    return ", ".join([*others, labels_of(noise)])


def _outcome(run: runs.Run, key: _Key) -> str:
    """What a reader learns where no HTML is shown."""
    own = _trainings(run, key)
    fitted = f"{count(own.zero_error_epoch != NEVER)} networks reach zero training error"
    return f"{_label(run, key)}: {fitted}, test error {_percent(own.test_error_end)}."
