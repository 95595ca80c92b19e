"""What an experiment is: a config, a training that gives rows, and claims. All else is the same for every one."""

import os
import platform
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from ncbook import __version__, _environment, runs, trainers
from ncbook._checks import (
    Name,
    as_path,
    require,
    require_callable,
    require_choice,
    require_flag,
    require_instance,
    require_integer,
    require_tuple,
)
from ncbook.claims import Claim

Row = Mapping[str, Any]
Rows = Sequence[Row]
Arrays = dict[str, np.ndarray]
Own = TypeVar("Own", bound="Presets")
PRESETS = ("smoke", "laptop", "gpu", "paper")  # those of every experiment


class Presets:
    """What a frozen Config inherits: `preset`, from the dict that its own `presets` returns.

    >>> Config.preset("smoke").seeds
    (0, 1)
    """

    @classmethod
    def presets(cls: type[Own]) -> dict[str, Own]:
        """Name -> config: smoke, laptop, gpu and paper, and any of the experiment's own."""
        raise NotImplementedError

    @classmethod
    def preset(cls: type[Own], name: str | None = None) -> Own:
        """The config of a preset, of $NCBOOK_PRESET, or of laptop; raises ValueError for one that there is not."""
        known = cls.presets()
        return known[chosen_preset(name, known)]


def chosen_preset(name: str | None, known: Mapping[str, Any]) -> str:
    """`name`, else $NCBOOK_PRESET, else "laptop"; raises ValueError for one that is not `known`."""
    if name is None:
        asked = _environment.text("NCBOOK_PRESET")
        name = asked if asked in known else asked.lower() or "laptop"
    require_choice("preset", name, tuple(known))
    return name


@dataclass(frozen=True)
class Sample:
    """What of a recorded run `verify` makes again, beside one seed.

    Attributes:
        config: settings with which less is made, where one seed alone is too much for a minute; a function gives the
            value for the config at hand
        probes: of each training, where two come before it has done anything that can be seen
        apart: arms that have no probe to compare, such as those recorded at their end alone: values of the first key
            column. A test of their own compares what is the same on every processor

    >>> experiments.Sample(probes=3).apart
    ()
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    probes: int = 2
    apart: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_instance("config", self.config, Mapping, "a mapping of settings")
        require("config", self.config, all(isinstance(name, str) for name in self.config), "names of settings")
        require_integer("probes", self.probes, 1)
        require_tuple("apart", self.apart, str, "a tuple of names of arms")


@dataclass(frozen=True)
class Experiment:
    """One experiment, of this book or of your own.

    Attributes:
        name: the name in every room
        title: as a heading
        version: raised when a change alters the numbers of an unchanged config
        Config: a frozen dataclass that inherits `Presets` and has a field `seeds`
        train: train(config, device) -> rows, arrays: a row a measurement, with `seed` and `step`, and arrays by name.
            `trainers.Fitted.whole` and `sweep` take care of Ctrl-C, progress and workers
        keys: the columns that tell one training from another, `seed` last
        claims: what it decides
        exact: columns that, as the keys, are kept in float64; all other reals in float32, whose seven digits are more
            than a training on another machine would share
        sample: what of a recorded run is made again to see that it still belongs to the code
        folder: where its recorded runs are kept, by default with those of the book

    >>> collapse = experiments.get("collapse")
    >>> collapse.title, collapse.keys, collapse.state("laptop")
    ('Watching a network collapse', ('network', 'weight_decay', 'seed'), 'recorded')
    """

    name: str
    title: str
    version: int
    Config: Any
    train: Callable[[Any, str], tuple[Rows, Arrays]]
    keys: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
    exact: tuple[str, ...] = ()
    sample: Sample = Sample()
    folder: Name | None = None

    def __post_init__(self) -> None:
        for name in ("name", "title"):
            require_instance(name, getattr(self, name), str, "words")
            require(name, getattr(self, name), getattr(self, name).strip() != "", "words")
        require_integer("version", self.version, 1)
        expected = "a frozen dataclass that inherits experiments.Presets and has a field seeds"
        require_instance("Config", self.Config, type, expected)
        own = issubclass(self.Config, Presets) and is_dataclass(self.Config)
        require("Config", self.Config, own and "seeds" in {each.name for each in fields(self.Config)}, expected)
        require_callable("train", self.train, "of (config, device) that returns rows and arrays")
        for name in ("keys", "exact"):
            require_tuple(name, getattr(self, name), str, "a tuple of names of columns, such as ('seed',)")
        require("keys", self.keys, "seed" in self.keys, "one of them to be 'seed'")
        require_tuple("claims", self.claims, Claim, "a tuple of claims.Claim")
        require_instance("sample", self.sample, Sample, "an experiments.Sample")
        if self.folder is not None:
            as_path("folder", self.folder)

    def presets(self) -> tuple[str, ...]:
        """The names of its presets."""
        return tuple(self.Config.presets())

    def file_name(self, preset: str) -> str:
        """Of the run that belongs to `preset` in the code as it is now."""
        return runs.file_name(self.name, preset, self.version, plain(self.Config.preset(preset)))

    def record_path(self, preset: str) -> Path:
        """Where the recorded run of `preset` is, or would be."""
        return self._folder() / self.file_name(preset)

    def _folder(self) -> Path:
        return runs.RECORDED if self.folder is None else as_path("folder", self.folder)

    def recorded(self, preset: str) -> runs.Run | None:
        """The run of `preset` that is recorded, or None."""
        path = self.record_path(preset)
        return runs.load(path) if os.path.exists(path) else None

    def find(self, preset: str) -> Path | None:
        """The file of a recorded run, else of a cached one, else None."""
        places = (self.record_path(preset), runs.cache_folder() / self.file_name(preset))
        # os.path, for which a folder that may not be entered is no error: then nothing is there
        return next((path for path in places if os.path.exists(path)), None)

    def state(self, preset: str) -> str:
        """recorded, cached or not run yet."""
        path = self.find(preset)
        return "not run yet" if path is None else "recorded" if path == self.record_path(preset) else "cached"

    def record(self, preset: str | None = None, device: str | None = None) -> Path:
        """Train a preset now and put the run in its place, instead of those of older configs; returns its file.

        Raises OSError, before anything is trained, where that folder cannot be written. Where it cannot afterwards, as
        on a disk that is full by then, the run is kept with those of `load`, and the error says so.
        """
        preset = chosen_preset(preset, self.Config.presets())
        path, device = self.record_path(preset), str(trainers.pick_device(device))
        runs.require_writable(path.parent)
        run = self.run(self.Config.preset(preset), device, preset)
        self._put(run, path)
        for other in self._other_records(preset):
            other.unlink()
        return path

    def _put(self, run: runs.Run, path: Path) -> None:
        try:
            runs.save(run, path)
        except OSError as error:
            elsewhere = runs.cache_folder() / path.name
            runs.keep(run, elsewhere)
            kept = f"the run is in {elsewhere}" if elsewhere.exists() else "the run is lost"
            raise OSError(f"{path} could not be written ({error}); {kept}") from error

    def load(self, preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
        """The run of a preset: recorded, else cached, else trained now with a progress bar and then cached.

        live=True, or NCBOOK_LIVE=1, always trains; live=False never does where a run is at hand. A run that cannot be
        kept is returned with a warning.
        """
        preset = chosen_preset(preset, self.Config.presets())
        live = _environment.switch("NCBOOK_LIVE") if live is None else live
        if live is not None:
            require_flag("live", live)
        path = None if live else self.find(preset)
        if path is not None:
            return runs.load(path)
        if not live:
            self._warn_of_another(preset)
        cache = runs.cache_folder()
        runs.warn_unless_writable(cache)
        run = self.run(self.Config.preset(preset), device, preset)
        runs.keep(run, cache / self.file_name(preset))
        return run

    def _warn_of_another(self, preset: str) -> None:
        """Where a run is recorded, but not of this code: training in its place is no small thing."""
        for path in self._other_records(preset):
            about = runs.load(path).provenance
            warnings.warn(
                f"the recorded run {path.name} was made by ncbook {about['ncbook']} with other settings than those "
                f"of this code: training now, which took {about['seconds']:.0f} s on {about['hardware']}",
                stacklevel=3,
            )

    def _other_records(self, preset: str) -> list[Path]:
        """The recorded runs of `preset` that belong to other configs or versions."""
        path = self.record_path(preset)
        found = path.parent.glob(f"{self.name}-{preset}-*.npz")
        # of the same length: not of a preset whose name goes on
        return sorted(other for other in found if len(other.stem) == len(path.stem) and other != path)

    def run(self, config: Any, device: str | None = None, preset: str = "custom") -> runs.Run:
        """Train now. `preset` is the name that the run gets; `load` sets it. Raises ValueError for another's config."""
        require_instance("preset", preset, str, "the name that the run gets")
        require_instance("config", config, self.Config, f"an {self.name} Config, as that of Config.preset('smoke')")
        start, place = time.perf_counter(), trainers.pick_device(device)
        rows, arrays = self.train(config, str(place))
        about = provenance(place, time.perf_counter() - start)
        return runs.Run(
            plain(config), history(rows, (*self.exact, *self.keys), self.keys), arrays,
            {"experiment": self.name, "version": self.version, "preset": preset} | about,
        )  # fmt: skip


