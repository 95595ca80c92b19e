"""Metrics of neural collapse: pure functions of tensors.

Shapes use the names of the book's notation page: N points, d feature dimensions, K classes.
"""

from ncbook.metrics.cdnv import cdnv, cdnv_pairs
from ncbook.metrics.collapse import Collapse, collapse, nc1, nearest_mean_mismatch
from ncbook.metrics.geometry import simplex_coordinates, simplex_etf
from ncbook.metrics.layerwise import layerwise
from ncbook.metrics.meter import CollapseMeter
from ncbook.metrics.one_pass import OnePassMeter

__all__ = [
    "Collapse",
    "CollapseMeter",
    "OnePassMeter",
    "cdnv",
    "cdnv_pairs",
    "collapse",
    "layerwise",
    "nc1",
    "nearest_mean_mismatch",
    "simplex_coordinates",
    "simplex_etf",
]
