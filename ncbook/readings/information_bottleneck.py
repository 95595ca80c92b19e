"""Runs of `information_bottleneck`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
