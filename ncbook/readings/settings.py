"""Runs of `settings`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
