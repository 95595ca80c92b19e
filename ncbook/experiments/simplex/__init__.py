"""Networks whose features have just the dimensions that a simplex ETF needs, K - 1: nothing has to be projected.

A linear map without a bias takes the last hidden layer of a small network, which is not negative because of its ReLU,
to d features of either sign, and a linear classifier reads those (`models.reduce_features`). With K = 3 and d = 2 the
features, the class means and the classifier can be drawn as they are; with K = 4 and d = 3 they can be turned in
space. Controls: a d that is too small for the simplex, a smaller weight decay, and ten classes with d = 9 beside the
same network with a map to more dimensions and without a map.
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models, runs, trainers
from ncbook.experiments import collapse
from ncbook.experiments._experiment import Arrays, Experiment, Rows, plain
from ncbook.experiments._sweep import sweep
from ncbook.experiments.simplex.claims import CLAIMS
from ncbook.experiments.simplex.config import Config
from ncbook.experiments.simplex.outcomes import ends
from ncbook.experiments.simplex.picture import Picture, off_simplex

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "ends", "final", "kept", "load", "run"]


_BATCH = 2000  # images in one forward pass while measuring
_ASKED = ("num_classes", "dim", "weight_decay", "seed", "step")  # columns that say what a row is

Arm = tuple[int, int]  # place of a setting in the config, seed


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm and measure it.

    history columns: num_classes, dim, weight_decay, seed, step; losses, errors and `metrics.Collapse` with the
    suffixes _train and _test, and nc4_test_train_means, as in `experiments.collapse`; off_means, off_rows and
    off_points, see `off_simplex`. What is measured is kept in float32, which makes the file small.
    arrays, for each setting: "<setting>/cosines" [S, K(K-1)/2], those between centred class means of the training set
    at the end, a row a seed; with d <= 3 also those of `Picture`, for the first seed; of the last setting
    "kept/..." train_features, train_labels, test_features, test_labels, weight, bias, at the end of the first seed.
    """
    arms = list(product(range(len(config.dims)), config.seeds))
    results = sweep(partial(_arm, config, device), arms)
    history = [row for rows, _, _ in results for row in rows]
    arrays = {name: array for _, pictured, _ in results for name, array in pictured.items()}
    for setting in range(len(config.dims)):
        cosines = [each for (other, _), (_, _, each) in zip(arms, results, strict=True) if other == setting]
        arrays[f"{name_of(plain(config), setting)}/cosines"] = np.stack(cosines)
    return history, arrays


def name_of(config: Mapping[str, Any], setting: int) -> str:
    """Such as "k4-d3-wd0.005"; `config` as a run keeps it."""
    return f"k{config['num_classes'][setting]}-d{config['dims'][setting]}-wd{config['weight_decays'][setting]:g}"


def _arm(config: Config, device: str, arm: Arm) -> tuple[list[dict], dict[str, np.ndarray], np.ndarray]:
    """The rows of one arm, its arrays if it is one that is pictured or kept, and its last cosines."""
    setting, seed = arm
    dataset = _dataset(config.dataset, config.class_order[: config.num_classes[setting]], device)
    model = build(config, dataset, config.dims[setting], seed)
    first = seed == config.seeds[0]
    picture = Picture(config, dataset, seed) if first and config.dims[setting] <= 3 else None
    rows: list[dict] = []

    def probe(model: models.Classifier, step: int) -> None:
        features = [_features(model, split.inputs) for split in (dataset.train, dataset.test)]
        means = metrics.class_means(features[0], dataset.train.labels, dataset.num_classes)
        rows.append({
            "num_classes": config.num_classes[setting], "dim": config.dims[setting],
            "weight_decay": config.weight_decays[setting], "seed": seed, "step": step,
            **collapse.measure(model.head, dataset, *features),
            **off_simplex(means, model.head.weight, features[0], dataset.train.labels),
        })  # fmt: skip
        if picture is not None:
            picture.add(step, model.head, *features)

    recipe = _recipe(config, config.weight_decays[setting])
    fitted = trainers.fit(model, dataset.train, recipe, seed, probe, trainers.log_spaced(config.steps, config.probes))
    fitted.whole()
    arrays = {} if picture is None else picture.arrays(name_of(plain(config), setting))
    if first and setting == len(config.dims) - 1:
        arrays |= _kept(model, dataset, config.kept)
    return rows, arrays, _cosines(model, dataset.train)


def final(run: runs.Run, setting: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features [N, d] of the training set, labels [N], weight [K, d] and bias [K] at the end of the first seed.

    `setting` counts from 0 in the order of the config; only settings with d <= 3 keep these.
    """
    name = name_of(run.config, setting)
    features, labels, weight, bias = (
        torch.from_numpy(run.arrays[f"{name}/{key}"]) for key in ("features", "feature_labels", "weight", "bias")
    )
    return features, labels, weight, bias


def kept(run: runs.Run) -> dict[str, Tensor]:
    """Some features of both splits under the network of the last setting, and its classifier, at the end.

    train_features [M, d], train_labels [M], test_features, test_labels, weight [K, d], bias [K].
    """
    prefix = "kept/"
    return {
        name.removeprefix(prefix): torch.from_numpy(array)
        for name, array in run.arrays.items()
        if name.startswith(prefix)
    }


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
        steps=config.steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        momentum=config.momentum, weight_decay=weight_decay,
        schedule=trainers.Drops((config.steps // 3, 2 * config.steps // 3)),
    )  # fmt: skip


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


def _features(model: models.Classifier, inputs: Tensor) -> Tensor:
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)])


@torch.no_grad()
def _cosines(model: models.Classifier, train: data.Split) -> np.ndarray:
    """[K(K-1)/2]: cosines between the centred class means of the training set."""
    means = metrics.class_means(_features(model, train.inputs), train.labels)
    unit = torch.nn.functional.normalize(means - means.mean(0), dim=1)
    first, second = torch.triu_indices(len(means), len(means), offset=1)
    return (unit @ unit.T)[first, second].cpu().numpy()


@torch.no_grad()
def _kept(model: models.Classifier, dataset: data.Dataset, count: int) -> dict[str, np.ndarray]:
    """Features of the first `count` points of each class of both splits, and the classifier."""
    kept = {"weight": model.head.weight, "bias": model.head.bias}
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        rows = torch.cat([(split.labels == each).nonzero()[:count, 0] for each in range(dataset.num_classes)])
        kept |= {f"{name}_features": _features(model, split.inputs[rows]), f"{name}_labels": split.labels[rows]}
    return {f"kept/{name}": tensor.detach().cpu().numpy() for name, tensor in kept.items()}


EXPERIMENT = Experiment("simplex", "Four properties", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
