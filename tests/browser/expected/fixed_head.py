"""What the explorable of `fixed_head` has to show: as that of `interventions`, over the logarithm of the steps."""

from types import SimpleNamespace

from expected import kept
from expected.interventions import two_arms
from expected.interventions import words as words

MEASURES = {
    "Test error": ("test_error", True),
    "Training error": ("train_error", False),
    "Training loss": ("train_loss", True),
    "NC1, training images": ("nc1_train", True),
    "NC2, angles, training images": ("nc2_angles_train", True),
}


@kept
def balanced(run):
    """The rows of digits with as many images of each class, and heads of length 1."""
    frame = run.to_frame().query("dataset == 'digits' and ratio == 1 and row_length == 1")
    return SimpleNamespace(to_frame=lambda: frame)


def pictures(run, state, canvases):
    own = balanced(run)
    return two_arms(own, state, canvases["curves"], ("arm",), "step", MEASURES, lambda run, key: None, log_time=True)
