"""What the explorable of `mnist_grokking` has to show: as that of `interventions`, over the percent of the steps."""

import numpy as np

from expected import kept
from expected.interventions import two_arms
from ncbook.runs import Run

MEASURES = {
    "Test accuracy": ("test_acc", False),
    "Training accuracy": ("train_acc", False),
    "Nearest-center test accuracy": ("ncc_acc_test", False),
    "Norm of all weights": ("weight_norm", True),
    "Relative flatness κ": ("relative_flatness", True),
    "Variance ratio R": ("variance_ratio_train", True),
}


@kept
def shared(run):
    """The sixty even probes of every arm and the untrained network, by the percent of the steps that are done."""
    frame, even = run.to_frame(), run.config["probes"]
    parts = []
    for _, rows in frame.groupby("arm", sort=False):
        steps = np.round(np.arange(even + 1) * rows.step.max() / even)
        own = rows[rows.step.isin(steps)]
        parts.append(own.assign(percent=np.round(100 * np.searchsorted(steps, own.step) / even).astype(int)))
    columns = {name: np.concatenate([part[name].to_numpy() for part in parts]) for name in parts[0]}
    return Run(run.config, columns, {}, run.provenance)


def pictures(run, state, canvases):
    return two_arms(shared(run), state, canvases["curves"], ("arm",), "percent", MEASURES, lambda run, key: None)


def words(run, state):
    even = run.config["probes"]
    return {"now": str(round(100 * int(state["slider"]) / even))}
