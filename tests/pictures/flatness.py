"""The figures of `flatness`."""

from ncbook.runs import Run
from pictures import Axis, Line, by_seed, median_and_range

NETWORKS = {
    "trained": "true labels, trained to the end",
    "stopped": "true labels, stopped at zero error",
    "random": "random labels, trained to the end",
}
CURVES = {
    "exact": r"exact $\kappa$",
    "bound": r"upper bound $\tilde\kappa$",
    "proposition": "right side of proposition 5.3",
    "cross_entropy": "cross-entropy (nats)",
}
MEASURES = {
    "relative_flatness": r"exact $\kappa$",
    "relative_flatness_bound": r"upper bound $\tilde\kappa$",
    "hessian_trace": "trace of the Hessian",
    "normalized_relative_flatness": r"$\kappa$, features normalized",
}


def _part(run: Run, part: str, **chosen):
    frame = run.to_frame()
    for column, value in {"part": part, **chosen}.items():
        frame = frame[frame[column] == value]
    return frame


def _on_simplices(run: Run):
    strengths = run.arrays["family/strengths"]
    for panel, count in enumerate((3, 10, 97)):
        for name, label in CURVES.items():
            curve = run.arrays[f"family/{count}/{name}"]
            yield Line(panel, label, strengths, curve)
            if name in ("exact", "proposition"):
                top = max(range(len(curve)), key=curve.__getitem__)
                yield Line(panel, None, strengths[[top]], curve[[top]])
        rows = _part(run, "family", num_classes=count)
        yield Line(panel, "measured", rows.strength, rows.relative_flatness)
        yield Axis(panel, "log", "log")


def _under_scaling(run: Run):
    for arm, label in NETWORKS.items():
        rows = _part(run, "scale", arm=arm).query("scale <= 16")
        flatness, errors = (
            rows.pivot(index="seed", columns="scale", values=column) for column in ("relative_flatness", "test_error")
        )
        yield from median_and_range(0, label, flatness)
        yield from median_and_range(1, label, 100 * errors)
    yield Axis(0, "log", "log")
    yield Axis(1, "log")


def _against_loss(run: Run):
    for arm, label in NETWORKS.items():
        rows = _part(run, "scale", arm=arm).query("scale <= 16")
        norms = rows.squared_head_norm * rows.largest_squared_feature_norm
        rows = rows.assign(share=rows.relative_flatness_bound / (2 * norms * rows.train_loss))
        for panel, column in enumerate(("relative_flatness", "share")):
            for index, seed in enumerate(run.config["seeds"]):
                own = rows[rows.seed == seed]
                yield Line(panel, None if index else label, own.train_loss, own[column])
            as_trained = rows[rows.scale == 1]
            yield Line(panel, None, as_trained.train_loss, as_trained[column])
    yield Axis(0, "log", "log")
    yield Axis(1, "log")


def _float32(run: Run):
    rows = _part(run, "scale", arm="random", seed=run.config["seeds"][0])
    labels = (r"exact $\kappa$", r"$1 - \|p\|^2$ as written", "largest slope")
    columns = (
        ("relative_flatness_float32", "relative_flatness_bound_float32", "largest_slope_float32"),
        ("relative_flatness", "relative_flatness_bound", "largest_slope_float64"),
    )
    for panel, names in enumerate(columns):
        for name, label in zip(names, labels, strict=True):
            shown, zeros = rows[rows[name] > 0], rows[rows[name] == 0]
            yield Line(panel, label, shown.scale, shown[name])
            if len(zeros):
                yield Line(panel, None, zeros.scale, [1e-165] * len(zeros))
        yield Axis(panel, "log", "log")


def _after_changes(run: Run):
    before = _part(run, "change", change="none").set_index(["arm", "seed"])
    for row, change in enumerate(("layer", "rotation", "shift", "neurons")):
        after = _part(run, "change", change=change).set_index(["arm", "seed"])
        for index, (column, label) in enumerate(MEASURES.items()):
            heights = [row + 0.18 * (index - 1.5)] * len(after)
            yield Line(0, None if row else label, after[column] / before[column], heights)
    yield Axis(0, "log")


def _under_noise(run: Run):
    rows = _part(run, "noise", arm="addition")
    rows = rows.assign(
        kappa=(rows.noise / 100) ** 2 * rows.relative_flatness / 2 / rows.dim,
        rest=rows.test_loss - rows.train_loss - rows.rise,
        accuracy=1 - rows.test_error,
    )
    learnt = rows[rows.train_error <= 0.01].groupby("seed").step.min()
    for name, own in (
        ("memorized", rows[rows.step == rows.seed.map(learnt)]),
        ("at the end", rows[rows.step == run.config["addition_steps"]]),
    ):
        rises, kappa = (own.pivot(index="seed", columns="noise", values=column) for column in ("rise", "kappa"))
        yield from median_and_range(0, f"{name}: rise", rises)
        yield Line(0, rf"{name}: as $\kappa$ says", kappa.columns, kappa.median())
    yield Axis(0, "log", "log")
    little = rows[rows.noise == 10]
    assert (little[little.step > 0].rest > 1e-9).all()  # so that a logarithmic axis shows all of it
    yield from median_and_range(1, "representativeness", by_seed(little, "rest", "step"))
    yield from median_and_range(1, "rise, noise 10 %", by_seed(little, "rise", "step"))
    yield from median_and_range(1, "rise, noise 100 %", by_seed(rows[rows.noise == 100], "rise", "step"))
    yield Axis(1, y="log")
    yield from median_and_range(2, "reach (lengths)", by_seed(little, "reach", "step"))
    yield from median_and_range(2, "test accuracy", by_seed(little, "accuracy", "step"))


EXPECTED = {
    "flatness_on_simplices": _on_simplices,
    "flatness_under_scaling": _under_scaling,
    "flatness_against_loss": _against_loss,
    "flatness_in_float32": _float32,
    "flatness_after_changes": _after_changes,
    "flatness_under_noise": _under_noise,
}
PRESETS = {"flatness_under_noise": "laptop-noise"}
