"""What the explorable of `doses` has to show: as that of `interventions`, with the step at which the rate falls."""

from expected.interventions import two_arms
from expected.interventions import words as words

MEASURES = {
    "Test accuracy": ("test_acc", False),
    "Training accuracy": ("train_acc", False),
    "Relative flatness κ": ("relative_flatness", True),
    "Squared norms": ("squared_norms", True),
    "Training loss": ("train_loss", True),
    "Variance ratio R": ("variance_ratio_train", True),
}


def pictures(run, state, canvases):
    return two_arms(run, state, canvases["curves"], ("kind", "level"), "step", MEASURES, changes)


def changes(run, key):
    return run.config["steps"]
