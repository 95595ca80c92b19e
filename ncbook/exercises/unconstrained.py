"""Exercises of the chapter "Why does it happen? Unconstrained features"."""

import math

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise


def _confidence() -> float:
    gap = metrics.unconstrained_cross_entropy(10, 10, 5000, 5e-4, 5e-4).logit_gap
    return 1 / (1 + 9 * math.exp(-gap))


def _margin() -> float:
    """Median over the seeds of the normalized margin at which plain gradient descent stopped, for K = 10, n = 20."""
    run = experiments.unconstrained.load()
    last = readings.unconstrained.ends(run, "flow", method="gd")
    setting = run.config["flow_classes"].index(10)
    bound = 1 / metrics.unconstrained_max_margin(10, 16, run.config["flow_per_class"][setting]).loss
    return float(last[last.setting == setting].margin_ratio.median()) * bound


EXERCISES = {
    "ufm/decay": Exercise(
        lambda: 1 / (10 * math.sqrt(5000)),
        "with both decays equal to lambda, r = K sqrt(n lambda_W lambda_H) is K lambda sqrt(n): when is it 1?",
    ),
    "ufm/confidence": Exercise(
        _confidence,
        "find the gap a = log(1/s - K + 1) first, with s = sqrt(n lambda_W lambda_H); the true class then has the "
        "probability e^a / (e^a + K - 1)",
    ),
    "ufm/directions": Exercise(
        lambda: (20 - 1) * (10 - 1 - 1),
        "count the feature dimensions that are still empty, and the directions of the simplex that are still missing",
        tolerance=1e-6,
    ),
    "ufm/margin": Exercise(
        _margin,
        "margin_ratio in the run is the normalized margin over its bound 1/((K-1) sqrt(n)); take the median over the "
        "seeds of K = 10 and multiply it back",
    ),
}
