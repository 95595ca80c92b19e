"""Figures of `targets`. TODO: one function a figure; say in its docstring what a reader should see in it."""

from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.runs import Run


@_style.styled
def targets_over_steps(run: Run) -> Figure:
    """NC1 on the training and the test set over the steps: median and range of the seeds, a panel a weight decay."""
    frame = run.to_frame()
    frame = frame[frame.step > 0]
    figure, axes = _style.panels(run, len(run.config["weight_decays"]), sharey=True)
    for panel, decay in zip(axes, run.config["weight_decays"], strict=True):
        for side in ("train", "test"):
            table = frame[frame.weight_decay == decay].pivot(index="seed", columns="step", values=f"nc1_{side}")
            _bands.draw_band(panel, table.columns.to_numpy(), table.to_numpy(), side, side, every=1)
        panel.set(title=f"weight decay {decay:g}", xlabel="steps", ylabel="NC1 (no unit)")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
    axes[0].legend()
    return figure
