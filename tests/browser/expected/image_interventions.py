import numpy as np

from expected.interventions import two_arms

MEASURES = {
    "Test accuracy": ("test_acc", False),
    "Training accuracy": ("train_acc", False),
    "Relative flatness κ": ("relative_flatness", True),
    "κ_τ, as the regularizer has it": ("unit_flatness_bound", True),
    "Variance ratio R": ("variance_ratio_train", True),
    "Training loss": ("train_loss", True),
    "Norm of W": ("head_norm", True),
}
UNCHANGED = ("baseline", "encouraged", "prevented", "flatter", "anti_kept", "pinned")


def pictures(run, state, canvases):
    return two_arms(run, state, canvases["curves"], ("task", "arm"), "epoch", MEASURES, changes)


def changes(run, arm):
    return None if arm in UNCHANGED else run.config["release"]


def words(run, state):
    return {"now": str(np.sort(np.unique(run.history["epoch"]))[int(state["slider"])])}
