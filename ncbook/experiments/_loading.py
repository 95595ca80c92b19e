"""What all experiments share: finding a recorded run, training a missing one, and saying where it was made."""

import os
import platform
import time
from dataclasses import asdict
from datetime import datetime, timezone
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import torch

from ncbook import __version__, runs, trainers

PRESETS = ("smoke", "laptop", "gpu", "paper")


def presets(config: type) -> tuple[str, ...]:
    """The presets of an experiment's Config: the four of every experiment, then those of its own, if it has any."""
    return PRESETS + getattr(config, "EXTRA_PRESETS", ())


def chosen_preset(preset: str | None, known: tuple[str, ...] = PRESETS) -> str:
    """`preset`, else $NCBOOK_PRESET, else "laptop"; raises ValueError for one that is not `known`."""
    preset = preset or os.environ.get("NCBOOK_PRESET") or "laptop"
    if preset not in known:
        raise ValueError(f"preset: {preset!r} is unknown; use one of {', '.join(known)}")
    return preset


def plain(config: Any) -> dict[str, Any]:
    """A frozen config as JSON values, so that a config and its reading from a file compare equal."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}


def run_name(experiment: ModuleType, preset: str) -> str:
    """File name of the run that belongs to `preset` in the code as it is now."""
    config = plain(experiment.Config.preset(preset))
    return runs.file_name(experiment.NAME, preset, experiment.VERSION, config)


def load(experiment: ModuleType, preset: str | None, live: bool | None, device: str | None = None) -> runs.Run:
    """A recorded run, else a cached one, else (or if `live`) a new one, which is then cached."""
    preset = chosen_preset(preset, presets(experiment.Config))
    if live is None:
        live = os.environ.get("NCBOOK_LIVE", "") not in ("", "0")
    name = run_name(experiment, preset)
    path = None if live else runs.find(name)
    if path is not None:
        return runs.load(path)
    run = experiment.run(experiment.Config.preset(preset), device)
    runs.save(run, runs.cache_folder() / name)
    return run


class Stopwatch:
    """Starts when made; `provenance()` says where and how long."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def provenance(self, experiment: str, version: int, config: Any, device: torch.device) -> dict[str, Any]:
        """The provenance of a run that ends now."""
        with trainers.threads() as threads:  # those of each worker of a sweep
            workers = joblib.effective_n_jobs(None)
        return {
            "experiment": experiment,
            "version": version,
            "preset": _preset_of(config),
            "device": device.type,
            "hardware": _hardware(device),
            "threads": threads,
            "workers": workers,
            "seconds": round(time.perf_counter() - self._start, 1),
            "date": datetime.now(timezone.utc).date().isoformat(),
            "ncbook": __version__,
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "python": platform.python_version(),
        }


def _preset_of(config: Any) -> str:
    return next((name for name in presets(type(config)) if type(config).preset(name) == config), "custom")


def _hardware(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {os.cpu_count()} cores"
