"""A Lightning callback that measures collapse while a network trains: `Trainer(callbacks=[callback])`.

>>> from ncbook.integrations.lightning import NeuralCollapseCallback
>>> callback = NeuralCollapseCallback("network.head", every_n_epochs=5)
"""

import importlib
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from ncbook.integrations import _optional
from ncbook.metrics import Collapse, CollapseMeter
from ncbook.metrics._wrapped import evaluating

__all__ = ["NeuralCollapseCallback"]

_lightning = _optional.first(("lightning.pytorch", "pytorch_lightning"), extra="lightning")
_Callback: Any = _lightning.Callback
_isolate_rng = importlib.import_module(f"{_lightning.__name__}.utilities.seed").isolate_rng


class NeuralCollapseCallback(_Callback):
    """Logs `metrics.collapse` (Papyan et al. 2020) of the training and validation data: train/nc1, val/nc1, val/nc4 ...

    head is the name of the linear layer of the LightningModule that gives the logits, as "network.fc": its inputs
    [B, d] are the features. At the end of every n-th epoch the network goes twice over the data loaders of the Trainer
    (several validation loaders: val/0/nc1, val/1/nc1 ...), within its limits of batches, in evaluation mode and in its
    precision. unpack takes a batch apart into (inputs, labels); without it these are its first two entries. Names are
    those of `metrics.Collapse`; a measure that is nan is not logged.

    Training goes on as if nothing had been measured: modes and random numbers are put back, and both passes see the
    same order and the same augmentation. On several devices (one network on each, as with DDP) each measures its
    share, and sums are sent; points that a distributed sampler repeats to make shares equal count twice.
    The values are there at the end of the training epoch: a ModelCheckpoint that monitors one of them needs
    `save_on_train_epoch_end=True`.

    Raises ValueError if there is no such layer or the network does not call it, and as `metrics.CollapseMeter` does.

    >>> callback.head, callback.every_n_epochs
    ('network.head', 5)
    """

    def __init__(
        self, head: str, every_n_epochs: int = 1, unpack: Callable[[Any], tuple[Any, Tensor]] | None = None
    ) -> None:
        if every_n_epochs < 1:
            raise ValueError(f"every_n_epochs: must be at least 1, got {every_n_epochs}")
        self.head, self.every_n_epochs = head, every_n_epochs
        self.unpack = unpack or _first_two

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """A wrong name is found out before anything is trained."""
        _head_of(pl_module, self.head)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Measure, at the end of every n-th epoch."""
        if (trainer.current_epoch + 1) % self.every_n_epochs:
            return
        with evaluating(pl_module):
            for name, loader, limit in _loaders(trainer):
                batches = _Batches(trainer, name, loader, limit, self.unpack)
                measured = asdict(_measure(pl_module, _in_precision(trainer, pl_module), batches, self.head))
                values = {
                    f"{name}/{measure}": value
                    for measure, value in measured.items()
                    if isinstance(value, float) and not math.isnan(value)
                }
                pl_module.log_dict(values, on_step=False, on_epoch=True, sync_dist=trainer.world_size > 1)


@torch.no_grad()
def _measure(
    network: nn.Module, forward: Callable[[Any], Any], batches: Iterable[tuple[Any, Tensor]], name: str
) -> Collapse:
    """Of what goes into the linear layer of that name, in two passes over the batches of all workers."""
    head = _head_of(network, name)
    meter = CollapseMeter(*head.weight.shape)
    seen: dict[str, Tensor] = {}
    hook = head.register_forward_hook(lambda _, inputs, output: seen.update(features=inputs[0], logits=output))
    try:
        for second in (False, True):
            for inputs, labels in batches:
                forward(inputs)
                if not seen:
                    raise ValueError(f"head: the network has not called its layer {name!r}")
                meter.update(seen["features"], labels, seen["logits"] if second else None)
                seen.clear()
            meter.sync()
            if not second:
                meter.start_second_pass()
    finally:
        hook.remove()
    return meter.compute(head.weight)


def _in_precision(trainer: Any, network: nn.Module) -> Callable[[Any], Any]:
    """The network as the Trainer runs it."""

    def forward(inputs: Any) -> Any:
        with trainer.precision_plugin.forward_context():
            return network(inputs)

    return forward


@dataclass(frozen=True)
class _Batches:
    """(inputs, labels) on the Trainer's device; each pass over them sees the same."""

    trainer: Any
    name: str
    loader: Any
    limit: int | None
    unpack: Callable[[Any], tuple[Any, Tensor]]

    def __iter__(self) -> Iterator[tuple[Any, Tensor]]:
        with _random_numbers_put_back(self.loader):
            # workers that persist have random numbers of their own, which cannot be put back: others are started
            persist = getattr(self.loader, "persistent_workers", False)
            every = self.loader._get_iterator() if persist else iter(self.loader)
            yield from map(self._placed, islice(self._watched(every), self.limit))

    def _placed(self, batch: Any) -> tuple[Any, Tensor]:
        converted = self.trainer.precision_plugin.convert_input(batch)
        return self.unpack(self.trainer.strategy.batch_to_device(converted))

    def _watched(self, every: Iterator[Any]) -> Iterator[Any]:
        hidden = self.trainer.progress_bar_callback is None or not self.trainer.is_global_zero
        return tqdm(
            every, f"neural collapse, {self.name}", self.limit, leave=False, delay=2, disable=hidden, unit="batch"
        )


def _loaders(trainer: Any) -> Iterator[tuple[str, Any, int | None]]:
    """Names, data loaders and numbers of batches, if those are limited; none of a stage that has not been set up."""
    for stage, given, limits in (
        ("train", trainer.train_dataloader, trainer.num_training_batches),
        ("val", trainer.val_dataloaders, trainer.num_val_batches),
    ):
        named = _named(stage, given)
        each = limits if isinstance(limits, list) else [limits] * len(named)
        for (name, loader), limit in zip(named, each, strict=False):
            if limit:
                yield name, loader, None if math.isinf(limit) else int(limit)


def _named(stage: str, given: Any) -> list[tuple[str, Any]]:
    if isinstance(given, dict):
        return [(f"{stage}/{name}", loader) for name, loader in given.items()]
    if isinstance(given, list | tuple):
        return [(stage if len(given) == 1 else f"{stage}/{place}", loader) for place, loader in enumerate(given)]
    return [] if given is None else [(stage, given)]


def _head_of(network: nn.Module, name: str) -> Any:
    """The layer of that name, which must have a weight [K, d]."""
    linear = [known for known, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    layer = dict(network.named_modules()).get(name)
    if getattr(getattr(layer, "weight", None), "ndim", 0) != 2:
        raise ValueError(f"head: {name!r} is no linear layer of the network; it has {', '.join(linear) or 'none'}")
    return layer


@contextmanager
def _random_numbers_put_back(loader: Any) -> Iterator[None]:
    """The global generators, and those of the loader."""
    parts = (loader, getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None))
    generators = (getattr(part, "generator", None) for part in parts)
    states = {each: each.get_state() for each in generators if isinstance(each, torch.Generator)}
    try:
        with _isolate_rng():
            yield
    finally:
        for generator, state in states.items():
            generator.set_state(state)


def _first_two(batch: Any) -> tuple[Any, Tensor]:
    if not isinstance(batch, list | tuple) or len(batch) < 2:
        raise ValueError(
            f"unpack: a batch is a {type(batch).__name__}; give unpack=, which returns (inputs, labels) of it"
        )
    return batch[0], batch[1]
