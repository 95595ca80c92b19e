"""The same trainings, read at different stopping rules."""

import numpy as np
import pandas as pd

from ncbook.experiments.test_collapse.config import probe_steps
from ncbook.runs import Run

ARM = ["weight_decay", "size", "seed"]
RULES = ("loss", "epochs", "steps")


def read_at(run: Run, rule: str, value: float, weight_decay: float = 0.0) -> pd.DataFrame:
    """One row a size and seed: the history row at which training would have stopped.

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
    arms = frame[frame.weight_decay == weight_decay].groupby(ARM, sort=False)
    return pd.DataFrame([_stopped(arm, rule, value) for _, arm in arms]).reset_index(drop=True)


def _stopped(arm: pd.DataFrame, rule: str, value: float) -> pd.Series:
    if rule == "loss" and (arm.train_loss <= value).any():
        return _crossing(arm, value)
    time = arm["epoch" if rule == "epochs" else "step"]
    if rule != "loss" and time.iloc[-1] >= value:
        return arm[time <= value].iloc[-1]
    return pd.Series({name: arm[name].iloc[0] if name in ARM else np.nan for name in arm.columns})


def _crossing(arm: pd.DataFrame, loss: float) -> pd.Series:
    """The history row between the last step with a larger loss and the first with one of at most `loss`."""
    place = int((arm.train_loss <= loss).argmax())
    after = arm.iloc[place]
    if place == 0:
        return after
    before = arm.iloc[place - 1]
    share = np.log(before.train_loss / loss) / np.log(before.train_loss / after.train_loss)
    return before + share * (after - before)


def shared_epochs(run: Run) -> float:
    """The largest number of epochs that every size was trained for."""
    return float(run.to_frame().groupby("size").epoch.max().min())


def protocols(run: Run) -> dict[str, tuple[str, float]]:
    """The three stopping rules of the chapter: name -> arguments of `read_at`."""
    stops = (run.config["stop_loss"], shared_epochs(run), float(run.config["steps"]))
    return {rule: (rule, value) for rule, value in zip(RULES, stops, strict=True)}


def stopped_arrays(run: Run) -> dict[str, np.ndarray]:
    """For figures: RULE/ratio_train and RULE/ratio_test [sizes, seeds] without weight decay, and RULE/value;

    along/epochs [E], whole epochs that every size was trained for, and along/correlation [decays, E, seeds], the rank
    correlation of the two ratios over the sizes when all are read there.
    """
    epochs = [epoch for epoch in probe_steps(int(shared_epochs(run))) if epoch > 0]
    along = [[correlations(read_at(run, "epochs", e, decay)) for e in epochs] for decay in run.config["weight_decays"]]
    arrays = {"along/epochs": np.array(epochs), "along/correlation": np.array(along)}
    for name, (rule, value) in protocols(run).items():
        rows = read_at(run, rule, value)
        arrays[f"{name}/value"] = np.array(value)
        for ratio in ("ratio_train", "ratio_test"):
            arrays[f"{name}/{ratio}"] = rows.pivot(index="size", columns="seed", values=ratio).to_numpy(dtype=float)
    return arrays


def correlations(rows: pd.DataFrame, first: str = "ratio_train", second: str = "ratio_test") -> pd.Series:
    """Spearman's rank correlation of two columns over the sizes, one a seed; without seeds that lack a size."""
    seeds = {
        seed: each for seed, each in rows.groupby("seed", sort=False) if each[[first, second]].notna().all(axis=None)
    }
    found = {seed: each[first].corr(each[second], method="spearman") for seed, each in seeds.items()}
    return pd.Series(found, dtype=float)


def terminal(run: Run) -> pd.DataFrame:
    """One row an arm: ratios and test error at the first measured step without a training error, and at the end.

    Columns: those of the arm; zero_error_step; NAME_then, NAME_end and NAME_fall = then / end for ratio_train,
    ratio_test and ratio_weak; test_error_then, test_error_end. nan in an arm that never gets there.
    """
    return pd.DataFrame([_terminal(key, arm) for key, arm in run.to_frame().groupby(ARM, sort=False)])


def _terminal(key: tuple, arm: pd.DataFrame) -> dict:
    reached = arm[arm.train_error == 0]
    start = reached.iloc[0] if len(reached) else pd.Series(np.nan, index=arm.columns)
    row = dict(zip(ARM, key, strict=True)) | {"zero_error_step": start.step}
    for name in ("ratio_train", "ratio_test", "ratio_weak", "test_error"):
        row |= {f"{name}_then": start[name], f"{name}_end": arm[name].iloc[-1]}
    for name in ("ratio_train", "ratio_test", "ratio_weak"):
        row[f"{name}_fall"] = row[f"{name}_then"] / row[f"{name}_end"]
    return row
