"""What the explorable of a result must show that `tests/pictures/NAME.py` describes by ARMS and MEASURES."""

from types import ModuleType, SimpleNamespace

from expected.interventions import two_arms, words


def described(by: ModuleType) -> SimpleNamespace:
    """Any two arms of the run, over its steps."""

    def pictures(run, state, canvases):
        return two_arms(run, state, canvases["curves"], by.ARMS, "step", by.MEASURES, lambda run, arm: None)

    return SimpleNamespace(pictures=pictures, words=words)
