"""Exercises of the chapter "The terminal phase of training"."""

from ncbook import experiments
from ncbook.exercises._exercise import Exercise


def _peak_height() -> float:
    arms = experiments.double_descent.model_wise(experiments.double_descent.load())
    chosen = arms[(arms.n == arms.n.max()) & (arms.noise == 0)]
    return float(chosen.peak.median() / chosen["last"].median())


EXERCISES = {
    "terminal/bayes": Exercise(
        lambda: 0.3 * (10 - 1) / 10,
        "a label that is drawn anew is still the true one in one case out of K",
    ),
    "terminal/noisy-test": Exercise(
        lambda: 1 - ((1 - 0.3) * (1 - 0.02) + 0.3 / 10),
        "add up the two ways to agree with the label: it was kept and the answer is right, or it was drawn anew "
        "and happens to be what the network says, right or wrong",
    ),
    "terminal/copies": Exercise(
        lambda: 400 - 100,
        "how many equations are left once those that say the same twice are counted once?",
    ),
    "terminal/peak-height": Exercise(
        _peak_height,
        "take the arms of model_wise(run) with the largest n and noise 0, the median over seeds of the columns peak "
        "and last, and divide",
    ),
}
