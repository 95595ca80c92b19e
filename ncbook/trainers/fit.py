"""Train one network, or a whole ensemble, and measure it on the way."""

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from ncbook._checks import (
    Name,
    as_path,
    described,
    is_integer,
    require,
    require_callable,
    require_integer,
    require_number,
)
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers import checkpoints
from ncbook.trainers.ensemble import Ensemble, Member
from ncbook.trainers.identity import identity
from ncbook.trainers.loop import INTERRUPTED, after_probe, before_training, interrupts, progress
from ncbook.trainers.recipe import Recipe
from ncbook.trainers.training import Training

Measured = TypeVar("Measured")


@dataclass(frozen=True)
class Fitted(Generic[Measured]):
    """What `fit` reached: the probes' results, the finished steps, and why it ended.

    ended is "steps", the stop rule that held, or "interrupted" (Ctrl-C).

    >>> fitted = trainers.fit(
    ...     network, digits.train, recipe, seed=0, probe=lambda model, step: step, probe_steps=(0, 60)
    ... )
    >>> fitted.measured, fitted.ended
    ([0, 60], 'steps')
    """

    measured: list[Measured]
    step: int
    ended: str

    def whole(self) -> list[Measured]:
        """`measured` of a training that came to its end; raises KeyboardInterrupt for one that Ctrl-C ended."""
        return _whole(self.measured, self.ended)