def plain(config: Any) -> dict[str, Any]:
    """A frozen config as JSON values, so that a config and its reading from a file compare equal."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}


def history(rows: Rows, exact: Sequence[str] = (), keys: Sequence[str] = ()) -> Arrays:
    """The columns of a history, `keys` among them. Where a row lacks one: nan, "" in a column of words, -1 in one of
    whole numbers; nan throughout for a key that no row has, as where a preset makes one part alone. Values that make no
    column of numbers or words stay as they are: what was trained is not lost, and `runs.save` names them."""
    names = dict.fromkeys([*(name for row in rows for name in row), *keys])
    return {name: _column([row.get(name) for row in rows], name in exact) for name in names}


def _column(values: list[Any], exact: bool) -> np.ndarray:
    try:
        present = np.array([value for value in values if value is not None])
    except ValueError:  # lists of different lengths
        present = np.empty(0, dtype=object)
    if present.dtype.hasobject or present.ndim > 1:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    missing = {"U": "", "i": -1, "b": False}.get(present.dtype.kind, np.nan)
    column = np.array([missing if value is None else value for value in values])
    return column.astype(np.float32) if column.dtype.kind == "f" and not exact else column


def provenance(device: torch.device, seconds: float) -> dict[str, Any]:
    """Where and how a run was made that ends now."""
    import joblib  # slow to import, and recorded runs need none

    with trainers.threads() as threads:  # those of each worker of a sweep
        workers = joblib.effective_n_jobs(None)
    hardware = f"{platform.machine()} CPU, {os.cpu_count()} cores"
    return {
        "device": device.type,
        "hardware": torch.cuda.get_device_name(device) if device.type == "cuda" else hardware,
        "threads": threads,
        "workers": workers,
        "seconds": round(seconds, 1),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "ncbook": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
