"""Run by disturbed.py in a process of its own: the disk fills up in the middle of a training."""

import contextlib
import resource
from pathlib import Path

import torch
from trainings import blobs, network, weights

from ncbook import trainers

RECIPE = trainers.Recipe(30, 0.1, 8)


def fill(kind: str, folder: Path) -> None:
    if kind == "quota":
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
        return
    with contextlib.suppress(OSError), open(folder / "ballast", "wb", buffering=0) as file:
        while True:
            file.write(bytes(1000))


def main(kind: str, checkpoint: Path, target: Path) -> None:
    """From step 10 on no file may grow ("quota"), or the disk of the checkpoint is full ("ballast"). The weights at
    the end go to `target`, elsewhere."""

    def on_step(step: int) -> None:
        if step == 11:  # the checkpoint of step 10 is written
            fill(kind, checkpoint.parent)

    model = network()
    trainers.fit(model, blobs(), RECIPE, 0, None, (), on_step, checkpoint, checkpoint_seconds=0.0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    torch.save(weights(model), target)
