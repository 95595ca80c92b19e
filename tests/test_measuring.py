"""python -m ncbook measure: features in a file, and the figure of a network of one's own."""

import json
import os
import re
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import figures, measuring, metrics
from ncbook.__main__ import main

N, D, K = 90, 5, 3
DIGITS = 1e-7  # float32: a head that takes part in the same matrix product changes how that is rounded


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    labels, means = np.arange(N) % K, 3 * random.standard_normal((K, D))
    features = (means[labels] + random.standard_normal((N, D))).astype(np.float32)
    return {
        "features": features, "labels": labels,
        "weight": random.standard_normal((K, D)).astype(np.float32), "bias": np.ones(K, np.float32),
    }  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


def expected(arrays: dict[str, np.ndarray], prefix: str = "") -> metrics.Collapse:
    names = (f"{prefix}features", f"{prefix}labels", "weight", "bias")
    return metrics.collapse(*(torch.from_numpy(arrays[name]) for name in names))


def values(collapse: metrics.Collapse) -> list[float]:
    return list(vars(collapse).values())


def test_a_file_has_the_numbers_of_collapse(arrays, path):
    arrays |= {"test_features": arrays["features"][:60] + 1, "test_labels": arrays["labels"][:60]}
    np.savez(path, **arrays)
    train, test = measuring.measure_file(path).rows
    assert (train.split, train.layer, train.dimensions, train.points) == ("train", "features", D, N)
    assert (test.split, test.points) == ("test", 60)
    assert values(train.collapse) == pytest.approx(values(expected(arrays)), rel=DIGITS)
    assert values(test.collapse) == pytest.approx(values(expected(arrays, "test_")), rel=DIGITS)
    assert test.ncc_error_train_means >= 0


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4"])
def test_other_precisions(arrays, path, dtype):
    arrays["features"] = arrays["features"].astype(dtype)
    np.savez(path, **arrays)
    found = measuring.measure_file(path).rows[0].collapse
    arrays["features"] = arrays["features"].astype(arrays["features"].dtype.newbyteorder("="))
    assert found.nc1 == pytest.approx(expected(arrays).nc1, rel=DIGITS)


def test_features_alone_and_with_logits(arrays, path):
    logits = np.eye(4)[np.roll(arrays["labels"], 1)]
    np.savez(path, features=arrays["features"], labels=arrays["labels"], logits=logits)
    found = measuring.measure_file(path)
    assert found.num_classes == 4
    assert found.rows[0].collapse.nc4 > 0.5
    assert found.head is None
    np.savez(path, features=arrays["features"], labels=arrays["labels"])
    (row,) = measuring.measure_file(path, num_classes=D).rows  # as many as dimensions: still no logits
    assert np.isnan([row.collapse.nc3, row.collapse.nc4]).all()
    assert row.collapse.nc1 == pytest.approx(expected(arrays).nc1, rel=DIGITS)


