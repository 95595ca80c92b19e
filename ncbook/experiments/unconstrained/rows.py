"""What the parts of the experiment `unconstrained` share: an arm, the columns of the history, the closed forms."""

import math
from dataclasses import dataclass
from typing import Any

from ncbook import metrics

# name of a column -> what stands in it where a part does not measure it
COLUMNS: dict[str, Any] = {
    "part": "", "objective": "", "method": "", "setting": 0, "seed": 0, "scale": math.nan, "step": 0,
    "loss": math.nan,  # the objective with its penalty
    "error": math.nan,  # loss over the closed-form minimum, less 1
    "gap": math.nan,  # smallest true logit minus another
    "gap_error": math.nan,  # furthest of all such differences from the closed form, over the closed form
    "norm_ratio": math.nan,  # ||W||_F^2 / ||H||_F^2, times n
    "size": math.nan,  # ||W H^T||_F
    "nc1": math.nan, "nc2_norms": math.nan, "nc2_angles": math.nan, "nc3": math.nan,
    "exponent": math.nan,  # -log of the cross-entropy
    "ratio": math.nan,  # normalised margin over its largest possible value
}  # fmt: skip

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Arm:
    """One sweep: `setting` is a place in the config's tuples, or for a saddle its rank."""

    part: str
    objective: str
    method: str
    setting: int


def closed_form(
    objective: str, num_classes: int, dim: int, per_class: int, decays: tuple[float, float]
) -> metrics.UnconstrainedMinimum:
    """The `metrics.UnconstrainedMinimum` of either loss."""
    forms = {"cross_entropy": metrics.unconstrained_cross_entropy, "square": metrics.unconstrained_square_loss}
    return forms[objective](num_classes, dim, per_class, *decays)


def ignore(done: int) -> None:
    """For a descent that is not measured on the way."""
