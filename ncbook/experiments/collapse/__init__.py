"""Train past zero error, and watch the last layer collapse (after Papyan, Han and Donoho 2020).

Each network is trained from several seeds and at several weight decays. At log-spaced epochs, NC1 to NC4 and
CDNV are measured on the training set and on the test set, each with its own class means. For one seed,
three classes are also kept as points in the plane of their means, so that the collapse can be drawn.

The learning rate is constant until long after the last training error, so that time alone passes there, and then
falls smoothly to 0. The presets gpu and paper keep the published schedule of two drops.
"""

from functools import lru_cache, partial
from itertools import product
from typing import Any

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.collapse.claims import CLAIMS
from ncbook.experiments.collapse.config import Config
from ncbook.experiments.collapse.measure import features_of, measure
from ncbook.experiments.collapse.plane import Plane
from ncbook.readings.collapse import ARM

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "build",
    "load",
    "measure",
    "probed_epochs",
    "recipe_of",
    "run",
    "train_arm",
]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm: a row a probed epoch, with `measure`; arrays as `Plane` says, for each network at the first seed
    and weight decay."""
    arms = product(config.networks, config.weight_decays, config.seeds)
    results = sweep(partial(_arm, config, device), arms)
    arrays = {name: array for _, pictured in results for name, array in pictured.items()}
    return [row for rows, _ in results for row in rows], arrays


def _arm(config: Config, device: str, arm: tuple[str, float, int]) -> tuple[Rows, Arrays]:
    """The rows of one arm, and the arrays of its plane if it is one that is pictured."""
    network, weight_decay, seed = arm
    dataset = _dataset(config.dataset, device)
    first = weight_decay == config.weight_decays[0] and seed == config.seeds[0]
    plane = Plane(config, dataset, seed) if first else None
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
    plane: Plane | None = None,
) -> list[dict[str, Any]]:
    """Train one network from one seed; returns one history row a probed epoch."""
    model = build(config, dataset, network, seed)
    recipe = recipe_of(config, weight_decay, len(dataset.train))
    epoch_steps = recipe.steps // config.epochs

    def probe(model: models.Classifier, step: int) -> dict[str, Any]:
        epoch = step // epoch_steps
        row: dict[str, Any] = {"network": network, "weight_decay": weight_decay, "seed": seed}
        row |= {"epoch": epoch, "step": step}
        train, test = (features_of(model, split.inputs) for split in (dataset.train, dataset.test))
        if plane is not None:
            plane.add(epoch, model.head.weight, train, test)
        row |= measure(model.head, dataset, train, test)
        return row

    probed = [epoch * epoch_steps for epoch in probed_epochs(config)]
    return trainers.fit(model, dataset.train, recipe, seed, probe, probed).whole()


def recipe_of(config: Config, weight_decay: float, points: int) -> trainers.Recipe:
    """SGD with momentum, and one of two schedules: see `Config`."""
    epoch_steps = trainers.steps_per_epoch(points, config.batch_size)
    return trainers.Recipe(
        steps=config.epochs * epoch_steps,
        learning_rate=config.learning_rate,
        batch_size=config.batch_size,
        momentum=config.momentum,
        weight_decay=weight_decay,
        schedule=_schedule(config, epoch_steps),
    )


def _schedule(config: Config, epoch_steps: int) -> trainers.Drops | trainers.Cosine:
    if config.held is None:
        thirds = (config.epochs // 3, 2 * config.epochs // 3)
        return trainers.Drops(tuple(epoch * epoch_steps for epoch in thirds if epoch))
    held = int(config.held * config.epochs)
    return trainers.Cosine(config.epochs * epoch_steps, start=held * epoch_steps)


def probed_epochs(config: Config) -> list[int]:
    """Log-spaced, and the last epoch at the full learning rate if that is held for a share of the epochs."""
    spaced = {*trainers.log_spaced(config.epochs, config.probes)}
    return sorted(spaced if config.held is None else spaced | {int(config.held * config.epochs)})


def build(config: Config, dataset: data.Dataset, network: str, seed: int) -> models.Classifier:
    """The untrained network of one seed, on the data's device; the same weights on every device."""
    with models.seeded(seed):
        model = models.build(network, dataset.input_shape, dataset.num_classes, config.width)
    return model.to(dataset.train.labels.device)


EXPERIMENT = Experiment(
    "collapse", "Watching a network collapse", 2, Config, train, keys=ARM, claims=CLAIMS, exact=("weight_decay",)
)
run, load = EXPERIMENT.run, EXPERIMENT.load
