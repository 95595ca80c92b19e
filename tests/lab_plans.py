"""Labs that train in no time: what they train is arithmetic, and a test may hold it at a step."""

import threading

from ncbook import labs, trainers

STEPS = labs.Whole("steps", "Steps", "How many", 6, 1, 100_000)
SLOPE = labs.Real("slope", "Slope", "Of the loss", 1.0, 0, 10)
CURVE = labs.Panel("Loss", "loss", (labs.Curve("loss", "train"), labs.Curve("test_loss", "test")))
LOSS = labs.Outcome("training loss", "loss")


class Held:
    """Waits before a step until it is let go."""

    def __init__(self, at: int) -> None:
        self.at, self.reached, self.go = at, threading.Event(), threading.Event()

    def __call__(self, step: int) -> None:
        if step == self.at:
            self.reached.set()
            assert self.go.wait(60)


def descend(steps: int, slope: float, before=lambda step: None, **more):
    """Rows of a loss that falls, measured at every step, and told as a training tells them."""
    rows = []
    with trainers.progress(steps, 0, None) as report:
        for step in range(steps + 1):
            before(step)
            rows.append({"step": step, "loss": slope / (1 + step), "test_loss": 2 * slope / (1 + step)} | more)
            trainers.after_probe(rows)
            if step:
                report(step)
    return rows


def plan(train=descend, **more) -> labs.Plan:
    """A lab's declaration, with what a test asks for."""
    whole = {
        "name": "falling", "chapter": "1-collapse/collapse", "question": "How fast does it fall?",
        "settings": (STEPS, SLOPE), "panels": (CURVE,), "outcomes": (LOSS,),
    }  # fmt: skip
    return labs.Plan(train=train, **whole | more)
