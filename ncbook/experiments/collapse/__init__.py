"""Train past zero error, and watch the last layer collapse (the protocol of Papyan, Han and Donoho 2020).

Each network is trained from several seeds and at several weight decays. At log-spaced epochs, NC1 to NC4 and
CDNV are measured on the training set and on the test set, each with its own class means. For one seed,
three classes are also kept as points in the plane of their means, so that the collapse can be drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from itertools import product

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models, runs, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Presets, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.collapse.claims import CLAIMS

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "build",
    "falls",
    "load",
    "measure",
    "recipe_of",
    "run",
    "train_arm",
]


_BATCH = 2000  # images in one forward pass while measuring


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome. Arms are networks x weight_decays x seeds.

    The first weight decay is the one that the chapter's figures follow; the others are its control.
    """

    dataset: str = "digits"
    networks: tuple[str, ...] = ("mlp", "convnet")
    weight_decays: tuple[float, ...] = (5e-3, 5e-4)
    seeds: tuple[int, ...] = (0, 1, 2)
    width: int = 128
    epochs: int = 200
    batch_size: int = 100
    learning_rate: float = 0.05
    momentum: float = 0.9
    probes: int = 40
    plane_classes: tuple[int, ...] = (3, 5, 8)
    plane_points: int = 40

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, about a minute on 2 CPU cores.

        gpu: CIFAR-10 and two networks, some minutes on a T4. paper: the settings of the authors' published
        notebook (ResNet-18 on MNIST padded to 32 x 32, 350 epochs, batch 128, learning rate 0.0679, weight
        decay 5e-4), hours on a T4; one seed there, three here.
        """
        return {
            "smoke": cls(seeds=(0, 1), width=32, epochs=12, probes=6),
            "laptop": cls(),
            "gpu": cls(
                dataset="cifar10", networks=("convnet", "resnet18"), weight_decays=(5e-4,), width=512,
                epochs=30, batch_size=128, probes=12, seeds=(0,),
            ),
            "paper": cls(
                dataset="mnist", networks=("resnet18",), weight_decays=(5e-4,), width=512,
                epochs=350, batch_size=128, learning_rate=0.0679,
            ),
        }  # fmt: skip


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm and measure it.

    history columns: network, weight_decay, seed, epoch, step, train_loss, test_loss, train_error, test_error,
    every field of `metrics.Collapse` with the suffixes _train and _test, and
    nc4_test_train_means (test features against the class means of the training set).
    arrays: see `_Plane`, for each network at the first seed and weight decay.
    """
    arms = product(config.networks, config.weight_decays, config.seeds)
    results = sweep(partial(_arm, config, device), arms)
    history = [row for rows, _ in results for row in rows]
    arrays = {name: array for _, pictured in results for name, array in pictured.items()}
    return history, arrays


def _arm(config: Config, device: str, arm: tuple[str, float, int]) -> tuple[list[dict], dict[str, np.ndarray]]:
    """The rows of one arm, and the arrays of its plane if it is one that is pictured."""
    network, weight_decay, seed = arm
    dataset = _dataset(config.dataset, device)
    first = weight_decay == config.weight_decays[0] and seed == config.seeds[0]
    plane = _Plane(config, dataset, seed) if first else None
    rows = train_arm(config, dataset, network, weight_decay, seed, plane=plane)
    return rows, {} if plane is None else plane.arrays(network)


@lru_cache(maxsize=1)
def _dataset(name: str, device: str) -> data.Dataset:
    """Read once in each worker."""
    return data.load(name).to(device)


