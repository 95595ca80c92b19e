"""What every part of the experiment measures: an arm."""

from dataclasses import dataclass
from typing import Any

from ncbook.experiments._experiment import Arrays, Row, Rows

Result = tuple[Rows, Arrays]


@dataclass(frozen=True)
class Arm:
    """part: estimators, plane, digits, vib or frames; the activation is that of the plane, the decay that of digits."""

    part: str
    activation: str = ""
    weight_decay: float = 0.0

    def row(self, seed: int, **values: Any) -> Row:
        """One row of the history; what a part does not have is 0 or empty."""
        return {
            **vars(self), "means": "", "split": "", "estimator": "", "layer": 0, "beta": 0.0, "dim": 0, "num_points": 0,
            "setting": 0, "seed": seed, "step": 0, **values,
        }  # fmt: skip
