"""Runs of `image_interventions`."""

from ncbook.readings.measures import Measure

COLUMNS: dict[str, Measure] = {}
