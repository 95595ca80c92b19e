"""The phase diagram: when networks memorize and generalize, by weight decay and training fraction."""

from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np

from ncbook import trainers
from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.grokking.config import Config
from ncbook.experiments.grokking.training import accuracies, build, datasets, recipe_of
from ncbook.readings import moments


def train_phase(config: Config, device: str) -> tuple[Rows, Arrays]:
    """All cells as one ensemble. No rows.

    phase/memorized and phase/generalized, moments, and phase/test_acc, at the end: [decays, fractions, seeds] each.
    """
    axes = config.phase_decays, config.phase_fractions, config.phase_seeds
    cells = list(product(*axes))
    sets = [datasets(replace(config, fraction=fraction), [seed], device)[0] for _, fraction, seed in cells]
    train, test = [dataset.train for dataset in sets], [dataset.test for dataset in sets]
    members = [trainers.Member(seed, weight_decay=decay) for decay, _, seed in cells]
    steps = range(0, config.phase_steps + 1, config.phase_every)

    def probe(ensemble: trainers.Ensemble, step: int) -> list[list[float]]:
        return [accuracies(ensemble, splits).tolist() for splits in (train, test)]

    recipe = recipe_of(config, config.phase_steps)
    fitted = trainers.fit_ensemble(partial(build, config), train, recipe, members, probe, steps)
    seen, unseen = np.array(fitted.whole()).transpose(1, 2, 0)  # [cells, P] each
    columns = {
        "memorized": [moments.first(np.array(steps), own >= moments.MEMORIZED) for own in seen],
        "generalized": [moments.first(np.array(steps), own >= moments.GENERALIZED) for own in unseen],
        "test_acc": unseen[:, -1],
    }
    shape = [len(values) for values in axes]
    return [], {f"phase/{name}": np.array(values).reshape(shape) for name, values in columns.items()}
