"""The nearest class mean and the network's decision where classes are more than dimensions, up to a vocabulary.

Every rule names the class j of the best score a_j . x + c_j, x a point seen from the center of the class means. Scores
are computed in working precision, tiles of classes at a time, and those that are within its error of the best one again
in float64: decisions are those of the float64 definition. A guess saves most of the work where it is right:

- With p leading coordinates, a_j . x is at most the product of these plus the product of the lengths of the rest
  (Cauchy-Schwarz). A guess whose score exceeds that bound for all other classes is the best, at p / d of the work.
- Whether a guess is wrong shows as soon as one class is better.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

_TILE = 1024  # classes whose scores are computed at a time
_PROBES = 128  # points on which numbers of leading coordinates are tried


@dataclass(frozen=True)
class Points:
    """Points to decide on: features [B, d] as they came; x [B, q] their coordinates from the center, scaled; size [B],
    the sum of the lengths of x and of what it was added up from, which bounds its rounding.
    """

    features: Tensor
    x: Tensor
    size: Tensor

    def of(self, rows: Tensor) -> "Points":
        return Points(self.features[rows], self.x[rows], self.size[rows])


class Rule(ABC):
    """A rule of K classes, with vectors [K, q] and constants [K] in working precision; scaled, so that scores fit."""

    def __init__(self, vectors: Tensor, constants: Tensor) -> None:
        self.vectors = vectors
        self.constants = (constants - constants.mean()).to(vectors.dtype)
        self.longest = vectors.norm(dim=1).max()
        self.leading: int | None = None  # coordinates of the bound, 0 for none; None before it has been tried
        self._rests: dict[int, Tensor] = {}

    @abstractmethod
    def exact_scores(self, features: Tensor, classes: slice) -> Tensor:
        """[B, C] float64: the scores of some classes by their definition, from features [B, d] in float64."""

    def best(self, points: Points, guess: Tensor) -> Tensor:
        """[B]: the class of the best score, the first of several; `guess` [B] is where to look first."""
        chosen = guess.clone()
        rest = (~self._bounded(points, guess)).nonzero().squeeze(1)
        if len(rest):
            chosen[rest] = self._searched(points.of(rest))
        return chosen

    def confirms(self, points: Points, guess: Tensor) -> Tensor:
        """[B] bool: whether the best class is `guess` [B]."""
        right = torch.zeros_like(guess, dtype=torch.bool)
        close = torch.zeros_like(right)
        own, error = self._score_of(points, guess), self._error(points, self._score_of(points, guess))
        open_ = torch.arange(len(guess), device=guess.device)
        for number, classes in enumerate(self._tiles()):
            if number == 1:  # only now, since most wrong guesses have been found out by a first tile
                bounded = self._bounded(points.of(open_), guess[open_]) & ~close[open_]
                right[open_[bounded]] = True
                open_ = open_[~bounded]
            scores = self._scores(points.x[open_], classes)
            ahead = _without(scores, guess[open_], classes).amax(1) - own[open_]
            close[open_] |= ahead >= -error[open_]
            open_ = open_[ahead <= error[open_]]
            if not len(open_):
                return right
        right[open_] = True
        doubtful = open_[close[open_]]
        if len(doubtful):
            right[doubtful] = self._settled(points.features[doubtful]) == guess[doubtful]
        return right

    def _tiles(self) -> list[slice]:
        return [slice(start, start + _TILE) for start in range(0, len(self.vectors), _TILE)]

    def _scores(self, x: Tensor, classes: slice) -> Tensor:
        return torch.addmm(self.constants[classes], x, self.vectors[classes].T)

    def _score_of(self, points: Points, guess: Tensor) -> Tensor:
        return (points.x * self.vectors[guess]).sum(1) + self.constants[guess]

    def _error(self, points: Points, scores: Tensor) -> Tensor:
        """[B]: what rounding may change about the difference of two scores near `scores` [B]."""
        eps = torch.finfo(self.vectors.dtype).eps
        return 2 * eps * (self.vectors.shape[1] * points.size * self.longest + 4 * scores.abs())

    def _bounded(self, points: Points, guess: Tensor) -> Tensor:
        """[B] bool: whether the bound by leading coordinates proves the guess."""
        if self.leading is None and len(guess) >= _PROBES // 2:
            self.leading = self._choose_leading(points, guess)
        if not self.leading:
            return torch.zeros_like(guess, dtype=torch.bool)
        return self._proved(points, guess, self.leading)

    def _proved(self, points: Points, guess: Tensor, leading: int) -> Tensor:
        own = self._score_of(points, guess)
        least = own - self._error(points, own)
        if leading not in self._rests:
            self._rests[leading] = self.vectors[:, leading:].norm(dim=1)
        x, rest = points.x[:, :leading], points.x[:, leading:].norm(dim=1)
        proved = torch.ones_like(guess, dtype=torch.bool)
        for classes in self._tiles():
            bounds = torch.addmm(self.constants[classes], x, self.vectors[classes, :leading].T)
            bounds.addr_(rest, self._rests[leading][classes])
            proved &= _without(bounds, guess, classes).amax(1) < least
        return proved

    def _choose_leading(self, points: Points, guess: Tensor) -> int:
        """The number of leading coordinates that saves most work, by a trial on a few points."""
        dim = self.vectors.shape[1]
        if len(self.vectors) <= _TILE:
            return 0
        some = torch.linspace(0, len(guess) - 1, _PROBES, device=guess.device).long()
        probes, costs = points.of(some), {0: float(dim)}
        for leading in (dim // 16, dim // 8, dim // 4, dim // 2):
            left = 1 - self._proved(probes, guess[some], leading).double().mean().item()
            costs[leading] = leading + left * dim
        return min(costs, key=costs.__getitem__)

    def _searched(self, points: Points) -> Tensor:
        """[B]: the best class, by all scores."""
        top = points.x.new_full((len(points.x),), -torch.inf)
        second, chosen = top.clone(), torch.zeros_like(top, dtype=torch.int64)
        for classes in self._tiles():
            scores = self._scores(points.x, classes)
            value, where = scores.max(1)
            runner_up = _without(scores, where + classes.start, classes).amax(1)
            second = torch.maximum(torch.minimum(value, top), torch.maximum(second, runner_up))
            chosen = torch.where(value > top, where + classes.start, chosen)
            top = torch.maximum(value, top)
        close = (top - second <= self._error(points, top)).nonzero().squeeze(1)
        if len(close):
            chosen[close] = self._settled(points.features[close])
        return chosen

    def _settled(self, features: Tensor) -> Tensor:
        """[B]: the best class by float64 scores, the first of several."""
        features = features.double()
        top = features.new_full((len(features),), -torch.inf)
        chosen = torch.zeros_like(top, dtype=torch.int64)
        for classes in self._tiles():
            value, where = self.exact_scores(features, classes).max(1)
            chosen = torch.where(value > top, where + classes.start, chosen)
            top = torch.maximum(value, top)
        return chosen


def _without(scores: Tensor, excluded: Tensor, classes: slice) -> Tensor:
    """The scores of a tile, with minus infinity for the class `excluded` [B] of each row, if it is in the tile."""
    inside = ((excluded >= classes.start) & (excluded < classes.start + scores.shape[1])).nonzero().squeeze(1)
    scores[inside, excluded[inside] - classes.start] = -torch.inf
    return scores
