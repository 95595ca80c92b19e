"""What the explorable of `memorization` has to show: as that of `interventions`, over the logarithm of the epochs."""

import numpy as np

from expected.interventions import two_arms

MEASURES = {
    "Training error": ("train_error", False),
    "Test error": ("test_error", False),
    "Training loss": ("train_loss", True),
}
SETTING = ("dataset", "network", "label_noise")


def pictures(run, state, canvases):
    return two_arms(run, state, canvases["curves"], SETTING, "epoch", MEASURES, lambda run, key: None, log_time=True)


def words(run, state):
    return {"now": str(np.unique(run.history["epoch"])[int(state["slider"])])}
