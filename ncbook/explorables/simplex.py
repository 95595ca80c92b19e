"""Features, class means and classifier rows that need no projection: four classes in space, to be turned by hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _legend, _page
from ncbook.readings import simplex as reading

# name on the page, column of the training set, column of the test set
_MEASURES = (
    ("NC1, variability", "nc1_train", "nc1_test"),
    ("NC2, lengths", "nc2_norms_train", "nc2_norms_test"),
    ("NC2, angles", "nc2_angles_train", "nc2_angles_test"),
    ("NC3, duality", "nc3_train", "nc3_test"),
    ("NC4, decisions", "nc4_train", "nc4_test_train_means"),
    ("error", "train_error", "test_error"),
)
_ARRAYS = ("step", "points", "means", "classifier", "labels", "test", "ideal")
_SHOWN = (1, 0, 2)  # settings in the order of the choice: four classes in space come first


def simplex(run: runs.Run) -> _page.Explorable:
    """Four classes in space, three in the plane, and four in the plane, at every probed step of the first seed.

    `run` is one of `experiments.simplex`, whose first three settings are shown. Raises ValueError, naming what is
    missing, for a run without their pictures or without a column.
    """
    _require(run)
    networks = {reading.name_of(run.config, setting): _network(run, setting) for setting in _SHOWN}
    data = {"measures": [name for name, _, _ in _MEASURES], "networks": networks}
    title = "Features, class means and classifier meet at a simplex"
    return _page.Explorable("simplex", title, _body(run, networks), data, f"{title}. {_summary(run)}")


def _require(run: runs.Run) -> None:
    """Raises ValueError that names the first setting, array or column that `run` lacks."""
    _page.require(run, "simplex", config=("class_order",))
    names = [reading.name_of(run.config, setting) for setting in _SHOWN]
    _page.require(run, "simplex", arrays=(f"{name}/{array}" for name in names for array in _ARRAYS))
    _page.require(run, "simplex", history=(column for _, *columns in _MEASURES for column in columns))


def _network(run: runs.Run, setting: int) -> dict[str, Any]:
    """One network for the page.

    classes, names of the K classes; steps [P]; classOf [n]; test [n], 1 for a test point; points [P, n, d], means and
    rows [P, K, d], packed; ideal [K][d], empty where no simplex fits; values, measure -> [train [P], test [P]].
    """
    arrays, rows = reading.pictured(run, setting), reading.pictured_rows(run, setting)
    return {
        "classes": reading.class_names(run, setting),
        "steps": arrays["step"].tolist(),
        "classOf": arrays["labels"].tolist(),
        "test": arrays["test"].astype(int).tolist(),
        "points": _page.pack(arrays["points"]),
        "means": _page.pack(arrays["means"]),
        "rows": _page.pack(arrays["classifier"]),
        "ideal": np.round(arrays["ideal"], 5).tolist(),
        "values": [[_values(rows[column]) for column in columns] for _, *columns in _MEASURES],
    }


def _values(column: pd.Series) -> list[float | None]:
    """[P]: to three digits; None where the value is not defined."""
    return _page.short(column, gaps=True, digits=3)


def _body(run: runs.Run, networks: Mapping[str, Any]) -> str:
    config = run.config
    return _page.body(
        "simplex",
        run,
        last=len(next(iter(networks.values()))["steps"]) - 1,
        networks=_page.options({name: _spoken(run, at) for name, at in zip(networks, _SHOWN, strict=True)}),
        rows="".join(f'<tr><th scope="row">{name}</th><td></td><td></td></tr>' for name, _, _ in _MEASURES),
        classes=_legend.entries(_legend.CLASSES, (f"class {name}" for name in config["class_order"][:4])),
        seed=config["seeds"][0],
        weight_decay=f"{config['weight_decays'][_SHOWN[0]]:g}",
    )


def _spoken(run: runs.Run, setting: int) -> str:
    count, dim = run.config["num_classes"][setting], run.config["dims"][setting]
    return f"{count} classes, {dim} dimensions"


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for setting in _SHOWN:
        rows = reading.pictured_rows(run, setting)
        nc1, angles = (_values(rows[column]) for column in ("nc1_train", "nc2_angles_train"))
        lines.append(f"{_spoken(run, setting)}: NC1 on train ends at {nc1[-1]}, NC2 of the angles at {angles[-1]}.")
    return " ".join([*lines, runs.provenance_line(run)])