def fit(
    model: Classifier,
    train: Split,
    recipe: Recipe,
    seed: int,
    probe: Callable[[Classifier, int], Measured] | None = None,
    probe_steps: Collection[int] = (),
    on_step: Callable[[int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_seconds: float = 60.0,
) -> Fitted[Measured]:
    """Train `model` in place on `train`, which lies on the model's device.

    probe(model, step) is called after each step in `probe_steps` (0 is the untrained network) and where a stop rule
    ends the training, in evaluation mode and without gradients. on_step(step) is called after every step; without
    it a progress bar shows once training takes longer than two seconds. `seed` fixes the order of the batches.

    Ctrl-C ends the training after the step under way; a second one at once. With `checkpoint`, the state is kept in
    that file every `checkpoint_seconds` and at the end, and a training that finds it goes on from there, on a CPU to
    the same bits. Networks that draw random numbers themselves, such as dropout, are the exception. What the probes
    return must then be numbers, strings, tensors, numpy arrays, dataclasses or named tuples of them, or containers of
    them, and the functions of the recipe such as can be told from others: else ValueError, before the training or by
    the first such probe. A training of more steps goes on where one of fewer ended, if nothing else differs: it keeps
    what was measured until then.

    Raises Diverged when the loss is no longer finite, DamagedCheckpoint for a file that cannot be used, and ValueError,
    naming the argument, for data that the network does not take.

    >>> with models.seeded(0):
    ...     fresh = models.mlp(digits.input_shape, digits.num_classes, width=32)
    >>> errors = lambda model, step: (model(digits.train.inputs).argmax(1) != digits.train.labels).float().mean().item()
    >>> fitted = trainers.fit(
    ...     fresh, digits.train, recipe, seed=0, probe=errors, probe_steps=(0, 60)
    ... )
    >>> fitted.measured[-1]
    0.0
    """
    _require_calls(probe, "(model, step)", probe_steps, on_step)
    expected = "a number of seconds, not negative"
    require_number("checkpoint_seconds", checkpoint_seconds, expected, lambda value: value >= 0)
    training, measured, ended = Training(model, train, recipe, seed), [], None
    keep = _Keeper(training, checkpoint, checkpoint_seconds)
    if (state := keep.load()) is not None:
        measured, ended = state["measured"], state["ended"]
    else:
        before_training(model.parameters())
    with interrupts() as interrupted, progress(recipe.steps, training.step, on_step) as report:
        if state is None and probe is not None and 0 in probe_steps:
            measured.append(probed(probe, model, 0))
            keep.require(measured[-1])
            after_probe(measured)
        while ended is None:
            training.advance()
            ended = training.ended()
            by_rule = ended not in (None, "steps")
            if probe is not None and (by_rule or training.step in probe_steps):
                measured.append(probed(probe, model, training.step))
                keep.require(measured[-1])
                after_probe(measured)
            report(training.step)
            keep.save(measured, ended, now=ended is not None or interrupted.is_set())
            if interrupted.is_set():
                ended = ended or INTERRUPTED
    return Fitted(measured, training.step, ended)


@dataclass(frozen=True)
class EnsembleFitted(Generic[Measured]):
    """What `fit_ensemble` reached: the probes' results, the finished steps, why it ended, and the networks.

    ended is "steps" or "interrupted" (Ctrl-C). diverged says of each member whether its loss or parameters were ever
    not finite.

    >>> whole, members = trainers.Recipe(steps=3, learning_rate=0.1), [trainers.Member(0)]
    >>> fitted = trainers.fit_ensemble(lambda seed: models.PairMLP(7), data.modular(7).train, whole, members)
    >>> fitted.ended, fitted.diverged
    ('steps', (False,))
    """

    measured: list[Measured]
    step: int
    ended: str
    diverged: tuple[bool, ...]
    ensemble: Ensemble

    def whole(self) -> list[Measured]:
        """`measured` of a training that came to its end; raises KeyboardInterrupt for one that Ctrl-C ended."""
        return _whole(self.measured, self.ended)


def _require_calls(probe: Any, arguments: str, probe_steps: Any, on_step: Any) -> None:
    for name, value, given in (("probe", probe, arguments), ("on_step", on_step, "(step)")):
        if value is not None:
            require_callable(name, value, f"of {given}, or None")
    expected = "integers, in a tuple, set or range"
    if not isinstance(probe_steps, Collection) or isinstance(probe_steps, str | bytes | Mapping):
        raise TypeError(f"probe_steps: expected {expected}, got {described(probe_steps)}")
    fine = isinstance(probe_steps, range) or all(is_integer(step) for step in probe_steps)
    require("probe_steps", probe_steps, fine, expected)


def _whole(measured: list[Measured], ended: str) -> list[Measured]:
    if ended == INTERRUPTED:
        raise KeyboardInterrupt
    return measured


def fit_ensemble(
    build: Callable[[int], Classifier],
    train: Split | Sequence[Split],
    recipe: Recipe,
    members: Sequence[Member],
    probe: Callable[[Ensemble, int], Measured] | None = None,
    probe_steps: Collection[int] = (),
    on_step: Callable[[int], None] | None = None,
) -> EnsembleFitted[Measured]:
    """Train a network a member, each as `fit` would by itself on all its points, up to rounding.

    build(seed) makes a member's network, of the same architecture for all. `train`, on the device to train on, is one
    split for all members or one a member; shorter ones are padded, and `Outputs.mask` is 0 on the padding.
    probe(ensemble, step) is called after each step in `probe_steps` (0 is untrained) without gradients; on_step and
    Ctrl-C as in `fit`. A member that diverges disturbs no other. On a GPU a step is one CUDA graph: the
    losses must read nothing back from the device.

    Raises ValueError, naming the field, for a recipe with another optimizer than SGD or AdamW, batches, stop rules,
    augmentation, attack, compilation, or `RateReduction`; for networks that differ in shape, or change a buffer in the
    forward pass other than the running moments of batch norm; for batch norm without a momentum, or on splits of
    unequal size; for splits or coefficients of another number than members or regularizers.

    >>> def build(seed):
    ...     with models.seeded(seed):
    ...         return models.PairMLP(7)
    >>> whole = trainers.Recipe(steps=3, learning_rate=1e-2, optimizer="adamw")
    >>> members = [trainers.Member(0), trainers.Member(1, weight_decay=1.0)]
    >>> fitted = trainers.fit_ensemble(build, data.modular(7).train, whole, members)
    >>> len(fitted.ensemble.models()), fitted.diverged
    (2, (False, False))
    """
    _require_calls(probe, "(ensemble, step)", probe_steps, on_step)
    ensemble, measured = Ensemble(build, train, recipe, members), []
    ended = "steps"
    before_training(ensemble.parameters.values())
    with torch.no_grad(), interrupts() as interrupted, progress(recipe.steps, 0, on_step) as report:
        if probe is not None and 0 in probe_steps:
            measured.append(probe(ensemble, 0))
            after_probe(measured)
        while ensemble.step < recipe.steps and not interrupted.is_set():
            ensemble.advance()
            if probe is not None and ensemble.step in probe_steps:
                measured.append(probe(ensemble, ensemble.step))
                after_probe(measured)
            report(ensemble.step)
        if ensemble.step < recipe.steps:
            ended = INTERRUPTED
    return EnsembleFitted(measured, ensemble.step, ended, ensemble.diverged, ensemble)


def probed(probe: Callable[[Classifier, int], Measured], model: Classifier, step: int) -> Measured:
    """probe(model, step) in evaluation mode and without gradients."""
    model.eval()
    with torch.no_grad():
        return probe(model, step)


def log_spaced(last: int, count: int) -> tuple[int, ...]:
    """0 and about `count` whole numbers from 1 to `last`, evenly spaced on a logarithmic axis, without repeats.

    >>> trainers.log_spaced(1000, 4)
    (0, 1, 10, 100, 1000)
    """
    require_integer("last", last, 1)
    require_integer("count", count, 1)
    return (0, *np.unique(np.geomspace(1, last, count).round().astype(int)).tolist())


class _Keeper:
    """Loads the checkpoint of one training and saves it now and then; does nothing without a file."""

    def __init__(self, training: Training, path: Name | None, seconds: float) -> None:
        self.training, self.seconds = training, seconds
        self.path = None if path is None else as_path("checkpoint", path)
        self._last = time.monotonic()
        self._identity: dict[str, str] = {}
        if self.path is not None:
            require("checkpoint", str(self.path), not self.path.is_dir(), "the name of a file, not of a folder")
            self._identity = identity(training.model, training.train, training.recipe, training.seed)
            checkpoints.require_plain(training.state(), "model")  # a module of it may keep anything in its state

    def load(self) -> dict[str, Any] | None:
        """measured and ended, after the training has taken up its state; None to start afresh."""
        if self.path is None:
            return None
        state = checkpoints.load(self.path, self._identity, self.training.train.labels.device)
        if state is not None:
            self.training.load_state(state["training"])
            if state["identity"]["steps"] != self._identity["steps"]:
                state["ended"] = self.training.goes_on(state["ended"])
        return state

    def require(self, measured: Any) -> None:
        """ValueError for what a probe returned and no checkpoint could hold: at once, and not when it is to be read."""
        if self.path is not None:
            checkpoints.require_plain(measured, "probe")

    def save(self, measured: list[Any], ended: str | None, now: bool) -> None:
        if self.path is None or not (now or time.monotonic() - self._last >= self.seconds):
            return
        state = {"identity": self._identity, "training": self.training.state(), "measured": measured, "ended": ended}
        checkpoints.save(self.path, state)
        self._last = time.monotonic()
