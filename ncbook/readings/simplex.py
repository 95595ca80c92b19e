"""Runs of `simplex`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
