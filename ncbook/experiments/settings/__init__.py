"""What decides whether a network collapses: data, network, loss, weight decay and batch norm, one changed at a time.

Around one base (the first network, trained on the first loss with the first weight decay), each data set sees the
other networks and the other losses. The first data set also sees the other weight decays, and the MLP without batch
norm at every weight decay. Each arm is trained from several seeds and measured as in `experiments.collapse`.
"""

from dataclasses import dataclass, replace
from functools import lru_cache, partial

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments import collapse
from ncbook.experiments._experiment import Arrays, Experiment, Presets, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.settings.claims import CLAIMS
from ncbook.experiments.settings.outcomes import outcomes

__all__ = ["CLAIMS", "EXPERIMENT", "LOSSES", "Config", "arms", "load", "outcomes", "run"]


# Strengths as in the code of Zhou et al. (2022), "Are all losses created equal": 0.05, 3 and 15.
LOSSES: dict[str, trainers.CrossEntropy | trainers.Focal | trainers.SquaredError] = {
    "ce": trainers.CrossEntropy(),
    "smoothed": trainers.CrossEntropy(smoothing=0.05),
    "focal": trainers.Focal(gamma=3.0),
    "mse": trainers.SquaredError(),
    "mse_rescaled": trainers.SquaredError(height=15.0),
}
_REAL = ("mnist", "fashion_mnist", "svhn", "cifar10", "cifar100", "stl10")
_PAPYAN = ("resnet18", "vgg11_bn", "densenet121")
_BATCH = 2000  # images in one forward pass while measuring


@dataclass(frozen=True)
class Config(Presets):
    """Everything that decides the outcome; `arms` lists what is trained.

    learning_rates belong to `losses`, one each; the networks of `plain_networks`, which have no batch norm, take
    `plain_learning_rate`. Each was chosen on the digits with seeds 100 and 101, which no run uses, to give every
    loss its best chance to collapse: of four or five rates, each about half of the one before, that with the lowest
    mean NC1 on the training set at the end.
    """

    datasets: tuple[str, ...] = ("digits", "glyphs")
    networks: tuple[str, ...] = ("mlp", "convnet")
    losses: tuple[str, ...] = ("ce", "smoothed", "focal", "mse", "mse_rescaled")
    learning_rates: tuple[float, ...] = (0.05, 0.05, 0.05, 0.05, 0.02)
    weight_decays: tuple[float, ...] = (5e-3, 5e-4, 0.0)
    plain_networks: tuple[str, ...] = ("mlp_no_bn",)
    plain_learning_rate: float = 0.2
    seeds: tuple[int, ...] = (0, 1, 2)
    width: int = 128
    epochs: int = 150
    batch_size: int = 100
    momentum: float = 0.9
    probes: int = 14
    glyphs_per_class: int = 100
    glyph_size: int = 16
    glyph_difficulty: float = 0.6

    @classmethod
    def presets(cls) -> dict[str, "Config"]:
        """smoke: seconds, for tests. laptop: the book's figures, two to three minutes on a CPU core.

        gpu: six of the seven image sets of Papyan et al. (ImageNet is not to be had by a download of ours) with a
        ResNet, a VGG and a DenseNet, two losses; hours on a T4, so name one data set with `dataclasses.replace`.
        paper: their protocol on the same sets: SGD with momentum 0.9, weight decay 5e-4, batches of 128, 350 epochs,
        learning rate 0.0679 for the cross-entropy and 0.0184 for the squared error, which are the values of the
        authors' notebook for ResNet-18 on MNIST; they tuned depth and rate for each set. Days on a T4.
        """
        real = cls(
            datasets=_REAL, networks=_PAPYAN, losses=("ce", "mse"), learning_rates=(0.0679, 0.0184),
            weight_decays=(5e-4,), plain_networks=(), seeds=(0,), width=512, epochs=30, batch_size=128,
        )  # fmt: skip
        return {
            "smoke": cls(seeds=(0, 1), width=32, epochs=6, probes=4, glyphs_per_class=20, batch_size=50),
            "laptop": cls(),
            "gpu": real,
            "paper": replace(real, epochs=350, probes=50),
        }


@dataclass(frozen=True, order=True)
class Arm:
    """One training: what is trained on what, how, and from which seed."""

    dataset: str
    network: str
    loss: str
    weight_decay: float
    seed: int


