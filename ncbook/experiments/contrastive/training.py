"""One network trained by one of the losses on two views of each image, and what is measured on it."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments import _noisy_labels
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.contrastive.config import Config
from ncbook.readings.contrastive import ARMS, CE, LABELS, NO_LABELS, RATES
from ncbook.trainers.outputs import Term


@dataclass(frozen=True)
class Arm:
    """One training: its labels are drawn anew with probability `label_noise`, unless it has none."""

    arm: str
    label_noise: float
    seed: int


def trainings(config: Config) -> list[Arm]:
    """Every arm at every noise; without labels there is one training for all of them."""
    noises = {arm: config.noises[:1] if arm == NO_LABELS else config.noises for arm in ARMS}
    return [Arm(arm, noise, seed) for seed in config.seeds for arm in ARMS for noise in noises[arm]]


def train(config: Config, device: str, arm: Arm) -> Rows:
    """Train one network: a row a probed step and label noise by which its features are read."""
    shape = config.test_per_class, config.size, config.difficulty
    dataset = _noisy_labels.images(config.dataset, config.per_class, *shape, arm.seed).to(device)
    model = build(config, dataset, arm).to(device)
    read = config.noises if arm.arm == NO_LABELS else (arm.label_noise,)
    labeled = [(noise, _noisy(dataset, noise, arm.seed)) for noise in read]

    def probe(model: models.Classifier, step: int) -> Rows:
        told = {"arm": arm.arm, "seed": arm.seed, "step": step}
        return [{**told, "label_noise": noise, **measure(model, train, dataset.test)} for noise, train in labeled]

    recipe = recipe_of(config, arm.arm)
    views = two_views(labeled[0][1], by_image=arm.arm == NO_LABELS)
    fitted = trainers.fit(model, views, recipe, arm.seed, probe, probe_steps(config), lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


def probe_steps(config: Config) -> list[int]:
    """Evenly spaced on a logarithmic axis, and as many in equal steps, so that the end is seen as closely."""
    even = (config.steps * number // config.probes for number in range(1, config.probes + 1))
    return sorted({*trainers.log_spaced(config.steps, config.probes), *even})


def _noisy(dataset: data.Dataset, noise: float, seed: int) -> data.NoisySplit:
    return cast(data.NoisySplit, data.LabelNoise(noise, seed)(dataset).train)


def build(config: Config, dataset: data.Dataset, arm: Arm) -> models.Classifier:
    """The untrained network: of one seed all arms have the same features. The head has an output for each class."""
    with models.seeded(arm.seed):
        model = models.build(config.network, dataset.input_shape, dataset.num_classes, config.width)
        models.reduce_features(model, config.dim)
        if arm.arm == NO_LABELS:
            model.head = torch.nn.Linear(config.dim, len(dataset.train))  # every image is a class
        return model


def two_views(train: data.Split, by_image: bool) -> data.Split:
    """Each image twice; the class of both is the label of the image or, with `by_image`, its number."""
    classes = torch.arange(len(train), device=train.labels.device) if by_image else train.labels
    return data.Split(train.inputs.repeat(2, 1, 1, 1), classes.repeat(2))


def recipe_of(config: Config, arm: str) -> trainers.Recipe:
    """Full batches, so that both views of an image are always in one."""
    contrastive = trainers.SupervisedContrastive(config.temperature)
    losses: dict[str, Term] = {
        CE: trainers.CrossEntropy(), LABELS: contrastive, NO_LABELS: contrastive,
        RATES: trainers.RateReduction(config.eps_sq),
    }  # fmt: skip
    return trainers.Recipe(
        steps=config.steps, learning_rate=config.rates[ARMS.index(arm)], momentum=config.momentum,
        weight_decay=config.weight_decay, schedule=trainers.Cosine(config.steps), loss=losses[arm],
        augment=data.Compose((data.RandomCrop(config.shift), data.GaussianNoise(config.jitter))),
    )  # fmt: skip


def measure(model: models.Classifier, train: data.NoisySplit, test: data.Split) -> Row:
    """The columns of one probe. Decisions are by the nearest mean of the training directions by given label."""
    unit, new = (_directions(model, split.inputs) for split in (train, test))
    means, wrong = metrics.class_means(unit, train.labels), train.wrong
    decided, found = (torch.cdist(each, means).argmin(1) for each in (unit, new))
    return {
        "train_error": _share(decided != train.labels),
        "unit_ncc_acc_test": _share(found == test.labels),
        "wrong_acc_given": _share(decided[wrong] == train.labels[wrong]),
        "unit_variance_ratio_train": metrics.variance_ratio(unit, train.labels).item(),
        "unit_variance_ratio_test": metrics.variance_ratio(new, test.labels).item(),
        "unit_nc2_angles_train": metrics.collapse(unit, train.labels, means).nc2_angles,
        "class_rank": _class_rank(unit, train.labels),
        "alignment": metrics.alignment(unit, train.labels).item(),
        "uniformity": metrics.uniformity(unit).item(),
    }


def _directions(model: models.Classifier, inputs: Tensor) -> Tensor:
    """[N, d] float64, rows of length 1."""
    return torch.nn.functional.normalize(model.features(inputs).double(), dim=1)


def _class_rank(unit: Tensor, labels: Tensor) -> float:
    """exp of the entropy of the eigenvalues of second moments, mean over the classes."""
    classes = [unit[labels == label] for label in labels.unique()]
    return sum(metrics.effective_rank(own.T @ own).item() for own in classes) / len(classes)


def _share(right: Tensor) -> float:
    """Share of true entries; nan of none."""
    return right.double().mean().item()
