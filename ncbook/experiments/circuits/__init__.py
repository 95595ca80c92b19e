"""The circuit inside a network that groks: progress measures of Nanda et al. (2023) on perceptrons and transformers.

The networks learn arithmetic modulo p. What Fourier measures say of a step is computed after the training, from the
key frequencies that the network ended with; the same with other frequencies is their control.
"""

from functools import partial

import numpy as np
import pandas as pd
import torch

from ncbook import data, metrics
from ncbook.experiments._experiment import Arrays, Experiment, Rows, history
from ncbook.experiments._sweep import sweep
from ncbook.experiments.circuits.claims import CLAIMS
from ncbook.experiments.circuits.config import Arm, Config
from ncbook.experiments.circuits.measures import (
    circles,
    dissect,
    frequencies_of,
    measure,
    training_mask,
    unevenness_by_frequency,
)
from ncbook.experiments.circuits.phases import MOMENTS, moments, phases
from ncbook.experiments.circuits.training import Snapshot, datasets, train_arm

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "phases", "run"]

Part = tuple[list[dict], dict[str, np.ndarray]]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train all arms.

    history: a row for each arm, seed and probed step: network, operation, and the columns of `measures.measure` and
    `measures.dissect` (nan but for addition). Reals are float32.
    arrays, for each arm under its name, with S seeds, F frames: the moments of `phases` [S], nan for never; frames [F]
    steps; spectrum [S, F, p // 2 + 1]; for addition also keys and controls [S, p // 2 + 1] bool, by frequency; circled
    [S, C], the C strongest frequencies of the end; circles [S, F, C, p, 2], see `measures.circles`; unevenness
    [S, (p - 1) // 2] at the end.
    """
    parts = sweep(partial(_part, config, device), config.arms())
    rows = [row for rows, _ in parts for row in rows]
    arrays = {name: array for _, arrays in parts for name, array in arrays.items()}
    return rows, arrays | _moments(config, pd.DataFrame(history(rows)))


def _moments(config: Config, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Of each arm its own moments [S], for figures, which compute nothing."""
    found = moments(frame).set_index(["network", "operation"])
    own = {arm.name: found.loc[[(arm.network, arm.operation)]] for arm in config.arms()}
    return {f"{arm}/{name}": rows[name].to_numpy() for arm, rows in own.items() for name in MOMENTS}


def _part(config: Config, device: str, arm: Arm) -> Part:
    sets = datasets(config, arm, device)
    found = train_arm(config, arm, sets, device)
    labels = data.modular_pairs(arm.p, arm.operation).labels
    rows = []
    for seed, dataset, own in zip(config.seeds, sets, found, strict=True):
        chosen = training_mask(dataset, arm)
        about = {"network": arm.network, "operation": arm.operation, "seed": seed}
        seen = [about | {"step": each.step} | measure(each, labels, chosen) for each in own]
        rows += [row | more for row, more in zip(seen, _dissected(config, arm, own, chosen), strict=True)]
    return rows, {f"{arm.name}/{name}": array for name, array in _pictures(config, arm, found).items()}


def _dissected(config: Config, arm: Arm, own: list[Snapshot], chosen: torch.Tensor) -> list[dict]:
    """One dict a snapshot: empty unless the answer is a function of a + b."""
    if arm.operation != "addition":
        return [{} for _ in own]
    frequencies = frequencies_of(own[-1].embedding, config.share)
    return [dissect(each.logits, frequencies, chosen) for each in own]


def _pictures(config: Config, arm: Arm, found: list[list[Snapshot]]) -> dict[str, np.ndarray]:
    steps = [each.step for each in found[0]]
    frames = sorted({round(place) for place in np.linspace(0, len(steps) - 1, config.frames)})
    spectra = [[metrics.fourier_spectrum(own[place].embedding) for place in frames] for own in found]
    pictures = {
        "frames": np.array([steps[place] for place in frames]),
        "spectrum": np.array([torch.stack(own).numpy() for own in spectra], dtype=np.float32),
    }
    return pictures | _by_frequency(config, arm, found, frames) if arm.operation == "addition" else pictures


def _by_frequency(config: Config, arm: Arm, found: list[list[Snapshot]], frames: list[int]) -> dict[str, np.ndarray]:
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


EXPERIMENT = Experiment("circuits", "The circuit inside", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
