"""Exercises of the chapter "The terminal phase of training"."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _peak_height() -> float:
    arms = readings.double_descent.model_wise(experiments.double_descent.load())
    chosen = arms[(arms.n == arms.n.max()) & (arms.label_noise == 0)]
    return float(chosen.peak.median() / chosen["last"].median())


EXERCISES = {
    "memorization/bayes": Exercise(
        lambda: 0.3 * (10 - 1) / 10,
        "a label that is drawn anew is still the true one in one case out of K",
    ),
    "memorization/noisy-test": Exercise(
        lambda: 1 - ((1 - 0.3) * (1 - 0.02) + 0.3 / 10),
        "add up the two ways to agree with the label: it was kept and the answer is right, or it was drawn anew "
        "and happens to be what the network says, right or wrong",
    ),
    "memorization/copies": Exercise(
        lambda: 400 - 100,
        "how many equations are left once those that say the same twice are counted once?",
    ),
    "memorization/peak-height": Exercise(
        _peak_height,
        "take the rows of readings.double_descent.model_wise(run) with the largest n and label noise 0, the median "
        "over seeds of the columns peak and last, and divide",
    ),
}
