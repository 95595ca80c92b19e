"""Whether the code still gives the numbers of a recorded run: the first probes of its trainings, made again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs, trainers
from ncbook.experiments._experiment import Experiment, history

# Another processor adds in another order, and training magnifies the last digit.
RELATIVE = 0.02
SHARE = 0.05  # of points that may be decided otherwise, in columns that are shares of points


@dataclass(frozen=True)
class Comparison:
    """What was compared: how many rows, which arms (values of the key columns but `seed`), and what disagrees."""

    rows: int
    arms: frozenset[tuple[Any, ...]]
    missing: frozenset[tuple[Any, ...]]
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.rows} rows of {len(self.arms)} arms compared, {len(self.wrong)} numbers differ"
        said += f"; nothing was made again of {sorted(self.missing, key=str)}" if self.missing else ""
        return "\n  ".join([said, *self.wrong[:10]])


def verify(experiment: Experiment, run: runs.Run) -> Comparison:
    """Train the first probes of every arm of `run` again, from one seed, and compare.

    It is the first seed other than 0, with which code that has forgotten the seed would go unnoticed.

    Rows are matched by `experiment.keys` and `step`, and any other column of words or whole numbers. `missing` are the
    arms of `run` of which nothing was made again.
    """
    config = experiment.Config.preset(run.provenance["preset"])
    seed = next((seed for seed in config.seeds if seed != 0), config.seeds[0])
    less = {name: value(config) if callable(value) else value for name, value in experiment.sample.config.items()}
    config = replace(config, **({"seeds": (seed,)} | less))
    made = first_rows(experiment, config, experiment.sample.probes)
    theirs = run.to_frame()
    arms = [name for name in experiment.keys if name != "seed"]
    theirs = theirs[~theirs[experiment.keys[0]].isin(experiment.sample.apart)]
    whole = _told_apart(theirs[arms])
    if made.empty:
        return Comparison(0, frozenset(), whole, ())
    shared = [name for name in made if name in theirs]
    keys = [name for name in shared if name in experiment.keys or theirs[name].dtype.kind not in "fb"]
    for name in keys:
        made[name] = made[name].astype(theirs[name].dtype)
    both = made.merge(theirs, on=keys, suffixes=("", " recorded"), how="left", indicator=True)
    found = _told_apart(both[both._merge == "both"][arms])
    return Comparison(int((both._merge == "both").sum()), found, whole - found, tuple(_wrong(both, keys)))


def first_rows(experiment: Experiment, config: Any, probes: int) -> pd.DataFrame:
    """The history of the first probes of each training of `config`, and of what is computed without a training."""
    with trainers.first_probes(probes) as seen:
        rows, _ = experiment.train(config, "cpu")
    found = [row for result in seen for row in _rows(result)] + list(rows)
    return pd.DataFrame(history(found, (*experiment.exact, *experiment.keys), experiment.keys))


def _rows(result: Any) -> Iterator[Mapping[str, Any]]:
    """The rows in what a probe returned: a row, or containers of them."""
    if isinstance(result, Mapping):
        yield result
    elif isinstance(result, list | tuple):
        for each in result:
            yield from _rows(each)


def _told_apart(arms: pd.DataFrame) -> frozenset[tuple[Any, ...]]:
    """The different rows of a table, with None for nan, which is not equal to itself."""
    return frozenset(arms.astype(object).where(arms.notna(), None).itertuples(index=False, name=None))


def _wrong(both: pd.DataFrame, keys: list[str]) -> Iterator[str]:
    for row in both[both._merge == "left_only"][keys].to_dict("records"):
        yield f"{row}: there is no such row in the recorded run"
    both = both[both._merge == "both"]
    for name in (name for name in both if f"{name} recorded" in both):
        now, then = (both[each].to_numpy(dtype=float) for each in (name, f"{name} recorded"))
        share = "_acc" in name or "error" in name or name.startswith("nc4")
        near = np.isclose(now, then, rtol=RELATIVE, atol=SHARE if share else 1e-6, equal_nan=True)
        for place in np.flatnonzero(~near):
            yield f"{name}: {now[place]:.6g} now, {then[place]:.6g} recorded, {both[keys].iloc[place].to_dict()}"
