"""Setting up: alone, again and again, and with a kind word where it cannot go on."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import install  # noqa: E402
import locks  # noqa: E402

HOLD = """
import locks, pathlib, sys, time
with locks.alone(pathlib.Path(sys.argv[1]), ""):
    print("in", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock, until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], cwd=ROOT / "tools", stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "in\n"
        yield process
        process.kill()


def test_a_second_one_waits_for_the_first_even_if_that_is_killed(holder, tmp_path, monkeypatch, capsys):
    waited = []
    sleep = time.sleep

    def kill_the_first(seconds):
        waited.append(seconds)
        holder.kill()
        sleep(0.01)

    monkeypatch.setattr(locks.time, "sleep", kill_the_first)
    with locks.alone(tmp_path / "lock", "another is at work"):
        pass
    assert waited
    assert capsys.readouterr().out == "Waiting: another is at work\n"


def test_a_lock_that_is_free_is_taken_without_a_word(tmp_path, capsys):
    for _ in range(2):
        with locks.alone(tmp_path / "folder" / "lock", "another is at work"):
            pass
    assert capsys.readouterr().out == ""


def test_an_old_python_is_answered_with_the_way_out(monkeypatch, capsys):
    monkeypatch.setattr(install.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(install.subprocess, "run", lambda *_, **__: pytest.fail("something was installed"))
    assert install.main() == 1
    assert "3.10 or newer" in capsys.readouterr().out


def test_without_a_network_there_is_one_clear_line(monkeypatch, capfd):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    arguments = ["download", "--no-cache-dir", "--no-deps", "a-package-that-nobody-has"]
    assert not install._pip(Path(sys.prefix), arguments)
    said = capfd.readouterr().out
    assert re.fullmatch(r"The packages cannot be downloaded: .*\n", said)


@pytest.mark.parametrize(("names", "answer"), [(("json", "csv"), 0), (("json", "no_such_module"), 1)])
def test_what_is_installed_is_imported_once(names, answer, monkeypatch, capfd):
    monkeypatch.setattr(install, "IMPORTED", names)
    assert install.compile_and_try(Path(sys.prefix)) == answer
    assert ("No module named 'no_such_module'" in capfd.readouterr().err) == bool(answer)


def test_what_cannot_be_imported_is_not_called_installed(monkeypatch, tmp_path):
    """So that the same command tries again."""

    def installed(venv, *_):
        (tmp_path / venv).mkdir(exist_ok=True)
        (tmp_path / venv / "installed").touch()
        return True

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "install", installed)
    for answer in (0, 1):
        monkeypatch.setattr(install, "compile_and_try", lambda venv, answer=answer: answer)
        assert install.main() == answer
        assert (tmp_path / ".venv" / "installed").exists() != bool(answer)


def test_the_page_on_installing_quotes_what_is_said():
    page = (ROOT / "book" / "installing.md").read_text(encoding="utf-8")
    code = (ROOT / "tools" / "install.py").read_text(encoding="utf-8")
    for words in ("The packages cannot be downloaded", "another installation is running in this folder"):
        assert words in page
        assert words in code


def test_every_module_that_installs_needs_python_alone():
    """It runs before anything is installed."""
    for name in ("install", "locks"):
        found = set(re.findall(r"^ *(?:import|from) (\w+)", (ROOT / f"tools/{name}.py").read_text(), re.M))
        assert found <= sys.stdlib_module_names | {"locks"}, name


@pytest.mark.skipif(os.name == "nt", reason="the imitation of pip is a script for a Unix shell")
def test_of_a_large_file_every_tenth_is_told(monkeypatch, capsys, tmp_path):
    """An imitation of pip, which tells every chunk."""
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    chunks = "".join(f"echo Progress {done}000000 of 500000000\n" for done in range(0, 501, 20))
    python.write_text(f"#!/bin/sh\necho Collecting torch\n{chunks}echo Progress 10 of 10\n")
    python.chmod(0o755)
    monkeypatch.setattr(install, "ROOT", tmp_path)
    assert install._pip(Path("venv"), ["install", "torch"])
    told = [f"    {tenth}0 % of 500 MB" for tenth in range(1, 11)]
    assert capsys.readouterr().out.splitlines() == ["Collecting torch", *told]
