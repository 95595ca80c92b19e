"""Three classes that collapse, and the measures of it, under one slider over the epochs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _legend, _page
from ncbook.readings import collapse as reading
from ncbook.readings import moments

# what can be chosen, in this order: name on the page, column of the training set, column of the test set
_MEASURES = {
    "nc1": ("NC1: within-class variability", "nc1_train", "nc1_test"),
    "nc2_norms": ("NC2: unequal norms of means", "nc2_norms_train", "nc2_norms_test"),
    "nc2_angles": ("NC2: angles off the simplex", "nc2_angles_train", "nc2_angles_test"),
    "nc3": ("NC3: classifier off the means", "nc3_train", "nc3_test"),
    "nc4": ("NC4: nearest mean disagrees", "nc4_train", "nc4_test_train_means"),
    "error": ("Error (share of points)", "train_error", "test_error"),
}
_ARRAYS = ("epoch", "points", "means", "classifier", "seen", "labels", "test")


def collapse(run: runs.Run) -> _page.Explorable:
    """The plane of three class means beside NC1 to NC4 and the error, at every probed epoch of `run`.

    `run` is one of `experiments.collapse`; its first weight decay is shown, and as points its first seed.
    Raises ValueError, naming what is missing, for a run without a plane or without a column.
    """
    _require(run)
    networks = {name: _network(run, name) for name in run.config["networks"]}
    names = {measure: name for measure, (name, _, _) in _MEASURES.items()}
    data = {
        "classes": run.config["plane_classes"],
        "seeds": run.config["seeds"],
        "measures": names,
        "networks": networks,
    }
    title = "Neural collapse, epoch by epoch"
    return _page.Explorable("collapse", title, _body(run, data), data, f"{title}. {_summary(run, networks)}")


def _require(run: runs.Run) -> None:
    """Raises ValueError that names the first setting, array or column that `run` lacks."""
    _page.require(run, "collapse", config=("networks",))
    arrays = [f"{network}/{array}" for network in run.config["networks"] for array in _ARRAYS]
    _page.require(run, "collapse", arrays=arrays)
    _page.require(run, "collapse", history=(column for _, *columns in _MEASURES.values() for column in columns))
    for name in (f"{network}/means" for network in run.config["networks"]):
        if run.arrays[name].shape[1:] != (3, 2):
            shape = list(run.arrays[name].shape)
            raise ValueError(f"run.arrays: {name} must be [P, 3, 2], three classes in a plane, got {shape}")


def _network(run: runs.Run, name: str) -> dict[str, Any]:
    """One network for the page.

    epochs [P]; classOf [n], position of a point's class among the three; test [n], 1 for a test point; points
    [P, n, 2], means and rows [P, 3, 2], packed; seen [P]; terminal, see `_terminal`;
    curves, measure -> {train, test} -> {seeds [S, P], median [P]}.
    """
    arrays = reading.arrays_of(run, name)
    return {
        "epochs": arrays["epoch"].tolist(),
        "classOf": [run.config["plane_classes"].index(label) for label in arrays["labels"]],
        "test": arrays["test"].astype(int).tolist(),
        "points": _page.pack(arrays["points"]),
        "means": _page.pack(arrays["means"]),
        "rows": _page.pack(arrays["classifier"]),
        "seen": _page.short(arrays["seen"], gaps=True),
        "terminal": _terminal(run, name),
        "curves": {
            measure: {"train": _curve(_values(run, name, train)), "test": _curve(_values(run, name, test))}
            for measure, (_, train, test) in _MEASURES.items()
        },
    }


def _values(run: runs.Run, network: str, column: str) -> np.ndarray:
    """[S, P]: one column at the first weight decay, a row a seed."""
    table = reading.arm(run, network).pivot(index="seed", columns="epoch", values=column)
    return np.asarray(table.loc[run.config["seeds"]])


def _terminal(run: runs.Run, network: str) -> float | None:
    """First probed epoch with training error 0, the median over the seeds that have one; None where none has."""
    starts = moments.zero_errors(reading.arm(run, network), "epoch")
    return float(np.median(starts)) if starts else None


def _curve(values: np.ndarray) -> dict[str, Any]:
    """Every seed's values [S][P], and their median [P]."""
    return {"seeds": _page.short(values, gaps=True), "median": _page.short(np.median(values, axis=0), gaps=True)}


def _body(run: runs.Run, data: Mapping[str, Any]) -> str:
    config, networks = run.config, data["networks"]
    count = len(config["seeds"])
    return _page.body(
        "collapse",
        run,
        last=len(next(iter(networks.values()))["epochs"]) - 1,
        networks=_page.options({name: reading.SHORT.get(name, name) for name in networks}),
        measures=_page.options(data["measures"]),
        classes=_legend.entries(_legend.CLASSES[:3], (f"class {name}" for name in config["plane_classes"])),
        lines=f"bold: median of {count} seeds, thin: each seed" if count > 1 else "one seed",
        seed=config["seeds"][0],
        weight_decay=f"{config['weight_decays'][0]:g}",
    )


def _summary(run: runs.Run, networks: Mapping[str, Any]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for name, network in networks.items():
        medians = [np.median(_values(run, name, column), axis=0) for column in ("nc1_train", "nc1_test")]
        ends = " and ".join(f"{each[0]:.3g} to {each[-1]:.3g}" for each in medians)
        lines.append(
            f"{reading.SHORT.get(name, name)}: NC1 from {ends} (training and test, epoch 0 to {network['epochs'][-1]})."
        )
    return " ".join([*lines, runs.provenance_line(run)])
