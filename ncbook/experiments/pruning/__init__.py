"""Drop most training points once a network separates them, and train on (after Banburski et al. 2021).

Each network is trained on all points. After each of several epochs the points of the smallest or the largest relative
margin, or random ones, are kept, with and without as many of each class, and training goes on with them. Controls go on
with all points, stop at the drop, or learn the same points from the initial weights; others drop points in stages. A
second network of the same images tells whether it would keep the same ones. Which points the source keeps, and when,
was not seen.
"""

from functools import partial

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.pruning import base, going_on
from ncbook.experiments.pruning.claims import CLAIMS
from ncbook.experiments.pruning.config import Config, SmallSteps
from ncbook.experiments.pruning.kept import random_order
from ncbook.readings.pruning import FIRST, KEPT, KEYS, PAIR

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "SmallSteps", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Rows of the parts base, pair and kept.

    arrays, of the first seed: margins [drops, N] float32 of the training points at each drop; labels [N]; order [N],
    the place of each point in the random order.
    """
    if isinstance(config, SmallSteps):
        return _with_small_steps(config, device), {}
    trained = sweep(partial(base.train, config, device), base.both(config))
    if not trained:  # where only the first probes are made
        return [], {}
    firsts, twins = trained[::2], trained[1::2]
    rows = [row for each in trained for row in each.rows]
    for seed, first, twin in zip(config.seeds, firsts, twins, strict=True):
        rows += base.compare(config, seed, first.margins, twin.margins)
    arms = [(epoch, share, firsts) for epoch in config.drops for share in (1.0, *config.shares)]
    found = sweep(partial(going_on.at_drop, config, device), arms)
    found.append(going_on.in_stages(config, device, firsts))
    return rows + [row for each in found for row in each], _pictured(config, firsts[0])


def _with_small_steps(config: SmallSteps, device: str) -> Rows:
    trained = sweep(partial(base.train, config, device), [(seed, FIRST) for seed in config.seeds])
    arms = [(share, trained) for share in (1.0, *config.shares) if trained]
    found = sweep(partial(going_on.both_rates, config, device), arms)
    return [row for each in (*(one.rows for one in trained), *found) for row in each]


def _pictured(config: Config, first: base.Trained) -> Arrays:
    labels, seed = base.images(config, config.seeds[0]).train.labels, config.seeds[0]
    return {
        "margins": np.stack([first.margins[epoch].cpu().numpy() for epoch in config.drops]).astype(np.float32),
        "labels": labels.numpy(),
        "order": random_order(len(labels), seed).numpy(),
    }


# kept and pair: what follows from margins at the end of trainings, which another processor ends elsewhere
EXPERIMENT = Experiment(
    "pruning", "Points that are not needed", 1, Config, train, keys=KEYS, claims=CLAIMS,
    sample=Sample(apart=(KEPT, PAIR)),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
