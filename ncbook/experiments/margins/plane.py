"""Points in the plane from two known densities, and three lines between them.

The densities are mixtures of two round Gaussians each, so that the error of any line on the whole distribution is a
sum of normal tail areas: nothing is estimated.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.margins.config import Config

CENTERS = np.array([[[-1.6, -0.3], [-0.6, -1.4]], [[0.6, 1.5], [1.5, 0.2]]])  # [class, component, 2]
DEVIATION = 0.5  # of every component, in every direction
LINES = ("H1", "H2", "H3")
_ANGLES = np.linspace(0, 2 * math.pi, 36_001)[:-1]
_SMALL = 0.1  # the margin of H2, as a share of the largest
_ASIDE = math.radians(70)  # how far H1 is turned


@dataclass(frozen=True)
class Line:
    """Class 1 is where x cos(angle) + y sin(angle) > offset."""

    angle: float
    offset: float

    def heights(self, points: np.ndarray) -> np.ndarray:
        """Signed distances of points [..., 2] to the line, positive on the side of class 1."""
        return points @ np.array([math.cos(self.angle), math.sin(self.angle)]) - self.offset


def margin(line: Line, points: np.ndarray, labels: np.ndarray) -> float:
    """Smallest distance of a point to the line, negative if some point is on the wrong side."""
    return float((line.heights(points) * (2 * labels - 1)).min())


def error(line: Line) -> float:
    """Share of the distribution that `line` decides wrongly, with both classes equally likely."""
    signs = np.array([-1, 1])[:, None]
    return float(scipy.special.ndtr(-signs * line.heights(CENTERS) / DEVIATION).mean())


def draw(points: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """points [2n, 2] and labels [2n]: of the draws of `seed`, the first that a line separates."""
    chance = np.random.default_rng(seed)
    labels = np.repeat([0, 1], points)
    while True:
        found = CENTERS[labels, chance.integers(2, size=2 * points)] + DEVIATION * chance.normal(size=(2 * points, 2))
        if best_margins(found, labels).max() > 0:
            return found, labels


def best_margins(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each of the angles, the margin of the line half-way between the classes."""
    low, high = _edges(_ANGLES, points, labels)
    return (high - low) / 2


def _edges(angles: np.ndarray, points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    heights = np.stack([np.cos(angles), np.sin(angles)], 1) @ points.T
    return heights[:, labels == 0].max(1), heights[:, labels == 1].min(1)


def _halfway(angle: float, points: np.ndarray, labels: np.ndarray) -> Line:
    low, high = _edges(np.array([angle]), points, labels)
    return Line(angle, float(low[0] + high[0]) / 2)


def lines(points: np.ndarray, labels: np.ndarray) -> tuple[Line, Line, Line]:
    """H1, which does not separate; H2, turned until a tenth of the margin is left; H3 with the largest margin.

    H2 is turned counter-clockwise, and stands half-way between the classes, as H3 does.
    """
    margins = best_margins(points, labels)
    best = int(margins.argmax())
    turned = np.roll(margins, -best)
    small = int((turned <= _SMALL * turned[0]).argmax())
    angles = [float(_ANGLES[(best + step) % len(_ANGLES)]) for step in (small, 0)]
    aside = Line(angles[1] - _ASIDE, 0.0)
    return aside, _halfway(angles[0], points, labels), _halfway(angles[1], points, labels)


def measure(config: Config, seed: int) -> tuple[Rows, Arrays]:
    """A row a line; the picture of the first seed: points [2n, 2], labels [2n], lines [3, 2], centers, deviation."""
    points, labels = draw(config.plane_points, seed)
    found = lines(points, labels)
    rows = [
        {"part": "plane", "family": name, "seed": seed, "risk": error(line), "margin": margin(line, points, labels),
         "train_error": float((line.heights(points) * (2 * labels - 1) <= 0).mean())}
        for name, line in zip(LINES, found, strict=True)
    ]  # fmt: skip
    if seed != config.seeds[0]:
        return rows, {}
    picture = {"points": points, "labels": labels, "lines": np.array([(each.angle, each.offset) for each in found])}
    picture |= {"centers": CENTERS, "deviation": np.array(DEVIATION)}
    return rows, {f"plane/{name}": array for name, array in picture.items()}
