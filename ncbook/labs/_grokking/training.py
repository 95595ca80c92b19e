"""Four networks that train in the background, as one ensemble, and can be trained on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from ncbook import data, metrics, trainers
from ncbook.experiments.grokking.training import build, datasets
from ncbook.experiments.interventions.measure import measured
from ncbook.labs._background import Background
from ncbook.labs._grokking.settings import LONGEST, Settings
from ncbook.labs._reading import require_within
from ncbook.readings import moments

_COLUMNS = ("train_acc", "test_acc", "relative_flatness", "variance_ratio_train")


class Training(Background):
    """Trains the four seeds of `settings`; `draw(self)` gives its picture.

    rows: step, and a list over the seeds in train_acc, test_acc, relative_flatness, variance_ratio_train and
    fourier_gini, which is nan for a seed that diverged.
    """

    def __init__(self, settings: Settings, draw: Callable[["Training"], bytes]) -> None:
        self.settings = settings
        self.ensemble: trainers.Ensemble | None = None
        super().__init__(settings.steps, lambda: draw(self))
        self.message = settings.warning()

    def extend(self, steps: int) -> None:
        """Plan that many steps more. Raises ValueError where that is too many."""
        require_within("steps", steps, (1, LONGEST - self.done))
        self.planned = self.done + steps

    def generalized(self) -> list[float]:
        """Of each seed, the first measured step at which it generalizes."""
        rows = list(self.rows)  # copied, for they may be growing
        steps = np.array([row["step"] for row in rows])
        accuracies = np.array([row["test_acc"] for row in rows])  # [P, S]
        return [moments.first(steps, own >= moments.GENERALIZED) for own in accuracies.T]

    def _train(self) -> None:
        sets = datasets(self.settings.network(), self.settings.seeds, str(trainers.pick_device()))
        train, test = [each.train for each in sets], [each.test for each in sets]
        if self.ensemble is None:
            members = [trainers.Member(seed) for seed in self.settings.seeds]
            maker = partial(build, self.settings.network())
            self.ensemble = trainers.Ensemble(maker, train, self.settings.recipe(), members)
            self.rows.append(_measure(self.ensemble, train, test))
        while self.ensemble.step < self.planned:
            self.ensemble.advance()
            if _is_probed(self.ensemble.step):
                self._require_finite(self.ensemble)
                self.rows.append(_measure(self.ensemble, train, test))
            self._finished(self.ensemble.step)

    def _require_finite(self, ensemble: trainers.Ensemble) -> None:
        if all(ensemble.diverged):
            asked = self.settings
            settings = f"learning_rate={asked.learning_rate:g}, weight_decay={asked.weight_decay:g}"
            raise trainers.Diverged(f"no seed is finite at step {ensemble.step} ({settings})")


def _is_probed(step: int) -> bool:
    """Often while the network memorizes."""
    return step % 25 == 0 or (step <= 100 and step % 10 == 0)


@torch.no_grad()
def _measure(ensemble: trainers.Ensemble, train: list[data.Split], test: list[data.Split]) -> dict[str, Any]:
    columns = measured(ensemble, train, test)
    embeddings = ensemble.parameters["blocks.hidden1.embedding"]
    gini = [metrics.fourier_gini(own).item() if own.isfinite().all() else float("nan") for own in embeddings]
    return {"step": ensemble.step, "fourier_gini": gini} | {name: columns[name].tolist() for name in _COLUMNS}
