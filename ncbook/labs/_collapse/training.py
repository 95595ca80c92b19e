"""One network that trains in the background."""

from collections.abc import Callable

from ncbook import data, trainers
from ncbook.experiments import collapse as experiment
from ncbook.labs._background import Background
from ncbook.labs._collapse.settings import Settings


class Training(Background):
    """Trains one arm of the experiment; `epoch` counts finished epochs. `draw(self)` gives its picture."""

    unit = "epoch"

    def __init__(self, settings: Settings, dataset: str, draw: Callable[["Training"], bytes]) -> None:
        self.settings, self.dataset = settings, dataset
        super().__init__(settings.epochs, lambda: draw(self))

    @property
    def epoch(self) -> int:
        return self.done

    def _train(self) -> None:
        config, asked = self.settings.config(self.dataset), self.settings
        dataset = data.load(self.dataset).to(trainers.pick_device())
        experiment.train_arm(
            config, dataset, asked.network, asked.weight_decay, asked.seed, self._finished, on_row=self.rows.append
        )
