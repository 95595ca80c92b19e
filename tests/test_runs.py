"""A run file: what is saved comes back, whole or not at all, and nothing else passes for it."""

import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tables import for_each

from ncbook import experiments, runs

CONFIG = {"dataset": "digits", "networks": ["mlp"], "seeds": [0, 1], "rate": 0.1, "live": True, "note": None, "é": "σ²"}


def example(value: float = 0.5) -> runs.Run:
    history = {
        "seed": np.array([0, 0, 1]),
        "step": np.array([0, 10, 10]),
        "nc1": np.array([value, np.nan, np.inf]),
        "network": np.array(["mlp", "convnet", "β"]),
        "done": np.array([True, False, True]),
    }
    arrays = {
        "mlp/points": np.arange(12, dtype=np.float32).reshape(2, 3, 2),
        "empty": np.zeros((0, 4)),
        "one": np.array(7),
    }
    return runs.Run(CONFIG, history, arrays, {"experiment": "example", "seconds": 1.5, "date": "2026-01-01"})


def assert_equal(one: runs.Run, other: runs.Run) -> None:
    assert (one.config, one.provenance) == (other.config, other.provenance)
    for ours, theirs in ((one.history, other.history), (one.arrays, other.arrays)):
        assert list(ours) == list(theirs)
        for name in ours:
            assert ours[name].dtype == theirs[name].dtype
            np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "example.npz"
    runs.save(example(), path)
    return path


# --- a round trip


def test_a_run_comes_back_as_it_was(saved):
    assert_equal(runs.load(saved), example())


def test_numpy_can_read_the_file_without_pickle(saved):
    with np.load(saved, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["history/step"], example().history["step"])


def test_lists_become_arrays(tmp_path):
    runs.save(runs.Run({}, {"step": [0, 1], "name": ["a", "bc"]}), tmp_path / "run.npz")
    assert runs.load(tmp_path / "run.npz").history["name"].tolist() == ["a", "bc"]


