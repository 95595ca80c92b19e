"""Metrics of neural collapse: pure functions of tensors.

Shapes use the names of the book's notation page: N points, d feature dimensions, K classes.
"""

from ncbook.metrics.cdnv import cdnv
from ncbook.metrics.collapse import Collapse, collapse, nearest_mean_mismatch
from ncbook.metrics.geometry import simplex_coordinates, simplex_etf

__all__ = [
    "Collapse",
    "cdnv",
    "collapse",
    "nearest_mean_mismatch",
    "simplex_coordinates",
    "simplex_etf",
]
