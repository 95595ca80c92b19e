"""Double descent over the number of features, and over the time of training.

Features: least squares on random ReLU features of digits, solved in closed form, for several numbers N of training
points, with true labels and with label noise, without and with a ridge penalty. Time: a network trained with label
noise from small error on, far past zero training error.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from ncbook import data, trainers
from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Arrays, Experiment, Presets, Rows, Sample
from ncbook.experiments._random_features import centered_one_hot, curve, random_features, solve
from ncbook.experiments._sweep import sweep
from ncbook.readings.double_descent import ARM, descents, model_wise
from ncbook.runs import Run

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "centered_one_hot", "curve", "load", "random_features", "run", "solve"]


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
    time_seeds: tuple[int, ...] = tuple(range(8))
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
        """smoke: seconds, for tests. laptop: the book's figures, about two and a half minutes on 2 CPU cores.

        laptop-again: laptop from other seeds, to see which verdicts depend on them.
        gpu: more points and features, and ResNet-18s on CIFAR-10, tens of minutes. paper: the time part after Nakkiran
        et al. (2020), figure 1: a ResNet-18 on CIFAR-10 with a label noise of 0.15, trained by Adam for 4000 epochs
        (learning rate 1e-4 and batch size 128 as in work that follows them; no augmentation here), days on a T4. The
        features part is a larger size in both.
        """
        resnet = cls(
            per_class=(10, 40, 100),
            factors=(0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 4.0, 8.0, 16.0),
            datasets=("cifar10",),
            network="resnet18",
            optimizers=("adamw",),
            learning_rates=(1e-4,),
            weight_decays=(0.0,),
            width=512,
            batch_size=128,
        )
        return {
            "smoke": cls(
                per_class=(3, 5, 8),
                factors=(0.2, 0.5, 0.8, 1.0, 1.2, 2.0, 6.0),
                ridges=(0.0, 1e-3, 1e-2),
                seeds=(0, 1),
                time_seeds=(0, 1),
                train_per_class=20,
                test_per_class=20,
                width=32,
                epochs=8,
                batch_size=20,
                probes=8,
            ),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=tuple(range(60331, 60336)), time_seeds=tuple(range(60331, 60339))),
            "gpu": replace(resnet, time_noises=(0.2,), time_seeds=(0,), epochs=100),
            "paper": replace(resnet, time_noises=(0.15,), time_seeds=(0, 1, 2), epochs=4000),
        }


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Solve every least-squares problem and train every network.

    Rows of the networks: a probed epoch each, with `_noisy_labels.measure`. Arrays of the random features: train_error,
    residual, test_error and norm, each [per_class, seeds, noises, ridges, factors], see `_random_features.curve`.
    """
    solved = sweep(partial(_solved, config), product(config.per_class, config.seeds))
    optimizers = zip(config.optimizers, config.learning_rates, config.weight_decays, strict=True)
    arms = product(config.datasets, optimizers, config.time_noises, config.time_seeds)
    rows = [row for rows in sweep(partial(_trained, config, device), arms) for row in rows]
    shape = (len(config.per_class), len(config.seeds))
    arrays = {name: np.stack([curves[name] for curves in solved]) for name in solved[0]}
    return rows, {name: a.reshape(*shape, *a.shape[1:]).astype(np.float32) for name, a in arrays.items()}


def _solved(config: Config, arm: tuple[int, int]) -> Arrays:
    per_class, seed = arm
    counts = [round(factor * 10 * per_class) for factor in config.factors]
    return curve(data.digits(per_class, seed), config.noises, counts, config.ridges, seed)


def _trained(config: Config, device: str, arm: tuple[str, tuple[str, float, float], float, int]) -> Rows:
    """Train one network on one data set, by (optimizer, learning rate, weight decay), with one label noise and seed."""
    name, (optimizer, learning_rate, weight_decay), noise, seed = arm
    shape = config.test_per_class, config.glyph_size, config.glyph_difficulty
    dataset = _noisy_labels.images(name, config.train_per_class, *shape, seed)
    model = _noisy_labels.build(config.network, dataset, config.width, seed)
    recipe = trainers.Recipe(
        steps=config.epochs * trainers.steps_per_epoch(len(dataset.train), config.batch_size),
        learning_rate=learning_rate,
        batch_size=config.batch_size,
        optimizer=optimizer,
        weight_decay=weight_decay,
    )
    about = {"dataset": name, "optimizer": optimizer}
    return _noisy_labels.train(model, dataset, noise, recipe, seed, config.probes, device, about)


def _peaks(run: Run) -> Evidence:
    table = model_wise(run)
    holds = table.peak_at.between(0.9, 1.1) & (table.peak >= 2 * table[["first", "last"]].max(axis=1))
    return Evidence.of(table.seed, holds, table.peak_at, "d/N at the peak")


def _second_wins(run: Run, noisy: bool) -> Evidence:
    table = model_wise(run)
    table = table[(table.label_noise > 0) == noisy]
    gain = 100 * (table["last"] - table["first"])
    unit = "points of test error, largest d against best d < N"
    return Evidence.compared(table.seed, gain, "<", 0.0, unit, chance=SIGN)


def _bump(run: Run) -> Evidence:
    table, unit = descents(run), "points from the first minimum to the peak"
    rise = 100 * (table.peak - table["first"])
    return Evidence.of(table.seed, table.bump, rise, unit, table.phase_tells, chance=SIGN)


def _full(run: Run) -> Evidence:
    """Only a training that has a second descent can tell how far down it goes."""
    table, unit = descents(run), "points from the first minimum to the end"
    change = 100 * (table.end - table["first"])
    return Evidence.compared(table.seed, change, "<", 0.0, unit, table.bump & table.phase_tells, chance=SIGN)


CLAIMS = read(
    __file__,
    {
        "double-descent-peak": _peaks,
        "second-descent-true-labels": partial(_second_wins, noisy=False),
        "second-descent-noisy-labels": partial(_second_wins, noisy=True),
        "test-error-rises-then-falls": _bump,
        "second-descent-over-time-wins": _full,
    },
)


EXPERIMENT = Experiment(
    "double_descent",
    "The terminal phase of training",
    1,
    Config,
    train,
    keys=ARM,
    claims=CLAIMS,
    exact=("label_noise",),
    sample=Sample(
        {"per_class": (10,), "factors": (1.0,), "ridges": (0.0,), "time_seeds": lambda config: config.time_seeds[1:2]}
    ),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
