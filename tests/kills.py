"""Run by disturbed.py in a process of its own: kill a training at random moments and let it go on.

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

STEPS = 60
RECIPES = {
    "sgd": trainers.Recipe(STEPS, 0.1, 8, weight_decay=5e-4, schedule=trainers.Cosine(STEPS)),
    "adamw": trainers.Recipe(STEPS, 0.01, 8, optimizer="adamw", precision="bfloat16"),
}


def train(name: str, checkpoint: Path | None, on_step=lambda step: None) -> tuple[torch.Tensor, list]:
    model = network()
    fitted = trainers.fit(
        model, blobs(), RECIPES[name], 0, lambda model, step: {"step": step, "norm": weights(model).norm()},
        range(0, STEPS + 1, 20), on_step, checkpoint, checkpoint_seconds=0.0,
    )  # fmt: skip
    return weights(model), [(row["step"], row["norm"].item()) for row in fitted.measured]


def killed(name: str, checkpoint: Path, steps: int, after: float) -> None:
    """Kill a training `after` seconds after so many steps. It has leave for three more, and then waits."""
    (done, tell), (leave, give) = os.pipe(), os.pipe()
    os.write(give, bytes(steps + 3))
    child = os.fork()
    if child == 0:
        train(name, checkpoint, lambda step: (os.write(tell, b"."), os.read(leave, 1)))
        os._exit(0)
    os.close(tell)
    while steps > 0:
        steps -= len(os.read(done, steps)) or sys.exit("the training ended before it was killed")
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for end in (done, leave, give):
        os.close(end)


def step_in(checkpoint: Path) -> int:
    return torch.load(checkpoint, weights_only=True)["training"]["step"] if checkpoint.exists() else -1


def main(name: str, folder: Path, trials: int) -> None:
    undisturbed, measured = train(name, None)
    start = time.perf_counter()
    train(name, folder / f"{name}.pt")
    pace = (time.perf_counter() - start) / STEPS
    moments = random.Random(1)
    for trial in range(trials):
        checkpoint = folder / f"{name}{trial}.pt"
        killed(name, checkpoint, moments.randrange(STEPS - 3), moments.uniform(0, 3 * pace))
        left = step_in(checkpoint)
        again, measured_again = train(name, checkpoint)
        print(name, left, torch.equal(again, undisturbed) and measured_again == measured)
