"""torchvision: an error of its import says the way out. When it is imported is in test_imports.py, the data sets are in
test_data_real.py."""

import importlib

import pytest

from ncbook._torchvision import torchvision


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
