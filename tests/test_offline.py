"""The archive for a room without a network, with packages of three lines in place of the real ones."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import offline
import pytest
import yaml

ROOT = Path(__file__).parents[1]
CUT_OFF = ["unshare", "--map-root-user", "--net"]  # no network, not even this machine's own


def toy_wheel(folder: Path, name: str) -> None:
    """A package that holds nothing but its name."""
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"NAME = {name!r}\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: toy\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture
def unpacked(tmp_path) -> Path:
    """An archive of invented parts, unpacked somewhere else."""
    build, place = tmp_path / "build", tmp_path / "packed" / "ncbook-offline"
    for source in offline.PARTS.values():
        (build / source).mkdir(parents=True)
        (build / source / "index.html").write_text(source)
    (place / "wheels").mkdir(parents=True)
    for name in ("ncbook", *offline.WANTED):
        toy_wheel(place / "wheels", name)
    offline.collect(place, build)
    archive = offline.pack(place, build)
    shutil.rmtree(place)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "a class room", filter="data")
    return tmp_path / "a class room" / "ncbook-offline"


def start(folder: Path, *arguments: str, cut_off: bool = True, python: str = sys.executable):
    command = [*(CUT_OFF if cut_off else []), str(folder / "start.sh"), *arguments]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "PYTHON": python}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_it_holds_every_part_and_no_notebook_of_an_editor(unpacked):
    for part, source in offline.PARTS.items():
        assert (unpacked / part / "index.html").read_text() == source
    assert offline.system() in (unpacked / "README.txt").read_text()


def test_it_sets_itself_up_where_there_is_no_network(unpacked):
    can = subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode == 0
    if not can:
        pytest.skip("NO NETWORK NAMESPACE: this machine does not let a process cut itself off")
    done = start(unpacked, "--setup")
    assert (done.returncode, "Ready." in done.stdout) == (0, True), done.stdout + done.stderr
    named = subprocess.run([unpacked / ".venv/bin/python", "-I", "-c", "import ncbook; print(ncbook.NAME)"],
                           capture_output=True, text=True, cwd=unpacked)  # fmt: skip
    assert named.stdout == "ncbook\n"
    assert "Setting up" not in start(unpacked, "--setup").stdout


def test_another_python_is_refused_with_the_way_out(unpacked):
    (unpacked / "python-version").write_text("2.7\n")
    refused = start(unpacked, "--setup", cut_off=False)
    assert refused.returncode == 1
    assert "for Python 2.7" in refused.stdout
    assert "PYTHON=/path/to/python2.7 ./start.sh" in refused.stdout


def test_what_is_missing_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(offline, "ROOT", tmp_path)
    assert offline.main() == 1
    assert "_build/slides" in capsys.readouterr().out


def test_a_hub_gets_everything_that_the_package_needs():
    needs = [line for line in metadata.requires("ncbook") if "extra" not in line]
    given = yaml.safe_load((ROOT / ".binder/environment.yml").read_text())["dependencies"]
    names = {str(line).split("=")[0] for line in given}
    assert {re.match(r"[\w-]+", line)[0] for line in needs} - {"torch"} <= names
    assert "pytorch-cpu" in names
