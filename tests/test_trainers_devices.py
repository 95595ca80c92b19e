"""Which device, and how many threads."""

import pytest
import torch
from tables import for_each

from ncbook import trainers


def test_pick_device_takes_what_there_is(monkeypatch):
    assert trainers.pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert trainers.pick_device("cpu") == trainers.pick_device(torch.device("cpu")) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name, message in (
        ("gpu", "expected a device of this machine .*'gpu'"),
        ("cuda", "expected a device of this machine .*'cuda' .*no GPU"),
    ):
        with pytest.raises(ValueError, match=f"device: {message}"):
            trainers.pick_device(name)


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_threads_holds_inside_the_block_and_restores_after_it():
    with trainers.threads(1) as count:
        assert (count, torch.get_num_threads()) == (1, 1)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_threads_restores_after_an_error():
    with pytest.raises(KeyError), trainers.threads(1):
        raise KeyError
    assert torch.get_num_threads() == 2


@for_each(("variable", "expected"), [(None, 1), ("2", 2)])
def test_threads_follow_the_environment(monkeypatch, variable, expected):
    monkeypatch.delenv("NCBOOK_THREADS", raising=False)
    if variable:
        monkeypatch.setenv("NCBOOK_THREADS", variable)
    with trainers.threads() as count:
        assert count == torch.get_num_threads() == expected


def test_a_thread_count_that_is_no_number_is_named(monkeypatch):
    monkeypatch.setenv("NCBOOK_THREADS", "many")
    with pytest.raises(ValueError, match=r"NCBOOK_THREADS.*'many'"), trainers.threads():
        pass
