"""What networks learn here: inputs with targets that are numbers, and images with sets of labels."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ncbook import data
from ncbook.experiments.targets.config import Config
from ncbook.readings.targets import DIGITS, SHUFFLED, SOME

_DEVIATIONS, _CORRELATION = (1.5, 1.0), 0.5  # of the targets of inputs that are drawn
_HIDDEN, _SLOPE = 20, 1.5  # tanh units that the targets are made of, and how far from linear they are
UNSEEN = ((0, 1), (2, 3))  # pairs of labels that no training image has, without two pairs


@dataclass(frozen=True)
class Numbers:
    """inputs [N, ...] with targets [N, m], to train and to test; both sides have the units of the training targets."""

    inputs: Tensor
    targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor


def numbers(config: Config, dataset: str, seed: int) -> Numbers:
    """One data set of regression, drawn by the seed."""
    if dataset == DIGITS:
        return _digits(config, seed)
    found = _drawn(config, seed)
    return _shuffled(found, seed) if dataset == SHUFFLED else found


def _drawn(config: Config, seed: int) -> Numbers:
    """Gaussian inputs, and sums of tanh units of them, whose covariance over the training set is as given."""
    size = len(_DEVIATIONS)
    chance = torch.Generator().manual_seed(seed)
    inputs = torch.randn(config.points + config.test_points, config.inputs, generator=chance)
    units = torch.randn(config.inputs, _HIDDEN, generator=chance) * _SLOPE / config.inputs**0.5
    raw = (inputs @ units).tanh() @ torch.randn(_HIDDEN, size, generator=chance)
    train = raw[: config.points]
    centered = (raw - train.mean(0)).double()
    own = torch.linalg.cholesky(torch.cov(train.double().T, correction=0))
    deviations = torch.tensor(_DEVIATIONS, dtype=torch.float64)
    wanted = torch.full((size, size), _CORRELATION, dtype=torch.float64).fill_diagonal_(1)
    root = torch.linalg.cholesky(deviations[:, None] * wanted * deviations)
    targets = (centered @ torch.linalg.inv(own).T @ root.T).float()
    return Numbers(inputs[: config.points], targets[: config.points], inputs[config.points :], targets[config.points :])


def _shuffled(found: Numbers, seed: int) -> Numbers:
    """The same, with the targets of the training points in another order: nothing is left to learn but these points."""
    chance = torch.Generator().manual_seed(seed)
    return replace(found, targets=found.targets[torch.randperm(len(found.targets), generator=chance)])


def _digits(config: Config, seed: int) -> Numbers:
    """Images of digits with their center of mass, across and down, and their amount of ink, in units of deviations."""
    split = data.digits(config.points // 10, seed)
    train, test = (center_and_ink(each.inputs, split.train.inputs.min()) for each in (split.train, split.test))
    mean, deviation = train.mean(0), train.std(0, correction=0)
    sides = ((each - mean) / deviation for each in (train, test))
    targets, test_targets = (each.float() for each in sides)
    return Numbers(split.train.inputs, targets, split.test.inputs, test_targets)


def center_and_ink(images: Tensor, white: Tensor) -> Tensor:
    """[N, 3] float64, of images [N, 1, height, width]: center of mass across and down in pixels, and mean ink."""
    ink = images.double().squeeze(1) - white
    total = ink.sum((1, 2))
    places = torch.arange(ink.shape[1], dtype=torch.float64)
    across, down = (ink.sum(1) @ places / total, ink.sum(2) @ places / total)
    return torch.stack([across, down, total / ink[0].numel()], 1)


@dataclass(frozen=True)
class Sets:
    """Images [N, 1, 8, 8], the rows `sets` [N] of `members` [K + P, K] that they have; first single labels, then pairs.

    `seen` [K + P] is False for pairs that no training image has.
    """

    inputs: Tensor
    sets: Tensor
    test_inputs: Tensor
    test_sets: Tensor
    members: Tensor
    seen: Tensor


def sets(config: Config, dataset: str, seed: int) -> Sets:
    """Images of `labels` digits that the seed draws, alone and in pairs, laid over each other."""
    chance = torch.Generator().manual_seed(seed)
    count = config.labels
    chosen = torch.randperm(10, generator=chance)[:count]
    members = members_of(count)
    split = data.digits(config.per_digit, seed)
    seen = torch.ones(len(members), dtype=torch.bool)
    if dataset == SOME:
        seen[[int((members[:, list(pair)].sum(1) == 2).int().argmax()) for pair in UNSEEN]] = False
    numbers = torch.full((len(members),), config.pair_images)
    numbers[:count] = config.single_images
    test = _images(split.test, chosen, members, numbers, chance)
    train = _images(split.train, chosen, members, numbers * seen, chance)
    return Sets(*train, *test, members, seen)


def members_of(count: int) -> Tensor:
    """[K + P, K] bool: every label alone, and then every pair."""
    pairs = torch.combinations(torch.arange(count))
    return torch.cat([torch.eye(count), torch.zeros(len(pairs), count).scatter(1, pairs, 1.0)]).bool()


def _images(
    split: data.Split, chosen: Tensor, members: Tensor, numbers: Tensor, chance: torch.Generator
) -> tuple[Tensor, Tensor]:
    """So many images of each set: those of its labels are drawn, and of two the larger value of each pixel counts."""
    which = torch.arange(len(members)).repeat_interleave(numbers)
    own = members[which]
    first, last = own.int().argmax(1), own.shape[1] - 1 - own.flip(1).int().argmax(1)
    by_digit = split.labels.argsort(stable=True)
    counts = split.labels.bincount(minlength=10)
    offsets = counts.cumsum(0) - counts
    drawn = []
    for label in (first, last):
        digit = chosen[label]
        place = (torch.rand(len(which), generator=chance) * counts[digit]).long()
        drawn.append(split.inputs[by_digit[offsets[digit] + place]])
    alone = own.sum(1) == 1
    return torch.where(alone[:, None, None, None], drawn[0], torch.maximum(*drawn)), which
