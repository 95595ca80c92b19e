"""One network trained on labels of which some are wrong, measured on the way: for several experiments."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Row

_BATCH = 2000  # images in one forward pass while measuring


def images(
    name: str, train_per_class: int, test_per_class: int, size: int, difficulty: float, seed: int
) -> data.Dataset:
    """The data.Dataset called `name`; digits are split and glyphs drawn anew for each seed.

    `test_per_class`, `size` and `difficulty` are for glyphs, `train_per_class` for both; real sets are taken whole.
    """
    if name == "digits":
        return data.digits(train_per_class, seed)
    if name == "glyphs":
        return data.glyphs(
            train_per_class=train_per_class, test_per_class=test_per_class, size=size, difficulty=difficulty, seed=seed
        )
    return data.load(name)


def build(network: str, dataset: data.Dataset, width: int, seed: int) -> models.Classifier:
    """The untrained network of one seed; the same weights on every device."""
    with models.seeded(seed):
        return models.build(network, dataset.input_shape, dataset.num_classes, width)


def train(
    model: models.Classifier,
    dataset: data.Dataset,
    label_noise: float,
    recipe: trainers.Recipe,
    seed: int,
    probes: int,
    device: str,
    about: Row | None = None,
) -> list[Row]:
    """Train on labels that are drawn anew with probability `label_noise`; one row a probed epoch.

    Columns: those of `about`, label_noise, seed, epoch, step and those of `measure`.
    """
    noisy = data.LabelNoise(label_noise, seed)(dataset).to(device)
    true = dataset.train.labels.to(device)
    epoch_steps = trainers.steps_per_epoch(len(dataset.train), recipe.batch_size or len(dataset.train))
    told = {**(about or {}), "label_noise": label_noise, "seed": seed}

    def probe(model: models.Classifier, step: int) -> Row:
        return told | {"epoch": step // epoch_steps, "step": step} | measure(model, noisy, true)

    probed = [epoch * epoch_steps for epoch in trainers.log_spaced(recipe.steps // epoch_steps, probes)]
    return trainers.fit(model.to(device), noisy.train, recipe, seed, probe, probed, lambda step: None).whole()


def measure(model: models.Classifier, noisy: data.Dataset, true: Tensor) -> dict[str, float]:
    """Losses in nats and errors: train_loss and train_error against the given labels, true_error of the training
    images against their `true` labels [N], test_loss and test_error."""
    train, test = (_logits(model, split.inputs) for split in (noisy.train, noisy.test))
    return {
        "train_loss": F.cross_entropy(train, noisy.train.labels).item(),
        "train_error": error(train, noisy.train.labels),
        "true_error": error(train, true),
        "test_loss": F.cross_entropy(test, noisy.test.labels).item(),
        "test_error": error(test, noisy.test.labels),
    }


def error(scores: Tensor, labels: Tensor) -> float:
    """Share of points whose largest score [N, K] is not at their label [N]."""
    return (scores.argmax(1) != labels).double().mean().item()


def _logits(model: models.Classifier, inputs: Tensor) -> Tensor:
    """[N, K] float64."""
    return torch.cat([model(batch) for batch in inputs.split(_BATCH)]).double()
