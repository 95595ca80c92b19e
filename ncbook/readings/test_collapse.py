"""Runs of `test_collapse`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
