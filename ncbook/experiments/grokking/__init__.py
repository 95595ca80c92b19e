"""Modular addition, learned by heart and then understood (Power et al. 2022, Nanda et al. 2023).

Four parts. Eight seeds in one standard setting, with everything measured at every probe, and without weight decay as
their control; a phase diagram of weight decay against training fraction, trained as one ensemble; a split that leaks,
and one that does not; and weights that are written down and not learned (Gromov 2023).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from ncbook import data, metrics, models
from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.grokking.claims import CLAIMS
from ncbook.experiments.grokking.config import Config
from ncbook.experiments.grokking.leak import train_leak
from ncbook.experiments.grokking.phase import train_phase
from ncbook.experiments.grokking.standard import train_standard
from ncbook.readings.grokking import LEAKS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]

Part = Callable[[], tuple[Rows, Arrays]]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train all parts.

    history: a row for each weight decay of `config.weight_decays`, seed and probed step, with `measures.measure`.
    arrays, with S seeds, F frames, W phase decays, G phase fractions, R phase seeds:
    frames [F] steps; spectrum [S, F, p // 2 + 1], circle [S, F, p, 2] and frequency [S], see `standard`;
    phase/memorized, phase/generalized and phase/test_acc [W, G, R], see `phase`;
    leak/steps [P] and leak/network/split/kind [leak seeds, P];
    gromov/accuracy [moduli, seeds] and gromov/spectrum [p // 2 + 1] of the first modulus and seed.
    """
    standard: list[Part] = [partial(train_standard, config, device, decay) for decay in config.weight_decays]
    others: list[Part] = [partial(train_phase, config, device), partial(_gromov, config)]
    leaks: list[Part] = [partial(train_leak, config, device, name) for name in LEAKS]
    results = sweep(_call, [*standard, *others, *leaks])
    arrays = {name: array for _, arrays in results for name, array in arrays.items()}
    arrays["leak/steps"] = np.arange(0, config.leak_steps + 1, config.leak_every)
    return [row for rows, _ in results for row in rows], arrays


def _call(part: Part) -> tuple[Rows, Arrays]:
    return part()


def _gromov(config: Config) -> tuple[Rows, Arrays]:
    """Accuracy of the analytic solution on all pairs."""
    accuracy = [[_score(p, config.gromov_width, seed) for seed in config.gromov_seeds] for p in config.gromov_moduli]
    first = models.gromov_solution(config.gromov_moduli[0], config.gromov_width, config.gromov_seeds[0])
    spectrum = metrics.fourier_spectrum(first.input_weight[0].detach())
    return [], {"gromov/accuracy": np.array(accuracy), "gromov/spectrum": spectrum.numpy()}


def _score(p: int, width: int, seed: int) -> float:
    pairs = data.modular_pairs(p)
    with torch.no_grad():
        answers = models.gromov_solution(p, width, seed)(pairs.inputs).argmax(1)
    return float((answers == pairs.labels).double().mean())


EXPERIMENT = Experiment(
    "grokking",
    "Grokking",
    1,
    Config,
    train,
    keys=("weight_decay", "seed"),
    claims=CLAIMS,
    # its phase diagram, leak and written-down weights are arrays and no rows: their test stands apart
    sample=Sample(
        {
            "phase_decays": (0.0,),
            "phase_fractions": (0.6,),
            "leak_seeds": lambda config: config.leak_seeds[:1],
            "gromov_moduli": (29,),
        }
    ),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
