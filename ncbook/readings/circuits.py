"""Runs of `circuits`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
