"""Runs of `double_descent`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
