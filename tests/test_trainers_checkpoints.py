"""Checkpoints: nothing is lost on a kill or a full disk, and nothing foreign is read."""

import os
import pickle
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import full_disk
import kills
import pytest
import torch
from trainings import blobs, network, weights

from ncbook import data, trainers
from ncbook.trainers import checkpoints

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
    text = checkpoints.identity(network(), blobs(), recipe, 0)
    assert "cdnv" in text
    assert "0x" not in text


@pytest.mark.parametrize("size", [0, 10, 1000])
def test_a_damaged_checkpoint_is_named(file, size):
    fitted(file, steps=5)
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(trainers.DamagedCheckpoint, match=r"damaged: .*Delete the file") as caught:
        fitted(file)
    assert str(file) in str(caught.value)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("owned",)


def test_a_file_that_holds_code_is_not_run(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for write in (torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing))):
        write({"identity": Evil()}, file)
        with pytest.raises(trainers.DamagedCheckpoint, match="damaged"):
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
