"""A Run: what an experiment was asked, what it measured, and where that was done.

One file a run: a zip archive, which `numpy.load` reads without pickle, of one .npy member an array and
`run.json` with the config, the provenance and a digest of all of it. It is written to a temporary name and
moved into place, so that a reader sees the whole file or none, and the last of two writers wins.

>>> from ncbook import experiments, runs
>>> run = experiments.collapse.load("laptop", live=False)
>>> sorted(run.provenance)[:4]
['date', 'device', 'experiment', 'hardware']
"""

import hashlib
import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ncbook import _environment
from ncbook._checks import Name, as_path, as_tuple, require, require_instance, require_integer
from ncbook._files import written_whole
from ncbook._savable import as_array, require_json, require_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DamagedRun",
    "Run",
    "cache_folder",
    "file_name",
    "keep",
    "key",
    "load",
    "provenance_line",
    "provenance_of_all",
    "require_writable",
    "save",
    "warn_unless_writable",
]

RECORDED = Path(__file__).parent / "recorded"
FORMAT = 2  # of the names of columns: those of `readings.measures`


class DamagedRun(ValueError):
    """A run file that is truncated or was edited.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "cut.npz")
    ...     _ = path.write_bytes(b"no run")
    ...     try:
    ...         runs.load(path)
    ...     except runs.DamagedRun:
    ...         print("delete the file, or train again")
    delete the file, or train again
    """


@dataclass(frozen=True)
class Run:
    """One finished experiment.

    Attributes:
        config: the settings, as plain JSON values
        history: column name -> array [rows], one row a measurement; has the columns `seed` and `step`
        arrays: anything else that figures need, by name
        provenance: experiment, version, preset, device, seconds, date, versions of the software

    >>> run.to_frame()[["seed", "step"]].head(2)
       seed  step
    0     0     0
    1     0    10
    """

    config: Mapping[str, Any]
    history: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_frame(self) -> "pd.DataFrame":
        """The history as a pandas DataFrame, one row a measurement."""
        import pandas as pd  # on demand: it takes longer to import than all else here

        require_rows({name: np.asarray(values) for name, values in self.history.items()})
        return pd.DataFrame(dict(self.history))


def provenance_line(run: Run) -> str:
    """Where and when a run was made, in one sentence; raises ValueError that names what is missing.

    >>> runs.provenance_line(run).split(";")[0].split(",")[0]
    'Run: collapse'
    """
    require_instance("run", run, Run, "a runs.Run")
    names = ("experiment", "preset", "seconds", "hardware", "date", "ncbook")
    _require_provenance(run, names)
    experiment, preset, seconds, hardware, date, version = (run.provenance[name] for name in names)
    return f"Run: {experiment}, preset {preset}; {seconds:.0f} s on {hardware}; {date}; ncbook {version}."


def _require_provenance(run: Run, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in run.provenance]
    if missing:
        raise ValueError(f"run.provenance: expected {', '.join(names)}; it has no {', '.join(missing)}")


def provenance_of_all(runs: Sequence[Run]) -> str:
    """Which runs these are and when they were made, in one sentence.

    >>> runs.provenance_of_all([run, run]).split(";")[0]
    '2 runs of collapse'
    """
    runs = as_tuple("runs", runs, "a sequence of runs.Run")
    require("runs", runs, len(runs) > 0 and all(isinstance(run, Run) for run in runs), "runs.Run, one at least")
    for run in runs:
        _require_provenance(run, ("experiment", "date", "ncbook"))
    names, dates, versions = (
        sorted({run.provenance[what] for run in runs}) for what in ("experiment", "date", "ncbook")
    )
    return f"{len(runs)} runs of {', '.join(names)}; {dates[0]} to {dates[-1]}; ncbook {', '.join(versions)}."


