"""Modular addition, learned by heart and then understood (Power et al. 2022, Nanda et al. 2023).

Four parts. Eight seeds in one standard setting, with everything measured at every probe, and without weight decay as
their control; a phase diagram of weight decay against training fraction, trained as one ensemble; a split that leaks,
and one that does not; and weights that are written down and not learned (Gromov 2023).
"""

from functools import partial

import numpy as np
import torch

from ncbook import data, metrics, models
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.grokking.claims import CLAIMS
from ncbook.experiments.grokking.config import Config
from ncbook.experiments.grokking.leak import LEAK_NETWORKS, LEAK_SPLITS, train_leak
from ncbook.experiments.grokking.milestones import first_step, milestones, phase_table
from ncbook.experiments.grokking.standard import train_standard
from ncbook.experiments.grokking.training import train_phase

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "milestones", "phase_table", "run"]

Arm = tuple[str, str | float, str]
Part = tuple[list[dict], dict[str, np.ndarray]]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train all parts.

    history: a row for each weight decay of `config.weight_decays`, seed and probed step, with the columns of
    `measures.measure`. Reals are float32.
    arrays, with S seeds, F frames, W phase decays, G phase fractions, R phase seeds:
    frames [F] steps; spectrum [S, F, p // 2 + 1], circle [S, F, p, 2] and frequency [S], see `standard`;
    phase/memorised, phase/grokked [W, G, R] steps, nan where never, and phase/test_acc [W, G, R] at the end;
    leak/steps [P] and leak/network/split/kind [leak seeds, P];
    gromov/accuracy [moduli, seeds] and gromov/spectrum [p // 2 + 1] of the first modulus and seed.
    """
    arms: list[Arm] = [("standard", decay, "") for decay in config.weight_decays]
    arms += [("phase", "", ""), ("gromov", "", "")]
    arms += [("leak", network, split) for network in LEAK_NETWORKS for split in LEAK_SPLITS]
    parts = sweep(partial(_part, config, device), arms)
    rows = [row for rows, _ in parts for row in rows]
    arrays = {name: array for _, arrays in parts for name, array in arrays.items()}
    arrays["leak/steps"] = np.arange(0, config.leak_steps + 1, config.leak_every)
    return rows, arrays


def _part(config: Config, device: str, arm: Arm) -> Part:
    kind, first, second = arm
    if kind == "standard":
        return train_standard(config, device, float(first))
    if kind == "leak":
        return [], train_leak(config, device, str(first), second)
    return [], _phase(config, device) if kind == "phase" else _gromov(config)


def _phase(config: Config, device: str) -> dict[str, np.ndarray]:
    steps, train, test = train_phase(config, device)
    shape = len(config.phase_decays), len(config.phase_fractions), len(config.phase_seeds)

    def firsts(values: torch.Tensor) -> np.ndarray:
        return np.array([first_step(np.array(steps), each) for each in values.T.numpy()]).reshape(shape)

    return {
        "phase/memorised": firsts(train),
        "phase/grokked": firsts(test),
        "phase/test_acc": test[-1].numpy().reshape(shape),
    }


def _gromov(config: Config) -> dict[str, np.ndarray]:
    """Accuracy of the analytic solution on all pairs."""
    accuracy = [[_score(p, config.gromov_width, seed) for seed in config.gromov_seeds] for p in config.gromov_moduli]
    first = models.gromov_solution(config.gromov_moduli[0], config.gromov_width, config.gromov_seeds[0])
    spectrum = metrics.fourier_spectrum(first.input_weight[0].detach())
    return {"gromov/accuracy": np.array(accuracy), "gromov/spectrum": spectrum.numpy()}


def _score(p: int, width: int, seed: int) -> float:
    pairs = data.modular_pairs(p)
    with torch.no_grad():
        answers = models.gromov_solution(p, width, seed)(pairs.inputs).argmax(1)
    return (answers == pairs.labels).double().mean().item()


EXPERIMENT = Experiment("grokking", "Grokking", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
