"""Runs of `flatness`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