def key(experiment: str, version: int, config: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits that name this config of this version of the experiment.

    >>> len(runs.key("mine", version=1, config={"seeds": [0, 1]}))
    12
    """
    require_instance("experiment", experiment, str, "its name")
    require_integer("version", version)
    require_instance("config", config, Mapping, "a mapping of the settings")
    for name, value in config.items():
        require_json(value, f"config[{name!r}]")
    return _digest_json({"experiment": experiment, "version": version, "config": config, "format": FORMAT})[:12]


def file_name(experiment: str, preset: str, version: int, config: Mapping[str, Any]) -> str:
    """`experiment-preset-key.npz`.

    >>> runs.file_name("mine", "laptop", version=1, config={"seeds": [0, 1]}).startswith("mine-laptop-")
    True
    """
    require_instance("preset", preset, str, "its name")
    return f"{experiment}-{preset}-{key(experiment, version, config)}.npz"


def cache_folder() -> Path:
    """Where runs made on this machine are kept: $NCBOOK_CACHE, else ~/.cache/ncbook/runs.

    ~ and $VARIABLES in it are put in. Where nobody knows the home folder, one among the temporary files stands in.

    >>> runs.cache_folder().name
    'runs'
    """
    return _environment.folder("NCBOOK_CACHE", "runs")


def require_writable(folder: Name) -> None:
    """OSError unless a file can be written into `folder`, which is created where it is missing.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     runs.require_writable(pathlib.Path(folder, "new"))
    """
    folder = as_path("folder", folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def warn_unless_writable(folder: Name) -> None:
    """Warn, before hours are spent, that a run could not be kept in `folder`; creates it where it is missing.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     runs.warn_unless_writable(pathlib.Path(folder, "new"))  # no warning
    """
    try:
        require_writable(folder)
    except OSError as error:
        _warn_not_kept(as_path("folder", folder), error, "The run to come")


def keep(run: Run, path: Name) -> None:
    """`save`, but where that fails the run is not lost: warn, and leave it to the caller.

    It fails where nothing can be written, and for a run with a column that no file can hold.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     runs.keep(run, pathlib.Path(folder, "mine.npz"))
    """
    require_instance("run", run, Run, "a runs.Run")
    path = as_path("path", path)
    try:
        save(run, path)
    except OSError as error:
        _warn_not_kept(path.parent, error, "The run")
    except ValueError as error:
        warnings.warn(f"The run cannot be kept and will be in memory only: {error}", stacklevel=3)


def _warn_not_kept(folder: Path, error: OSError, what: str) -> None:
    warnings.warn(
        f"{what} cannot be kept in {folder} ({error.strerror or error}) and will be in memory only; "
        "set NCBOOK_CACHE to a folder that can be written, or use runs.save.",
        stacklevel=4,
    )


def save(run: Run, path: Name) -> None:
    """Write `run` to `path`, whole or not at all; what was there before stays until the new file is complete.

    Columns of the history, [rows] each, are of one length, and of numbers, words or dates. Raises ValueError that names
    the column or array that is not, and the setting that JSON does not hold; OSError where nothing can be written.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     runs.save(run, pathlib.Path(folder, "mine.npz"))
    ...     again = runs.load(pathlib.Path(folder, "mine.npz"))
    >>> again.config == run.config
    True
    """
    require_instance("run", run, Run, "a runs.Run")
    path = as_path("path", path)
    columns = {name: as_array(values, f"run.history[{name!r}]", name) for name, values in run.history.items()}
    require_rows(columns)
    arrays = {f"history/{name}": values for name, values in columns.items()}
    arrays |= {f"arrays/{name}": as_array(values, f"run.arrays[{name!r}]", name) for name, values in run.arrays.items()}
    members = {f"{name}.npy": _npy(values) for name, values in arrays.items()}
    about: dict[str, Any] = {"config": dict(run.config), "provenance": dict(run.provenance)}
    for part, values in about.items():
        for name, value in values.items():
            require_json(value, f"run.{part}[{name!r}]")
    about["digest"] = _digest(about, members)
    members["run.json"] = (json.dumps(about, indent=1, sort_keys=True) + "\n").encode()
    with written_whole(path) as file:
        _write_zip(file, members)


def load(path: Name) -> Run:
    """Read a run back. Raises DamagedRun, which names the file, when it is truncated or was edited.

    >>> path = experiments.get("collapse").record_path("laptop")
    >>> runs.load(path).provenance["preset"]
    'laptop'
    """
    path = as_path("path", path)
    content = path.read_bytes()  # a file that cannot be opened is not a damaged one
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        if "run.json" not in members:
            raise ValueError("it is no run: it has no member run.json")
        about = json.loads(members.pop("run.json"))
        if about.pop("digest") != _digest(about, members):
            raise ValueError("its contents do not match its digest")
        arrays = {name.removesuffix(".npy"): _from_npy(member) for name, member in members.items()}
    except Exception as error:  # every way in which a damaged file can fail to parse
        raise DamagedRun(
            f"the run {path} is damaged: {error}. Delete the file to fall back on a fresh one, "
            "or train again with live=True."
        ) from error
    history = {name.removeprefix("history/"): a for name, a in arrays.items() if name.startswith("history/")}
    extra = {name.removeprefix("arrays/"): a for name, a in arrays.items() if name.startswith("arrays/")}
    return Run(about["config"], history, extra, about["provenance"])


def _write_zip(file: BinaryIO, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the same run gives the same bytes
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)


def _npy(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, values, allow_pickle=False)
    return stream.getvalue()


def _from_npy(content: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)


def _digest(about: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    return _digest_json({"about": about, "members": sums})


def _digest_json(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
