"""Runs of `margins`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
