"""Variables of the environment as people write them, and a home folder that is not to be written to, or to be found."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from tables import for_each

from ncbook import _environment, experiments, runs, trainers
from ncbook.data.real import data_folder
from ncbook.labs import _note


@for_each("word", ["1", "true", "True", " yes ", "ON", '"1"'])
def test_words_that_switch_on(monkeypatch, word):
    monkeypatch.setenv("NCBOOK_STATIC", word)
    assert _note.static()


@for_each("word", ["", "0", "false", "No", " off ", "'0'", '""'])
def test_words_that_do_not(monkeypatch, word):
    monkeypatch.setenv("NCBOOK_STATIC", word)
    assert not _note.static()


@for_each("word", ["2", "maybe", "-1", "yes please"])
def test_a_word_that_is_neither_is_named(monkeypatch, word):
    monkeypatch.setenv("NCBOOK_LIVE", word)
    with pytest.raises(ValueError, match=f"NCBOOK_LIVE: expected one of 1, true, .*got '{word}'"):
        experiments.get("simplex").load("laptop")


FOLDERS = [("NCBOOK_CACHE", runs.cache_folder, "runs"), ("NCBOOK_DATA", data_folder, "data")]


@for_each(
    ("written", "meant"),
    [
        ("~/x", "HOME/x"), ("$HOME/x", "HOME/x"), ("${HOME}/x/", "HOME/x"), (" ~/x ", "HOME/x"), ("'~/x'", "HOME/x"),
        ('"/a b/c"', "/a b/c"), ("/a//b/", "/a/b"), ("x", "x"),
    ],
)  # fmt: skip
def test_folders_are_meant_as_they_are_written(monkeypatch, tmp_path, written, meant):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, folder, _ in FOLDERS:
        monkeypatch.setenv(name, written)
        assert folder() == Path(meant.replace("HOME", str(tmp_path)))


@for_each("written", ["~nobody-of-this-name/x", "$NCBOOK_NOT_SET/x"])
def test_a_folder_of_nobody_is_named_and_not_made(monkeypatch, written):
    for name, folder, _ in FOLDERS:
        monkeypatch.setenv(name, written)
        with pytest.raises(ValueError, match=f"{name}: .*names a user or a variable that there is not"):
            folder()


def test_without_a_home_folder_there_is_one_among_the_temporary_files(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as it is where nobody knows it
    for name, folder, last in FOLDERS:
        monkeypatch.delenv(name, raising=False)
        assert folder().is_relative_to(tempfile.gettempdir())
        assert folder().name == last


@for_each(("name", "preset"), [(" smoke ", "smoke"), ("SMOKE", "smoke"), ("'gpu'", "gpu"), ("", "laptop")])
def test_presets_in_any_case(monkeypatch, name, preset):
    monkeypatch.setenv("NCBOOK_PRESET", name)
    config = experiments.get("collapse").Config
    assert config.preset() == config.preset(preset)


@for_each("count", ["abc", "0", "-1", "1.5", "²"])
def test_a_number_of_threads_that_is_none_is_named(monkeypatch, count):
    monkeypatch.setenv("NCBOOK_THREADS", count)
    message = f"NCBOOK_THREADS: expected an integer >= 1, got '{count}'"
    with pytest.raises(ValueError, match=message), trainers.threads():
        pass


def test_names_of_modules_may_have_blanks(monkeypatch):
    monkeypatch.setenv("NCBOOK_EXPERIMENTS", " json , ,string,")
    assert _environment.words("NCBOOK_EXPERIMENTS") == ("json", "string")
    assert experiments.names()[0] == "collapse"  # both are imported


HOMELESS = """
import warnings
warnings.simplefilter("ignore")
from ncbook import data, experiments, models, runs, trainers
train = data.glyphs((0, 1), 2, 1, 16).train
network = models.mlp((1, 16, 16), 2, width=4)
trainers.fit(network, train, trainers.Recipe(2, 0.1), 0, checkpoint="~/training.pt")
recorded = experiments.simplex.load("laptop", live=False)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    runs.keep(recorded, runs.cache_folder() / "run.npz")
print(len(caught))
"""


def test_nothing_is_lost_where_the_home_folder_cannot_be_written(tmp_path):
    """It would lie below a file, where root cannot make it either."""
    (tmp_path / "a file").write_text("")
    place = tmp_path / "a file" / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NCBOOK", "XDG", "MPL"))}
    done = subprocess.run(
        [sys.executable, "-c", HOMELESS], capture_output=True, text=True, cwd=tmp_path, env=kept | {"HOME": str(place)}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1\n"  # that the run could not be kept
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


# --- a run that cannot be kept


@dataclass(frozen=True)
class Config(experiments.Presets):
    seeds: tuple[int, ...] = (0,)

    @classmethod
    def presets(cls):
        return dict.fromkeys(experiments.PRESETS, cls())


def _made(rows, **more) -> experiments.Experiment:
    return experiments.Experiment("kept", "Kept", 1, Config, lambda config, device: (rows, {}), ("seed",), **more)


@for_each("value", [[1, 2], [[1], [1, 2]], object(), {"a": 1}])
def test_a_column_that_no_file_holds_does_not_lose_the_run(monkeypatch, tmp_path, value):
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path))
    with pytest.warns(UserWarning, match=r"will be in memory only: run\.history\['odd'\]"):
        run = _made([{"seed": 0, "step": 0, "odd": value}]).load("smoke", device="cpu")
    assert list(run.history["odd"]) == [value]
    assert list(tmp_path.iterdir()) == []


def test_a_recorded_run_that_cannot_be_put_in_its_place_is_kept_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path / "cache"))
    mine, save = _made([{"seed": 0, "step": 0}], folder=str(tmp_path / "recorded")), runs.save

    def full(run, path):
        if Path(path).parent == tmp_path / "recorded":
            raise OSError("no space left on device")
        save(run, path)

    monkeypatch.setattr(runs, "save", full)
    with pytest.raises(OSError, match=r"no space left on device.*the run is in .*cache"):
        mine.record("smoke", device="cpu")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [mine.file_name("smoke")]
