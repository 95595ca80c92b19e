"""Checkpoints: nothing is lost on a kill or a full disk, and nothing foreign is read."""

import os
import pickle
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import full_disk
import kills
import numpy as np
import pytest
import torch
from trainings import blobs, network, weights

from ncbook import data, metrics, trainers
from ncbook.trainers import Seen
from ncbook.trainers.identity import identity

RECIPE = trainers.Recipe(30, 0.1, 8, weight_decay=5e-4)
HERE = Path(__file__).parent


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "training.pt"


def fitted(checkpoint: Path | None, recipe=RECIPE, seed=0, train=None, steps: int | None = None, init=0):
    """(weights, Fitted) of a training that is left after `steps`."""

    def leave(step: int) -> None:
        if step == steps:
            raise KeyboardInterrupt

    model = network(init)
    try:
        result = trainers.fit(
            model, train or blobs(), recipe, seed, lambda _, step: step, range(31), leave, checkpoint, 0.0
        )
    except KeyboardInterrupt:
        result = None
    return weights(model), result


@dataclass(frozen=True)
class Disturbed:
    """What the jobs of disturbed.py have left in `folder`; a job that is not in `codes` was not done."""

    folder: Path
    codes: dict[str, int]

    def said(self, job: str) -> tuple[str, str]:
        """What it printed, and its errors and warnings."""
        out, err = ((self.folder / f"{job}.{end}").read_text() for end in ("out", "err"))
        assert self.codes[job] == 0, err
        return out, err


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory) -> Disturbed:
    """All of its jobs in one process of their own. The kills are in memory where there is such a place: a checkpoint a
    step waits for the disk at each."""
    folder, there = tmp_path_factory.mktemp("disturbed"), Path("/dev/shm")
    (folder / "trial").mkdir()
    inside = ["unshare", "-rm"]
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder / "trial"]
    allowed = subprocess.run([*inside, *mount], capture_output=True).returncode == 0
    with tempfile.TemporaryDirectory(dir=there if there.is_dir() else folder) as memory:
        done = subprocess.run(
            [
                *(inside if allowed else []), sys.executable, HERE / "disturbed.py", folder, memory,
                "kills", "quota", *(["ballast"] if allowed else []),
            ],
            capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(HERE)},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Disturbed(folder, {job: int(code) for job, code in map(str.split, done.stdout.splitlines())})


def test_a_training_killed_at_random_moments_goes_on_to_the_same_bits(disturbed):
    """Four kills for each of two recipes."""
    trials = [line.split() for line in disturbed.said("kills")[0].splitlines()]
    assert [(name, same) for name, _, same in trials] == [("sgd", "True")] * 4 + [("adamw", "True")] * 4
    assert (
        len({step for _, step, _ in trials if 0 < int(step) < kills.STEPS}) >= 3
    )  # the control: kills did fall in between


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "lbfgs"])
def test_a_training_that_was_left_goes_on_to_the_same_bits(file, optimizer):
    recipe = trainers.Recipe(20, 0.05, None if optimizer == "lbfgs" else 8, optimizer, weight_decay=1e-3)
    whole, complete = fitted(None, recipe)
    fitted(file, recipe, steps=13)
    resumed, result = fitted(file, recipe)
    assert torch.equal(resumed, whole)
    assert result == complete


def test_augmentation_and_stop_rules_go_on_where_they_were(file):
    recipe = replace(RECIPE, steps=200, stop=(trainers.AfterZeroError(60),), augment=_jittered)
    whole, complete = fitted(None, recipe)
    fitted(file, recipe, steps=50)
    resumed, result = fitted(file, recipe)
    assert torch.equal(resumed, whole)
    assert result == complete
    assert complete.ended == "AfterZeroError(steps=60)"


def _jittered(inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return inputs + 0.1 * torch.randn(inputs.shape, generator=generator)


def test_a_finished_training_is_not_done_again(file):
    whole, complete = fitted(file)
    again, result = fitted(file, steps=1)  # would leave after its first step
    assert torch.equal(again, whole)
    assert result == complete


def test_ctrl_c_keeps_what_was_reached(file):
    def interrupt(step: int) -> None:
        if step == 7:
            os.kill(os.getpid(), 2)

    model = network()
    result = trainers.fit(model, blobs(), RECIPE, 0, None, (), interrupt, file, checkpoint_seconds=1e9)
    assert (result.ended, result.step) == (trainers.INTERRUPTED, 7)
    assert torch.equal(fitted(file)[0], fitted(None)[0])


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"recipe": replace(RECIPE, learning_rate=0.2)},
        {"recipe": replace(RECIPE, regularizers=(trainers.Regularizer(trainers.cdnv, 0.1),))},
        {"train": data.Split(blobs().inputs + 1, blobs().labels)},
    ],
    ids=["seed", "learning rate", "regularizer", "data"],
)
def test_a_checkpoint_of_another_training_is_refused(file, other):
    fitted(file, steps=5)
    with pytest.raises(trainers.DamagedCheckpoint, match="belongs to another training") as caught:
        fitted(file, **other)
    assert str(file) in str(caught.value)


