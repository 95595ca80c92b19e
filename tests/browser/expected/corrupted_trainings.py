"""What the explorable of the trainings of `corrupted_labels` has to show: each arm at epochs of its own."""

import numpy as np

from expected import kept
from expected.interventions import two_arms
from ncbook.runs import Run

MEASURES = {
    "Test accuracy": ("decided_test", False),
    "Training accuracy, labels as given": ("decided_train", False),
    "Variance ratio, training images": ("unit_variance_ratio_train", True),
    "Variance ratio, test images": ("unit_variance_ratio_test", True),
}


@kept
def trained(run):
    """The trainings at all corruption ratios; after rate reduction the nearest subspace decides, else the head."""
    frame = run.to_frame()
    frame = frame[frame.part.isin(["training", "ratios"])]
    for side in ("train", "test"):
        subspace, head = frame[f"subspace_acc_{side}"], frame[f"{side}_acc"]
        frame = frame.assign(**{f"decided_{side}": np.where(frame.arm.str.startswith("rate"), subspace, head)})
    return Run(run.config, {name: frame[name].to_numpy() for name in frame}, {}, run.provenance)


def pictures(run, state, canvases):
    keys, shown = ("arm", "label_noise"), trained(run)
    return two_arms(shown, state, canvases["curves"], keys, "epoch", MEASURES, lambda run, key: None, log_time=True)


def words(run, state):
    return {"now": str(np.unique(trained(run).history["epoch"])[int(state["slider"])])}
