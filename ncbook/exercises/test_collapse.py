"""Exercises of the chapter "Does the test set collapse?"."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _last_gap() -> float:
    """Median over seeds of the ratio on new images minus that on train: hardest glyphs, largest size, no decay."""
    run = readings.test_collapse.of_difficulty(experiments.test_collapse.load())
    rows = readings.test_collapse.read_at(run, "steps", run.config["steps"])
    largest = rows[rows.per_class == max(run.config["sizes"])]
    return float((largest.variance_ratio_test - largest.variance_ratio_train).median())


EXERCISES = {
    "test-collapse/two-points": Exercise(
        lambda: 4 * 0.05 * 0.95 / 0.9**2,
        "the mean of a class is 1 - 2e away from 0, its variance is 1 minus the square of that, and Tr Sigma_B is the "
        "square of that",
    ),
    "test-collapse/shift": Exercise(
        lambda: 5 * (1 + 1 / 10),
        "n independent points have a mean whose squared distance from the true one is the variance over n on average; "
        "test means of a large sample stand for the true ones",
    ),
    "test-collapse/gap": Exercise(
        _last_gap,
        "of the hardest glyphs, call read_at with the rule steps and the last step, keep the largest size, and take "
        "the median over the seeds of variance_ratio_test - variance_ratio_train",
    ),
}
