"""Figures of the experiment `contrastive`: where alignment and uniformity go, and what wrong labels do."""

from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings.contrastive import ARMS
from ncbook.runs import Run

_SHORT = dict(zip(ARMS, ("cross-entropy", "with labels", "without labels", "rate reduction"), strict=True))


@_style.styled
def contrast_over_steps(run: Run) -> Figure:
    """Alignment and uniformity over the steps with clean labels: median and range of the seeds of each arm."""
    return _over_steps(run, min(run.config["noises"]), {
        "alignment": "alignment, images of one label", "uniformity": "uniformity loss (nats)",
    })  # fmt: skip


@_style.styled
def wrong_labels_over_steps(run: Run) -> Figure:
    """Test accuracy and wrong labels memorized over the steps, at the highest label noise: median and range."""
    return _over_steps(run, max(run.config["noises"]), {
        "unit_ncc_acc_test": "test accuracy, nearest mean", "wrong_acc_given": "wrong labels memorized",
    })  # fmt: skip


def _over_steps(run: Run, noise: float, columns: dict[str, str]) -> Figure:
    frame = run.to_frame()
    frame = frame[(frame.label_noise == noise) & (frame.step > 0)]
    figure, axes = _style.panels(run, len(columns), height=3.6)
    for panel, (column, label) in zip(axes, columns.items(), strict=True):
        for style, arm in enumerate(ARMS):
            _bands.draw_seeds(panel, frame[frame.arm == arm], column, _SHORT[arm], style, "step", every=4)
        panel.set(title=label, xlabel="steps")
        _style.log_axis(panel.xaxis)
    for panel, column in zip(axes, columns, strict=True):
        if column.endswith(("acc_test", "given")):
            _style.percent_axis(panel.yaxis)
    _style.legend_above(figure, axes[0], 4)
    return figure
