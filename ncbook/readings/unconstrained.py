"""Runs of `unconstrained`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
