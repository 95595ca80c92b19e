"""Runs of `transfer`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
