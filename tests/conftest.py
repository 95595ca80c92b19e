"""What all tests share: one profile of hypothesis, and the order of the files on several workers."""

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "page"))
import address

# Before torch is imported: another number of threads adds in another order, and bits are compared across processes.
os.environ["OMP_NUM_THREADS"] = "1"

# Drawn alike in every run, and no run fails because the machine is busy.
settings.register_profile("ncbook", deadline=None, derandomize=True, max_examples=25, print_blob=False)
settings.load_profile("ncbook")

# A long file that comes last keeps one worker busy while the others wait.
_LONG = ("test_pictures", "test_scaffold", "test_lab_grokking", "test_trainers_ensemble", "test_sweep", "test_imports",
         "test_trainers_checkpoints", "test_ledger", "test_labs", "test_experiment_cascade", "test_models_torchvision",
         "test_experiment_test_collapse", "test_experiment_settings", "test_experiment_transfer", "test_trainers_fit",
         "test_prose", "test_models", "test_cli", "test_experiment_unconstrained")  # fmt: skip


def pytest_configure(config):
    """By itself, pytest-xdist gives out the files with many tests first, which are not those that take long."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """The long files first; the order of all other files, and of the tests of a file, stays."""
    rank = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: rank.get(Path(item.path).stem, len(_LONG)))


def pytest_collection_finish():
    """What has been imported stays to the end: the garbage collector need not look through it again and again."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def recorded_runs_are_read_once() -> Iterator[None]:
    """And what is read off them, by all tests of a worker; so nothing may be written into their arrays."""
    from ncbook import runs  # after the number of threads is set

    load, folder = runs.load, runs.RECORDED

    @cache
    def shared(path: Path) -> runs.Run:
        run = load(path)
        for array in (*run.history.values(), *run.arrays.values()):
            array.setflags(write=False)
        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "load", lambda path: shared(path) if Path(path).parent == folder else load(path))
        yield


@pytest.fixture(scope="session")
def chapters_address() -> str:
    """Where the chapters are in the repository, as in https://github.com/<this>: of this checkout, also in a fork."""
    slug, branch = address.address()
    return f"{slug}/blob/{branch}/book"
