"""Whether the code still gives the numbers of a recorded run: the first probes of its trainings, made again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs, trainers
from ncbook._checks import require_instance
from ncbook.experiments._experiment import Experiment, history

# Another processor adds in another order, and training magnifies the last digit.
RELATIVE = 0.02
SHARE = 0.05  # of points that may be decided otherwise, in columns that are shares of points

# A training can magnify the last digit so much that it decides. Then only its first digits are the code's.
DISTURBANCES = (1, 2)  # seeds
FACTOR = 5.0  # times as far as a disturbed training strays, the recorded one may lie


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

    >>> compared = experiments.verify(mine, mine.run(Config(), device="cpu", preset="laptop"))
    >>> compared.rows, compared.wrong
    (1, ())
    """
    require_instance("experiment", experiment, Experiment, "an experiments.Experiment, as experiments.get gives it")
    require_instance("run", run, runs.Run, "a runs.Run, as `load` of the experiment gives it")
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
    keys = [
        name for name in made if name in theirs and (name in experiment.keys or theirs[name].dtype.kind not in "fb")
    ]
    both = _matched(made, theirs, keys)
    found = _told_apart(both[both._merge == "both"][arms])
    wrong = tuple(_wrong(both, keys))
    if wrong:
        disturbed = (first_rows(experiment, config, experiment.sample.probes, each) for each in DISTURBANCES)
        # A training that comes to its end gives its rows twice, from its probes and from the experiment.
        strayed = [_matched(made, others.drop_duplicates(keys), keys) for others in disturbed]
        wrong = tuple(_wrong(both, keys, strayed))
    return Comparison(int((both._merge == "both").sum()), found, whole - found, wrong)


def first_rows(experiment: Experiment, config: Any, probes: int, disturbance: int | None = None) -> pd.DataFrame:
    """The history of the first probes of each training of `config`, and of what is computed without a training."""
    with trainers.first_probes(probes, disturbance) as seen:
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


def _matched(made: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """A row for each of `made`, in their order, beside the row of `others` with the same keys."""
    made = made.astype({name: others[name].dtype for name in keys})
    return made.merge(others, on=keys, suffixes=("", " other"), how="left", indicator=True)


def _wrong(both: pd.DataFrame, keys: list[str], strayed: Sequence[pd.DataFrame] = ()) -> Iterator[str]:
    """What differs by more than another processor explains, and, in `strayed`, disturbed trainings."""
    for row in both[both._merge == "left_only"][keys].to_dict("records"):
        yield f"{row}: there is no such row in the recorded run"
    there = (both._merge == "both").to_numpy()
    for name in (name for name in both if f"{name} other" in both):
        now, then = (both[each].to_numpy(dtype=float)[there] for each in (name, f"{name} other"))
        share = "_acc" in name or "error" in name or name.startswith("nc4")
        near = np.isclose(now, then, rtol=RELATIVE, atol=SHARE if share else 1e-6, equal_nan=True)
        for each in strayed:
            near |= np.abs(now - then) <= FACTOR * np.abs(now - each[f"{name} other"].to_numpy(dtype=float)[there])
        for place in np.flatnonzero(~near):
            told = both[there][keys].iloc[place].to_dict()
            yield f"{name}: {now[place]:.6g} now, {then[place]:.6g} recorded, {told}"
