"""What every part of the experiment shares: an arm, and the columns of the history."""

from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]
Result = tuple[Rows, dict[str, Any]]


@dataclass(frozen=True)
class Arm:
    """part: estimators, plane, digits, vib or frames; name: the activation in the plane, the weight decay of digits."""

    part: str
    name: str = ""
    setting: float = 0.0


_NAN = float("nan")

# column -> what stands where a part does not measure it; information is in nats
COLUMNS: dict[str, Any] = {
    "part": "", "name": "",  # name: the activation, the split of the digits, the kind of class means
    "estimator": "", "layer": 0, "setting": 0.0,  # setting: weight decay, beta
    "noise": _NAN,  # variance of the noise, in `noise curve` over the mean squared distance; in bins the width
    "dim": 0, "points": 0, "seed": 0, "step": 0,
    "information": _NAN,  # I(X; T): the upper bound of a kernel estimate
    "lower": _NAN,  # the lower bound on it
    "label": _NAN,  # I(Y; T)
    "truth": _NAN,
    "nc1": _NAN, "variance_ratio": _NAN,
    "size": _NAN,  # mean squared distance of the features from their mean
    "train_error": _NAN, "test_error": _NAN,
    "rate": _NAN,  # mean KL divergence of the code from its prior
    "beta_low": _NAN, "beta_high": _NAN,  # first and last finite critical beta, minus 1
    "beta_mean": _NAN,
}  # fmt: skip