def test_the_identity_is_the_same_in_every_process(file):
    """It names functions and does not print their address."""
    recipe = replace(RECIPE, regularizers=(trainers.Regularizer(trainers.cdnv, 0.1, torch.log1p),))
    parts = identity(network(), blobs(), recipe, 0)
    assert "cdnv" in parts["regularizers"]
    assert "0x" not in str(parts)


def test_other_labels_and_the_same_in_another_order_are_another_training(file):
    """A sum would not tell them apart."""
    train = blobs()
    fitted(file, steps=5)
    for other in (data.Split(train.inputs, train.labels.flip(0)), data.Split(train.inputs.flip(0), train.labels)):
        with pytest.raises(trainers.DamagedCheckpoint, match="belongs to another training") as caught:
            fitted(file, train=other)
        assert "train." in str(caught.value)


# --- more steps


@pytest.mark.parametrize(
    ("optimizer", "steps", "left"), [("sgd", 20, None), ("sgd", 20, 13), ("adamw", 20, None), ("lbfgs", 4, None)]
)
def test_a_training_goes_on_to_more_steps_to_the_same_bits(file, optimizer, steps, left):
    """From one that has ended, and from one that was left; 20 steps end amid an epoch of 7 batches."""
    short = trainers.Recipe(steps, 0.05, None if optimizer == "lbfgs" else 8, optimizer, weight_decay=1e-3)
    whole, complete = fitted(None, replace(short, steps=steps * 3 // 2))
    fitted(file, short, steps=left)
    extended, result = fitted(file, replace(short, steps=steps * 3 // 2))
    assert torch.equal(extended, whole)
    assert result == complete


def test_a_stop_rule_holds_at_the_same_step_however_often_a_training_was_extended(file):
    recipe = trainers.Recipe(200, 0.1, 8, stop=(trainers.AfterZeroError(25),))
    whole, complete = fitted(None, recipe)
    assert complete.ended == "AfterZeroError(steps=25)"
    for steps in (3, 7, 10, 28, 33, 200, 300):
        extended, result = fitted(file, replace(recipe, steps=steps))
        if steps < complete.step:
            assert (result.step, result.ended) == (steps, "steps")
    assert torch.equal(extended, whole)
    assert (result.step, result.ended) == (complete.step, complete.ended)


def test_a_training_that_has_gone_on_cannot_go_back(file):
    fitted(file, steps=15)
    with pytest.raises(trainers.DamagedCheckpoint, match="has gone on to step 14: more than the 10 steps"):
        fitted(file, replace(RECIPE, steps=10))
    assert fitted(file, replace(RECIPE, steps=14))[1].step == 14  # the control


def test_a_schedule_of_all_steps_makes_a_longer_training_another_one(file):
    schedules = [trainers.Cosine(steps) for steps in (20, 40)]
    fitted(file, trainers.Recipe(20, 0.1, schedule=schedules[0]))
    with pytest.raises(trainers.DamagedCheckpoint, match="another training") as caught:
        fitted(file, trainers.Recipe(40, 0.1, schedule=schedules[1]))
    assert "schedule" in str(caught.value)


# --- what probes return


class Evil:
    def __reduce__(self):
        return os.mkdir, ("owned",)


class Pair(NamedTuple):
    first: int
    second: torch.Tensor


def results() -> list:
    generator = torch.Generator().manual_seed(0)
    h, y = torch.randn(30, 4, generator=generator), torch.arange(3).repeat(10)
    return [
        metrics.collapse(h, y, torch.eye(3, 4), torch.zeros(3)), metrics.nc1(h, y), Seen(1, 0.1, 0.2, None),
        np.float64(0.5), np.float32(0.1), np.int64(3), np.bool_(True), np.array([[1.5, 2.0]]), np.array(["a", "bc"]),
        np.array([], dtype=np.int8), np.array(7), {"nc1": np.float32(0.1), 3: {"deep": [None, True, 1j, "x", b"y"]}},
        (1, (2, [3])), {1, 2}, frozenset({"a"}), Pair(1, torch.ones(2)), torch.eye(2)[0], torch.Size([2, 3]),
        {"ncbook:array": 3}, {(1, 2): "pair"}, float("nan"),
    ]  # fmt: skip


def test_what_a_probe_returns_comes_back_as_it_was(file):
    """A result a probe, from one training, and read back by the next."""
    given = results()
    recipe = trainers.Recipe(len(given) - 1, 0.1)
    first, again = (
        trainers.fit(network(), blobs(), recipe, 0, lambda _, step: given[step], range(99), checkpoint=file).measured
        for _ in range(2)
    )
    assert all(one is other for one, other in zip(first, given, strict=True))
    for one, other in zip(given, again, strict=True):
        assert type(other) is (tuple if isinstance(one, torch.Size) else type(one))
        assert repr(other) == repr(tuple(one) if isinstance(one, torch.Size) else one)


def test_a_view_is_kept_without_what_it_is_a_view_of(file):
    large = torch.zeros(1_000_000)
    trainers.fit(network(), blobs(), trainers.Recipe(1, 0.1), 0, lambda *_: large[:3], (1,), checkpoint=file)
    assert file.stat().st_size < 100_000


@pytest.mark.parametrize(
    "result",
    [object(), print, np.array([{}]), [1, {"a": Evil}], torch.zeros(2, device="meta"), Path("x"), ValueError("x")],
    ids=lambda result: type(result).__name__,
)
def test_what_could_not_be_read_back_is_refused_by_the_first_probe(file, result):
    steps = []
    with pytest.raises(ValueError, match=r"probe: a checkpoint cannot hold .*train without checkpoint"):
        trainers.fit(network(), blobs(), RECIPE, 0, lambda *_: result, (0, 30), steps.append, file)
    assert steps == []
    assert not file.exists()


def test_a_class_that_nobody_finds_again_is_refused_with_the_way_out(file):
    @dataclass
    class Inner:
        nc1: float

    with pytest.raises(ValueError, match=r"probe: .*Inner, whose class is not found.*return its fields as a dict"):
        trainers.fit(network(), blobs(), RECIPE, 0, lambda *_: Inner(0.1), (0,), checkpoint=file)


def test_a_class_that_is_gone_is_named_and_the_file_not_called_damaged(file, monkeypatch):
    pair = Pair(1, torch.ones(1))

    def train():
        trainers.fit(network(), blobs(), RECIPE, 0, lambda *_: pair, (0,), checkpoint=file)

    train()
    monkeypatch.delitem(globals(), "Pair")
    with pytest.raises(
        trainers.DamagedCheckpoint, match=r"Pair is no dataclass .* import \S*checkpoints first"
    ) as caught:
        train()
    assert "damaged" not in str(caught.value)


def test_numbers_of_numpy_in_a_recipe_can_be_read_back(file):
    recipe = replace(
        RECIPE, learning_rate=np.float64(0.1), weight_decay=np.float32(0.5), schedule=lambda s: np.float64(1)
    )
    fitted(file, recipe, steps=5)
    assert torch.equal(fitted(file, recipe)[0], fitted(None, recipe)[0])


def test_a_checkpoint_may_be_named_by_text_and_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fitted("~/a/training.pt", steps=5)
    assert (tmp_path / "a" / "training.pt").exists()
    assert torch.equal(fitted(str(tmp_path / "a" / "training.pt"))[0], fitted(None)[0])


def test_a_file_that_cannot_be_opened_is_not_called_damaged(file, monkeypatch):
    fitted(file, steps=5)
    monkeypatch.setattr(Path, "read_bytes", lambda path: (_ for _ in ()).throw(PermissionError(f"denied: {path}")))
    with pytest.raises(PermissionError, match="denied"):
        fitted(file)


@pytest.mark.parametrize("size", [0, 10, 1000])
def test_a_damaged_checkpoint_is_named(file, size):
    fitted(file, steps=5)
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(trainers.DamagedCheckpoint, match=r"damaged: .*Delete the file") as caught:
        fitted(file)
    assert str(file) in str(caught.value)


def test_a_file_that_holds_code_is_not_run(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for write, said in (
        (torch.save, "holds objects, which could run code, and is not opened"),  # an archive that is whole
        (lambda thing, path: path.write_bytes(pickle.dumps(thing)), "damaged"),
    ):
        write({"identity": Evil()}, file)
        with pytest.raises(trainers.DamagedCheckpoint, match=said):
            fitted(file)
    assert not (tmp_path / "owned").exists()


# --- a full disk


def undisturbed(checkpoint: Path | None = None) -> tuple[torch.Tensor, int]:
    """Weights of the same training on a good disk, and the step it started from."""
    model, steps = network(), []
    trainers.fit(model, blobs(), full_disk.RECIPE, 0, on_step=steps.append, checkpoint=checkpoint)
    return weights(model), steps[0] - 1


def test_a_quota_leaves_the_last_good_checkpoint(disturbed):
    folder = disturbed.folder / "quota"
    file = folder / "training.pt"
    assert f"could not write the checkpoint {file}" in disturbed.said("quota")[1]
    assert sorted(path.name for path in folder.iterdir()) == ["training.pt", "weights.pt"]
    expected, _ = undisturbed()
    assert torch.equal(torch.load(folder / "weights.pt", weights_only=True), expected)  # training went on
    resumed, start = undisturbed(file)
    assert start == 10
    assert torch.equal(resumed, expected)


def test_a_full_disk_leaves_the_last_good_checkpoint(disturbed):
    if "ballast" not in disturbed.codes:
        pytest.skip("this machine does not let its users mount a disk")
    folder = disturbed.folder / "ballast"
    names, errors = disturbed.said("ballast")
    assert "No space left on device" in errors
    assert names.split() == ["ballast", "training.pt"]
    expected, _ = undisturbed()
    assert torch.equal(torch.load(folder / "weights.pt", weights_only=True), expected)
    resumed, start = undisturbed(folder / "training.pt")
    assert start == 10
    assert torch.equal(resumed, expected)
