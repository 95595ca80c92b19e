"""Checks of arguments that all packages share: ValueError names the argument, what it must be, and what was given."""

import os
from collections.abc import Callable, Collection, Iterable
from math import inf
from numbers import Integral, Real
from pathlib import Path
from typing import Any

Name = str | os.PathLike[str]
SEEDS = (-(2**63), 2**64 - 1)  # those that a torch.Generator takes


def require(fine: bool, name: str, rule: str, value: object) -> None:
    """ValueError unless `fine`."""
    if not fine:
        raise ValueError(f"{name}: {rule}, got {shown(value)}")


def shown(value: object) -> str:
    """A value in an error: shape and dtype of what holds many numbers, since its repr would fill the screen."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(value, type) or not shape or dtype is None:
        text = repr(value)
        return text if len(text) <= 200 else f"{type(value).__name__} {text[:150]}..."
    kind = "" if type(value).__name__ == "Tensor" else f" ({type(value).__name__})"
    return f"{list(shape)} {dtype}{kind}"


def require_kind(value: object, kind: type | tuple[type, ...], name: str, expected: str) -> None:
    """`value` must be of a type; `expected` says which, and the way out."""
    require(isinstance(value, kind), name, f"expected {expected}", value)


def is_whole(value: object) -> bool:
    """Whether `value` is an integer, of numpy's too; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def require_whole(value: Any, name: str, least: int | None = None, most: int | None = None) -> None:
    """`value` must be a whole number, from `least` to `most` where they are given."""
    bounds = {(True, False): f" of at least {least}", (True, True): f" in {least}..{most}"}
    rule = f"must be a whole number{bounds.get((least is not None, most is not None), '')}"
    fine = is_whole(value) and (least is None or value >= least) and (most is None or value <= most)
    require(fine, name, rule, value)


def require_number(value: Any, name: str, rule: str, fine: Callable[[float], bool]) -> None:
    """`value` must be a real number, no tensor and no text, for which `fine` holds; `rule` says what that means."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    require(real and fine(float(value)), name, rule, value)


def require_positive(value: Any, name: str) -> None:
    """`value` must be a finite number above 0."""
    require_number(value, name, "must be positive and finite", lambda number: 0 < number < inf)


def require_choice(value: object, name: str, choices: Collection[str]) -> None:
    """`value` must be one of some words."""
    fine = isinstance(value, str) and value in choices
    if not fine:
        raise ValueError(f"{name}: {value!r} is unknown; use one of {', '.join(choices)}")


def require_callable(value: object, name: str, expected: str) -> None:
    """`value` must be a function, or an object that can be called as one; `expected` says with what."""
    require(callable(value), name, f"expected a function {expected}", value)


def sequence(value: Any, name: str, expected: str) -> tuple[Any, ...]:
    """The entries of a list, tuple or other iterable; ValueError for text, and for what has no entries."""
    require(isinstance(value, Iterable) and not isinstance(value, str | bytes), name, f"expected {expected}", value)
    return tuple(value)


def as_path(value: Any, name: str) -> Path:
    """A name of a file or folder, as text or path, with ~ for the home folder; ValueError for anything else."""
    require_kind(value, (str, os.PathLike), name, "the name of a file or folder, as str or pathlib.Path")
    text = os.fspath(value)
    require(isinstance(text, str) and text != "" and "\0" not in text, name, "must name a file or folder", value)
    return Path(os.path.expanduser(text))
