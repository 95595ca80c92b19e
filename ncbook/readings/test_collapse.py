"""Runs of `test_collapse`: the same trainings, read at different stopping rules."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

KEYS = ["difficulty", "weight_decay", "per_class", "seed"]
RULES = {"loss": "equal loss", "epochs": "equal epochs", "steps": "equal steps"}
CORRELATED = 0.5  # size of a rank correlation over the sizes that counts as one
# Mean squared distances over Tr Sigma_B, and from where to where they go.
SPREADS = {
    "variance_ratio_train": "training images",
    "variance_ratio_test": "new images, own means (strong)",
    "variance_ratio_weak": "new images, nearest of K points (weak)",
    "variance_ratio_test_train_means": "new images, training means",
}
_PAIRS = (
    ("train_new", "variance_ratio_train", "variance_ratio_test"),
    ("size_train", "per_class", "variance_ratio_train"),
)
COLUMNS: dict[str, Measure] = {
    "difficulty": Measure(
        "difficulty", "how strongly glyphs are turned, blurred, covered and noisy, from 0 to 1; 0 for MNIST as it is"
    ),
    "variance_ratio_shift": Measure("shift", "mean squared distance of test to training class means, over Tr Sigma_B"),
    "variance_ratio_weak": Measure("weak ratio", "mean squared distance to the nearest of K points, over Tr Sigma_B"),
}


def of_difficulty(run: Run, difficulty: float | None = None) -> Run:
    """The trainings on glyphs of one difficulty, as a run of their own; by default of the largest.

    Raises ValueError for a difficulty that the run has not.
    """
    known = run.config["difficulties"]
    chosen = max(known) if difficulty is None else difficulty
    if chosen not in known:
        raise ValueError(f"difficulty: {difficulty!r} was not trained; there are {known}")
    kept = run.history["difficulty"] == chosen
    history = {name: column[kept] for name, column in run.history.items()}
    return Run(dict(run.config) | {"difficulties": [chosen]}, history, run.arrays, run.provenance)


def rows(run: Run, weight_decay: float) -> pd.DataFrame:
    """The history with one weight decay, and every column of SPREADS."""
    frame = run.to_frame()
    frame = frame[frame.weight_decay == weight_decay]
    return frame.assign(variance_ratio_test_train_means=frame.variance_ratio_test + frame.variance_ratio_shift)


def read_at(run: Run, rule: str, value: float, weight_decay: float = 0.0) -> pd.DataFrame:
    """One row a difficulty, size and seed: the history row at which training would have stopped.

    loss: where the training loss first falls to `value`; between two measured steps every column is taken as linear in
    the logarithm of the loss. epochs, steps: the last measured step that is not past `value`. An arm that ends before,
    or never gets there, has nan in all columns but those of the arm.
    Raises ValueError for an unknown rule, or a weight decay that the run has not.
    """
    if rule not in RULES:
        raise ValueError(f"rule: {rule!r} is unknown; use one of {', '.join(RULES)}")
    if weight_decay not in run.config["weight_decays"]:
        raise ValueError(f"weight_decay: {weight_decay!r} was not trained; there are {run.config['weight_decays']}")
    frame = run.to_frame()
    frame = frame[frame.weight_decay == weight_decay].astype(float)
    stopped = (
        _at_loss(frame, value) if rule == "loss" else _at_time(frame, "epoch" if rule == "epochs" else "step", value)
    )
    return frame[KEYS].drop_duplicates().merge(stopped, on=KEYS, how="left")[frame.columns]


def _at_time(frame: pd.DataFrame, clock: str, value: float) -> pd.DataFrame:
    """The last row that is not past `value`, of the trainings that get there."""
    time = frame[clock]
    ends = time.groupby([frame[key] for key in KEYS]).transform("last")
    return frame[(time <= value) & (ends >= value)].groupby(KEYS).tail(1)


def _at_loss(frame: pd.DataFrame, loss: float) -> pd.DataFrame:
    """The row between the last with a larger loss and the first with one of at most `loss`, or that if it is the first
    of its training."""
    groups = frame.groupby(KEYS)
    after = frame[frame.train_loss <= loss].groupby(KEYS).head(1)
    before = frame.assign(**groups.shift()).where(groups.cumcount() > 0, frame).loc[after.index]
    larger = before.train_loss.where(before.train_loss > loss)
    share = (np.log(larger / loss) / np.log(larger / after.train_loss)).fillna(0)
    return before + (after - before).mul(share, axis=0)


def shared_epochs(run: Run) -> float:
    """The largest number of epochs that every size was trained for."""
    return float(run.to_frame().groupby("per_class").epoch.max().min())


def protocols(run: Run) -> dict[str, tuple[str, float]]:
    """The three stopping rules of the chapter: name -> arguments of `read_at`.

    Equal epochs are as many as the config names, else `shared_epochs`.
    """
    epochs = float(run.config.get("equal_epochs", 0)) or shared_epochs(run)
    stops = (run.config["stop_loss"], epochs, float(run.config["steps"]))
    return {rule: (rule, value) for rule, value in zip(RULES, stops, strict=True)}


def correlations(
    rows: pd.DataFrame, first: str = "variance_ratio_train", second: str = "variance_ratio_test"
) -> pd.Series:
    """Spearman's rank correlation of two columns over the sizes, one a difficulty and seed, which are the index.

    Without those that lack a size. Rounded, so that one half is one half and a threshold at it means what it says.
    """
    series = ["difficulty", "seed"]
    wide = rows.pivot(index=series, columns="per_class", values=[first, second]).dropna()
    ranks = [wide[name].rank(axis=1).to_numpy() for name in (first, second)]
    x, y = (rank - rank.mean(1, keepdims=True) for rank in ranks)
    with np.errstate(invalid="ignore"):
        found = (x * y).sum(1) / np.sqrt((x**2).sum(1) * (y**2).sum(1))
    return pd.Series(found, wide.index, dtype=float).round(9)


def correlations_over_epochs(run: Run, weight_decay: float) -> pd.DataFrame:
    """`correlations` when all sizes are read after as many epochs: a row a difficulty and seed.

    A column a number of epochs. These are whole ones that every size was trained for, where the largest was measured.
    """
    frame = run.to_frame()
    epochs = frame.epoch[frame.per_class == frame.per_class.max()].unique()
    whole = [int(epoch) for epoch in epochs if epoch > 0 and epoch == int(epoch) and epoch <= shared_epochs(run)]
    return pd.DataFrame({epoch: correlations(read_at(run, "epochs", epoch, weight_decay)) for epoch in whole})


def all_tell(run: Run) -> pd.Series:
    """Of each weight decay, difficulty and seed: whether the terminal phase of every size is long enough."""
    return terminal(run).groupby(["weight_decay", "difficulty", "seed"], sort=False).phase_tells.all()


@once_a_run
def over_difficulties(run: Run) -> pd.DataFrame:
    """Rank correlations over the sizes, one row a weight decay, difficulty and seed, which are the index.

    train_new_RULE, each rule of RULES: of the ratios on train and on new images; size_train_RULE: of the size and the
    ratio on train. nan where a size never gets to the stop, as is usual at equal loss with weight decay. tells: whether
    the terminal phase of every size is long enough to be judged.
    """
    tells = all_tell(run)
    columns: dict[str, list[pd.Series]] = {}
    for decay in run.config["weight_decays"]:
        for rule, stop in protocols(run).items():
            read = read_at(run, *stop, decay)
            for name, first, second in _PAIRS:
                found = correlations(read, first, second)
                columns.setdefault(f"{name}_{rule}", []).append(pd.concat({decay: found}, names=["weight_decay"]))
    table = {name: pd.concat(parts).reindex(tells.index) for name, parts in columns.items()}
    return pd.DataFrame(table | {"tells": tells})


@once_a_run
def terminal(run: Run) -> pd.DataFrame:
    """One row a training: ratios and test error at the first measured step without a training error, and at the end.

    Columns: KEYS; zero_error, the moment; NAME_then, NAME_end and NAME_fall = then / end for variance_ratio_train,
    variance_ratio_test and variance_ratio_weak; test_error_then, test_error_end. nan in a training that never gets
    there. Also phase_start, phase_length, phase_tells and NAME_start, see `moments.over_phase`, NAME_phase_fall =
    start / end, and burst, whether it ends with training errors after it had none.
    """
    return moments.by_training(run.to_frame(), KEYS, _terminal)


def _terminal(rows: pd.DataFrame) -> dict[str, float | bool]:
    ratios = ["variance_ratio_train", "variance_ratio_test", "variance_ratio_weak"]
    since = moments.since_zero_error(rows, (*ratios, "test_error"))
    found: dict[str, float | bool] = {"zero_error": since.pop("zero_error_step"), **since}
    found |= {f"{name}_fall": found[f"{name}_then"] / found[f"{name}_end"] for name in ratios}
    found |= moments.over_phase(rows, ratios)
    found["burst"] = bool(rows.train_error.iloc[-1] > 0 and found["zero_error"] != moments.NEVER)
    return found | {f"{name}_phase_fall": found[f"{name}_start"] / found[f"{name}_end"] for name in ratios}
