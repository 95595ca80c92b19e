"""Runs of `grokking`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
