"""What the literature says of the circuit and of its phases, and the rules by which a run of `circuits` decides."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.experiments.circuits.config import NANDA, PAIR
from ncbook.experiments.circuits.phases import NOTHING, phases
from ncbook.runs import Run

_LONG = "laptop-long"
_TRANSFORMER = "transformer-numbers"


def followed(run: Run) -> pd.DataFrame:
    """The phases of the seeds that grok, of the first network that adds."""
    found = phases(run)
    found = found[(found.operation == "addition") & found.network.isin([PAIR, NANDA])]
    return found[found.grokked.notna()].set_index("seed")


def values_at(run: Run, found: pd.DataFrame, steps: pd.Series, column: str) -> pd.Series:
    """`column` of each seed in `found` at its own step; nan where that is nan."""
    rows = run.to_frame().set_index(["network", "operation", "seed", "step"])[column]
    about = zip(found.network, found.operation, found.index, steps, strict=True)
    read = [float("nan") if np.isnan(step) else float(rows[(*name, int(step))]) for *name, step in about]
    return pd.Series(read, index=found.index)


def _evidence(holds: pd.Series, values: pd.Series, unit: str) -> Evidence:
    return Evidence.of(holds, values.dropna(), unit)


def _restricted_first(run: Run) -> Evidence:
    found = followed(run)
    found = found[found.onset.notna()]
    shares = {
        name: values_at(run, found, found.onset, name) / values_at(run, found, found.memorised, name)
        for name in ("restricted_loss", "control_loss")
    }
    holds = (shares["restricted_loss"] <= 0.5) & (shares["control_loss"] > 0.5) & (found.formed < found.half)
    return _evidence(holds, shares["restricted_loss"], "of its value when memorised, before the test accuracy moves")


def _excluded_rises(run: Run) -> Evidence:
    found = followed(run)
    found = found[found.onset.notna()]
    lowest = pd.Series([_lowest(run, row) for row in found.itertuples()], index=found.index, dtype=float)
    rise = {
        name: values_at(run, found, found.onset, name) / values_at(run, found, lowest, name)
        for name in ("excluded_loss", "control_excluded_loss", "train_loss")
    }
    holds = (rise["excluded_loss"] >= 2) & (rise["control_excluded_loss"] <= 1) & (rise["train_loss"] <= 1)
    return _evidence(holds, rise["excluded_loss"], "times its lowest value, before the test accuracy moves")


def _lowest(run: Run, row) -> float:
    """The step between memorised and onset at which the excluded loss of one seed is lowest."""
    frame = run.to_frame()
    own = frame[(frame.network == row.network) & (frame.operation == row.operation) & (frame.seed == row.Index)]
    own = own[(own.step >= row.memorised) & (own.step <= row.onset)]
    return float(own.step[own.excluded_loss.idxmin()])


def _ablation(run: Run) -> Evidence:
    found = followed(run)
    last = pd.Series(float(run.history["step"].max()), index=found.index)
    ratio = values_at(run, found, last, "restricted_loss") / values_at(run, found, last, "test_loss")
    return _evidence(ratio <= 1, ratio, "of the test loss of the whole network")


def _order(run: Run) -> Evidence:
    found = followed(run)
    holds = (found.memorised < found.formed) & (found.formed < found.cleanup)
    return _evidence(holds, found.cleanup / found.formed, "times as many steps to cleanup as to the circuit")


def _cleanup(run: Run) -> Evidence:
    found = followed(run)
    holds = (found.onset <= found.cleanup) & (found.cleanup <= found.grokked)
    return _evidence(holds, found.cleanup / found.grokked, "of the steps to grok")


def _circles(run: Run) -> Evidence:
    """Seeds that grok; the arrays are in the order of the run's seeds."""
    found = followed(run)
    places = [run.config["seeds"].index(seed) for seed in found.index]
    names = [f"{row.network}-{row.operation}" for row in found.itertuples()]
    key, other = [], []
    for name, place in zip(names, places, strict=True):
        uneven = run.arrays[f"{name}/unevenness"][place].astype(float)
        whole = slice(1, len(uneven) + 1)  # the frequencies that have both waves
        key.append(uneven[run.arrays[f"{name}/keys"][place, whole]])
        other.append(uneven[run.arrays[f"{name}/controls"][place, whole]])
    holds = tuple(bool(a.max() <= b.min() / 2) for a, b in zip(key, other, strict=True))
    return Evidence(holds, tuple(float(np.median(each)) for each in key), "of the radius")


