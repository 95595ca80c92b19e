"""The trainings of `test_collapse`, stopped where the reader likes: collapse on training and on new images, by size."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import test_collapse as reading
from ncbook.readings.words import listed

_COLUMNS = (*reading.KEYS, "step", "epoch", "train_loss", "variance_ratio_train", "variance_ratio_test")


def test_collapse(run: runs.Run) -> _page.Explorable:
    """The two ratios of `run`, one of `experiments.test_collapse`, over the sizes, at any stopping rule and value.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "test_collapse", history=_COLUMNS)
    decays, difficulties = list(run.config["weight_decays"]), list(run.config["difficulties"])
    frame = run.to_frame()
    data = {
        "sizes": list(run.config["sizes"]),
        "seeds": list(run.config["seeds"]),
        "rules": reading.RULES,
        "decays": decays,
        "stop": {"loss": run.config["stop_loss"], "epochs": reading.shared_epochs(run)},
        "steps": frame.step[frame.step > 0].drop_duplicates().tolist(),
        "arms": [_arm(rows) for _, rows in frame.groupby(reading.KEYS, sort=False)],
    }
    title = "Collapse on training images and on new ones, by the size of the training set"
    sizes = listed(run.config["sizes"], "{:g}")
    text = f"{title}. {len(run.config['seeds'])} seeds, training sets of {sizes} images a class."
    body = _page.body(
        "test_collapse", run, rules=_page.options(reading.RULES, chosen="steps"), count=len(run.config["seeds"]),
        decays=_page.options({decay: f"{decay:g}" for decay in decays}),
        difficulties=_page.options({each: f"{each:g}" for each in difficulties}, chosen=max(difficulties)),
    )  # fmt: skip
    return _page.Explorable("test_collapse", title, body, data, f"{text} {runs.provenance_line(run)}")


def _arm(rows: pd.DataFrame) -> dict[str, Any]:
    """One training: difficulty, decay, seed, size, and the steps of a pass over the set; loss, train and test [P]."""
    rows = rows[rows.step > 0]
    first = rows.iloc[0]
    ratios = {  # digits enough for the ranks: no two that differ become equal
        name: _page.short(rows[f"variance_ratio_{name}"], digits=5) for name in ("train", "test")
    }
    return ratios | {
        "difficulty": float(first.difficulty), "decay": float(first.weight_decay), "seed": int(first.seed),
        "size": int(first.per_class), "pass": float(first.step / first.epoch), "loss": _page.short(rows.train_loss),
    }  # fmt: skip
