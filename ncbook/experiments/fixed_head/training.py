"""One network with one head, learned or fixed, and what is measured on it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.fixed_head import heads
from ncbook.experiments.fixed_head.config import Config
from ncbook.readings.fixed_head import EVERYWHERE, FIRST_ALONE, IMBALANCED, SIMPLEX

_BATCH = 2000  # images in one forward pass while measuring


@dataclass(frozen=True)
class Arm:
    """One training: `arm` names the head; `length` is that of the rows of a fixed one; see `Config`."""

    dataset: str
    arm: str
    row_length: float
    ratio: float
    seed: int


def arms(config: Config) -> list[Arm]:
    """On the first data set every head, lengths of the simplex and imbalance; on the others some heads."""
    first, usual = config.datasets[0], config.length
    found = [(name, arm, usual, 1.0) for name in config.datasets for arm in EVERYWHERE]
    found += [(first, arm, usual, 1.0) for arm in FIRST_ALONE]
    found += [(first, SIMPLEX, length, 1.0) for length in config.lengths]
    found += [(first, arm, usual, ratio) for ratio in config.ratios for arm in IMBALANCED]
    return [Arm(*each, seed) for each in found for seed in config.seeds]


def train(config: Config, device: str, arm: Arm) -> Rows:
    """Train one network; a row a probed step."""
    dataset = images(config, arm).to(device)
    model = build(config, dataset, arm).to(device)
    told = {**vars(arm), "dim": heads.features_read(arm.arm, config.width)}

    def probe(model: models.Classifier, step: int) -> Row:
        return {**told, "step": step, **measure(model, dataset)}

    recipe, steps = recipe_of(config), probe_steps(config)
    return trainers.fit(model, dataset.train, recipe, arm.seed, probe, steps, lambda step: None).whole()


def images(config: Config, arm: Arm) -> data.Dataset:
    """Split, or drawn, by the seed; with a `ratio` above 1 the last half of the classes is rare in the training set."""
    if arm.dataset == "digits":
        dataset = data.digits(config.per_class, arm.seed)
    elif arm.dataset == "mnist5k":
        dataset = data.mnist5k(config.per_class, arm.seed, size=14)
    elif arm.dataset == "glyphs":
        dataset = data.glyphs(
            train_per_class=config.per_class, test_per_class=config.test_per_class, size=config.glyph_size,
            difficulty=config.glyph_difficulty, seed=arm.seed,
        )  # fmt: skip
    else:
        dataset = data.load(arm.dataset)
    return dataset if arm.ratio == 1 else data.StepImbalance(arm.ratio, heads.CLASSES // 2, arm.seed)(dataset)


def build(config: Config, dataset: data.Dataset, arm: Arm) -> models.Classifier:
    """The untrained network: of one seed all arms have the same blocks, as far as they have the same neurons.

    With fewer features than the width the last block keeps so many neurons, or a linear map makes them.
    """
    dim = heads.features_read(arm.arm, config.width)
    with models.seeded(arm.seed):
        model = models.build(config.network, dataset.input_shape, dataset.num_classes, config.width)
        if arm.arm in heads.AFTER_A_MAP:
            models.reduce_features(model, dim)
        elif dim < config.width:
            models.narrow_features(model, dim)
    if arm.arm not in heads.TRAINED:
        models.replace_head(model, models.FixedHead(arm.row_length * heads.rows(arm.arm, dim, arm.seed)))
    return model


def recipe_of(config: Config) -> trainers.Recipe:
    """The same for all arms."""
    return trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, batch_size=config.batch_size,
        momentum=config.momentum, weight_decay=config.weight_decay,
        schedule=trainers.Cosine(config.steps, start=int(config.held * config.steps)),
    )  # fmt: skip


def probe_steps(config: Config) -> list[int]:
    """Evenly spaced on a logarithmic axis, and as many in equal steps, so that the last error is seen as closely."""
    even = (config.steps * number // config.probes for number in range(1, config.probes + 1))
    return sorted({*trainers.log_spaced(config.steps, config.probes // 2), *even})


def measure(model: models.Classifier, dataset: data.Dataset) -> Row:
    """The columns of one probe."""
    train, test = (features_of(model, split.inputs) for split in (dataset.train, dataset.test))
    head, labels = model.head, dataset.train.labels
    logits = head(train).double()
    found = metrics.collapse(train, labels, head.weight, head.bias)
    wrong = head(test).argmax(1) != dataset.test.labels
    rare = dataset.test.labels >= dataset.num_classes // 2
    means = metrics.class_means(train, labels, dataset.num_classes)
    return {
        "train_loss": F.cross_entropy(logits, labels).item(),
        "train_error": _share(logits.argmax(1) != labels),
        "test_error": _share(wrong),
        "rare_error_test": _share(wrong[rare]),
        "frequent_error_test": _share(wrong[~rare]),
        "nc1_train": found.nc1,
        "nc2_norms_train": found.nc2_norms,
        "nc2_angles_train": found.nc2_angles,
        "nc2_angles_head_train": found.nc2_angles_head,
        "nc3_train": found.nc3,
        "rare_cos_means_train": cosine_of_the_rare(means),
        "rare_cos_head_train": cosine_of_the_rare(head.weight.double()),
        "head_length": head.weight.double().square().sum(1).mean().sqrt().item(),
    }


def features_of(model: models.Classifier, inputs: Tensor) -> Tensor:
    """[N, d]"""
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)])


def cosine_of_the_rare(vectors: Tensor) -> float:
    """Mean cosine of two of the last half of the rows [K, d], around the mean of all; nan where one is there."""
    unit = F.normalize(vectors - vectors.mean(0), dim=1)[len(vectors) // 2 :]
    gram = unit @ unit.T
    return gram[~torch.eye(len(unit), dtype=torch.bool, device=gram.device)].mean().item()


def _share(true: Tensor) -> float:
    return true.double().mean().item()
