"""What `python -m ncbook doctor` says: what is installed and recorded, and what each use of the package lacks.

It changes nothing, and loads nothing from elsewhere.

>>> from ncbook import doctor
>>> sorted(doctor.examine().as_json())
['missing', 'problems', 'recorded', 'versions']
"""

import platform
import shutil
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import Any

from ncbook import __version__, runs

# What each use needs besides the package: as it is installed.
NEEDS = {
    "the book": ("jupyter-book", "sphinx-mathjax-offline"),
    "labs": ("ipywidgets", "jupyterlab"),
    "the tests": ("pytest", "pytest-xdist", "hypothesis", "nbval"),
    "the browser tests": ("playwright",),
}
# And programs, any one of each line.
PROGRAMS: dict[str, list[tuple[str, ...]]] = {
    "the tests": [("node",)],
    "the browser tests": [("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")],
}


@dataclass
class Findings:
    """versions by name; what is missing, by use; recorded runs; and what is wrong.

    >>> doctor.Findings(problems=["torch is missing"]).as_json()["problems"]
    ['torch is missing']
    """

    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    recorded: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"{name:12} {version}" for name, version in self.versions.items()]
        lines += [f"{'recorded':12} {run}" for run in self.recorded]
        for use, names in self.missing.items():
            lines.append(f"for {use}: " + (f"missing {', '.join(names)}" if names else "all is there"))
        lines += [f"{'PROBLEM':12} {problem}" for problem in self.problems]
        return "\n".join([*lines, f"{len(self.problems)} problem(s)" if self.problems else "nothing is wrong"])


def examine() -> Findings:
    """What is installed and recorded, and what is wrong with it.

    >>> "torch" in doctor.examine().versions
    True
    """
    found = Findings()
    found.versions |= {
        "ncbook": __version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
    }
    _packages(found)
    for use, names in NEEDS.items():
        programs = [" or ".join(any_of) for any_of in PROGRAMS.get(use, []) if not any(map(shutil.which, any_of))]
        found.missing[use] = [name for name in names if not _installed(name)] + programs
    _recorded(found)
    return found


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _packages(found: Findings) -> None:
    import torch

    found.versions["torch"] = str(torch.__version__)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    found.versions["GPU"] = gpu or "none; training runs on the CPU"
    found.missing["the gpu preset"] = [] if gpu else ["a GPU that torch can use"]
    try:
        from ncbook._torchvision import torchvision

        found.versions["torchvision"] = torchvision().__version__
    except Exception as error:  # whatever it is, the doctor's task is to name it
        found.problems.append(f"torchvision cannot be imported ({error}); the gpu and paper presets need it")


def _recorded(found: Findings) -> None:
    from ncbook import experiments

    known = [experiments.get(name) for name in experiments.names()]
    current = {experiment.file_name(preset) for experiment in known for preset in experiment.presets()}
    for path in sorted(runs.RECORDED.glob("*.npz")):
        try:
            about = runs.load(path).provenance
        except runs.DamagedRun as error:
            found.problems.append(str(error))
            continue
        if path.name not in current:
            found.problems.append(f"{path.name} no longer matches the code; record it again")
        where = f"{about['date']}, {about['seconds']} s, {about['hardware']}"
        found.recorded.append(f"{about['experiment']} {about['preset']}: {where}")
