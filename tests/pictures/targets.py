"""What the pictures of `targets` have to show. TODO: an entry a figure, from the run alone."""

from ncbook.runs import Run
from pictures import Axis, median_and_range


def _over_steps(run: Run):
    frame = run.to_frame()
    frame = frame[frame.step > 0]
    for panel, decay in enumerate(run.config["weight_decays"]):
        rows = frame[frame.weight_decay == decay]
        for side in ("train", "test"):
            yield from median_and_range(panel, side, rows.pivot(index="seed", columns="step", values=f"nc1_{side}"))
        yield Axis(panel, "log", "log")


EXPECTED = {"targets_over_steps": _over_steps}

# The explorable: what tells its arms apart, and its measures by their names on the page: column, logarithmic or not.
ARMS = ("weight_decay",)
MEASURES = {"NC1, training set": ("nc1_train", True), "NC1, test set": ("nc1_test", True)}
