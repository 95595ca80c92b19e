"""Double descent over the number of features, and over the time of training.

Features: least squares on random ReLU features of digits, solved in closed form, for several numbers n of training
points, with true labels and with label noise, without and with a ridge penalty. Time: a network trained with label
noise from small error on, far past zero training error.
"""

from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from ncbook import data, runs, trainers
from ncbook.claims import Claim, Evidence
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Arrays, Experiment, Presets, Rows
from ncbook.experiments._random_features import centred_one_hot, curve, random_features, solve
from ncbook.experiments._sweep import sweep

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "centred_one_hot",
    "descents",
    "load",
    "model_wise",
    "random_features",
    "run",
    "solve",
]


LEAST_BUMP = 0.01  # a rise or a fall of the test error that counts, as a share of the test points
_LAST = 5  # probes whose median is the end of a training


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome.

    Features: per_class x 10 digits to train on; as many features as a factor times that; label noises; ridges, of which
    the first is 0: the solution of least norm. Time: the other fields; optimizers, learning_rates and weight_decays
    belong together. Noise and seeds are as in the experiment `memorization`.
    """

    per_class: tuple[int, ...] = (10, 20, 40)
    factors: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0)
    noises: tuple[float, ...] = (0.0, 0.2)
    ridges: tuple[float, ...] = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    datasets: tuple[str, ...] = ("digits", "glyphs")
    network: str = "mlp"
    optimizers: tuple[str, ...] = ("sgd", "adamw")
    learning_rates: tuple[float, ...] = (0.05, 1e-3)
    weight_decays: tuple[float, ...] = (1e-3, 0.0)
    time_noises: tuple[float, ...] = (0.2, 0.4)
    time_seeds: tuple[int, ...] = (0, 1, 2)
    train_per_class: int = 100
    test_per_class: int = 100
    glyph_size: int = 16
    glyph_difficulty: float = 0.6
    width: int = 128
    epochs: int = 120
    batch_size: int = 100
    probes: int = 48

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute and a half on 2 CPU cores.

        gpu: more points and features, and ResNet-18s on CIFAR-10, tens of minutes. paper: the time part after Nakkiran
        et al. (2020), figure 1: a ResNet-18 on CIFAR-10 with a label noise of 0.15, trained by Adam for 4000 epochs
        (learning rate 1e-4 and batch size 128 as in work that follows them; no augmentation here), days on a T4. The
        features part is a larger size in both.
        """
        resnet = cls(
            per_class=(10, 40, 100), factors=(0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 4.0, 8.0, 16.0),
            datasets=("cifar10",), network="resnet18", optimizers=("adamw",), learning_rates=(1e-4,),
            weight_decays=(0.0,), width=512, batch_size=128,
        )  # fmt: skip
        return {
            "smoke": cls(
                per_class=(3, 5, 8), factors=(0.2, 0.5, 0.8, 1.0, 1.2, 2.0, 6.0), ridges=(0.0, 1e-3, 1e-2),
                seeds=(0, 1), time_seeds=(0, 1), train_per_class=20, test_per_class=20, width=32, epochs=8,
                batch_size=20, probes=8,
            ),
            "laptop": cls(),
            "gpu": _changed(resnet, time_noises=(0.2,), time_seeds=(0,), epochs=100),
            "paper": _changed(resnet, time_noises=(0.15,), epochs=4000),
        }  # fmt: skip


