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


def verify(experiment: Experiment, run: runs.Run, config: Any = None, probes: int = 2) -> Comparison:
    """Train the first `probes` probes of every arm of `run` again, from its first seed, and compare.

    config: the run's own by default, or that with less of it. Rows are matched by `experiment.keys` and `step`, and
    any other column of words or whole numbers. `missing` are the arms of `run` of which nothing was made again.
    """
    config = config or _first_seed(experiment.Config.preset(run.provenance["preset"]))
    made = first_rows(experiment, config, probes)
    theirs = run.to_frame()
    arms = [name for name in experiment.keys if name != "seed"]
    whole = _arms(theirs, arms)
    if made.empty:
        return Comparison(0, frozenset(), whole, ())
    shared = [name for name in made if name in theirs]
    keys = [name for name in shared if name in experiment.keys or theirs[name].dtype.kind not in "fb"]
    for name in keys:
        made[name] = made[name].astype(theirs[name].dtype)
    both = made.merge(theirs, on=keys, suffixes=("", " recorded"), how="left", indicator=True)
    found = _arms(both[both._merge == "both"], arms)
    return Comparison(int((both._merge == "both").sum()), found, whole - found, tuple(_wrong(both, keys)))


def _arms(frame: pd.DataFrame, names: list[str]) -> frozenset[tuple[Any, ...]]:
    """The combinations of values of these columns; None where a part has none."""
    values = frame[names].drop_duplicates().astype(object)
    return frozenset(values.where(values.notna(), None).itertuples(index=False, name=None))


def first_rows(experiment: Experiment, config: Any, probes: int) -> pd.DataFrame:
    """The history of the first probes of each training of `config`, and of what is computed without a training."""
    with trainers.first_probes(probes) as seen:
        rows, _ = experiment.train(config, "cpu")
    found = [row for result in seen for row in _rows(result)] + list(rows)
    return pd.DataFrame(history(found, experiment.exact))


def _rows(result: Any) -> Iterator[Mapping[str, Any]]:
    """The rows in what a probe returned: a row, or containers of them."""
    if isinstance(result, Mapping):
        yield result
    elif isinstance(result, list | tuple):
        for each in result:
            yield from _rows(each)


def _first_seed(config: Any) -> Any:
    return replace(config, seeds=config.seeds[:1])


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
