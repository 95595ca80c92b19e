"""Transformations of a data set as values: frozen, comparable settings that are called with a Dataset.

`LabelNoise(0.2)(dataset)` is a new Dataset; the old one stays as it was. They compose in the order in which they are
called. Random numbers are drawn on the CPU from the seed, so that a seed means the same rows on every device. Rows that
stay keep their order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from math import isfinite

import torch
from torch import Tensor

from ncbook._checks import (
    as_tuple,
    require,
    require_device,
    require_instance,
    require_integer,
    require_number,
    require_seed,
)
from ncbook.data.dataset import Dataset, Split, as_labels


@dataclass(frozen=True)
class NoisySplit(Split):
    """A split whose labels were tampered with: `true_labels` [N] int64 keeps what they were before the first change.

    The other transformations of this module keep the two in step.

    >>> noisy = data.WrongLabelNoise(1.0)(digits).train
    >>> bool(noisy.wrong.all()), torch.equal(noisy.true_labels, digits.train.labels)
    (True, True)
    """

    true_labels: Tensor

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "true_labels", as_labels(self.true_labels, "true_labels", self.inputs))

    @property
    def wrong(self) -> Tensor:
        """[N] bool: where the label is not the true one."""
        return self.labels != self.true_labels

    def to(self, device: torch.device | str) -> "NoisySplit":
        require_device("device", device)
        return NoisySplit(self.inputs.to(device), self.labels.to(device), self.true_labels.to(device))


@dataclass(frozen=True)
class Subset:
    """`per_class` training images of each class, drawn without replacement; the test split stays whole.

    With one seed a smaller subset lies within a larger one. Raises ValueError unless every class has that many.

    >>> len(data.Subset(per_class=20)(digits).train)
    200
    """

    per_class: int
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("per_class", self.per_class)
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        smallest = int(_counts(dataset).min())
        if not 1 <= self.per_class <= smallest:
            raise ValueError(
                f"per_class: expected an integer in 1..{smallest}, the smallest class, got {self.per_class}"
            )
        return _thinned(dataset, torch.full((dataset.num_classes,), self.per_class), self.seed)


@dataclass(frozen=True)
class ExponentialImbalance:
    """Class c of 0..K-1 keeps n ratio^(-c / (K-1)) training images, n the size of the smallest class before.

    Rounded to the nearest integer; the first class is the largest, and `ratio` times the size of the last. So are the
    long-tailed sets of Cui et al. 2019 and Cao et al. 2019, whose code rounds down. The test split stays balanced.
    Raises ValueError unless ratio is finite and 1 <= ratio <= n.

    >>> rare = data.ExponentialImbalance(ratio=10)(digits)
    >>> rare.train.labels.bincount()
    tensor([100,  77,  60,  46,  36,  28,  22,  17,  13,  10])
    """

    ratio: float
    seed: int = 0

    def __post_init__(self) -> None:
        require_number("ratio", self.ratio)
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        largest, last = _largest(dataset, self.ratio), dataset.num_classes - 1
        sizes = largest * self.ratio ** (-torch.arange(last + 1, dtype=torch.float64) / last)
        return _thinned(dataset, sizes.round().long(), self.seed)


@dataclass(frozen=True)
class StepImbalance:
    """The last `minority` classes keep n / ratio training images, the others n, the size of the smallest class before.

    Rounded to the nearest integer. Buda, Maki and Mazurowski 2018. The test split stays balanced. Raises
    ValueError unless ratio is finite, 1 <= ratio <= n, and 1 <= minority <= K - 1.

    >>> rare = data.StepImbalance(ratio=10, minority=2)(digits)
    >>> rare.train.labels.bincount()
    tensor([100, 100, 100, 100, 100, 100, 100, 100,  10,  10])
    """

    ratio: float
    minority: int
    seed: int = 0

    def __post_init__(self) -> None:
        require_number("ratio", self.ratio)
        require_integer("minority", self.minority)
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        largest, num_classes = _largest(dataset, self.ratio), dataset.num_classes
        if not 1 <= self.minority < num_classes:
            raise ValueError(
                f"minority: expected an integer in 1..{num_classes - 1} for K = {num_classes}, got {self.minority}"
            )
        sizes = torch.full((num_classes,), largest)
        sizes[num_classes - self.minority :] = round(largest / self.ratio)
        return _thinned(dataset, sizes, self.seed)


@dataclass(frozen=True)
class Oversampling:
    """Training images of each class are repeated until it has as many as the largest; the test split stays whole.

    All images of a class are repeated equally often, but for one copy where the sizes do not divide: `seed` draws who
    has it. Every class must occur. Equal to weights in the loss but for the batches (Buda, Maki and Mazurowski 2018).

    >>> rare = data.StepImbalance(ratio=10, minority=2)(digits)
    >>> data.Oversampling()(rare).train.labels.bincount()
    tensor([100, 100, 100, 100, 100, 100, 100, 100, 100, 100])
    """

    seed: int = 0

    def __post_init__(self) -> None:
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        counts = _counts(dataset)
        require("dataset", dataset, bool((counts > 0).all()), "a training image of each class at least")
        order, starts = _by_class(dataset, self.seed), counts.cumsum(0) - counts
        place = torch.arange(int(counts.max()))  # the place in a class of that size
        rows = [order[start + place % count] for start, count in zip(starts, counts, strict=True)]
        return replace(dataset, train=_rows(dataset.train, torch.cat(rows).sort().values))


@dataclass(frozen=True)
class LabelNoise:
    """Each training label is drawn anew with probability `rate`, uniformly from all K classes, the true one included.

    A label is then wrong with probability rate (K-1)/K. The training split becomes a `NoisySplit`; inputs and test
    labels stay. Raises ValueError unless 0 <= rate <= 1.

    >>> noisy = data.LabelNoise(0.5)(digits).train
    >>> round(noisy.wrong.float().mean().item(), 1)  # 0.5 times 9/10, to a digit
    0.5
    """

    rate: float
    seed: int = 0

    def __post_init__(self) -> None:
        require_number("rate", self.rate)
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        return _noisy(dataset, self.rate, self.seed, lowest_shift=0)


@dataclass(frozen=True)
class WrongLabelNoise:
    """Each training label becomes, with probability `rate`, one of the K-1 wrong ones, drawn uniformly.

    A label is wrong with probability `rate`: symmetric noise as in Patrini et al. 2017. The training split becomes a
    `NoisySplit`; inputs and test labels stay. Raises ValueError unless 0 <= rate <= 1.

    >>> noisy = data.WrongLabelNoise(0.2)(digits).train
    >>> round(noisy.wrong.float().mean().item(), 1)
    0.2
    """

    rate: float
    seed: int = 0

    def __post_init__(self) -> None:
        require_number("rate", self.rate)
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        return _noisy(dataset, self.rate, self.seed, lowest_shift=1)


@dataclass(frozen=True)
class RandomLabels:
    """The training labels in random order: what is left to learn is memory. The training split becomes a `NoisySplit`.

    A permutation keeps the size of every class, as neural collapse assumes; `LabelNoise(1.0)` draws independent labels,
    as in Zhang et al. 2017, and does not.

    >>> shuffled = data.RandomLabels()(digits).train
    >>> torch.equal(shuffled.labels.bincount(), digits.train.labels.bincount())
    True
    """

    seed: int = 0

    def __post_init__(self) -> None:
        require_seed("seed", self.seed)

    def __call__(self, dataset: Dataset) -> Dataset:
        _require_dataset(dataset)
        train = dataset.train
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(self.seed))
        return replace(dataset, train=_with_labels(train, train.labels[order.to(train.labels.device)]))


@dataclass(frozen=True)
class SuperClasses:
    """Class c of both splits becomes class groups[c], which is called names[groups[c]].

    Raises ValueError for fewer than two names, a number in `groups` outside 0..len(names)-1, a name without a class,
    or, when called, unless there is one number for each class.

    >>> parity = data.SuperClasses(groups=(0, 1) * 5, names=("even", "odd"))
    >>> parity(digits).train.labels.bincount()
    tensor([500, 500])
    """

    groups: tuple[int, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        names = as_tuple("names", self.names, "the names of at least two classes")
        fine = len(names) >= 2 and all(isinstance(name, str) for name in names)
        require("names", names, fine, "the names of at least two classes")
        for number in as_tuple("groups", self.groups, "a number for each class"):
            require_integer("groups", number, 0, len(names) - 1)
        if set(self.groups) != set(range(len(self.names))):
            raise ValueError(f"groups: expected every number of 0..{len(self.names) - 1}, got {self.groups}")

    def __call__(self, dataset: Dataset) -> Dataset:
        _require_dataset(dataset)
        if len(self.groups) != dataset.num_classes:
            raise ValueError(f"groups: {len(self.groups)} numbers for {dataset.num_classes} classes")
        train, test = (_relabeled(split, torch.tensor(self.groups)) for split in (dataset.train, dataset.test))
        return replace(dataset, train=train, test=test, class_names=tuple(self.names))


def hold_out(dataset: Dataset, classes: Iterable[int]) -> tuple[Dataset, Dataset]:
    """(source, target): the classes that are not in `classes`, in their order, and those that are, in the order given.

    Both are numbered from 0 and keep their names; every image goes, in its split, to one of the two. Raises ValueError
    for a class outside 0..K-1, one given twice, fewer than two classes on either side, or a `NoisySplit`: an image
    whose true class lies on the other side would have no true label left, so hold out first and add noise then.

    >>> source, target = data.hold_out(digits, classes=(8, 9))
    >>> source.num_classes, target.class_names
    (8, ('8', '9'))
    """
    _require_dataset(dataset)
    if isinstance(dataset.train, NoisySplit):
        raise ValueError("dataset: its training labels are noisy; hold out classes before adding noise")
    target = as_tuple("classes", classes, "numbers of classes")
    for c in target:
        require_integer("classes", c, 0, dataset.num_classes - 1)
    target = tuple(int(c) for c in target)
    if len(set(target)) != len(target):
        raise ValueError(f"classes: expected each once, got {target}")
    source = tuple(c for c in range(dataset.num_classes) if c not in target)
    if min(len(source), len(target)) < 2:
        raise ValueError(
            f"classes: {target} leaves {len(source)} source and {len(target)} target classes, of at least 2"
        )
    return _only(dataset, source), _only(dataset, target)


def _require_dataset(dataset: Dataset) -> None:
    require_instance("dataset", dataset, Dataset, "a data.Dataset")


def _counts(dataset: Dataset) -> Tensor:
    """Training images of each class, [K]."""
    _require_dataset(dataset)
    return dataset.train.labels.cpu().bincount(minlength=dataset.num_classes)


def _largest(dataset: Dataset, ratio: float) -> int:
    """The size n of the largest class of an imbalanced set, once `ratio` is known to leave an image in the smallest."""
    smallest = int(_counts(dataset).min())
    if dataset.num_classes < 2:
        raise ValueError(f"dataset: imbalance needs K >= 2 classes, got {dataset.num_classes}")
    if not (isfinite(ratio) and 1 <= ratio <= smallest):
        raise ValueError(f"ratio: expected a number in 1..{smallest}, the size of the smallest class, got {ratio}")
    return smallest


def _thinned(dataset: Dataset, sizes: Tensor, seed: int) -> Dataset:
    """sizes[c] training images of each class c, chosen at random, in their old order."""
    labels, order, counts = dataset.train.labels.cpu(), _by_class(dataset, seed), _counts(dataset)
    rank = torch.arange(len(order)) - (counts.cumsum(0) - counts)[labels[order]]
    return replace(dataset, train=_rows(dataset.train, order[rank < sizes[labels[order]]].sort().values))


def _by_class(dataset: Dataset, seed: int) -> Tensor:
    """[N]: the numbers of the training images by class, in random order within each."""
    labels = dataset.train.labels.cpu()
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return shuffled[labels[shuffled].argsort(stable=True)]


def _noisy(dataset: Dataset, rate: float, seed: int, lowest_shift: int) -> Dataset:
    """A noisy label moves on by a uniform number of classes in lowest_shift..K-1, around the circle of classes."""
    _require_dataset(dataset)
    require_number("rate", rate, "a number in [0, 1]", lambda value: 0 <= value <= 1)
    labels, num_classes = dataset.train.labels, dataset.num_classes
    if num_classes < 2:
        raise ValueError(f"dataset: label noise needs K >= 2 classes, got {num_classes}")
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.rand(labels.shape, dtype=torch.float64, generator=generator) < rate
    shift = torch.randint(lowest_shift, num_classes, labels.shape, generator=generator) * chosen
    return replace(dataset, train=_with_labels(dataset.train, (labels + shift.to(labels.device)) % num_classes))


def _with_labels(split: Split, labels: Tensor) -> NoisySplit:
    """`split` with other labels; what it knows of the true ones stays."""
    return NoisySplit(split.inputs, labels, split.true_labels if isinstance(split, NoisySplit) else split.labels)


def _rows(split: Split, rows: Tensor) -> Split:
    """These rows of every tensor of a split."""
    chosen = rows.to(split.labels.device)
    return replace(split, **{each.name: getattr(split, each.name)[chosen] for each in fields(split)})


def _relabeled(split: Split, new: Tensor) -> Split:
    """new[c] in the place of c, in the labels and, if they are kept, the true labels."""
    names = [each.name for each in fields(split) if each.name.endswith("labels")]
    new = new.to(split.labels.device)
    return replace(split, **{name: new[getattr(split, name)] for name in names})


def _only(dataset: Dataset, classes: tuple[int, ...]) -> Dataset:
    """The images of `classes`, which are numbered from 0 in the order given."""
    new = torch.full((dataset.num_classes,), -1)
    new[list(classes)] = torch.arange(len(classes))
    both = (_relabeled(split, new) for split in (dataset.train, dataset.test))
    train, test = (_rows(split, (split.labels >= 0).nonzero().flatten()) for split in both)
    names = tuple(dataset.class_names[c] for c in classes)
    return replace(dataset, train=train, test=test, class_names=names)
