"""The checks of arguments that all packages share: numbers, counts, options, functions, devices, paths and types.

TypeError says that an argument is of the wrong kind, ValueError that it has the wrong value. Both name the argument,
say what is expected, and show what was given. Each check takes the name first, then the value.
"""

import os
import reprlib
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

Name = str | os.PathLike[str]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200


def described(value: Any) -> str:
    """A value in a few words: arrays by type and shape, all else by its shortened representation."""
    if _is_tensor(value):
        if value.ndim == 0 and not value.is_meta:
            return f"tensor({value.item()})"
        return f"a tensor {value.dtype} {list(value.shape)} on {value.device}"
    if isinstance(value, np.ndarray):
        return f"a numpy array {value.dtype} {list(value.shape)}"
    short = " ".join(_SHORT.repr(value).split())
    plain = value is None or isinstance(value, bool | int | float | str | np.generic)
    return short if plain else f"{type(value).__name__} {short}"


def require(name: str, value: object, fine: bool, expected: str) -> None:
    """ValueError unless `fine`; `expected` says what would be."""
    if not fine:
        raise ValueError(f"{name}: expected {expected}, got {described(value)}")


def require_instance(name: str, value: object, kind: type | tuple[type, ...], expected: str, way_out: str = "") -> None:
    """`value` must be an instance of `kind`; `expected` says of which, `way_out` how to make one."""
    if not isinstance(value, kind):
        hint = f"; use {way_out}" if way_out else ""
        raise TypeError(f"{name}: expected {expected}, got {described(value)}{hint}")


def require_number(
    name: str,
    value: Any,
    expected: str = "a number",
    fine: Callable[[Any], bool] = lambda value: True,
    tensor: bool = False,
) -> None:
    """`value` must be a real number for which `fine` holds, no bool; `tensor`: or a tensor that holds one."""
    if tensor and _is_tensor(value):
        real = value.ndim == 0 and not (value.is_meta or value.is_complex() or str(value.dtype) == "torch.bool")
    else:
        real = _is_number(value)
    if not real:
        raise TypeError(f"{name}: expected {expected}, got {described(value)}")
    require(name, value, bool(fine(value)), expected)


def require_positive(name: str, value: Any, tensor: bool = False) -> None:
    """`value` must be a finite number above 0."""
    require_number(name, value, "a finite number > 0", lambda number: 0 < number < inf, tensor)


def require_not_negative(name: str, value: Any, tensor: bool = False) -> None:
    """`value` must be a finite number, 0 or above."""
    require_number(name, value, "a finite number >= 0", lambda number: 0 <= number < inf, tensor)


def require_share(name: str, value: Any, tensor: bool = False) -> None:
    """`value` must lie between 0 and 1, both excluded."""
    require_number(name, value, "a number between 0 and 1", lambda number: 0 < number < 1, tensor)


def is_integer(value: object) -> bool:
    """Whether `value` is an integer, of numpy's too; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def require_integer(name: str, value: Any, least: int | None = None, most: int | None = None) -> None:
    """`value` must be an integer, from `least` to `most` where they are given: no bool, no float and no tensor."""
    bounds = "" if least is None else f" >= {least}" if most is None else f" in {least}..{most}"
    if not _is_number(value):
        raise TypeError(f"{name}: expected an integer{bounds}, got {described(value)}")
    fine = is_integer(value) and (least is None or value >= least) and (most is None or value <= most)
    require(name, value, fine, f"an integer{bounds}")


def require_seed(name: str, value: object, least: int = -(2**63)) -> None:
    """`value` must be an integer that generators of torch take; those of numpy take none below 0."""
    require_integer(name, value, least, 2**64 - 1)


def require_integers(name: str, values: Any) -> None:
    """`values` must be a sequence of integers."""
    if _is_tensor(values) or isinstance(values, np.ndarray):
        require(name, values, values.ndim == 1, "a sequence of integers")
        values = values.tolist()
    elif not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise TypeError(f"{name}: expected a sequence of integers, got {described(values)}")
    require(name, values, all(is_integer(each) for each in values), "integers")


def require_flag(name: str, value: object) -> None:
    """`value` must be True or False: any text would count as true."""
    require_instance(name, value, (bool, np.bool_), "True or False")


def require_choice(name: str, value: object, choices: Collection[str]) -> None:
    """`value` must be one of some words."""
    if not isinstance(value, str) or value not in choices:
        error = ValueError if isinstance(value, str) else TypeError
        raise error(f"{name}: {described(value)} is unknown; use one of {', '.join(choices)}")


def require_callable(name: str, value: object, form: str) -> None:
    """`value` must be a function, or an object that can be called as one; `form` says with what."""
    if not callable(value):
        raise TypeError(f"{name}: expected a function {form}, got {described(value)}")


def require_device(name: str, device: Any) -> None:
    """`device` must be one on which a tensor can be made."""
    import torch  # here, since runs are read without it

    expected = "a device of this machine such as 'cpu'"
    if isinstance(device, bool) or not isinstance(device, str | int | torch.device):
        raise TypeError(f"{name}: expected {expected}, got {described(device)}")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, ValueError, AssertionError) as error:  # how torch refuses depends on its build
        sees = f"{torch.cuda.device_count()} GPUs" if torch.cuda.is_available() else "no GPU"
        raise ValueError(f"{name}: expected {expected}, got {described(device)} (this torch sees {sees})") from error


def as_tuple(name: str, value: Any, expected: str) -> tuple[Any, ...]:
    """The entries of a list, tuple or other iterable; TypeError for text, and for what has no entries."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        raise TypeError(f"{name}: expected {expected}, got {described(value)}")
    return tuple(value)


def require_tuple(name: str, value: object, kind: type, expected: str) -> None:
    """`value` must be a tuple, and all its entries instances of `kind`."""
    if not isinstance(value, tuple) or not all(isinstance(each, kind) for each in value):
        raise TypeError(f"{name}: expected {expected}, got {described(value)}")


def as_path(name: str, value: Any) -> Path:
    """A name of a file or folder, as text or path, with ~ for the home folder; an error for anything else."""
    expected = "the name of a file or folder, as str or pathlib.Path"
    require_instance(name, value, (str, os.PathLike), expected)
    text = os.fspath(value)
    require(name, value, isinstance(text, str) and text != "" and "\0" not in text, expected)
    return Path(os.path.expanduser(text))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _is_tensor(value: Any) -> bool:
    """Whether `value` is a tensor, asked without importing torch: before that there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)
