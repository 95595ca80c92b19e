"""The circuit of one network over its training: accuracies, both losses, spectrum, and the circle of a frequency."""

from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.circuits import ADDITION, adding, arrays_of, first_adding, phases
from ncbook.readings.grokking import power_shares

_COLUMNS = ("train_acc", "test_acc", "restricted_acc", "restricted_loss", "excluded_loss", "test_loss")
_ARRAYS = ("frames", "spectrum", "keys", "circled", "circles")
_MOMENTS = ("memorized", "formed", "cleanup", "generalized")
_SMALLEST = 1e-8  # nats; smaller losses are drawn there


def circuits(run: runs.Run) -> _page.Explorable:
    """One seed of the first network of `run` that adds, step by step; `run` is one of `experiments.circuits`.

    Raises ValueError, naming what is missing, for another run.
    """
    _require(run)
    arrays, found = arrays_of(run), phases(run)
    found = found[(found.operation == ADDITION) & (found.network == first_adding(run))]
    seeds = [_seed(run, arrays, index, moments) for index, moments in enumerate(found.to_dict("records"))]
    data = {
        "p": int(arrays["circles"].shape[3]),
        "steps": arrays["frames"].tolist(),
        "seeds": seeds,
        "spectrum": _page.pack(power_shares(arrays["spectrum"])),  # [S, F, p // 2]
        "circles": _page.pack(arrays["circles"].swapaxes(1, 2)),  # [S, C, F, p, 2]
    }
    title = "The circuit, step by step"
    return _page.Explorable("circuits", title, _body(run, data), data, f"{title}. {_summary(run, seeds)}")


def _require(run: runs.Run) -> None:
    _page.require(run, "circuits", history=("network", "operation", "seed", "step", *_COLUMNS))
    _page.require(run, "circuits", arrays=(f"{first_adding(run)}-{ADDITION}/{name}" for name in _ARRAYS))


def _seed(run: runs.Run, arrays: dict[str, np.ndarray], index: int, moments: dict[str, Any]) -> dict[str, Any]:
    """Name, key and drawn frequencies, moments (None for never), and the columns [F] of one seed."""
    seed, rows = run.config["seeds"][index], adding(run)
    own = rows[(rows.seed == seed) & rows.step.isin(arrays["frames"])]
    about = {"seed": seed, "keys": np.flatnonzero(arrays["keys"][index]).tolist()}
    about |= {"circled": arrays["circled"][index].tolist()}
    about |= {name: int(moments[name]) if np.isfinite(moments[name]) else None for name in _MOMENTS}
    return about | {column: _rounded(column, own[column].to_numpy()) for column in _COLUMNS}


def _rounded(column: str, values: np.ndarray) -> list[float]:
    """Accuracies to four places, losses to four digits and at least `_SMALLEST`."""
    if column.endswith("_acc"):
        return [round(float(value), 4) for value in values]
    return _page.short(values.clip(min=_SMALLEST))


def _body(run: runs.Run, data: dict[str, Any]) -> str:
    seeds = _page.options(own["seed"] for own in data["seeds"])
    return _page.body("circuits", run, seeds=seeds, last=len(data["steps"]) - 1, highest=data["p"] - 1)


def _summary(run: runs.Run, seeds: list[dict[str, Any]]) -> str:
    """What a reader learns where no HTML is shown."""
    told = [
        f"Seed {own['seed']}: key frequencies {', '.join(map(str, own['keys']))}; circuit {_at(own['formed'])}, "
        f"cleanup {_at(own['cleanup'])}, grokked {_at(own['generalized'])}."
        for own in seeds
    ]
    return " ".join([*told, runs.provenance_line(run)])


def _at(moment: int | None) -> str:
    return "never" if moment is None else f"at step {moment}"
