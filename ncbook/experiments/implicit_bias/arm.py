"""What every part of the experiment trains: an arm."""

from dataclasses import dataclass

from ncbook.experiments._experiment import Arrays, Rows

Result = tuple[Rows, Arrays]


@dataclass(frozen=True)
class Arm:
    """One method on one problem; what a part does not have is 0 or empty.

    part: square, logistic, completion, escape, network or batch_norm.
    method: the optimizer; in completion depth1, depth2, ... or nuclear, in escape depth2, ...
    dim, observed: of the points, and how many entries are given.  scale: of the start.
    determinant: its sign at the start of escape.  labels: true or random.
    """

    part: str
    method: str = ""
    dim: int = 0
    observed: int = 0
    scale: float = 0.0
    determinant: int = 0
    labels: str = ""
    weight_decay: float = 0.0
