"""Which of many solutions an optimizer ends at, when nothing in the loss tells them apart.

Six parts. `square`: more unknowns than equations. `logistic`: separable points, and the max-margin plane (Soudry et
al. 2018). `completion`: products of matrices that fit some entries of a matrix of low rank (Arora et al. 2019).
`escape`: a 2 x 2 matrix whose norm has to grow (Razin and Cohen 2020). `network`: a perceptron without biases
on digits, with true or random labels and with or without weight decay. `batch_norm`: one with batch norm.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.implicit_bias import completion, logistic, network, square
from ncbook.experiments.implicit_bias.arm import Arm, Result
from ncbook.experiments.implicit_bias.claims import CLAIMS
from ncbook.experiments.implicit_bias.config import Config
from ncbook.readings.implicit_bias import KEYS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Every part.

    arrays: plane/signed [S, n, 2], the points of the logistic part in the plane times their labels, plane/best [S, 2],
    the max-margin w, best_norm/DIM [S], their norms, and directions/METHOD [S, P, 2], unit vectors at the
    probes; singular/depthL/OBSERVED/SCALE [P, m] float32, the singular values of the first seed's product.
    """
    results = sweep(partial(measure_arm, config, device), arms(config))
    rows = [row for rows, _ in results for row in rows]
    arrays = {name: array for _, arrays in results for name, array in arrays.items()}
    return rows, arrays


def arms(config: Config) -> list[Arm]:
    """Everything that is run."""
    deep = [f"depth{depth}" for depth in config.depths]
    return [
        *(Arm("square", method) for method in square.METHODS),
        *(Arm("logistic", method, dim=dim) for dim in config.dims for method in logistic.METHODS),
        *(
            Arm("completion", method, observed=count, scale=scale)
            for count in config.observed
            for scale in config.scales
            for method in deep
        ),
        *(Arm("completion", "nuclear", observed=count) for count in config.observed),
        *(Arm("escape", f"depth{depth}", determinant=sign) for depth in config.escape_depths for sign in (1, -1)),
        *(Arm("network", labels=labels, weight_decay=decay) for labels in config.labels for decay in config.decays),
        *(
            Arm("batch_norm", labels=labels, weight_decay=decay)
            for labels in config.labels
            for decay in config.norm_decays
        ),
    ]


def measure_arm(config: Config, device: str, arm: Arm) -> Result:
    """History rows and arrays of one arm."""
    trained = {"completion": completion.completion, "network": network.network, "batch_norm": network.batch_norm}
    if arm.part in trained:
        return trained[arm.part](config, device, arm)
    parts = {"square": square.square, "logistic": logistic.logistic, "escape": completion.escape}
    return parts[arm.part](config, arm)


EXPERIMENT = Experiment(
    "implicit_bias", "The implicit bias of gradient descent", 2, Config, train, keys=KEYS, claims=CLAIMS,
    exact=("scale", "weight_decay"),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
