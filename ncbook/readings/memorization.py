"""Runs of `memorization`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
