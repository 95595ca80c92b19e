"""Functions that readers write, tried on inputs that show where they go wrong."""

from collections.abc import Callable
from typing import Any

import torch

from ncbook.exercises._exercise import Trial, Written


def fault(function: Callable[..., Any], exercise: Written) -> str:
    """What `function` gets wrong on the first trial that it fails, with a hint; empty if it passes all."""
    for trial in exercise.trials:
        found = _fault_on(function, trial, exercise)
        if found:
            return f"Not yet: on {trial.what}, {found}. Hint: {trial.hint}"
    return ""


def _fault_on(function: Callable[..., Any], trial: Trial, exercise: Written) -> str:
    wanted = _tensor(exercise.reference(*trial.arguments()))
    try:
        given = function(*trial.arguments())
        found = _tensor(given)
    except Exception as error:  # a student's: whatever it is, it is told
        return f"your function raised {type(error).__name__}: {error}"
    if found.shape != wanted.shape:
        return f"it returns {_shape(found)}, where {_shape(wanted)} is expected"
    scale = max(float(wanted.abs().max()), 1e-12)
    off = float((found - wanted).abs().max()) / scale
    if off <= exercise.tolerance:
        return ""
    return f"it returns {found.item():.6g}" if found.ndim == 0 else f"an entry is off by {off:.2g} of the largest"


def _tensor(value: Any) -> torch.Tensor:
    return torch.as_tensor(value, dtype=torch.float64).detach()


def _shape(value: torch.Tensor) -> str:
    return f"a tensor of shape {list(value.shape)}" if value.ndim else "a number"
