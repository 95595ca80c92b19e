"""What a reader may set in the lab, read from text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ncbook import data, trainers
from ncbook.experiments import interventions
from ncbook.experiments.grokking import Config
from ncbook.labs._reading import real, require_within, whole
from ncbook.readings import interventions as reading

MEMBERS = 4  # seeds of a run, trained as one ensemble
LONGEST = 50_000  # steps of a run, with all that Continue adds
USUAL = interventions.Config()
NONE = "none"
_STRENGTHS = {
    "encouraged": USUAL.collapse_strength,
    "prevented": USUAL.collapse_strength,
    "anti_released": USUAL.flatness_strength,
    "confidence": USUAL.flatness_strength,  # with a capped head
    "norms_released": USUAL.flatness_strength,
}
# regularizer, as the chapter calls it -> its arm in the experiment `interventions`, and the strength that it has there
ARMS = {NONE: ("baseline", 1.0)} | {
    reading.ARMS[arm].removesuffix(", released"): (arm, strength) for arm, strength in _STRENGTHS.items()
}
# Up to these a laptop can follow; a wrong digit too many would freeze it or fill its memory.
_WHOLE = {
    "p": (5, 113), "width": (4, 512), "release": (1, LONGEST), "steps": (1, LONGEST), "seed": (0, 2**32 - MEMBERS),
}  # fmt: skip
_DEAR = 10  # times the cost of a step with the settings that the lab starts with, from which the reader is told


@dataclass(frozen=True)
class Settings:
    """One run of four seeds. Raises ValueError, naming the setting and its value, for one that makes no sense.

    release   step at which the regularizer of that strength is taken away
    seed      the first of four
    """

    p: int = 29
    fraction: float = 0.6
    weight_decay: float = 1.0
    learning_rate: float = 0.01
    width: int = 64
    regularizer: str = NONE
    strength: float = 1.0
    release: int = 1400
    steps: int = 2400
    seed: int = 0

    def __post_init__(self) -> None:
        for name, bounds in _WHOLE.items():
            require_within(name, getattr(self, name), bounds)
        if not 0 < self.strength < math.inf:
            raise ValueError(f"strength: must be positive and finite, got {self.strength}")
        # the data and the recipe know what else makes no sense, so ask them before anything starts
        data.modular(self.p, fraction=self.fraction)
        self.recipe()

    @classmethod
    def read(cls, typed: Mapping[str, str]) -> "Settings":
        """From the text of every field."""
        return cls(
            p=whole("p", typed),
            fraction=real("fraction", typed),
            weight_decay=real("weight_decay", typed),
            learning_rate=real("learning_rate", typed),
            width=whole("width", typed),
            regularizer=typed["regularizer"],
            strength=real("strength", typed),
            release=whole("release", typed),
            steps=whole("steps", typed),
            seed=whole("seed", typed),
        )

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(range(self.seed, self.seed + MEMBERS))

    def network(self) -> Config:
        """What `experiments.grokking` builds networks and data from; the embedding has half as many dimensions."""
        return Config(p=self.p, dim=self.width // 2, width=self.width, fraction=self.fraction)

    def recipe(self) -> trainers.Recipe:
        """The arm of `experiments.interventions`, released as asked, for as long as Continue may ask."""
        arm, _ = ARMS[self.regularizer]
        config = replace(
            USUAL, arms=(arm,), steps=(LONGEST,), learning_rate=self.learning_rate, weight_decay=self.weight_decay,
            release=self.release, collapse_strength=self.strength, flatness_strength=self.strength,
        )  # fmt: skip
        recipe = interventions.recipe_of(config, arm)
        return replace(recipe, regularizers=tuple(replace(term, stop=self.release) for term in recipe.regularizers))

    def warning(self) -> str:
        """What a reader should know of the cost before waiting for it; empty where there is nothing to say."""
        times = self._cost() / Settings()._cost()
        if times < _DEAR:
            return ""
        return (
            f"Large: a step takes about {times:.2g} times the arithmetic of one with p = 29 and width 64. "
            "The line beside the buttons tells what that means on this machine; Stop keeps what there is."
        )

    def _cost(self) -> float:
        """Multiplications of a step, up to a constant factor."""
        return self.fraction * self.p**2 * self.width * (self.width + self.p)
