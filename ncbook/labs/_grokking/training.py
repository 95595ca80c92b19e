"""Four networks that train in the background, as one ensemble, and can be trained on."""

from collections.abc import Callable
from functools import partial

import torch

from ncbook import metrics, trainers
from ncbook.experiments.grokking.training import build, datasets
from ncbook.experiments.interventions.measure import measured
from ncbook.labs._background import Background
from ncbook.labs._grokking.settings import LONGEST, Settings
from ncbook.labs._reading import require_within

GENERAL = 0.99  # memorized and generalized from this accuracy on
_COLUMNS = {"train_acc": "train_acc", "test_acc": "test_acc", "kappa": "kappa", "ratio": "variance_ratio_train"}


class Training(Background):
    """Trains the four seeds of `settings`; `draw(self)` gives its picture.

    rows: step, and of every seed train_acc, test_acc, kappa (exact relative flatness), ratio (variance ratio on train)
    and gini (of the embedding's Fourier components; nan for a seed that diverged).
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

    def first(self, column: str) -> list[int | None]:
        """Of each seed, the first measured step at which the accuracy in `column` is at least 99 %."""
        rows = list(self.rows)
        return [
            next((row["step"] for row in rows if row[column][place] >= GENERAL), None)
            for place in range(len(self.settings.seeds))
        ]

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
def _measure(ensemble: trainers.Ensemble, train: list, test: list) -> dict:
    columns = measured(ensemble, train, test)
    row: dict = {"step": ensemble.step} | {name: columns[theirs].tolist() for name, theirs in _COLUMNS.items()}
    embeddings = ensemble.parameters["blocks.hidden1.embedding"]
    row["gini"] = [metrics.fourier_gini(own).item() if own.isfinite().all() else float("nan") for own in embeddings]
    return row