def train_arm(
    config: Config,
    dataset: data.Dataset,
    network: str,
    weight_decay: float,
    seed: int,
    on_epoch: Callable[[int], None] | None = None,
    plane: "_Plane | None" = None,
    on_row: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train one network from one seed; returns one history row a probed epoch.

    `on_row` gets each row as soon as it is measured, `on_epoch` each finished epoch, in place of a progress bar.
    Either may end the training by raising an exception of its own.
    """
    model = build(config, dataset, network, seed)
    recipe = recipe_of(config, weight_decay, len(dataset.train))
    epoch_steps = recipe.steps // config.epochs

    def probe(model: models.Classifier, step: int) -> dict:
        epoch = step // epoch_steps
        row = {"network": network, "weight_decay": weight_decay, "seed": seed, "epoch": epoch, "step": step}
        features = [_features(model, split.inputs) for split in (dataset.train, dataset.test)]
        if plane is not None:
            plane.add(epoch, model.head.weight, *features)
        row |= measure(model.head, dataset, *features)
        on_row(row)
        return row

    def on_step(step: int) -> None:
        if on_epoch is not None and step % epoch_steps == 0:
            on_epoch(step // epoch_steps)

    probed = [epoch * epoch_steps for epoch in trainers.log_spaced(config.epochs, config.probes)]
    report = None if on_epoch is None else on_step
    fitted = trainers.fit(model, dataset.train, recipe, seed, probe, probed, report)
    return fitted.whole()


def recipe_of(config: Config, weight_decay: float, points: int) -> trainers.Recipe:
    """SGD with momentum and the schedule of Papyan et al.: a tenth after a third and after two thirds of the epochs."""
    epoch_steps = trainers.steps_per_epoch(points, config.batch_size)
    thirds = (config.epochs // 3, 2 * config.epochs // 3)
    return trainers.Recipe(
        steps=config.epochs * epoch_steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        momentum=config.momentum, weight_decay=weight_decay,
        schedule=trainers.Drops(tuple(epoch * epoch_steps for epoch in thirds if epoch)),
    )  # fmt: skip


def falls(run: runs.Run) -> pd.DataFrame:
    """How many times NC1 fell in the terminal phase; one row an arm (network, weight_decay, seed).

    Columns: zero_error_epoch, the first measured epoch with zero training error; fall_train and fall_test, NC1
    at that epoch divided by NC1 at the end; test_error_then and test_error_end. An arm that never reaches zero
    training error has nan in all of them.
    """
    rows = []
    for (network, weight_decay, seed), arm in run.to_frame().groupby(["network", "weight_decay", "seed"], sort=False):
        reached = arm[arm.train_error == 0]
        start = reached.iloc[0] if len(reached) else pd.Series(np.nan, index=arm.columns)
        end = arm.iloc[-1]
        rows.append({
            "network": network, "weight_decay": weight_decay, "seed": seed, "zero_error_epoch": start.epoch,
            "fall_train": start.nc1_train / end.nc1_train, "fall_test": start.nc1_test / end.nc1_test,
            "test_error_then": start.test_error, "test_error_end": end.test_error,
        })  # fmt: skip
    return pd.DataFrame(rows)


def build(config: Config, dataset: data.Dataset, network: str, seed: int) -> models.Classifier:
    """The untrained network of one seed, on the data's device; the same weights on every device."""
    with models.seeded(seed):
        model = models.build(network, dataset.input_shape, dataset.num_classes, config.width)
    return model.to(dataset.train.labels.device)


def measure(head: torch.nn.Linear, dataset: data.Dataset, train: Tensor, test: Tensor) -> dict[str, float]:
    """Losses, errors and collapse metrics of last-layer features train [N, d] and test [M, d]."""
    row: dict[str, float] = {}
    for name, split, features in (("train", dataset.train, train), ("test", dataset.test, test)):
        logits = head(features)
        row[f"{name}_loss"] = F.cross_entropy(logits.double(), split.labels).item()
        row[f"{name}_error"] = (logits.argmax(1) != split.labels).double().mean().item()
        measured = metrics.collapse(features, split.labels, head.weight, head.bias)
        row |= {f"{entry.name}_{name}": getattr(measured, entry.name) for entry in fields(measured)}
    means = metrics.class_means(train, dataset.train.labels, dataset.num_classes)
    row["nc4_test_train_means"] = metrics.nearest_mean_mismatch(test, means, head.weight, head.bias)
    return row


class _Plane:
    """Three classes in the plane of their training means, at every probed epoch of one arm.

    Gives, prefixed with the network's name: epoch [P]; labels [n] and test [n] (False for training points);
    points [P, n, 2]; means [P, 3, 2] and classifier [P, 3, 2], the rows of the head projected on the same plane
    and scaled to the size of the means; seen [P], the share of the within-class variance of these training
    points that lies in the plane.
    """

    def __init__(self, config: Config, dataset: data.Dataset, seed: int) -> None:
        self.classes = torch.tensor(config.plane_classes)
        self.labels = dataset.train.labels
        generator = torch.Generator().manual_seed(seed)
        self.rows = [
            _some_of_each(split, self.classes, config.plane_points, generator)
            for split in (dataset.train, dataset.test)
        ]
        labels = [split.labels[rows] for split, rows in zip((dataset.train, dataset.test), self.rows, strict=True)]
        self.fixed = {
            "labels": torch.cat(labels),
            "test": torch.cat([torch.full_like(each, place) for place, each in enumerate(labels)]).bool(),
        }
        self.frames: list[dict[str, Tensor]] = []

    def add(self, epoch: int, weight: Tensor, train: Tensor, test: Tensor) -> None:
        """Project the features of one epoch: train [N, d], test [M, d], weight [K, d]."""
        means = metrics.class_means(train, self.labels, len(weight))[self.classes]
        points = torch.cat([train[self.rows[0]], test[self.rows[1]]]).double()
        rows = weight[self.classes]
        centred = rows - rows.mean(0)
        spread = means - means.mean(0)
        rows = means.mean(0) + centred * (spread.norm() / centred.norm())
        flat_means, flat_points, flat_rows = metrics.simplex_coordinates(means, points, rows)
        radius = spread.square().sum().div(len(spread)).sqrt()
        # where each training point's own mean is among the three
        own = (self.fixed["labels"][: len(self.rows[0]), None] == self.classes.to(weight.device)).long().argmax(1)
        whole = (points[: len(own)] - means[own]).square().sum() / radius**2
        inside = (flat_points[: len(own)] - flat_means[own]).square().sum()
        self.frames.append({
            "epoch": torch.tensor(epoch), "points": flat_points, "means": flat_means,
            "classifier": flat_rows, "seen": inside / whole,
        })  # fmt: skip

    def arrays(self, network: str) -> dict[str, np.ndarray]:
        """The frames as arrays [P, ...]; coordinates in float32."""
        stacked = {name: torch.stack([frame[name] for frame in self.frames]) for name in self.frames[0]}
        stacked = {name: t.float() if t.is_floating_point() else t for name, t in stacked.items()}
        return {f"{network}/{name}": t.cpu().numpy() for name, t in (stacked | self.fixed).items()}


def _some_of_each(split: data.Split, classes: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Rows of up to `count` random points of each class."""
    order = torch.randperm(len(split), generator=generator).to(split.labels.device)
    labels = split.labels[order]
    return torch.cat([order[labels == wanted][:count] for wanted in classes.tolist()])


def _features(model: models.Classifier, inputs: Tensor) -> Tensor:
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)])


EXPERIMENT = Experiment("collapse", "Watching a network collapse", 2, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
