"""What the literature says of the circuit and of its phases, and the rules by which a run of `circuits` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.circuits import followed, phases, rows_at, unevenness
from ncbook.readings.grokking import NANDA, NOTHING
from ncbook.runs import Run


def _evidence(holds: pd.Series, values: pd.Series, unit: str) -> Evidence:
    return Evidence.of(holds, values[np.isfinite(values)], unit)


def _restricted_first(run: Run) -> Evidence:
    found = followed(run)
    found = found[np.isfinite(found.onset)]
    onset, then = (rows_at(run, found, steps) for steps in (found.onset, found.memorized))
    share, control = (onset[name] / then[name] for name in ("restricted_loss", "control_loss"))
    holds = (share <= 0.5) & (control > 0.5) & (found.formed < found.half)
    return _evidence(holds, share, "of its value when memorized, before the test accuracy moves")


def _excluded_rises(run: Run) -> Evidence:
    found = followed(run)
    found = found[np.isfinite(found.onset)]
    lowest = pd.Series([_lowest(run, seed, row) for seed, row in found.iterrows()], index=found.index, dtype=float)
    onset, then = (rows_at(run, found, steps) for steps in (found.onset, lowest))
    rise, control, train = (
        onset[name] / then[name] for name in ("excluded_loss", "control_excluded_loss", "train_loss")
    )
    holds = (rise >= 2) & (control <= 1) & (train <= 1)
    return _evidence(holds, rise, "times its lowest value, before the test accuracy moves")


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
    return _evidence(ratio <= 1, ratio, "of the test loss of the whole network")


def _order(run: Run) -> Evidence:
    found = followed(run)
    known = np.isfinite(found.formed) & np.isfinite(found.cleanup)
    holds = known & (found.memorized < found.formed) & (found.formed < found.cleanup)
    ratio = (found.cleanup / found.formed)[known]
    return _evidence(holds, ratio, "times as many steps to cleanup as to the circuit")


def _cleanup(run: Run) -> Evidence:
    found = followed(run)
    holds = (found.onset <= found.cleanup) & (found.cleanup <= found.generalized)
    return _evidence(holds, found.cleanup / found.generalized, "of the steps to grok")


def _circles(run: Run) -> Evidence:
    """Seeds that grok; the arrays are in the order of the run's seeds."""
    found = followed(run)
    grokked = [seed in found.index for seed in run.config["seeds"]]
    key, other = (
        [own for own, told in zip(unevenness(run, which), grokked, strict=True) if told]
        for which in ("keys", "controls")
    )
    holds = (a.max() <= b.min() / 2 for a, b in zip(key, other, strict=True))
    return Evidence.of(holds, map(np.median, key), "of the radius")


def _transformer_groks(run: Run) -> Evidence:
    found = phases(run)
    found = found[(found.network == NANDA) & np.isfinite(found.memorized)]
    groks = np.isfinite(found.generalized) & (found.generalized >= 5 * found.memorized)
    return _evidence((found.test_then <= NOTHING) & groks, found.generalized, "steps")


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
