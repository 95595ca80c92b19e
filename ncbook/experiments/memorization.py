"""Train to zero error and far beyond it, on true labels, on partly wrong ones and on random ones.

One network and one recipe fit everything, so that what differs between two arms is the labels alone (the random
labels of Zhang et al. 2016). A label noise of rho draws each training label anew with probability rho, uniformly from
all K classes: rho = 0 leaves the true labels, rho = 1 makes all of them random. Test labels are never noisy.
"""

from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from ncbook import trainers
from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Arrays, Experiment, Presets, Rows
from ncbook.experiments._sweep import sweep
from ncbook.readings.memorization import ARM, interpolations, stopped_early
from ncbook.readings.moments import NEVER
from ncbook.runs import Run


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome.

    The first network meets every data set and every noise. The others are controls: they see the first data set,
    with the first and the last of the noises. A seed draws the images or the split, the wrong labels, the initial
    weights and the order of the batches. The learning rate is constant, so that nothing but time passes after zero
    error.
    """

    datasets: tuple[str, ...] = ("digits", "glyphs")
    networks: tuple[str, ...] = ("mlp", "mlp_no_bn")
    noises: tuple[float, ...] = (0.0, 0.1, 0.2, 1.0)
    seeds: tuple[int, ...] = (0, 1, 2, 3)
    train_per_class: int = 100
    test_per_class: int = 100
    glyph_size: int = 16
    glyph_difficulty: float = 0.6
    width: int = 128
    epochs: int = 150
    batch_size: int = 100
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    probes: int = 48

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute on 2 CPU cores.

        laptop-again: laptop from other seeds, to see which verdicts depend on them.
        gpu: CIFAR-10 and glyphs in full size with two networks, tens of minutes. paper: a larger size, not a published
        protocol, since none is known to us in print: a ResNet-18 on CIFAR-10, hours on a T4. `train_per_class`,
        `test_per_class` and `glyph_size` are for digits and glyphs; real sets are taken whole.
        """
        return {
            "smoke": cls(
                seeds=(0, 1), train_per_class=20, test_per_class=20, width=32, epochs=10, batch_size=20, probes=7
            ),
            "laptop": cls(),
            "laptop-again": replace(cls(), seeds=(60101, 60102, 60103, 60104)),
            "gpu": cls(
                datasets=("cifar10", "glyphs"),
                networks=("convnet", "mlp"),
                seeds=(0, 1, 2),
                train_per_class=1000,
                test_per_class=1000,
                glyph_size=32,
                glyph_difficulty=0.85,
                width=512,
                batch_size=128,
            ),
            "paper": cls(
                datasets=("cifar10",), networks=("resnet18",), seeds=(0, 1, 2), width=512, epochs=350, batch_size=128
            ),
        }


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm: a row a probed epoch, with `_noisy_labels.measure`. No arrays."""
    return [row for rows in sweep(partial(_train_arm, config, device), arms(config)) for row in rows], {}


def arms(config: Config) -> list[tuple[str, str, float, int]]:
    """(dataset, network, label noise, seed) of everything that is trained."""
    main, *controls = config.networks
    ends = dict.fromkeys((config.noises[0], config.noises[-1]))
    settings = [(dataset, main, noise) for dataset in config.datasets for noise in config.noises]
    settings += [(config.datasets[0], network, noise) for network in controls for noise in ends]
    return [(*setting, seed) for setting in settings for seed in config.seeds]


def _train_arm(config: Config, device: str, arm: tuple[str, str, float, int]) -> Rows:
    """Train one network on one labeling."""
    name, network, noise, seed = arm
    shape = config.test_per_class, config.glyph_size, config.glyph_difficulty
    dataset = _noisy_labels.images(name, config.train_per_class, *shape, seed)
    model = _noisy_labels.build(network, dataset, config.width, seed)
    recipe = trainers.Recipe(
        steps=config.epochs * trainers.steps_per_epoch(len(dataset.train), config.batch_size),
        learning_rate=config.learning_rate,
        batch_size=config.batch_size,
        momentum=config.momentum,
        weight_decay=config.weight_decay,
    )
    about = {"dataset": name, "network": network}
    return _noisy_labels.train(model, dataset, noise, recipe, seed, config.probes, device, about)


def _main(table: pd.DataFrame, run: Run, noises: list[float]) -> pd.DataFrame:
    """The trainings of the first network with one of `noises`."""
    return table[(table.network == run.config["networks"][0]) & table.label_noise.isin(noises)]


def _generalizes(run: Run) -> Evidence:
    table = _main(interpolations(run), run, [0.0])
    costs_little = (table.test_error_end - table.test_error_best).round(9) <= 0.01
    holds = (table.test_error_end < 0.45) & costs_little
    error = 100 * table.test_error_end
    return Evidence.of(table.seed, holds, error, "% test error at zero training error", table.train_error_end == 0)


def _past_zero(run: Run, noises: list[float]) -> Evidence:
    table = _main(interpolations(run), run, noises)
    change = 100 * (table.test_error_end - table.test_error_start)
    unit = "points change of test error in the terminal phase"
    return Evidence.compared(table.seed, change, "<", 0.0, unit, table.phase_tells, chance=SIGN)


def _partly_wrong(run: Run) -> list[float]:
    return [noise for noise in run.config["noises"] if 0 < noise < 1]


def _memorizes(run: Run) -> Evidence:
    """Having been at zero error is what is asked, so that a burst later on is no answer to it."""
    table = interpolations(run)
    table = table[table.label_noise == 1.0]
    epochs = table.zero_error_epoch
    return Evidence.of(table.seed, epochs < NEVER, epochs, "epochs to zero error on random labels")


def _stops(run: Run) -> Evidence:
    table = _main(stopped_early(run), run, _partly_wrong(run))
    gain = 100 * (table.test_error_stop - table.test_error_end)
    unit = "points of test error, early against at the end"
    return Evidence.compared(table.seed, gain, "<", 0.0, unit, table.train_error_end == 0, chance=SIGN)


CLAIMS = read(
    __file__,
    {
        "interpolating-networks-generalize": _generalizes,
        "random-labels-are-fitted": _memorizes,
        "past-zero-error-true-labels": lambda run: _past_zero(run, [0.0]),
        "past-zero-error-noisy-labels": lambda run: _past_zero(run, _partly_wrong(run)),
        "early-stopping-regularizes": _stops,
        "dropout-regularizes": not_tested,
        "augmentation-regularizes": not_tested,
    },
)


EXPERIMENT = Experiment(
    "memorization", "The terminal phase of training", 1, Config, train, keys=ARM, claims=CLAIMS, exact=("label_noise",)
)
run, load = EXPERIMENT.run, EXPERIMENT.load
