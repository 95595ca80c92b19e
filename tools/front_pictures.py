"""The pictures of the parts on the front page, each drawn from a recorded run that the part tells of."""

from collections.abc import Sequence
from dataclasses import dataclass

import front_svg as svg
import numpy as np

from ncbook import experiments
from ncbook.readings import collapse, fixed_head, simplex, transfer

_WIDTH, _HEIGHT = 240.0, 140.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 236.0, 36.0, 118.0
_BOX, _MIDDLE = (0.0, 0.0, _WIDTH, _HEIGHT), np.array([_WIDTH / 2, _HEIGHT / 2 + 14])
_RADIUS = 80  # of the tetrahedron


@dataclass(frozen=True)
class Line:
    """A curve with its name: values [P]; style, classes of the page; at, where the name stands, by the drawing's edges.

    `at` is a share of the width and one of the height, from the upper left; right, whether the name ends there.
    """

    values: np.ndarray
    name: str
    style: str
    at: tuple[float, float]
    right: bool = False


def pictures() -> dict[str, str]:
    """Part -> drawing."""
    made = {"1-collapse": tetrahedron(), "2-generalization": train_and_test(), "3-representation": other_tasks()}
    return made | {"4-grokking": grok(), "5-using": fixed_heads()}


def tetrahedron() -> str:
    """Four collapsed classes in three dimensions: training points, seen from a side on which no two corners meet."""
    run = experiments.simplex.load("laptop", live=False)
    arrays = simplex.pictured(run, 1)
    seen, corners = ~arrays["test"], _seen(arrays["ideal"])
    edges = [(one, other) for one in range(4) for other in range(one)]
    drawing = [svg.path(corners[[*edge]], "front-simplex") for edge in edges]
    drawing += [svg.path([_MIDDLE, corner], f"front-spoke class{c}") for c, corner in enumerate(corners)]
    points = zip(arrays["labels"][seen], _seen(arrays["points"][-1][seen]), strict=True)
    drawing += [svg.mark(label, place, 4.5, "front-seen") for label, place in points]
    return svg.picture(_BOX, "Four classes, each at one corner of a tetrahedron.", drawing, "front-picture")


def _seen(vectors: np.ndarray) -> np.ndarray:
    """[n, 3] in the drawing [n, 2]: the first axis points up; turned about it by 28 degrees, and seen from above."""
    turn, tilt = np.deg2rad(28), np.deg2rad(-20)
    up, side, depth = np.asarray(vectors, dtype=float).T
    right, depth = np.cos(turn) * side - np.sin(turn) * depth, np.sin(turn) * side + np.cos(turn) * depth
    up = np.cos(tilt) * up - np.sin(tilt) * depth
    return _MIDDLE + _RADIUS * np.stack([right, -up], axis=-1)


def train_and_test() -> str:
    """NC1 on training and on new images, over epochs: medians over seeds, both axes logarithmic."""
    run = experiments.collapse.load("laptop", live=False)
    table = collapse.arm(run, run.config["networks"][0]).groupby("epoch")[["nc1_train", "nc1_test"]].median()
    train, test = np.log10(table.to_numpy()).T
    lines = [
        Line(train, "training images", "train", (0.62, 0.92), True),
        Line(test, "new images", "test", (1, 0.3), True),
    ]
    told = "The spread within classes over epochs: it falls far on training images, and less on new ones."
    return curves(told, np.log10(table.index + 1), lines, "epochs", "spread within classes")


def other_tasks() -> str:
    """What features of digits' parity are worth for telling all digits apart, over epochs: medians over seeds."""
    run = experiments.transfer.load("laptop", live=False)
    rows = transfer.part(run, "groups", transfer.LAST)
    table = rows[rows.step > 0].pivot_table("probe_acc_target", "epoch", "arm", "median")
    names = {transfer.WEAK: "little weight decay", transfer.PARITY: "much weight decay"}
    lines = [
        Line(table[arm].to_numpy(), f"{name}: {100 * table[arm].iloc[-1]:.0f} %", style, at, True)
        for (arm, name), style, at in zip(names.items(), ("plain", "other"), ((1, -0.1), (0.8, 0.8)), strict=True)
    ]
    told = "How well a finer task can be read off the features: it falls late in training with much weight decay."
    return curves(told, np.log10(table.index), lines, "epochs", "accuracy on a finer task")


def grok() -> str:
    """Accuracy on training and on new pairs of numbers, over steps: medians over seeds."""
    run = experiments.grokking.load("laptop", live=False)
    rows = run.to_frame()
    rows = rows[rows.weight_decay == run.config["weight_decays"][0]]
    table = rows.groupby("step")[["train_acc", "test_acc"]].median()
    train, test = table.to_numpy().T
    lines = [Line(train, "known pairs", "train", (0.08, 0.2)), Line(test, "new pairs", "test", (0.32, 0.75), True)]
    told = "Accuracy over steps: on the training pairs it is 1 at once, and on new ones only long after."
    return curves(told, table.index.to_numpy(), lines, "steps", "accuracy")


def fixed_heads() -> str:
    """Test error on digits with a learned head, with a fixed simplex and without room for one, over steps: medians."""
    run = experiments.fixed_head.load("laptop", live=False)
    rows = fixed_head.usual(run, run.to_frame())
    rows = rows[(rows.dataset == run.config["datasets"][0]) & (rows.step > 0)]
    table = np.log10(rows.pivot_table("test_error", "step", "arm", "median"))
    names = {fixed_head.CIRCLE: "fixed, no room", fixed_head.LEARNED: "learned", fixed_head.SIMPLEX: "fixed simplex"}
    styles, places = ("other", "plain", "train"), ((1, 0.5), (0.3, 0.75), (0.66, 1.03))
    lines = [
        Line(table[arm].to_numpy(), name, style, at, True)
        for (arm, name), style, at in zip(names.items(), styles, places, strict=True)
    ]
    told = "Test error over steps: with a fixed simplex it falls as with a learned head, without room for it less."
    return curves(told, np.log10(table.index), lines, "steps", "test error")


def curves(told: str, x: np.ndarray, lines: Sequence[Line], clock: str, quantity: str) -> str:
    """Curves over x [P] in one frame, each with its name beside it; `clock` and `quantity` name the axes."""
    low, high = min(line.values.min() for line in lines), max(line.values.max() for line in lines)
    across = svg.between(x, x.min(), x.max(), _LEFT, _RIGHT)
    drawing = [svg.path([(_LEFT, _BOTTOM + 5), (_RIGHT, _BOTTOM + 5)], "front-axis")]
    drawing.append(svg.words(f"{clock} →", (_RIGHT, _HEIGHT - 3), "front-axis-name", "end"))
    drawing.append(svg.words(quantity, (_LEFT, 11), "front-axis-name"))
    for line in lines:
        height = svg.between(line.values, low, high, _BOTTOM, _TOP)
        drawing.append(svg.path(zip(across, height, strict=True), f"front-curve front-{line.style}"))
        place = np.array([_LEFT, _TOP]) + np.array(line.at) * [_RIGHT - _LEFT, _BOTTOM - _TOP]
        drawing.append(svg.words(line.name, place, f"front-name front-{line.style}", "end" if line.right else "start"))
    return svg.picture(_BOX, told, drawing, "front-picture")
