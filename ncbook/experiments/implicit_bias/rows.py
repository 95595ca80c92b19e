"""What every part of the experiment shares: an arm, and the columns of the history."""

from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Arm:
    """part: square, logistic, completion, escape, network or batch_norm.

    method: the optimizer; in completion depth1, depth2, ... or nuclear, in escape depth2, ..., in the networks the
    labels.
    setting: the dimension, or how many entries are observed, else 0.
    scale: of the start; in escape the sign of the determinant at the start; in the networks the weight decay.
    """

    part: str
    method: str
    setting: int = 0
    scale: float = 0.0


_NAN = float("nan")

# column -> what stands where a part does not measure it
COLUMNS: dict[str, Any] = {
    "part": "", "method": "", "setting": 0, "scale": 0.0, "seed": 0, "step": 0,
    "residual": _NAN,  # norm of the residual over that of the targets: of the equations, of the observed entries
    "distance": _NAN,  # relative to the nearest solution, or between directions of the found and the best plane
    "norm": _NAN,  # of the weights; in completion the nuclear norm over the true matrix's
    "log_time": _NAN,  # natural logarithm of the time on the gradient flow
    "margin_ratio": _NAN,  # smallest margin over ||w||, over the largest possible
    "effective_rank": _NAN,
    "error": _NAN,  # norm of the error over that of the truth, at entries that were not observed
    "entry": _NAN,  # size of the entry that no observation fixes
    "loss": _NAN,
    "margin": _NAN,  # smallest margin over ||theta||^L
    "nc1": _NAN, "variance_ratio": _NAN, "train_error": _NAN, "test_error": _NAN,
}  # fmt: skip
