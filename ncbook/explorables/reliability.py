"""Features of attacked images on their way to the next corner, in a network trained on images and in a robust one."""

from typing import Any

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.reliability import FALLING, ROBUST

_NETWORKS = {"plain": FALLING, "robust": ROBUST}
_ARRAYS = ("points", "means", "arrived", "labels")


def reliability(run: runs.Run) -> _page.Explorable:
    """The radius of the attack as the lever, the two networks side by side: images of three digits in their plane.

    `run` is one of `experiments.reliability`. Raises ValueError, naming what is missing, for a run without its arrays.
    """
    _page.require(run, "reliability", config=("plane_radii",))
    _page.require(run, "reliability", arrays=(f"{arm}/{name}" for arm in _NETWORKS.values() for name in _ARRAYS))
    radii = [0.0, *run.config["plane_radii"]]
    data = {"radii": radii, "networks": {name: _network(run, arm) for name, arm in _NETWORKS.items()}}
    title = "Attacked images on their way to another corner"
    body = _page.body("reliability", run, last=len(radii) - 1)
    return _page.Explorable("reliability", title, body, data, f"{title}. {runs.provenance_line(run)}")


def _network(run: runs.Run, arm: str) -> dict[str, Any]:
    """points [R, n, 2] and means [1, 3, 2], packed; arrived [R], how many are where they were aimed; classOf [n]."""
    arrays = {name: run.arrays[f"{arm}/{name}"] for name in _ARRAYS}
    return {
        "points": _page.pack(arrays["points"]),
        "means": _page.pack(arrays["means"][None]),
        "arrived": arrays["arrived"].sum(1).tolist(),
        "classOf": arrays["labels"].tolist(),
    }
