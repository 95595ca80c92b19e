"""Runs of `implicit_bias`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
