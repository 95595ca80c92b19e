"""The network inside what data-parallel training and compilation wrap around it, and the state it is measured in."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from typing import Any

import torch
from torch import nn

from ncbook import _checks
from ncbook.metrics._batches import Pairs, inputs_and_labels, require_readable_twice


def unwrapped(model: Any) -> Any:
    """The network inside DataParallel, DistributedDataParallel and torch.compile, one around the other or not."""
    while isinstance(model, nn.Module):
        if "_orig_mod" in model._modules:
            model = model._modules["_orig_mod"]
        elif isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model = model.module
        else:
            break
    return model


def layered(model: Any, batches: Iterable[Any]) -> tuple[Any, Pairs]:
    """What `layerwise` reads: the network itself, and (inputs, labels) of batches of any kind."""
    network = unwrapped(model)
    shown = type(network).__name__ if isinstance(network, nn.Module) else _checks.described(network)
    error = ValueError if isinstance(network, nn.Module) else TypeError
    for name in ("layers", "head"):
        if not hasattr(network, name):
            raise error(
                f"model: expected a network with `layers` and `head`, got {shown} without `{name}`; "
                "metrics.measure reads any network"
            )
    require_readable_twice("data", batches)
    return network, Pairs(batches, _one_input)


def _one_input(batch: Any) -> tuple[Any, Any]:
    """(inputs, labels) of a batch; a dict may have one entry beside the labels."""
    inputs, labels = inputs_and_labels(batch)
    if isinstance(inputs, Mapping):
        if len(inputs) != 1:
            raise ValueError(
                f"batches: layerwise takes one input, and a batch has {', '.join(map(str, inputs)) or 'none'}; "
                "metrics.measure takes several"
            )
        (inputs,) = inputs.values()
    return inputs, labels


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode in this block; afterwards each submodule is in the mode it was in."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def uncompiled(network: nn.Module) -> AbstractContextManager[Any]:
    """A block in which parts that are compiled run as they were written: compiled code calls no new hooks."""
    parts = network.modules()
    if not any("_orig_mod" in part._modules or part._compiled_call_impl is not None for part in parts):
        return nullcontext()  # and the compiler, which takes seconds to import, is left alone
    if not hasattr(torch.compiler, "set_stance"):
        raise ValueError("model: has compiled parts, which torch before 2.6 cannot run uncompiled; compile it later")
    return torch.compiler.set_stance("force_eager")


def device_of(network: nn.Module) -> torch.device:
    """Where the first parameter lies, or the first buffer; the CPU if there is none."""
    held = next(chain(network.parameters(), network.buffers()), None)
    return torch.device("cpu") if held is None else held.device