def test_the_same_run_gives_the_same_bytes(saved, tmp_path):
    runs.save(runs.load(saved), tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == saved.read_bytes()


def test_missing_folders_are_made(tmp_path):
    runs.save(example(), tmp_path / "a" / "b" / "run.npz")
    assert_equal(runs.load(tmp_path / "a" / "b" / "run.npz"), example())


def test_others_may_read_the_file(saved):
    assert stat.S_IMODE(saved.stat().st_mode) & 0o444 == 0o444


@for_each("values", [np.array([{"a": 1}]), [None, 1], np.array([object()])])
def test_objects_are_refused_and_leave_no_file(tmp_path, values):
    with pytest.raises(ValueError, match=r"run\.history\['step'\]: expected numbers or words, got .* cannot be saved"):
        runs.save(runs.Run({}, {"step": values}), tmp_path / "run.npz")
    assert list(tmp_path.iterdir()) == []


@for_each(
    ("run", "message"),
    [
        (runs.Run({}, {"a": [1, 2], "b": [1]}), r"run\.history: .*one length, got 1 rows in b; 2 rows in a"),
        (
            runs.Run({}, {"a": [[1], [1, 2]]}),
            r"run\.history\['a'\]: expected rows of one shape, got list \[\[1\], \[1, 2",
        ),
        (
            runs.Run({}, {"a": [[1], [2]]}),
            r"run\.history\['a'\]: expected \[rows\], .*got a numpy array int64 \[2, 1\]",
        ),
        (runs.Run({}, {"a": 3}), r"run\.history\['a'\]: expected \[rows\]"),
        (runs.Run({}, {3: [3]}), r"run\.history\[3\]: expected a name that is a str, got 3"),
        (runs.Run({}, {"a": [1, None]}), r"run\.history\['a'\]: expected numbers or words, got None"),
        (runs.Run({}, {"a": [None, None]}), r"run\.history\['a'\]: expected numbers or words, got None"),
        (runs.Run({}, {}, {"b": [{}]}), r"run\.arrays\['b'\]: expected numbers or words, got dict \{\}"),
        (
            runs.Run({"rate": np.float32(1)}, {}),
            r"run\.config\['rate'\]: expected a JSON value, got np\.float32",
        ),
        (runs.Run({}, {}, {}, {"who": {1, 2}}), r"run\.provenance\['who'\]: expected a JSON value, got set \{1, 2\}"),
    ],
)
def test_what_no_file_can_hold_is_named(tmp_path, run, message):
    with pytest.raises(ValueError, match=message):
        runs.save(run, tmp_path / "run.npz")
    assert list(tmp_path.iterdir()) == []
    with pytest.warns(UserWarning, match=message):
        runs.keep(run, tmp_path / "run.npz")


def test_paths_may_be_text_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for path in ("run.npz", "~/a/run.npz", str(tmp_path / "b" / "run.npz")):
        runs.save(example(), path)
        assert_equal(runs.load(path), example())
    runs.require_writable("~/c")
    assert {path.name for path in tmp_path.iterdir()} == {"run.npz", "a", "b", "c"}


def test_columns_of_different_lengths_make_no_frame():
    with pytest.raises(ValueError, match=r"run\.history: .*1 rows in b; 2 rows in a"):
        runs.Run({}, {"a": [1, 2], "b": [1]}).to_frame()


def test_to_frame_has_a_row_for_each_measurement():
    frame = example().to_frame()
    assert list(frame.columns) == ["seed", "step", "nc1", "network", "done"]
    assert frame.loc[frame.network == "convnet", "step"].tolist() == [10]


# --- damage


def assert_damaged(path: Path) -> None:
    with pytest.raises(runs.DamagedRun, match="damaged") as caught:
        runs.load(path)
    assert str(path) in str(caught.value)


def test_a_truncated_file_is_damaged(saved):
    content = saved.read_bytes()
    for length in (*(int(share * len(content)) for share in (0, 0.001, 0.3, 0.7, 0.95, 0.999)), -1):
        saved.write_bytes(content[:length])
        assert_damaged(saved)


def test_a_flipped_byte_never_changes_what_is_read(saved):
    """Most flips are refused. The rest hit what a zip archive repeats or ignores, and change nothing."""
    content, refused = saved.read_bytes(), 0
    for place in range(0, len(content), 5):
        saved.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            read = runs.load(saved)
        except runs.DamagedRun:
            refused += 1
        else:
            assert_equal(read, example())
    assert refused > len(content) / 5 / 2


@for_each("member", ["history/nc1.npy", "arrays/mlp/points.npy", "run.json"])
def test_a_flipped_byte_in_the_data_is_damage(saved, member):
    runs.save(example(), saved)
    with zipfile.ZipFile(saved) as archive:
        entry = archive.getinfo(member)
    content = bytearray(saved.read_bytes())
    content[entry.header_offset + 30 + len(member) + entry.compress_size // 2] ^= 1
    saved.write_bytes(content)
    assert_damaged(saved)


def rewrite(path: Path, change) -> None:
    """A sound zip archive of the members that `change(members)` leaves."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _edit_config(members):
    members["run.json"] = members["run.json"].replace(b'"digits"', b'"letters"')


def _edit_provenance(members):
    members["run.json"] = members["run.json"].replace(b"2026-01-01", b"2025-01-01")


def _edit_history(members):
    stream = io.BytesIO()
    np.save(stream, np.array([0, 10, 11]))
    members["history/step.npy"] = stream.getvalue()


def _drop_an_array(members):
    del members["arrays/empty.npy"]


def _add_an_array(members):
    members["arrays/more.npy"] = members["arrays/empty.npy"]


def _drop_the_description(members):
    del members["run.json"]


def _drop_the_digest(members):
    about = json.loads(members["run.json"])
    del about["digest"]
    members["run.json"] = json.dumps(about).encode()


def _replace_the_description(members):
    members["run.json"] = b"[]"


@for_each(
    "change",
    [
        _edit_config,
        _edit_provenance,
        _edit_history,
        _drop_an_array,
        _add_an_array,
        _drop_the_description,
        _drop_the_digest,
        _replace_the_description,
    ],
)
def test_an_edited_archive_is_damaged(saved, change):
    runs.save(example(), saved)
    rewrite(saved, change)
    assert_damaged(saved)


def test_packing_the_same_members_again_is_no_damage(saved):
    """The control of the test above: only a change of contents counts."""
    rewrite(saved, lambda members: None)
    assert_equal(runs.load(saved), example())


@for_each("content", [b"", b"hello", bytes(100), b"PK\x05\x06" + bytes(18)])  # the last: a zip archive of nothing
def test_a_foreign_file_is_damaged(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    assert_damaged(path)


def test_numpys_own_archive_is_no_run(tmp_path):
    np.savez(tmp_path / "foreign.npz", step=np.arange(3))
    assert_damaged(tmp_path / "foreign.npz")


def test_pickles_in_an_archive_are_not_opened(saved, tmp_path):
    """Even one whose digest is right: reading it would run its author's code."""
    marker = tmp_path / "opened"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (marker,))

    stream = io.BytesIO()
    np.save(stream, np.array([Trap()], dtype=object), allow_pickle=True)

    def add(members):
        about = json.loads(members.pop("run.json"))
        members["arrays/trap.npy"] = stream.getvalue()
        about.pop("digest")
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
        text = json.dumps({"about": about, "members": sums}, sort_keys=True, separators=(",", ":"))
        about["digest"] = hashlib.sha256(text.encode()).hexdigest()
        members["run.json"] = json.dumps(about).encode()

    rewrite(saved, add)
    with pytest.raises(runs.DamagedRun, match="Object arrays cannot be loaded"):
        runs.load(saved)
    assert not marker.exists()


def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        runs.load(tmp_path / "none.npz")


def test_a_file_that_may_not_be_read_is_not_called_damaged(saved, monkeypatch):
    """Its message would advise to delete it."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PermissionError):
        runs.load(saved)


# --- writing whole or not at all


class Crash(BaseException):
    """What no `except Exception` catches, as an interrupt is not."""


@for_each(("module", "name"), [(os, "replace"), (os, "fsync"), (runs, "_write_zip")])
@for_each("error", [OSError("disk full"), KeyboardInterrupt(), Crash()])
def test_a_crash_while_writing_leaves_the_old_file_and_nothing_else(saved, monkeypatch, module, name, error):
    before = saved.read_bytes()

    def fail(*arguments):
        raise error

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(type(error)):
        runs.save(example(0.25), saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_crash_in_the_middle_of_writing_leaves_the_old_file(saved, monkeypatch):
    before, original = saved.read_bytes(), zipfile.ZipFile.writestr

    def write(archive, entry, *arguments, **options):
        original(archive, entry, *arguments, **options)
        if entry.filename == "history/nc1.npy":
            raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", write)
    with pytest.raises(OSError, match="disk full"):
        runs.save(example(0.25), saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


WRITER = """
import sys
from pathlib import Path
import numpy as np
from ncbook import runs
path, value = Path(sys.argv[1]), float(sys.argv[2])
run = runs.Run({"value": value}, {"step": np.full(20_000, value)})
print("ready", flush=True)
sys.stdin.readline()
for _ in range(12):
    runs.save(run, path)
"""


def test_two_processes_that_write_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "run.npz"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, path, value], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for value in ("1.0", "2.0")
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            seen.add(_value_of(runs.load(path)))
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert seen | {_value_of(runs.load(path))} <= {1.0, 2.0}
    assert list(tmp_path.iterdir()) == [path]


def _value_of(run: runs.Run) -> float:
    """The one value in a run of the writers; a mixture of two runs has several."""
    assert set(run.history["step"]) == {run.config["value"]}
    return run.config["value"]


# --- names


def test_the_key_changes_with_each_of_its_parts():
    keys = {
        runs.key("collapse", 1, CONFIG),
        runs.key("collapse", 2, CONFIG),
        runs.key("grokking", 1, CONFIG),
        *(runs.key("collapse", 1, CONFIG | {name: "other"}) for name in CONFIG),
        runs.key("collapse", 1, CONFIG | {"seeds": [1, 0]}),
        runs.key("collapse", 1, CONFIG | {"new": 0}),
    }
    assert len(keys) == 3 + len(CONFIG) + 2


def test_the_key_does_not_depend_on_the_order_of_the_settings():
    assert runs.key("collapse", 1, dict(reversed(CONFIG.items()))) == runs.key("collapse", 1, CONFIG)


def test_the_file_name_says_experiment_preset_and_key():
    assert runs.file_name("collapse", "smoke", 1, CONFIG) == f"collapse-smoke-{runs.key('collapse', 1, CONFIG)}.npz"


def test_the_key_changes_with_the_format_of_the_columns(monkeypatch):
    """So that a run whose columns have other names is no longer found."""
    before = runs.key("collapse", 1, CONFIG)
    monkeypatch.setattr(runs, "FORMAT", runs.FORMAT + 1)
    assert runs.key("collapse", 1, CONFIG) != before


def test_an_experiment_finds_its_recorded_run_then_its_cached_one(tmp_path, monkeypatch):
    monkeypatch.setenv("NCBOOK_CACHE", str(tmp_path / "cache"))
    experiment = replace(experiments.get("simplex"), folder=tmp_path / "recorded")
    assert experiment.find("laptop") is None
    for folder in (runs.cache_folder(), experiment.folder):
        runs.save(example(), folder / experiment.file_name("laptop"))
        assert experiment.find("laptop") == folder / experiment.file_name("laptop")
    assert experiment.find("smoke") is None


# --- a folder that cannot be written


def test_keep_saves_where_it_can(tmp_path):
    runs.keep(example(), tmp_path / "new" / "run.npz")
    assert_equal(runs.load(tmp_path / "new" / "run.npz"), example())


def test_keep_warns_where_it_cannot_and_the_caller_goes_on(blocked):
    with pytest.warns(UserWarning, match=re.escape(f"The run cannot be kept in {blocked} (")) as caught:
        runs.keep(example(), blocked / "run.npz")
    assert "set NCBOOK_CACHE to a folder that can be written, or use runs.save" in str(caught[0].message)
    with pytest.raises(OSError, match="file"):  # the control: `save` itself does not go on
        runs.save(example(), blocked / "run.npz")


def test_a_warning_comes_before_the_hours_where_a_run_could_not_be_kept(blocked, tmp_path):
    with pytest.warns(UserWarning, match=re.escape(f"The run to come cannot be kept in {blocked} (")):
        runs.warn_unless_writable(blocked)
    runs.warn_unless_writable(tmp_path / "fine" / "runs")  # makes the folder, and warnings are errors here
    assert list((tmp_path / "fine" / "runs").iterdir()) == []


@pytest.fixture
def blocked(tmp_path) -> Path:
    """A folder that nobody can make, root neither: a file stands in its place."""
    (tmp_path / "file").write_text("not a folder")
    return tmp_path / "file" / "runs"


def test_an_empty_cache_variable_means_the_home_folder(monkeypatch):
    monkeypatch.setenv("NCBOOK_CACHE", "")
    assert runs.cache_folder() == Path.home() / ".cache" / "ncbook" / "runs"
