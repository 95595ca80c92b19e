"""The figures of `implicit_bias`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, median_and_range


def _rows(run: Run, part: str, **values):
    chosen = np.all([run.history[name] == value for name, value in {"part": part, **values}.items()], axis=0)
    return run.to_frame()[chosen]


def _course(rows, column: str, floor: float = 1e-16):
    return rows[rows.step > 0].pivot(index="seed", columns="step", values=column).clip(lower=floor)


def _solutions(run: Run):
    names = {"gd": "gradient descent", "momentum": "with momentum", "sgd": "one equation a step", "adam": "Adam"}
    for panel, column in enumerate(("residual", "distance")):
        for method, label in names.items():
            yield from median_and_range(panel, label, _course(_rows(run, "square", method=method), column))
        yield Axis(panel, "log", "log")


def _planes(run: Run):
    names = {"square": "square loss", "adam": "logistic, Adam", "gd": "logistic, plain steps",
             "scaled": "logistic, scaled steps"}  # fmt: skip
    for panel in (0, 1):
        signed = run.arrays["plane/signed"][panel]
        for start, sign in ((0, 1), (1, -1)):
            yield Line(panel, None, sign * signed[start::2, 0], sign * signed[start::2, 1])
        best = {"largest margin": run.arrays["plane/best"][panel]}
        for label, normal in (best | {names[m]: run.arrays[f"directions/{m}"][panel, -1] for m in names}).items():
            far = 2.2 * np.abs(signed).max() * np.array([normal[1], -normal[0]]) / np.hypot(*normal)
            yield Line(panel, label, [far[0], -far[0]], [far[1], -far[1]])


def _rate(run: Run):
    for panel, dim in enumerate(run.config["dims"]):
        for method, label in (("scaled", "steps scaled by the loss"), ("gd", "plain steps")):
            for seed in run.config["seeds"]:
                own = _rows(run, "logistic", method=method, dim=dim, seed=seed)
                own = own[own.log_time > 1]
                yield Line(
                    panel, label if seed == run.config["seeds"][0] else None, own.log_time, own.direction_distance
                )
        yield Line(panel, "slope −1", [20, 400], [0.04, 0.002])
        yield Axis(panel, "log", "log")


def _completed(run: Run):
    last = run.config["completion_steps"]
    for panel, column in enumerate(("effective_rank", "unseen_error")):
        for count in run.config["observed"]:
            for scale, text, aside in ((1e-3, "small start", -0.04), (1.0, "large start", 0.04)):
                ends = _rows(run, "completion", observed=count, scale=scale, step=last)
                table = ends.pivot(index="method", columns="seed", values=column).loc[["depth1", "depth2", "depth3"]]
                depths = np.array([1, 2, 3]) + aside
                yield Line(panel, f"{text}, {count}", depths, table.median(axis=1))
                yield from (Line(panel, None, depths, bound) for bound in (table.min(axis=1), table.max(axis=1)))
        yield Axis(panel, y="log")


def _singular(run: Run):
    for panel, depth in enumerate((1, 2, 3)):
        own = _rows(run, "completion", method=f"depth{depth}", observed=400, scale=1e-3, seed=run.config["seeds"][0])
        for course in run.arrays[f"singular/depth{depth}/400/0.001"].T[:8]:
            yield Line(panel, None, own.step[1:], course[1:])
        yield Axis(panel, x="log")


def _norms(run: Run):
    for panel, column in enumerate(("frobenius_norm", "effective_rank")):
        for sign, label in ((1, "positive determinant"), (-1, "negative determinant")):
            for seed in run.config["seeds"]:
                own = _rows(run, "escape", method="depth3", determinant=sign, seed=seed)
                own = own[own.step > 0]
                yield Line(panel, label if seed == run.config["seeds"][0] else None, own.step, own[column])
        yield Axis(panel, x="log")


def _networks(*shown: tuple[str, str]):
    def expected(run: Run):
        for panel, (part, column) in enumerate(shown):
            for labels in ("true", "random"):
                for decay in (0.0, 5e-4 if part == "network" else 2e-3):
                    name = f"{labels} labels, {'weight decay' if decay else 'no decay'}"
                    rows = _rows(run, part, labels=labels, weight_decay=decay)
                    yield from median_and_range(panel, name, _course(rows, column))
            yield Axis(panel, "log", "log" if column == "nc1_train" else "linear")

    return expected


EXPECTED = {
    "square_loss_solutions": _solutions,
    "separating_planes": _planes,
    "margin_rate": _rate,
    "completed_matrices": _completed,
    "singular_values_emerge": _singular,
    "norms_that_grow": _norms,
    "network_margins": _networks(("network", "weight_norm"), ("network", "normalized_margin")),
    "collapse_and_labels": _networks(
        ("network", "nc1_train"), ("batch_norm", "nc1_train"), ("batch_norm", "test_error")
    ),
}
