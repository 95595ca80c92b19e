"""python -m ncbook: what it prints, and its exit codes."""

import json
import shutil
import subprocess
import sys

import pytest
import torch

from ncbook import __version__, doctor, experiments, runs
from ncbook.__main__ import main


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, and no settings from outside."""
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path / "cache"))
    for name in ("NCBOOK_PRESET", "NCBOOK_LIVE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A copy of the recorded runs that a test may damage."""
    folder = tmp_path / "recorded"
    shutil.copytree(runs.RECORDED, folder)
    monkeypatch.setattr(runs, "RECORDED", folder)
    return folder


def python_m_ncbook(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "ncbook", *arguments], capture_output=True, text=True)


def assert_one_line(text: str) -> None:
    assert text.count("\n") == 1
    assert text.startswith("ncbook: ")


# --- as a program


# Forks of one process that has imported what takes seconds; each ends as any Python program does.
FORKS = """
import os, runpy, sys
from ncbook import doctor, experiments, ledger

for name, *arguments in (("unknown", "run", "nothing"), ("reader", "list")):
    child = os.fork()
    if child == 0:
        with open(f"{name}.out", "wb") as out, open(f"{name}.err", "wb") as errors:
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
        if name == "reader":  # that has had enough
            end, out = os.pipe()
            os.close(end)
            os.dup2(out, 1)
        sys.argv[1:] = arguments
        runpy.run_module("ncbook", run_name="__main__", alter_sys=True)
        sys.exit()
    print(name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def forks(tmp_path_factory) -> dict[str, tuple[int, str, str]]:
    """Exit code, output and errors of what was asked of `python -m ncbook`."""
    folder = tmp_path_factory.mktemp("forks")
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    codes = (line.split() for line in done.stdout.splitlines())
    return {
        name: (int(code), (folder / f"{name}.out").read_text(), (folder / f"{name}.err").read_text())
        for name, code in codes
    }


def test_version():
    done = python_m_ncbook("--version")
    assert (done.returncode, done.stdout) == (0, f"ncbook {__version__}\n")


def test_an_unknown_experiment_is_one_line_and_exit_code_2(forks):
    code, said, errors = forks["unknown"]
    assert code == 2
    assert said == ""
    assert_one_line(errors)
    assert "'nothing'" in errors
    assert all(name in errors for name in experiments.names())


# --- list


def test_list_names_every_experiment_and_preset(capsys):
    assert main(["list"]) == 0
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert [(name, preset) for name, preset, _ in rows] == [
        (n, p) for n in experiments.names() for p in experiments.get(n).presets()
    ]
    assert ["collapse", "laptop", "recorded"] in rows
    assert ["collapse", "smoke", "not run yet"] in rows


def test_list_as_json(capsys):
    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"experiment": "collapse", "preset": "laptop", "run": "recorded"} in rows
    assert len(rows) == sum(len(experiments.get(name).presets()) for name in experiments.names())


def test_list_shows_a_cached_run(capsys, cache):
    runs.save(runs.Run({}, {"step": [0]}), cache / experiments.get("collapse").file_name("smoke"))
    main(["list", "--json"])
    assert {"experiment": "collapse", "preset": "smoke", "run": "cached"} in json.loads(capsys.readouterr().out)


# --- run


def test_run_says_where_a_recorded_run_was_made(capsys):
    assert main(["run", "collapse"]) == 0
    said = capsys.readouterr().out
    about = experiments.collapse.load("laptop", live=False).provenance
    assert said.startswith("collapse, preset laptop: ")
    assert all(str(about[name]) in said for name in ("seconds", "hardware", "date", "ncbook"))


def test_an_unknown_preset_is_a_wrong_argument(capsys):
    assert main(["run", "collapse", "--preset", "nonsense"]) == 2
    said = capsys.readouterr().err
    assert_one_line(said)
    assert "'nonsense'" in said
    assert all(preset in said for preset in experiments.PRESETS)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_a_wrong_argument(capsys, cache):
    assert main(["run", "collapse", "--preset", "smoke", "--device", "cuda", "--live"]) == 2
    said = capsys.readouterr().err
    assert_one_line(said)
    assert "'cuda'" in said
    assert not list(cache.rglob("*.npz"))


def test_a_device_that_does_not_exist_is_a_wrong_argument(capsys):
    assert main(["run", "collapse", "--preset", "smoke", "--device", "toaster", "--live"]) == 2
    assert "'toaster'" in capsys.readouterr().err


def test_a_damaged_run_is_no_wrong_argument(capsys, recorded):
    for path in recorded.glob("collapse-laptop-*"):
        path.write_bytes(path.read_bytes()[:1000])
    assert main(["run", "collapse"]) == 1
    said = capsys.readouterr().err
    assert_one_line(said)
    assert str(recorded) in said


def test_an_interrupt_says_so_without_a_traceback(capsys, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments.Experiment, "load", interrupt)
    assert main(["run", "collapse"]) == 130
    assert capsys.readouterr().err == "ncbook: interrupted; nothing was written\n"


@pytest.mark.parametrize("arguments", [[], ["dance"], ["run"], ["list", "--xml"]])
def test_wrong_usage_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m ncbook" in capsys.readouterr().err


def test_a_reader_that_has_had_enough_is_no_error(forks):
    """As in `python -m ncbook list | head -1`."""
    code, _, errors = forks["reader"]
    assert errors == ""
    assert code == 0


@pytest.mark.parametrize("arguments", [["list"], ["run", "collapse"], ["doctor"]], ids=" ".join)
def test_every_answer_is_there_as_json_and_without_colors(capsys, arguments):
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main(arguments) == 0
    assert "\x1b" not in capsys.readouterr().out


# --- doctor


def test_the_doctor_finds_a_sound_installation_sound(capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "PROBLEM" not in said
    assert torch.__version__ in said
    assert "recorded     collapse laptop" in said


def test_the_doctor_names_a_damaged_recorded_run(capsys, recorded):
    path = next(recorded.glob("collapse-laptop-*"))
    path.write_bytes(path.read_bytes()[:-10])
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert f"PROBLEM      the run {path} is damaged" in said
    assert said.endswith("1 problem(s)\n")


def test_the_doctor_names_a_run_that_no_longer_matches_the_code(capsys, recorded):
    path = next(recorded.glob("collapse-laptop-*"))
    path.rename(recorded / "collapse-laptop-0123456789ab.npz")
    assert main(["doctor"]) == 1
    assert "PROBLEM      collapse-laptop-0123456789ab.npz no longer matches" in capsys.readouterr().out


def test_the_doctor_names_a_torchvision_that_cannot_be_imported(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert main(["doctor"]) == 1
    assert "PROBLEM      torchvision cannot be imported" in capsys.readouterr().out


def test_the_doctor_says_what_each_use_lacks(capsys, monkeypatch):
    there = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: name != "jupyterlab" and there(name))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert main(["doctor"]) == 0  # nothing is wrong with the package
    said = capsys.readouterr().out
    assert "for labs: missing jupyterlab\n" in said
    assert "for the book: all is there\n" in said
    assert "for the browser tests: missing chromium-headless-shell or chromium or " in said


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_a_number_of_workers_that_makes_no_sense_is_a_wrong_argument(capsys, workers):
    assert main(["run", "collapse", "--workers", workers]) == 2
    said = capsys.readouterr().err
    assert_one_line(said)
    assert f"got {workers}" in said


@pytest.mark.parametrize("asked", [["flatness", "--preset", "laptop-noise"], ["flatness"], ["margins"]])
def test_the_table_of_a_run_has_every_training_also_one_that_lacks_a_key_of_other_parts(capsys, asked):
    assert main(["run", *asked, "--json"]) == 0
    ends = json.loads(capsys.readouterr().out)["ends"]
    experiment = experiments.get(asked[0])
    run = experiment.recorded("laptop-noise" if "--preset" in asked else "laptop")
    lacking = [name for name in experiment.keys if run.to_frame()[name].isna().any()]
    assert lacking  # else there is nothing to see
    found = {tuple(row[name] for name in experiment.keys) for row in ends}
    frame = run.to_frame()[list(experiment.keys)]
    assert len(found) == len(ends) == len(frame.drop_duplicates())
