"""The figures of `cascade`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Image, Line, median_and_range


def _layers(run: Run, arm: str):
    frame = run.to_frame()
    frame = frame[(frame.part == "layer") & (frame.arm == arm)]
    return frame.assign(D=frame.num_classes * frame.nc1_train)


def _over_time(run: Run):
    frame = _layers(run, "plain")
    columns = ("variance_ratio_train", "variance_ratio_test", "ncc_error_train", "ncc_error_test_train_means")
    for panel, column in enumerate(columns):
        grid = frame.groupby(["step", "layer"])[column].median().unstack().to_numpy()
        yield Image(panel, np.maximum(grid, 1e-3) if "error" in column else grid)
    yield from (Axis(bar, y="log") for bar in (4, 5))


def _lines(run: Run, panel: int, arm: str, moments: dict[str, int]):
    """D over the hidden layers, a line a seed, at steps with names."""
    frame = _layers(run, arm).query("layer > 0")
    for label, step in moments.items():
        for index, seed in enumerate(run.config["seeds"]):
            at = step if step is not None else _fitted(run, arm, seed)
            own = frame[(frame.step == at) & (frame.seed == seed)]
            yield Line(panel, None if index else label, own.layer, own.D)
    yield Axis(panel, y="log")


def _fitted(run: Run, arm: str, seed: int) -> int:
    """The first measured step from which on there is no training error."""
    own = _layers(run, arm).query("seed == @seed and layer == 1").sort_values("step")
    return own.step[own.train_error.iloc[::-1].cummax() == 0].min()


def _separation_law(run: Run):
    for panel, arm in enumerate(("plain", "no decay")):
        moments = {"before training": 0, "last training error gone": None, "end of training": 2000}
        yield from _lines(run, panel, arm, moments)


def _controls(run: Run):
    for panel, arm in enumerate(("all random", "no batch norm", "linear")):
        yield from _lines(run, panel, arm, {"before training": 0, "end of training": 2000})


def _law_over_time(run: Run):
    for arm, label in (("plain", "as it is"), ("no decay", "no weight decay")):
        frame = _layers(run, arm).query("layer > 0")
        logs = np.log(frame.pivot(index=["seed", "step"], columns="layer", values="D").astype(float))
        depth = logs.columns.to_numpy(dtype=float)
        centered = logs.sub(logs.mean(axis=1), axis=0)
        deviation = depth - depth.mean()
        slope = centered @ deviation / (deviation**2).sum()
        correlation = slope * depth.std() / logs.std(axis=1, ddof=0)
        yield from median_and_range(0, label, 1 + correlation.unstack())
        yield from median_and_range(1, label, slope.unstack())
    yield Axis(0, x="symlog", y="log")
    yield Axis(1, x="symlog")


def _depth(run: Run):
    for panel, arms in enumerate((("plain", "half random", "all random"), ("wide", "wide, all random"))):
        labels = ("no random labels", "half random", "all random") if panel == 0 else ("no random labels", "all random")
        for arm, label in zip(arms, labels, strict=True):
            rows = _layers(run, arm).query("step == 2000")
            table = 100 * rows.pivot(index="seed", columns="layer", values="ncc_error_train")
            yield from median_and_range(panel, label, table)
        yield Axis(panel, y="symlog")


def _tunnel(run: Run):
    frame = run.to_frame().query("part == 'probe'")
    for panel, column in enumerate(("probe_acc_seen", "probe_acc_other", "effective_rank")):
        for step, label in ((2000, "trained"), (0, "untrained")):
            table = frame[frame.step == step].pivot(index="seed", columns="layer", values=column)
            yield from median_and_range(panel, label, table if panel == 2 else 100 * table)
    yield Axis(2, y="log")


EXPECTED = {
    "layers_over_time": _over_time,
    "separation_law": _separation_law,
    "separation_law_controls": _controls,
    "separation_law_over_time": _law_over_time,
    "effective_depth": _depth,
    "extractor_and_tunnel": _tunnel,
}
