"""Runs of `corrupted_labels`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