def _transformer_groks(run: Run) -> Evidence:
    found = phases(run)
    found = found[(found.network == NANDA) & found.memorised.notna()]
    holds = (found.test_then <= NOTHING) & (found.grokked >= 5 * found.memorised)
    return _evidence(holds, found.grokked, "steps")


def _claim(
    name: str, where: str, statement: str, rule: str, control: str, judge: Callable[[Run], Evidence], cell: str
) -> tuple[Claim, Claim]:
    """The claim for the perceptron, and the same for the transformer of the source, from a run of its own."""
    small = Claim(name, "nanda2023progress", where, statement, rule, control, judge, cell)
    return small, replace(small, id=f"{name}-transformer", preset=_LONG, cell=_TRANSFORMER)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "transformer-groks", "nanda2023progress", "section on grokking modular addition",
        "A one-layer transformer on modular addition groks: it memorises early and generalises long after.",
        "Each seed has a test accuracy of at most 0.1 when its training accuracy first reaches 0.99, and a test "
        "accuracy of 0.99 later, after at least five times as many steps.",
        "Modulo 67 with half of the pairs, mirror images on the same side of the split.",
        _transformer_groks, _TRANSFORMER, preset=_LONG,
    ),
    *_claim(
        "restricted-before-test", "section on progress measures",
        "The restricted loss, of the logits' part on the key frequencies, falls before the test accuracy rises.",
        "For each seed that groks: at the last probe at which the test accuracy is still at most 0.1, the restricted "
        "loss of the test pairs, averaged over test pairs alone, is at most half of its value when memorised; that of "
        "the control frequencies is not; and the restricted accuracy reaches 0.5 before the test accuracy does.",
        "As many other frequencies, the next strongest at the end.",
        _restricted_first, "fig-restricted-and-excluded",
    ),
    *_claim(
        "excluded-rises", "section on progress measures",
        "While the circuit forms, the loss without the key frequencies rises on the training set; the loss does not.",
        "For each seed that groks: from its lowest value after memorising, the excluded loss rises at least twofold by "
        "the last probe at which the test accuracy is still at most 0.1; in the same steps neither the training loss "
        "nor the excluded loss of the control frequencies rises.",
        "As many other frequencies, the next strongest at the end.",
        _excluded_rises, "fig-restricted-and-excluded",
    ),
    *_claim(
        "key-frequencies-suffice", "section on ablations",
        "Taking away everything but the key frequencies does not hurt the network; it improves it slightly.",
        "For each seed that groks, the restricted loss of the test pairs at the end, averaged over test pairs alone, "
        "is at most the test loss.",
        "The test loss of the whole network, on the same pairs.",
        _ablation, "ablation",
    ),
    *_claim(
        "three-phases", "section on phases",
        "Training has three phases in this order: memorising, forming the circuit, cleaning up.",
        "For each seed that groks: it memorises, then its restricted accuracy reaches 0.5, then comes the middle of "
        "the window, a twelfth of the training long, over which the sum of squared weights falls by the largest "
        "factor. The first such window after memorising is left out.",
        "None: an order of three moments.",
        _order, "phases",
    ),
    *_claim(
        "cleanup-with-the-jump", "section on phases",
        "The test accuracy jumps while weight decay cleans up, and not while the circuit forms.",
        "For each seed that groks, the middle of the window of steepest fall lies between the last probe with a test "
        "accuracy of at most 0.1 and the first of at least 0.99.",
        "None: two moments of one training.",
        _cleanup, "phases",
    ),
    *_claim(
        "numbers-on-circles", "section on the embedding",
        "At each key frequency, the embedding puts the numbers on a circle.",
        "For each seed that groks, the radii of the numbers in the plane of every key frequency vary (standard "
        "deviation over mean) at most half as much as in that of any control frequency.",
        "Planes of as many other frequencies, found in the same way from the same embedding.",
        _circles, "circles",
    ),
)  # fmt: skip
