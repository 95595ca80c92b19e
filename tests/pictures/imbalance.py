"""The figures of `imbalance`."""

from ncbook.runs import Run
from pictures import Axis, Line, median_and_range

ARMS = {
    "plain": ("plain", "head"),
    "logits adjusted afterwards": ("plain", "shifted"),
    "oversampling": ("oversampling", "head"),
    "fixed simplex head": ("fixed simplex head", "head"),
}


def _ends(run: Run, part: str, **values):
    """The last row of each training; of networks alone there is more than one."""
    frame = run.to_frame()
    frame = frame[frame.part == part]
    frame = frame[frame.step == frame.step.max()]
    for name, value in values.items():
        frame = frame[frame[name] == value]
    return frame


def _over(rows, column, clock="ratio", scale=1):
    return scale * rows.pivot(index="seed", columns=clock, values=column)


def _one_row(run: Run):
    pairs = list(zip(run.config["weight_strengths"], run.config["feature_strengths"], strict=True))
    for panel, column in enumerate(("cos_rows_rare", "cos_means_rare")):
        for weight, feature in pairs:
            rows = _ends(run, "free", arm="plain", weight_decay=weight, feature_decay=feature)
            yield from median_and_range(panel, f"{weight:g}, {feature:g}", _over(rows, column))
        yield Axis(panel, "log")


def _near_seli(run: Run):
    for panel, kind in enumerate(("rows", "means")):
        for ideal, name in (("seli", "to SELI"), ("etf", "to the simplex")):
            yield from median_and_range(panel, name, _over(_ends(run, "limit"), f"{ideal}_{kind}", "weight_decay"))
        yield Axis(panel, "log")


def _network_rows(run: Run):
    for decay in run.config["weight_decays"]:
        rows = _ends(run, "network", arm="plain", weight_decay=decay)
        yield from median_and_range(0, f"weight decay {decay:g}", _over(rows, "cos_rows_rare"))
    for ideal, name in (("seli", "to SELI"), ("etf", "to the simplex")):
        yield from median_and_range(1, name, _over(rows, f"{ideal}_rows"))
    yield Axis(0, "log")
    yield Axis(1, "log")


def _few_or_unequal(run: Run):
    for panel, decay in enumerate(run.config["weight_decays"]):
        plain, few = (_ends(run, "network", arm=arm, weight_decay=decay) for arm in ("plain", "few of every class"))
        yield from median_and_range(panel, "frequent classes", _over(plain, "frequent_acc_head", scale=100))
        yield from median_and_range(panel, "rare classes", _over(plain, "rare_acc_head", scale=100))
        yield from median_and_range(panel, "rare classes, all classes as few", _over(few, "rare_acc_head", scale=100))
        yield Axis(panel, "log")


def _geometry(run: Run):
    for panel, decay in enumerate(run.config["weight_decays"]):
        for name, (arm, rule) in ARMS.items():
            rows = _ends(run, "network", arm=arm, weight_decay=decay, ratio=run.config["remedy_ratio"])
            assert (rows.train_error == 0).all()
            yield Line(panel, name, rows.etf_rows, 100 * rows[f"rare_acc_{rule}"])


EXPECTED = {
    "rare_rows_become_one": _one_row,
    "nearness_to_seli": _near_seli,
    "rows_of_networks": _network_rows,
    "few_or_unequal": _few_or_unequal,
    "accuracy_and_geometry": _geometry,
}
