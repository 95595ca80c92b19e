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
from ncbook.experiments._experiment import Arrays, Experiment, Row, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.collapse.measure import features_of
from ncbook.experiments.settings.claims import CLAIMS
from ncbook.experiments.settings.config import Config
from ncbook.readings.settings import ARM

__all__ = ["CLAIMS", "EXPERIMENT", "LOSSES", "Arm", "Config", "arms", "load", "run", "train_arm"]


# Strengths as in the code of Zhou et al. (2022), "Are all losses created equal": 0.05, 3 and 15.
LOSSES: dict[str, trainers.CrossEntropy | trainers.Focal | trainers.SquaredError] = {
    "ce": trainers.CrossEntropy(),
    "smoothed": trainers.CrossEntropy(smoothing=0.05),
    "focal": trainers.Focal(gamma=3.0),
    "mse": trainers.SquaredError(),
    "mse_rescaled": trainers.SquaredError(height=15.0),
}


@dataclass(frozen=True, order=True)
class Arm:
    """One training: what is trained on what, how, and from which seed."""

    dataset: str
    network: str
    loss_name: str
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
    """Train every arm: a row a probed epoch, with `collapse.measure`, trained_loss and outside_span. No arrays.

    train_loss and test_loss are cross-entropies in nats, whatever was trained; trained_loss is the loss that is
    trained, on the training set without weight decay; see `outside_span`, of W and the training means.
    """
    return [row for rows in sweep(partial(train_arm, config, device), arms(config)) for row in rows], {}


def recipe_of(config: Config, arm: Arm, points: int) -> trainers.Recipe:
    """SGD with the schedule of `collapse.recipe_of`, at the learning rate of the loss.

    Plain networks, which have no batch norm, have a rate and a batch of their own, and take as many steps.
    """
    plain = arm.network in config.plain_networks
    rate = dict(zip(config.losses, config.learning_rates, strict=True))[arm.loss_name]
    protocol = collapse.Config(
        epochs=config.epochs,
        batch_size=config.batch_size,
        momentum=config.momentum,
        learning_rate=config.plain_learning_rate if plain else rate,
        held=config.held,
    )
    recipe = replace(collapse.recipe_of(protocol, arm.weight_decay, points), loss=LOSSES[arm.loss_name])
    return replace(recipe, batch_size=config.plain_batch_size) if plain else recipe


def probed_epochs(config: Config) -> list[int]:
    """As in `collapse.probed_epochs`."""
    return collapse.probed_epochs(collapse.Config(epochs=config.epochs, probes=config.probes, held=config.held))


def train_arm(config: Config, device: str, arm: Arm) -> Rows:
    """Train one arm; one history row a probed epoch."""
    dataset = _dataset(arm.dataset, device, config.glyphs_per_class, config.glyph_size, config.glyph_difficulty)
    model = collapse.build(collapse.Config(width=config.width), dataset, arm.network, arm.seed)
    recipe = recipe_of(config, arm, len(dataset.train))
    epoch_steps = recipe.steps // config.epochs

    def probe(model: models.Classifier, step: int) -> Row:
        return vars(arm) | {"epoch": step // epoch_steps, "step": step} | _measured(model, dataset, recipe)

    probed = [epoch * epoch_steps for epoch in probed_epochs(config)]
    return trainers.fit(model, dataset.train, recipe, arm.seed, probe, probed, lambda step: None).whole()


def _measured(model: models.Classifier, dataset: data.Dataset, recipe: trainers.Recipe) -> dict[str, float]:
    train, test = (features_of(model, split.inputs) for split in (dataset.train, dataset.test))
    head, labels = model.head, dataset.train.labels
    outputs = trainers.Outputs(train, head(train), labels, head.weight)
    means = metrics.class_means(train, labels, dataset.num_classes)
    row = {"trained_loss": recipe.loss(outputs).item(), "outside_span": outside_span(head.weight, means)}
    return row | collapse.measure(head, dataset, train, test)


def outside_span(weight: Tensor, means: Tensor) -> float:
    """Share of ||W||_F^2 that lies outside the span of the centered class means; weight [K, d], means [K, d].

    Between 0, where every row is a combination of the centered means, and 1, where all are orthogonal to them.
    """
    weight, centered = weight.double(), means.double() - means.double().mean(0)
    basis = torch.linalg.svd(centered, full_matrices=False).Vh[: len(means) - 1]  # [K-1, d]
    return 1 - float((weight @ basis.T).square().sum() / weight.square().sum())


@lru_cache(maxsize=1)
def _dataset(name: str, device: str, per_class: int, size: int, difficulty: float) -> data.Dataset:
    """Read, or drawn, once in each worker."""
    if name != "glyphs":
        return data.load(name).to(device)
    drawn = data.glyphs(train_per_class=per_class, test_per_class=per_class, size=size, difficulty=difficulty)
    return drawn.to(device)


EXPERIMENT = Experiment(
    "settings", "What makes a network collapse", 1, Config, train, keys=ARM, claims=CLAIMS, exact=("weight_decay",)
)
run, load = EXPERIMENT.run, EXPERIMENT.load
