"""The circuit inside a network that groks: progress measures of Nanda et al. (2023) on perceptrons and transformers.

The networks learn arithmetic modulo p. What Fourier measures say of a step is computed after the training, from the
key frequencies that the network ended with; the same with other frequencies is their control.
"""

from functools import partial

import numpy as np
import torch

from ncbook import metrics
from ncbook.experiments._experiment import Arrays, Experiment, Row, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.circuits.claims import CLAIMS
from ncbook.experiments.circuits.config import Arm, Config
from ncbook.experiments.circuits.measures import circles, dissect, frequencies_of, unevenness_by_frequency
from ncbook.experiments.circuits.training import Snapshot, datasets, train_arm, training_mask
from ncbook.readings.circuits import ADDITION

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train all arms.

    history: a row for each arm, seed and probed step, with the columns of `training.measure` and `measures.dissect`
    (nan but for addition).
    arrays, for each arm under its name, with S seeds, F frames: frames [F] steps; spectrum [S, F, p // 2 + 1]; for
    addition also keys and controls [S, p // 2 + 1] bool, by frequency; circled [S, C], the C strongest frequencies of
    the end; circles [S, F, C, p, 2], see `measures.circles`; unevenness [S, (p - 1) // 2] at the end.
    """
    results = sweep(partial(_train_arm, config, device), config.arms())
    arrays = {name: array for _, arrays in results for name, array in arrays.items()}
    return [row for rows, _ in results for row in rows], arrays


def _train_arm(config: Config, device: str, arm: Arm) -> tuple[Rows, Arrays]:
    sets = datasets(config, arm, device)
    found = train_arm(config, arm, sets)
    rows: list[Row] = []
    for dataset, own in zip(sets, found, strict=True):
        rows += _dissected(config, arm, own, training_mask(dataset, arm))
    return rows, {f"{arm.name}/{name}": array for name, array in _pictures(config, arm, found).items()}


def _dissected(config: Config, arm: Arm, own: list[Snapshot], train: torch.Tensor) -> Rows:
    """The rows of one seed; with `dissect` if the answer is a function of a + b."""
    if arm.operation != ADDITION:
        return [snapshot.row for snapshot in own]
    frequencies = frequencies_of(own[-1].embedding, config.share)
    return [snapshot.row | dissect(snapshot.logits, frequencies, train) for snapshot in own]


def _pictures(config: Config, arm: Arm, found: list[list[Snapshot]]) -> Arrays:
    steps = [snapshot.row["step"] for snapshot in found[0]]
    frames = sorted({round(index) for index in np.linspace(0, len(steps) - 1, config.frames)})
    spectra = [[metrics.fourier_spectrum(own[index].embedding) for index in frames] for own in found]
    pictures = {
        "frames": np.array([steps[index] for index in frames]),
        "spectrum": np.array([torch.stack(own).numpy() for own in spectra], dtype=np.float32),
    }
    return pictures | _by_frequency(config, arm, found, frames) if arm.operation == ADDITION else pictures


def _by_frequency(config: Config, arm: Arm, found: list[list[Snapshot]], frames: list[int]) -> Arrays:
    last = [own[-1].embedding for own in found]
    frequencies = [frequencies_of(embedding, config.share) for embedding in last]
    whole = (arm.p - 1) // 2  # those with a cosine and a sine
    ordered = [metrics.fourier_spectrum(each)[1 : whole + 1].argsort(descending=True) + 1 for each in last]
    circled = [each[: config.circles].tolist() for each in ordered]
    return {
        "keys": _marked([each.keys for each in frequencies], arm.p),
        "controls": _marked([each.controls for each in frequencies], arm.p),
        "circled": np.array(circled),
        "circles": np.stack([circles(own, frames, each) for own, each in zip(found, circled, strict=True)]),
        "unevenness": np.stack([unevenness_by_frequency(each) for each in last]),
    }


def _marked(chosen: list[torch.Tensor], p: int) -> np.ndarray:
    """[S, p // 2 + 1] bool: whether a frequency is among the chosen."""
    marks = np.zeros((len(chosen), p // 2 + 1), dtype=bool)
    for row, own in zip(marks, chosen, strict=True):
        row[own.numpy()] = True
    return marks


EXPERIMENT = Experiment(
    "circuits", "The circuit inside", 1, Config, train, keys=("network", "operation", "seed"), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
