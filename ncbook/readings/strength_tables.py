"""Tables of the chapter "The interventions on images" on MNIST, where each push has strengths."""

import pandas as pd

from ncbook.readings import image_interventions as reading
from ncbook.readings.image_interventions import CONTROLS, DECAYED, GRADED_ARMS
from ncbook.readings.image_tables import middle, points
from ncbook.readings.words import Form, cell, interval, listed, two_digits
from ncbook.runs import Run


def collapse_at_strengths(run: Run) -> pd.DataFrame:
    """A row an arm and strength, at the end: points against the baseline, of the network and of the nearest center."""
    gains, ratio = 100 * reading.graded_gains(run, "final"), reading.by_strength(run, "final_variance_ratio_train")
    centers = _above_baseline(run, "final_ncc_acc_test")
    return pd.DataFrame([
        {
            "arm": GRADED_ARMS[arm], "strength": f"{strength:g}", "points": points(own),
            "points, nearest center": middle(centers[arm][strength]),
            "R": cell(ratio[arm][strength].median(), "{:.2g}"),
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
            "pushed up": _pushed(arm), "strength": f"{strength:g}", "points": points(own),
            "points, nearest center": middle(centers[arm][strength]),
            "κ": cell(kappa[arm][strength].median(), two_digits),
            "training accuracy (%)": cell(train[arm][strength].median(), "{:.0f}"),
            "points at the end": middle(end[arm][strength]),
        }
        for arm in ("sharp", "sharp_decayed", "long") for strength, own in then[arm].groupby("strength")
    ])  # fmt: skip


def _above_baseline(run: Run, column: str) -> pd.DataFrame:
    table = 100 * reading.by_strength(run, column)
    return table.sub(table.baseline, axis=0)


def _pushed(arm: str) -> str:
    return {"sharp": "κ", "sharp_decayed": "κ, rate decayed to 0", "long": "norms"}[arm]


def augmentation(run: Run) -> pd.DataFrame:
    """A row a strength: how many times R is raised without shifted images, with them, and at an equal loss."""
    medians = reading.raised(run).groupby("strength").median()
    return pd.DataFrame({
        "strength": [f"{each:g}" for each in medians.index],
        "R, without shifts": medians.plain.map("× {:.2f}".format).to_numpy(),
        "R, with shifts": medians.augmented.map("× {:.2f}".format).to_numpy(),
        "R, with shifts, at equal loss": medians.at_equal_loss.map("× {:.2f}".format).to_numpy(),
    })  # fmt: skip


def control_costs(run: Run) -> pd.DataFrame:
    """A row an arm and learning rate, a column a strength: points of test accuracy against the baseline's."""
    table = reading.costs_of_controls(run)
    return _of_controls(table, {
        f"strength {strength:g}": [
            interval(own["points at the release"], own.lowest, own.highest, "{:.1f}") for _, own in rows.iterrows()
        ]
        for strength, rows in table.groupby("strength")
    })  # fmt: skip


def control_measures(run: Run) -> pd.DataFrame:
    """A row an arm and learning rate: medians of other measures, at the strengths from the weakest on."""
    table = reading.costs_of_controls(run)
    table = table.assign(**{"1000 × training loss": 1000 * table["training loss"]})
    forms: dict[str, Form] = {
        "κ": two_digits, "1000 × training loss": two_digits, "wrong training images (%)": "{:.1f}",
        "points at the end": "{:.1f}",
    }  # fmt: skip
    return _of_controls(table, {
        name: [listed(own[name], form) for _, own in table.groupby(["rate", "arm"], sort=False)]
        for name, form in forms.items()
    })  # fmt: skip


def _of_controls(table: pd.DataFrame, columns: dict[str, list[str]]) -> pd.DataFrame:
    keys = list(dict.fromkeys(zip(table.arm, table.rate, strict=True)))
    rates = ["falling" if rate.startswith("decayed") else rate for _, rate in keys]
    names = dict(zip(("sharp", *CONTROLS), ("κ", "norms", "uncertainty", "training loss"), strict=True))
    short = {
        GRADED_ARMS[f"{arm}{rate}"].removesuffix(", released"): label
        for arm, label in names.items() for rate in ("", DECAYED)
    }  # fmt: skip
    return pd.DataFrame({"held up": [short[arm] for arm, _ in keys], "learning rate": rates} | columns)


def encouraged(run: Run) -> pd.DataFrame:
    """A row a strength: collapse encouraged, against the baseline, at a training loss that both reach."""
    equal = reading.encouraged_at_equal_loss(run)
    medians, lowest = equal.groupby("strength").median(), 100 * equal.gain.groupby("strength").min()
    return pd.DataFrame({
        "strength": [f"{each:g}" for each in medians.index], "training loss": medians.loss.to_numpy(),
        "R over the baseline's": medians.ratio.to_numpy(),
        "points": [cell(100 * each, "{:.2f}") for each in medians.gain],
        "lowest points": [cell(each, "{:.2f}") for each in lowest],
    })  # fmt: skip
