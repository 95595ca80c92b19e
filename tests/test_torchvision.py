"""torchvision: imported only when asked for, also beside a torch that its operators do not fit. The data sets are in
test_data_real.py."""

import importlib
import subprocess
import sys

import pytest

from ncbook._torchvision import torchvision

# Three processes of their own, forked when torch has been imported, which takes seconds: a plain import first, ours
# first, and neither. None of them may open a connection.
QUESTIONS = """
import os, socket, sys, traceback

def refuse(*arguments):
    raise AssertionError("a connection was opened")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import torch

def plain_first():
    try:
        import torchvision
    except RuntimeError as error:
        assert str(error) == "operator torchvision::nms does not exist", error
    from ncbook._torchvision import torchvision
    return torchvision("models").resnet18.__name__

def ours_first():
    from ncbook._torchvision import torchvision as ours
    model = ours("models").resnet18(num_classes=3).eval()
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
    assert ours("models") is ours("models")
    import torchvision.models as plain
    assert plain is ours("models")
    return ours("datasets").MNIST.__name__

def neither():
    import importlib, pkgutil
    import ncbook
    names = [module.name for module in pkgutil.walk_packages(ncbook.__path__, "ncbook.")]
    for name in names:
        importlib.import_module(name)
    assert "torchvision" not in sys.modules
    return len(names)

for question in (plain_first, ours_first, neither):
    child = os.fork()
    if child == 0:
        try:
            said = question()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        print(question.__name__, said, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each question was answered with; one that failed is missing, and pytest shows its traceback."""
    done = subprocess.run([sys.executable, "-c", QUESTIONS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    sys.stderr.write(done.stderr)
    return dict(line.split() for line in done.stdout.splitlines())


# --- the trap


def test_a_plain_import_works_or_dies_of_the_missing_operator_and_ours_works_after_it(said):
    """If this fails, torchvision breaks in a new way, and `_torchvision` has to learn it."""
    assert said["plain_first"] == "resnet18"


def test_ours_works_again_and_again_and_makes_a_plain_import_work(said):
    assert said["ours_first"] == "MNIST"


def _raise(error):
    def fail(name):
        raise error

    return fail


def test_a_missing_torchvision_is_answered_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", _raise(ModuleNotFoundError("No module", name="torchvision")))
    with pytest.raises(ImportError, match="torchvision is not installed; pip install torchvision"):
        torchvision("models")


def test_a_missing_package_of_torchvision_keeps_its_name(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", _raise(ModuleNotFoundError("No module named 'PIL'", name="PIL")))
    with pytest.raises(ImportError, match="PIL"):
        torchvision("models")


def test_another_error_is_passed_on(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", _raise(RuntimeError("something else")))
    with pytest.raises(RuntimeError, match="something else"):
        torchvision("models")


# --- nothing is imported or fetched before it is asked for


def test_importing_every_module_needs_neither_torchvision_nor_the_network(said):
    assert int(said["neither"]) > 20
