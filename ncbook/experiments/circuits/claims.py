"""What the literature says of the circuit and of its phases, and the rules by which a run of `circuits` decides."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.circuits import followed, phases, rows_at, unevenness
from ncbook.readings.grokking import NANDA, NOTHING
from ncbook.runs import Run

_LONG = "laptop-long"
_TRANSFORMER = "transformer-numbers"


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


def _both(claim: Claim) -> tuple[Claim, Claim]:
    """The claim for the perceptron, and the same for the transformer of the source, from a run of its own."""
    return claim, replace(claim, id=f"{claim.id}-transformer", preset=_LONG, cell=_TRANSFORMER)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="transformer-groks",
        source="nanda2023progress",
        where="section on grokking modular addition",
        statement="A one-layer transformer on modular addition groks: it memorizes early and generalizes long after.",
        rule="Each seed has a test accuracy of at most 0.1 when its training accuracy first reaches 0.99, and a "
        "test accuracy of 0.99 later, after at least five times as many steps.",
        control="Modulo 67 with half of the pairs, mirror images on the same side of the split.",
        judge=_transformer_groks,
        cell=_TRANSFORMER,
        preset=_LONG,
    ),
    *_both(
        Claim(
            id="restricted-before-test",
            source="nanda2023progress",
            where="section on progress measures",
            statement="The restricted loss, of the logits' part on the key frequencies, falls before the test accuracy "
            "rises.",
            rule="For each seed that groks: at the last probe at which the test accuracy is still at most 0.1, the "
            "restricted loss of the test pairs, averaged over test pairs alone, is at most half of its value when "
            "memorized; that of the control frequencies is not; and the restricted accuracy reaches 0.5 before the "
            "test accuracy does.",
            control="As many other frequencies, the next strongest at the end.",
            judge=_restricted_first,
            cell="fig-restricted-and-excluded",
        )
    ),
    *_both(
        Claim(
            id="excluded-rises",
            source="nanda2023progress",
            where="section on progress measures",
            statement="While the circuit forms, the loss without the key frequencies rises on the training set; the "
            "loss does not.",
            rule="For each seed that groks: from its lowest value after memorizing, the excluded loss rises at least "
            "twofold by the last probe at which the test accuracy is still at most 0.1; in the same steps neither the "
            "training loss nor the excluded loss of the control frequencies rises.",
            control="As many other frequencies, the next strongest at the end.",
            judge=_excluded_rises,
            cell="fig-restricted-and-excluded",
        )
    ),
    *_both(
        Claim(
            id="key-frequencies-suffice",
            source="nanda2023progress",
            where="section on ablations",
            statement="Taking away everything but the key frequencies does not hurt the network; it improves it "
            "slightly.",
            rule="For each seed that groks, the restricted loss of the test pairs at the end, averaged over test pairs "
            "alone, is at most the test loss.",
            control="The test loss of the whole network, on the same pairs.",
            judge=_ablation,
            cell="ablation",
        )
    ),
    *_both(
        Claim(
            id="three-phases",
            source="nanda2023progress",
            where="section on phases",
            statement="Training has three phases in this order: memorizing, forming the circuit, cleaning up.",
            rule="For each seed that groks: it memorizes, then its restricted accuracy reaches 0.5, then comes the "
            "middle of the window, a twelfth of the training long, over which the sum of squared weights falls by the "
            "largest factor. The first such window after memorizing is left out.",
            control="None: an order of three moments.",
            judge=_order,
            cell="phases",
        )
    ),
    *_both(
        Claim(
            id="cleanup-with-the-jump",
            source="nanda2023progress",
            where="section on phases",
            statement="The test accuracy jumps while weight decay cleans up, and not while the circuit forms.",
            rule="For each seed that groks, the middle of the window of steepest fall lies between the last probe with "
            "a test accuracy of at most 0.1 and the first of at least 0.99.",
            control="None: two moments of one training.",
            judge=_cleanup,
            cell="phases",
        )
    ),
    *_both(
        Claim(
            id="numbers-on-circles",
            source="nanda2023progress",
            where="section on the embedding",
            statement="At each key frequency, the embedding puts the numbers on a circle.",
            rule="For each seed that groks, the radii of the numbers in the plane of every key frequency vary "
            "(standard deviation over mean) at most half as much as in that of any control frequency.",
            control="Planes of as many other frequencies, found in the same way from the same embedding.",
            judge=_circles,
            cell="circles",
        )
    ),
)
