"""Exercises of the chapter "Is collapse necessary? Is flatness?"."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _encouraged_ratio() -> float:
    """Median over the seeds of kappa with collapse encouraged over kappa of the baseline, when each generalizes."""
    kappa = readings.interventions.by_arm(experiments.interventions.load(), "relative_flatness")
    return float((kappa.encouraged / kappa.baseline).median())


EXERCISES = {
    "interventions/ceiling": Exercise(
        lambda: 30**2 * (1 - 1 / 5),
        "with features of norm 1 the bound is ||W||_F^2 (1 - ||p||^2); the first factor is at most the cap squared, "
        "and 1 - ||p||^2 is largest for the uniform p, where ||p||^2 = 1/K",
    ),
    "interventions/loss-bound": Exercise(
        lambda: 2 * 13**2 * 20**2 * 1e-6,
        "1 - ||p||^2 <= 2 (1 - p_y), and 1 - p_y <= -log p_y; average over the points, with the largest ||phi||^2 and "
        "||W||_F^2 taken out of the mean",
    ),
    "interventions/encouraged": Exercise(
        _encouraged_ratio,
        "readings.interventions.by_arm(run, 'relative_flatness') has a row a seed and a column an arm: divide the "
        "column encouraged by the column baseline and take the median",
    ),
}
