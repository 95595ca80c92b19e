"""Values as numbers, words, tensors and containers of these, which a file can hold without pickle's code; and back.

What is more than that becomes a dict with one key that begins with "ncbook:", which names what it is.
"""

import dataclasses
import sys
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor

_AS_THEY_ARE = (type(None), bool, int, float, str)
_CONTAINERS = {"tuple": tuple, "set": set, "frozenset": frozenset}  # a list and a dict are there as they are
_BYTES, _COMPLEX, _ARRAY, _SCALAR, _RECORD, _CONTAINER, _DICT = (
    f"ncbook:{kind}" for kind in ("bytes", "complex", "array", "scalar", "record", "container", "dict")
)


class NotPlain(ValueError):
    """A value that no checkpoint holds; its message names the type."""


class Unknown(ValueError):
    """A record of a class that this process does not know."""


def plain(value: Any) -> Any:
    """`value`, made of what `torch.load(weights_only=True)` reads; raises NotPlain.

    Numbers, words, None, tensors, numpy scalars and arrays; lists, tuples, sets and dicts of these; and dataclasses and
    named tuples of these whose class is found by its name.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is complex:
        return {_COMPLEX: [value.real, value.imag]}
    if kind is bytes:
        return {_BYTES: [_as_tensor(value)]}
    if isinstance(value, Tensor):
        return _tensor(value)
    if isinstance(value, np.ndarray | np.generic):
        return _array(value)
    if kind is list:
        return [plain(each) for each in value]
    if kind in (dict, OrderedDict):
        return _dict(value)
    if kind in (tuple, torch.Size, set, frozenset):
        return {_CONTAINER: ["tuple" if isinstance(value, tuple) else kind.__name__, [plain(each) for each in value]]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _record(value, {each.name: getattr(value, each.name) for each in dataclasses.fields(value)})
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _record(value, value._asdict())
    raise NotPlain(f"a value of type {kind.__module__}.{kind.__qualname__}")


def restored(value: Any) -> Any:
    """What `plain` was given. Runs no code of the classes; raises Unknown for one that no imported module has."""
    if type(value) is list:
        return [restored(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or next(iter(value)) not in _READERS:
        return {name: restored(each) for name, each in value.items()}
    ((kind, content),) = value.items()
    return _READERS[kind](*content)


def _tensor(value: Tensor) -> Tensor:
    """A copy without a graph, and without the larger tensor that it may be a view of."""
    if value.is_meta or value.layout != torch.strided:
        raise NotPlain(f"a tensor on the device {value.device} of layout {value.layout}")
    return value.detach().clone()


def _array(value: np.ndarray | np.generic) -> dict[str, Any]:
    if value.dtype.kind not in "biufcSUmM":
        raise NotPlain(f"a numpy array of dtype {value.dtype}")
    kind = _SCALAR if isinstance(value, np.generic) else _ARRAY
    return {kind: [value.dtype.str, list(value.shape), _as_tensor(value.tobytes())]}


def _as_tensor(content: bytes) -> Tensor:
    return torch.from_numpy(np.frombuffer(content, np.uint8).copy())


def _as_bytes(content: Tensor) -> bytes:
    return content.cpu().numpy().tobytes()


def _dict(value: dict[Any, Any]) -> dict[Any, Any]:
    """As it is where that can be: with plain keys, none of which could be taken for one of ours."""
    if all(type(key) in _AS_THEY_ARE and not (type(key) is str and key.startswith("ncbook:")) for key in value):
        return {key: plain(each) for key, each in value.items()}
    return {_DICT: [[[plain(key), plain(each)] for key, each in value.items()]]}


def _record(value: Any, fields: dict[str, Any]) -> dict[str, Any]:
    kind = type(value)
    if _found(kind.__module__, kind.__qualname__) is not kind:
        raise NotPlain(
            f"a {kind.__qualname__}, whose class is not found by that name; define it outside of functions, or return "
            "its fields as a dict"
        )
    return {_RECORD: [kind.__module__, kind.__qualname__, {name: plain(each) for name, each in fields.items()}]}


def _found(module: str, name: str) -> Any:
    """What an imported module calls by that name, or None; imports nothing."""
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _read_array(dtype: str, shape: list[int], content: Tensor) -> np.ndarray:
    return np.frombuffer(_as_bytes(content), np.dtype(dtype)).reshape(shape).copy()


def _read_record(module: str, name: str, fields: dict[str, Any]) -> Any:
    kind, values = _found(module, name), {each: restored(value) for each, value in fields.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        record = object.__new__(kind)
        for each in dataclasses.fields(kind):
            if each.name not in values:
                raise Unknown(f"{module}.{name} has another field now: {each.name}")
            object.__setattr__(record, each.name, values[each.name])
        return record
    if isinstance(kind, type) and issubclass(kind, tuple) and getattr(kind, "_fields", None) == tuple(values):
        return tuple.__new__(kind, values.values())
    raise Unknown(f"{module}.{name} is no dataclass or named tuple that is known here; import {module} first")


_READERS: dict[str, Any] = {
    _BYTES: _as_bytes,
    _COMPLEX: complex,
    _ARRAY: _read_array,
    _SCALAR: lambda *content: _read_array(*content)[()],
    _RECORD: _read_record,
    _CONTAINER: lambda name, entries: _CONTAINERS[name](restored(entries)),
    _DICT: lambda pairs: {restored(key): restored(each) for key, each in pairs},
}
