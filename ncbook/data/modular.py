"""Arithmetic modulo p: every pair (a, b) and its answer, split so that no test pair is a training pair turned round."""

from collections.abc import Callable

import torch
from torch import Tensor

from ncbook._checks import require_choice, require_integer, require_seed, require_share
from ncbook.data.dataset import Dataset, Split

# Named by formula, they are operations of Power et al. (2022).
OPERATIONS: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {
    "addition": lambda a, b, p: a + b,
    "subtraction": lambda a, b, p: a - b,
    "multiplication": lambda a, b, p: a * b,
    "division": lambda a, b, p: a * _inverses(p)[b],
    "a^2+b^2": lambda a, b, p: a * a + b * b,
    "a^2+ab+b^2": lambda a, b, p: a * a + a * b + b * b,
    "a^2+ab+b^2+a": lambda a, b, p: a * a + a * b + b * b + a,
    "a^3+ab": lambda a, b, p: a * a * a + a * b,
    "a^3+ab^2+b": lambda a, b, p: a * a * a + a * b * b + b,
}
SPLITS = ("unordered", "ordered")


def modular(
    p: int, operation: str = "addition", fraction: float = 0.5, split: str = "unordered", seed: int = 0
) -> Dataset:
    """Pairs (a, b) as int64 inputs [N, 2] with labels a∘b mod p, `fraction` of them to train, the rest to test.

    - split="unordered": (a, b) and (b, a) fall on the same side
    - split="ordered": each pair falls for itself, as in Power et al. (2022). A commutative operation leaks: a network
      that ignores the order of its inputs knows a test pair whose mirror image it was trained on.

    Both draw from the pairs without a mirror image, such as (a, a), and from the others apart, so that the sizes do
    not depend on `seed`, which draws the split; with equal seeds a smaller fraction's training set lies inside a
    larger one's. Pairs are in the order of `modular_pairs`. Class c is the number c, whether or not it is an answer.

    Raises ValueError as `modular_pairs` does, for a fraction outside (0, 1) or that leaves a split empty, and for an
    unknown split.

    >>> addition = data.modular(7, fraction=0.5)
    >>> len(addition.train), len(addition.test)
    (24, 25)
    """
    require_share("fraction", fraction)
    require_choice("split", split, SPLITS)
    require_seed("seed", seed)
    pairs = modular_pairs(p, operation)
    chosen = _chosen(pairs.inputs, p, fraction, split, torch.Generator().manual_seed(seed))
    if bool(chosen.all()) or not bool(chosen.any()):
        raise ValueError(f"fraction: {fraction} of {len(pairs)} pairs leaves no pair to train or none to test")
    train, test = (Split(pairs.inputs[rows], pairs.labels[rows]) for rows in (chosen, ~chosen))
    return Dataset(f"{operation} mod {p}", train, test, tuple(str(number) for number in range(p)))


def modular_pairs(p: int, operation: str = "addition") -> Split:
    """Every pair and its answer: inputs [p^2, 2] int64, row a p + b holds (a, b); labels [p^2] in 0..p-1.

    "division" is a b^-1: it needs a prime p and leaves out b = 0, so that p (p-1) rows remain. Raises ValueError for
    p that is not an integer >= 2, an unknown operation, or division modulo a p that is not prime.

    >>> every = data.modular_pairs(7)
    >>> every.inputs[10], every.labels[10]
    (tensor([1, 3]), tensor(4))
    """
    require_integer("p", p, 2)
    require_choice("operation", operation, OPERATIONS)
    numbers = torch.arange(p)
    pairs = torch.cartesian_prod(numbers, numbers)
    if operation == "division":
        if any(p % factor == 0 for factor in range(2, int(p**0.5) + 1)):
            raise ValueError(f"p: division needs a prime, got {p}")
        pairs = pairs[pairs[:, 1] > 0]
    return Split(pairs, OPERATIONS[operation](pairs[:, 0], pairs[:, 1], p) % p)


def _inverses(p: int) -> Tensor:
    """[p]: b^-1 modulo the prime p, with 0 in place of that of 0, which has none."""
    return torch.tensor([0, *(pow(number, -1, p) for number in range(1, p))])


def _chosen(pairs: Tensor, p: int, fraction: float, split: str, generator: torch.Generator) -> Tensor:
    """[N] bool: the training pairs."""
    a, b = pairs.T
    keys = torch.minimum(a, b) * p + torch.maximum(a, b)
    _, group, sizes = keys.unique(return_inverse=True, return_counts=True)
    mirrored = sizes == 2
    if split == "ordered":
        mirrored, group = mirrored[group], torch.arange(len(pairs))
    taken = torch.zeros(len(mirrored), dtype=torch.bool)
    for members in (mirrored.nonzero()[:, 0], (~mirrored).nonzero()[:, 0]):
        order = torch.randperm(len(members), generator=generator)
        taken[members[order[: round(fraction * len(members))]]] = True
    return taken[group]
