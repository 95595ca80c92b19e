"""Wrong arguments for every public function of a package, and what the error about each has to say.

A table gives for each function one or more valid calls; kinds say of each argument what is wrong. A kind takes the
valid value and yields `Wrong` values, or is a plain list of them. Which sizes of tensors have to agree is read from the
valid call: give different things different sizes. `public_names` walks a package, so that a new function cannot be
forgotten. The tables are in wrong_metrics.py and wrong_trainers.py, the tests in test_wrong_arguments.py.
"""

import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

import ncbook

WAY_OUT = re.compile(
    r"expected|must|outside|use |need|differ|at least|unknown|not the same|only|more than|leaves|there are"
)
GIVEN = re.compile(r"got|unknown|has no|more than|outside|leaves|lies|holds|differ|must|from|with|is ")


class Thing:
    """What no function takes: of the wrong kind everywhere, so that the error is a TypeError."""


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A wrong value, what the message has to contain of it, and whether another argument may be named instead."""

    label: str
    value: object
    shows: str
    misfit: bool = False


Kind = Callable[[object], Iterator[Wrong]]


@dataclasses.dataclass(frozen=True)
class Call:
    """A public function, a valid call of it, and kinds for arguments whose name alone does not tell theirs.

    Arguments that the valid call leaves out are tried if they have a kind. `named` maps an argument to the words by
    which an error calls it instead.
    """

    function: Callable
    arguments: Mapping[str, object] = dataclasses.field(default_factory=dict)
    kinds: Mapping[str, Kind | list] = dataclasses.field(default_factory=dict)
    named: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __call__(self, **changed: object) -> object:
        given = {**self.arguments, **changed}
        several = [each for each in self.parameters().values() if each.kind is each.VAR_POSITIONAL]
        if not several:
            return self.function(**given)
        bound = inspect.signature(self.function).bind_partial()
        bound.arguments.update({name: given[name] for name in self.parameters() if name in given})
        return self.function(*bound.args, **bound.kwargs)

    def parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.function).parameters

    def tried(self) -> list[str]:
        """The arguments of which wrong values are tried."""
        taken = self.parameters()
        some = any(each.kind is each.VAR_KEYWORD for each in taken.values())
        return list(dict.fromkeys([*self.arguments, *(name for name in self.kinds if some or name in taken)]))

    def own(self) -> bool:
        """Whether it is a function of ncbook as it is, and no call that a table wraps."""
        return (getattr(self.function, "__module__", None) or "").startswith("ncbook")

    def wrong(self, name: str, kinds: Mapping[str, Kind]) -> Iterator[Wrong]:
        """What can be wrong with the argument, by its kind and by the sizes that others share with it."""
        kind = self.kinds.get(name) or kinds.get(name)
        assert kind, f"{name}: has no kind; give it one in the table"
        if isinstance(kind, list):
            yield from (Wrong(f"{value!r:.60}", value, "") for value in kind)
            return
        for each in kind(self.arguments.get(name)):
            if each.value is not None or self.parameters()[name].default is not None:  # where None is no choice
                yield each
        yield from misfits(self.arguments, name)


@dataclasses.dataclass(frozen=True)
class Table:
    """The calls of a package, kinds of arguments by their names, and what need not be called.

    `exempt` are results, protocols and what others check; `seldom` has valid calls that download or are large.
    """

    package: ModuleType
    calls: Mapping[str, Sequence[Call]]
    kinds: Mapping[str, Kind] = dataclasses.field(default_factory=dict)
    exempt: frozenset[str] = frozenset()
    seldom: frozenset[str] = frozenset()


def public_names(package: ModuleType) -> Iterator[str]:
    """Functions, constructors and methods that a user of the package calls; no module, constant and error."""
    for name in package.__all__:
        thing = getattr(package, name)
        if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, Exception)):
            continue
        yield name
        if inspect.isclass(thing):
            for method, value in vars(thing).items():
                if inspect.isroutine(value) and not method.startswith("_") and _takes_arguments(getattr(thing, method)):
                    yield f"{name}.{method}"


def _takes_arguments(method: object) -> bool:
    return callable(method) and bool(set(inspect.signature(method).parameters) - {"self"})


def faults(call: Call, kinds: Mapping[str, Kind]) -> list[str]:
    """What the errors about wrong arguments lack, one line each."""
    found = []
    for name in call.tried():
        for each in call.wrong(name, kinds):
            try:
                check(call, name, each)
            except AssertionError as error:
                found.append(str(error))
    return found


def check(call: Call, name: str, wrong: Wrong) -> None:
    """The call is refused by an error of the package that names the argument, shows the value, and tells what to do."""
    error = _refusal(call, name, wrong)
    names = set(call.arguments) if wrong.misfit else set(call.named.get(name, name).split("|"))
    check_named(str(error), names, f"{name} = {wrong.label}")
    shown = wrong.shows in str(error) if wrong.shows else GIVEN.search(str(error))
    assert wrong.misfit or shown, f"{name} = {wrong.label}: {wrong.shows!r} is not in: {error}"
    assert ours(error), f"{name} = {wrong.label}: is an error of a library: {error}"
    kind = TypeError if type(wrong.value) is Thing else Exception
    assert isinstance(error, kind), f"{name} = {wrong.label}: is no TypeError: {error}"


def _refusal(call: Call, name: str, wrong: Wrong) -> Exception:
    try:
        result = call(**{name: wrong.value})
    except (ValueError, TypeError) as error:
        return error
    except Exception as error:
        raise AssertionError(f"{name} = {wrong.label}: a bare {type(error).__name__}: {error}") from error
    raise AssertionError(f"{name} = {wrong.label}: was taken, and gave {result!r:.80}")


def check_named(message: str, names: set[str], label: str) -> None:
    """The message starts with one of the names, after the split and the layer where it was met, and says what to do."""
    start = re.sub(r"^((split|layer) '[^']*': )*", "", message).partition(": ")[0]
    named = {part for each in start.split(", ") for part in re.sub(r"\[[^]]*\]", "", each).split(".")}
    assert named & names, f"{label}: names none of {sorted(names)}: {message}"
    assert WAY_OUT.search(message), f"{label}: does not say what is expected: {message}"


def ours(error: BaseException) -> bool:
    """Whether ncbook raised it, and no library that it called."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename).is_relative_to(Path(ncbook.__file__).parent)


