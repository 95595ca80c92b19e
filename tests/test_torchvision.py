"""torchvision: imported only when asked for, also beside a torch that its operators do not fit. The data sets are in
test_data_real.py."""

import importlib
import subprocess
import sys

import pytest

from ncbook._torchvision import torchvision


def fresh(code: str) -> subprocess.CompletedProcess:
    """Run `code` in a new Python, where nothing has been imported yet."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def succeeds(code: str) -> str:
    done = fresh(code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- the trap


def test_a_plain_import_works_or_dies_of_the_missing_operator_and_ours_works_after_it():
    """If this fails, torchvision breaks in a new way, and `_torchvision` has to learn it."""
    code = """
try:
    import torchvision
except RuntimeError as error:
    assert str(error) == "operator torchvision::nms does not exist", error
from ncbook._torchvision import torchvision
print(torchvision("models").resnet18.__name__)
"""
    assert succeeds(code) == "resnet18"


def test_ours_works_again_and_again_and_makes_a_plain_import_work():
    code = """
import torch
from ncbook._torchvision import torchvision as ours
model = ours("models").resnet18(num_classes=3).eval()
assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
assert ours("models") is ours("models")
import torchvision.models as plain
assert plain is ours("models")
print(ours("datasets").MNIST.__name__)
"""
    assert succeeds(code) == "MNIST"


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


def test_importing_every_module_needs_neither_torchvision_nor_the_network():
    code = """
import importlib, pkgutil, socket, sys

def refuse(*arguments):
    raise AssertionError("a connection was opened")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import ncbook
names = [module.name for module in pkgutil.walk_packages(ncbook.__path__, "ncbook.")]
for name in names:
    importlib.import_module(name)
assert "torchvision" not in sys.modules
print(len(names))
"""
    assert int(succeeds(code)) > 20
