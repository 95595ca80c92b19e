"""The figures of `deep_unconstrained`."""

from ncbook.runs import Run
from pictures import Line


def _deep(run: Run):
    frame = run.to_frame().query("start == 'random'")
    for panel, arm in enumerate(("deep linear", "deep relu")):
        for count, shift in zip((2, 4, 6), (-0.16, 0, 0.16), strict=True):
            own = frame[(frame.arm == arm) & (frame.num_classes == count)]
            share = own.regularized_loss / own.collapsed_loss
            yield Line(panel, None, own.num_layers + shift, share)
            best = share.groupby(own.num_layers).min().clip(upper=1)  # the collapsed solution is known
            yield Line(panel, f"K = {count}", best.index + shift, best)


EXPECTED = {"deep_collapse_beaten": _deep}
