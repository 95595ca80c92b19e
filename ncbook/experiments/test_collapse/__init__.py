"""Does the test set collapse? Training sets of several sizes and difficulties, each trained far past zero error.

Each network sees the first images of the same stream of glyphs, the more the larger its size. At steps 2^k and 3 * 2^k
the features of its training images and of fresh images, a sample of the population, are measured. The same histories
are then read at equal training loss, equal epochs and equal steps (`readings.test_collapse.read_at`).
"""

from functools import lru_cache, partial
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Row, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.test_collapse.claims import CLAIMS
from ncbook.experiments.test_collapse.config import Config, OnMnist, probe_steps
from ncbook.experiments.test_collapse.spreads import Spreads, spreads

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "Spreads", "load", "probe_steps", "run", "schedule", "spreads"]

_BATCH = 2000  # images in one forward pass while measuring


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm and measure it: a row a probe, test images being the fresh ones. No arrays."""
    arms = product(config.difficulties, config.seeds, config.weight_decays, config.sizes)
    return [row for rows in sweep(partial(_rows, config, device), arms) for row in rows], {}


def _rows(config: Config, device: str, arm: tuple[float, int, float, int]) -> Rows:
    """Train one arm; one history row a probed step."""
    difficulty, seed, weight_decay, per_class = arm
    dataset = _dataset(config, difficulty, seed, device)
    train = _first(dataset, per_class)
    recipe = trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        momentum=config.momentum, weight_decay=weight_decay, schedule=schedule(config),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip
    epoch_steps = trainers.steps_per_epoch(len(train), config.batch_size)

    def probe(model: models.Classifier, step: int) -> Row:
        about = {"difficulty": difficulty, "weight_decay": weight_decay, "per_class": per_class, "seed": seed}
        return (
            about
            | {"step": step, "epoch": step / epoch_steps}
            | _measure(model, train, dataset.test, dataset.num_classes)
        )

    model = _build(config, dataset, seed).to(device)
    fitted = trainers.fit(model, train, recipe, seed, probe, probe_steps(config.steps), on_step=lambda step: None)
    return fitted.whole()


def schedule(config: Config) -> trainers.WarmUp:
    """The learning rate over the steps: constant after the warm-up, and on MNIST falling at last."""
    if isinstance(config, OnMnist):
        return trainers.WarmUp(config.warm_up, trainers.Cosine(config.steps, start=config.falls_from))
    return trainers.WarmUp(config.warm_up)


@lru_cache(maxsize=1)
def _dataset(config: Config, difficulty: float, seed: int, device: str) -> data.Dataset:
    """The largest training set of a difficulty and seed, and fresh images; drawn once in each worker."""
    if isinstance(config, OnMnist):
        return data.mnist5k(max(config.sizes), seed, config.glyph_size).to(device)
    drawn = data.glyphs(
        train_per_class=max(config.sizes), test_per_class=config.population_per_class, size=config.glyph_size,
        difficulty=difficulty, seed=seed,
    )  # fmt: skip
    return drawn.to(device)


def _first(dataset: data.Dataset, per_class: int) -> data.Split:
    """The first training images of each class, in their order."""
    labels = dataset.train.labels
    rank = F.one_hot(labels, dataset.num_classes).cumsum(0).gather(1, labels[:, None])[:, 0]  # from 1 in each class
    return data.Split(dataset.train.inputs[rank <= per_class], labels[rank <= per_class])


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
        "variance_ratio_train": found.train,
        "variance_ratio_test": found.test,
        "variance_ratio_shift": found.shift,
        "variance_ratio_weak": found.weak,
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


EXPERIMENT = Experiment(
    "test_collapse", "Does the test set collapse?", 1, Config, train,
    keys=("difficulty", "weight_decay", "per_class", "seed"), claims=CLAIMS, exact=("difficulty", "weight_decay"),
    sample=Sample(probes=8),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
