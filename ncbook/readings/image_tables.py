"""Tables of the chapter "The interventions on images": columns are named for readers."""

import re

import pandas as pd

from ncbook.readings import image_interventions as reading
from ncbook.readings.image_interventions import ARMS, CONTROLS, DECAYED, GRADED_ARMS, task_name
from ncbook.readings.words import cell, spread
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
    "flooding": ("train loss near {flooding_level:g}", "nothing"),
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
    middle = rows.groupby("epoch")[["test_acc", "train_acc", "unit_flatness_bound"]].median()
    some = middle.iloc[sorted({part * (len(middle) - 1) // _PARTS for part in range(_PARTS + 1)})]
    return pd.DataFrame({
        "epoch": some.index, "test accuracy (%)": (100 * some.test_acc).map("{:.0f}".format),
        "train accuracy (%)": (100 * some.train_acc).map("{:.0f}".format),
        "κ_τ": some.unit_flatness_bound.map("{:.0f}".format),
    })  # fmt: skip


def as_sharp(run: Run) -> pd.DataFrame:
    """A row a task and arm, at the release: kappa in two conventions, train loss and what it costs; medians."""
    names = ("unit_flatness_bound", "relative_flatness", "train_loss")
    values = [reading.by_arm(run, f"release_{name}") for name in names]
    lost = 100 * reading.losses(run)
    rows = [
        {"images": task, "arm": _name(arm).removesuffix(", released")}
        | dict(zip(("κ_τ", "κ", "train loss"), (each.loc[task][arm].median() for each in values), strict=True))
        | {"points lost": _points(lost.loc[task][arm])}
        for task in run.config["tasks"] for arm in _SHARP
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    return table.assign(**{name: table[name].map(_three_digits) for name in ("κ_τ", "κ")})


def _name(arm: str) -> str:
    """Short, where a table tells of anti-flatness."""
    return ARMS[arm].removeprefix("anti-flatness ").replace(", head from", ", from")


def _three_digits(value: float) -> str:
    return f"{float(f'{value:.3g}'):,g}"


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
        columns[f"{task}: release"] = [_points(lost.loc[task][arm]) for arm in own]
        columns[f"{task}: end"] = [_middle(ends.loc[task][arm]) for arm in own]
    return pd.DataFrame({"arm": [_name(arm) for arm in own]} | columns)


def _points(values: pd.Series) -> str:
    """Median and range to a tenth; empty for an arm that a task has not."""
    return _plain_zero(spread(values, "{:.1f}")) if values.notna().any() else ""


def _middle(values: pd.Series, form: str = "{:.1f}") -> str:
    return _plain_zero(cell(float(values.median()), form)) if values.notna().any() else ""


def _plain_zero(text: str) -> str:
    """Without the sign of a number that is rounded to 0."""
    return re.sub(r"-(0\.0+)(?!\d)", r"\1", text)


def conventions(run: Run) -> pd.DataFrame:
    """The network of the paper's intervention, on the first task, in three conventions: medians over the seeds."""
    frame = run.to_frame()
    rows = frame[(frame.task == run.config["tasks"][0]) & (frame.arm == "released_schedule")]
    names = {"unit_flatness_bound": "κ_τ", "relative_flatness_bound": "bound of κ", "relative_flatness": "κ"}
    middle = rows.groupby("epoch")[list(names)].median().loc[[run.config["release"], run.config["epochs"]]]
    return pd.DataFrame({"epoch": middle.index} | {label: middle[name].map(_three_digits) for name, label in names.items()})


def sweep(run: Run) -> pd.DataFrame:
    """A row a task: the accuracy of the baseline at the end, and what anti-flatness costs at the release."""
    lost, end = 100 * reading.losses(run).anti_released, 100 * reading.by_arm(run, "final_test_acc").baseline
    tasks = run.config["tasks"]
    return pd.DataFrame({
        "images": [task_name(task) for task in tasks],
        "baseline (%)": [cell(end.loc[task].median(), "{:.0f}") for task in tasks],
        "points lost with anti-flatness": [_points(lost.loc[task]) for task in tasks],
    })  # fmt: skip


# --- MNIST, where each push has strengths


def collapse_at_strengths(run: Run) -> pd.DataFrame:
    """A row an arm and strength, at the end: points against the baseline, of the network and of the nearest center."""
    gains, ratio = 100 * reading.graded_gains(run, "final"), reading.by_strength(run, "final_variance_ratio_train")
    centers = _above_baseline(run, "final_ncc_acc_test")
    return pd.DataFrame([
        {
            "arm": GRADED_ARMS[arm], "strength": f"{strength:g}", "points": _points(own),
            "nearest center": _middle(centers[arm][strength]), "R": cell(ratio[arm][strength].median(), "{:.2g}"),
        }
        for arm in ("encouraged", "prevented") for strength, own in gains[arm].groupby("strength")
    ])  # fmt: skip


def flatness_at_strengths(run: Run) -> pd.DataFrame:
    """A row an arm and strength, at the release: points against the baseline, kappa, and what is fitted."""
    then, end = (100 * reading.graded_gains(run, when) for when in ("release", "final"))
    centers, train = _above_baseline(run, "release_ncc_acc_test"), 100 * reading.by_strength(run, "release_train_acc")
    kappa = reading.by_strength(run, "release_relative_flatness")
    return pd.DataFrame([
        {
            "pushed up": _pushed(arm), "strength": f"{strength:g}", "points": _points(own),
            "nearest center": _middle(centers[arm][strength]), "κ": _two_digits(kappa[arm][strength].median()),
            "train (%)": cell(train[arm][strength].median(), "{:.0f}"), "at the end": _middle(end[arm][strength]),
        }
        for arm in ("sharp", "sharp_decayed", "long") for strength, own in then[arm].groupby("strength")
    ])  # fmt: skip


def _above_baseline(run: Run, column: str) -> pd.DataFrame:
    table = 100 * reading.by_strength(run, column)
    return table.sub(table.baseline, axis=0)


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):g}"


def _pushed(arm: str) -> str:
    return {"sharp": "κ", "sharp_decayed": "κ, rate decayed to 0", "long": "norms"}[arm]


def augmentation(run: Run) -> pd.DataFrame:
    """A row a strength: how many times R is raised without shifted images, with them, and at an equal loss."""
    middle = reading.raised(run).groupby("strength").median()
    return pd.DataFrame({
        "strength": [f"{each:g}" for each in middle.index],
        "R, without shifts": middle.plain.map("× {:.2f}".format).to_numpy(),
        "with shifts": middle.augmented.map("× {:.2f}".format).to_numpy(),
        "with shifts, at equal loss": middle.at_equal_loss.map("× {:.2f}".format).to_numpy(),
    })  # fmt: skip


def control_costs(run: Run) -> pd.DataFrame:
    """A row an arm and learning rate, a column a strength: points of test accuracy against the baseline's."""
    table = reading.costs_of_controls(run)
    return _of_controls(table, {
        f"strength {strength:g}": [
            _plain_zero(f"{own['points at the release']:.1f} ({own.lowest:.1f} to {own.highest:.1f})")
            for _, own in rows.iterrows()
        ]
        for strength, rows in table.groupby("strength")
    })  # fmt: skip


def control_measures(run: Run) -> pd.DataFrame:
    """A row an arm and learning rate: medians of other measures, at the strengths from the weakest on."""
    table = reading.costs_of_controls(run)
    table = table.assign(**{"1000 × train loss": 1000 * table["train loss"]})
    forms = {
        "κ": _two_digits, "1000 × train loss": _two_digits, "wrong (%)": "{:.1f}".format,
        "points at the end": "{:.2f}".format,
    }  # fmt: skip
    return _of_controls(table, {
        name: [" / ".join(map(form, own[name])) for _, own in table.groupby(["rate", "arm"], sort=False)]
        for name, form in forms.items()
    })  # fmt: skip


def _of_controls(table: pd.DataFrame, columns: dict[str, list[str]]) -> pd.DataFrame:
    keys = list(dict.fromkeys(zip(table.rate, table.arm, strict=True)))
    names = dict(zip(("sharp", *CONTROLS), ("κ", "norms", "uncertainty", "train loss"), strict=True))
    short = {
        GRADED_ARMS[f"{arm}{rate}"].removesuffix(", released"): label
        for arm, label in names.items() for rate in ("", DECAYED)
    }  # fmt: skip
    return pd.DataFrame({"held up": [short[arm] for _, arm in keys], "rate": ["constant" if rate == "constant" else "falling" for rate, _ in keys]} | columns)


def encouraged(run: Run) -> pd.DataFrame:
    """A row a strength: collapse encouraged, against the baseline, at a train loss that both reach."""
    equal = reading.encouraged_at_equal_loss(run)
    middle, lowest = equal.groupby("strength").median(), 100 * equal.gain.groupby("strength").min()
    return pd.DataFrame({
        "strength": [f"{each:g}" for each in middle.index], "train loss": middle.loss.to_numpy(),
        "R over the baseline's": middle.ratio.to_numpy(),
        "points": (100 * middle.gain).map("{:.2f}".format).map(_plain_zero).to_numpy(),
        "lowest": lowest.map("{:.2f}".format).map(_plain_zero).to_numpy(),
    })  # fmt: skip
