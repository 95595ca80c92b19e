"""Tables of the chapter "Does the test set collapse?": networks by the size of their training set."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ncbook.readings.moments import COLLAPSED
from ncbook.readings.test_collapse import (
    RULES,
    correlations,
    correlations_over_epochs,
    over_difficulties,
    protocols,
    read_at,
    terminal,
)
from ncbook.readings.words import MISSING, count, listed, spread
from ncbook.runs import Run

_RANK = "{:.1f}"  # as rank correlations are written


def settings(run: Run) -> pd.DataFrame:
    """A row a setting and its value."""
    config = run.config
    steps = f"{config['steps']} of {config['batch_size']} images each"
    difficulties = {"difficulties": listed(config["difficulties"], "{:g}")} if any(config["difficulties"]) else {}
    named = difficulties | {
        "training images per class, n": listed(config["sizes"], "{:g}"),
        "new images per class": str(config["population_per_class"]),
        "weight decays": listed(config["weight_decays"], "{:g}"),
        "steps": steps,
        "seeds": str(len(config["seeds"])),
    }
    return pd.DataFrame({"setting": list(named), "value": list(named.values())})


def distances(found: Mapping[str, Any]) -> pd.DataFrame:
    """A row a name of `found`, whose values are `experiments.test_collapse.spreads`."""
    columns = {"weak": "weak", "test": "strong", "shift": "shift", "test_train_means": "training means"}
    return pd.DataFrame(
        [
            {"new points": name} | {label: f"{getattr(each, key):.4g}" for key, label in columns.items()}
            for name, each in found.items()
        ]
    )


def falls(run: Run, weight_decay: float) -> pd.DataFrame:
    """A row a size: medians of the falls in the terminal phase, of the trainings with it that can be judged."""
    table = terminal(run)
    table = table[table.weight_decay == weight_decay]
    return pd.DataFrame([_fall(size, arms[arms.phase_tells]) for size, arms in table.groupby("per_class")])


def _fall(size: int, arms: pd.DataFrame) -> dict[str, Any]:
    train, strong, weak = (arms[f"variance_ratio_{name}_phase_fall"] for name in ("train", "test", "weak"))
    return {
        "n": size,
        "ratio on train": round(train.median(), 1),
        "on new images, strong": round(strong.median(), 1),
        "on new images, weak": round(weak.median(), 1),
        "seeds with tenfold on train": count(train >= COLLAPSED),
        "test error, %": round(100 * arms.test_error_end.median(), 1),
    }


def falls_by_difficulty(run: Run) -> pd.DataFrame:
    """A row a difficulty: how many trainings with weight decay can be judged and fall tenfold, and how far new ones."""
    table = terminal(run)
    found = []
    for difficulty, arms in table[table.weight_decay > 0].groupby("difficulty"):
        told = arms[arms.phase_tells]
        tenfold = (told.variance_ratio_train_phase_fall >= COLLAPSED).sum()
        found.append(
            {
                "difficulty": difficulty,
                "can be judged": count(arms.phase_tells),
                "of these, tenfold on train": tenfold,
                "largest fall on new images": round(told.variance_ratio_test_phase_fall.max(), 1),
            }
        )
    return pd.DataFrame(found)


def ends(run: Run) -> pd.DataFrame:
    """A row a weight decay and size: medians at the last step of the ratios, their difference, and the shift."""
    frame = _last(run)
    frame = frame.assign(difference=frame.variance_ratio_test - frame.variance_ratio_train)
    names = {
        "variance_ratio_train": "ratio on train", "variance_ratio_test": "on new images, strong",
        "difference": "difference", "variance_ratio_shift": "shift",
    }  # fmt: skip
    return _medians(frame, names)


def other_measures(run: Run) -> pd.DataFrame:
    """A row a weight decay and size: medians at the last step of CDNV and NC1."""
    pairs = {
        (key, part): f"{key.upper()} on {'new images' if part == 'test' else part}"
        for key in ("cdnv", "nc1")
        for part in ("train", "test")
    }
    return _medians(_last(run), {f"{key}_{part}": label for (key, part), label in pairs.items()})


def _last(run: Run) -> pd.DataFrame:
    decays = run.config["weight_decays"]
    return pd.concat([read_at(run, "steps", run.config["steps"], decay) for decay in decays])


def _medians(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Of columns that are given new names, over the seeds of each weight decay and size."""
    table = frame.groupby(["weight_decay", "per_class"])[list(names)].median().round(3).reset_index()
    table = table.rename(columns=names | {"weight_decay": "weight decay", "per_class": "n"})
    return table.astype({"n": int})


def stops(run: Run) -> pd.DataFrame:
    """A row a size: ratios on train and on new images where each rule stops, without weight decay, medians.

    Also the step at which equal loss is reached, and as the last row the rank correlation of the two ratios.
    """
    columns: dict[str, list[Any]] = {"n": [*map(str, run.config["sizes"]), "rank correlation"]}
    for rule, stop in protocols(run).items():
        rows = read_at(run, *stop)
        seeds = rows.groupby("per_class").median()
        if rule == "loss":
            columns[f"step at loss {stop[1]:g}"] = [*seeds.step.round(), ""]
        pairs = [_pair(*each) for each in zip(seeds.variance_ratio_train, seeds.variance_ratio_test, strict=True)]
        columns[f"{RULES[rule]} {stop[1]:g}: train, new"] = [*pairs, spread(correlations(rows), _RANK)]
    return pd.DataFrame(columns)


def _pair(train: float, new: float) -> str:
    return MISSING if np.isnan(train) else f"{train:.3f}, {new:.2f}"


def epochs(run: Run) -> pd.DataFrame:
    """A row a weight decay: rank correlation of the two ratios after the first, a middle and the last whole epoch."""
    found = []
    for decay in run.config["weight_decays"]:
        table = correlations_over_epochs(run, decay)
        chosen = dict(zip(("first", "middle", "last"), table.columns[[0, table.shape[1] // 2, -1]], strict=True))
        told = {f"{place}: epoch {each}": spread(table[each], _RANK) for place, each in chosen.items()}
        found.append({"weight decay": decay} | told)
    return pd.DataFrame(found)


def ranks(run: Run, weight_decay: float) -> pd.DataFrame:
    """A row a difficulty and rule: rank correlations over the sizes, of the seeds that can be judged.

    At equal loss only without weight decay, with which many sizes never get there.
    """
    rules = ("loss", "steps") if weight_decay == 0 else ("steps",)
    found = []
    for difficulty, seeds in over_difficulties(run).loc[weight_decay].groupby("difficulty"):
        told = seeds[seeds.tells]
        found += [
            {
                "difficulty": difficulty,
                "can be judged": count(seeds.tells),
                "rule": RULES[rule],
                "train with new images": spread(told[f"train_new_{rule}"], _RANK),
                "n with ratio on train": spread(told[f"size_train_{rule}"], _RANK),
            }
            for rule in rules
        ]
    return pd.DataFrame(found)
