"""Wrong arguments of trainers, data, models, runs and experiments: an error of ours that names the argument.

Of type, dtype, shape, range and device; None, nan, numpy, text, nothing at all. What is wrong is in wrong_trainers.py.
"""

import inspect
import re
import types
from pathlib import Path

import pytest
from wrong_trainers import EXEMPT, PACKAGES, Case, Thing

import ncbook

CASES = [
    (f"{package.__name__.removeprefix('ncbook.')}.{name}", cases)
    for package, table in PACKAGES
    for name, cases in table.items()
]


def test_every_public_function_is_in_the_table():
    for package, table in PACKAGES:
        public = {name for name in package.__all__ if not isinstance(getattr(package, name), types.ModuleType)}
        missing = public - set(table) - EXEMPT
        assert not missing, f"{package.__name__}: add to the table of wrong arguments {sorted(missing)}"
        assert set(table) <= public
        assert not EXEMPT & set(table)


def test_every_argument_is_in_the_table():
    """Of what is called as it is: a new argument fails here until it is added."""
    for name, cases in CASES:
        called = [case for case in cases if inspect.isfunction(case.call) or inspect.isclass(case.call)]
        for case in (case for case in called if (case.call.__module__ or "").startswith("ncbook")):
            missing = set(inspect.signature(case.call).parameters) - set(case.wrong)
            assert not missing, f"{name}: add to its wrong arguments {sorted(missing)}"


@pytest.mark.parametrize(("name", "cases"), CASES, ids=[name for name, _ in CASES])
def test_a_wrong_argument_is_named(name, cases, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    faults = [fault for case in cases for fault in faults_of(case)]
    assert not faults, "\n".join(faults)
    assert list(tmp_path.iterdir()) == []  # nothing was written on the way


def faults_of(case: Case) -> list[str]:
    """What the errors of wrong values lack, one line each."""
    found = []
    for argument, values in case.wrong.items():
        for value in values:
            fault = fault_of(case, argument, value)
            if fault:
                found.append(f"{argument}={value!r:.60}: {fault}")
    return found


def fault_of(case: Case, argument: str, value: object) -> str | None:
    try:
        case.call(**(case.right | {argument: value}))
    except (ValueError, TypeError) as error:
        message = str(error)
        named = case.named.get(argument, argument)
        if not re.match(rf"{named}|[\w.]*{named}", message):
            return f"does not begin with the argument's name: {message}"
        if not re.search(r"got|unknown|called|has no|more than|to be had|outside|leaves|lies|given|holds", message):
            return f"does not say what was given: {message}"
        if not _ours(error):
            return f"is not ours: {message}"
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "is taken"


def _ours(error: BaseException) -> bool:
    """Whether ncbook raised it, and no library that it called."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename).is_relative_to(Path(ncbook.__file__).parent)


def _lenient(size):
    return [size] * size


def test_the_walker_sees_what_is_wrong():
    """The control: a function without checks fails for each kind of reason."""
    case = Case(_lenient, {"size": 2}, {"size": [3, None, Thing()]})
    taken, none, thing = faults_of(case)
    assert "is taken" in taken
    assert "does not begin with the argument's name" in none
    assert "does not begin with the argument's name" in thing


LEFT_OUT = {
    "data.real", "data.mnist5k", "runs.load", "experiments.register",
    "models.resnet34", "models.resnet50", "models.densenet121", "models.vgg16_bn",
}  # fmt: skip


def test_what_is_right_is_taken(tmp_path, monkeypatch):
    """Else every value would be wrong, whatever the check. What downloads, is kept or is large is left out."""
    monkeypatch.chdir(tmp_path)
    for name, cases in CASES:
        if name not in LEFT_OUT:
            for case in cases:
                case.call(**case.right)
