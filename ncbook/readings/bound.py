"""Runs of `bound`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
