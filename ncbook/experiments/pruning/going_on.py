"""Training on the points that are kept: many networks at once, which differ in their points."""

import copy
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ncbook import data, models, trainers
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.pruning.base import Trained, images, measure
from ncbook.experiments.pruning.config import Config, SmallSteps
from ncbook.experiments.pruning.kept import kept
from ncbook.readings.pruning import (
    ALL,
    GOING_ON,
    KEPT,
    RANDOM_BALANCED,
    RULES,
    SCRATCH,
    SMALL,
    SMALLEST,
    SMALLEST_BALANCED,
    STAGES,
    kept_points,
)

_IN_STAGES = (SMALLEST, SMALLEST_BALANCED, RANDOM_BALANCED)


@dataclass(frozen=True)
class Start:
    """A network from which training goes on, and the rows of the training set that it goes on with."""

    about: Row
    model: models.Classifier
    dataset: data.Dataset
    rows: Tensor


def start(
    config: Config, dataset: data.Dataset, trained: Trained, seed: int, epoch: int, share: float, rule: str, course: str
) -> Start:
    """With the points that `rule` keeps of the margins at `epoch`, from the network there or, from scratch, at 0."""
    labels = dataset.train.labels
    rows = kept(rule, trained.margins[epoch], labels, kept_points(len(labels), share), seed)
    about = {
        "part": KEPT, "arm": rule, "course": course, "share": share, "dropped": epoch, "seed": seed,
        "classes_kept": len(labels[rows].unique()),
    }  # fmt: skip
    return Start(about, trained.networks[0 if course == SCRATCH else epoch], dataset, rows)


def at_drop(config: Config, device: str, arm: tuple[int, float, Sequence[Trained]]) -> Rows:
    """Every rule at one drop and share; a share of 1 are all points. At the last drop some start from scratch too."""
    epoch, share, bases = arm
    arms = [(rule, GOING_ON) for rule in ((ALL,) if share == 1 else RULES)]
    if epoch == config.drops[-1]:
        arms.append((ALL if share == 1 else RANDOM_BALANCED, SCRATCH))
    starts = [
        start(config, images(config, seed).to(device), base, seed, epoch, share, rule, course)
        for seed, base in zip(config.seeds, bases, strict=True) for rule, course in arms
    ]  # fmt: skip
    return train(config, starts, config.steps, {max(1, config.steps // 8), config.steps})[0]


def both_rates(config: SmallSteps, device: str, arm: tuple[float, Sequence[Trained]]) -> Rows:
    """One share at the last drop, at the rate of the base and with small steps; a share of 1 are all points."""
    share, bases = arm
    epoch, rates, starts = config.drops[-1], [], []
    for seed, base in zip(config.seeds, bases, strict=True):
        dataset = images(config, seed).to(device)
        small = config.learning_rate * slowdown(base.networks[config.drops[0]], base.networks[epoch])
        for rule in (ALL,) if share == 1 else config.rules:
            for course, rate in ((GOING_ON, config.learning_rate), (SMALL, small)):
                rates.append(rate)
                found = start(config, dataset, base, seed, epoch, share, rule, course)
                starts.append(replace(found, about={**found.about, "learning_rate": rate}))
    return train(config, starts, config.steps, {config.steps}, rates)[0]


def slowdown(before: models.Classifier, after: models.Classifier) -> float:
    """The squared norm of the hidden weights after over that before.

    Under batch norm only the direction of these weights counts, and a step turns it by as much as its length over their
    norm, where the gradient falls with the norm too: so at a rate times this a step turns them as it did before.
    """
    return _squared(after) / _squared(before)


def _squared(model: models.Classifier) -> float:
    weights = [each for each in model.blocks.parameters() if each.ndim > 1]
    return sum(each.detach().double().square().sum().item() for each in weights)


def in_stages(config: Config, device: str, bases: Sequence[Trained]) -> Rows:
    """From the last drop one share after the other, each for an equal part of the steps.

    Margins are measured anew before each stage, of all points, so that one that was dropped may come back.
    """
    epoch = config.drops[-1]
    steps = config.steps // len(config.shares)
    found: Rows = []
    starts = [
        Start({"part": KEPT, "arm": rule, "course": STAGES, "dropped": epoch, "seed": seed}, base.networks[epoch],
              images(config, seed).to(device), torch.empty(0))
        for seed, base in zip(config.seeds, bases, strict=True) for rule in _IN_STAGES
    ]  # fmt: skip
    for share in sorted(config.shares, reverse=True):
        starts = [_dropped(start, share) for start in starts]
        found, networks = train(config, starts, steps, {steps})
        starts = [replace(start, model=model) for start, model in zip(starts, networks, strict=True)]
    return found


def _dropped(start: Start, share: float) -> Start:
    """The same network with fewer points, chosen by its margins now among all points."""
    train = start.dataset.train
    with torch.no_grad():
        margins = measure(start.model, start.dataset)[1]
    rows = kept(start.about["arm"], margins, train.labels, kept_points(len(train), share), start.about["seed"])
    about = {"share": share, "classes_kept": len(train.labels[rows].unique())}
    return replace(start, about={**start.about, **about}, rows=rows)


def train(
    config: Config, starts: Sequence[Start], steps: int, probed: Collection[int], rates: Sequence[float] | None = None
) -> tuple[Rows, list[models.Classifier]]:
    """Go on from every start for so many steps on its points alone, as many for each: rows, and the networks.

    A row a start and one of the steps `probed`, the last one among them. `rates` are learning rates, one a start.
    """
    recipe = trainers.Recipe(
        steps=steps, learning_rate=config.learning_rate, momentum=config.momentum, weight_decay=config.weight_decay
    )
    points = [data.Split(each.dataset.train.inputs[each.rows], each.dataset.train.labels[each.rows]) for each in starts]

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        train, test = ([getattr(each.dataset, side) for each in starts] for side in ("train", "test"))
        errors = {"train_error": _errors(ensemble, train), "test_error": _errors(ensemble, test)}
        return [
            {**start.about, "step": step} | {name: values[at].item() for name, values in errors.items()}
            for at, start in enumerate(starts)
        ]

    own = rates or [config.learning_rate] * len(starts)
    members = [trainers.Member(number, learning_rate=rate) for number, rate in enumerate(own)]
    fitted = trainers.fit_ensemble(
        lambda number: copy.deepcopy(starts[number].model), points, recipe, members, probe, probed, lambda step: None
    )
    networks = fitted.ensemble.models()
    rows = [row for each in fitted.whole() for row in each]
    last = [
        {**row, "test_error_renormed": renormed_error(model, start.dataset)}
        for row, model, start in zip(rows[-len(starts) :], networks, starts, strict=True)
    ]
    return rows[: -len(starts)] + last, networks


def _errors(ensemble: trainers.Ensemble, splits: Sequence[data.Split]) -> Tensor:
    """[S]: share of points of its split that each network decides wrongly."""
    outputs = ensemble.outputs(splits)
    return (outputs.logits.argmax(2) != outputs.labels).double().mean(1)


def renormed_error(model: models.Classifier, dataset: data.Dataset) -> float:
    """Test error with the moments of batch norm those of all training images, whatever it was trained on."""
    renormed = copy.deepcopy(model).train()
    for layer in renormed.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.momentum = 1.0
    with torch.no_grad():
        renormed(dataset.train.inputs)
        logits = renormed.eval()(dataset.test.inputs)
    return (logits.argmax(1) != dataset.test.labels).double().mean().item()
