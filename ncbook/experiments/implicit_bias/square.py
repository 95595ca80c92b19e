"""The square loss with more unknowns than equations: which of the many solutions an optimizer ends at."""

from collections.abc import Callable, Iterator

import numpy as np

from ncbook import trainers
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.implicit_bias.arm import Arm, Result
from ncbook.experiments.implicit_bias.config import Config

METHODS = ("gd", "momentum", "sgd", "moved", "adam")
_PROBES = 30
_ADAM_FALL = 8  # orders of magnitude by which Adam's learning rate falls


def equations(config: Config, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X [n, p] of standard Gaussian entries and y [n] = X times a Gaussian teacher of expected length 1."""
    chance = np.random.default_rng(seed)
    inputs = chance.standard_normal((config.square_points, config.square_dim))
    return inputs, inputs @ chance.standard_normal(config.square_dim) / config.square_dim**0.5


def nearest_solution(inputs: np.ndarray, targets: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The solution of X w = y that is nearest to `start`: start + X^+ (y - X start)."""
    return start + np.linalg.pinv(inputs) @ (targets - inputs @ start)


def square(config: Config, arm: Arm) -> Result:
    """Rows of one optimizer from every seed; `moved` is gradient descent from a random start, the others from 0."""
    return [row for seed in config.seeds for row in _solved(config, arm, seed)], {}


def _solved(config: Config, arm: Arm, seed: int) -> Rows:
    rows: list[Row] = []
    inputs, targets = equations(config, seed)
    chance = np.random.default_rng([seed, 1])
    start = np.zeros(config.square_dim)
    if arm.method == "moved":
        start = chance.standard_normal(config.square_dim) / config.square_dim**0.5
    solution = nearest_solution(inputs, targets, start)
    probes = trainers.log_spaced(config.square_steps, _PROBES)
    for step, weights in _descend(arm.method, config, inputs, targets, start, chance):
        if step in probes:
            rows.append(vars(arm) | {"seed": seed, "step": step} | _measure(inputs, targets, weights, solution))
            trainers.after_probe(rows)
    return rows


def _measure(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, solution: np.ndarray) -> dict[str, float]:
    return {
        "residual": float(np.linalg.norm(inputs @ weights - targets) / np.linalg.norm(targets)),
        "distance": float(np.linalg.norm(weights - solution) / np.linalg.norm(solution)),
        "weight_norm": float(np.linalg.norm(weights)),
    }


def _descend(
    method: str, config: Config, inputs: np.ndarray, targets: np.ndarray, start: np.ndarray, chance: np.random.Generator
) -> Iterator[tuple[int, np.ndarray]]:
    """(step, weights) after 0, 1, ... steps."""
    weights = start.copy()
    move = _mover(method, config, inputs, targets, chance)
    yield 0, weights
    for step in range(1, config.square_steps + 1):
        weights = weights + move(weights, step)
        yield step, weights


def _mover(
    method: str, config: Config, inputs: np.ndarray, targets: np.ndarray, chance: np.random.Generator
) -> Callable[[np.ndarray, int], np.ndarray]:
    """(weights, step) -> what is added to the weights, for the loss ||X w - y||^2 / (2n)."""
    count = len(inputs)
    rate = count / np.linalg.norm(inputs, 2) ** 2  # one over the largest curvature

    def gradient(weights: np.ndarray) -> np.ndarray:
        return inputs.T @ (inputs @ weights - targets) / count

    if method == "adam":
        return _adam(gradient, config)
    if method == "sgd":  # one equation at a time, solved exactly
        return lambda weights, step: _solve_one(inputs, targets, weights, int(chance.integers(count)))
    velocity = np.zeros(inputs.shape[1])
    keep = config.square_momentum if method == "momentum" else 0.0

    def move(weights: np.ndarray, step: int) -> np.ndarray:
        nonlocal velocity
        velocity = keep * velocity - rate * gradient(weights)
        return velocity

    return move


def _solve_one(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, row: int) -> np.ndarray:
    point = inputs[row]
    return (targets[row] - point @ weights) / (point @ point) * point


def _adam(gradient: Callable[[np.ndarray], np.ndarray], config: Config) -> Callable[[np.ndarray, int], np.ndarray]:
    """Adam with the usual betas and a learning rate that falls exponentially."""
    first, second = np.zeros(config.square_dim), np.zeros(config.square_dim)

    def move(weights: np.ndarray, step: int) -> np.ndarray:
        nonlocal first, second
        slope = gradient(weights)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        rate = config.square_adam_rate * 10 ** (-_ADAM_FALL * step / config.square_steps)
        return -rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)

    return move
