"""What a reader may set in the lab, read from text."""

from collections.abc import Mapping
from dataclasses import dataclass

from ncbook.experiments import collapse as experiment
from ncbook.labs._reading import real, require_within, whole

# Up to these a laptop can follow; a wrong digit too many would freeze it or fill its memory.
_WHOLE = {"width": (2, 2048), "epochs": (1, 10_000), "seed": (0, 2**32 - 1)}
_PROBES = 150  # a measurement costs as little as an epoch, and a curve should grow at each glance


@dataclass(frozen=True)
class Settings:
    """One training. Raises ValueError, naming the setting and its value, for one that makes no sense."""

    network: str = "mlp"
    width: int = 128
    weight_decay: float = 5e-3
    learning_rate: float = 0.02
    epochs: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        for name, bounds in _WHOLE.items():
            require_within(name, getattr(self, name), bounds)
        # the recipe knows what else makes no sense, so ask it before anything starts
        experiment.recipe_of(self.config("digits"), self.weight_decay, experiment.Config.batch_size)

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "Settings":
        """From the text of every field."""
        return cls(
            network=typed["network"],
            width=whole("width", typed),
            weight_decay=real("weight_decay", typed),
            learning_rate=real("learning_rate", typed),
            epochs=whole("epochs", typed),
            seed=whole("seed", typed),
        )

    def config(self, dataset: str) -> experiment.Config:
        """The experiment with these settings."""
        return experiment.Config(
            dataset=dataset, networks=(self.network,), weight_decays=(self.weight_decay,), seeds=(self.seed,),
            width=self.width, epochs=self.epochs, learning_rate=self.learning_rate, probes=_PROBES,
        )  # fmt: skip
