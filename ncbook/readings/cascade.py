"""Runs of `cascade`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
