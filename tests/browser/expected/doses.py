"""What the explorable of `doses` has to show: as that of `interventions`, with the step at which the rate falls."""

from pictures.doses import MEASURES

from expected.interventions import two_arms
from expected.interventions import words as words


def pictures(run, state, canvases):
    return two_arms(run, state, canvases["curves"], ("kind", "level"), "step", MEASURES, changes)


def changes(run, key):
    return run.config["steps"]
