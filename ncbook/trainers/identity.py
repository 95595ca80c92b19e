"""What tells one training from another, part by part, and in the same words in every process.

Functions are told by their name, the digest of their code, and what they hold: defaults, closures, the global names
that they read. Objects by their class and what it takes to make them again. No address is among it.
"""

import dataclasses
import dis
import functools
import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers.recipe import Recipe

_LIBRARIES = {"ncbook", "torch", "numpy"} | sys.stdlib_module_names  # whose functions and classes are told by name
_OF_C = (
    BuiltinFunctionType, ClassMethodDescriptorType, GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType,
    WrapperDescriptorType,
)  # fmt: skip


def identity(model: Classifier, train: Split, recipe: Recipe, seed: int) -> dict[str, str]:
    """Part -> what must be equal for a training to go on: the network but for its weights, data, recipe, seed.

    Raises ValueError, naming the part of the recipe, for what cannot be told from another of its kind.
    """
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    parts = {
        "seed": str(seed),
        "network": _digest(f"{type(model).__qualname__} {re.sub(' at 0x[0-9a-f]+', '', str(model))} {shapes}"),
        "train.inputs": _numbers(train.inputs),
        "train.labels": _numbers(train.labels),
    }
    for field in dataclasses.fields(recipe):
        told = _Telling({id(model): "the network", id(train): "the training data"})
        try:
            parts[field.name] = told(getattr(recipe, field.name))
        except _Untold as error:
            raise ValueError(
                f"recipe.{field.name}: a checkpoint cannot tell {error} from another of its kind, so that a training "
                "that is not this one might go on from it; use a function of a module, a functools.partial, a frozen "
                "dataclass, or no checkpoint"
            ) from None
    return parts


class _Untold(Exception):
    """What cannot be told from another: its type."""


class _Telling:
    """Tells values in words. `known` are words for objects by their id."""

    def __init__(self, known: Mapping[int, str]) -> None:
        self._words = dict(known)
        self._under_way: list[int] = []
        self._kept: list[Any] = []  # an id belongs to an object for as long as that lives

    def __call__(self, value: Any) -> str:
        if value is None or type(value) in (bool, int, float, complex, str, bytes):
            return repr(value)
        if id(value) in self._under_way:
            return f"itself, {len(self._under_way) - self._under_way.index(id(value))} up"
        if id(value) not in self._words:
            self._under_way.append(id(value))
            self._kept.append(value)
            self._words[id(value)] = self._tell(value)
            self._under_way.pop()
        return self._words[id(value)]

    def _tell(self, value: Any) -> str:
        if isinstance(value, Tensor | np.ndarray):
            return _numbers(value)
        if isinstance(value, np.generic):
            return repr(value.item())
        if isinstance(value, Enum | ModuleType | torch.dtype | torch.device):
            return str(getattr(value, "__name__", value))
        if type(value) in (list, tuple):
            return f"({', '.join(map(self, value))})"
        if type(value) in (set, frozenset):
            return f"{{{', '.join(sorted(map(self, value)))}}}"
        if type(value) is dict:
            return f"{{{', '.join(f'{self(key)}: {self(each)}' for key, each in value.items())}}}"
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, CodeType):
            return self._code(value)
        return self._callable(value) or self._object(value)

    def _callable(self, value: Any) -> str | None:
        if isinstance(value, functools.partial):
            return f"partial({self(value.func)}, {self(value.args)}, {self(value.keywords)})"
        if isinstance(value, MethodType):
            return f"{self(value.__self__)}.{self(value.__func__)}"
        if isinstance(value, BuiltinFunctionType) and not isinstance(value.__self__, ModuleType | type(None)):
            return f"{self(value.__self__)}.{value.__name__}"
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, BuiltinFunctionType | np.ufunc):
            return f"{getattr(value, '__module__', None) or 'numpy'}.{value.__name__}"
        if hasattr(value, "__wrapped__"):  # a function with a cache
            return f"wrapped {self(value.__wrapped__)}"
        return None

    def _function(self, value: FunctionType) -> str:
        name = f"{value.__module__}.{value.__qualname__}"
        if _is_library(value):
            return name
        cells = [_content(cell) for cell in value.__closure__ or ()]
        held = (value.__defaults__, value.__kwdefaults__, cells, value.__dict__, _globals_read(value))
        return f"{value.__qualname__} {_digest(self._code(value.__code__) + self(held))}"

    def _code(self, code: CodeType) -> str:
        names = (code.co_names, code.co_varnames[: code.co_argcount])
        return _digest(f"{code.co_code.hex()} {names} {self(code.co_consts)}")

    def _class(self, value: type) -> str:
        name = f"{value.__module__}.{value.__qualname__}"
        if _is_library(value):
            return name
        own = {
            each: _inside(thing) for each, thing in vars(value).items()
            if each == "__call__" or not (each.startswith(("__", "_abc_")) or isinstance(thing, _OF_C))
        }  # fmt: skip
        return f"{value.__qualname__} {_digest(self(own) + self(value.__bases__))}"

    def _object(self, value: Any) -> str:
        """By its class and what pickle would keep, without pickling it."""
        kind = self(type(value))
        if dataclasses.is_dataclass(value):
            fields = (f"{each.name}={self(getattr(value, each.name))}" for each in dataclasses.fields(value))
            return f"{kind}({', '.join(fields)})"
        if isinstance(value, torch.nn.Module):
            state = self(dict(value.state_dict()))
            return f"{kind} {_digest(re.sub(' at 0x[0-9a-f]+', '', str(value)) + state)}"
        try:
            made = value.__reduce_ex__(2)
        except Exception:  # whatever an object raises that cannot be pickled
            raise _Untold(f"a value of type {type(value).__module__}.{type(value).__qualname__}") from None
        if isinstance(made, str):
            return made
        parts = (made[0], made[1], made[2] if len(made) > 2 else None, *(list(each or ()) for each in made[3:5]))
        return f"{kind} {_digest(self(parts))}"


def _is_library(value: Any) -> bool:
    """Whether a library has it under its name, whose own changes are not followed."""
    if (value.__module__ or "").split(".")[0] not in _LIBRARIES - {"__main__"}:
        return False
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return None


def _inside(thing: Any) -> Any:
    """The function in what a class wraps around it."""
    if isinstance(thing, property):
        return [thing.fget, thing.fset]
    if isinstance(thing, staticmethod | classmethod):
        return thing.__func__
    return thing.func if isinstance(thing, functools.cached_property) else thing


def _globals_read(function: FunctionType) -> dict[str, Any]:
    """The global names that a function reads, with their values."""
    names = sorted(set(_loaded(function.__code__)) & function.__globals__.keys())
    return {name: function.__globals__[name] for name in names}


def _loaded(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield step.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _loaded(inner)


def _numbers(value: Tensor | np.ndarray) -> str:
    """Of an array: shape, type, and a digest of all its bytes."""
    if isinstance(value, Tensor):
        if value.is_meta or value.layout != torch.strided:
            raise _Untold(f"a tensor on the device {value.device} of layout {value.layout}")
        content: Any = value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data
    elif value.dtype.hasobject:
        raise _Untold(f"a numpy array of dtype {value.dtype}")
    else:
        content = value.tobytes()
    return f"{list(value.shape)} {value.dtype} {hashlib.blake2b(content, digest_size=8).hexdigest()}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
