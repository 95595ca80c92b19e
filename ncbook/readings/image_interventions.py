"""Runs of `image_interventions`: one row a training, at the release and at the end."""

import numpy as np
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
# Those of MNIST, at strengths that the task's name says.
GRADED_ARMS = {
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "sharp": "kappa pushed up, released",
    "sharp_decayed": "the same, rate decayed to 0",
    "long": "norms pushed up, released",
    "long_decayed": "norms, rate decayed to 0",
    "unsure": "uncertainty pushed up, released",
    "unsure_decayed": "uncertainty, rate decayed to 0",
    "flooded": "training loss held up, released",
    "flooded_decayed": "training loss, rate decayed to 0",
}
CONTROLS = ("long", "unsure", "flooded")  # each holds up one thing that comes with a high kappa
DECAYED = "_decayed"  # ends the name of an arm whose learning rate falls to 0 by the release
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
_FITTED = 0.95  # training accuracy from which on training images are fitted
_NUM_CLASSES = 10  # of every task
_ENCOURAGED = ("encouraged", "baseline")


def task_name(task: str) -> str:
    """How readers call a task."""
    name, _, level = task.partition("@")
    if name.startswith("mnist"):
        return f"MNIST, {'shifted, ' if name.endswith('augmented') else ''}strength {level}"
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


# --- MNIST, where a task is a strength


def by_strength(run: Run, column: str) -> pd.DataFrame:
    """`by_arm` with the strength of the push in place of the task; of runs without shifted images."""
    table = by_arm(run, column)
    strengths = [strength(task) for task in table.index.get_level_values("task")]
    index = pd.MultiIndex.from_arrays([strengths, table.index.get_level_values("seed")], names=["strength", "seed"])
    return table.set_axis(index).sort_index()


def strength(task: str) -> float:
    """Of the pushes of a task, as a ratio to the loss: 0.5 of "mnist@0.5"."""
    return float(task.partition("@")[2])


def graded_gains(run: Run, when: str) -> pd.DataFrame:
    """Test accuracy of each arm minus that of the baseline with its own learning rate, a row a strength and seed."""
    accuracy = by_strength(run, f"{when}_test_acc")
    decayed = accuracy.filter(like=DECAYED)
    kept = accuracy.drop(columns=decayed.columns)
    return kept.sub(kept.baseline, axis=0).join(decayed.sub(decayed[f"baseline{DECAYED}"], axis=0))


def held(run: Run) -> pd.DataFrame:
    """What each control holds up, over that of the network with a high kappa and the same learning rate.

    At the release; a row a strength and seed, a column a control and learning rate. Of "long" the product of the norms,
    squared, of "unsure" the uncertainty, and of "flooded" the training loss, each on the training images.
    """
    uncertainty, loss, head, feature = (
        by_strength(run, f"release_{name}") for name in ("uncertainty_train", "train_loss", "head_norm", "feature_norm")
    )
    tables = dict(zip(CONTROLS, ((head * feature) ** 2, uncertainty, loss), strict=True))
    return pd.DataFrame({
        f"{arm}{rate}": table[f"{arm}{rate}"] / table[f"sharp{rate}"]
        for arm, table in tables.items() for rate in ("", DECAYED)
    })  # fmt: skip


def costs_of_controls(run: Run) -> pd.DataFrame:
    """What a high kappa and each control cost: a row an arm, learning rate and strength, medians over the seeds.

    Points of test accuracy against the baseline with the same rate, with their range; what is wrong is a share of the
    training images.
    """
    then, end = (100 * graded_gains(run, when) for when in ("release", "final"))
    kappa, loss, train = (
        by_strength(run, f"release_{name}") for name in ("relative_flatness", "train_loss", "train_acc")
    )
    rows = []
    for rate, told in (("", "constant"), (DECAYED, "decayed to 0")):
        for arm in ("sharp", *CONTROLS):
            name = f"{arm}{rate}"
            rows += [
                {
                    "arm": GRADED_ARMS[arm].removesuffix(", released"), "rate": told, "strength": each,
                    "points at the release": own.median(), "lowest": own.min(), "highest": own.max(),
                    "κ": kappa[name][each].median(), "training loss": loss[name][each].median(),
                    "wrong training images (%)": 100 * (1 - train[name][each].median()),
                    "points at the end": end[name][each].median(),
                }
                for each, own in then[name].groupby("strength")
            ]  # fmt: skip
    table = pd.DataFrame(rows)
    rounded = ["points at the release", "lowest", "highest", "wrong training images (%)", "points at the end"]
    table[rounded] = table[rounded].round(2) + 0.0  # no -0
    return table


def encouraged_at_equal_loss(run: Run) -> pd.DataFrame:
    """The network whose collapse is encouraged beside the baseline, at a training loss that both reach.

    A row a strength and seed. loss: the larger of the two final training losses; gain: test accuracy there minus the
    baseline's; ratio: R there over the baseline's.
    """
    frame, last = run.to_frame(), by_arm(run, "final_train_loss")[["baseline", "encouraged"]].max(axis=1)
    trainings = dict(list(frame.groupby(["task", "seed", "arm"])))
    rows = []
    for (task, seed), loss in last.items():
        accuracy, ratio = (
            [moments.at_loss(own, own[column], loss) for own in (trainings[task, seed, arm] for arm in _ENCOURAGED)]
            for column in ("test_acc", "variance_ratio_train")
        )
        rows.append({
            "strength": strength(task), "seed": seed, "loss": loss, "gain": accuracy[0] - accuracy[1],
            "ratio": ratio[0] / ratio[1],
        })  # fmt: skip
    return pd.DataFrame(rows).set_index(["strength", "seed"]).sort_index()


def raised(run: Run) -> pd.DataFrame:
    """How many times R the push against collapse leaves, against the baseline of the same images; per seed.

    A row a strength without shifted images and a seed. plain: without; augmented: with, at the same coefficient;
    loss_ratio: training loss that the baseline reaches with shifts over that without, both on the images as they are;
    at_equal_loss: with shifts, at a coefficient as many times larger, between two strengths by a line in logarithms;
    nan where that is not between two.
    """
    ratio, loss = by_arm(run, "final_variance_ratio_train"), by_arm(run, "final_train_loss").baseline
    times = (ratio.prevented / ratio.baseline).unstack("task")
    augmented, plain = (_of(times, name) for name in ("mnist_augmented", "mnist"))
    losses = {name: _of(loss.unstack("task"), name).median(axis=1) for name in ("mnist_augmented", "mnist")}
    rows = []
    for seed in times.index:
        factor = losses["mnist_augmented"][seed] / losses["mnist"][seed]
        for each in plain:
            known = np.log(augmented.loc[seed])
            equal = np.interp(
                np.log(each * factor), np.log(known.index.to_numpy(float)), known, left=np.nan, right=np.nan
            )
            rows.append({
                "strength": each, "seed": seed, "plain": plain.loc[seed, each],
                "augmented": augmented.loc[seed, each], "loss_ratio": factor, "at_equal_loss": np.exp(equal),
            })  # fmt: skip
    return pd.DataFrame(rows).set_index(["strength", "seed"]).sort_index()


def _of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns of one set of images, by their strengths, weakest first."""
    found = {strength(task): table[task] for task in table if task.partition("@")[0] == name}
    return pd.DataFrame(dict(sorted(found.items())))
