"""Every public function refuses wrong arguments by an error of ours that names the argument and says what is expected.

Of type, dtype, shape, range and device; None, nan, numpy, text, nothing at all. What is wrong stands in
wrong_metrics.py and wrong_trainers.py.
"""

import pytest
import torch
import wrong
from tables import for_each
from wrong import Call, Table, Thing, Wrong, check, faults, public_names
from wrong_metrics import METRICS
from wrong_trainers import TABLES

ALL = [METRICS, *TABLES]
CALLS = {
    f"{table.package.__name__.removeprefix('ncbook.')}.{name}": (table, name, calls)
    for table in ALL
    for name, calls in table.calls.items()
}


@for_each("table", ALL)
def test_every_public_function_is_in_its_table(table):
    missing, gone = absent(table)
    assert not missing, f"add to the table valid calls, with arguments by name, of: {sorted(missing)}"
    assert not gone, f"no longer public: {sorted(gone)}"


def absent(table):
    """Public names without a call, and calls and exemptions of what is not public."""
    public, known = set(public_names(table.package)), set(table.calls) | table.exempt
    assert not set(table.calls) & table.exempt
    return public - known, (set(table.calls) | table.seldom) - public


def test_a_function_and_an_argument_without_a_call_are_seen():
    fewer = {name: calls for name, calls in METRICS.calls.items() if name != "nc1"}
    assert absent(Table(METRICS.package, {**fewer, "nc9": []}, exempt=METRICS.exempt)) == ({"nc1"}, {"nc9"})
    with pytest.raises(AssertionError, match="new: has no kind"):
        list(Call(lambda new: new, {"new": 1}).wrong("new", {}))


@for_each("name", CALLS)
def test_every_argument_is_tried(name):
    """Of what is called as it is: a new argument fails here until it is added."""
    for call in CALLS[name][2]:
        missing = set(call.parameters()) - set(call.tried()) if call.own() else set()
        assert not missing, f"{name}: add to its wrong arguments {sorted(missing)}"


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path))
    table, _, calls = CALLS[name]
    found = [fault for call in calls for fault in faults(call, table.kinds)]
    assert not found, "\n".join(found)
    assert list(tmp_path.iterdir()) == []  # nothing was written on the way


@for_each("name", [name for name, (table, short, _) in CALLS.items() if short not in table.seldom])
def test_what_is_right_is_taken(name, tmp_path, monkeypatch):
    """Else every value would be wrong, whatever the check. What downloads, is kept or is large is left out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path))
    for call in CALLS[name][2]:
        call()


def lenient(size):
    return [size] * size


def bare(size):
    return size @ size


def misnamed(size):
    raise ValueError("sizes: expected another, got 3")


def silent(size):
    raise ValueError("size: no")


@for_each(
    ("function", "value", "message"),
    [
        (lenient, 3, "was taken"),
        (lenient, None, "names none"),
        (bare, torch.ones(2, 3), "a bare RuntimeError"),
        (misnamed, 3, "names none"),
        (silent, 3, "does not say"),
    ],
)
def test_the_walker_sees_what_is_wrong(function, value, message):
    """The control: a function without checks, or with a poor message, fails for each kind of reason."""
    with pytest.raises(AssertionError, match=message):
        check(Call(function, {"size": 2}), "size", Wrong(repr(value), value, ""))


def foreign(size):
    raise ValueError("size: expected a number, got a Thing")  # in this file, which is none of ncbook's


def test_an_error_of_a_library_and_a_wrong_kind_that_is_no_type_error_are_seen(monkeypatch):
    with pytest.raises(AssertionError, match="an error of a library"):
        check(Call(foreign, {"size": 2}), "size", Wrong("3", 3, ""))
    monkeypatch.setattr(wrong, "ours", lambda error: True)
    with pytest.raises(AssertionError, match="is no TypeError"):
        check(Call(foreign, {"size": 2}), "size", Wrong("a Thing", Thing(), ""))


def test_what_the_message_has_to_show_is_looked_for():
    with pytest.raises(AssertionError, match="'17' is not in"):
        check(Call(METRICS.package.nc1, METRICS.calls["nc1"][0].arguments), "num_classes", Wrong("1", 1, "17"))
