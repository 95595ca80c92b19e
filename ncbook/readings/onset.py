"""Runs of `onset`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
