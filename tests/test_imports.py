"""Importing loads nothing that is slow and seldom needed, opens no connection, trains nothing and writes nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import ncbook

# Processes of their own, forked when what takes seconds has been imported. None may open a connection. What a
# question returns is printed as JSON; the answer to one that fails is missing, and pytest shows its traceback.
QUESTIONS = """
import json, os, socket, sys, threading, traceback

def refuse(*arguments):
    raise AssertionError("a connection was opened")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import ipywidgets, matplotlib.figure, pandas, torch

def every_floor():
    from ncbook import data, experiments, figures, metrics, trainers
    return sorted(sys.modules)

def every_module():
    import importlib, pkgutil
    import ncbook
    names = [module.name for module in pkgutil.walk_packages(ncbook.__path__, "ncbook.")]
    names = [name for name in names if not name.startswith("ncbook.integrations.")]  # which need a framework
    for name in names:
        importlib.import_module(name)
    return [len(names), sorted({"torchvision", "torchmetrics", "lightning", "pytorch_lightning"} & set(sys.modules))]

def labs():
    from ncbook import labs
    return [threading.active_count(), "matplotlib.pyplot" in sys.modules]

def torchvision_plain_first():
    try:
        import torchvision
    except RuntimeError as error:
        assert str(error) == "operator torchvision::nms does not exist", error
    from ncbook._torchvision import torchvision
    return torchvision("models").resnet18.__name__

def torchvision_ours_first():
    from ncbook._torchvision import torchvision as ours
    model = ours("models").resnet18(num_classes=3).eval()
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
    assert ours("models") is ours("models")
    import torchvision.models as plain
    assert plain is ours("models")
    return ours("datasets").MNIST.__name__

for questions in ((every_floor, every_module), (labs,), (torchvision_plain_first,), (torchvision_ours_first,)):
    child = os.fork()
    if child == 0:
        try:
            for question in questions:
                print(json.dumps([question.__name__, question()]), flush=True)
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def said() -> dict:
    """What each question was answered with."""
    done = subprocess.run([sys.executable, "-c", QUESTIONS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    sys.stderr.write(done.stderr)
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_importing_every_experiment_and_figure_loads_nothing_slow_that_few_pages_need(said):
    """Each chapter, worker and command pays for it: these took 0.2 to 2 seconds each."""
    slow = {"sklearn", "scipy.optimize", "scipy.ndimage", "scipy.stats", "joblib", "torchvision"}
    assert "ncbook.figures" in said["every_floor"]
    assert slow.isdisjoint(said["every_floor"])


def test_importing_every_module_needs_neither_torchvision_nor_a_framework_nor_the_network(said):
    modules, loaded = said["every_module"]
    assert modules > 20
    assert loaded == []


def test_importing_labs_trains_nothing_and_draws_nothing(said):
    threads, pyplot = said["labs"]
    assert threads == 1
    assert not pyplot


def test_a_plain_import_of_torchvision_works_or_dies_of_the_missing_operator_and_ours_works_after_it(said):
    """If this fails, torchvision breaks in a new way, and `_torchvision` has to learn it."""
    assert said["torchvision_plain_first"] == "resnet18"


def test_our_torchvision_works_again_and_again_and_makes_a_plain_import_work(said):
    assert said["torchvision_ours_first"] == "MNIST"


def test_importing_the_package_loads_and_writes_nothing(tmp_path):
    code = "import sys; before = set(sys.modules); import ncbook; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True,
        env={"PYTHONPATH": str(Path(ncbook.__file__).parents[1]), "HOME": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert done.stdout == "['ncbook']\n"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
