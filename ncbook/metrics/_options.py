"""The checks of arguments that are not tensors of data: numbers, counts, options, devices and functions.

TypeError says that an argument is of the wrong kind, ValueError that it has the wrong value. Both name the argument,
show what was given, and say what is expected.
"""

import reprlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_LARGEST_SEED = 2**63 - 1


def described(value: object) -> str:
    """A value in a few words: arrays by type and shape, all else by its shortened representation."""
    if isinstance(value, Tensor):
        if value.ndim == 0 and not value.is_meta:
            return f"tensor({value.item()})"
        return f"a tensor {value.dtype} {list(value.shape)} on {value.device}"
    if isinstance(value, np.ndarray):
        return f"a numpy array {value.dtype} {list(value.shape)}"
    short = " ".join(reprlib.repr(value).split())
    return short if value is None or isinstance(value, bool | int | float | str) else f"{type(value).__name__} {short}"


def require_number(name: str, value: object, expected: str = "a number") -> None:
    """`value` must be a real number, or a tensor that holds one; a bool is none."""
    if isinstance(value, Tensor):
        fits = value.ndim == 0 and not value.is_meta and not value.is_complex() and value.dtype != torch.bool
    else:
        fits = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not fits:
        raise TypeError(f"{name}: expected {expected}, got {described(value)}")


def require_positive(name: str, value: float | Tensor) -> None:
    """`value` must be a finite number above 0."""
    require_number(name, value, "a finite number > 0")
    if not 0 < value < float("inf"):
        raise ValueError(f"{name}: expected a finite number > 0, got {value}")


def require_not_negative(name: str, value: float | Tensor) -> None:
    """`value` must be a finite number, 0 or above."""
    require_number(name, value, "a finite number >= 0")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name}: expected a finite number >= 0, got {value}")


def require_share(name: str, value: float | Tensor) -> None:
    """`value` must lie between 0 and 1, both excluded."""
    require_number(name, value, "a number between 0 and 1")
    if not 0 < value < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, got {value}")


def require_integer(name: str, value: object, least: int, most: float = float("inf")) -> None:
    """`value` must be an integer in least..most: no bool, no float and no tensor."""
    expected = f"an integer >= {least}" if most == float("inf") else f"an integer in {least}..{most}"
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected {expected}, got {described(value)}")
    if isinstance(value, float | np.floating) or not least <= value <= most:
        raise ValueError(f"{name}: expected {expected}, got {value}")


def require_seed(seed: object) -> None:
    """`seed` must be an integer that generators of torch and numpy take."""
    require_integer("seed", seed, 0, _LARGEST_SEED)


def require_integers(name: str, values: object) -> None:
    """`values` must be a sequence of integers."""
    if isinstance(values, Tensor | np.ndarray):
        if values.ndim != 1:
            raise ValueError(f"{name}: expected a sequence of integers, got {described(values)}")
        listed = values.tolist()
    elif isinstance(values, Sequence) and not isinstance(values, str | bytes):
        listed = list(values)
    else:
        raise TypeError(f"{name}: expected a sequence of integers, got {described(values)}")
    if any(isinstance(each, bool) or not isinstance(each, int | np.integer) for each in listed):
        raise ValueError(f"{name}: expected integers, got {reprlib.repr(listed)}")


def require_flag(name: str, value: object) -> None:
    """`value` must be True or False: any text would count as true."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: expected True or False, got {described(value)}")


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """`value` must be one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: {described(value)} is unknown; use one of {', '.join(choices)}")


def require_instance(name: str, value: object, kind: type, way_out: str = "") -> None:
    """`value` must be an instance of `kind`; `way_out` says how to make one."""
    if not isinstance(value, kind):
        hint = f"; use {way_out}" if way_out else ""
        raise TypeError(f"{name}: expected a {kind.__name__}, got {described(value)}{hint}")


def require_callable(name: str, value: object, form: str) -> None:
    """`value` must be a function; `form` says of what."""
    if not callable(value):
        raise TypeError(f"{name}: expected a function, {form}, got {described(value)}")


def require_device(device: object) -> None:
    """`device` must be None or a device on which a tensor can be made."""
    if device is None:
        return
    try:
        torch.empty(0, device=device)  # type: ignore[call-overload]  # whatever was given
    except (RuntimeError, TypeError, ValueError, AssertionError) as error:  # the last: torch was built without CUDA
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device: expected a device of this machine such as 'cpu', got {described(device)} ({reason})"
        ) from error


def as_numbers(name: str, values: object) -> Tensor:
    """A float64 tensor of a number, a list of numbers or an array, where the values are or else on the CPU."""
    numbers = values if isinstance(values, Tensor) else _read(values)
    if numbers is None or numbers.is_complex() or numbers.dtype == torch.bool or numbers.is_meta or not numbers.numel():
        raise TypeError(f"{name}: expected numbers, got {described(values)}")
    return numbers.double()


def _read(values: object) -> Tensor | None:
    """A float64 tensor, or None of what is no array of real numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        return None
    return torch.from_numpy(array.astype(np.float64)) if array.dtype.kind in "iuf" else None
