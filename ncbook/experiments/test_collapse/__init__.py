"""Does the test set collapse? Training sets of several sizes, each trained far past zero error.

Each network sees the first images of the same stream of glyphs, the more the larger its size. At steps 2^k and 3 * 2^k
the features of its training images and of fresh images, a sample of the population, are measured. The same histories
are then read at equal training loss, equal epochs and equal steps (`read_at`).
"""

from functools import lru_cache, partial
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models, runs, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Rows, history, plain
from ncbook.experiments._sweep import sweep
from ncbook.experiments.test_collapse.claims import CLAIMS
from ncbook.experiments.test_collapse.config import Config, probe_steps
from ncbook.experiments.test_collapse.reading import (
    correlations,
    protocols,
    read_at,
    shared_epochs,
    stopped_arrays,
    terminal,
)
from ncbook.experiments.test_collapse.spreads import Spreads, spreads

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "Spreads",
    "correlations",
    "load",
    "probe_steps",
    "protocols",
    "read_at",
    "run",
    "shared_epochs",
    "spreads",
    "terminal",
]


_BATCH = 2000  # images in one forward pass while measuring


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm and measure it.

    history columns: weight_decay, size, seed, step, epoch (a fraction where a step ends within one), train_loss in
    nats, train_error, test_error; ratio_train, ratio_test, ratio_shift and ratio_weak, see `Spreads`; nc1_train,
    nc1_test, cdnv_train and cdnv_test, each with the class means of its own images. Test images are the fresh ones.
    arrays: see `stopped_arrays`.
    """
    arms = product(config.seeds, config.weight_decays, config.sizes)
    rows = [row for found in sweep(partial(_rows, config, device), arms) for row in found]
    return rows, stopped_arrays(runs.Run(plain(config), history(rows)))


def _rows(config: Config, device: str, arm: tuple[int, float, int]) -> list[dict]:
    """Train one arm; one history row a probed step."""
    seed, weight_decay, size = arm
    dataset = _dataset(config, seed, device)
    train = _first(dataset, size)
    recipe = trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        momentum=config.momentum, weight_decay=weight_decay, schedule=trainers.WarmUp(config.warm_up),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip
    epoch_steps = trainers.steps_per_epoch(len(train), config.batch_size)

    def probe(model: models.Classifier, step: int) -> dict:
        row = {"weight_decay": weight_decay, "size": size, "seed": seed, "step": step, "epoch": step / epoch_steps}
        return row | _measure(model, train, dataset.test, dataset.num_classes)

    model = _build(config, dataset, seed).to(device)
    fitted = trainers.fit(model, train, recipe, seed, probe, probe_steps(config.steps), on_step=lambda step: None)
    return fitted.whole()


@lru_cache(maxsize=1)
def _dataset(config: Config, seed: int, device: str) -> data.Dataset:
    """The largest training set of a seed, and fresh images; drawn once in each worker."""
    drawn = data.glyphs(
        train_per_class=max(config.sizes), test_per_class=config.population_per_class, size=config.glyph_size,
        difficulty=config.glyph_difficulty, seed=seed,
    )  # fmt: skip
    return drawn.to(device)


def _first(dataset: data.Dataset, size: int) -> data.Split:
    """The first `size` training images of each class: glyphs come in the order 0, 1, ..., K-1, 0, 1, ..."""
    count = size * dataset.num_classes
    return data.Split(dataset.train.inputs[:count], dataset.train.labels[:count])


def _build(config: Config, dataset: data.Dataset, seed: int) -> models.Classifier:
    with models.seeded(seed):
        return models.build(config.network, dataset.input_shape, dataset.num_classes, config.width)


def _measure(model: models.Classifier, train: data.Split, test: data.Split, num_classes: int) -> dict[str, float]:
    seen, fresh = (_features(model, split.inputs) for split in (train, test))
    logits = model.head(seen).double()
    found = spreads(seen, train.labels, fresh, test.labels, num_classes)
    return {
        "train_loss": F.cross_entropy(logits, train.labels).item(),
        "train_error": _error(logits, train.labels),
        "test_error": _error(model.head(fresh), test.labels),
        "ratio_train": found.train,
        "ratio_test": found.test,
        "ratio_shift": found.shift,
        "ratio_weak": found.weak,
        "nc1_train": metrics.nc1(seen, train.labels),
        "nc1_test": metrics.nc1(fresh, test.labels),
        "cdnv_train": metrics.cdnv(seen, train.labels).item(),
        "cdnv_test": metrics.cdnv(fresh, test.labels).item(),
    }


def _error(scores: Tensor, labels: Tensor) -> float:
    """Share of points whose largest score [N, K] is not at their label [N]."""
    return (scores.argmax(1) != labels).double().mean().item()


def _features(model: models.Classifier, inputs: Tensor) -> Tensor:
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)])


EXPERIMENT = Experiment("test_collapse", "Does the test set collapse?", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
