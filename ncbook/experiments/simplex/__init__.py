"""Networks whose features have just the dimensions that a simplex ETF needs, K - 1: nothing has to be projected.

A linear map without a bias takes the last hidden layer of a small network, which is not negative because of its ReLU,
to d features of either sign, and a linear classifier reads those (`models.reduce_features`). With K = 3 and d = 2 the
features, the class means and the classifier can be drawn as they are; with K = 4 and d = 3 they can be turned in
space. Controls: a d that is too small for the simplex, a smaller weight decay, and ten classes with d = 9 beside the
same network with a map to more dimensions and without a map.
"""

from functools import lru_cache, partial
from itertools import product

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments import collapse
from ncbook.experiments._experiment import Arrays, Experiment, Row, Rows, plain
from ncbook.experiments._sweep import sweep
from ncbook.experiments.collapse.measure import features_of
from ncbook.experiments.simplex.claims import CLAIMS
from ncbook.experiments.simplex.config import Config
from ncbook.experiments.simplex.picture import Picture, off_simplex
from ncbook.readings.collapse import arrays_of
from ncbook.readings.simplex import ARM, name_of, pictured, setting_of
from ncbook.runs import Run

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "final", "kept", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm: a row a probe, with `collapse.measure` and `off_simplex`.

    arrays, for each setting: "<setting>/cosines" [S, K(K-1)/2], those between centered class means of the training set
    at the end, a row a seed; with d <= 3 also those of `Picture`, for the first seed; of the last setting
    "kept/..." train_features, train_labels, test_features, test_labels, weight, bias, at the end of the first seed.
    """
    arms = product(range(len(config.dims)), config.seeds)
    rows: list[Row] = []
    arrays: Arrays = {}
    cosines: dict[str, list[np.ndarray]] = {}
    for setting, found, own_arrays, last in sweep(partial(_arm, config, device), arms):
        rows += found
        arrays |= own_arrays
        cosines.setdefault(f"{name_of(plain(config), setting)}/cosines", []).append(last)
    return rows, arrays | {name: np.stack(seeds) for name, seeds in cosines.items()}


def _arm(config: Config, device: str, arm: tuple[int, int]) -> tuple[int, Rows, Arrays, np.ndarray]:
    """The setting, its rows from one seed, its arrays if it is one that is pictured or kept, and its last cosines."""
    setting, seed = arm
    about = setting_of(plain(config), setting) | {"seed": seed}
    dataset = _dataset(config.dataset, config.class_order[: about["num_classes"]], device)
    model = build(config, dataset, about["dim"], seed)
    first = seed == config.seeds[0]
    picture = Picture(config, dataset, seed) if first and about["dim"] <= 3 else None

    def probe(model: models.Classifier, step: int) -> Row:
        train, test = (features_of(model, split.inputs) for split in (dataset.train, dataset.test))
        if picture is not None:
            picture.add(step, model.head, train, test)
        means = metrics.class_means(train, dataset.train.labels, dataset.num_classes)
        measured = collapse.measure(model.head, dataset, train, test)
        return about | {"step": step} | measured | off_simplex(means, model.head.weight, train, dataset.train.labels)

    recipe = _recipe(config, about["weight_decay"])
    probed = trainers.log_spaced(config.steps, config.probes)
    rows = trainers.fit(model, dataset.train, recipe, seed, probe, probed).whole()
    arrays = {} if picture is None else picture.arrays(name_of(plain(config), setting))
    if first and setting == len(config.dims) - 1:
        arrays |= _kept(model, dataset, config.kept)
    return setting, rows, arrays, _cosines(model, dataset.train)


def final(run: Run, setting: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features [N, d] of the training set, labels [N], weight [K, d] and bias [K] at the end of the first seed.

    `setting` counts from 0 in the order of the config; only settings with d <= 3 keep these.
    """
    arrays = pictured(run, setting)
    names = ("features", "feature_labels", "weight", "bias")
    features, labels, weight, bias = (torch.tensor(arrays[name]) for name in names)
    return features, labels, weight, bias


def kept(run: Run) -> dict[str, Tensor]:
    """Some features of both splits under the network of the last setting, and its classifier, at the end.

    train_features [M, d], train_labels [M], test_features, test_labels, weight [K, d], bias [K].
    """
    return {name: torch.tensor(array) for name, array in arrays_of(run, "kept").items()}


def build(config: Config, dataset: data.Dataset, dim: int, seed: int) -> models.Classifier:
    """The untrained network of one seed with `dim` features, on the data's device."""
    with models.seeded(seed):
        model = models.build(config.network, dataset.input_shape, dataset.num_classes, config.width)
        if dim != config.width:
            models.reduce_features(model, dim)
    return model.to(dataset.train.labels.device)


def _recipe(config: Config, weight_decay: float) -> trainers.Recipe:
    """SGD with momentum; a tenth of the learning rate after a third and after two thirds of the steps."""
    return trainers.Recipe(
        steps=config.steps,
        learning_rate=config.learning_rate,
        batch_size=config.batch_size,
        momentum=config.momentum,
        weight_decay=weight_decay,
        schedule=trainers.Drops((config.steps // 3, 2 * config.steps // 3)),
    )


@lru_cache(maxsize=3)
def _dataset(name: str, classes: tuple[int, ...], device: str) -> data.Dataset:
    """The chosen classes of a data set, numbered 0, 1, ... in the order given."""
    whole = data.load(name)
    train, test = (_only(split, classes) for split in (whole.train, whole.test))
    return data.Dataset(name, train, test, tuple(whole.class_names[each] for each in classes)).to(device)


def _only(split: data.Split, classes: tuple[int, ...]) -> data.Split:
    matches = split.labels[:, None] == torch.tensor(classes)  # [N, K]
    chosen = matches.any(1)
    return data.Split(split.inputs[chosen], matches[chosen].long().argmax(1))


@torch.no_grad()
def _cosines(model: models.Classifier, train: data.Split) -> np.ndarray:
    """[K(K-1)/2]: cosines between the centered class means of the training set."""
    means = metrics.class_means(features_of(model, train.inputs), train.labels)
    unit = torch.nn.functional.normalize(means - means.mean(0), dim=1)
    first, second = torch.triu_indices(len(means), len(means), offset=1)
    return (unit @ unit.T)[first, second].cpu().numpy()


@torch.no_grad()
def _kept(model: models.Classifier, dataset: data.Dataset, count: int) -> dict[str, np.ndarray]:
    """Features of the first `count` points of each class of both splits, and the classifier."""
    kept = {"weight": model.head.weight, "bias": model.head.bias}
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        rows = torch.cat([(split.labels == each).nonzero()[:count, 0] for each in range(dataset.num_classes)])
        kept |= {f"{name}_features": features_of(model, split.inputs[rows]), f"{name}_labels": split.labels[rows]}
    return {f"kept/{name}": tensor.detach().cpu().numpy() for name, tensor in kept.items()}


EXPERIMENT = Experiment(
    "simplex", "Four properties", 1, Config, train, keys=ARM, claims=CLAIMS, exact=("weight_decay",)
)
run, load = EXPERIMENT.run, EXPERIMENT.load