def arms(config: Config) -> list[Arm]:
    """One factor at a time around the base; on the first data set also batch norm and weight decay together."""
    network, loss, decay = config.networks[0], config.losses[0], config.weight_decays[0]
    everywhere = [(each, loss, decay) for each in config.networks]
    everywhere += [(network, each, decay) for each in config.losses[1:]]
    once = [(network, loss, each) for each in config.weight_decays[1:]]
    once += [(each, loss, other) for each in config.plain_networks for other in config.weight_decays]
    settings = [(name, *each) for name in config.datasets for each in everywhere]
    settings += [(config.datasets[0], *each) for each in once]
    return [Arm(*setting, seed) for setting in settings for seed in config.seeds]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm and measure it.

    history columns: dataset, network, loss, weight_decay, seed, epoch, step; objective, the loss that is trained, on
    the training set without weight decay; off_means, see `off_means`, of W and the training means; and those of
    `collapse.measure`, where train_loss and test_loss are cross-entropies in nats, whatever was trained.
    """
    results = sweep(partial(_rows, config, device), arms(config))
    history = [row for rows in results for row in rows]
    return history, {}


def recipe_of(config: Config, arm: Arm, points: int) -> trainers.Recipe:
    """SGD with the schedule of `collapse.recipe_of`, at the learning rate of the loss or of a network without norm."""
    rate = dict(zip(config.losses, config.learning_rates, strict=True))[arm.loss]
    protocol = collapse.Config(
        epochs=config.epochs, batch_size=config.batch_size, momentum=config.momentum,
        learning_rate=config.plain_learning_rate if arm.network in config.plain_networks else rate,
    )  # fmt: skip
    return replace(collapse.recipe_of(protocol, arm.weight_decay, points), loss=LOSSES[arm.loss])


def _rows(config: Config, device: str, arm: Arm) -> list[dict]:
    """Train one arm; one history row a probed epoch."""
    dataset = _dataset(arm.dataset, device, config.glyphs_per_class, config.glyph_size, config.glyph_difficulty)
    model = collapse.build(collapse.Config(width=config.width), dataset, arm.network, arm.seed)
    recipe = recipe_of(config, arm, len(dataset.train))
    epoch_steps = recipe.steps // config.epochs

    def probe(model: models.Classifier, step: int) -> dict:
        about = {name: getattr(arm, name) for name in ("dataset", "network", "loss", "weight_decay", "seed")}
        return about | {"epoch": step // epoch_steps, "step": step} | _measured(model, dataset, recipe)

    probed = [epoch * epoch_steps for epoch in trainers.log_spaced(config.epochs, config.probes)]
    fitted = trainers.fit(model, dataset.train, recipe, arm.seed, probe, probed, lambda step: None)
    return fitted.whole()


def _measured(model: models.Classifier, dataset: data.Dataset, recipe: trainers.Recipe) -> dict[str, float]:
    train, test = (_features(model, split.inputs) for split in (dataset.train, dataset.test))
    head, labels = model.head, dataset.train.labels
    outputs = trainers.Outputs(train, head(train), labels, head.weight)
    means = metrics.class_means(train, labels, dataset.num_classes)
    row = {"objective": recipe.loss(outputs).item(), "off_means": off_means(head.weight, means)}
    return row | collapse.measure(head, dataset, train, test)


def off_means(weight: Tensor, means: Tensor) -> float:
    """Share of ||W||_F^2 that lies outside the span of the centred class means; weight [K, d], means [K, d].

    Between 0, where every row is a combination of the centred means, and 1, where all are orthogonal to them.
    """
    weight, centred = weight.double(), means.double() - means.double().mean(0)
    basis = torch.linalg.svd(centred, full_matrices=False).Vh[: len(means) - 1]  # [K-1, d]
    return 1 - ((weight @ basis.T).square().sum() / weight.square().sum()).item()


@lru_cache(maxsize=1)
def _dataset(name: str, device: str, per_class: int, size: int, difficulty: float) -> data.Dataset:
    """Read, or drawn, once in each worker."""
    if name != "glyphs":
        return data.load(name).to(device)
    drawn = data.glyphs(train_per_class=per_class, test_per_class=per_class, size=size, difficulty=difficulty)
    return drawn.to(device)


def _features(model: models.Classifier, inputs: Tensor) -> Tensor:
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)])


EXPERIMENT = Experiment("settings", "What makes a network collapse", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