def misfits(arguments: Mapping[str, object], name: str) -> Iterator[Wrong]:
    """The tensor with a row or column more where another argument has as many, and its transpose."""
    tensor = arguments.get(name)
    if not isinstance(tensor, Tensor) or tensor.ndim == 0:
        return
    others = [each for other, each in arguments.items() if other != name and isinstance(each, Tensor)]
    sizes = {size for each in others for size in each.shape}
    for axis in range(tensor.ndim):
        if tensor.shape[axis] in sizes:
            longer = torch.cat([tensor, tensor.narrow(axis, 0, 1)], dim=axis)
            yield Wrong(f"one more along axis {axis}", longer, "", misfit=True)
            if tensor.shape[axis] > 1:
                shorter = tensor.narrow(axis, 0, tensor.shape[axis] - 1)
                yield Wrong(f"one fewer along axis {axis}", shorter, "", misfit=True)
    if tensor.ndim == 2 and len(set(tensor.shape)) == 2 and sizes & set(tensor.shape):
        yield Wrong("transposed", tensor.T, "", misfit=True)


def things(valid: object) -> Iterator[Wrong]:
    """What is nothing of the kind, whatever is expected, but None."""
    yield Wrong("None", None, "None")
    yield Wrong("a dict", {"a": 1}, "dict")
    yield Wrong("an object", Thing(), "Thing")


def tensor(valid: Tensor) -> Iterator[Wrong]:
    """No tensor, or one without numbers."""
    yield from things(valid)
    yield Wrong("numpy", valid.numpy(), "torch.from_numpy(")
    yield Wrong("a list", valid.tolist(), "torch.tensor(")
    yield Wrong("text", "features", "'features'")
    yield Wrong("a number", 1.0, "1.0")
    yield Wrong("on another device", valid.to("meta"), "meta")
    yield Wrong("sparse", valid.to_sparse(), "to_dense()")


def floats_of_any_shape(valid: Tensor) -> Iterator[Wrong]:
    """A tensor that does not hold finite floating-point numbers."""
    yield from tensor(valid)
    for dtype in (torch.int64, torch.bool, torch.complex64):
        yield Wrong(str(dtype), valid.to(dtype), str(dtype))
    for entry in (math.nan, math.inf, -math.inf):
        broken = valid.clone()
        broken[(-1,) * valid.ndim] = entry
        yield Wrong(f"with {entry}", broken, f"is {entry}")
    yield Wrong("empty", valid[:0], str(list(valid[:0].shape)))


def floats(valid: Tensor) -> Iterator[Wrong]:
    """The same, or with another number of axes."""
    yield from floats_of_any_shape(valid)
    yield Wrong("one axis more", valid[..., None], str([*valid.shape, 1]))
    yield Wrong("a scalar", valid.flatten()[0], "[]")


def matrix(valid: Tensor) -> Iterator[Wrong]:
    """A wrong matrix."""
    yield from floats(valid)
    yield Wrong("one row", valid[0], str([valid.shape[1]]))
    yield Wrong("no column", valid[:, :0], str([len(valid), 0]))


