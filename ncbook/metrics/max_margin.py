"""The max-margin classifier of given features."""

import math
import multiprocessing
import queue
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ncbook.metrics import _classes
from ncbook.metrics.margins import margins

_HARD = 1e6  # cost of a violated constraint where features have root mean square norm 1
_TOLERANCE = 1e-4  # near collapse a smaller one takes the solver more rounds than it has
_REACHED = 1e-3  # how near to 1 the smallest margin is where the solver stopped by itself: ten of its tolerances
_CONTENT = 1e9  # a tolerance that the first round meets
_TRIAL = 5000  # points, to see how long a round takes
_MAX_ROUNDS = 100_000  # liblinear's own limit for Crammer and Singer's problem: its caller cannot change it
_ONE_AT_A_TIME = threading.Lock()  # the solver has one random generator for the whole process
_LOOK_EVERY = 0.1  # seconds
_WORDS = "max-margin classifier, at most"
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s"
Result = TypeVar("Result")


@dataclass(frozen=True)
class MaxMargin:
    """The max-margin classifier of given features.

    Attributes:
        weight ([K, d] float64): rows sum to zero, scaled so that the smallest margin is 1 at the optimum
        margin: min_i q_i / ||W||_F, in the unit of the features; negative if a point is on the wrong side
        optimality: min_i q_i, which is 1 at the optimum; well below 1 it says that the features are not separable, or
            barely. Once converged, no W has a margin above `margin / optimality`, up to the solver's relative tolerance
            of 1e-4
        converged: whether `optimality` is 1 to within 1e-3; if not, the solver gave up after 100 000 rounds, and
            `margin` is only what this W reaches

    >>> metrics.max_margin_classifier(features, labels).converged
    True
    """

    weight: Tensor
    margin: float
    optimality: float
    converged: bool


@torch.no_grad()
def max_margin_classifier(features: Tensor, labels: Tensor) -> MaxMargin:
    """Multiclass support vector machine of Crammer and Singer (2001), hard margin, by scikit-learn's `LinearSVC`.

    min ||W||_F^2 subject to (w_y - w_j) . h_i >= 1 for all i and j != y. There is no intercept: subtract the mean
    of class means from the features first to compare its rows with centered class means (NC3) or its margin with
    that of a network's head, `margins(h @ W.T, y).min() / W.norm()`. The cost of a violated constraint is 1e6
    where the features have root mean square norm 1, so the result does not depend on their scale.

    features [N, d] any float dtype, labels [N] integers in 0..K-1, every class occurring -> `MaxMargin`. If the
    solver does not converge, the result says so; features that are not separable cost it all its rounds. After two
    seconds a bar shows how long that can take at most, and Ctrl-C ends the waiting. Runs on the CPU in float64; not
    differentiable. Raises ValueError, naming the argument and the value, for arguments
    that do not fit, an empty class, or features that are all zero.

    >>> best = metrics.max_margin_classifier(features, labels)
    >>> round(best.margin, 3)
    1.639
    """
    classes, num_classes = _classes.group(features, labels, None)
    if len(classes.present) < num_classes:
        raise ValueError(f"labels: only {classes.present.tolist()} of the classes 0..{num_classes - 1} occur")
    points = features.double()
    scale = points.norm() / math.sqrt(len(points))
    if scale == 0:
        raise ValueError("features: all are zero, so no classifier has a margin")
    weight = _crammer_singer(points / scale, labels) / scale
    smallest = margins(points @ weight.T, labels).amin().item()
    return MaxMargin(weight, smallest / weight.norm().item(), smallest, abs(smallest - 1) < _REACHED)


def _crammer_singer(points: Tensor, labels: Tensor) -> Tensor:
    """Rows [K, d] of the fitted classifier; scikit-learn tells a wrong number of rounds before 1.9.1."""
    from sklearn.exceptions import ConvergenceWarning  # slow to import, and seldom needed

    arrays = points.cpu().numpy(), labels.cpu().numpy()
    with warnings.catch_warnings():  # the caller reports it in the result instead
        warnings.simplefilter("ignore", ConvergenceWarning)
        seconds = _seconds_of_a_round(*arrays)
        fitted = _waited_for(lambda: _fitted(*arrays, _TOLERANCE), _MAX_ROUNDS * seconds)
    rows = torch.from_numpy(fitted).to(points.device)
    if len(rows) == 1:  # for two classes scikit-learn keeps the difference of the rows alone
        rows = torch.cat([-rows / 2, rows / 2])
    return rows


def _fitted(points: np.ndarray, labels: np.ndarray, tolerance: float) -> np.ndarray:
    from sklearn.svm import LinearSVC  # slow to import, and seldom needed

    solver = LinearSVC(
        multi_class="crammer_singer", C=_HARD, fit_intercept=False, tol=tolerance, max_iter=_MAX_ROUNDS, random_state=0
    )
    with _ONE_AT_A_TIME:
        solver.fit(points, labels)
    return solver.coef_


def _seconds_of_a_round(points: np.ndarray, labels: np.ndarray) -> float:
    """Processor time of the first round, which takes every point; later ones leave out those that are settled.

    Of the points repeated, or of some of them, so that the work is more than that around it.
    """
    first = np.unique(labels, return_index=True)[1]  # a point of every class, without which there is nothing to fit
    count = max(1, min(_TRIAL, 2**20 // points.shape[1]))
    seconds = []
    for rows in (first, np.concatenate([first, np.arange(count) % len(points)])):
        start = time.thread_time()
        _fitted(points[rows], labels[rows], _CONTENT)
        seconds.append(time.thread_time() - start)
    return max(seconds[1] - seconds[0], 0.0) * len(points) / count


def _waited_for(work: Callable[[], Result], most: float) -> Result:
    """work() in a thread of its own; a bar shows the seconds that have passed of those that it takes at most.

    The solver reports nothing while it runs, and leaves the interpreter to others.
    """
    done: queue.Queue[Result | BaseException] = queue.Queue()

    def report() -> None:
        try:
            done.put(work())
        except BaseException as error:  # to be raised where it is waited for
            done.put(error)

    threading.Thread(target=report, daemon=True).start()
    start, in_worker = time.perf_counter(), multiprocessing.parent_process() is not None
    with tqdm(
        desc=_WORDS, total=round(most, 1), bar_format=_BAR, delay=2, mininterval=0.5, leave=False, disable=in_worker
    ) as bar:
        while True:
            try:
                result = done.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                passed = time.perf_counter() - start
                bar.total = max(most, passed)
                bar.update(passed - bar.n)
                continue
            if isinstance(result, BaseException):
                raise result
            return result
