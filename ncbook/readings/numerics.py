"""Runs of `numerics`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
