"""Tables of the chapter "The interventions on images": columns are named for readers."""

import pandas as pd

from ncbook.readings import image_interventions as reading
from ncbook.readings.image_interventions import ARMS, task_name
from ncbook.readings.words import cell, spread, three_digits
from ncbook.runs import Run

# What an arm does until the release, and after it; None for the same.
_DONE = {
    "baseline": ("nothing", None),
    "baseline_schedule": ("nothing", "new schedule"),
    "encouraged": ("collapse up", None),
    "prevented": ("collapse down", None),
    "flatter": ("opposite push", None),
    "anti_released": ("push", "nothing"),
    "released_schedule": ("push", "new schedule"),
    "anti_kept": ("push", None),
    "kept_schedule": ("push", "push, new schedule"),
    "anti_pinned": ("push, W from the cap", "nothing"),
    "confidence": ("push on the softmax", "nothing"),
    "confidence_pinned": ("the same, W from the cap", "nothing"),
    "pinned": ("W from the cap", None),
    "norms": ("push on the norm of W", "nothing"),
    "flooding": ("training loss near {flooding_level:g}", "nothing"),
    "smoothing": ("labels smoothed by {smoothing:g}", "nothing"),
}
_SHARP = ("baseline", "anti_released", "anti_pinned", "confidence")
_PARTS = 8  # of a training, at which it is looked at


def settings(run: Run) -> pd.DataFrame:
    """A row a setting and its value."""
    config = run.config
    tasks = zip(config["tasks"], config["networks"], config["seeds_of_task"], strict=True)
    told = {task_name(task): f"{network}, {count} seeds" for task, network, count in tasks}
    told |= {
        "epochs": str(config["epochs"]), "release after epoch": str(config["release"]),
        "weight λ of the regularizer": f"{config['anti_strength']:g}", "cap B": f"{config['cap']:g}",
        "temperature τ": f"{config['temperature']:g}",
    }  # fmt: skip
    return pd.DataFrame({"setting": list(told), "value": list(told.values())})


def over_epochs(run: Run) -> pd.DataFrame:
    """The arm that is pushed to the end, on the first task: medians over the seeds at some epochs."""
    frame = run.to_frame()
    rows = frame[(frame.task == run.config["tasks"][0]) & (frame.arm == "anti_kept")]
    medians = rows.groupby("epoch")[["test_acc", "train_acc", "unit_flatness_bound"]].median()
    some = medians.iloc[sorted({part * (len(medians) - 1) // _PARTS for part in range(_PARTS + 1)})]
    return pd.DataFrame({
        "epoch": some.index, "test accuracy (%)": (100 * some.test_acc).map("{:.0f}".format),
        "training accuracy (%)": (100 * some.train_acc).map("{:.0f}".format),
        "κ_τ": some.unit_flatness_bound.map("{:.0f}".format),
    })  # fmt: skip


def as_sharp(run: Run) -> pd.DataFrame:
    """A row a task and arm, at the release: kappa in two conventions, training loss and what it costs; medians."""
    names = ("unit_flatness_bound", "relative_flatness", "train_loss")
    values = [reading.by_arm(run, f"release_{name}") for name in names]
    lost = 100 * reading.losses(run)
    rows = [
        {"images": task, "arm": _name(arm).removesuffix(", released")}
        | dict(zip(("κ_τ", "κ", "training loss"), (each.loc[task][arm].median() for each in values), strict=True))
        | {"points lost": points(lost.loc[task][arm])}
        for task in run.config["tasks"] for arm in _SHARP
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    return table.assign(**{name: table[name].map(three_digits) for name in ("κ_τ", "κ")})


def _name(arm: str) -> str:
    """Short, where a table tells of anti-flatness."""
    return ARMS[arm].removeprefix("anti-flatness ")


def arms(run: Run) -> pd.DataFrame:
    """A row an arm: what it does until the release, and after it."""
    own = {arm: _DONE[arm] for arm in run.config["arms"]}
    return pd.DataFrame({
        "arm": [_name(arm) for arm in own],
        "until the release": [until.format(**run.config) for until, _ in own.values()],
        "after it": [after or "the same" for _, after in own.values()],
    })  # fmt: skip


def costs(run: Run) -> pd.DataFrame:
    """A row an arm: points of test accuracy below the baseline, at the release and at the end, on each task."""
    lost, ends = (-100 * reading.gains(run, when) for when in ("release", "final"))
    own = [arm for arm in run.config["arms"] if arm != "baseline"]
    columns = {}
    for task in run.config["tasks"]:
        columns[f"{task}: release"] = [points(lost.loc[task][arm]) for arm in own]
        columns[f"{task}: end"] = [middle(ends.loc[task][arm]) for arm in own]
    return pd.DataFrame({"arm": [_name(arm) for arm in own]} | columns)


def points(values: pd.Series) -> str:
    """Median and range to a tenth; empty for an arm that a task has not."""
    return spread(values, "{:.1f}") if values.notna().any() else ""


def middle(values: pd.Series, form: str = "{:.1f}") -> str:
    return cell(float(values.median()), form) if values.notna().any() else ""


def conventions(run: Run) -> pd.DataFrame:
    """The network of the paper's intervention, on the first task, in three conventions: medians over the seeds."""
    frame = run.to_frame()
    rows = frame[(frame.task == run.config["tasks"][0]) & (frame.arm == "released_schedule")]
    names = {"unit_flatness_bound": "κ_τ", "relative_flatness_bound": "bound of κ", "relative_flatness": "κ"}
    medians = rows.groupby("epoch")[list(names)].median().loc[[run.config["release"], run.config["epochs"]]]
    columns = {label: medians[name].map(three_digits) for name, label in names.items()}
    return pd.DataFrame({"epoch": medians.index} | columns)


def sweep(run: Run) -> pd.DataFrame:
    """A row a task: the accuracy of the baseline at the end, and what anti-flatness costs at the release."""
    lost, end = 100 * reading.losses(run).anti_released, 100 * reading.by_arm(run, "final_test_acc").baseline
    tasks = run.config["tasks"]
    return pd.DataFrame({
        "images": [task_name(task) for task in tasks],
        "baseline (%)": [cell(end.loc[task].median(), "{:.0f}") for task in tasks],
        "points lost with anti-flatness": [points(lost.loc[task]) for task in tasks],
    })  # fmt: skip
