"""Numbers of the chapter on relative flatness."""

import math

from ncbook.readings import flatness as reading
from prose._ledger import seeds


def _at_equal_loss(run):
    matched = reading.rows(run, "matched").pivot(index="seed", columns="arm", values="relative_flatness")
    return math.floor((matched.random / matched.trained).min())


FACTS = {
    "of random labels is more than {three} times that of true ones": _at_equal_loss,
    "which **holds**, in {eight} of {nine} seeds": lambda _: seeds("flatness", "softmax-collapse"),
    "64 was, in {eight} of {nine} seeds": lambda _: seeds("flatness", "softmax-collapse"),
}
GIVEN = []