def _changed(config: Config, **changes) -> Config:
    return Config(**(vars(config) | changes))


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Solve every least-squares problem and train every network.

    history, of the networks, columns: dataset, optimizer, noise, seed, epoch, step, train_loss, train_error,
    true_error, test_loss, test_error. arrays, of the random features: train_error, residual, test_error and norm, each
    [per_class, seeds, noises, ridges, factors]; see `model_wise`.
    """
    solved = sweep(partial(_solved, config), product(config.per_class, config.seeds))
    trained = sweep(partial(_trained, config, device), _time_arms(config))
    history = [row for rows in trained for row in rows]
    shape = (len(config.per_class), len(config.seeds))
    arrays = {name: np.stack([each[name] for each in solved]) for name in solved[0]}
    arrays = {name: array.reshape(*shape, *array.shape[1:]).astype(np.float32) for name, array in arrays.items()}
    return history, arrays


def _solved(config: Config, arm: tuple[int, int]) -> dict[str, np.ndarray]:
    per_class, seed = arm
    counts = [round(factor * 10 * per_class) for factor in config.factors]
    return curve(data.digits(per_class, seed), config.noises, counts, config.ridges, seed)


def _time_arms(config: Config) -> list[tuple[str, int, float, int]]:
    """(dataset, place of the optimizer, noise, seed)."""
    return list(product(config.datasets, range(len(config.optimizers)), config.time_noises, config.time_seeds))


def _trained(config: Config, device: str, arm: tuple[str, int, float, int]) -> list[dict]:
    name, place, noise, seed = arm
    shape = config.test_per_class, config.glyph_size, config.glyph_difficulty
    dataset = _noisy_labels.images(name, config.train_per_class, *shape, seed)
    model = _noisy_labels.build(config.network, dataset, config.width, seed)
    recipe = trainers.Recipe(
        steps=config.epochs * trainers.steps_per_epoch(len(dataset.train), config.batch_size),
        learning_rate=config.learning_rates[place], batch_size=config.batch_size,
        optimizer=config.optimizers[place], weight_decay=config.weight_decays[place],
    )  # fmt: skip
    rows = _noisy_labels.train(model, dataset, noise, recipe, seed, config.probes, device)
    about = {"dataset": name, "optimizer": config.optimizers[place], "noise": noise, "seed": seed}
    return [about | row for row in rows]


def model_wise(run: runs.Run, ridge: float | None = 0.0) -> pd.DataFrame:
    """One row a number of points n, seed and noise: the curve over the number of features N in four numbers.

    Columns: n, seed, noise; first, the lowest test error for N < n; peak and peak_at, the highest test error for
    n/2 <= N and N/n there; last, the test error for the largest N; all at one ridge, or, for ridge=None, each at the
    ridge that is best for it on the test set.
    """
    config, errors = run.config, run.arrays["test_error"]
    errors = errors.min(3) if ridge is None else errors[:, :, :, config["ridges"].index(ridge)]
    factors = np.array(config["factors"])
    below, upper = factors < 1, factors >= 0.5
    rows = []
    for (i, per_class), (j, seed), (k, noise) in product(*(enumerate(config[x]) for x in _AXES)):
        row = errors[i, j, k]
        rows.append({
            "n": 10 * per_class, "seed": seed, "noise": noise, "first": float(row[below].min()),
            "peak": float(row[upper].max()), "peak_at": float(factors[upper][row[upper].argmax()]),
            "last": float(row[-1]),
        })  # fmt: skip
    return pd.DataFrame(rows)


_AXES = ("per_class", "seeds", "noises")


def descents(run: runs.Run) -> pd.DataFrame:
    """What the test error of each trained network does over time; one row an arm.

    The test error is smoothed by the median of three neighbouring probes. Columns: dataset, optimizer, noise, seed;
    zero_error_epoch, the first probe without a training error, nan if there is none, and then the rest is not known;
    first, the lowest test error up to there; peak and peak_epoch, the highest between that lowest and twice
    zero_error_epoch; end, the median of the last five probes; bump, whether it rose to the peak and fell to the end by
    a percentage point each; full, whether moreover the end is below first.
    """
    rows = []
    for keys, arm in run.to_frame().groupby(["dataset", "optimizer", "noise", "seed"], sort=False):
        row = dict(zip(("dataset", "optimizer", "noise", "seed"), keys, strict=True))
        rows.append(row | _descent(arm.epoch.to_numpy(), arm.train_error.to_numpy(), arm.test_error.to_numpy()))
    return pd.DataFrame(rows)


def _descent(epochs: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict:
    """The columns of `descents` for one arm: epochs, training and test error, each [P]."""
    names = ("zero_error_epoch", "first", "peak", "peak_epoch", "end")
    if not (train == 0).any():
        return dict.fromkeys(names, float("nan")) | {"bump": False, "full": False}
    smooth = np.median(np.stack([test[:-2], test[1:-1], test[2:]]), axis=0)  # of the probes 1 to P - 2
    inner, zero = epochs[1:-1], epochs[train == 0][0]
    start = int(smooth[: max(1, int((inner <= zero).sum()))].argmin())
    window = slice(start, max(start + 1, int((inner <= 2 * zero).sum())))
    top = start + int(smooth[window].argmax())
    first, peak, end = smooth[start], smooth[top], float(np.median(test[-_LAST:]))
    bump = bool(peak - first >= LEAST_BUMP and peak - end >= LEAST_BUMP)
    values = (float(zero), float(first), float(peak), float(inner[top]), end)
    return dict(zip(names, values, strict=True)) | {"bump": bump, "full": bool(bump and end < first)}


def _peaks(run: runs.Run) -> Evidence:
    arms = model_wise(run)
    holds = arms.peak_at.between(0.9, 1.1) & (arms.peak >= 2 * arms[["first", "last"]].max(axis=1))
    return Evidence(tuple(holds.tolist()), tuple(arms.peak_at), "N/n at the peak")


def _second_wins(run: runs.Run, noisy: bool) -> Evidence:
    arms = model_wise(run)
    arms = arms[(arms.noise > 0) == noisy]
    gain = 100 * (arms["last"] - arms["first"])
    return Evidence(tuple((gain < 0).tolist()), tuple(gain), "points of test error, largest N against best N < n")


def _over_time(run: runs.Run, column: str) -> Evidence:
    arms = descents(run).dropna(subset="first")
    change = 100 * ((arms["peak"] if column == "bump" else arms["end"]) - arms["first"])
    unit = "points from the first minimum to the " + ("peak" if column == "bump" else "end")
    return Evidence(tuple(arms[column].tolist()), tuple(change), unit)


_MODELS = "double descent over the size of a model"
CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="double-descent-peak",
        source="belkin2019reconciling",
        where=_MODELS,
        statement="The test error peaks where a model has just enough parameters to fit its training data.",
        rule="For each n, label noise and seed: over all N of at least n/2 the test error is highest for an N within "
        "10 % of n, and there at least twice that of the best N < n and of the largest N.",
        control="A ridge penalty, which makes the fit inexact.",
        judge=_peaks,
        cell="fig-model-wise",
    ),
    Claim(
        id="second-descent-true-labels",
        source="belkin2019reconciling",
        where=_MODELS,
        statement="Far beyond the peak the test error is lower than before it.",
        rule="With true labels, for each n and seed: the test error for the largest N is below the lowest for N < n.",
        control="The same with a label noise of 0.2.",
        judge=partial(_second_wins, noisy=False),
        cell="second-descent",
    ),
    Claim(
        id="second-descent-noisy-labels",
        source="belkin2019reconciling",
        where=_MODELS,
        statement="Far beyond the peak the test error is lower than before it, also when some labels are wrong.",
        rule="With a label noise of 0.2, for each n and seed: the test error for the largest N is below the lowest "
        "for N < n.",
        control="The same with true labels.",
        judge=partial(_second_wins, noisy=True),
        cell="second-descent",
    ),
    Claim(
        id="test-error-rises-then-falls",
        source="agarwal2022what",
        where="figure 1",
        statement="The test error grows as the training error approaches zero, and decreases again after that.",
        rule="For each data set, optimizer, label noise and seed that reaches zero training error: from its lowest up "
        "to that epoch the smoothed test error rises by a percentage point or more within twice the epochs, and is a "
        "point or more lower at the end.",
        control="Two optimizers, two label noises and two data sets.",
        judge=partial(_over_time, column="bump"),
        cell="fig-epoch-wise",
    ),
    Claim(
        id="second-descent-over-time-wins",
        source="agarwal2022what",
        where="figure 1",
        statement="The second descent over time goes below the first: it is worth training past zero error.",
        rule="As before, and the test error at the end is below its lowest up to zero training error.",
        control="Two optimizers, two label noises and two data sets.",
        judge=partial(_over_time, column="full"),
        cell="fig-epoch-wise",
    ),
)


EXPERIMENT = Experiment(
    "double_descent", "The terminal phase of training", 1, Config, train, keys=("seed",), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