def test_what_is_printed_and_what_is_written(arrays, path, tmp_path, capsys):
    np.savez(path, **arrays)
    assert main(["measure", str(path), "--out", str(tmp_path / "new")]) == 0
    said = capsys.readouterr().out
    assert "Measured: features of mine.npz, 3 classes, head 'weight'." in said
    table = pd.read_csv(tmp_path / "new" / "mine.csv")
    assert table.nc1.tolist() == pytest.approx([expected(arrays).nc1], rel=DIGITS)
    assert (tmp_path / "new" / "mine.png").read_bytes().startswith(b"\x89PNG")
    assert main(["measure", str(path), "--json", "--out", str(tmp_path / "new")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"][0]["nc1"] == pytest.approx(expected(arrays).nc1, rel=DIGITS)
    written = json.loads((tmp_path / "new" / "mine.json").read_text())
    assert written["rows"] == answer["rows"]
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == ["mine.csv", "mine.json", "mine.png"]


def damaged(path) -> None:
    content = bytearray(path.read_bytes())
    content[300:320] = bytes(20)
    path.write_bytes(content)


WRONG = {
    "no features": (lambda a: a.pop("features"), "has no array 'features'; it has labels"),
    "no labels": (lambda a: a.pop("labels"), "has no array 'labels'"),
    "three dimensions": (lambda a: a.update(features=a["features"][None]), r"features: expected .*\[1, 90, 5\]"),
    "integers": (lambda a: a.update(features=a["features"].astype(int)), "features: expected numbers with a point"),
    "one-hot labels": (lambda a: a.update(labels=np.eye(K)[a["labels"]]), r"save labels.argmax\(1\)"),
    "float labels": (lambda a: a.update(labels=a["labels"] + 0.0), r"save labels.astype\(int\)"),
    "fewer labels": (lambda a: a.update(labels=a["labels"][1:]), r"labels: expected \[90\].*got \[89\]"),
    "labels out of range": (lambda a: a.update(labels=a["labels"] + 1), r"labels: 3 is outside 0\.\.2"),
    "not finite": (lambda a: a["features"].__setitem__((77, 2), np.nan), r"features: entry \[77, 2\] is nan"),
    "objects": (lambda a: a.update(features=np.array([{}, []], dtype=object)), "features: is no array of numbers"),
    "letters": (lambda a: a.update(labels=np.array(["a"] * N)), "labels: is no array of numbers"),
    "empty": (lambda a: a.update(features=np.ones((0, 5))), r"features: expected .*\[0, 5\]"),
    "another weight": (lambda a: a.update(weight=a["weight"].T), r"weight: expected \[K, 5\].*got \[5, 3\]"),
    "another bias": (lambda a: a.update(bias=np.ones(4)), r"bias: expected \[3\], got \[4\]"),
    "other logits": (lambda a: a.update(logits=np.ones((4, K))), r"logits: expected \[90, K\], got \[4, 3\]"),
}
NO_ARCHIVE = {
    "missing": (lambda path: path.unlink(), "there is no such file"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "is a folder"),
    "text": (lambda path: path.write_text("features"), "is no archive"),
    "truncated": (lambda path: os.truncate(path, path.stat().st_size - 200), "cut short"),
    "pickled": (lambda path: path.write_bytes(b"\x80\x04N."), "is no archive"),
    "nothing": (lambda path: path.write_bytes(b""), "is no archive"),
    "damaged": (damaged, "features: is damaged"),
}


def said_of(path, capsys) -> str:
    assert main(["measure", str(path)]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(f"ncbook: {path}: ")
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arrays_are_told_in_one_line_that_names_the_file(name, arrays, path, capsys):
    spoil, message = WRONG[name]
    spoil(arrays)
    np.savez(path, **arrays)
    assert re.search(message, said_of(path, capsys))


@pytest.mark.parametrize("name", NO_ARCHIVE)
def test_files_that_are_no_archives(name, arrays, path, capsys):
    np.savez(path, **arrays)
    spoil, message = NO_ARCHIVE[name]
    spoil(path)
    assert message in said_of(path, capsys)


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(arrays, path, tmp_path, capsys):
    np.savez(path, **arrays)
    (tmp_path / "file").write_text("")
    assert main(["measure", str(path), "--out", str(tmp_path / "file")]) == 2
    assert f"{tmp_path / 'file'}: cannot be written to" in capsys.readouterr().err


def test_what_was_measured_is_shown_even_if_it_cannot_be_written(arrays, path, tmp_path, capsys, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    np.savez(path, **arrays)
    monkeypatch.setattr(measuring, "write", full)
    assert main(["measure", str(path), "--out", str(tmp_path)]) == 1
    out, error = capsys.readouterr()
    assert "features" in out
    assert "No space left on device" in error


def test_safetensors(arrays, tmp_path, capsys):
    pytest.importorskip("safetensors")
    from safetensors.numpy import save_file

    path = tmp_path / "mine.safetensors"
    save_file(arrays, str(path))
    assert values(measuring.measure_file(path).rows[0].collapse) == pytest.approx(values(expected(arrays)), rel=DIGITS)
    os.truncate(path, 100)
    assert "cut short" in said_of(path, capsys)


def test_without_the_package_safetensors_the_way_out_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"")
    assert main(["measure", str(path)]) == 1
    assert "pip install safetensors, or save the arrays as .npz" in capsys.readouterr().err


# --- the figure


@pytest.fixture(scope="module")
def measured() -> metrics.Measured:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, K))
    labels = torch.arange(N) % K
    inputs = torch.randn(N, 4) + labels[:, None]
    return metrics.measure(network, {"train": [(inputs, labels)], "test": [(inputs[:30] + 1, labels[:30])]}, ["0", "1"])


@pytest.mark.parametrize("narrow", [False, True])
def test_the_figure_shows_the_measures_by_layer(measured, narrow):
    figure = figures.collapse_by_layer(measured)
    figure = figure.narrow() if narrow else figure
    frame = measured.to_frame()
    shown = (["nc1"], ["nc2_norms", "nc2_angles"], ["nc3"], ["nc4", "ncc_error"])
    for panel, measures in zip(figure.panels, shown, strict=True):
        drawn = [(line.get_color(), list(line.get_ydata())) for line in panel.lines]
        factor = 100 if "nc4" in measures else 1
        assert drawn == [
            (color, (factor * own[name].dropna()).tolist())
            for split, color in (("train", "#0072B2"), ("test", "#D55E00"))
            for own in [frame[frame.split == split]]
            for name in measures
        ]
        assert [label.get_text() for label in panel.get_xticklabels()][-1] == "input of 2"
        assert panel.get_title(loc="left")
        assert panel.get_ylabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["train", "test"]
    assert measured.done.split()[-1] in figure.get_supxlabel()


def test_a_figure_without_a_head_has_no_empty_panel_with_axes(arrays, path):
    np.savez(path, features=arrays["features"], labels=arrays["labels"])
    figure = figures.collapse_by_layer(measuring.measure_file(path))
    titles = [panel.get_title(loc="left") for panel in figure.panels if panel.axison]
    assert titles == ["NC1", "NC2: lengths ●, angles ○", "NC4 ●, nearest-mean error ○"]