def marks(valid: Tensor) -> Iterator[Wrong]:
    """Labels that are no integers, one a point."""
    yield from tensor(valid)
    for dtype in (torch.float32, torch.bool, torch.complex64, torch.uint16):
        yield Wrong(str(dtype), valid.to(dtype), str(dtype))
    column, points = valid[:, None], len(valid)
    one_hot = torch.nn.functional.one_hot(valid)
    yield Wrong("a column", column, ".squeeze(1)")
    yield Wrong("a column of floats", column.float(), ".squeeze(1)")
    yield Wrong("one-hot", one_hot, ".argmax(1)")
    yield Wrong("one-hot floats", one_hot.float(), ".argmax(1)")
    yield Wrong("empty", valid[:0], "[0]")
    yield Wrong("one too few", valid[1:], f"[{points - 1}]")


def labels(valid: Tensor) -> Iterator[Wrong]:
    """Labels of which one is negative."""
    yield from marks(valid)
    yield Wrong("negative", torch.where(torch.arange(len(valid)) == 1, -1, valid), "-1")


def several_labels(valid: Tensor) -> Iterator[Wrong]:
    """Labels of a function that needs two classes."""
    yield from labels(valid)
    yield Wrong("of class 0 alone", torch.zeros_like(valid), "", misfit=True)
    yield Wrong("of class 1 alone", torch.ones_like(valid), "", misfit=True)


def known_labels(kind: Kind) -> Kind:
    """Labels where another argument tells the number of classes."""

    def beyond(valid: Tensor) -> Iterator[Wrong]:
        yield from kind(valid)
        highest = int(valid.max()) + 1
        yield Wrong("beyond K", torch.where(torch.arange(len(valid)) == 1, highest, valid), f"{highest}")

    return beyond


def count(least: int) -> Kind:
    """An integer of at least this."""

    def wrong(valid: object) -> Iterator[Wrong]:
        yield from things(valid)
        for value in (least - 1, -3, float(least + 1), least + 0.5, math.nan, math.inf):
            yield Wrong(repr(value), value, str(value))
        yield from (Wrong(repr(value), value, repr(value)) for value in (True, str(least + 1)))
        yield Wrong("a list", [least + 1], "list")
        yield Wrong("a tensor", torch.tensor([least, least + 1]), "tensor")

    return wrong


def number(*outside: float) -> Kind:
    """A finite number; `outside` are those beyond the allowed range."""

    def wrong(valid: object) -> Iterator[Wrong]:
        yield from things(valid)
        for value in (*outside, math.nan, math.inf, -math.inf):
            yield Wrong(repr(value), value, str(value))
        yield from (Wrong(repr(value), value, repr(value)) for value in (True, "0.5"))
        yield Wrong("complex", 1j, "1j")
        yield Wrong("a list", [0.5], "list")
        yield Wrong("a tensor of two", torch.ones(2), "tensor")
        yield Wrong("a tensor on another device", torch.ones((), device="meta"), "meta")

    return wrong


def flag(valid: object) -> Iterator[Wrong]:
    """Neither True nor False."""
    yield from things(valid)
    yield from (Wrong(repr(value), value, repr(value)) for value in ("False", 0, 1.0))


def choice(valid: object) -> Iterator[Wrong]:
    """None of the options."""
    yield from things(valid)
    yield from (Wrong(repr(value), value, repr(value)) for value in ("no-such", "", 3))


def integers(*wrong_lists: list) -> Kind:
    """No list of integers, or one of these lists."""

    def wrong(valid: object) -> Iterator[Wrong]:
        yield from things(valid)
        yield from (Wrong(repr(value), value, str(value)) for value in (5, "12", 2.0))
        for values in ([], [1.5, 2.5, 3.5], ["1", "2", "3"], [True, False, True], [None], *wrong_lists):
            yield Wrong(repr(values), values, str(values))

    return wrong


def device(valid: object) -> Iterator[Wrong]:
    """No device."""
    yield from (Wrong(repr(value), value, repr(value)) for value in ("gpu", "", "cuda:99", 2.5))


def function(*returned: object) -> Kind:
    """No function, or one that gives what it must not."""

    def wrong(valid: object) -> Iterator[Wrong]:
        yield from things(valid)
        yield from (Wrong(repr(value), value, str(value)) for value in ("mean", 3))
        for result in returned:
            yield Wrong(f"gives {result!r:.40}", lambda *_, result=result: result, "")

    return wrong


def anything_else(valid: object) -> Iterator[Wrong]:
    """Nothing of the one type that will do."""
    yield from things(valid)
    yield from (Wrong(repr(value), value, str(value)) for value in ("text", 3))


def each(kind: Kind) -> Kind:
    """Any number of values of a kind, of which the last is wrong."""

    def wrong(valid: tuple) -> Iterator[Wrong]:
        for one in kind(valid[-1]):
            yield dataclasses.replace(one, value=(*valid[:-1], one.value))

    return wrong


def but(kind: Kind, *labels: str) -> Kind:
    """The kind without wrong values that are right here."""
    return lambda valid: (one for one in kind(valid) if one.label not in labels)


def also(kind: Kind, *more: Wrong) -> Kind:
    """The kind and further wrong values."""

    def wrong(valid: object) -> Iterator[Wrong]:
        yield from kind(valid)
        yield from more

    return wrong
