"""Tables of the chapter on the circuit inside, for readers; median over the seeds with the range, where it says so."""

import numpy as np
import pandas as pd

from ncbook.readings.circuits import adding, arrays_of, followed, rows_at, unevenness
from ncbook.readings.words import cell, spread
from ncbook.runs import Run

_EARLY = 100  # a step at which training pairs are known and test pairs are not
_ACCURACIES = {
    "test_acc": "whole network",
    "published_acc": "key frequencies, projected from all pairs",
    "restricted_acc": "key frequencies, from test pairs alone",
    "averaged_acc": "all frequencies, averaged over test pairs",
    "control_acc": "other frequencies, from test pairs alone",
}
_LOSSES = {
    "test_loss": "test pairs, whole network",
    "restricted_loss": "test pairs, key frequencies only",
    "train_loss": "training pairs, whole network",
    "excluded_loss": "training pairs, without key frequencies",
}
_MOMENTS = {
    "memorized": "memorized",
    "formed": "circuit",
    "half": "half of the test pairs right",
    "cleanup": "cleanup",
    "generalized": "grokked",
}


def keys(run: Run) -> pd.DataFrame:
    """A row a seed: its key frequencies."""
    chosen = [", ".join(map(str, np.flatnonzero(own))) for own in arrays_of(run)["keys"]]
    return pd.DataFrame({"seed": run.config["seeds"], "key frequencies": chosen})


def progress(run: Run) -> pd.DataFrame:
    """A row a way to read the answers: the share of test pairs that it gets right, early and just before the jump."""
    rows, found = adding(run), followed(run)
    early, before = rows[rows.step == _EARLY], rows_at(run, found, found.onset)
    return pd.DataFrame(
        {
            "what answers": name,
            f"right at step {_EARLY}": spread(early[column], "{:.2f}"),
            "before the jump": spread(before[column], "{:.2f}"),
        }
        for column, name in _ACCURACIES.items()
    )


def losses(run: Run) -> pd.DataFrame:
    """A row a loss, in nats: when training pairs are known, just before the jump, and at the end."""
    rows, found = adding(run), followed(run)
    times = {
        "memorized": rows_at(run, found, found.memorized),
        "before the jump": rows_at(run, found, found.onset),
        "at the end": rows[rows.step == rows.step.max()],
    }
    return pd.DataFrame(
        {"loss, nats": name} | {when: cell(own[column].median(), "{:.2g}") for when, own in times.items()}
        for column, name in _LOSSES.items()
    )


def ablation(run: Run) -> pd.DataFrame:
    """A row a seed at the end: the loss of the test pairs with the key frequencies only, and of the whole network."""
    rows = adding(run)
    ends = rows[rows.step == rows.step.max()]
    ratio = ends.restricted_loss / ends.test_loss
    return pd.DataFrame({
        "seed": ends.seed,
        "key frequencies only, nats": ends.restricted_loss.map("{:.1e}".format),
        "whole network, nats": ends.test_loss.map("{:.1e}".format),
        "ratio": ratio.round(2),
    })  # fmt: skip


def phases(run: Run) -> pd.DataFrame:
    """A row a seed that groks: the step of each moment."""
    return followed(run)[list(_MOMENTS)].map(_step).rename(columns=_MOMENTS).reset_index()


def _step(moment: float) -> str:
    return cell(moment, "{:.0f}")


def circles(run: Run) -> pd.DataFrame:
    """A row a kind of frequency: how uneven its circles are, over all seeds."""
    kinds = {"key frequencies": "keys", "other frequencies": "controls"}
    return pd.DataFrame(
        {"circles of": name, "lowest": own.min(), "median": own.median(), "highest": own.max()}
        for name, which in kinds.items()
        for own in [pd.Series(np.concatenate(unevenness(run, which))).round(2)]
    )


def transformers(run: Run) -> pd.DataFrame:
    """A row a moment, in steps, or a measure just before the jump; a column a seed that groks."""
    found = followed(run)
    before = rows_at(run, found, found.onset)
    table = {f"{name} (step)": found[column].map(_step) for column, name in _MOMENTS.items()}
    table["restricted accuracy before the jump"] = before.restricted_acc.round(2)
    table["excluded loss before the jump, nats"] = before.excluded_loss.round(1)
    table["training loss before the jump, nats"] = before.train_loss.map("{:.0e}".format)
    named = {seed: f"seed {seed}" for seed in found.index}
    return (
        pd.DataFrame(table)
        .astype(object)
        .T.rename(columns=named)
        .rename_axis(index="moment or value", columns=None)
        .reset_index()
    )
