"""Run by test_trainers_checkpoints in a process of its own: kill a training at random moments and let it go on.

Forks instead of starting Python anew, so that a kill costs milliseconds; that is safe here because this process
has one thread. Prints one line a trial: the recipe, the step of the checkpoint that the kill left (-1 for none), and
whether the training that went on from there ended with the weights of one that was never disturbed.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
from trainings import blobs, network, weights

from ncbook import trainers

RECIPES = {
    "sgd": trainers.Recipe(150, 0.1, 8, weight_decay=5e-4, schedule=trainers.Cosine(150)),
    "adamw": trainers.Recipe(150, 0.01, 8, optimizer="adamw", precision="bfloat16"),
}


def train(name: str, checkpoint: Path | None) -> tuple[torch.Tensor, list]:
    model = network()
    fitted = trainers.fit(
        model,
        blobs(),
        RECIPES[name],
        0,
        lambda model, step: {"step": step, "norm": weights(model).norm()},
        range(0, 151, 50),
        lambda step: None,
        checkpoint,
        checkpoint_seconds=0.0,
    )
    return weights(model), [(row["step"], row["norm"].item()) for row in fitted.measured]


def killed(name: str, checkpoint: Path, after: float) -> None:
    child = os.fork()
    if child == 0:
        train(name, checkpoint)
        os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def step_in(checkpoint: Path) -> int:
    return torch.load(checkpoint, weights_only=True)["training"]["step"] if checkpoint.exists() else -1


def main(name: str, folder: Path, trials: int) -> None:
    undisturbed, measured = train(name, None)
    start = time.perf_counter()
    train(name, folder / f"{name}.pt")
    whole = time.perf_counter() - start
    moments = random.Random(1)
    for trial in range(trials):
        checkpoint = folder / f"{name}{trial}.pt"
        killed(name, checkpoint, moments.uniform(0, whole))
        left = step_in(checkpoint)
        again, measured_again = train(name, checkpoint)
        print(name, left, torch.equal(again, undisturbed) and measured_again == measured)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in RECIPES:
        main(name, Path(sys.argv[1]), int(sys.argv[2]))
