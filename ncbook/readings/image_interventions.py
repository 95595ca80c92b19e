"""Runs of `image_interventions`: one row a training, at the release and at the end."""

import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

# The arms, in the order of the book, and how readers call them.
ARMS = {
    "baseline": "baseline",
    "baseline_schedule": "baseline, new schedule",
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "flatter": "flatness encouraged",
    "anti_released": "anti-flatness, released",
    "released_schedule": "anti-flatness released, new schedule",
    "anti_kept": "anti-flatness, kept",
    "kept_schedule": "anti-flatness kept, new schedule",
    "anti_pinned": "anti-flatness, head from the cap",
    "confidence": "low confidence",
    "confidence_pinned": "low confidence, head from the cap",
    "pinned": "head from the cap",
    "norms": "large head",
    "flooding": "flooding",
    "smoothing": "label smoothing",
}
UNCHANGED = ("baseline", "encouraged", "prevented", "flatter", "anti_kept", "pinned")  # at the release
UNSURE = ("confidence", "flooding", "smoothing")  # controls: low confidence without a large head
COLUMNS = {
    "task": Measure("task", "images to learn from, and the network"),
    "unit_flatness_bound": Measure(
        "bound $\\|W\\|^2(1-\\|p\\|^2)$ at $\\tau=2$",
        "bound of κ for features of norm 1 and the softmax at a temperature: the published regularizer's value",
        "nats",
    ),
}
_TASKS = {"digits": "noisy digits", "cifar10": "CIFAR-10", "cifar10_augmented": "CIFAR-10, augmented"}
_FITTED = 0.95  # train accuracy from which on training images are fitted
_NUM_CLASSES = 10  # of every task


def task_name(task: str) -> str:
    """How readers call a task."""
    name, _, level = task.partition("@")
    if level:
        return f"{name}, {'noise' if name == 'digits' else 'difficulty'} {level}"
    return _TASKS.get(task, task.replace("_", " "))


def ceiling(run: Run) -> float:
    """B^2 (1 - 1/K): what the published regularizer cannot exceed."""
    return float(run.config["cap"] ** 2 * (1 - 1 / _NUM_CLASSES))


@once_a_run
def outcomes(run: Run) -> pd.DataFrame:
    """One row a training, in the order of the run: task, arm, seed, and of each measure release_... and final_...

    release_... is the probe at the release, before anything changes, and final_... the last one.
    """
    return moments.by_training(
        run.to_frame(), ("task", "arm", "seed"), lambda rows: _outcome(rows, run.config["release"])
    )


def _outcome(rows: pd.DataFrame, release: int) -> dict[str, float]:
    measures = [name for name in rows if rows[name].dtype.kind == "f"]
    moment = {"release": moments.at(rows, release, "epoch"), "final": rows.iloc[-1]}
    return {f"{when}_{name}": float(row[name]) for when, row in moment.items() for name in measures}


def by_arm(run: Run, column: str) -> pd.DataFrame:
    """A column of `outcomes`, a row a task and seed and a column an arm, nan where the task has not the arm."""
    return outcomes(run).pivot(index=["task", "seed"], columns="arm", values=column)


def gains(run: Run, when: str) -> pd.DataFrame:
    """Test accuracy of each arm minus the baseline's, at the "release" or "final"; a row a task and seed."""
    accuracy = by_arm(run, f"{when}_test_acc")
    return accuracy.sub(accuracy.baseline, axis=0)


def losses(run: Run) -> pd.DataFrame:
    """Test accuracy of the baseline minus that of each arm, both at the release; a row a task and seed."""
    accuracy = by_arm(run, "release_test_acc")
    return accuracy.rsub(accuracy.baseline, axis=0)


def fitted(run: Run) -> pd.Series:
    """Whether anti-flatness has fitted the training images at the release, for each task and seed."""
    return by_arm(run, "release_train_acc").anti_released >= _FITTED
