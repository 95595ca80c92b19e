"""What the literature says of the circuit and of its phases, and the rules by which a run of `circuits` decides.

A trial is a seed. One that does not grok within its steps cannot tell; it is shown and not judged.
"""

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.circuits import followed, phases, rows_at, steepest_fall_range, unevenness
from ncbook.readings.grokking import LATE, NANDA, NOTHING
from ncbook.runs import Run


def _judged(run: Run, holds: pd.Series, values: pd.Series, unit: str, chance: float = 0.0) -> Evidence:
    """Of all seeds of the run, of which those in `values` can tell."""
    seeds, told = _seeds(run), values.dropna().index
    answers = holds.reindex(seeds, fill_value=False)
    return Evidence.of(seeds, answers, values.reindex(seeds), unit, [seed in told for seed in seeds], chance)


def _compared(run: Run, values: pd.Series, relation: str, limit: float, unit: str, chance: float = 0.0) -> Evidence:
    """Of all seeds of the run, of which those in `values` can tell."""
    seeds = _seeds(run)
    return Evidence.compared(seeds, values.reindex(seeds), relation, limit, unit, chance=chance)


def _seeds(run: Run) -> list[int]:
    return list(run.config["seeds"])


def _restricted_first(run: Run) -> Evidence:
    found = followed(run)
    found = found[np.isfinite(found.onset)]
    onset, then = (rows_at(run, found, steps) for steps in (found.onset, found.memorized))
    share, control = (onset[name] / then[name] for name in ("restricted_loss", "control_loss"))
    holds = (share <= 0.5) & (control > 0.5) & (found.formed < found.half)
    return _judged(run, holds, share, "of its value when memorized, before the test accuracy moves")


def _excluded_rises(run: Run) -> Evidence:
    found = followed(run)
    found = found[np.isfinite(found.onset)]
    lowest = pd.Series([_lowest(run, seed, row) for seed, row in found.iterrows()], index=found.index, dtype=float)
    onset, then = (rows_at(run, found, steps) for steps in (found.onset, lowest))
    rise, control, train = (
        onset[name] / then[name] for name in ("excluded_loss", "control_excluded_loss", "train_loss")
    )
    holds = (rise >= 2) & (control <= 1) & (train <= 1)
    return _judged(run, holds, rise, "times its lowest value, before the test accuracy moves")


def _lowest(run: Run, seed: object, found: pd.Series) -> float:
    """The step between memorized and onset at which the excluded loss of one seed is lowest."""
    own = run.to_frame()
    own = own[(own.network == found.network) & (own.operation == found.operation) & (own.seed == seed)]
    own = own[(own.step >= found.memorized) & (own.step <= found.onset)]
    return float(own.step[own.excluded_loss.idxmin()])


def _ablation(run: Run) -> Evidence:
    found = followed(run)
    ends = rows_at(run, found, pd.Series(run.history["step"].max(), index=found.index))
    ratio = ends.restricted_loss / ends.test_loss
    return _compared(run, ratio, "<=", 1.0, "of the test loss of the whole network", chance=SIGN)


def _order(run: Run) -> Evidence:
    """A circuit or a cleanup that never comes is a no, as 0. Two moments in the wrong order are as likely by luck."""
    found = followed(run)
    known = np.isfinite(found.formed) & np.isfinite(found.cleanup) & (found.memorized < found.formed)
    ratio = (found.cleanup / found.formed).where(known, 0.0)
    return _compared(run, ratio, ">", 1.0, "times as many steps to cleanup as to the circuit", chance=SIGN)


def _cleanup(run: Run) -> Evidence:
    """By luck: as often as a window put anywhere has its middle in that span."""
    found = followed(run)
    holds = (found.onset <= found.cleanup) & (found.cleanup <= found.generalized)
    ranges = (steepest_fall_range(run.history["step"].max(), memorized) for memorized in found.memorized)
    luck = [
        max(0.0, min(last, late) - max(first, early)) / (last - first)
        for (first, last), early, late in zip(ranges, found.onset, found.generalized, strict=True)
    ]
    chance = float(np.mean(luck)) if luck else 0.0
    return _judged(run, holds, found.cleanup / found.generalized, "of the steps to grok", chance)


def _circles(run: Run) -> Evidence:
    """Seeds that grok; the arrays are in the order of the run's seeds."""
    seeds, found = _seeds(run), followed(run)
    key, other = (unevenness(run, which) for which in ("keys", "controls"))
    ratio = pd.Series([float(a.max() / b.min()) for a, b in zip(key, other, strict=True)], index=seeds)
    unit = "of the evenest control's unevenness, in the most uneven key frequency"
    return _compared(run, ratio[ratio.index.isin(found.index)], "<=", 0.5, unit)


def _transformer_groks(run: Run) -> Evidence:
    """A seed that does not generalize within its steps cannot tell."""
    found = phases(run)
    found = found[found.network == NANDA]
    ratio = (found.generalized / found.memorized).where(found.test_then <= NOTHING, 1.0)
    valid = np.isfinite(found.memorized) & np.isfinite(found.generalized)
    return Evidence.compared(found.seed, ratio, ">=", LATE, "times the steps to memorize", valid)


CLAIMS = read(
    __file__,
    {
        "transformer-groks": _transformer_groks,
        "restricted-before-test": _restricted_first,
        "excluded-rises": _excluded_rises,
        "key-frequencies-suffice": _ablation,
        "three-phases": _order,
        "cleanup-with-the-jump": _cleanup,
        "numbers-on-circles": _circles,
    },
)
