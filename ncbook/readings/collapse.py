"""Runs of `collapse`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
