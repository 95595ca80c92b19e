"""What the explorable of `next_token` has to show: as that of `interventions`, of the widths and the small text."""

from types import SimpleNamespace

from expected import kept
from expected.interventions import two_arms

MEASURES = {
    "CDNV by word, training contexts": ("cdnv_train", True),
    "CDNV by word, new sentences": ("cdnv_test", True),
    "CDNV by kind, training contexts": ("cdnv_kind_train", True),
    "NC1, training contexts": ("nc1_train", True),
    "Training loss": ("train_loss", True),
    "Loss on new sentences": ("test_loss", True),
}


@kept
def shown(run):
    """The rows of the widths and of the small text."""
    frame = run.to_frame()
    frame = frame[(frame.arm == "width") | (frame.arm == "small text")]
    return SimpleNamespace(to_frame=lambda: frame, history={"step": frame.step.to_numpy()})


def pictures(run, state, canvases):
    return two_arms(shown(run), state, canvases["curves"], ("arm", "dim"), "step", MEASURES, lambda run, key: None)


def words(run, state):
    steps = sorted({int(step) for step in shown(run).history["step"]})
    return {"now": str(steps[int(state["slider"])])}
