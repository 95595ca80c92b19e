"""The logistic loss on separable points: where the separating plane turns, and how slowly."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy

from ncbook import trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.implicit_bias.arm import Arm, Result
from ncbook.experiments.implicit_bias.config import Config

METHODS = ("scaled", "gd", "adam", "square")


def separable(config: Config, dim: int, seed: int) -> np.ndarray:
    """Points times their labels, Z [n, d]: Gaussian points, none within `clearance` of a random plane through 0.

    The side of the plane is the label, so that w separates the points if and only if Z w > 0.
    """
    chance = np.random.default_rng([seed, dim])
    teacher = chance.standard_normal(dim)
    teacher /= np.linalg.norm(teacher)
    found: list[np.ndarray] = []
    while len(found) < config.points:
        point = chance.standard_normal(dim)
        if abs(point @ teacher) > config.clearance:
            found.append(point * np.sign(point @ teacher))
    return np.stack(found)


def max_margin(signed: np.ndarray) -> np.ndarray:
    """argmin ||w|| with Z w >= 1, exactly, for Z [n, d]: the hard-margin support vector machine without intercept.

    Lawson and Hanson's reduction to non-negative least squares: u >= 0 nearest in [Z^T; 1^T] u to (0, ..., 0, 1)
    leaves a residual r whose first d entries point along w.
    """
    stacked = np.vstack([signed.T, np.ones(len(signed))])
    target = np.zeros(len(stacked))
    target[-1] = 1
    residual = target - stacked @ scipy.optimize.nnls(stacked, target)[0]
    direction = -residual[:-1] / residual[-1]
    return -direction if (signed @ direction).min() < 0 else direction


def log_loss(signed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """log of the mean of log(1 + e^-margin) [S], for Z [S, n, d], w [S, d]; right also where the mean underflows."""
    return scipy.special.logsumexp(_log_terms(_margins(signed, weights)), axis=1) - np.log(signed.shape[1])


def _margins(signed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (signed @ weights[:, :, None])[:, :, 0]


def _log_terms(margins: np.ndarray) -> np.ndarray:
    """log log(1 + e^-m); -m itself once that is exact in float64."""
    return np.where(margins > 40, -margins, np.log(np.logaddexp(0, -np.minimum(margins, 40))))


def descent_over_loss(signed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Minus the gradient of the mean logistic loss, divided by that loss [S, d], formed from logarithms."""
    margins = _margins(signed, weights)
    log_shares = -np.logaddexp(0, margins) - log_loss(signed, weights)[:, None]
    return (np.exp(log_shares)[:, None] @ signed)[:, 0] / signed.shape[1]


def logistic(config: Config, arm: Arm) -> Result:
    """Rows of one method in `arm.dim` dimensions, all seeds at once; in the plane also points and directions."""
    signed = np.stack([separable(config, arm.dim, seed) for seed in config.seeds])
    best = np.stack([max_margin(own) for own in signed])
    frames: list[np.ndarray] = []
    found: list[Rows] = []
    for step, log_time, weights in _probed(arm.method, config, signed):
        found.append([
            vars(arm) | {"seed": seed, "step": step, "log_time": _passed(time)} | _measure(own, w, b)
            for seed, own, w, b, time in zip(config.seeds, signed, weights, best, log_time, strict=True)
        ])  # fmt: skip
        trainers.after_probe(found)
        frames.append(weights / np.linalg.norm(weights, axis=1, keepdims=True))
    rows = [row for seed_rows in zip(*found, strict=True) for row in seed_rows]
    arrays = {f"best_norm/{arm.dim}": np.linalg.norm(best, axis=1)}
    return rows, arrays | (_pictures(arm, signed, best, frames) if arm.dim == 2 else {})


def _passed(log_time: float) -> float:
    """nan for a method whose steps are no time on the gradient flow."""
    return log_time if log_time > -np.inf else np.nan


def _pictures(arm: Arm, signed: np.ndarray, best: np.ndarray, frames: list[np.ndarray]) -> dict[str, np.ndarray]:
    arrays = {f"directions/{arm.method}": np.stack(frames, axis=1)}
    if arm.method == METHODS[0]:
        arrays |= {"plane/signed": signed, "plane/best": best}
    return arrays


def _measure(signed: np.ndarray, weights: np.ndarray, best: np.ndarray) -> dict[str, float]:
    length, widest = np.linalg.norm(weights), 1 / np.linalg.norm(best)
    return {
        "weight_norm": float(length),
        "direction_distance": float(np.linalg.norm(weights / length - best * widest)),
        "margin_ratio": float((signed @ weights).min() / length / widest),
        "log_loss": float(log_loss(signed[None], weights[None])[0]),
    }


Probe = tuple[int, np.ndarray, np.ndarray]


def _probed(method: str, config: Config, signed: np.ndarray) -> Iterator[Probe]:
    """(step, log of time [S], weights [S, d]) at logarithmically spaced steps, the first after one step from 0."""
    if method == "square":
        yield 1, np.full(len(signed), np.nan), least_squares(signed)
        return
    move, last = _mover(method, config, signed)
    probes = trainers.log_spaced(last, config.logistic_probes)
    weights, log_time = np.zeros((len(signed), signed.shape[2])), np.full(len(signed), -np.inf)
    with trainers.progress(last, 0, lambda step: None) as report:
        for step in range(1, last + 1):
            change, log_passed = move(weights, step)
            weights, log_time = weights + change, np.logaddexp(log_time, log_passed)
            if step in probes:
                yield step, log_time, weights
            report(step)


def least_squares(signed: np.ndarray) -> np.ndarray:
    """What gradient descent on mean (1 - margin)^2 converges to [S, d]: the least-squares fit of the labels."""
    return np.stack([np.linalg.lstsq(own, np.ones(len(own)), rcond=None)[0] for own in signed])


Move = Callable[[np.ndarray, int], tuple[np.ndarray, Any]]


def _mover(method: str, config: Config, signed: np.ndarray) -> tuple[Move, int]:
    """(weights, step) -> (what is added to the weights, log of the time that passes), and how many steps."""
    if method == "adam":
        return _adam(signed, config.adam_rate), config.adam_steps
    if method == "scaled":  # time passes faster as the loss falls: rate / loss in each step
        rates = 1 / np.square(signed).sum(2).max(1)

        def scaled(weights: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
            return rates[:, None] * descent_over_loss(signed, weights), np.log(rates) - log_loss(signed, weights)

        return scaled, config.scaled_steps
    curvatures = np.linalg.norm(signed, 2, axis=(1, 2)) ** 2 / signed.shape[1] / 4  # the largest, at w = 0
    steps = (1 / curvatures)[:, None]

    def plain(weights: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        return steps * _descent(signed, weights), np.log(steps[:, 0])

    return plain, config.plain_steps


def _descent(signed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Minus the gradient of the mean logistic loss [S, d]."""
    return (scipy.special.expit(-_margins(signed, weights))[:, None] @ signed)[:, 0] / signed.shape[1]


def _adam(signed: np.ndarray, rate: float) -> Move:
    """Adam with a constant learning rate and its usual settings; its steps are no time on the gradient flow."""
    first, second = np.zeros(signed.shape[::2]), np.zeros(signed.shape[::2])

    def move(weights: np.ndarray, step: int) -> tuple[np.ndarray, float]:
        nonlocal first, second
        slope = -_descent(signed, weights)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        change = -rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        return change, -np.inf

    return move
