"""Exercises of the chapter "The interventions on images"."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _share() -> float:
    """Median over the digits' seeds: what low confidence costs over what anti-flatness costs, at the release."""
    lost = readings.image_interventions.losses(experiments.image_interventions.load()).loc["digits"]
    return float((lost.confidence / lost.anti_released).median())


EXERCISES = {
    "images/steps": Exercise(
        lambda: 160 * 200 / 50,
        "an epoch is 200 / 50 batches",
    ),
    "images/growth": Exercise(
        lambda: 1 + 0.01 * 2 * 0.05 * 0.9 / (1 - 0.9),
        "the gradient of -lambda U ||W||^2 with respect to W is -2 lambda U W, and momentum m multiplies a constant "
        "gradient by 1 / (1 - m) in the long run",
        tolerance=0.001,
    ),
    "images/share": Exercise(
        _share,
        "readings.image_interventions.losses(run).loc['digits'] has a row a seed and a column an arm: divide the "
        "column confidence by the column anti_released and take the median",
    ),
}
